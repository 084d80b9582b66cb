"""The history of speedups: which commits are recorded, what is measured, and how results are kept small."""

from __future__ import annotations

import json
import math
import os
import subprocess
import time

import numpy as np
import pytest

from benchmarks import _measure, _sides, speedups
from benchmarks.history import __main__ as history
from benchmarks.history import commits, install, slim
from jitkit import cases

ROWS = {row.name: row for row in _sides.rows()}
HASHES = [f"{k}{'0' * 39}" for k in range(1, 8)]


@pytest.fixture
def repository(tmp_path):
    """A repository of three commits, of which the last changes no code."""
    commits.git("init", "-q", root=tmp_path)
    who = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    for name in ("jitkit/a.py", "jitkit/b.py", "README.md"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
        commits.git("add", ".", root=tmp_path)
        commits.git(*who, "commit", "-q", "-m", name, root=tmp_path)
    return tmp_path


def test_commits_that_change_code_are_candidates(repository):
    every = commits.git("rev-list", "--reverse", "HEAD", root=repository).split()
    assert commits.changing(first=every[0], root=repository) == every[:2]


def test_only_what_is_newer_than_the_record_is_chosen_unless_gaps_are_filled():
    done = {HASHES[0][:8], HASHES[3][:8]}
    assert commits.chosen(HASHES, done, None, gaps=False) == HASHES[4:]
    assert commits.chosen(HASHES, done, None, gaps=True) == [*HASHES[1:3], *HASHES[4:]]
    assert commits.chosen(HASHES, done, 1, gaps=True) == HASHES[-1:]
    assert commits.chosen(HASHES, set(HASHES), None, gaps=True) == []


@pytest.mark.parametrize("steps", [2, 3, 5, 7])
def test_spread_keeps_both_ends_and_their_number(steps):
    found = commits.spread(HASHES, steps)
    assert len(found) == len(set(found)) == steps
    assert (found[0], found[-1]) == (HASHES[0], HASHES[-1])
    assert commits.spread(HASHES, 99) == HASHES


def test_recorded_commits_are_read_off_the_file_names(tmp_path):
    folder = tmp_path / "here"
    folder.mkdir()
    for name in ("12345678-env.json", "abcdef01-other.json", "machine.json"):
        (folder / name).write_text("{}")
    assert commits.recorded(tmp_path, "here") == {"12345678", "abcdef01"}


def test_results_of_a_machine_state_the_same_facts():
    for path in (commits.ROOT / "benchmarks/results").glob("*/*-*.json"):
        facts = json.loads(path.with_name("machine.json").read_text())
        del facts["version"]
        assert facts.items() <= json.loads(path.read_text())["params"].items(), "asv would draw it apart"


def test_results_are_rounded_and_lose_samples_and_texts(tmp_path):
    result = [[1.23456789, None, math.nan], [["'a'"]], "1", 1795386420703, [0.5, 0.7]]
    columns = ["result", "params", "version", "started_at", "samples"]
    (tmp_path / "here").mkdir()
    kept = tmp_path / "here" / "12345678-env.json"
    kept.write_text(json.dumps({"result_columns": columns, "results": {"a.B.time_c": result}}))
    about = {"code": "def time_c(): ...", "params": []}
    (tmp_path / "benchmarks.json").write_text(json.dumps({"version": 2, "a.B.time_c": about, "a.B.time_d": about}))
    assert slim.slim(tmp_path) == sum(path.stat().st_size for path in tmp_path.rglob("*.json"))
    found = json.loads(kept.read_text())
    assert found["result_columns"] == columns[:-1]
    first, nothing, missing = found["results"]["a.B.time_c"][0]
    assert (first, nothing) == (1.235, None)
    assert math.isnan(missing)
    assert found["results"]["a.B.time_c"][1:] == result[1:-1]
    listed = json.loads((tmp_path / "benchmarks.json").read_text())
    assert listed == {"version": 2, "a.B.time_c": {"code": "benchmarks/a.py", "params": []}}


def test_package_is_installed_as_a_copy(tmp_path):
    checkout, site = tmp_path / "checkout", tmp_path / "site"
    (checkout / "jitkit" / "inner").mkdir(parents=True)
    (checkout / "jitkit" / "inner" / "new.ll").write_text("code")
    (site / "jitkit").mkdir(parents=True)
    (site / "jitkit" / "old.py").write_text("")
    install.install(checkout, site)
    assert [path.name for path in sorted((site / "jitkit").rglob("*.*"))] == ["new.ll"]


def test_every_case_is_a_row_with_a_class_of_its_name():
    stems = {row.stem for row in ROWS.values()}
    assert set(cases.names()) <= stems
    assert {"reduce", "scan"} <= stems
    assert all(vars(speedups)[name].row == name for name in ROWS)


def small(monkeypatch, cls, **attributes):
    for name, value in attributes.items():
        monkeypatch.setattr(cls, name, value)


def test_row_of_a_case_is_measured_on_every_side(monkeypatch):
    monkeypatch.setattr(speedups, "SECONDS", 0.0)
    small(monkeypatch, ROWS["Saxpy"].cls, sizes=(1_000,))
    monkeypatch.setenv("OMP_WAIT_POLICY", "passive")
    found = speedups.measure(ROWS["Saxpy"])
    assert {"interpreted", "NumPy", "cpu", "relative to NumPy"} <= set(found)
    assert found.pop("memory", 0.0) >= 0
    assert all(0 < value < np.inf for value in found.values())
    assert 0 < speedups.measure_double(ROWS["Saxpy"])["float64"] < np.inf


def test_points_of_a_group_kernel_are_those_of_its_problem(monkeypatch):
    small(monkeypatch, ROWS["Transpose"].cls, sizes=(70,))
    assert _sides.compiled(ROWS["Transpose"], ("cpu",)).points == 70 * 87


def test_float64_is_computed_in_float64(monkeypatch):
    small(monkeypatch, ROWS["Saxpy"].cls, sizes=(1_000,))
    small(monkeypatch, ROWS["ReduceSums"].cls, params=[[100, 1_000], ["float32", "float64"]])
    (problem, _) = _sides.compiled(ROWS["Saxpy"], ("cpu",), "float64").calls["cpu"].args
    assert problem.dtype == np.float64
    sides = _sides.compiled(ROWS["ReduceSums"], ("cpu",), "float64")
    assert set(sides.calls) == {"cpu"}
    assert np.asarray(sides.calls["cpu"]()).dtype == np.float64


def test_peak_of_memory_is_that_of_the_call_alone():
    held = np.ones(1 << 22)

    def call():
        return np.concatenate([held, held]).sum()

    call()
    try:
        found = _measure.peak_bytes(call)
    except NotImplementedError as reason:
        pytest.skip(str(reason))
    assert 1.9 * held.nbytes < found < 2.5 * held.nbytes
    assert _measure.peak_bytes(lambda: None) < held.nbytes / 4


def test_row_of_a_primitive_is_measured_beside_numpy(monkeypatch):
    monkeypatch.setattr(speedups, "SECONDS", 0.0)
    small(monkeypatch, ROWS["ReduceSums"].cls, params=[[100, 1_000], ["float32"]])
    monkeypatch.setenv("OMP_WAIT_POLICY", "passive")
    sides = _sides.compiled(ROWS["ReduceSums"])
    assert sides.points == 1_000
    np.testing.assert_allclose(sides.calls["cpu"](), sides.calls["NumPy"](), rtol=1e-5)
    assert set(speedups.measure(ROWS["ReduceSums"])) - {"memory"} == {"cpu", "NumPy", "relative to NumPy"}


def test_side_that_is_wrong_is_refused(monkeypatch):
    small(monkeypatch, ROWS["Saxpy"].cls, sizes=(1_000,))
    monkeypatch.setattr(_sides, "_in_c", lambda case, problem: (problem, lambda: None))
    with pytest.raises(AssertionError, match="case 'saxpy': C gave y"):
        _sides.compiled(ROWS["Saxpy"])


def test_row_that_fails_says_why_and_the_others_go_on(monkeypatch, capsys):
    def measure(row):
        if row.name == "Heat":
            os._exit(7)
        if row.name == "Wave":
            raise ValueError("no water")
        return {"cpu": 1.5}

    monkeypatch.setattr(speedups, "measure", measure)
    monkeypatch.setattr(speedups, "measure_double", lambda row: {"float64": 2.5})
    monkeypatch.setenv("JITKIT_SPEEDUPS", "Heat Saxpy Wave")
    found = speedups.Saxpy().setup_cache()
    assert found == {
        "Heat": {"missing": "the process died", "float64": 2.5},
        "Saxpy": {"cpu": 1.5, "float64": 2.5},
        "Wave": {"missing": "ValueError: no water", "float64": 2.5},
    }
    assert speedups.Saxpy().track_float64(found, "float64") == 2.5
    assert speedups.Saxpy().track_ns_per_point(found, "cpu") == 1.5
    with pytest.raises(NotImplementedError, match="no water"):
        speedups.Wave().setup(found, "cpu")
    with pytest.raises(NotImplementedError, match="Saxpy is not computed by C"):
        speedups.Saxpy().setup(found, "C")


def test_turns_are_begun_by_one_side_after_another():
    order = []
    calls = {"a": lambda: order.append("a"), "b": lambda: order.append("b")}
    times = _measure.take_turns(calls, turns=3, least=0.0)
    assert "".join(order) == "abbaab"
    assert {side: len(taken) for side, taken in times.items()} == {"a": 3, "b": 3}


def test_turns_end_when_they_take_too_long_but_one_there_is():
    calls = {"a": lambda: time.sleep(0.02), "b": lambda: None}
    assert len(_measure.take_turns(calls, turns=100, least=9.0, most=0.0)["a"]) == 1
    assert 1 < len(_measure.take_turns(calls, turns=100, least=9.0, most=0.1)["a"]) < 7


def test_process_that_hangs_is_given_up():
    with pytest.raises(RuntimeError, match=r"no answer in 0\.1 s"):
        _measure.in_own_process(time.sleep, 60, limit=0.1)


def test_list_says_what_would_be_recorded(capsys, monkeypatch):
    pytest.importorskip("asv", reason="asv is not installed")
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=commits.ROOT, capture_output=True, text=True, check=False)
    if head.returncode:
        pytest.skip("this is no git checkout")
    history.main(["--machine", "nobody's", "--list", "HEAD"])
    assert capsys.readouterr().out.split()[0] in head.stdout


def test_interpreter_has_a_size_of_its_own_for_cases_and_primitives():
    for name in ("Saxpy", "AnyAny"):
        sides = _sides.interpreted(ROWS[name])
        assert set(sides.calls) == {"interpreted"}
        assert 0 < sides.points <= 5_000
    for name in ("SortSorts", "PhiloxGenerators"):
        with pytest.raises(NotImplementedError, match="nothing to interpret"):
            _sides.interpreted(ROWS[name])
