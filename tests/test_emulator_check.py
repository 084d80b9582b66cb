"""``kernel.check(backend="cuda")``: planted bugs, found in the code that was generated for GPUs."""

from __future__ import annotations

import numpy as np
import pytest
from planted import barriers, bounds, group_races

import jitkit as jk
from jitkit.backends import cuda_grid

# What PTX does not show: an index that lands in another row of its array, a private array that the compiler has turned
# into registers, and races between groups, which only the interpreter looks for.
UNSEEN = {
    "extents_swapped", "past_the_end_of_a_row", "private_array_too_small", "groups_write_one_part",
    "clamped_past_the_end", "reads_what_another_group_writes", "last_group_overwrites",
}  # fmt: skip
PAIRS = [pair for suite in (bounds.SUITE, group_races.SUITE, barriers.SUITE) for pair in suite.pairs]
SEEN = [pair for pair in PAIRS if pair.bug.name not in UNSEEN]


def named(pair):
    return f"{pair.kind}-{pair.bug.name}"


@pytest.mark.parametrize("pair", SEEN, ids=named)
def test_a_planted_bug_is_found(pair):
    report = pair.bug.check(backend="cuda")[pair.space](*pair.arguments())
    assert {finding.kind for finding in report.findings} == {pair.kind}, str(report)
    assert {finding.array for finding in report.findings} == {pair.array}, str(report)
    assert {finding.lineno for finding in report.findings} <= pair.lines, str(report)
    assert {finding.filename for finding in report.findings} == {pair.bug.func.__code__.co_filename}


@pytest.mark.parametrize("pair", PAIRS, ids=named)
def test_its_twin_is_clean(pair):
    report = pair.clean.check(backend="cuda")[pair.space](*pair.clean_arguments())
    assert report.ok, str(report)


def test_most_planted_bugs_show_in_ptx():
    assert {pair.bug.name for pair in PAIRS} >= UNSEEN
    assert len(SEEN) >= 45


@jk.kernel
def two_faults(i, x, out):
    out[i + 1] = x[i]
    out[i] = x[i + 2]


def test_every_fault_is_found_and_the_arguments_stay():
    x, out = np.arange(8.0), np.zeros(8)
    report = two_faults.check(backend="cuda")[8](x, out)
    first = two_faults.func.__code__.co_firstlineno
    assert {(f.kind, f.array, f.index, f.lineno - first) for f in report.findings} == {
        ("out-of-bounds", "out", 8, 2),
        ("out-of-bounds", "x", report.findings[-1].index, 3),
    }
    assert report.work_items == 8
    np.testing.assert_array_equal(out, 0)
    assert "out[8]" in str(report)
    with pytest.raises(jk.JitkitError, match="out-of-bounds"):
        report.raise_if_any()


@jk.kernel
def at(i, j, u, out, down):
    out[i, j] = u[i + down, j]


@pytest.mark.parametrize(("down", "rows"), [(1, {4}), (-1, {-1})])
def test_elements_and_work_items(down, rows):
    u = np.zeros((4, 6), np.float32)
    (finding,) = at.check(backend="cuda")[4, 6](u, u.copy(), down).findings
    row, column = finding.index
    assert (finding.array, {row}) == ("u", rows)
    assert finding.work_items == ((row - down, column),)


@jk.kernel(group=64)
def neighbours(i, x, out):
    tile = jk.shared(64, np.float32)
    local = jk.local_index()
    tile[local] = x[i]
    out[i] = tile[(local + 33) % 64]


def test_a_race_names_both_work_items_and_the_element():
    x = np.zeros(128, np.float32)
    report = neighbours.check(backend="cuda")[128](x, x.copy())
    assert {(finding.kind, finding.array) for finding in report.findings} == {("race", "tile")}
    for finding in report.findings:
        later, earlier = finding.work_items
        assert later // 64 == earlier // 64
        writes, reads = finding.index, (finding.index - 33) % 64
        assert {later % 64, earlier % 64} == {writes, reads}


@jk.kernel(group=32)
def turned_round(i, x, out):
    tile = jk.shared(32, np.float64)
    local = jk.local_index()
    tile[local] = x[i] if i < x.shape[0] else 0.0
    jk.barrier()
    if i < x.shape[0]:
        out[i] = tile[31 - local] + 1000 * jk.group_index()


@jk.kernel(group=(1, 32))
def reads_ahead_of_its_group(i, j, x, out):
    tile = jk.shared(32, np.float64)
    local = jk.local_index()[1]
    tile[local] = x[i, j] + jk.group_index()[0]
    out[i, j] = tile[31 - local] + jk.group_index()[1]


def test_the_first_group_of_a_cut_launch_is_no_race_and_leaves_the_names_of_arrays(monkeypatch):
    monkeypatch.setattr(cuda_grid, "MAX_BLOCKS", (3, 2, 65535))
    x, out = np.arange(200.0), np.zeros(200)
    report = turned_round.check(backend="cuda")[200](x, out)
    assert report.ok, str(report)
    with jk.emulate_cuda():
        turned_round.on("cuda")[200](x, out)
    tiles = np.append(x, np.zeros(24)).reshape(-1, 32)
    np.testing.assert_array_equal(out, (tiles[:, ::-1] + 1000 * np.arange(7)[:, None]).reshape(-1)[:200])
    report = reads_ahead_of_its_group.check(backend="cuda")[3, 128](np.ones((3, 128)), np.zeros((3, 128)))
    assert {(finding.kind, finding.array) for finding in report.findings} == {("race", "tile")}, str(report)
    for finding in report.findings:
        later, earlier = finding.work_items
        assert finding.index in {later[1] % 32, earlier[1] % 32}


@jk.kernel
def endless(i, x, out):
    k = i
    while x[k] >= 0:
        k += 1
    out[i] = k


def test_a_search_past_the_end_ends():
    report = endless.check(backend="cuda")[4](np.ones(4), np.zeros(4))
    assert {(finding.kind, finding.array) for finding in report.findings} == {("out-of-bounds", "x")}


def documented(value):
    """Do nothing."""


def passing(value):
    """Do nothing."""
    pass


def returning(value):
    """Do nothing."""
    return


@jk.kernel
def idle(i, x):
    """Do nothing."""


@jk.kernel
def calls_what_does_nothing(i, x):
    documented(x[i])
    passing(x[i])
    returning(x[i])
    x[i + 1] = 1


def test_functions_that_do_nothing():
    x = np.zeros(8)
    assert idle.check(backend="cuda")[8](x).ok
    (finding,) = calls_what_does_nothing.check(backend="cuda")[8](x).findings
    first = calls_what_does_nothing.func.__code__.co_firstlineno
    assert (finding.kind, finding.index, finding.lineno) == ("out-of-bounds", 8, first + 5)


LAMBDAS = {
    "in a dict": lambda x, i: x[i + 1],
}


def test_lambdas_on_lines_that_are_no_statements():
    ahead = LAMBDAS["in a dict"]

    @jk.kernel
    def reads_ahead(i, x, out):
        out[i] = ahead(x, i)

    (finding,) = reads_ahead.check(backend="cuda")[8](np.zeros(8), np.zeros(8)).findings
    assert (finding.kind, finding.index, finding.lineno) == ("out-of-bounds", 8, ahead.__code__.co_firstlineno)


def test_what_cannot_be_asked_for():
    x = np.zeros(4)
    with pytest.raises(jk.BackendError, match="check: the code for CPUs has no checks"):
        two_faults.check(backend="cpu")[4](x, x)
    with pytest.raises(jk.BackendError, match="no backend 'gpu'"):
        two_faults.check(backend="gpu")[4](x, x)
    with pytest.raises(jk.LaunchError, match="seed"):
        two_faults.check(backend="cuda", seed=1)[4](x, x)


def test_reports_of_a_comparison_say_who_ran():
    with jk.emulate_cuda(always=True):
        assert (
            str(at.verify[2, 2](np.zeros((3, 2)), np.zeros((2, 2)), 1)) == "at: python, cpu and cuda (emulated) agree"
        )
