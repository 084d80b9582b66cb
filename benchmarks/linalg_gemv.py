"""linalg_gemv: a matrix times a vector, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Products(_primitives.BesideNumPy):
    """`jk.linalg.gemv` and NumPy's product and sums, taking turns."""

    def in_numpy(self, a: np.ndarray, x: np.ndarray, y: np.ndarray, out: np.ndarray) -> object:
        return 0.5 * (a @ x) + 2.0 * y
