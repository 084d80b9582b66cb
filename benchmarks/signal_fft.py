"""signal_fft: the discrete Fourier transform of many vectors, beside SciPy."""

from __future__ import annotations

import functools

import numpy as np

from . import _beside, _measure, _primitives, _suite


def _parts(numbers: np.ndarray) -> np.ndarray:
    """Return real and imaginary parts as the last axis, without a copy."""
    return numbers[..., None].view(numbers.real.dtype)


class Transforms(_primitives.BesideNumPy):
    """`jk.signal.fft` and `scipy.fft.fft`, taking turns."""

    params = [[1_000, 2**22], _suite.DTYPES]

    def in_numpy(self, x: np.ndarray, spectra: np.ndarray) -> object:
        from scipy import fft

        return _parts(fft.fft(x.view(np.result_type(x.dtype, np.complex64))[..., 0], workers=2))


class LongRows(_beside.Calls):
    """Rows of 32,768 complex numbers, which are done as matrices, and SciPy, taking turns."""

    params = [[2**16, 2**21], _suite.DTYPES]

    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
        from scipy import fft

        import jitkit as jk

        x = np.random.default_rng(0).standard_normal((size // 2**15, 2**15)).astype(np.result_type(dtype, np.complex64))
        return functools.partial(jk.signal.fft, x), functools.partial(fft.fft, x, workers=2)


class LongColumns(_beside.Calls):
    """Four columns of complex numbers, transformed along the first axis, and SciPy, taking turns."""

    params = [[4_000, 400_000], _suite.DTYPES]

    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
        from scipy import fft

        import jitkit as jk

        x = np.random.default_rng(0).standard_normal((size // 4, 4)).astype(np.result_type(dtype, np.complex64))
        return functools.partial(jk.signal.fft, x, axis=0), functools.partial(fft.fft, x, axis=0, workers=2)
