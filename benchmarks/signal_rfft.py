"""signal_rfft: the discrete Fourier transform of many real vectors, beside SciPy."""

from __future__ import annotations

import numpy as np

from . import _primitives, _suite


def _parts(numbers: np.ndarray) -> np.ndarray:
    """Return real and imaginary parts as the last axis, without a copy."""
    return numbers[..., None].view(numbers.real.dtype)


class Transforms(_primitives.BesideNumPy):
    """`jk.signal.rfft` and `scipy.fft.rfft`, taking turns."""

    params = [[1_000, 2**22], _suite.DTYPES]

    def in_numpy(self, x: np.ndarray, spectra: np.ndarray) -> object:
        from scipy import fft

        return _parts(fft.rfft(x, workers=2))
