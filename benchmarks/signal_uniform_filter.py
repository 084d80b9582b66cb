"""signal_uniform_filter: the mean of five by five pixels around each, beside SciPy."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Means(_primitives.BesideNumPy):
    """`jk.signal.uniform_filter` and `scipy.ndimage.uniform_filter`, taking turns."""

    def in_numpy(self, image: np.ndarray, out: np.ndarray) -> object:
        from scipy import ndimage

        return ndimage.uniform_filter(image, 5)
