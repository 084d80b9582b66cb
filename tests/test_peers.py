"""The peers in C and in hand-written Numba: the same answer as the reference of each case."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.peers import build, compare, numba_prange
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
