"""The distinct parts of an array along an axis: places are sorted by what stands there, and neighbours compared."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.arrays import to_numpy
from jitkit.launch.launcher import Launcher
from jitkit.primitives._sorting import Rows
from jitkit.primitives.argsort import argsort
from jitkit.primitives.scan import scan
from jitkit.primitives.select import select


@jk.kernel
def take_in_order(i, x, row, order, out):
    """Copy an element of a row from where the order says."""
    out[i] = x[row, order[i]]


@jk.kernel
def follow(i, order, after, out):
    """Follow one order by another."""
    out[i] = order[after[i]]


@jk.kernel
def mark_beginnings(i, x, order, marks, starts):
    """Mark each place in order whose elements, one in each row, are not those of the place before; NaN are of no others."""
    new = i == 0
    if i > 0:
        for r in range(x.shape[0]):
            new = new or x[r, order[i]] != x[r, order[i - 1]]
    marks[i] = 1 if new else 0
    starts[i] = new


@jk.kernel
def take_places(r, i, x, places, out):
    """Copy what stands at some places."""
    out[r, i] = x[r, places[i]]


@jk.kernel
def number_places(i, order, numbers, out):
    """Write at each place the number of its run, from 0."""
    out[order[i]] = numbers[i] - 1


@jk.kernel
def count_places(i, begins, n, counts):
    """Write the length of each run."""
    last = begins[i + 1] if i + 1 < begins.shape[0] else n
    counts[i] = last - begins[i]


_take, _follow, _mark = Launcher(take_in_order), Launcher(follow), Launcher(mark_beginnings)
_places, _number, _count = Launcher(take_places), Launcher(number_places), Launcher(count_places)
_INT64 = np.dtype(np.int64)


def unique_along(x: Any, axis: int, index: bool, inverse: bool, counts: bool, backend: str | None) -> list[Any]:
    """Return the distinct parts along an axis in order, and, as asked for, where each is first, where all are, and how often."""
    shape, dtype, device = tuple(x.shape), operands.dtype_of(x), operands.device_of(x)
    cut = Rows(shape, axis, backend)
    n = cut.n
    rows = cut.of(x).reshape((cut.count, n))
    order = _order_of(rows, backend)
    marks, starts = operands.made((n,), (_INT64,), device), operands.made((n,), (np.dtype(np.bool_),), device)
    _mark((n,), backend)(rows, order, marks, starts)
    places = select(starts, order, backend=backend)
    size = places.shape[0]
    values = operands.made((cut.count, size), (dtype,), device)
    _places((cut.count, size), backend)(rows, places, values)
    back = Rows((*shape[:axis], size, *shape[axis + 1 :]), axis, backend)
    results = [back.back(values.reshape((-1,)))]
    if index:
        results.append(places)
    if inverse:
        numbers = operands.made((n,), (_INT64,), device)
        _number((n,), backend)(order, scan("add", marks, backend=backend), numbers)
        results.append(numbers)
    if counts:
        begins = select(starts, operands.numbers(n, device), backend=backend)
        lengths = operands.made((size,), (_INT64,), device)
        _count((size,), backend)(begins, n, lengths)
        results.append(lengths)
    return results


def _order_of(rows: Any, backend: str | None) -> Any:
    """Return the order of places by their elements: a stable sort by each row, from the last to the first."""
    count, n = rows.shape
    device = operands.device_of(rows)
    order = argsort(rows[count - 1], backend=backend)
    taken = operands.made((n,), (operands.dtype_of(rows),), device)
    for row in range(count - 2, -1, -1):
        _take((n,), backend)(rows, row, order, taken)
        after = argsort(taken, backend=backend)
        next_order = operands.made((n,), (operands.dtype_of(order),), device)
        _follow((n,), backend)(order, after, next_order)
        order = next_order
    return order


def unique_of_nothing(x: Any, axis: int, index: bool, inverse: bool, counts: bool) -> list[Any]:
    """Return what NumPy does of an array without elements, whose parts are none or all alike."""
    unique: Any = np.unique  # which is declared for constants
    found = unique(to_numpy(x), index, inverse, counts, axis=axis)
    parts = list(found) if isinstance(found, tuple) else [found]
    device = operands.device_of(x)
    return parts if device is None else [jk.asarray(part, device=device) for part in parts]
