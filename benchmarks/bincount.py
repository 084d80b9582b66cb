"""bincount: weighted counts of a thousand kinds, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Kinds(_primitives.BesideNumPy):
    """`jk.bincount` and `numpy.bincount`, taking turns."""

    def in_numpy(self, kinds: np.ndarray, weights: np.ndarray, sums: np.ndarray) -> object:
        return np.bincount(kinds, weights)
