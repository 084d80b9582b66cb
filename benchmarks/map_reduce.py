"""map_reduce: dot products, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Products(_primitives.BesideNumPy):
    """`jk.map_reduce` and `numpy.sum of a product`, taking turns."""

    def in_numpy(self, x: np.ndarray, y: np.ndarray, total: np.ndarray) -> object:
        return np.sum(x * y)
