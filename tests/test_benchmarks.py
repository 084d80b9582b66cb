"""The benchmarks: asv collects what is meant, each runs, and what they time gives the right answer."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import os
import pkgutil
import re
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import benchmarks
import jitkit as jk
from benchmarks import _measure, _primitives, _sides, _suite, gpu_code, launch
from benchmarks import compile as first_launch
from benchmarks.peers import on_gpu
from jitkit import cases
from jitkit.backends import sass
from jitkit.cases import Problem

FOLDER = Path(benchmarks.__file__).parent
METHOD = re.compile("(time|track)_")


def collected():
    """Return (name, class, method) by the rules of asv: every class that stands in a module and is not abstract."""
    found = []
    for entry in pkgutil.iter_modules(benchmarks.__path__):
        module = None if entry.ispkg else importlib.import_module(f"benchmarks.{entry.name}")
        for cls in vars(module).values() if module else ():
            if inspect.isclass(cls) and not cls.__name__.startswith("_") and not inspect.isabstract(cls):
                methods = (name for name in dir(cls) if METHOD.match(name))
                found += [(f"{entry.name}.{cls.__name__}.{method}", cls, method) for method in methods]
    return found


BENCHMARKS = collected()
NAMES = [name for name, _, _ in BENCHMARKS]
OF_CASES = [benchmark for benchmark in BENCHMARKS if issubclass(benchmark[1], _suite.CaseBenchmark)]

PRIMITIVES = [row for row in _sides.rows() if not row.is_case]


def checked(prepared, by):
    """Return the same with a launch that compares what it computes with the reference, and a list of those that did."""
    agreed = []

    def launch_and_check():
        expected = prepared.case.reference(prepared.problem)
        prepared.launch()
        prepared.case.check(prepared.problem, expected, by=by)
        agreed.append(by)

    return prepared._replace(launch=launch_and_check), agreed


@pytest.mark.parametrize("case", cases.names())
def test_every_case_has_a_file_of_its_name_that_times_it(case):
    assert (FOLDER / f"{case}.py").exists()
    bases = {cls.__base__ for _, cls, _ in OF_CASES if cls().case == case}
    assert {_suite.Launches, _suite.InterpretedLaunches} <= bases
    assert all(name.startswith(f"{case}.") for name, cls, _ in OF_CASES if cls().case == case)


def test_names_are_unique_and_every_history_has_a_version():
    assert [name for name, count in Counter(NAMES).items() if count > 1] == []
    assert all(isinstance(cls.version, str) for _, cls, _ in BENCHMARKS)


def test_asv_collects_the_same():
    discovery = pytest.importorskip("asv_runner.discovery", reason="asv is not installed")
    found = [benchmark.name for benchmark in discovery.disc_benchmarks(str(FOLDER))]
    assert sorted(found) == sorted(NAMES)


@pytest.mark.parametrize(("name", "cls", "method"), OF_CASES, ids=[name for name, _, _ in OF_CASES])
def test_benchmark_of_a_case_computes_its_reference(name, cls, method):
    instance = cls()
    smallest = [values[0] for values in instance.params]
    instance.setup(*smallest)
    instance.prepared, agreed = checked(instance.prepared, by=name)
    result = getattr(instance, method)(*smallest)
    assert agreed
    assert method == "time_launch" or 0 < result < np.inf


@pytest.mark.parametrize("row", PRIMITIVES, ids=[row.name for row in PRIMITIVES])
def test_benchmark_of_a_primitive_computes_the_right_answer(row, monkeypatch):
    monkeypatch.setattr(_measure, "ratio", lambda *calls, **rest: float(len([call() for call in calls])))
    instance = row.cls()
    smallest = [values[0] for values in instance.params]
    instance.setup(*smallest)
    if issubclass(row.cls, _primitives.BesideNumPy):
        case, (problem, _) = instance.ours.func.__self__, instance.ours.args
        fresh = case.problem(*smallest)
        expected = case.reference(fresh)
        for array, given in zip(problem.args, fresh.args, strict=True):
            if isinstance(array, np.ndarray):
                array[...] = given  # some work in place, and setup has run them
        instance.ours()
        case.check(problem, expected, by=row.name)
    else:
        ours, numpys = instance.ours(), instance.numpys()
        assert np.shape(ours) == np.shape(numpys)
        if row.stem not in ("philox", "random_distributions"):  # each generator has numbers of its own
            # Errors of inverses and decompositions are relative to the largest element.
            least = 1e-5 * np.abs(numpys).max() if row.stem in ("linalg_inv", "linalg_qr") else 0
            np.testing.assert_allclose(ours, numpys, rtol=1e-4, atol=least)
    for method in filter(METHOD.match, dir(row.cls)):
        assert getattr(instance, method)(*smallest) in (None, 2.0)


def test_problem_is_prepared_where_the_backend_runs(backend, monkeypatch):
    monkeypatch.setattr(_suite, "has_gpu", lambda: True)
    case, problem, host, launch_prepared = _suite.prepare.__wrapped__("heat", backend, 12, "float32")
    assert isinstance(problem.args[1], np.ndarray) == (backend != "cuda")
    expected = case.reference(host)
    problem.args[1][:] = host.args[1]
    launch_prepared()
    args = tuple(jk.to_numpy(arg) if hasattr(arg, "shape") else arg for arg in problem.args)
    case.check(Problem(problem.space, args, problem.written), expected)


def test_what_is_missing_is_not_available_instead_of_failing(monkeypatch):
    monkeypatch.setattr(_suite, "has_gpu", lambda: False)
    with pytest.raises(NotImplementedError, match="no GPU"):
        _suite.prepare("saxpy", "cuda", 8, "float32")
    with pytest.raises(NotImplementedError, match="no case 'sudoku'"):
        _suite.prepare("sudoku", "cpu", 8, "float32")


def test_commits_that_compile_differently_have_caches_of_their_own(monkeypatch, tmp_path):
    before = os.environ["JITKIT_CACHE_DIR"]
    monkeypatch.setenv("JITKIT_CACHE_DIR", before)  # put back after the test
    monkeypatch.delenv("ASV", raising=False)
    _suite.keep_caches_apart()
    found = [os.environ["JITKIT_CACHE_DIR"]]
    for commit in ("c0ffee", "decade"):
        for name, value in (("ASV", "true"), ("ASV_ENV_DIR", str(tmp_path)), ("ASV_COMMIT", commit)):
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(_suite, "compiler", lambda commit=commit: commit)
        _suite.keep_caches_apart()
        found.append(os.environ["JITKIT_CACHE_DIR"])
    assert found == [before, str(tmp_path / "jitkit-cache" / "c0ffee"), str(tmp_path / "jitkit-cache" / "decade")]


def test_operations_are_no_part_of_the_compiler(monkeypatch, tmp_path):
    def compiler():
        _suite.compiler.cache_clear()
        return _suite.compiler()

    package = tmp_path / "jitkit"
    for name in ("__init__.py", "ml/softmax.py", "backends/cpu.py"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(name)
    spec = importlib.util.spec_from_file_location("jitkit", package / "__init__.py")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    first = compiler()
    (package / "ml/softmax.py").write_text("changed")
    assert compiler() == first
    (package / "backends/cpu.py").write_text("changed")
    assert compiler() != first
    _suite.compiler.cache_clear()


@pytest.mark.parametrize("by", ["jitkit", "Numba"])
def test_thousand_launches_bring_the_output_to_the_input(by):
    overhead = launch.Overhead()
    overhead.setup(by)
    overhead.y[:] = 0.0
    overhead.time_thousand_launches(by)
    np.testing.assert_array_equal(overhead.y, np.arange(1.0, launch.POINTS + 1))


def test_launches_are_compared_with_numba(monkeypatch):
    (ours, _, _), (bare, _, _) = launch.sides().values()
    monkeypatch.setattr(_measure, "ratio", lambda *calls: calls)
    assert launch.OverheadBesideNumba().track_relative_to_numba() == (ours, bare)


def test_imports_are_compared_with_numpy(monkeypatch):
    statements = []
    monkeypatch.setattr(launch, "imported", lambda statement: statements.append(statement) or float(len(statements)))
    assert launch.Import().track_relative_to_numpy("import jitkit") == 5 / 6
    assert statements == ["import jitkit", "import numpy"] * launch.Import.processes


@pytest.mark.parametrize("statement", launch.Import.params[0])
def test_import_is_timed_in_a_process_of_its_own(statement):
    assert 0 < launch.imported(statement) < np.inf


def test_first_launch_compiles_into_an_empty_cache_and_loads_from_a_full_one(monkeypatch):
    monkeypatch.setattr(first_launch, "PROCESSES", 1)
    assert first_launch.Cold().track_first_launch("saxpy") > 0  # the process checks the answer itself
    cached = first_launch.Cached()
    cached.setup("saxpy")
    folder = Path(cached.folder.name)
    kept = {path: path.stat().st_ino for path in folder.glob("*.jitkit")}
    assert cached.track_first_launch("saxpy") > 0
    assert {path: path.stat().st_ino for path in folder.glob("*.jitkit")} == kept != {}
    cached.teardown("saxpy")
    assert not folder.exists()


def test_lists_of_cases_follow_the_catalogue():
    assert tuple(gpu_code.CASES) == cases.names()
    assert set(first_launch.CASES) <= set(cases.names())


def test_gpu_code_is_counted(monkeypatch):
    pytest.importorskip("numba_cuda", reason="numba-cuda is not installed")
    if not (sass.tool("ptxas") and sass.tool("nvdisasm")):
        pytest.skip("ptxas and nvdisasm are not installed")
    monkeypatch.setattr(gpu_code, "CASES", ["saxpy"])
    benchmark = gpu_code.Sm90()
    found = benchmark.setup_cache()
    arguments = (found, "saxpy", "float32")
    benchmark.setup(*arguments)
    # At least two loads, a fused multiply-add, a store and an exit; three pointers and an index in registers.
    assert 5 <= benchmark.track_instructions(*arguments) < 100
    assert 4 <= benchmark.track_registers(*arguments) <= 255
    assert benchmark.track_spilled_bytes(*arguments) == 0


def test_calls_on_a_gpu_are_timed(tmp_path, capsys):
    pytest.importorskip("numba_cuda", reason="numba-cuda is not installed")
    kept = tmp_path / "figures.json"
    chosen = ["--call", "reduce", "--call", "random", "--dtype", "float32", "--repeats", "1"]
    with jk.emulate_cuda():
        on_gpu.main(["--size", "3000", *chosen, "--json", str(kept)])
    rows = json.loads(kept.read_text())
    assert [(row["call"], row["dtype"], row["size"]) for row in rows] == [
        (name, "float32", 2048) for name in ("reduce", "random")
    ]
    assert all(row["ms"] > 0 and row["GB/s"] > 0 for row in rows)
    assert "reduce" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        on_gpu.main(["--size", "10"])


def test_gpu_code_is_not_available_without_the_tools(monkeypatch):
    pytest.importorskip("numba_cuda", reason="numba-cuda is not installed")
    monkeypatch.setattr(sass, "tool", lambda name: None)
    monkeypatch.setattr(gpu_code, "CASES", ["saxpy"])
    found = gpu_code.Sm90().setup_cache()
    with pytest.raises(NotImplementedError, match="ptxas or nvdisasm"):
        gpu_code.Sm90().setup(found, "saxpy", "float64")


def test_ratio_is_the_median_over_turns_of_paired_times(monkeypatch):
    clock = [0.0]
    ours, theirs = iter([3.0, 30.0, 8.0, 1e6, 4.0]), iter([1.0, 10.0, 4.0, 1e6, 1.0])
    monkeypatch.setattr(_measure.time, "perf_counter", lambda: clock[0])

    def take(times):
        clock[0] += next(times)

    assert _measure.ratio(lambda: take(ours), lambda: take(theirs)) == 3.0


def test_new_process_gives_its_number_and_fails_loudly(capfd):
    assert _measure.in_new_process("import os, sys; print(int(sys.argv[1]) * int(os.environ['N']))", "6", N="7") == 42
    with pytest.raises(subprocess.CalledProcessError):
        _measure.in_new_process("raise SystemExit('broken')")
    assert "broken" in capfd.readouterr().err
