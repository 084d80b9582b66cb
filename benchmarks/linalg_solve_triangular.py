"""linalg_solve_triangular: many small triangular systems, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives, _suite


class Systems(_primitives.BesideNumPy):
    """`jk.linalg.solve_triangular` and `numpy.linalg.solve`, which has no stacks of triangles, taking turns."""

    params = [[1_000, 2**18], _suite.DTYPES]

    def in_numpy(self, a: np.ndarray, b: np.ndarray, x: np.ndarray) -> object:
        return np.linalg.solve(np.tril(a), b[..., None])[..., 0]
