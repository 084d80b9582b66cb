"""Every call of `benchmarks.thousand` gives what NumPy gives, and a thousand elements wake no thread."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.thousand import __main__ as thousand
from benchmarks.thousand.given import given
from jitkit.backends import pool

CALLS = 9


@pytest.mark.skipif(not pool.available(), reason="no thread pool")
@pytest.mark.parametrize("dtype", ["float32", "bool"])
def test_a_thousand_elements_give_what_numpy_gives_and_wake_no_thread(dtype):
    for name, ours, numpys in thousand.pairs(given(dtype, 1000)):
        same(ours(), numpys(), name)
        # Whether a launch is worth sharing is measured, and the system may stop a thread at any time for milliseconds: one
        # call may wake a thread then, most may not.
        assert sorted(woken(ours) for _ in range(CALLS))[CALLS // 2] == 0, (
            f"{name} of {dtype}: most calls wake a thread"
        )


def woken(call):
    before = pool.counters().parallel
    call()
    return pool.counters().parallel - before


def same(found, expected, name):
    for one, other in zip(found, expected, strict=True) if isinstance(expected, tuple) else [(found, expected)]:
        # NumPy's way of scan_by_key takes sums of up to 1e4 from each other, whose last place is 1e-3.
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), rtol=1e-4, atol=1e-3, err_msg=name)
