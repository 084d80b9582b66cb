"""unique: a thousand distinct values, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Values(_primitives.BesideNumPy):
    """`jk.unique` and `numpy.unique`, taking turns."""

    def in_numpy(self, x: np.ndarray, found: np.ndarray) -> object:
        return np.unique(x)
