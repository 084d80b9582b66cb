"""signal_correlate1d: an image filtered along its columns by nine taps, beside SciPy."""

from __future__ import annotations

import functools

import numpy as np

from . import _measure, _primitives, _suite


class Columns(_primitives.BesideNumPy):
    """`jk.signal.correlate1d` and `scipy.ndimage.correlate1d`, taking turns."""

    def in_numpy(self, image: np.ndarray, taps: np.ndarray, out: np.ndarray) -> object:
        from scipy import ndimage

        return ndimage.correlate1d(image, taps, axis=0)


class ShortRows:
    """Rows of ten elements filtered along themselves by 17 taps, taking turns with SciPy."""

    version = "1"
    timeout = 120
    params = [[1_000, 2**20], _suite.DTYPES]
    param_names = ["size", "dtype"]

    def setup(self, size: int, dtype: str) -> None:
        from scipy import ndimage

        _suite.keep_caches_apart()
        import jitkit as jk

        rows, taps = np.random.default_rng(0).random((size // 10, 10)).astype(dtype), np.hanning(17).astype(dtype)
        self.ours, self.numpys = (
            functools.partial(f, rows, taps) for f in (jk.signal.correlate1d, ndimage.correlate1d)
        )
        self.ours()

    def track_relative_to_numpy(self, size: int, dtype: str) -> float:
        return _measure.ratio(self.ours, self.numpys)

    track_relative_to_numpy.unit = "times SciPy"
