"""signal_resize: an image made larger by half, linearly between pixels, beside SciPy."""

from __future__ import annotations

import numpy as np

from . import _primitives, _suite


class Resized(_primitives.BesideNumPy):
    """`jk.signal.resize` and `scipy.ndimage.zoom`, taking turns."""

    params = [[1_000, 2**22], _suite.DTYPES]

    def in_numpy(self, image: np.ndarray, out: np.ndarray) -> object:
        from scipy import ndimage

        zoom = [n / m for n, m in zip(out.shape, image.shape, strict=True)]
        return ndimage.zoom(image, zoom, order=1, mode="nearest", grid_mode=True)
