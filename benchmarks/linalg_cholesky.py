"""linalg_cholesky: many small positive definite systems, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives, _suite


class Systems(_primitives.BesideNumPy):
    """`jk.linalg.cholesky` with `cho_solve` and NumPy's factors and solutions, taking turns."""

    params = [[1_000, 2**18], _suite.DTYPES]

    def in_numpy(self, a: np.ndarray, b: np.ndarray, x: np.ndarray) -> object:
        factors = np.linalg.cholesky(a)
        halfway = np.linalg.solve(factors, b[..., None])
        return np.linalg.solve(factors.swapaxes(1, 2), halfway)[..., 0]
