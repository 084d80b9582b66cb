"""ml_kmeans: three iterations of k-means with 4 clusters, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives, _suite


class Clusters(_primitives.BesideNumPy):
    """`jk.ml` and NumPy, taking turns."""

    params = [[1_000, 2**20], _suite.DTYPES]

    def in_numpy(self, X: np.ndarray, centres: np.ndarray) -> object:
        from jitkit.cases.ml_kmeans import lloyd

        return lloyd(X)
