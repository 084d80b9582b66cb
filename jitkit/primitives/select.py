"""select: the elements that satisfy a predicate, or that a mask marks, in their order."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from jitkit import operands
from jitkit.arrays import to_numpy
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.primitives import _arrays, _functions, _operators, _values
from jitkit.primitives._reduction import reshaped
from jitkit.primitives._scanning import Scan
from jitkit.primitives.reduce import remember, value_of

INT64 = np.dtype(np.int64)
_plans: dict[Hashable, Scan] = {}


def counting_scan(marked: Callable, place: Callable) -> Scan:
    """Return the scan that counts marked elements and places each one.

    Parameters
    ----------
    marked : callable
        ``marked(x, at)`` tells whether an element counts.
    place : callable
        ``place(x, out, at, before, mark)`` writes an element, `before` marked ones being before it.
    """
    one, zero = np.int64(1), np.int64(0)

    def read(x, at):
        return one if marked(x, at) else zero

    def add(a, b):
        return a + b

    def step(x, out, at, before):
        mark = read(x, at)
        place(x, out, at, before, mark)
        return before + mark

    return Scan(read, add, (INT64,), inclusive=False, started=True, step=step)


def placed_by(plan: Scan, x: Any, n: int, room: Callable[[int], Any], backend: str | None) -> tuple[Any, int]:
    """Run a counting scan over vectors: `room` makes the result when the count is known.

    Returns
    -------
    out, count
        What `room` made, filled, and how many elements are marked.
    """
    zero, rows = np.int64(0), reshaped(x, (1, n))
    held, before = plan.before_blocks(rows, zero, 1, n, backend)
    count = int(to_numpy(before)[0, -1])
    out = room(count)
    plan.rows(tuple(held.shape), backend)(n, rows, zero, before, held, out)
    return out, count


def select(pred_or_mask: Any, x: Any, *, backend: str | None = None) -> Any:
    """Return the elements that satisfy a predicate, or that a mask marks, in their order.

    Parameters
    ----------
    pred_or_mask : callable, str or array_like of bool
        A function of one element, or a mask of the shape of `x`.
    x : array_like, device array or lazy array
        The elements, in C order; those of a zipped array are tuples.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array, 1-D, or tuple of them
        A new array of the dtype of `x`; of a zipped array one for each part.

    Raises
    ------
    KernelError
        Where the predicate is no function of one number.
    LaunchError
        For a mask of another shape.

    Notes
    -----
    A count in each block, a scan of the counts, and a scan inside each block that places the elements; the method of
    G. E. Blelloch, Prefix sums and their applications, CMU-CS-90-190, 1990.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.select(lambda x: x % 2 == 0, np.arange(6))
    array([0, 2, 4])
    """
    x = _arrays.array(x, "select", tuples=True)
    dtypes, device = parts_of(x), _arrays.device_of(x)
    plan, arrays = selection(pred_or_mask, x, "select", _plans, *_placing(len(dtypes)))
    n = arrays[0].shape[0]
    if n == 0:
        return operands.made((0,), dtypes, device)
    return placed_by(plan, value_of(arrays), n, lambda count: operands.made((count,), dtypes, device), backend)[0]


def parts_of(x: Any) -> tuple[np.dtype[Any], ...]:
    """Return the dtypes of the numbers that an element is made of."""
    dtype = operands.dtype_of(x)
    return (dtype,) if dtype.names is None else tuple(dtype[name] for name in dtype.names)


@functools.cache
def _placing(count: int) -> tuple[Callable, Callable]:
    """Return what places an element of so many parts, marked by a mask and by a predicate."""
    write = _values.writer(count)

    def place_of_mask(x, out, at, before, mark):
        if mark > 0:
            write(out, before, x[0][at])

    def place(x, out, at, before, mark):
        if mark > 0:
            write(out, before, x[at])

    return place_of_mask, place


def _is_marked(x, at):
    return x[1][at]


def selection(
    pred_or_mask: Any,
    x: Any,
    name: str,
    plans: dict[Hashable, Scan],
    place_of_mask: Callable,
    place: Callable,
) -> tuple[Scan, list[Any]]:
    """Return the scan for a predicate or a mask, and the vectors that it goes over."""
    if not callable(pred_or_mask) and not isinstance(pred_or_mask, str):
        mask = _arrays.array(pred_or_mask, name)
        if operands.dtype_of(mask) != np.bool_:
            raise KernelTypeError(f"jk.{name}: a mask is an array of bool, not of {operands.dtype_of(mask)}")
        if tuple(mask.shape) != tuple(x.shape):
            raise LaunchError(
                f"jk.{name}: the mask has the shape {tuple(mask.shape)}, and the elements {tuple(x.shape)}"
            )
        plan = plans.get(place_of_mask) or remember(plans, place_of_mask, counting_scan(_is_marked, place_of_mask))
        return plan, [x.reshape((-1,)), mask.reshape((-1,))]
    key = (_operators.identity_of(pred_or_mask), place)
    plan = plans.get(key)
    if plan is None:
        pred = _functions.function_of(pred_or_mask, 1, name)

        def marked(x, at):
            return pred(x[at])

        plan = remember(plans, key, counting_scan(marked, place))
    return plan, [x.reshape((-1,))]
