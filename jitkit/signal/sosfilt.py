"""sosfilt and sosfiltfilt: recursive filters along one axis, forth, and forth and back."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.launch.launcher import Launcher
from jitkit.primitives import _arrays
from jitkit.signal import _axes, _sections
from jitkit.signal.correlate1d import contiguous
from jitkit.signal.fft import axis_of

_PADS = {"odd": 2, "even": 0, "constant": 1}


def place_of(j, n, edge):
    """Return which element of a signal with an edge before and behind it is the nearest, how far it is, and its mirror image."""
    place = j - edge
    end = min(max(place, 0), n - 1)
    beyond = abs(place - end)
    return end, beyond, end + beyond if place < 0 else end - beyond


def extended(nearest, mirrored, beyond, kind):
    """Return what stands there: the element, its mirror image, or twice the end less that."""
    if beyond == 0 or kind == 1:
        return nearest
    return mirrored if kind == 0 else 2.0 * nearest - mirrored


@jk.kernel
def extend(o, j, c, x, edge, kind, out):
    """Write signals with what stands before and behind them."""
    end, beyond, mirrored = place_of(j, x.shape[1], edge)
    out[o, j, c] = extended(x[o, end, c], x[o, mirrored, c], beyond, kind)


@jk.kernel
def extend_rows(o, j, x, start, edge, kind, out):
    """Write part of them where they are rows, along which go the lanes of vectors."""
    end, beyond, mirrored = place_of(start + j, x.shape[1], edge)
    out[o, start + j] = extended(x[o, end], x[o, mirrored], beyond, kind)


@jk.kernel
def copy_rows(o, j, x, edge, out):
    """Write the part that is the signals themselves."""
    out[o, edge + j] = x[o, j]


@jk.kernel
def steady(k, o, c, x, at, levels, states):
    """Write the states of a filter that has seen nothing but the element at a place."""
    states[k, o, c] = levels[k] * x[o, at, c]


_extend, _extend_rows, _copy_rows, _steady = (Launcher(kernel) for kernel in (extend, extend_rows, copy_rows, steady))


def sosfilt(sos: Any, x: Any, axis: int = -1, zi: Any = None, *, out: Any = None, backend: str | None = None) -> Any:
    """Filter along an axis with a cascade of sections of second order.

    Parameters
    ----------
    sos : array_like, shape (sections, 6)
        The coefficients of each section: three of the numerator, and three of the denominator, of which the first is 1.
    x : array_like or device array
        Real numbers, of any shape with one or more dimensions.
    axis : int, default -1
        The axis of time.
    zi : array_like or device array, optional
        The states before: of shape (sections, ..., 2, ...), the shape of `x` with 2 along the axis. Zeros unless given.
    out : array, optional
        Where the filtered signal goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array or tuple of two arrays
        The filtered signal, of the shape of `x`, float32 or float64; where `zi` is given, with the states behind it.

    Raises
    ------
    LaunchError
        For coefficients, states and an `out` of another shape.
    ValueError
        For a first coefficient of a denominator that is not 1.

    Notes
    -----
    The definition is that of `scipy.signal.sosfilt`. Signals are filtered at once, and few of them in stretches, which
    changes the rounding (W. Sung, S. K. Mitra, "Efficient multi-processor implementation of recursive digital filters",
    ICASSP 1986); a filter that is not stable runs through each signal as a whole.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.signal.sosfilt([[1, 0, 0, 1, -0.5, 0]], np.array([8.0, 0.0, 0.0, 4.0]))
    array([8., 4., 2., 5.])
    """
    name = "signal.sosfilt"
    sos, x = coefficients(sos, name), contiguous(operands.floating(x, name))
    axis = axis_of(x, axis, name)
    shape, dtype, device = tuple(x.shape), operands.dtype_of(x), operands.device_of(x)
    outer, inner = math.prod(shape[:axis]), math.prod(shape[axis + 1 :])
    states = jk.zeros((2 * len(sos), outer, inner), dtype, device=device)
    wide = (len(sos), *shape[:axis], 2, *shape[axis + 1 :])
    if zi is not None:
        zi = operands.floating(zi, name)
        if tuple(zi.shape) != wide:
            raise LaunchError(f"jk.{name}: zi= has the shape {tuple(zi.shape)}; it is {wide}")
        before = jk.to_numpy(zi).reshape(len(sos), outer, 2, inner).swapaxes(1, 2)
        states = jk.asarray(np.array(before, dtype, order="C").reshape(2 * len(sos), outer, inner), device=device)
    result = _arrays.room(out, shape, (dtype,), (x,), device, name)
    if 0 not in shape:
        _sections.filtered(sos, x, axis, states, result, False, backend)
    found = operands.delivered(result, out, name)
    if zi is None:
        return found
    behind = jk.to_numpy(states).reshape(len(sos), 2, outer, inner).swapaxes(1, 2)
    return found, jk.asarray(np.ascontiguousarray(behind).reshape(wide), device=device)


def sosfiltfilt(
    sos: Any,
    x: Any,
    axis: int = -1,
    padtype: str | None = "odd",
    padlen: int | None = None,
    *,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Filter along an axis forth and back, so that nothing is delayed.

    Parameters
    ----------
    sos : array_like, shape (sections, 6)
        The coefficients, as for `sosfilt`.
    x : array_like or device array
        Real numbers, of any shape with one or more dimensions.
    axis : int, default -1
        The axis of time.
    padtype : {"odd", "even", "constant", None}
        What stands before and behind a signal: its mirror image through the end, its mirror image, its end, or nothing.
    padlen : int, optional
        How much of that; three times the filter's taps unless given.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array
        Of the shape of `x`, float32 or float64.

    Raises
    ------
    LaunchError
        For coefficients and an `out` of another shape.
    ValueError
        For a padding that there is not, and a signal that is no longer than it.

    Notes
    -----
    The definition is that of `scipy.signal.sosfiltfilt`; see `sosfilt`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.signal.sosfiltfilt([[0.5, 0, 0, 1, -0.5, 0]], np.array([3.0, 3.0, 3.0, 3.0]), padlen=2)
    array([3., 3., 3., 3.])
    """
    name = "signal.sosfiltfilt"
    x = operands.floating(x, name)
    axis = axis_of(x, axis, name)
    return forth_and_back(coefficients(sos, name), x, axis, padtype, padlen, 1, out, backend, name)


def forth_and_back(
    sos: np.ndarray,
    x: Any,
    axis: int,
    padtype: str | None,
    padlen: int | None,
    step: int,
    out: Any,
    backend: str | None,
    name: str,
) -> Any:
    """Return every `step`-th element of an array that is filtered forth and back.

    Raises
    ------
    ValueError
        For a padding that there is not, and a signal that is no longer than it.
    """
    x = contiguous(x)
    shape, n, dtype, device = tuple(x.shape), x.shape[axis], operands.dtype_of(x), operands.device_of(x)
    if padtype is not None and padtype not in _PADS:
        raise ValueError(f"jk.{name}: padtype={padtype!r}; there are {', '.join(map(repr, _PADS))} and None")
    taps = 2 * len(sos) + 1 - min(int((sos[:, 2] == 0).sum()), int((sos[:, 5] == 0).sum()))
    edge = 3 * taps if padlen is None else operands.integer(padlen, 0, "padlen", name)
    edge = 0 if padtype is None else edge
    if n <= edge:
        raise ValueError(f"jk.{name}: the signal has {n} elements, and more than padlen, {edge}, are needed")
    count = -(-n // step)
    whole = (*shape[:axis], n + 2 * edge, *shape[axis + 1 :])
    outer, inner = math.prod(shape[:axis]), math.prod(shape[axis + 1 :])
    wide = operands.made(whole, (dtype,), device)
    if outer * inner:
        seen = wide.reshape((outer, n + 2 * edge, inner))
        _widen(x.reshape((outer, n, inner)), edge, _PADS.get(padtype or "", 1), seen, backend)
        levels = operands.constant(levels_of(sos).astype(dtype), device)
        states = operands.made((2 * len(sos), outer, inner), (dtype,), device)
        between = operands.made(whole, (dtype,), device)
        for source, target, first in ((wide, between, 0), (between, wide, n + 2 * edge - 1)):
            _steady(tuple(states.shape), backend)(source.reshape(tuple(seen.shape)), first, levels, states)
            _sections.filtered(sos, source, axis, states, target, first > 0, backend)
    return operands.delivered(_axes.taken(wide, axis, edge, step, count, backend), out, name)


def _widen(x: Any, edge: int, kind: int, out: Any, backend: str | None) -> None:
    """Write signals with what stands before and behind them."""
    outer, n, inner = x.shape
    if inner > 1:
        _extend(tuple(out.shape), backend)(x, edge, kind, out)
        return
    rows, wide = x.reshape((outer, n)), out.reshape((outer, n + 2 * edge))
    _copy_rows((outer, n), backend)(rows, edge, wide)
    if edge:
        for start in (0, edge + n):
            _extend_rows((outer, edge), backend)(rows, start, edge, kind, wide)


def coefficients(sos: Any, name: str) -> np.ndarray:
    """Return the coefficients of sections in float64.

    Raises
    ------
    LaunchError
        Where they are no rows of six.
    ValueError
        Where a denominator does not begin with 1.
    """
    found = np.asarray(jk.to_numpy(operands.floating(sos, name)), np.float64)
    if found.ndim != 2 or found.shape[1] != 6 or len(found) == 0:
        raise LaunchError(f"jk.{name}: sos has the shape {found.shape}; it is (sections, 6)")
    if not (found[:, 3] == 1).all():
        raise ValueError(f"jk.{name}: sos[:, 3] is {found[:, 3]}; the denominator of each section begins with 1")
    return found


def levels_of(sos: np.ndarray) -> np.ndarray:
    """Return the states of a filter that has seen nothing but ones."""
    found, level = [], 1.0
    for b0, b1, b2, _, a1, a2 in sos:
        gain = (b0 + b1 + b2) / (1 + a1 + a2)
        found += [level * (gain - b0), level * (b2 - a2 * gain)]
        level *= gain
    return np.array(found)
