"""How rolling statistics are computed: the arguments checked, an axis cut into stretches, and the kernels launched.

What was found for arguments is kept: bottleneck takes 1.5 us for a thousand elements, and to look at arguments alone took 5.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from jitkit import get_num_threads, operands
from jitkit.launch.launcher import Launcher
from jitkit.launch.ready import Calls, Ready
from jitkit.primitives import _arrays
from jitkit.primitives._sorting import Rows
from jitkit.stats import _column_windows, _ordered_windows, _row_squares, _row_windows, _wide_windows, _windows

_PIECES, _DEVICE_PIECES = 64, 4096
_DEVICE_STRETCH = 64
WIDE, _EACH = 512, 4
"""Windows whose median comes from sorted blocks, on a host, and the pieces of work for each thread there.

Of 500 numbers they take 0.8 (float64) to 1.0 (float32) of the time of one sorted row, of 200 as long to 1.15.
"""
_FEW_COLUMNS = 4
"""Fewer columns than this go one by one: two took 1.6 (variances) to 2.4 times as long in a tile, three 1.4 to 2.4, five half."""
_Lengths = tuple[int, int, int]
_ndarray = np.ndarray


class Plan(NamedTuple):
    """One launch that rolls a window along an axis of arrays of one shape.

    Attributes
    ----------
    launcher, space
        What is launched: a kernel of the elements, `numbers`, scratch memory where there is any, and the results.
    shape : tuple of int
        How the kernel sees elements and results.
    numbers : tuple
        The window and what else it is told.
    scratch : tuple of int
        The shape of its scratch memory, where it needs some.
    """

    launcher: Launcher
    space: tuple[int, ...]
    shape: tuple[int, ...]
    numbers: tuple[Any, ...]
    scratch: tuple[int, ...] = ()

    def ready(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Ready:
        """Return the launch over new arrays of the host of a shape."""
        return Ready(self.launcher, self.space, self.numbers, self.shape, self.shape, dtype, shape, self.scratch)

    def __call__(self, x: Any, y: Any, backend: str | None) -> None:
        """Launch, over C-contiguous elements and results of one dtype."""
        if x.shape != self.shape:
            x, y = x.reshape(self.shape), y.reshape(self.shape)
        args = (x, *self.numbers)
        if self.scratch:
            args = (*args, operands.made(self.scratch, (operands.dtype_of(x),), operands.device_of(x)))
        self.launcher(self.space, backend)(*args, y)


Make = Callable[[_Lengths, int, int, bool], Plan]
"""``make(lengths, window, least, host)`` plans arrays of (outer, length, inner) elements."""
calls = Calls()


def rolled(
    make: Make, a: Any, window: Any, least: Any, axis: int, out: Any, backend: str | None, name: str, turn: bool = False
) -> Any:
    """Roll a window along an axis, by what is kept of such a call, or by what is planned now.

    `turn` says whether an axis is made the last one.
    """
    key = None
    if (
        out is None
        and type(a) is _ndarray
        and type(window) is int  # True is equal to 1, and refused elsewhere
        and type(axis) is int
        and (least is None or type(least) is int)
    ):
        key = (make, window, least, axis, a.dtype, a.shape)
        result = calls(key, a, backend)
        if result is not None:
            return result
    a, window, least, axis = checked(a, window, least, axis, out, name)
    shape, dtype, device = tuple(a.shape), operands.dtype_of(a), operands.device_of(a)
    if turn and axis != len(shape) - 1 and 0 not in shape:
        cut = Rows(shape, axis, backend)
        rows = cut.of(a).reshape((cut.count, cut.n))
        found = rolled(make, rows, window, least, 1, None, backend, name)
        return operands.delivered(cut.back(found.reshape((-1,))), out, name)
    result = _arrays.room(out, shape, (dtype,), (a,), device, name)
    if 0 not in shape:
        lengths = math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])
        host = not operands.on_device(a, backend)
        plan = make(lengths, window, least, host)
        if device is None:
            a = np.require(a, requirements=["C", "W"])  # for a read-only array kernels would be compiled once more
            if host and key is not None and key[4] == dtype:
                calls.keep(key, plan.ready(shape, dtype))
        plan(a, result, backend)
    return operands.delivered(result, out, name)


def checked(a: Any, window: Any, least: Any, axis: int, out: Any, name: str) -> tuple[Any, int, int, int]:
    """Return elements, window, fewest numbers and axis as they are worked with.

    Raises
    ------
    ValueError, LaunchError, KernelTypeError
        As `move_sum`.
    """
    a = operands.floating(a, name)
    axis = operands.axis_of(axis, len(a.shape), name)
    window, least = _window(window, least, a.shape[axis], name)
    if out is not None:
        operands.check_out(out, tuple(a.shape), operands.dtype_of(a), name)
    return a, window, least, axis


def _window(window: Any, least: Any, n: int, name: str) -> tuple[int, int]:
    window = operands.integer(window, 1, "window", name)
    least = window if least is None else operands.integer(least, 1, "min_count", name)
    if window > max(n, 1):
        raise ValueError(f"jk.{name}: window={window} is not from 1 to {n}, the number of elements along the axis")
    if least > window:
        raise ValueError(f"jk.{name}: min_count={least} is not from 1 to window={window}")
    return window, least


@functools.lru_cache(maxsize=256)
def running(step: Callable[..., Any], what: int, ddof: float) -> Make:
    """Return how a running sum is planned, wherever the axis is; `step` is `_windows.sums` or `_windows.squares`."""
    sums = step is _windows.sums

    def make(lengths: _Lengths, window: int, least: int, host: bool) -> Plan:
        outer, n, inner = lengths
        stretch = max(_windows.STRETCH if host else _DEVICE_STRETCH, 2 * window)
        stretches, told = -(-n // stretch), (stretch, window, least, what, ddof)
        flat = (outer * n * inner,)
        if inner == 1:
            on_host = _row_windows.sums if sums else _row_squares.squares
            launcher = on_host() if host else _windows.rows(step)
            return Plan(launcher, (outer, stretches, 1), flat, (n, *told))
        if not host:
            return Plan(_windows.columns(step), (outer, stretches, inner), lengths, (n, *told))
        if inner < _FEW_COLUMNS:
            return Plan(_windows.single_columns(step), (outer * inner, stretches, 1), flat, (n, inner, *told))
        launcher = _column_windows.sums() if sums else _column_windows.squares()
        return Plan(launcher, (outer, stretches, -(-inner // _column_windows.TILE), 1), lengths, (n, *told))

    return make


@functools.cache
def extreme(sign: int) -> Make:
    """Return how an extreme is planned; neighbouring columns are taken together."""

    def make(lengths: _Lengths, window: int, least: int, host: bool) -> Plan:
        outer, n, inner = lengths
        tile = min(inner, _ordered_windows.TILE)
        stretch = max(_ordered_windows.STRETCH // tile if host else _DEVICE_STRETCH, 3 * window)
        pieces = min(_PIECES if host else _DEVICE_PIECES, outer * -(-n // stretch) * -(-inner // tile))
        return Plan(
            _ordered_windows.extremes(inner == 1),
            (pieces, 1),
            (outer * n,) if inner == 1 else lengths,
            (*lengths, stretch, tile, window, least, sign),
            (2, pieces, (min(stretch, n) + window) * tile),
        )

    return make


def median(lengths: _Lengths, window: int, least: int, host: bool) -> Plan:
    """Plan a median along the last axis."""
    rows, n, _ = lengths
    if host and window >= WIDE:
        stretch = max(3 * window, -(-rows * n // (_EACH * get_num_threads())))
        pieces = min(_EACH * get_num_threads(), rows * -(-n // stretch))
        scratch = (pieces, _wide_windows.scratch_of(window))
        return Plan(_wide_windows.medians, (pieces, 1), (rows, n), (stretch, window, least), scratch)
    stretch = max(_ordered_windows.STRETCH if host else _DEVICE_STRETCH, 3 * window)
    pieces = min(_PIECES if host else _DEVICE_PIECES, rows * -(-n // stretch))
    return Plan(_ordered_windows.medians, (pieces, 1), (rows, n), (stretch, window, least), (pieces, window))
