"""correlate1d and convolve1d: one filter along one axis of an array of any dimension."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.launch.ready import FEW, Calls, Ready
from jitkit.primitives._arrays import on_host
from jitkit.primitives._turned import BLOCK, SHORT, turn, turn_back
from jitkit.signal import _borders


@jk.kernel
def along_middle(o, p, q, x, weights, start, column, left, out):
    """Filter along an axis that is not the last, where the whole window is inside; neighbours in q are neighbours in memory.

    Four sums, because one would wait four cycles for each of its additions.
    """
    taps, i, c = weights.shape[0], start + p, column + q
    first = i - left
    a, b, d, e = 0.0, 0.0, 0.0, 0.0
    for k in range(0, taps - 3, 4):
        a += weights[k] * x[o, first + k, c]
        b += weights[k + 1] * x[o, first + k + 1, c]
        d += weights[k + 2] * x[o, first + k + 2, c]
        e += weights[k + 3] * x[o, first + k + 3, c]
    for k in range(taps - taps % 4, taps):
        a += weights[k] * x[o, first + k, c]
    out[o, i, c] = (a + b) + (d + e)


@jk.kernel
def along_middle_rim(o, p, c, x, weights, start, table, cval, out):
    """Filter along an axis that is not the last, near its ends; `table` says which element stands for each place."""
    total, i = 0.0, start + p
    for k in range(weights.shape[0]):
        place = table[p + k]
        total += weights[k] * (x[o, place, c] if place >= 0 else cval)
    out[o, i, c] = total


def last_kernel(apart_of: Callable) -> Kernel:
    """Return the kernel that filters along the last axis, where the whole window is inside, or one with few elements behind it.

    `apart_of` says how far apart the elements under a window lie. Where that is the constant 1, addresses cost nothing: 0.9
    of the time.
    """

    @jk.kernel
    def along_last(o, i, x, weights, start, left, inner, out):
        taps, apart = weights.shape[0], apart_of(inner)
        c = start * apart + i
        first = c - left * apart
        a, b, d, e = 0.0, 0.0, 0.0, 0.0
        for k in range(0, taps - 3, 4):
            at = first + k * apart
            a += weights[k] * x[o, at]
            b += weights[k + 1] * x[o, at + apart]
            d += weights[k + 2] * x[o, at + 2 * apart]
            e += weights[k + 3] * x[o, at + 3 * apart]
        for k in range(taps - taps % 4, taps):
            a += weights[k] * x[o, first + k * apart]
        out[o, c] = (a + b) + (d + e)

    return along_last


@jk.kernel
def short_rows(block, _, n, x, weights, table, cval, out):
    """Filter a block of short rows along the last axis, turned round: the lanes of vectors are rows."""
    tile, sums = jk.local((SHORT, BLOCK), x.dtype), jk.local((SHORT, BLOCK), x.dtype)
    turn(x, block * BLOCK, n, tile)
    for i in range(n):
        for row in range(BLOCK):
            sums[i, row] = 0.0
        for k in range(weights.shape[0]):
            weight, place = weights[k], table[i + k]
            if place >= 0:
                for row in range(BLOCK):
                    sums[i, row] += weight * tile[place, row]
            else:
                for row in range(BLOCK):
                    sums[i, row] += weight * cval
    turn_back(sums, block * BLOCK, n, out)


@jk.kernel
def along_rim(o, i, x, weights, start, table, cval, out):
    """Filter along the last axis near its ends; `table` says which element stands for each place."""
    total, c = 0.0, start + i
    for k in range(weights.shape[0]):
        place = table[i + k]
        total += weights[k] * (x[o, place] if place >= 0 else cval)
    out[o, c] = total


@jk.kernel
def along_few(o, i, x, weights, table, begin, end, left, cval, out):
    """Filter a vector of few elements, inside as `last_kernel` and near the ends as `along_rim`: one launch instead of three."""
    taps, first = weights.shape[0], i - left
    a, b, d, e = 0.0, 0.0, 0.0, 0.0
    if begin <= i and i < end:
        for k in range(0, taps - 3, 4):
            a += weights[k] * x[o, first + k]
            b += weights[k + 1] * x[o, first + k + 1]
            d += weights[k + 2] * x[o, first + k + 2]
            e += weights[k + 3] * x[o, first + k + 3]
        for k in range(taps - taps % 4, taps):
            a += weights[k] * x[o, first + k]
    else:
        for k in range(taps):
            place = table[i + k]
            a += weights[k] * (x[o, place] if place >= 0 else cval)
    out[o, i] = (a + b) + (d + e)


_middle, _middle_rim = Launcher(along_middle), Launcher(along_middle_rim)
_last, _last_of_few = Launcher(last_kernel(lambda inner: 1)), Launcher(last_kernel(lambda inner: inner))
_last_rim, _short_rows, _few = Launcher(along_rim), Launcher(short_rows), Launcher(along_few, alone=FEW)
Step = Callable[[Any, Any], None]
"""One axis of a separable filter: reads a C-contiguous array, and writes another of its shape."""
_FEW = 64
"""Elements behind an axis from which they are worth vectors of their own."""
_CACHE = 1 << 18
"""Bytes of the rows under a window that a core's second cache holds beside what else it has."""
_BRIEF = 1 << 16
"""Terms of sums up to which three launches, and what Python does for them, take longer than the sums: 5 to 10 us."""
calls = Calls()
"""Filters of vectors of few elements that are ready: SciPy takes 8 us for a thousand, and to look at arguments alone took 10."""


def filtered(
    x: Any, out: Any, weights: np.ndarray, axis: int, left: int, mode: str, cval: float, backend: str | None, name: str
) -> None:
    """Write the correlation of a C-contiguous array with a filter, `left` of whose taps lie before a point, into `out`."""
    device, dtype, shape = operands.device_of(x), operands.dtype_of(x), tuple(x.shape)
    n, taps = shape[axis], weights.shape[0]
    outer, inner = math.prod(shape[:axis]), math.prod(shape[axis + 1 :])
    _borders.kind_of(mode, name)
    cval = operands.number(cval, "cval", name)
    if outer * n * inner == 0:
        return
    taps_there = operands.constant(weights.astype(dtype), device)
    begin, end = _inside(n, taps, left)
    middle = inner > 1
    seen = (outer, n, inner) if middle else (outer, n)
    x, out = x.reshape(seen), out.reshape(seen)
    if n <= SHORT and outer >= BLOCK and not middle and on_host((x, out), backend):
        table = _borders.table(-left, n - left + taps - 1, n, mode, name)
        _short_rows((-(-outer // BLOCK), 1), backend)(n, x, taps_there, table, dtype.type(cval), out)
        return
    if outer == inner == 1 and _brief(n, taps) and on_host((x, out), backend):  # ten rows took 1.2 times as long
        table = _borders.table(-left, n - left + taps - 1, n, mode, name)
        _few.run((1, n), backend, (x, taps_there, table, begin, end, left, dtype.type(cval), out))
        return
    if end > begin and inner < _FEW:
        flat, last = (outer, n * inner), _last_of_few if middle else _last
        last((outer, (end - begin) * inner), backend)(
            x.reshape(flat), taps_there, begin, left, inner, out.reshape(flat)
        )
    elif end > begin:
        width = max(64, _CACHE // (taps * dtype.itemsize)) if device is None else inner
        for column in range(0, inner, width):
            space = (outer, end - begin, min(width, inner - column))
            _middle(space, backend)(x, taps_there, begin, column, left, out)
    rim = _middle_rim if middle else _last_rim
    for start, stop in ((0, begin), (end, n)):
        if stop > start:
            space = (outer, stop - start, *seen[2:])
            places = _borders.table(start - left, stop - left + taps - 1, n, mode, name)
            table = operands.constant(places, device)
            rim(space, backend)(x, taps_there, start, table, dtype.type(cval), out)


def keep(key: tuple[Any, ...], x: Any, weights: np.ndarray, left: int, mode: str, cval: float, name: str) -> None:
    """Have the filter of a vector of few elements ready for calls like one, where `filtered` takes it in one launch.

    The key ends in the dtype and shape of the vector that was given, from which `x` was made.
    """
    if type(x) is not np.ndarray or key[-2:] != (x.dtype, x.shape) or x.size == 0:
        return
    n, taps, dtype = x.size, weights.size, x.dtype
    if not _brief(n, taps):
        return
    table = _borders.table(-left, n - left + taps - 1, n, mode, name)
    begin, end = _inside(n, taps, left)
    numbers = weights.astype(dtype), table, begin, end, left, dtype.type(cval)
    calls.keep(key, Ready(_few, (1, n), numbers, (1, n), (1, n), dtype, (n,)))


def _brief(elements: int, taps: int) -> bool:
    """Tell whether a filter takes so little that one thread does it, and others of Python may wait meanwhile."""
    return elements <= FEW and elements * taps <= _BRIEF


def _inside(n: int, taps: int, left: int) -> tuple[int, int]:
    """Return from where, and up to where, whole windows lie inside an axis."""
    begin = min(left, n)
    return begin, max(begin, n - (taps - 1 - left))


def step(weights: np.ndarray, axis: int, left: int, mode: str, cval: float, backend: str | None, name: str) -> Step:
    """Return `filtered` as a step of `separable`."""
    return lambda x, out: filtered(x, out, weights, axis, left, mode, cval, backend, name)


def contiguous(x: Any) -> Any:
    """Return an array whose elements lie in order: a copy of a NumPy array that is otherwise laid out."""
    return np.asarray(x, order="C") if isinstance(x, np.ndarray) else x


def separable(x: Any, steps: Sequence[Step], out: Any, name: str) -> Any:
    """Filter along several axes, one after another."""
    x = contiguous(x)
    shape, dtype, device = tuple(x.shape), operands.dtype_of(x), operands.device_of(x)
    result = operands.result(out, shape, dtype, device, name)
    fresh = result
    if isinstance(result, np.ndarray) and (not result.flags.c_contiguous or np.may_share_memory(result, x)):
        fresh = np.empty(shape, dtype)
    if not steps:
        operands.assign(fresh, x)
    spare = [operands.made(shape, (dtype,), device)] if len(steps) > 1 else []
    targets = [fresh if (len(steps) - k) % 2 else spare[0] for k in range(len(steps))]
    for along_axis, target in zip(steps, targets, strict=True):
        along_axis(x, target)
        x = target
    if fresh is not result:
        result[...] = fresh
    return operands.delivered(result, out, name)


def taps_of(weights: Any, name: str) -> np.ndarray:
    """Return the taps of a filter in float64.

    Raises
    ------
    LaunchError
        Where they are no vector, or there are none.
    """
    taps = np.asarray(jk.to_numpy(operands.floating(weights, name)), np.float64)
    if taps.ndim != 1 or taps.size == 0:
        raise LaunchError(f"jk.{name}: the weights are a vector of one or more, not of the shape {taps.shape}")
    return taps


def left_of(taps: int, origin: int, name: str) -> int:
    """Return how many taps lie before a point.

    Raises
    ------
    ValueError
        Where the origin lies outside the filter, or is no integer.
    """
    left = taps // 2 + operands.integer(origin, -taps, "origin", name)
    if not 0 <= left < taps:
        raise ValueError(f"jk.{name}: origin={origin} puts the centre of {taps} taps outside them")
    return left


def correlate1d(
    input: Any,
    weights: Any,
    axis: int = -1,
    mode: str = "reflect",
    cval: float = 0.0,
    origin: int = 0,
    *,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Correlate an array with a filter along one axis.

    Parameters
    ----------
    input : array_like or device array
        Real numbers, of any shape with one or more dimensions.
    weights : array_like, 1-D
        The filter.
    axis : int, default -1
        The axis to filter along.
    mode : {"reflect", "constant", "nearest", "mirror", "wrap"}
        What stands for elements outside: of ``a b c d`` those before are ``d c b a``, `cval`, ``a a a a``, ``d c b``, or
        ``a b c d``.
    cval : float, default 0.0
        The value outside, for ``"constant"``.
    origin : int, default 0
        How far the filter's centre is moved.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array
        Of the shape of `input`, float32 or float64.

    Raises
    ------
    LaunchError
        For weights that are no vector, and an `out` of another shape.
    ValueError
        For a mode that there is not, and an origin outside the filter.

    Notes
    -----
    The definition is that of `scipy.ndimage.correlate1d`; sums are in the array's own type, four at once.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.signal.correlate1d(np.array([2.0, 8.0, 0.0, 4.0]), [1, 3])
    array([ 8., 26.,  8., 12.])
    """
    name = "signal.correlate1d"
    taps = taps_of(weights, name)
    return _along(input, taps, axis, mode, cval, left_of(taps.size, origin, name), out, backend, name)


def convolve1d(
    input: Any,
    weights: Any,
    axis: int = -1,
    mode: str = "reflect",
    cval: float = 0.0,
    origin: int = 0,
    *,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Convolve an array with a filter along one axis: `correlate1d` with the filter reversed.

    Parameters
    ----------
    input, weights, axis, mode, cval, origin, out, backend
        As for `correlate1d`.

    Returns
    -------
    array
        Of the shape of `input`, float32 or float64.

    Raises
    ------
    LaunchError, ValueError
        As for `correlate1d`.

    Notes
    -----
    The definition is that of `scipy.ndimage.convolve1d`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.signal.convolve1d(np.array([2.0, 8.0, 0.0, 4.0]), [1, 3])
    array([14., 24.,  4., 16.])
    """
    name = "signal.convolve1d"
    taps = taps_of(weights, name)
    left = taps.size - 1 - left_of(taps.size, origin, name)
    return _along(input, taps[::-1], axis, mode, cval, left, out, backend, name)


def _along(
    input: Any,
    taps: np.ndarray,
    axis: int,
    mode: str,
    cval: float,
    left: int,
    out: Any,
    backend: str | None,
    name: str,
) -> Any:
    x = operands.floating(input, name)
    if len(x.shape) == 0:
        raise LaunchError(f"jk.{name}: the array has no axis to filter along")
    axis = operands.axis_of(axis, len(x.shape), name)
    return separable(x, [step(taps, axis, left, mode, cval, backend, name)], out, name)
