"""knn: eight neighbours in three dimensions, beside SciPy's k-d tree with as many threads as there are."""

from __future__ import annotations

import numpy as np

from . import _primitives, _suite


class Neighbours(_primitives.BesideNumPy):
    """`jk.spatial.knn` and `scipy.spatial.cKDTree`, built and asked, taking turns."""

    params = [[1_000, 500_000], _suite.DTYPES]

    def in_numpy(self, points: np.ndarray, queries: np.ndarray, distances: np.ndarray) -> object:
        from scipy.spatial import cKDTree

        return cKDTree(points).query(queries, distances.shape[1], workers=-1)
