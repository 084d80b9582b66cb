"""signal_rfft: the discrete Fourier transform of many real vectors, beside SciPy."""

from __future__ import annotations

import functools

import numpy as np

from . import _measure, _primitives, _suite


def _parts(numbers: np.ndarray) -> np.ndarray:
    """Return real and imaginary parts as the last axis, without a copy."""
    return numbers[..., None].view(numbers.real.dtype)


class Transforms(_primitives.BesideNumPy):
    """`jk.signal.rfft` and `scipy.fft.rfft`, taking turns."""

    params = [[1_000, 2**22], _suite.DTYPES]

    def in_numpy(self, x: np.ndarray, spectra: np.ndarray) -> object:
        from scipy import fft

        return _parts(fft.rfft(x, workers=2))


class LargePrimes:
    """Rows of 10,007 real numbers, a prime, and SciPy, taking turns."""

    version = "1"
    timeout = 120
    params = [[10_007, 16 * 10_007], _suite.DTYPES]
    param_names = ["size", "dtype"]

    def setup(self, size: int, dtype: str) -> None:
        _suite.keep_caches_apart()
        from scipy import fft

        import jitkit as jk

        x = np.random.default_rng(0).standard_normal((size // 10_007, 10_007)).astype(dtype)
        self.ours = functools.partial(jk.signal.rfft, x)
        self.numpys = functools.partial(fft.rfft, x, workers=2)
        self.ours()

    def time_call(self, size: int, dtype: str) -> None:
        self.ours()

    def track_relative_to_numpy(self, size: int, dtype: str) -> float:
        return _measure.ratio(self.ours, self.numpys)

    track_relative_to_numpy.unit = "times NumPy"
