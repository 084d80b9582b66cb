"""resample: periodic signals at another number of points, by their Fourier transforms."""

from __future__ import annotations

from typing import Any

import numpy as np

from jitkit import operands
from jitkit.arrays import to_numpy
from jitkit.errors import LaunchError
from jitkit.signal.fft import axis_of, length_of
from jitkit.signal.rfft import irfft, rfft


def resample(x: Any, num: int, *, axis: int = 0, out: Any = None, backend: str | None = None) -> Any:
    """Return periodic signals at another number of points.

    Parameters
    ----------
    x : array_like
        Real numbers on the host, at even distances over a period.
    num : int
        Points of the result.
    axis : int, default 0
        The axis of time.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array
        `num` numbers along the axis: float32 for float32, else float64.

    Raises
    ------
    LaunchError
        For an `out` of another shape, and for an array on a GPU.
    ValueError
        For a number below 1.

    Notes
    -----
    The definition is that of `scipy.signal.resample`: the Fourier series, cut or filled up with zeros. The highest
    frequency of the shorter of the two, if it has an even length, is shared by its two signs.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.signal.resample(np.array([1.0, 0.0, -1.0, 0.0]), 8).round(3) + 0.0
    array([ 1.   ,  0.707,  0.   , -0.707, -1.   , -0.707,  0.   ,  0.707])
    """
    name = "signal.resample"
    x = operands.floating(x, name)
    if operands.device_of(x) is not None:
        raise LaunchError(f"jk.{name}: takes arrays on the host; bring it over with jk.to_numpy(x)")
    axis = axis_of(x, axis, name)
    n, num = length_of(x.shape[axis], name), length_of(num, name)
    spectra = to_numpy(rfft(np.moveaxis(x, axis, -1), backend=backend))
    least = min(n, num)
    found = np.zeros((*spectra.shape[:-1], num // 2 + 1), spectra.dtype)
    found[..., : least // 2 + 1] = spectra[..., : least // 2 + 1]
    if least % 2 == 0 and n != num:  # up: the half of it; down: both signs fall on one frequency
        found[..., least // 2] *= 0.5 if num > n else 2
    signals = np.moveaxis(irfft(found, num, backend=backend), -1, axis) * x.dtype.type(num / n)
    if out is None:
        return np.ascontiguousarray(signals)
    return operands.store(signals, out, tuple(signals.shape), name)
