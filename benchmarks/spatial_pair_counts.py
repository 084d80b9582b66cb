"""pair_counts: pairs by distance in a periodic box, beside SciPy's k-d tree."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Pairs(_primitives.BesideNumPy):
    """`jk.spatial.pair_counts` and `scipy.spatial.cKDTree.count_neighbors`, taking turns."""

    def in_numpy(self, points: np.ndarray, edges: np.ndarray, counts: np.ndarray) -> object:
        from scipy.spatial import cKDTree

        tree = cKDTree(points, boxsize=1.0)
        return np.diff(tree.count_neighbors(tree, edges) - len(points)) // 2
