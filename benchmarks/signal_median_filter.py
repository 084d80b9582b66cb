"""signal_median_filter: the median of three by three pixels around each, beside SciPy."""

from __future__ import annotations

import numpy as np

from . import _primitives, _suite


class Medians(_primitives.BesideNumPy):
    """`jk.signal.median_filter` and `scipy.ndimage.median_filter`, taking turns."""

    params = [[1_000, 2**20], _suite.DTYPES]

    def in_numpy(self, image: np.ndarray, out: np.ndarray) -> object:
        from scipy import ndimage

        return ndimage.median_filter(image, 3)
