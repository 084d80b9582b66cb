"""signal_bilateral_filter: an image smoothed within its edges, window 11 by 11, beside shifted images in NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives, _suite


class Bilateral(_primitives.BesideNumPy):
    """`jk.signal.bilateral_filter` and `shifted images in NumPy`, taking turns."""

    params = [[1_000, 2**18], _suite.DTYPES]

    def in_numpy(self, image: np.ndarray, out: np.ndarray) -> object:
        from jitkit.cases.case import Problem
        from jitkit.cases.signal_bilateral_filter import reference

        return reference(Problem(image.size, (image, out), ("out",)))["out"]
