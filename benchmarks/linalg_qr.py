"""linalg_qr: many small matrices as orthogonal columns and triangles, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _beside, _measure, _primitives, _suite


class FourRows(_primitives.BesideNumPy):
    """`jk.linalg.qr` and NumPy's of matrices of four rows, taking turns."""

    params = [[1_000, 2**17], _suite.DTYPES]

    def in_numpy(self, a: np.ndarray, sizes: np.ndarray) -> object:
        return np.abs(np.linalg.qr(a).R)


class ManyRows(_beside.Calls):
    """Matrices of 32 rows."""

    params = [[100, 1_000], _suite.DTYPES]

    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
        import jitkit as jk

        a = np.random.default_rng(0).random((size, 32, 32)).astype(dtype)
        return lambda: jk.linalg.qr(a, backend="cpu"), lambda: np.linalg.qr(a)
