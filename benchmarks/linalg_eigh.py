"""linalg_eigh: eigenvalues and eigenvectors of many small symmetric matrices, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _beside, _measure, _primitives, _suite


class ThreeRows(_primitives.BesideNumPy):
    """`jk.linalg.eigh` and NumPy's of matrices of three rows, taking turns."""

    params = [[1_000, 2**17], _suite.DTYPES]

    def in_numpy(self, a: np.ndarray, values: np.ndarray) -> object:
        return np.linalg.eigh(a)


class TwelveRows(_beside.Calls):
    """Eigenvalues of matrices of twelve rows."""

    params = [[200, 20_000], _suite.DTYPES]

    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
        import jitkit as jk

        half = np.random.default_rng(0).random((size, 12, 12))
        a = (half @ half.swapaxes(1, 2) / 12 + np.eye(12)).astype(dtype)
        return lambda: jk.linalg.eigvalsh(a, backend="cpu"), lambda: np.linalg.eigvalsh(a)
