"""linalg_solve: many small systems of equations, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives, _suite


class Systems(_primitives.BesideNumPy):
    """`jk.linalg.solve` and `numpy.linalg.solve`, taking turns."""

    params = [[1_000, 2**18], _suite.DTYPES]

    def in_numpy(self, a: np.ndarray, b: np.ndarray, x: np.ndarray) -> object:
        return np.linalg.solve(a, b)
