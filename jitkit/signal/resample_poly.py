"""resample_poly: signals at another rate, a ratio of integers, by a filter in phases."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.launch.launcher import Launcher
from jitkit.primitives.reduce import reduce
from jitkit.signal import _extensions
from jitkit.signal._extensions import Extension
from jitkit.signal.correlate1d import contiguous
from jitkit.signal.upfirdn import filtered
from jitkit.stats.moments import mean
from jitkit.stats.quantile import median

Padding = Extension | Literal["mean", "median", "minimum", "maximum"]
_LEVELS: dict[str, Callable[..., Any]] = {
    "mean": mean,
    "median": median,
    "minimum": functools.partial(reduce, "minimum"),
    "maximum": functools.partial(reduce, "maximum"),
}


@jk.kernel
def shift(o, j, c, x, level, sign, out):
    """Add a level, or take it off."""
    out[o, j, c] = x[o, j, c] + sign * level[o, c]


_shift = Launcher(shift)
_LOW = 100
"""Rates up to which the filter is kept, of 2,001 taps: to find the one for 3 takes 100 us, to resample a thousand elements 40."""


def resample_poly(
    x: Any,
    up: int,
    down: int,
    axis: int = 0,
    window: Any = ("kaiser", 5.0),
    padtype: Padding = "constant",
    cval: float | None = None,
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
    padtype : str, default "constant"
        What stands before and behind a signal: "mean", "median", "minimum" or "maximum" of its elements, or what it is in
        `upfirdn`: "constant", "line", "edge", "wrap", "smooth", "symmetric", "reflect", "antisymmetric" or "antireflect".
    cval : float, optional
        What "constant" stands for; 0 unless given.
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
        For an `out` of another shape, and for a window of another kind.
    ValueError
        For factors below 1, for no elements, for a padding that there is not, and for a `cval` beside another than "constant".

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
    _extensions.check(padtype, name, "padtype", tuple(_LEVELS))
    if cval is not None and padtype != "constant":
        raise ValueError(f"jk.{name}: cval={cval!r} is for padtype='constant', and says nothing beside {padtype!r}")
    value = 0.0 if cval is None else operands.number(cval, "cval", name)
    axis = operands.axis_of(axis, len(x.shape), name)
    common = math.gcd(up, down)
    up, down = up // common, down // common
    if up == down == 1:
        return operands.copied(x) if out is None else operands.store(x, out, tuple(x.shape), name)
    if 0 in x.shape:
        raise ValueError(f"jk.{name}: the array has no elements: its shape is {tuple(x.shape)}")
    taps = up * _taps(window, max(up, down), name)
    level, mode = None, padtype
    if padtype in _LEVELS:
        level, mode = _LEVELS[padtype](x, axis=axis, backend=backend), "constant"
        x = _shifted(x, axis, level, -1.0, backend)
    count, before = -(-x.shape[axis] * up // down), down - (taps.size - 1) // 2 % down
    skipped = ((taps.size - 1) // 2 + before) // down
    behind = max(0, (count + skipped - 1) * down + 1 - (x.shape[axis] - 1) * up - taps.size - before)
    taps = np.pad(taps, (before, behind))
    room = out if level is None else None
    result = filtered(taps, x, up, down, axis, mode, value, skipped, count, room, backend, name)
    if level is None:
        return result
    return operands.delivered(_shifted(result, axis, level, 1.0, backend), out, name)


def _shifted(x: Any, axis: int, level: Any, sign: float, backend: str | None) -> Any:
    """Return signals with their level added, or taken off."""
    shape, n = tuple(x.shape), x.shape[axis]
    outer, inner = math.prod(shape[:axis]), math.prod(shape[axis + 1 :])
    out = operands.made(shape, (operands.dtype_of(x),), operands.device_of(x))
    if type(level) is not np.ndarray and operands.device_of(level) is None:
        level = np.array(level)  # of one signal, a number
    given, found = (a.reshape((outer, n, inner)) for a in (contiguous(x), out))
    _shift((outer, n, inner), backend)(given, level.reshape((outer, inner)), sign, found)
    return out


@functools.lru_cache(maxsize=16)
def _lowpass(rate: int, beta: float) -> np.ndarray:
    half = 10 * rate
    taps = np.sinc(np.arange(-half, half + 1) / rate) * np.kaiser(2 * half + 1, beta)
    return np.asarray(taps / taps.sum())


def _taps(window: Any, rate: int, name: str) -> np.ndarray:
    """Return the taps that are given, or those of a lowpass filter of gain 1 that passes one in `rate` frequencies."""
    if isinstance(window, str) or (isinstance(window, tuple) and window and isinstance(window[0], str)):
        if isinstance(window, str) or window[0] != "kaiser" or len(window) != 2:
            raise LaunchError(f"jk.{name}: window={window!r}; it is ('kaiser', beta), or the taps of a filter")
        return (_lowpass if rate <= _LOW else _lowpass.__wrapped__)(rate, float(window[1]))
    taps = np.asarray(jk.to_numpy(operands.floating(window, name)), np.float64)
    if taps.ndim != 1 or taps.size == 0:
        raise LaunchError(f"jk.{name}: window= has the shape {taps.shape}; the taps of a filter are a vector")
    return taps
