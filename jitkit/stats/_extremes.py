"""The smallest and largest numbers of floats on a host, NaN left out: comparisons with what is kept, which a NaN never passes.

That is one instruction for a vector, where `numpy.fmin` and `numpy.fmax`, which ask which of the two is NaN, take three. It
begins with an infinity: where that is left over, the elements are looked at again, for there may have been no numbers at all.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
import math
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.launch import choice
from jitkit.launch.launcher import Launcher
from jitkit.launch.ready import Calls, Ready
from jitkit.plans import remember
from jitkit.stats import _axes
from jitkit.stats._statistic import Axis, is_plain, is_single

WIDTH, NARROW, LONG = 128, 16, 512
"""Numbers of a row that are kept side by side, in registers, so that few wait for one before; in rows shorter than the last."""
BLOCK, SPAN, TILE = 16384, 128, 512
"""Elements of a row, and rows and columns, that a point takes."""
FEW, FEW_COLUMNS = 33, 16
"""Elements to a result, and columns, from which this is ahead: of 30 of float64 it took 1.3 of the time, of 3 up to 3.5."""
_FLOATS = frozenset((np.dtype(np.float32), np.dtype(np.float64)))


def larger(v, kept):
    """Return the larger of a number and what is kept; that for NaN."""
    return v if v > kept else kept


def smaller(v, kept):
    """Return the smaller of a number and what is kept; that for NaN."""
    return v if v < kept else kept


def found_or_nan(best, start, x, first, near, n):
    """Return the best of some elements, or NaN where it is what was begun with and there is no number among them."""
    if best == start:
        for k in range(n):
            v = x[first + k * near]
            if v == v:
                return best
        return math.nan
    return best


class Extreme:
    """The kernels of one extreme.

    Parameters
    ----------
    better : callable
        `larger` or `smaller`.
    """

    def __init__(self, better: Callable[..., Any]) -> None:
        self._better, self._start = better, -math.inf if better is larger else math.inf

    @functools.cached_property
    def rows(self) -> Launcher:
        """Blocks of rows."""
        return self._rows(WIDTH)

    @functools.cached_property
    def narrow_rows(self) -> Launcher:
        """The same for rows that are not long."""
        return self._rows(NARROW)

    def _rows(self, width: int) -> Launcher:
        better, start = self._better, self._start

        @jk.kernel
        def extremes_of_blocks(
            r, s, one, x, far, n, out
        ):  # `one` is not used: the loop over neighbours is the vector's
            best = jk.local(width, x.dtype)
            for j in range(width):
                best[j] = start
            first, size = r * far + s * BLOCK, min(n - s * BLOCK, BLOCK)
            whole = size // width * width
            for k in range(0, whole, width):
                for j in range(width):
                    best[j] = better(x[first + k + j], best[j])
            for j in range(size - whole):
                best[j] = better(x[first + whole + j], best[j])
            half = width // 2
            while half > 0:
                for j in range(half):
                    best[j] = better(best[j + half], best[j])
                half //= 2
            out[r, s] = found_or_nan(best[0], start, x, first, 1, size)

        return Launcher(extremes_of_blocks)

    @functools.cached_property
    def tiles(self) -> Launcher:
        """Spans of columns, a tile of them to each point."""
        better, start = self._better, self._start

        @jk.kernel
        def extremes_of_tiles(o, s, t, one, x, far, near, n, out):
            best = jk.local(TILE, x.dtype)
            c0, rows = t * TILE, min(n - s * SPAN, SPAN)
            columns = min(out.shape[2] - c0, TILE)
            first = o * far + s * SPAN * near + c0
            whole = rows // 4 * 4
            for c in range(columns):
                best[c] = start
            for k in range(0, whole, 4):
                at = first + k * near
                for c in range(columns):
                    low = better(x[at + near + c], better(x[at + c], best[c]))
                    best[c] = better(x[at + 3 * near + c], better(x[at + 2 * near + c], low))
            for k in range(whole, rows):
                for c in range(columns):
                    best[c] = better(x[first + k * near + c], best[c])
            left = np.int32(0)
            for c in range(columns):
                out[o, s, c0 + c] = best[c]
                left += np.int32(1) if best[c] == start else np.int32(0)
            if left > 0:
                for c in range(columns):
                    out[o, s, c0 + c] = found_or_nan(best[c], start, x, first + c, near, rows)

        return Launcher(extremes_of_tiles)


class Plan(NamedTuple):
    """How arrays of a shape and strides lie, and the shape of the results."""

    lying: _axes.Lying
    final: tuple[int, ...]


_kernels = Extreme(smaller), Extreme(larger)
calls = Calls()
_known: dict[Hashable, Plan | None] = {}


def extreme_of(largest: bool, x: Any, axis: Axis, keepdims: bool, backend: str | None, name: str) -> Any:
    """Return the extreme of floats on the host along an axis, or None where that is not the way."""
    if type(x) is not np.ndarray or not (axis is None or type(axis) is int or is_plain(axis)):
        return None
    short = (largest, axis, keepdims, x.dtype, x.shape)
    result = calls(short, x, backend)
    if result is not None:
        return result
    if not x.size or x.dtype not in _FLOATS:
        return None
    key = (axis, keepdims, x.dtype, x.shape, None if x.flags.c_contiguous else x.strides)
    found = _known.get(key)
    if found is None and key not in _known:
        found = remember(_known, key, _plan(x, axis, keepdims, name))
    if found is not None and x.flags.c_contiguous and is_single(found.lying, BLOCK):
        calls.keep(short, _ready(largest, found, x))
    if found is None or not x.flags.aligned or (backend or choice.requested()) == "cuda":
        return None
    result = _launched(_kernels[largest], found.lying, x, backend)
    return result[0, 0] if found.final == () else found.lying.in_order(result).reshape(found.final)


def _ready(largest: bool, plan: Plan, x: np.ndarray) -> Ready:
    """Return the one launch that finds the extremes of rows of at most a block each."""
    kernels, (outer, n, _) = _kernels[largest], plan.lying.lengths
    launcher = kernels.rows if n >= LONG else kernels.narrow_rows
    return Ready(launcher, (outer, 1, 1), (plan.lying.far, n), (x.size,), (outer, 1), x.dtype, plan.final)


def _plan(x: np.ndarray, axis: Axis, keepdims: bool, name: str) -> Plan | None:
    """Return a plan, or None where the general reduction sees to it: along no axis, of few elements a result or few columns."""
    axes = operands.sorted_axes(axis, x.ndim, name)
    if not axes:
        return None
    lying = _axes.Lying(x, axes)
    _, n, inner = lying.lengths
    if (n < FEW and x.size > n) or 1 < inner < FEW_COLUMNS:
        return None
    return Plan(lying, _axes.result_shape(x.shape, axes, keepdims))


def _launched(kernels: Extreme, lying: _axes.Lying, x: np.ndarray, backend: str | None) -> np.ndarray:
    (outer, n, inner), pieces, far, near = lying.lengths, lying.pieces, lying.far, lying.near
    x = lying.elements(x)
    if inner > 1:
        while True:
            spans, tiles = -(-n // SPAN), -(-inner // TILE)
            best = np.empty((outer, spans, inner), x.dtype)
            kernels.tiles.run((outer, spans, tiles, 1), backend, (x, far, near, n, best))
            if spans == 1:
                return best.reshape(outer, inner)
            x, n, far, near = best.reshape(-1), spans, spans * inner, inner
    while True:
        rows, blocks = pieces * outer, -(-n // BLOCK)
        best = np.empty((rows, blocks), x.dtype)
        launcher = kernels.rows if n >= LONG else kernels.narrow_rows
        launcher.run((rows, blocks, 1), backend, (x, far, n, best))
        if rows == outer and blocks == 1:
            return best
        x = np.ascontiguousarray(best.reshape(pieces, outer, blocks).swapaxes(0, 1)).reshape(-1)
        n, pieces = pieces * blocks, 1
        far = n
