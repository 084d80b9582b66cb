"""count: how many elements are above a half, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Count(_primitives.BesideNumPy):
    """`jk.count` and `numpy.count_nonzero(x > 0.5)`, taking turns."""

    def in_numpy(self, x: np.ndarray, number: np.ndarray) -> object:
        return np.count_nonzero(x > 0.5)
