"""signal_correlate1d: an image filtered along its columns by nine taps, beside SciPy."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Columns(_primitives.BesideNumPy):
    """`jk.signal.correlate1d` and `scipy.ndimage.correlate1d`, taking turns."""

    def in_numpy(self, image: np.ndarray, taps: np.ndarray, out: np.ndarray) -> object:
        from scipy import ndimage

        return ndimage.correlate1d(image, taps, axis=0)
