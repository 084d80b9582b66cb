"""scan_by_key: cumulative sums of runs of equal keys, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Sums(_primitives.BesideNumPy):
    """`jk.scan_by_key` and `numpy.cumsum less what is before each run`, taking turns."""

    def in_numpy(self, keys: np.ndarray, x: np.ndarray, sums: np.ndarray) -> object:
        begins = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
        running = np.cumsum(x)
        return running - np.repeat(running[begins] - x[begins], np.diff(begins, append=x.size))
