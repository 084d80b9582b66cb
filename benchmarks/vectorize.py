"""vectorize: a polynomial of a vector and a number, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Polynomial(_primitives.BesideNumPy):
    """`jk.vectorize(...)` and `the same expression of arrays`, taking turns."""

    def in_numpy(self, x: np.ndarray, y: float, z: np.ndarray) -> object:
        return np.add(y, x * (y + x), out=z)
