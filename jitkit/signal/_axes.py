"""An axis moved to the end and back, or cut, on the host or on a GPU."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from typing import Any

import jitkit as jk
from jitkit import operands
from jitkit.launch.launcher import Launcher
from jitkit.signal.correlate1d import contiguous


@jk.kernel
def to_end(o, c, j, x, given, out):
    """Move the middle axis to the end; zeros beyond what is given."""
    if j < given:
        out[o, c, j] = x[o, j, c]
    else:
        out[o, c, j] = 0


@jk.kernel
def from_end(o, j, c, x, out):
    """Move the last axis to the middle."""
    out[o, j, c] = x[o, c, j]


@jk.kernel
def take(o, j, c, x, start, step, out):
    """Keep some elements along the middle axis."""
    out[o, j, c] = x[o, start + j * step, c]


@jk.kernel
def take_of_rows(o, j, x, start, step, out):
    """Keep some elements of rows, which are the lanes of vectors."""
    out[o, j] = x[o, start + j * step]


_to_end, _from_end, _take, _take_of_rows = (Launcher(kernel) for kernel in (to_end, from_end, take, take_of_rows))


def last(x: Any, axis: int, n: int, backend: str | None) -> Any:
    """Return an array in C order with an axis at the end, cut or filled up with zeros to a length."""
    x = contiguous(x)
    shape, given = tuple(x.shape), x.shape[axis]
    if given == n and axis == len(shape) - 1:
        return x
    lead, behind = shape[:axis], shape[axis + 1 :]
    out = operands.made((*lead, *behind, n), (operands.dtype_of(x),), operands.device_of(x))
    outer, inner = math.prod(lead), math.prod(behind)
    if outer * inner * n == 0:
        return out
    if given == 0:
        operands.assign(out, 0)
    else:
        seen = x.reshape((outer, given, inner))
        _to_end((outer, inner, n), backend)(seen, given, out.reshape((outer, inner, n)))
    return out


def back(x: Any, axis: int, backend: str | None) -> Any:
    """Return an array in C order whose last axis stands at another place."""
    shape, n = tuple(x.shape), x.shape[-1]
    if axis == len(shape) - 1:
        return x
    lead, behind = shape[:axis], shape[axis:-1]
    out = operands.made((*lead, n, *behind), (operands.dtype_of(x),), operands.device_of(x))
    outer, inner = math.prod(lead), math.prod(behind)
    if outer * inner * n:
        _from_end((outer, n, inner), backend)(x.reshape((outer, inner, n)), out.reshape((outer, n, inner)))
    return out


def taken(x: Any, axis: int, start: int, step: int, count: int, backend: str | None) -> Any:
    """Return so many elements along an axis of a C-contiguous array, `step` apart, in C order."""
    shape, n = tuple(x.shape), x.shape[axis]
    if (start, step, count) == (0, 1, n):
        return x
    out = operands.made((*shape[:axis], count, *shape[axis + 1 :]), (operands.dtype_of(x),), operands.device_of(x))
    outer, inner = math.prod(shape[:axis]), math.prod(shape[axis + 1 :])
    if inner == 1 and outer * count:
        _take_of_rows((outer, count), backend)(x.reshape((outer, n)), start, step, out.reshape((outer, count)))
    elif outer * inner * count:
        seen = x.reshape((outer, n, inner))
        _take((outer, count, inner), backend)(seen, start, step, out.reshape((outer, count, inner)))
    return out
