"""sparse_matmul: a sparse matrix times a dense one, beside SciPy."""

from __future__ import annotations

import numpy as np

from . import _primitives, _suite


class Products(_primitives.BesideNumPy):
    """`jk.sparse.matmul` and SciPy's product, taking turns."""

    params = [[100, 2**18], _suite.DTYPES]

    def in_numpy(
        self, data: np.ndarray, indices: np.ndarray, indptr: np.ndarray, b: np.ndarray, out: np.ndarray
    ) -> object:
        from scipy import sparse

        return sparse.csr_array((data, indices, indptr), shape=(len(b), len(b))) @ b
