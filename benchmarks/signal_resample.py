"""signal_resample: many periodic signals resampled at half as many points again, beside SciPy."""

from __future__ import annotations

import numpy as np

from . import _primitives, _suite


class Resampled(_primitives.BesideNumPy):
    """`jk.signal.resample` and `scipy.signal.resample`, taking turns."""

    params = [[1_000, 2**20], _suite.DTYPES]

    def in_numpy(self, x: np.ndarray, out: np.ndarray) -> object:
        from scipy import signal

        return signal.resample(x, out.shape[1], axis=1)
