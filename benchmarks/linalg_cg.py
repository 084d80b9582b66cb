"""linalg_cg: conjugate gradients, beside SciPy."""

from __future__ import annotations

import numpy as np

from . import _primitives, _suite


class Solutions(_primitives.BesideNumPy):
    """`jk.linalg.cg` and `scipy.sparse.linalg.cg`, taking turns."""

    params = [[1_000, 2**20], _suite.DTYPES]

    def in_numpy(self, a: np.ndarray, b: np.ndarray, x: np.ndarray) -> object:
        from scipy.sparse import csr_array
        from scipy.sparse.linalg import cg

        from jitkit.cases import linalg_cg

        found = linalg_cg.matrix(a, b.size)
        return cg(csr_array(found[:3], shape=found.shape), b, rtol=linalg_cg.change(b.dtype))[0]
