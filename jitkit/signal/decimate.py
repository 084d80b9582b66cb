"""decimate: signals at a fraction of their rate, behind a filter that takes out what the lower rate cannot hold."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from jitkit import operands
from jitkit.signal import _axes
from jitkit.signal.fft import axis_of
from jitkit.signal.resample_poly import resample_poly
from jitkit.signal.sosfilt import forth_and_back, sosfilt
from jitkit.signal.upfirdn import upfirdn

_RIPPLE, _EDGE = 0.05, 0.8
"""Of Chebyshev's filter: decibels between which it lies where it passes, and where that ends, of the lower rate's half."""


def decimate(
    x: Any,
    q: int,
    n: int | None = None,
    ftype: Literal["iir", "fir"] = "iir",
    axis: int = -1,
    zero_phase: bool = True,
    *,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return every q-th element of signals, behind a filter against aliasing.

    Parameters
    ----------
    x : array_like or device array
        Real numbers, of any shape with one or more dimensions.
    q : int
        The factor.
    n : int, optional
        The order of the filter: 8 for ``"iir"``, ``20 * q`` for ``"fir"`` unless given.
    ftype : {"iir", "fir"}
        Chebyshev's filter of the first kind, or Hamming's window on a sinc.
    axis : int, default -1
        The axis of time.
    zero_phase : bool, default True
        Whether nothing is delayed: the recursive filter goes forth and back, the other one is centred.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array
        ``ceil(len / q)`` numbers along the axis: float32 for float32, else float64.

    Raises
    ------
    LaunchError
        For an `out` of another shape.
    ValueError
        For a factor or an order below 1, a filter that there is not, no elements, and a signal that is no longer than what
        the recursive filter needs for going back.

    Notes
    -----
    The definition is that of `scipy.signal.decimate`. References: A. V. Oppenheim, R. W. Schafer, "Discrete-Time Signal
    Processing", 3rd ed., 2010, chapters 4.6 and 7; R. W. Hamming, "Digital Filters", 1977.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> t = np.arange(100)
    >>> slow, fast = np.cos(0.02 * t), np.cos(3.0 * t)
    >>> np.abs(jk.signal.decimate(slow + fast, 4, ftype="fir") - slow[::4])[6:-6].max() < 0.01
    np.True_
    """
    name = "signal.decimate"
    x = operands.floating(x, name)
    axis = axis_of(x, axis, name)
    q, n = operands.integer(q, 1, "q", name), n if n is None else operands.integer(n, 1, "n", name)
    if ftype not in ("iir", "fir"):
        raise ValueError(f"jk.{name}: ftype={ftype!r}; there are 'iir' and 'fir'")
    if x.shape[axis] == 0:
        raise ValueError(f"jk.{name}: the array has no elements: its shape is {tuple(x.shape)}")
    count = -(-x.shape[axis] // q)
    if ftype == "iir":
        sos = chebyshev(8 if n is None else n, _RIPPLE, _EDGE / q)
        if zero_phase:
            return forth_and_back(sos, x, axis, "odd", None, q, out, backend, name)
        found = _axes.taken(sosfilt(sos, x, axis, backend=backend), axis, 0, q, count, backend)
    else:
        taps = hamming(20 * q if n is None else n, 1 / q)
        if zero_phase:
            found = resample_poly(x, 1, q, axis, taps, backend=backend)
        else:
            found = _axes.taken(upfirdn(taps, x, 1, q, axis, backend=backend), axis, 0, 1, count, backend)
    return operands.delivered(found, out, name)


def hamming(n: int, edge: float) -> np.ndarray:
    """Return the taps of a lowpass filter of order n and gain 1 that passes frequencies to `edge`, of half the rate."""
    taps = np.sinc(edge * (np.arange(n + 1) - n / 2)) * np.hamming(n + 1)
    return np.asarray(taps / taps.sum())


def chebyshev(n: int, ripple: float, edge: float) -> np.ndarray:
    """Return Chebyshev's lowpass filter of the first kind, of order n, as sections (Oppenheim and Schafer, appendix B).

    The poles of the analog filter come over by the bilinear transform; the zeros are all at half the rate. Sections whose
    poles are nearer to the unit circle come later.
    """
    flat = np.sqrt(10 ** (ripple / 10) - 1)
    spread = np.arcsinh(1 / flat) / n
    angles = np.pi * (2 * np.arange((n + 1) // 2) + 1) / (2 * n)
    analog = np.tan(np.pi * edge / 2) * (-np.sinh(spread) * np.sin(angles) + 1j * np.cosh(spread) * np.cos(angles))
    poles = (1 + analog) / (1 - analog)
    sections = [[1, 2, 1, 1, -2 * pole.real, abs(pole) ** 2] for pole in poles[: n // 2]]
    sections += [[1, 1, 0, 1, -pole.real, 0] for pole in poles[n // 2 :]]
    sos = np.array(sections)[np.argsort(np.abs(poles))]
    sos[:, :3] *= (sos[:, 3:].sum(axis=1) / sos[:, :3].sum(axis=1))[:, None]
    if n % 2 == 0:
        sos[0, :3] /= np.sqrt(1 + flat**2)
    return sos
