"""Operations on the rows of a matrix, each row read once from memory: what softmax, layer_norm and the like share.

A body is written for a row and a lane that takes every `width`-th element of it. On the host a row belongs to one lane,
whose inner loops LLVM makes into vectors; rows shorter than `SHORT` are instead the lanes of vectors themselves (0.7 of the
time at 10 elements), those of blocks that are turned round where there is a body for it. On a GPU the lanes of a warp share
a row, so that they read neighbouring elements.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.launch.launcher import Launcher
from jitkit.ml._columns import Columns, wide
from jitkit.primitives._turned import BLOCK, SHORT

WARP = 32
ENOUGH = 256
"""Rows that are worth sharing out as lanes of vectors."""


class Lanes(NamedTuple):
    """How many lanes share a row, the helpers that combine what they have, and whether a lane's own loops are vectors."""

    width: int
    largest: Callable
    total: Callable
    vectors: bool = False


def _same(value):
    return value


def _largest(value):
    return jk.group_reduce(max, value)


def _total(value):
    return jk.group_reduce("add", value)


ONE, ROW, MANY = Lanes(1, _same, _same), Lanes(1, _same, _same, vectors=True), Lanes(WARP, _largest, _total)


class Rows:
    """The kernels of one operation.

    Parameters
    ----------
    make : callable
        ``make(lanes)`` returns the body, ``body(row, lane, n, args)`` with a tuple of arrays and numbers.
    blocks : Launcher, optional
        The kernel of blocks of short rows, turned round: ``blocks[count, 1](n, *args)``.
    columns : Columns, optional
        What runs along an axis that is not the last, on the host.
    name : str, optional
        What the kernels are called; as the body is unless given.
    """

    def __init__(
        self,
        make: Callable[[Lanes], Callable],
        blocks: Launcher | None = None,
        columns: Columns | None = None,
        name: str | None = None,
    ) -> None:
        alone, along, shared = make(ONE), make(ROW), make(MANY)
        name = name or alone.__name__
        self._blocks, self.columns = blocks, columns

        @jk.kernel(fastmath=True, name=name)
        def by_points(i, n, args):
            alone(i, 0, n, args)

        @jk.kernel(fastmath=True, name=name)
        def by_rows(i, _, n, args):
            along(i, 0, n, args)

        @jk.kernel(fastmath=True, group=(1, WARP), name=name)
        def by_groups(i, j, n, args):
            shared(i, jk.local_index()[1], n, args)

        self._points, self._rows, self._groups = Launcher(by_points), Launcher(by_rows), Launcher(by_groups)

    def __call__(self, x: Any, args: tuple[Any, ...], backend: str | None) -> None:
        """Run over the rows of `x`; the arguments of the body are `args`."""
        args = operands.unfrozen(args)
        rows, n = x.shape
        if rows == 0 or n == 0:
            return
        if operands.on_device(x, backend):
            self._groups((rows, WARP), backend)(n, args)
        elif n < SHORT and rows >= ENOUGH and self._blocks is not None:
            self._blocks((-(-rows // BLOCK), 1), backend)(n, *args)
        elif n < SHORT and rows >= ENOUGH:
            self._points(rows, backend)(n, args)
        else:
            self._rows((rows, 1), backend)(n, args)


def by_rows(
    kernels: Rows, arrays: Sequence[Any], numbers: tuple[Any, ...], axis: int, out: Any, backend: str | None, name: str
) -> Any:
    """Run an operation on arrays of one shape along an axis, into an array of that shape.

    Parameters
    ----------
    kernels : Rows
        Their body takes the arrays, the result and the numbers.
    arrays : sequence of arrays
        As `operands.alike` gives them.
    numbers : tuple
        Further arguments.
    axis : int
        The axis along which rows lie.
    out, backend, name
        As everywhere.

    Raises
    ------
    LaunchError
        Where shapes differ, or there is no axis.
    """
    x = arrays[0]
    shape = tuple(x.shape)
    if not shape:
        raise LaunchError(f"jk.{name}: takes an array of at least one dimension, not a number")
    if any(tuple(a.shape) != shape for a in arrays):
        raise LaunchError(f"jk.{name}: takes arrays of one shape, not {', '.join(str(tuple(a.shape)) for a in arrays)}")
    axis = operands.axis_of(axis, len(shape), name)
    if out is not None:
        operands.check_out(out, shape, operands.dtype_of(x), name)
    columns = kernels.columns
    hosted = operands.device_of(x) is None and not operands.on_device(x, backend)
    if columns is not None and not numbers and hosted and wide(arrays, axis):
        return _along_columns(columns, arrays, axis, out, backend, name)
    given = [flat_rows(a, axis, backend) for a in arrays]
    last = axis == len(shape) - 1
    target = direct(out, given) if last else None
    written = (
        target if target is not None else operands.made(given[0].shape, (operands.dtype_of(x),), operands.device_of(x))
    )
    kernels(given[0], (*given, written.reshape(given[0].shape), *numbers), backend)
    if target is not None:
        return out
    if last:
        result = written.reshape(shape)
    elif isinstance(written, np.ndarray):
        result = np.moveaxis(written.reshape((*shape[:axis], *shape[axis + 1 :], shape[axis])), -1, axis)
    else:
        result = _swapped(written, math.prod(shape[:axis]), shape[axis], backend).reshape(shape)
    return result if out is None else operands.store(result, out, shape, name)


def _along_columns(columns: Columns, arrays: Sequence[Any], axis: int, out: Any, backend: str | None, name: str) -> Any:
    """Run an operation along an axis of arrays on the host that have many elements behind it."""
    shape, dtype = tuple(arrays[0].shape), operands.dtype_of(arrays[0])
    given = [np.ascontiguousarray(a) for a in arrays]
    target = direct(out, given)
    written = target if target is not None else operands.made(shape, (dtype,), None)
    columns((*given, written), shape, axis, backend)
    return written if out is None or target is not None else operands.store(written, out, shape, name)


def flat_rows(x: Any, axis: int = -1, backend: str | None = None) -> Any:
    """Return an array as a contiguous matrix of its rows along an axis."""
    shape, axis = tuple(x.shape), axis % len(x.shape)
    flat = (math.prod(shape[:axis]) * math.prod(shape[axis + 1 :]), shape[axis])
    if isinstance(x, np.ndarray):
        return np.ascontiguousarray(x if axis == len(shape) - 1 else np.moveaxis(x, axis, -1)).reshape(flat)
    return _swapped(x, math.prod(shape[:axis]), math.prod(shape[axis + 1 :]), backend).reshape(flat)


@jk.kernel
def _swap(o, k, i, x, out):
    out[o, k, i] = x[o, i, k]


_swaps = Launcher(_swap)


def _swapped(x: Any, outer: int, width: int, backend: str | None) -> Any:
    """Return an array on a GPU with its inner axes swapped, which gives the last one `width` elements: it has no transpose."""
    length = math.prod(x.shape) // max(outer * width, 1)
    if width < 2 or length < 2:
        return x
    out = operands.made((outer, width, length), (operands.dtype_of(x),), operands.device_of(x))
    _swaps((outer, width, length), backend)(x.reshape((outer, length, width)), out)
    return out


def direct(out: Any, given: Sequence[Any]) -> Any:
    """Return `out` where rows may be written straight into it, else None: it is an input, or lies apart from all of them."""
    if out is None or operands.dtype_of(out) != operands.dtype_of(given[0]):
        return None
    if not isinstance(out, np.ndarray):
        return out if operands.device_of(given[0]) is not None else None
    if not out.flags.c_contiguous or operands.device_of(given[0]) is not None:
        return None
    for flat in given:
        same = flat.ctypes.data == out.ctypes.data and flat.size == out.size
        if not same and np.may_share_memory(flat, out):
            return None
    return out
