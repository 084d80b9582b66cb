"""radius_neighbors: thirty neighbours in three dimensions, beside SciPy's k-d tree with as many threads as there are."""

from __future__ import annotations

import numpy as np

from . import _primitives, _suite


class WithinRadius(_primitives.BesideNumPy):
    """`jk.spatial.radius_neighbors` and `scipy.spatial.cKDTree`, built and asked, taking turns."""

    params = [[1_000, 500_000], _suite.DTYPES]

    def in_numpy(
        self, points: np.ndarray, queries: np.ndarray, radius: float, counts: np.ndarray, farthest: np.ndarray
    ) -> object:
        from scipy.spatial import cKDTree

        found = cKDTree(points).query_ball_point(queries, radius, workers=-1)
        distances = [np.linalg.norm(points[rows] - query, axis=1) for rows, query in zip(found, queries, strict=True)]
        return [len(rows) for rows in found], [float(d.max(initial=0)) for d in distances]
