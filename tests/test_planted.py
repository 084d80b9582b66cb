"""The sanitizer finds every planted bug, at its line and nothing else, and finds nothing in the twins without one."""

from __future__ import annotations

import pytest
from planted import arithmetic, barriers, bounds, group_races, initialisation, invalid, races

SUITES = (
    races.SUITE, group_races.SUITE, bounds.SUITE, initialisation.SUITE, barriers.SUITE, arithmetic.SUITE, invalid.ZERO,
    invalid.NAN,
)  # fmt: skip
PAIRS = [pair for suite in SUITES for pair in suite.pairs]


def lines_of(finding):
    return {finding.lineno, finding.other_lineno} - {None}


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.kind}-{pair.bug.name}")
def test_a_planted_bug_is_found(pair):
    report = pair.bug.check[pair.space](*pair.arguments())
    assert not report.ok, "nothing was found"
    assert {finding.kind for finding in report.findings} == {pair.kind}, str(report)
    assert {finding.array for finding in report.findings} == {pair.array}, str(report)
    assert set().union(*map(lines_of, report.findings)) == pair.lines, str(report)
    assert {finding.filename for finding in report.findings} == {pair.bug.func.__code__.co_filename}


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.kind}-{pair.clean.name}")
def test_its_twin_is_clean(pair):
    report = pair.clean.check[pair.space](*pair.clean_arguments())
    assert report.ok, str(report)


def test_there_are_at_least_48_of_each():
    assert len({pair.bug.name for pair in PAIRS}) >= 48
    assert len({pair.clean.name for pair in PAIRS}) >= 48
