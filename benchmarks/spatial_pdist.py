"""pdist: the distances between all points of a set in three dimensions, beside SciPy."""

from __future__ import annotations

import numpy as np

from . import _primitives


class PairDistances(_primitives.BesideNumPy):
    """`jk.spatial.pdist` and `scipy.spatial.distance.pdist`, taking turns."""

    def in_numpy(self, X: np.ndarray, out: np.ndarray) -> object:
        from scipy.spatial.distance import pdist

        return pdist(X)
