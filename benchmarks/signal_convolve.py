"""signal_convolve: an image convolved with seven by seven numbers, beside SciPy."""

from __future__ import annotations

import numpy as np

from . import _primitives, _suite


class Convolution(_primitives.BesideNumPy):
    """`jk.signal.convolve` and `scipy.ndimage.convolve`, taking turns."""

    params = [[1_000, 2**20], _suite.DTYPES]

    def in_numpy(self, image: np.ndarray, taps: np.ndarray, out: np.ndarray) -> object:
        from scipy import ndimage

        return ndimage.convolve(image, taps, mode="constant")
