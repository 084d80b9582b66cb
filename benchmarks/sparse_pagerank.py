"""sparse_pagerank: the PageRank of a random graph, beside SciPy's products."""

from __future__ import annotations

import numpy as np

from . import _primitives, _suite


class Ranks(_primitives.BesideNumPy):
    """`jk.sparse.pagerank` and the power iteration with SciPy's products, taking turns."""

    params = [[300, 2**18], _suite.DTYPES]

    def in_numpy(self, data: np.ndarray, indices: np.ndarray, indptr: np.ndarray, ranks: np.ndarray) -> object:
        from scipy import sparse

        n = ranks.size
        links = sparse.csr_array((data, indices, indptr), shape=(n, n))
        leaving = links @ np.ones(n)
        spare = leaving == 0
        shares = (sparse.diags_array(1 / np.where(spare, 1, leaving)) @ links).T.tocsr()
        end = 1e-6 if data.dtype == np.float32 else 1e-9
        x, moved = np.full(n, 1 / n), 1.0
        while moved >= end:
            new = 0.85 * (shares @ x + x[spare].sum() / n) + 0.15 / n
            x, moved = new, np.abs(new - x).sum()
        return n * x
