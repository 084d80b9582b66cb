"""How rolling statistics are computed: the arguments checked, an axis cut into stretches, and the kernels launched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from jitkit import operands
from jitkit.primitives import _arrays
from jitkit.primitives._sorting import Rows
from jitkit.stats import _ordered_windows, _windows

_PIECES, _DEVICE_PIECES = 64, 4096
_DEVICE_STRETCH = 64


def _window(window: Any, least: Any, n: int, name: str) -> tuple[int, int]:
    window = operands.integer(window, 1, "window", name)
    least = window if least is None else operands.integer(least, 1, "min_count", name)
    if window > max(n, 1):
        raise ValueError(f"jk.{name}: window={window} is not from 1 to {n}, the number of elements along the axis")
    if least > window:
        raise ValueError(f"jk.{name}: min_count={least} is not from 1 to window={window}")
    return window, least


def _checked(a: Any, window: Any, least: Any, axis: int, out: Any, name: str) -> tuple[Any, int, int, int]:
    a = operands.floating(a, name)
    (axis,) = operands.axes_of(axis, len(a.shape), name)
    window, least = _window(window, least, a.shape[axis], name)
    if out is not None:
        operands.check_out(out, tuple(a.shape), operands.dtype_of(a), name)
    return a, window, least, axis


def running(
    step: Callable[..., Any],
    a: Any,
    window: Any,
    least: Any,
    axis: int,
    what: int,
    ddof: int,
    out: Any,
    backend: str | None,
    name: str,
) -> Any:
    """Roll a sum along an axis, wherever that is: columns are lanes of vectors, and a row is taken in stretches."""
    a, window, least, axis = _checked(a, window, least, axis, out, name)
    shape, dtype, device = tuple(a.shape), operands.dtype_of(a), operands.device_of(a)
    result = _arrays.room(out, shape, (dtype,), (a,), device, name)
    if 0 not in shape:
        whole = np.ascontiguousarray(a) if device is None else a
        x, y = _arrays.split(whole, (axis,)), _arrays.split(result, (axis,))
        outer, n, inner = x.shape
        stretch = max(_windows.STRETCH if device is None else _DEVICE_STRETCH, 2 * window)
        launcher = _windows.rows(step) if inner == 1 else _windows.columns(step)
        if inner == 1:
            x, y = x.reshape((outer, n)), y.reshape((outer, n))
        launcher((outer, -(-n // stretch), inner), backend)(x, stretch, window, least, what, ddof, y)
    return operands.delivered(result, out, name)


def extreme(a: Any, window: Any, least: Any, axis: int, sign: int, out: Any, backend: str | None, name: str) -> Any:
    """Roll an extreme along an axis; neighbouring columns are taken together."""
    a, window, least, axis = _checked(a, window, least, axis, out, name)
    shape, dtype, device = tuple(a.shape), operands.dtype_of(a), operands.device_of(a)
    result = _arrays.room(out, shape, (dtype,), (a,), device, name)
    if 0 not in shape:
        whole = np.ascontiguousarray(a) if device is None else a
        x, y = _arrays.split(whole, (axis,)), _arrays.split(result, (axis,))
        outer, n, inner = x.shape
        tile = min(inner, _ordered_windows.TILE)
        stretch = max(_ordered_windows.STRETCH // tile if device is None else _DEVICE_STRETCH, 3 * window)
        tiles = outer * -(-n // stretch) * -(-inner // tile)
        pieces = min(_PIECES if device is None else _DEVICE_PIECES, tiles)
        scratch = operands.made((2, pieces, (min(stretch, n) + window) * tile), (dtype,), device)
        if inner == 1:
            x, y = x.reshape((outer, 1, n)), y.reshape((outer, 1, n))
        _ordered_windows.extremes(inner == 1)((pieces, 1), backend)(x, stretch, tile, window, least, sign, scratch, y)
    return operands.delivered(result, out, name)


def median(a: Any, window: Any, least: Any, axis: int, out: Any, backend: str | None, name: str) -> Any:
    """Roll a median along an axis, which is made the last."""
    a, window, least, axis = _checked(a, window, least, axis, out, name)
    shape, dtype, device = tuple(a.shape), operands.dtype_of(a), operands.device_of(a)
    if 0 in shape:
        return operands.delivered(operands.made(shape, (dtype,), device), out, name)
    cut = Rows(shape, axis, backend)
    x = cut.of(a).reshape((cut.count, cut.n))
    result = operands.made((cut.count, cut.n), (dtype,), device)
    stretch = max(_ordered_windows.STRETCH if device is None else _DEVICE_STRETCH, 3 * window)
    pieces = min(_PIECES if device is None else _DEVICE_PIECES, cut.count * -(-cut.n // stretch))
    scratch = operands.made((pieces, window), (dtype,), device)
    _ordered_windows.medians((pieces, 1), backend)(x, stretch, window, least, scratch, result)
    return operands.delivered(cut.back(result.reshape((-1,))), out, name)
