"""What the sorts share: rows out of any axis, the choice between digits and comparisons, and what goes along with keys."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.backends.device_views import reinterpreted
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.launch import choice
from jitkit.launch.launcher import Launcher
from jitkit.plans import remember
from jitkit.primitives import _arrays, _functions
from jitkit.primitives._identity import identity_of
from jitkit.primitives._keys import flip_of
from jitkit.primitives._lazy import Lazy
from jitkit.primitives._merge import Merge, merge_of_complex
from jitkit.primitives._row_network import row_network
from jitkit.primitives._short import kind_of, radix_of
from jitkit.primitives.map import map as map_

INT64 = np.dtype(np.int64)
MOST = 2**31 - 1
"""Elements of a row: they are counted in 32 bits, which keeps the counts in a first-level cache."""
_merge: dict[Hashable, Merge] = {}
_keys: dict[Hashable, Callable[[Any], Any]] = {}
"""Functions that return one number for an element of a dtype, by their identity and that."""


@jk.kernel
def turn_in(o, c, k, x, out):
    """Copy (outer, n, inner) elements to rows along the middle axis."""
    out[(o * x.shape[2] + c) * x.shape[1] + k] = x[o, k, c]


@jk.kernel
def turn_out(o, k, c, rows, out):
    """Copy rows back to the middle axis."""
    out[o, k, c] = rows[(o * out.shape[2] + c) * out.shape[1] + k]


@jk.kernel
def take_rows(r, k, n, places, values, out):
    """Copy the elements of each row from the places where they were."""
    out[r * n + k] = values[r * n + places[r * n + k]]


def _itself(value):
    return value


_turn_in, _turn_out, _take = Launcher(turn_in), Launcher(turn_out), Launcher(take_rows)


class Rows:
    """An array seen as rows along one axis, and the way back.

    Parameters
    ----------
    shape : tuple of int
        Of the array.
    axis : int
        From 0.
    backend : str or None
        Where the elements are moved.
    """

    def __init__(self, shape: tuple[int, ...], axis: int, backend: str | None) -> None:
        self.shape, self.axis, self.backend = shape, axis, backend
        self.n = shape[axis]
        self.count = int(np.prod(shape)) // self.n if self.n else 0
        self.last = axis == len(shape) - 1

    def of(self, x: Any) -> Any:
        """Return the elements row by row: a vector of native byte order that a kernel may be given, or `x` itself."""
        if isinstance(x, Lazy):  # elements are looked at more than once, and moved
            x = map_(_itself, x, backend=self.backend)
        if isinstance(x, np.ndarray):
            turned = x if self.last else np.moveaxis(x, self.axis, -1)
            # A read-only array would be compiled for once more.
            usable = turned.flags.c_contiguous and turned.flags.writeable and x.dtype.isnative
            if usable:
                return turned.reshape(-1)
            return np.array(turned, dtype=x.dtype.newbyteorder("="), order="C").reshape(-1)
        if self.last:
            return x.reshape((-1,))
        split = _arrays.split(x, (self.axis,))
        out = operands.made((self.count * self.n,), (operands.dtype_of(x),), _arrays.device_of(x))
        _turn_in((split.shape[0], split.shape[2], self.n), self.backend)(split, out)
        return out

    def back(self, rows: Any) -> Any:
        """Return rows as an array of the shape that they came from."""
        if self.last:
            return rows.reshape(self.shape)
        if isinstance(rows, np.ndarray):
            lead = self.shape[: self.axis] + self.shape[self.axis + 1 :]
            return np.ascontiguousarray(np.moveaxis(rows.reshape((*lead, self.n)), -1, self.axis))
        out = operands.made(self.shape, (operands.dtype_of(rows),), _arrays.device_of(rows))
        split = _arrays.split(out, (self.axis,))
        _turn_out(tuple(split.shape), self.backend)(rows, split)
        return out


def rows_of(shape: tuple[int, ...], axis: Any, backend: str | None, name: str) -> Rows:
    """Return how an array of a shape is cut into rows.

    Raises
    ------
    numpy.exceptions.AxisError
        Where there is no such axis.
    TypeError
        For an axis that is no integer.
    LaunchError
        Where rows are too long.
    """
    axis = operands.axis_of(axis, len(shape), name)
    if shape[axis] > MOST:
        raise LaunchError(
            f"jk.{name}: {shape[axis]} elements along axis {axis}; at most {MOST} are sorted: sort in parts"
        )
    return Rows(shape, axis, backend)


def keys_of(x: Any, key: Any, backend: str | None, name: str) -> Any:
    """Return what a key function gives for each element.

    Raises
    ------
    KernelError, KernelTypeError
        Where it is no function of one number, or does not return one.
    """
    looked_up = identity_of(key), operands.dtype_of(x)
    func = _keys.get(looked_up)
    if func is None:
        func = _functions.function_of(key, 1, name)
        dtypes = _functions.result_dtypes(func, looked_up[1:], name)  # in 10 us
        if len(dtypes) > 1:
            raise KernelTypeError(
                f"jk.{name}: key= returns {len(dtypes)} numbers for an element, and a key is one number"
            )
        remember(_keys, looked_up, func)
    return map_(func, x, backend=backend)


def sort_rows(
    x: Any,
    rows: int,
    n: int,
    what: str,
    v: Any,
    descending: bool,
    less: Any,
    backend: str | None,
    name: str,
    out: Any = None,
) -> tuple[Any, Any]:
    """Sort rows of keys, and what goes along with them.

    Parameters
    ----------
    x : array
        The keys, a vector of rows of n; not changed.
    what : {"nothing", "values", "places"}
        What goes along, see `Carry`.
    v : array
        Values of at most 8 bytes, or `x` again.
    less : callable or None
        The comparison, where it is not that of the numbers.
    out : array, optional
        A vector for the sorted keys.

    Returns
    -------
    tuple of array
        The sorted keys, and what went along.
    """
    dtype, device = operands.dtype_of(x), _arrays.device_of(x)
    if out is None:
        out = operands.made((rows * n,), (dtype,), device)
    w = out
    if what != "nothing":
        w = operands.made((rows * n,), (INT64 if what == "places" else operands.dtype_of(v),), device)
    where = backend or choice.requested() or ("cpu" if device is None else "cuda")
    on_gpu = where == "cuda"
    if less is not None or dtype.kind == "c":
        _by_comparison(less, descending, what, on_gpu, name).sort(x, v, rows, n, out, w, backend)
        return out, w
    if dtype.itemsize > 8:
        raise KernelTypeError(f"jk.{name}: elements of {dtype}; the widest float is float64: convert with .astype(...)")
    network = row_network(dtype, rows, n) if what == "nothing" and where == "cpu" else None
    if network is not None:
        network.sort(x, rows, n, out, bool(descending), backend)
        return out, w
    plan = radix_of(dtype, what, on_gpu)
    bits = plan.order.bits
    values, moved = (0, 0) if what == "nothing" else (0, w)
    if what == "values":
        size = np.dtype(f"u{operands.dtype_of(v).itemsize}")
        values, moved = as_bits(v, size), as_bits(w, size)
    flip = flip_of(kind_of(dtype), dtype.itemsize, descending)
    plan.sort(as_bits(x, bits), values, rows, n, as_bits(out, bits), moved, flip, backend)
    return out, w


def as_bits(x: Any, bits: np.dtype[Any]) -> Any:
    """Return a vector of numbers as unsigned integers of their size, without a copy."""
    return x.view(bits) if isinstance(x, np.ndarray) else reinterpreted(x, bits)


def _by_comparison(less: Any, descending: bool, what: str, on_gpu: bool, name: str) -> Merge:
    if less is None:
        return merge_of_complex(bool(descending), what, on_gpu)
    key = (identity_of(less), bool(descending), what, on_gpu)
    plan = _merge.get(key)
    if plan is None:
        before = _functions.function_of(less, 2, name)
        plan = remember(_merge, key, Merge(_exchanged(before) if descending else before, what, on_gpu))
    return plan


def _exchanged(less: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def exchanged(a, b):
        return less(b, a)

    return exchanged


def carry_along(
    keys: Any, values: tuple[Any, ...], cut: Rows, descending: bool, less: Any, backend: str | None, name: str
) -> tuple[Any, tuple[Any, ...]]:
    """Sort rows of keys, and arrays of the same shape with them; return vectors."""
    n, rows = cut.n, cut.count
    if len(values) == 1 and operands.dtype_of(values[0]).itemsize <= 8:
        ordered, moved = sort_rows(keys, rows, n, "values", values[0], descending, less, backend, name)
        return ordered, (moved,)
    ordered, places = sort_rows(keys, rows, n, "places", keys, descending, less, backend, name)
    results = []
    for value in values:
        out = operands.made((rows * n,), (operands.dtype_of(value),), _arrays.device_of(value))
        _take((rows, n), backend)(n, places, value, out)
        results.append(out)
    return ordered, tuple(results)
