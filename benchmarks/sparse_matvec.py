"""sparse_matvec: a sparse matrix times a vector, beside SciPy."""

from __future__ import annotations

import numpy as np

from . import _beside, _measure, _primitives, _suite


class Products(_primitives.BesideNumPy):
    """`jk.sparse.matvec` and SciPy's product, taking turns."""

    params = [[1_000, 2**21], _suite.DTYPES]

    def in_numpy(
        self, data: np.ndarray, indices: np.ndarray, indptr: np.ndarray, x: np.ndarray, out: np.ndarray
    ) -> object:
        from scipy import sparse

        return sparse.csr_array((data, indices, indptr), shape=(x.size, x.size)) @ x


class Transposed(_beside.Calls):
    """The same of the transposed matrix, which SciPy keeps by columns."""

    params = [[1_000, 2**21], _suite.DTYPES]

    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
        from scipy import sparse

        import jitkit as jk

        data, indices, indptr, x, _ = _primitives.load("sparse_matvec").problem(size, dtype).args
        turned = sparse.csr_array((data, indices, indptr), shape=(x.size, x.size)).T
        return lambda: jk.sparse.matvec(turned, x, backend="cpu"), lambda: turned @ x
