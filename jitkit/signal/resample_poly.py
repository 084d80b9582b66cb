"""resample_poly: signals at another rate, a ratio of integers, by a filter in phases."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.signal import _axes
from jitkit.signal.upfirdn import upfirdn

Padding = Literal["constant", "mean", "median", "minimum", "maximum"]
_LEVELS: dict[str, Callable[..., Any]] = {
    "mean": np.mean, "median": np.median, "minimum": np.amin, "maximum": np.amax
}  # fmt: skip


def resample_poly(
    x: Any,
    up: int,
    down: int,
    axis: int = 0,
    window: Any = ("kaiser", 5.0),
    padtype: Padding = "constant",
    *,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return signals at ``up / down`` times their rate.

    Parameters
    ----------
    x : array_like or device array
        Real numbers.
    up, down : int
        The ratio of the rates.
    axis : int, default 0
        The axis of time.
    window : tuple or array_like, default ("kaiser", 5.0)
        Kaiser's window and its beta, for a filter of ``20 * max(up, down) + 1`` taps that passes what both rates can
        hold; or the taps of a filter at the rate of ``up`` times the signal's.
    padtype : {"constant", "mean", "median", "minimum", "maximum"}
        What stands before and behind a signal: 0, or this of its elements; on a GPU 0.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array
        ``ceil(n * up / down)`` numbers along the axis: float32 for float32, else float64.

    Raises
    ------
    LaunchError
        For an `out` of another shape, for a window of another kind, and for another padding than 0 on a GPU.
    ValueError
        For factors below 1, for no elements, and for a padding that there is not.

    Notes
    -----
    The definition is that of `scipy.signal.resample_poly`. Delayed by nothing: the filter's middle lies on an element.
    Reference: F. J. Harris, "Multirate Signal Processing for Communication Systems", 2004; the window: J. F. Kaiser,
    R. W. Schafer, "On the use of the I0-sinh window for spectrum analysis", IEEE Trans. ASSP 28, 1980.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.signal.resample_poly(np.array([0.0, 2.0, 4.0, 2.0]), 2, 1, window=[0.5, 1.0, 0.5])
    array([0., 2., 4., 6., 8., 6., 4., 2.])
    """
    name = "signal.resample_poly"
    x = operands.floating(x, name)
    if len(x.shape) == 0:
        raise LaunchError(f"jk.{name}: takes an array of at least one dimension, not a number")
    up, down = operands.integer(up, 1, "up", name), operands.integer(down, 1, "down", name)
    if padtype != "constant" and padtype not in _LEVELS:
        raise ValueError(f"jk.{name}: padtype={padtype!r}; there are 'constant', {', '.join(map(repr, _LEVELS))}")
    if padtype != "constant" and operands.device_of(x) is not None:
        raise LaunchError(f"jk.{name}: padtype={padtype!r} takes arrays on the host; bring it over with jk.to_numpy(x)")
    (axis,) = operands.axes_of(axis, len(x.shape), name)
    common = math.gcd(up, down)
    up, down = up // common, down // common
    if up == down == 1:
        return operands.copied(x) if out is None else operands.store(x, out, tuple(x.shape), name)
    if 0 in x.shape:
        raise ValueError(f"jk.{name}: the array has no elements: its shape is {tuple(x.shape)}")
    taps = up * _taps(window, max(up, down), name)
    level = None
    if padtype != "constant":
        with np.errstate(over="ignore", invalid="ignore"):
            level = _LEVELS[padtype](x, axis=axis, keepdims=True)
            x = x - level
    count, before = -(-x.shape[axis] * up // down), down - (taps.size - 1) // 2 % down
    skipped = ((taps.size - 1) // 2 + before) // down
    behind = max(0, (count + skipped - 1) * down + 1 - (x.shape[axis] - 1) * up - taps.size - before)
    found = upfirdn(np.pad(taps, (before, behind)), x, up, down, axis=axis, backend=backend)
    result = _axes.taken(found, axis, skipped, 1, count, backend)
    if level is not None:
        with np.errstate(over="ignore", invalid="ignore"):
            result += level
    return operands.delivered(result, out, name)


def _taps(window: Any, rate: int, name: str) -> np.ndarray:
    """Return the taps that are given, or those of a lowpass filter of gain 1 that passes one in `rate` frequencies."""
    if isinstance(window, str) or (isinstance(window, tuple) and window and isinstance(window[0], str)):
        if isinstance(window, str) or window[0] != "kaiser" or len(window) != 2:
            raise LaunchError(f"jk.{name}: window={window!r}; it is ('kaiser', beta), or the taps of a filter")
        half = 10 * rate
        taps = np.sinc(np.arange(-half, half + 1) / rate) * np.kaiser(2 * half + 1, float(window[1]))
        return np.asarray(taps / taps.sum())
    taps = np.asarray(window, np.float64)
    if taps.ndim != 1 or taps.size == 0:
        raise LaunchError(f"jk.{name}: window= has the shape {taps.shape}; the taps of a filter are a vector")
    return taps
