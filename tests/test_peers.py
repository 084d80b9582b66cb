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

from benchmarks.peers import build, compare, measure, numba_prange, report, sides
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


LIBRARY_CASES = [(side, name) for side in sides.LIBRARIES for name in measure.CASES]


@pytest.mark.parametrize(("side", "name"), LIBRARY_CASES)
@pytest.mark.filterwarnings("default")  # the libraries' own
def test_library_agrees_with_the_reference(side, name):
    if importlib.util.find_spec(sides.LIBRARIES[side]) is None:
        pytest.skip(f"{side} is not installed")
    case = cases.load(name)
    try:
        sides.prepare(side, case, case.problem("tiny", "float32"))()
    except NotImplementedError as reason:
        pytest.skip(str(reason))


def test_library_that_is_not_installed_says_so(monkeypatch):
    monkeypatch.setitem(sides.LIBRARIES, "NumPy", "no_such_library")
    with pytest.raises(NotImplementedError, match="NumPy is not installed"):
        sides.prepare("NumPy", cases.load("saxpy"), cases.load("saxpy").problem("tiny"))


def test_library_that_is_wrong_is_refused(monkeypatch):
    monkeypatch.setattr(sides, "_library", lambda side: {"saxpy": lambda a, x, y: lambda: None})
    with pytest.raises(AssertionError, match="case 'saxpy': NumPy gave y"):
        sides.prepare("NumPy", cases.load("saxpy"), cases.load("saxpy").problem("tiny"))


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
    found = measure.summary(times, {"JAX": "not installed"})
    assert found["ratio"] == {"NumPy": 0.5, "C": 2.0}
    assert found["missing"] == {"JAX": "not installed"}


def test_measured_figures_become_the_table_in_readme(tmp_path):
    results, readme = tmp_path / "results.json", tmp_path / "README.md"
    words = ["--case", "saxpy", "--side", "NumPy", "--side", "JAX", "--size", "500", "--turns", "2", "--seconds", "0"]
    measure.main([*words, "--json", str(results)])
    found = json.loads(results.read_text())["cases"]["saxpy"]
    assert found["ratio"]["NumPy"] > 0
    assert found["turns"] == 2
    readme.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    report.main(["--json", str(results), "--readme", str(readme)])
    text = readme.read_text()
    assert text.startswith(f"before\n{report.BEGIN}\n")
    assert text.endswith(f"{report.END}\nafter\n")
    assert "| saxpy | " in text
    assert "\nold\n" not in text
    with pytest.raises(SystemExit, match="0"):
        report.main(["--json", str(results), "--readme", str(readme), "--check"])
    readme.write_text(text.replace("| saxpy | ", "| saxpy | 9"))
    with pytest.raises(SystemExit, match="run without --check"):
        report.main(["--json", str(results), "--readme", str(readme), "--check"])


def test_table_emphasises_the_best_peer_and_names_each_loss():
    rows = {
        "a": {"median": {"jitkit": 0.002, "C": 0.001, "NumPy": 0.2}, "ratio": {"C": 2.0, "NumPy": 0.01}},
        "b": {"median": {"jitkit": 0.001, "C": 0.002}, "ratio": {"C": 0.5}},
    }
    about = {"size": "large", "dtype": "float32", "threads": 2, "machine": "abacus", "versions": {}, "date": "today"}
    table = report.block({"about": about, "cases": rows})
    assert "| a | 2 | **2.00** | 0.01 |\n| b | 1 | **0.50** |  |\n| geometric mean |  | 1.00 | 0.01 |" in table
    assert "1.00 in the geometric mean. Behind in: a (C by 2.00)." in table


@pytest.mark.parametrize("text", ["", report.BEGIN, f"{report.END}{report.BEGIN}", 2 * f"{report.BEGIN}{report.END}"])
def test_readme_without_one_place_for_the_table_is_refused(text):
    with pytest.raises(SystemExit, match="to say where the table goes"):
        report.included(text, "table", "README.md")
