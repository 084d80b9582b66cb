"""The probes behind `python -m benchmarks.roofline`: they do what they say they count, and every case asks for one there is."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.roofline import ceilings, instructions
from jitkit import cases


def test_updates_are_all_made():
    """Each place that is named is counted, in memory of each work-item's own."""
    places = (17 * np.arange(ceilings.PLACES) % ceilings.COUNTERS).astype(np.int32)
    places[:5] = 7
    largest = np.zeros(3, np.int32)
    ceilings.updating.on("cpu")[3](places, largest, 4)
    np.testing.assert_array_equal(largest, 4 * np.bincount(places).max())


@pytest.mark.parametrize("name", instructions.NEEDED)
def test_kinds_have_a_probe(name, monkeypatch):
    asked = []
    monkeypatch.setattr(ceilings, "rate", lambda kind, dtype: asked.append(kind) or 1e9)
    case = cases.load(name)
    assert instructions.seconds(case, case.problem("tiny", "float32"), "float32") > 0
    assert set(asked) <= {*ceilings.KINDS, "integer", "update"}


def test_a_histogram_takes_an_update_for_each_element(monkeypatch):
    monkeypatch.setattr(ceilings, "rate", lambda kind, dtype: {"update": 1e9}[kind])
    problem = cases.load("group_histogram").problem(5000, "float32")
    assert instructions.seconds(cases.load("group_histogram"), problem, "float32") == pytest.approx(5e-6)


def test_update_rate_is_a_rate(monkeypatch):
    monkeypatch.setattr(ceilings, "REPEATS", 1)
    ceilings.rate.cache_clear()
    try:
        assert ceilings.rate("update", "float32") > 0
    finally:
        ceilings.rate.cache_clear()
