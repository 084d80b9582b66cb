"""stats_average: the mean of a vector by weights, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Average(_primitives.BesideNumPy):
    """`jk.stats.average` and `numpy.average`, taking turns."""

    params = [[1_000, 2**22], _primitives.BesideNumPy.params[1]]

    def in_numpy(self, x: np.ndarray, weights: np.ndarray, mean: np.ndarray) -> object:
        return np.average(x, axis=0, weights=weights)
