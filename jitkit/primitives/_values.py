"""Values of one or several arrays in kernels: functions of the kernel language that read, convert and write them.

A value is a number, or a tuple of numbers whose parts lie in arrays of their own: an operator of a maximum and its place
works on ``(value, index)`` and reads two arrays.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from jitkit.errors import KernelTypeError

Function = Callable[..., Any]
MOST = 6
"""Arrays that make one value."""


def check_count(count: int, name: str) -> None:
    """Refuse more arrays than a value may have.

    Raises
    ------
    KernelTypeError
        The message names both numbers.
    """
    if not 1 <= count <= MOST:
        raise KernelTypeError(f"jk.{name}: a value is made of 1 to {MOST} arrays, not {count}")


@functools.cache
def reader(count: int) -> Function:
    """Return ``read(x, at)``: the number there, or a tuple of those of several arrays."""

    def read1(x, at):
        return x[at]

    def read2(x, at):
        return x[0][at], x[1][at]

    def read3(x, at):
        return x[0][at], x[1][at], x[2][at]

    def read4(x, at):
        return x[0][at], x[1][at], x[2][at], x[3][at]

    def read5(x, at):
        return x[0][at], x[1][at], x[2][at], x[3][at], x[4][at]

    def read6(x, at):
        return x[0][at], x[1][at], x[2][at], x[3][at], x[4][at], x[5][at]

    return (read1, read2, read3, read4, read5, read6)[count - 1]


def applied(f: Function, count: int) -> Function:
    """Return ``read(x, at)``: a function of the elements of `count` arrays."""

    def apply1(x, at):
        return f(x[at])

    def apply2(x, at):
        return f(x[0][at], x[1][at])

    def apply3(x, at):
        return f(x[0][at], x[1][at], x[2][at])

    def apply4(x, at):
        return f(x[0][at], x[1][at], x[2][at], x[3][at])

    def apply5(x, at):
        return f(x[0][at], x[1][at], x[2][at], x[3][at], x[4][at])

    def apply6(x, at):
        return f(x[0][at], x[1][at], x[2][at], x[3][at], x[4][at], x[5][at])

    return (apply1, apply2, apply3, apply4, apply5, apply6)[count - 1]


def cast(f: Function, kinds: tuple[Function, ...]) -> Function:
    """Return a function of as many numbers, each of which is converted first."""
    a, b, c, d, e, g = (kinds * MOST)[:MOST]

    def cast1(x):
        return f(a(x))

    def cast2(x, y):
        return f(a(x), b(y))

    def cast3(x, y, z):
        return f(a(x), b(y), c(z))

    def cast4(x, y, z, u):
        return f(a(x), b(y), c(z), d(u))

    def cast5(x, y, z, u, v):
        return f(a(x), b(y), c(z), d(u), e(v))

    def cast6(x, y, z, u, v, w):
        return f(a(x), b(y), c(z), d(u), e(v), g(w))

    return (cast1, cast2, cast3, cast4, cast5, cast6)[len(kinds) - 1]


@functools.cache
def writer(count: int) -> Function:
    """Return ``write(out, at, value)``."""

    def write1(out, at, value):
        out[at] = value

    def write2(out, at, value):
        out[0][at], out[1][at] = value

    def write3(out, at, value):
        out[0][at], out[1][at], out[2][at] = value

    def write4(out, at, value):
        out[0][at], out[1][at], out[2][at], out[3][at] = value

    def write5(out, at, value):
        out[0][at], out[1][at], out[2][at], out[3][at], out[4][at] = value

    def write6(out, at, value):
        out[0][at], out[1][at], out[2][at], out[3][at], out[4][at], out[5][at] = value

    return (write1, write2, write3, write4, write5, write6)[count - 1]


@functools.cache
def converter(dtypes: tuple[np.dtype[Any], ...]) -> Function:
    """Return ``convert(value)``: the same value with its numbers of these dtypes, so that a sum keeps its type."""
    a, b, c, d, e, f = (dtype.type for dtype in (dtypes * MOST)[:MOST])

    def convert1(value):
        return a(value)

    def convert2(value):
        return a(value[0]), b(value[1])

    def convert3(value):
        return a(value[0]), b(value[1]), c(value[2])

    def convert4(value):
        return a(value[0]), b(value[1]), c(value[2]), d(value[3])

    def convert5(value):
        return a(value[0]), b(value[1]), c(value[2]), d(value[3]), e(value[4])

    def convert6(value):
        return a(value[0]), b(value[1]), c(value[2]), d(value[3]), e(value[4]), f(value[5])

    return (convert1, convert2, convert3, convert4, convert5, convert6)[len(dtypes) - 1]


def with_room(make: Function, size: int, dtypes: tuple[np.dtype[Any], ...], body: Function) -> Function:
    """Return ``run(given, out)``: it calls ``body(room, given, out)`` with room for values, made by `jk.shared` or `jk.local`.

    A function of the kernel language cannot return arrays that it made. What `body` writes is not among the tuple `given`:
    who writes to one of its arrays may write to all, which then may not be read-only and are copied back from a GPU.
    """
    a, b, c, d, e, f = (dtype.type for dtype in (dtypes * MOST)[:MOST])

    def with1(given, out):
        body(make(size, a), given, out)

    def with2(given, out):
        body((make(size, a), make(size, b)), given, out)

    def with3(given, out):
        body((make(size, a), make(size, b), make(size, c)), given, out)

    def with4(given, out):
        body((make(size, a), make(size, b), make(size, c), make(size, d)), given, out)

    def with5(given, out):
        body((make(size, a), make(size, b), make(size, c), make(size, d), make(size, e)), given, out)

    def with6(given, out):
        body((make(size, a), make(size, b), make(size, c), make(size, d), make(size, e), make(size, f)), given, out)

    return (with1, with2, with3, with4, with5, with6)[len(dtypes) - 1]


def initial_value(initial: Any, dtypes: tuple[np.dtype[Any], ...], name: str) -> Any:
    """Return an initial value in the dtypes of a value's parts.

    Raises
    ------
    KernelTypeError
        Where it has other parts, or one that its dtype cannot hold; what lies behind the point is cut off, as in NumPy.
    """
    if len(dtypes) == 1 and not isinstance(initial, tuple):
        return _cast(initial, dtypes[0], name)
    parts = initial if isinstance(initial, tuple) else (initial,)
    if len(parts) != len(dtypes):
        raise KernelTypeError(f"jk.{name}: a value has {len(dtypes)} parts here, and initial= has {len(parts)}")
    values = [_cast(part, dtype, name) for part, dtype in zip(parts, dtypes, strict=True)]
    return values[0] if len(values) == 1 else tuple(values)


def _cast(part: Any, dtype: np.dtype[Any], name: str) -> Any:
    try:
        value: Any = None if isinstance(part, (str, bytes)) else dtype.type(part)  # NumPy reads numbers out of texts
        if type(part) is int or (dtype.kind not in "iu" and value is not None and np.ndim(value) == 0):
            return value
        given = part.item() if isinstance(part, (np.generic, np.ndarray)) else part
        if -1 < int(value) - given < 1:  # NumPy's own integers wrap
            return value
    except (OverflowError, TypeError, ValueError):
        pass
    raise KernelTypeError(
        f"jk.{name}: initial={part!r} is no {dtype}, in which elements are combined; pass one, or another dtype="
    ) from None
