"""resample: periodic signals at another number of points, by their Fourier transforms."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.launch.launcher import Launcher
from jitkit.signal import _axes
from jitkit.signal.fft import axis_of, length_of
from jitkit.signal.rfft import irfft, rfft


@jk.kernel
def fit(o, j, spectra, half, scale, at_half, out):
    """Cut spectra behind a frequency, which has a factor of its own, or fill them up with zeros."""
    value = spectra[o, min(j, half)]
    factor = scale if j < half else at_half
    out[o, j] = complex(value.real * factor if j <= half else 0.0, value.imag * factor if j <= half else 0.0)


_fit = Launcher(fit)


def resample(
    x: Any, num: int, *, axis: int = 0, window: Any = None, out: Any = None, backend: str | None = None
) -> Any:
    """Return periodic signals at another number of points.

    Parameters
    ----------
    x : array_like or device array
        Real numbers, at even distances over a period.
    num : int
        Points of the result.
    axis : int, default 0
        The axis of time.
    window : array_like or callable, optional
        What the Fourier transform is multiplied by: one factor for each frequency, in the order of `numpy.fft.fftfreq`, or a
        function of these frequencies.
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
        For an `out` of another shape.
    ValueError
        For a number below 1, and a window of another length, or by name.

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
    axis = axis_of(x, axis, name)
    n, num = length_of(x.shape[axis], name), length_of(num, name)
    shape, least, scale = (*x.shape[:axis], num, *x.shape[axis + 1 :]), min(n, num), num / n
    if out is not None:
        operands.check_out(out, shape, operands.dtype_of(x), name)
    spectra = rfft(_axes.last(x, axis, n, backend), backend=backend)
    if window is not None:
        spectra = _weighed(spectra, window, n, backend)
    fitted = operands.made(
        (*spectra.shape[:-1], num // 2 + 1), (operands.dtype_of(spectra),), operands.device_of(spectra)
    )
    # The highest frequency of an even length is halved on the way up; on the way down both signs fall on one frequency.
    at_half = scale if least % 2 or n == num else scale / 2 if num > n else scale * 2
    outer = math.prod(spectra.shape[:-1])
    if outer:
        rows = (spectra.reshape((outer, n // 2 + 1)), fitted.reshape((outer, num // 2 + 1)))
        _fit(tuple(rows[1].shape), backend)(rows[0], least // 2, scale, at_half, rows[1])
    found = irfft(fitted, num, out=out if axis == len(shape) - 1 else None, backend=backend)
    return operands.delivered(_axes.back(found, axis, backend), out, name)


def _weighed(spectra: Any, window: Any, n: int, backend: str | None) -> Any:
    """Return spectra times a window; of real signals a frequency has the mean of its factor and that of its negative."""
    if callable(window):
        factors = np.asarray(window(np.fft.fftfreq(n)), np.float64)
    elif isinstance(window, str) or (isinstance(window, tuple) and window and isinstance(window[0], str)):
        raise ValueError(
            f"jk.signal.resample: window={window!r} is one of SciPy's; give its factors: "
            f"numpy.fft.ifftshift(scipy.signal.get_window({window!r}, {n}))"
        )
    else:
        factors = np.asarray(jk.to_numpy(operands.floating(window, "signal.resample")), np.float64)
    if factors.shape != (n,):
        raise ValueError(
            f"jk.signal.resample: window has the shape {factors.shape}; give a factor for each of the {n} frequencies"
        )
    both = 0.5 * (factors + np.roll(factors[::-1], 1))
    kind = np.float32 if operands.dtype_of(spectra) == np.complex64 else np.float64
    row = operands.constant(both[: n // 2 + 1].astype(kind), operands.device_of(spectra))
    return jk.map("multiply", spectra, row, backend=backend)
