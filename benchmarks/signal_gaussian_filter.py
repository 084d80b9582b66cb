"""signal_gaussian_filter: an image blurred by a Gaussian of standard deviation 2, beside SciPy."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Blur(_primitives.BesideNumPy):
    """`jk.signal.gaussian_filter` and `scipy.ndimage.gaussian_filter`, taking turns."""

    def in_numpy(self, image: np.ndarray, out: np.ndarray) -> object:
        from scipy import ndimage

        return ndimage.gaussian_filter(image, 2.0)
