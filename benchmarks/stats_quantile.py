"""stats_quantile: three quantiles of a vector, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Quantiles(_primitives.BesideNumPy):
    """`jk.stats.quantile` and `numpy.quantile`, taking turns."""

    params = [[1_000, 2**22], _primitives.BesideNumPy.params[1]]

    def in_numpy(self, x: np.ndarray, quantiles: np.ndarray) -> object:
        return np.quantile(x, (0.1, 0.5, 0.9))
