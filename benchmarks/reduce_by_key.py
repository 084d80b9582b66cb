"""reduce_by_key: sums of runs of equal keys, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Sums(_primitives.BesideNumPy):
    """`jk.reduce_by_key` and `numpy.add.reduceat`, taking turns."""

    def in_numpy(self, keys: np.ndarray, x: np.ndarray, sums: np.ndarray) -> object:
        begins = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
        return keys[begins], np.add.reduceat(x, begins)
