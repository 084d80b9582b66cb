"""knn: eight neighbours in three dimensions, beside SciPy's k-d tree with as many threads as there are."""

from __future__ import annotations

import numpy as np

from . import _beside, _measure, _primitives, _suite


class Neighbours(_primitives.BesideNumPy):
    """`jk.spatial.knn` and `scipy.spatial.cKDTree`, built and asked, taking turns."""

    params = [[1_000, 500_000], _suite.DTYPES]

    def in_numpy(self, points: np.ndarray, queries: np.ndarray, distances: np.ndarray) -> object:
        from scipy.spatial import cKDTree

        return cKDTree(points).query(queries, distances.shape[1], workers=-1)


class ByCityblock(_beside.Calls):
    """The distances of the same neighbours by another metric, taking turns."""

    params = [[1_000, 100_000], _suite.DTYPES]

    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
        from scipy.spatial import cKDTree

        import jitkit as jk

        points, queries = np.random.default_rng(0).random((2, size, 3)).astype(dtype)
        return (
            lambda: jk.spatial.knn(points, queries, k=8, metric="cityblock")[0],
            lambda: cKDTree(points).query(queries, 8, p=1, workers=-1)[0],
        )


class LargestDifference(_beside.Calls):
    """The same by the largest difference along an axis, of all points; SciPy's tree is built and asked, too."""

    params = [[1_000, 100_000], _suite.DTYPES]

    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
        from scipy.spatial import cKDTree

        import jitkit as jk

        points = np.random.default_rng(0).random((size, 3)).astype(dtype)
        return (
            lambda: jk.spatial.knn(points, points, 8, metric="chebyshev", backend="cpu")[0],
            lambda: cKDTree(points).query(points, 8, p=np.inf, workers=-1)[0],
        )


class ByMinkowskiWithin(_beside.Calls):
    """The neighbours by a power of the differences, at most so far away, of all points, taking turns."""

    params = [[1_000, 100_000], _suite.DTYPES]

    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
        from scipy.spatial import cKDTree

        import jitkit as jk

        points = np.random.default_rng(0).random((size, 3)).astype(dtype)
        # Half of the neighbours: the ball |x|^3 + |y|^3 + |z|^3 <= 1 has a volume of 5.7, four points' share of the cube.
        bound = (4 / 5.7 / size) ** (1 / 3)
        return (
            lambda: jk.spatial.knn(points, points, 8, metric="minkowski", p=3, distance_upper_bound=bound)[0],
            lambda: cKDTree(points).query(points, 8, p=3, distance_upper_bound=bound, workers=-1)[0],
        )
