"""atomic_add: sums in 256 bins by `jk.atomic.add` in a plain kernel, beside NumPy."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from . import _measure, _suite

BINS = 256


class Bins:
    """A launch over all elements into zeros, and `numpy.bincount` with weights, taking turns."""

    version = "1"
    timeout = 120
    params = [[1_000, 2**20]]
    param_names = ["size"]

    def setup(self, size: int) -> None:
        _suite.keep_caches_apart()
        rng = np.random.default_rng(0)
        given = rng.integers(0, BINS, size), rng.random(size)
        self.ours = functools.partial(added, kernel(), *given)
        self.numpys = functools.partial(np.bincount, *given, minlength=BINS)
        self.ours()

    def track_relative_to_numpy(self, size: int) -> float:
        return _measure.ratio(self.ours, self.numpys)

    track_relative_to_numpy.unit = "times NumPy"


@functools.cache
def kernel() -> Any:
    """Return the kernel; asv reads this file where jitkit may be missing."""
    import jitkit as jk

    @jk.kernel
    def add(i: Any, bins: Any, weights: Any, sums: Any) -> None:
        jk.atomic.add(sums, bins[i], weights[i])

    return add


def added(add: Any, bins: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the sums of a launch."""
    sums = np.zeros(BINS)
    add[bins.size](bins, weights, sums)
    return sums
