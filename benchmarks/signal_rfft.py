"""signal_rfft: the discrete Fourier transform of many real vectors, beside SciPy."""

from __future__ import annotations

import functools

import numpy as np

from . import _beside, _measure, _primitives, _suite


def _parts(numbers: np.ndarray) -> np.ndarray:
    """Return real and imaginary parts as the last axis, without a copy."""
    return numbers[..., None].view(numbers.real.dtype)


class Transforms(_primitives.BesideNumPy):
    """`jk.signal.rfft` and `scipy.fft.rfft`, taking turns."""

    params = [[1_000, 2**22], _suite.DTYPES]

    def in_numpy(self, x: np.ndarray, spectra: np.ndarray) -> object:
        from scipy import fft

        return _parts(fft.rfft(x, workers=2))


class LargePrimes(_beside.Calls):
    """Rows of 10,007 real numbers, a prime, and SciPy, taking turns."""

    params = [[10_007, 16 * 10_007], _suite.DTYPES]

    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
        from scipy import fft

        import jitkit as jk

        x = np.random.default_rng(0).standard_normal((size // 10_007, 10_007)).astype(dtype)
        return functools.partial(jk.signal.rfft, x), functools.partial(fft.rfft, x, workers=2)
