"""stats_covariance: the covariance matrix of twelve variables, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Covariances(_primitives.BesideNumPy):
    """`jk.stats.cov` and `numpy.cov`, taking turns."""

    params = [[1_000, 2**20], _primitives.BesideNumPy.params[1]]

    def in_numpy(self, x: np.ndarray, c: np.ndarray) -> object:
        return np.cov(x)
