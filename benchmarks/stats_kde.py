"""stats_kde: the density of points, beside SciPy."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Densities(_primitives.BesideNumPy):
    """`jk.stats.kde` and `scipy.stats.gaussian_kde`, taking turns."""

    params = [[1_000, 30_000], _primitives.BesideNumPy.params[1]]

    def in_numpy(self, points: np.ndarray, places: np.ndarray, density: np.ndarray) -> object:
        from scipy import stats

        return stats.gaussian_kde(points)(places)
