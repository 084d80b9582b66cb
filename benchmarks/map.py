"""map: a polynomial of each element, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Polynomial(_primitives.BesideNumPy):
    """`jk.map` and `the same expression of arrays`, taking turns."""

    def in_numpy(self, x: np.ndarray, y: np.ndarray) -> object:
        return np.add(1, x * (2 + x * (3 + 4 * x)), out=y)
