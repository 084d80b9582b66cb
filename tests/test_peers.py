"""The peers in C and in hand-written Numba: the same answer as the reference of each case."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.peers import build, compare, measure, numba_prange, report, rows, sides
from benchmarks.peers.libraries import with_jitkit
from benchmarks.roofline import __main__ as roofline
from jitkit import cases

ROOT = Path(__file__).parents[1]
EVERY_CASE = [(name, dtype) for name in cases.names() for dtype in cases.load(name).dtypes]
needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="the C peers need gcc, and there is none on PATH")


@needs_gcc
@pytest.mark.parametrize("size", ["tiny", "small"])
@pytest.mark.parametrize(("name", "dtype"), EVERY_CASE)
def test_c_agrees_with_the_reference(name, dtype, size):
    case = cases.load(name)
    problem = case.problem(size, dtype=dtype)
    expected = case.reference(problem)
    build.bind(case, problem)()
    case.check(problem, expected, by="C")


@needs_gcc
@pytest.mark.parametrize("name", [name for name in cases.names() if build.has_blocked(cases.load(name))])
def test_blocked_c_agrees_with_the_reference(name):
    case = cases.load(name)
    problem = case.problem("small")
    expected = case.reference(problem)
    build.bind(case, problem, folder="blocked")()
    case.check(problem, expected, by="blocked C")


@needs_gcc
def test_c_leaves_subnormal_numbers_alone():
    build.bind(cases.load("saxpy"), cases.load("saxpy").problem("tiny"))()
    subnormal = np.full(8, 1e-40, dtype=np.float32)
    assert np.all(subnormal * np.float32(1.0) > 0)


@needs_gcc
def test_compiled_peer_is_reused(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = build.library("saxpy", "float32")
    built = first.stat().st_mtime_ns
    assert build.library("saxpy", "float32") == first
    assert first.stat().st_mtime_ns == built
    other = build.library("saxpy", "float64")
    assert set(first.parent.iterdir()) == {first, other}
    assert other != first


@needs_gcc
def test_rejected_source_shows_what_gcc_said(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(build, "SOURCES", tmp_path)
    (tmp_path / "broken.c").write_text("void broken(REAL x) { return y; }")
    with pytest.raises(build.CompilerError, match=r"gcc.*failed(.|\n)*undeclared"):
        build.library("broken", "float32")


def test_missing_compiler_says_what_to_install(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(build.CompilerError, match=r"need gcc.*install it"):
        build.compiler()


def test_strided_arrays_are_refused():
    case = cases.load("saxpy")
    problem = case.problem(16)
    a, x, y = problem.args
    strided = type(problem)(8, (a, x[::2], y[::2]), problem.written)
    with pytest.raises(ValueError, match=r"C-contiguous.*strides \(8,\)"):
        build.bind(case, strided)


# One dtype is enough here: each compilation takes a second, and the comparison checks every side before it times it.
@pytest.mark.parametrize("name", cases.names())
def test_numba_agrees_with_the_reference(name):
    case = cases.load(name)
    problem = case.problem("tiny", dtype="float32")
    expected = case.reference(problem)
    numba_prange.bind(case, problem)()
    case.check(problem, expected, by="Numba")


@needs_gcc
def test_comparison_reports_every_side(tmp_path):
    report = tmp_path / "report.json"
    options = ["--case", "saxpy", "--case", "heat", "--size", "tiny", "--turns", "2", "--seconds", "0"]
    command = [sys.executable, "-m", "benchmarks.peers.compare", *options, "--json", str(report)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "geometric mean" in done.stdout
    found = json.loads(report.read_text())
    assert [result["case"] for result in found["results"]] == ["saxpy", "heat"]
    for result in found["results"]:
        assert result["turns"] == 2
        assert set(result["median"]) == {"jitkit", "C", "Numba", "reference"}
        assert all(seconds > 0 for seconds in result["median"].values())
    assert set(found["geometric_mean"]) == {"C", "Numba"}


@needs_gcc
def test_comparison_refuses_a_side_that_is_wrong(monkeypatch):
    monkeypatch.setattr(build, "bind", lambda case, problem: lambda: None)
    with pytest.raises(AssertionError, match="case 'saxpy': C gave y"):
        compare.prepare(cases.load("saxpy"), "tiny", "float32")


def test_ratio_pairs_the_turns_and_the_mean_is_geometric():
    assert compare.paired_ratio([2.0, 30.0, 6.0], [1.0, 10.0, 3.0]) == 2.0
    results = [compare.Result("a", "tiny", "float32", 2, 1, {}, {"C": ratio, "Numba": 1.0}) for ratio in (0.5, 8.0)]
    assert compare.geometric_means(results) == pytest.approx({"C": 2.0, "Numba": 1.0})


BESIDE = [
    pytest.param(side, row, id=f"{row.name}-{side}")
    for row in rows.every().values()
    for side in (*row.peers, *(["jitkit"] if row.case.name in with_jitkit.PEERS else []))
    if side in (*sides.LIBRARIES, "jitkit")
]


@pytest.mark.parametrize(("side", "row"), BESIDE)
@pytest.mark.filterwarnings("default")  # the libraries' own
def test_library_agrees_with_the_reference(side, row):
    if side != "jitkit" and importlib.util.find_spec(sides.LIBRARIES[side]) is None:
        pytest.skip(f"{side} is not installed")
    # A row that names a peer has it: nothing is skipped here.
    sides.prepare(side, row, row.case.problem("tiny", row.dtypes[0]))()


SAXPY = rows.every()["saxpy"]


def test_library_that_is_not_installed_says_so(monkeypatch):
    monkeypatch.setitem(sides.LIBRARIES, "NumPy", "no_such_library")
    with pytest.raises(NotImplementedError, match="NumPy is not installed"):
        sides.prepare("NumPy", SAXPY, SAXPY.case.problem("tiny"))


def test_library_that_is_wrong_is_refused(monkeypatch):
    monkeypatch.setattr(sides, "_library", lambda side: {"saxpy": lambda a, x, y: lambda: None})
    with pytest.raises(AssertionError, match="case 'saxpy': NumPy gave y"):
        sides.prepare("NumPy", SAXPY, SAXPY.case.problem("tiny"))


def test_numbers_of_another_distribution_are_refused():
    row = rows.every()["random_normal"]
    problem = row.case.problem("tiny")
    expected = row.case.reference(problem)
    (x,) = row.case.results(problem).values()
    rng = np.random.default_rng(1)
    x[...] = rng.standard_normal(x.size)
    row.check(problem, expected, by="another generator")
    x[...] = rng.standard_normal(x.size) + 0.3
    with pytest.raises(AssertionError, match="nobody draws x from another distribution"):
        row.check(problem, expected, by="nobody")


def test_names_and_labels_of_rows_are_their_own():
    every = [row for table in rows.FILES for row in rows.table(table)]
    assert len({row.name for row in every}) == len({row.label for row in every}) == len(every)


def test_processes_take_turns_and_a_slow_one_three():
    class Fake:
        def __init__(self, side, seconds):
            self.side, self.taken = side, seconds

        def seconds(self):
            order.append(self.side)
            return self.taken

    order: list[str] = []
    times = measure.take_turns([Fake("jitkit", 0.5), Fake("NumPy", 1.0), Fake("C", 0.25)], turns=5, seconds=0.0)
    assert order[:9] == ["jitkit", "NumPy", "C", "NumPy", "C", "jitkit", "C", "jitkit", "NumPy"]
    assert times == {"jitkit": [0.5] * 5, "NumPy": [1.0] * 3 + [None] * 2, "C": [0.25] * 5}
    found = measure.summary([times], {"JAX": "not installed"})
    assert found["ratio"] == {"NumPy": 0.5, "C": 2.0}
    assert found["missing"] == {"JAX": "not installed"}


def test_the_median_set_of_processes_counts():
    sets = [{"jitkit": [2.0] * 3, "C": [c, c, c]} for c in (4.0, 1.0, 2.5)] + [{"jitkit": [2.0], "NumPy": [3.0]}]
    found = measure.summary(sets, {})
    assert found["median"] == {"jitkit": 2.0, "C": 2.5, "NumPy": 3.0}
    assert found["ratio"] == {"C": 0.8, "NumPy": pytest.approx(2 / 3)}
    assert found["turns"] == 10


WORDS = ["--side", "NumPy", "--side", "JAX", "--size", "500", "--sets", "2", "--turns", "2", "--seconds", "0"]


def readme_in(folder):
    path = folder / "README.md"
    path.write_text("before\n" + "".join("{}\nold\n{}\n".format(*report.markers(table)) for table in rows.FILES))
    return path


def test_measured_figures_become_the_tables_in_readme(tmp_path):
    results, ceilings, readme = tmp_path / "results", tmp_path / "ceilings", readme_in(tmp_path)
    results.mkdir()
    ceilings.mkdir()
    with pytest.raises(SystemExit, match="holds no results yet"):
        report.main(["--results", str(results), "--readme", str(readme)])
    file = results / "abacus.json"
    measure.main([*WORDS, "--json", str(file), "--row", "saxpy", "--row", "reduce", "--row", "stats_var"])
    found = json.loads(file.read_text())["rows"]
    assert list(found) == ["saxpy", "reduce", "stats_var"]
    assert found["saxpy"]["float32"]["ratio"]["NumPy"] > 0
    assert found["reduce"]["float64"]["turns"] == 4
    roofline.main(["--case", "saxpy", "--size", "500", "--seconds", "0", "--json", str(ceilings / file.name)])
    files = ["--results", str(results), "--readme", str(readme), "--ceilings", str(ceilings)]
    report.main(files)
    text = readme.read_text()
    assert text.startswith(f"before\n{report.markers('cases')[0]}\n")
    assert text.endswith(f"{report.markers('toolkit')[1]}\n")
    assert "| saxpy | " in text
    assert "| `reduce`, sum | " in text
    assert "| `stats.var`, 4 million | " in text
    assert "\nold\n" not in text
    with pytest.raises(SystemExit, match="0"):
        report.main([*files, "--check"])
    readme.write_text(text.replace("| saxpy | ", "| saxpy | 9"))
    with pytest.raises(SystemExit, match="run without --check"):
        report.main([*files, "--check"])


def test_rows_measured_later_join_the_others_and_those_of_another_machine_do_not(tmp_path):
    results = tmp_path / "results.json"
    for row in ("saxpy", "reduce"):
        measure.main([*WORDS, "--json", str(results), "--row", row, "--dtype", "float32"])
    held = json.loads(results.read_text())
    assert {name: list(by_dtype) for name, by_dtype in held["rows"].items()} == {
        "saxpy": ["float32"],
        "reduce": ["float32"],
    }
    results.write_text(json.dumps(held | {"machine": "abacus"}))
    with pytest.raises(SystemExit, match="give --json another file"):
        measure.main([*WORDS, "--json", str(results), "--row", "saxpy"])


def test_no_set_of_processes_is_refused(capsys):
    with pytest.raises(SystemExit):
        measure.main(["--sets", "0"])
    assert "0, where 1 or more is expected" in capsys.readouterr().err


def test_answers_are_checked_without_measuring(tmp_path, capsys):
    results = tmp_path / "results.json"
    measure.main([*WORDS, "--json", str(results), "--row", "saxpy", "--check"])
    assert capsys.readouterr().out.startswith("saxpy, float32: right")
    assert not results.exists()
    measure.main(["--list", "--table", "primitives"])
    assert capsys.readouterr().out.split()[:2] == ["reduce", "map_reduce"]


def result(jitkit, **peers):
    """Return what is kept of a measurement whose medians are these."""
    ratio = {peer: jitkit / seconds for peer, seconds in peers.items()}
    versions = {"NumPy": "3.0"} if "NumPy" in peers else {}
    return {
        "size": "large",
        "date": "today",
        "versions": versions,
        "median": {"jitkit": jitkit, **peers},
        "ratio": ratio,
    }


def test_table_of_kernels_emphasises_the_best_peer_and_names_each_loss():
    found = {"saxpy": result(0.002, C=0.001, NumPy=0.2), "heat": result(0.001, C=0.002)}
    held = {"machine": "abacus", "threads": 2, "rows": {name: {"float32": row} for name, row in found.items()}}
    table = report.block([(held, {"saxpy": 0.25, "heat": 1.5})], "cases")
    assert (
        "| saxpy | 2.00 | 0.25 | **2.00** | 0.01 |\n| heat | 1.00 | 1.50 | **0.50** |  |\n"
        "| geometric mean |  |  | 1.00 | 0.01 |"
    ) in table
    text = table.replace("\n", " ")
    assert "1.00 in the geometric mean, and 0.50 were each at its ceiling. Behind in: saxpy (C by 2.00)." in text
    assert "2 threads of abacus, today. NumPy 3.0; Warp" in text


def test_table_of_operations_gives_speeds_over_all_peers():
    found = {
        "float32": result(0.002, NumPy=0.2, PyTorch=0.001),
        "float64": result(0.004, NumPy=0.4),
    }
    table = report.block([({"machine": "abacus", "threads": 2, "rows": {"reduce": found}}, {})], "primitives")
    assert "| `reduce`, sum | 2.00 | 4.00 | NumPy 100, PyTorch **0.50** | NumPy **100** |" in table
    assert "float32: 0.50 in the geometric mean, and slower in 1 of 1" in table.replace("\n", " ")


def test_newest_machine_has_the_table_and_the_others_a_sentence(tmp_path):
    for name, day, ours in (
        ("abacus", "1999-01-01", 0.002),
        ("loom", "2001-01-01", 0.001),
        ("mill", "2000-01-01", 0.004),
    ):
        found = result(ours, NumPy=0.008) | {"date": day}
        held = {"machine": name, "threads": 2, "rows": {"reduce": {"float32": found}}}
        (tmp_path / f"{name}.json").write_text(json.dumps(held))
    machines = report.every_machine(tmp_path, tmp_path / "none")
    assert [found["machine"] for found, _ in machines] == ["loom", "mill", "abacus"]
    text = report.block(machines, "primitives")
    assert "| `reduce`, sum | 1.00 | NumPy **8.0** |" in text
    assert "The same on 2 threads of abacus, 1999-01-01: against the best peer, float32: 4.00 in the" in text.replace(
        "\n", " "
    )
    assert "The same" not in report.block(machines[:1], "primitives")
    assert "The same" not in report.block(
        [machines[0], ({"machine": "idle", "threads": 2, "rows": {}}, {})], "primitives"
    )


@pytest.mark.parametrize("times", [0, 2])
def test_readme_without_one_place_for_a_table_is_refused(times):
    begin, end = report.markers("toolkit")
    with pytest.raises(SystemExit, match="to say where the table goes"):
        report.included(times * f"{begin}{end}", "toolkit", "table", "README.md")
    with pytest.raises(SystemExit, match="to say where the table goes"):
        report.included(f"{end}{begin}", "toolkit", "table", "README.md")
