"""stats_resampling: means of resamples, beside NumPy, which is given the draws."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Resamples(_primitives.BesideNumPy):
    """`jk.stats.bootstrap` and NumPy with the same draws, made beforehand, taking turns."""

    params = [[1_000, 10_000], _primitives.BesideNumPy.params[1]]

    def in_numpy(self, x: np.ndarray, means: np.ndarray, seed: int) -> object:
        from jitkit.cases.stats_resampling import draws

        return x[draws(x.size, seed)].mean(axis=1)
