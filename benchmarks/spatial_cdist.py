"""cdist: the distances of two sets of points in three dimensions, beside SciPy."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Distances(_primitives.BesideNumPy):
    """`jk.spatial.cdist` and `scipy.spatial.distance.cdist`, taking turns."""

    def in_numpy(self, XA: np.ndarray, XB: np.ndarray, out: np.ndarray) -> object:
        from scipy.spatial.distance import cdist

        return cdist(XA, XB)
