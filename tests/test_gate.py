"""The gate: two trees compared in processes that take turns."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.gate import __main__ as gate
from benchmarks.gate import side

ROOT = Path(__file__).parents[1]


class Clock:
    """A side that takes what it is told."""

    def __init__(self, times, order, name):
        self.times, self.order, self.name = iter(times), order, name

    def seconds(self):
        self.order.append(self.name)
        return next(self.times)


def test_sides_take_turns_and_ratios_are_paired():
    order = []
    base, head = Clock([1.0, 10.0, 2.0], order, "b"), Clock([2.0, 30.0, 4.0], order, "h")
    assert list(gate.ratios(base, head, 3)) == [2.0, 3.0, 2.0]
    assert "".join(order) == "bhhbbh"


def test_slower_has_to_be_so_again(monkeypatch):
    found = iter([1.5, 1.1, 1.6])
    monkeypatch.setattr(gate, "compare", lambda *rest: gate.Verdict("Heat", next(found)))
    assert gate.judge("Heat", (), Path(), 1.2, 1).ratio == 1.1
    found = iter([1.5, 1.3, 1.6])
    assert gate.judge("Heat", (), Path(), 1.2, 1).is_slower(1.2)
    found = iter([1.1])
    assert gate.judge("Heat", (), Path(), 1.2, 1).ratio == 1.1


def test_what_head_lost_is_slower_and_what_base_lacked_is_not():
    assert gate.Verdict("Heat", None, "HEAD cannot run it: no").is_slower(1.2)
    assert not gate.Verdict("Heat", None, "BASE cannot run it: no").is_slower(1.2)


def test_launch_is_timed_as_often_as_fills_a_turn(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(side.time, "perf_counter", lambda: clock[0])

    def call():
        clock[0] += side.SECONDS / 4

    assert side.per_call(call) == pytest.approx(side.SECONDS / 4)
    assert clock[0] == pytest.approx(side.SECONDS)


def run(tmp_path, monkeypatch, capsys, trees, *words):
    """Run the gate on folders in the place of commits; return its exit status and what it printed."""
    monkeypatch.setattr(gate, "unpacked", lambda commit, folder: trees[commit])
    with pytest.raises(SystemExit) as ended:
        gate.main(["old", "new", "--row", "Saxpy", "--turns", "3", *words])
    return ended.value.code, capsys.readouterr().out


def test_working_tree_is_no_slower_than_itself(tmp_path, monkeypatch, capsys):
    report = tmp_path / "gate.md"
    trees = {"old": ROOT, "new": ROOT}
    status, output = run(tmp_path, monkeypatch, capsys, trees, "--limit", "1000", "--markdown", str(report))
    assert status == 0
    assert "0 of 1 rows slower: none" in output
    assert "| Saxpy | " in report.read_text()


def test_tree_without_the_case_fails_by_name(tmp_path, monkeypatch, capsys):
    broken = tmp_path / "broken"
    (broken / "jitkit").mkdir(parents=True)
    (broken / "jitkit" / "__init__.py").write_text("")
    status, output = run(tmp_path, monkeypatch, capsys, {"old": ROOT, "new": broken})
    assert status == 1
    assert "HEAD cannot run it: NotImplementedError: this commit has no catalogue of cases" in output
    assert "1 of 1 rows slower: Saxpy" in output


def test_process_runs_the_tree_that_is_first_on_its_path(tmp_path):
    (tmp_path / "jitkit").mkdir()
    (tmp_path / "jitkit" / "__init__.py").write_text("raise ImportError('the tree at the front')")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-P", "-m", "benchmarks.gate.side", "Saxpy"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "missing ImportError: the tree at the front"


def test_unknown_commit_is_refused(tmp_path):
    with pytest.raises(SystemExit, match="no commit 'nonesuch'"):
        gate.unpacked("nonesuch", tmp_path / "tree")
