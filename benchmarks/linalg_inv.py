"""linalg_inv: the inverses of many small matrices, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _beside, _measure, _primitives, _suite


class FourRows(_primitives.BesideNumPy):
    """`jk.linalg.inv` and NumPy's of matrices of four rows, taking turns."""

    params = [[1_000, 2**18], _suite.DTYPES]

    def in_numpy(self, a: np.ndarray, written: np.ndarray) -> object:
        return np.linalg.inv(a)


class ManyRows(_beside.Calls):
    """Matrices of 32 rows."""

    params = [[100, 1_000], _suite.DTYPES]

    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
        import jitkit as jk

        a = (np.random.default_rng(0).random((size, 32, 32)) / 8 + np.eye(32)).astype(dtype)
        return lambda: jk.linalg.inv(a, backend="cpu"), lambda: np.linalg.inv(a)
