"""The page of speedups: what it says, that it needs nothing from elsewhere, and how it is made of asv's results."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest

from benchmarks.history import commits
from benchmarks.pages import page

FACTS = {"machine": "abacus", "cpu": "beads & wires", "os": "none", "ram": "10 rows"}
COMMITS = [page.Commit(f"{k}" * 40, "2026-01-0" + str(k), f"change <{k}>") for k in (1, 2, 3)]
HEAT = page.Row(
    "Heat",
    "heat",
    times={"interpreted": [900.0, 1000.0, 1000.0], "NumPy": [50.0, 50.0, 50.0], "cpu": [4.0, 4.0, 2.0]},
    relative={"NumPy": [0.08, 0.08, 0.04]},
    memory={"memory": [None, 8.0, 4.5]},
)
SUMS = page.Row(
    "ReduceSums",
    "reduce, sums",
    times={"cpu": [None, None, 0.5], "NumPy": [None, None, 0.4]},
    relative={"NumPy": [None, None, 1.25]},
)
MACHINE = page.Machine(FACTS, {"numpy": "2.4", "python": ""}, COMMITS, [HEAT, SUMS])
VOID = {"meta", "br", "link"}


class Balanced(HTMLParser):
    """Fails where an element is closed that is not the last one opened."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def text():
    return page.document("jitkit", [MACHINE], "asv.html")


def cells(text, row):
    """Return the texts of the cells of a row, by their label, without markup."""
    (line,) = re.findall(rf"<tr><th[^>]*><a[^>]*>{row}</a>.*?</tr>", text)
    found = re.findall(r'<td data-label="([^"]*)"[^>]*>(.*?)</td>', re.sub(r"<svg.*?</svg>", "", line))
    return {label: re.sub(r"<[^>]*>", " ", cell).replace("&times;", "x").split() for label, cell in found}


def test_page_is_whole_and_needs_nothing_from_elsewhere(text):
    parser = Balanced()
    parser.feed(text)
    assert parser.open == []
    assert "<script" not in text
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", text)
    assert "prefers-color-scheme: dark" in text
    assert "max-width" in text


def test_factors_are_against_the_interpreter(text):
    found = cells(text, "heat")
    assert found["interpreted"] == ["1.00x", "1e+03", "ns"] or found["interpreted"] == ["1.00x", "1", "µs"]
    assert found["NumPy"] == ["20x", "50", "ns"]
    assert found["jitkit, CPU"] == ["500x", "2", "ns"]
    assert found["jitkit is"] == ["25x", "NumPy"]
    assert found["memory"] == ["4.5", "B"]


def test_row_without_an_interpreter_shows_times(text):
    found = cells(text, "reduce, sums")
    assert found["interpreted"] == ["&ndash;"]
    assert found["jitkit, CPU"] == ["0.5", "ns"]
    assert found["jitkit is"] == ["0.80x", "NumPy"]
    assert found["memory"] == ["&ndash;"]


def test_sides_that_nobody_has_are_no_column(text):
    assert "jitkit, GPU" not in text
    assert "jitkit, CPU, float64" not in text
    assert ">memory<" not in page.document("jitkit", [page.Machine(FACTS, {}, COMMITS, [SUMS])], "asv.html")
    assert ">C<" not in text


def test_names_and_messages_are_escaped(text):
    assert "beads &amp; wires" in text
    assert "change &lt;3&gt;" in text


def test_rows_link_to_their_plot(text):
    link = 'href="asv.html#view=explore&amp;params=3,2&amp;machine=abacus&amp;f-cpu=beads%20%26%20wires&amp;'
    assert link in text
    assert "&amp;bench=speedups.Heat.track_ns_per_point" in text


def test_memory_of_nearly_nothing_is_none():
    sums = page.Row("ReduceSums", "reduce, sums", times=SUMS.times, memory={"memory": [None, None, 0.0017]})
    found = page.document("jitkit", [page.Machine(FACTS, {}, COMMITS, [sums])], "asv.html")
    assert cells(found, "reduce, sums")["memory"] == ["0", "B"]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Heat", "heat"),
        ("NBody", "nbody"),
        ("AllAll", "all"),
        ("HistogramBins256", "histogram, bins 256"),
        ("Histogram2DRectangles", "histogram2d, rectangles"),
        ("SortByKeyPairs", "sort_by_key, pairs"),
        ("StatsNanmomentsWithoutNaN", "stats.nanmoments, without nan"),
        ("SpatialNbodyAccelerationsAccelerations", "spatial.nbody_accelerations"),
        ("Forgotten", "Forgotten"),
    ],
)
def test_rows_are_called_by_the_file_of_their_benchmark(name, label):
    pytest.importorskip("asv", reason="asv is not installed")
    from benchmarks.pages import plugin

    assert plugin.label(name, [path.stem for path in (commits.ROOT / "benchmarks").glob("[a-z]*.py")]) == label


def test_sparkline_is_higher_where_it_is_faster():
    points = re.search(r'points="([^"]*)"', page.sparkline([8.0, None, 2.0]))[1]
    (x0, y0), (x1, y1) = (map(float, point.split(",")) for point in points.split())
    assert (x0, x1) == (page.MARGIN, page.WIDTH - page.MARGIN)
    assert (y0, y1) == (page.HEIGHT - page.MARGIN, page.MARGIN)


def test_noise_stays_low_and_one_point_is_no_curve():
    points = re.search(r'points="([^"]*)"', page.sparkline([1.0, 1.05]))[1]
    heights = [float(point.split(",")[1]) for point in points.split()]
    assert abs(heights[0] - heights[1]) < 0.1 * page.HEIGHT
    assert page.sparkline([None, 3.0]) == ""


def test_step_needs_the_time_and_the_ratio_to_agree():
    noisy = page.Row("Noisy", "noisy", times={"cpu": [9.0, 3.0, 3.0]}, relative={"C": [1.0, 1.0, 1.0]})
    found = page.steps(page.Machine(FACTS, {}, COMMITS, [HEAT, noisy]))
    assert found == [page.Step(2.0, "heat", COMMITS[2])]


def test_results_of_asv_become_the_page(tmp_path, monkeypatch):
    pytest.importorskip("asv", reason="asv is not installed")
    from benchmarks.pages import plugin

    monkeypatch.setattr(plugin, "git", lambda *words, root: f"message of {words[-1][:3]}")
    site, results = tmp_path / "html", tmp_path / "results" / "abacus"
    site.mkdir()
    results.mkdir(parents=True)
    (site / "index.html").write_text("asv's own")
    (results / "machine.json").write_text(json.dumps({**FACTS, "version": 1}))
    key, params = "speedups.Heat.track_ns_per_point", [["'interpreted'", "'cpu'"]]
    hashes = ["b" * 40, "a" * 40]
    for k, commit in enumerate(hashes):
        data = {
            "commit_hash": commit,
            "date": 0,
            "env_name": "e",
            "env_vars": {},
            "params": {**FACTS, "python": "3.11"},
        }
        data |= {"python": "3.11", "requirements": {}, "result_columns": ["result", "params", "version"], "version": 2}
        data |= {"results": {key: [[800.0, 8.0 / (k + 1)], params, "1"]}, "durations": {}}
        (results / f"{commit[:8]}-e.json").write_text(json.dumps(data))
    benchmarks = {key: {"name": key, "params": params, "version": "1", "type": "track"}}
    conf = SimpleNamespace(
        benchmark_dir=str(commits.ROOT / "benchmarks"),
        html_dir=str(site),
        results_dir=str(results.parent),
        project="jitkit",
        repo=str(tmp_path),
    )
    plugin.Speedups.publish(conf, None, benchmarks, None, {commit: k for k, commit in enumerate(hashes)})
    text = (site / "index.html").read_text()
    assert cells(text, "heat")["jitkit, CPU"] == ["200x", "4", "ns"]
    assert "from 8 ns to 4 ns" in text
    assert json.loads((site / "commits.json").read_text()) == {commit: f"message of {commit[:3]}" for commit in hashes}
    assert (site / "asv.html").exists()
    assert benchmarks[key]["less_is_better"]


def test_configuration_names_the_plugin():
    assert '".benchmarks.pages.plugin"' in (commits.ROOT / "asv.conf.json").read_text()
