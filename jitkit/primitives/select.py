"""select: the elements that satisfy a predicate, or that a mask marks, in their order."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from jitkit import operands
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.plans import remember
from jitkit.primitives import _arrays, _functions, _operators, _values
from jitkit.primitives._arrays import value_of
from jitkit.primitives._scanning import Scan

INT64, BOOL = np.dtype(np.int64), np.dtype(np.bool_)
_plans: dict[Hashable, Scan] = {}


def counting_scan(marked: Callable, place: Callable, place_on_host: Callable) -> Scan:
    """Return the scan that counts marked elements and places each one.

    Parameters
    ----------
    marked : callable
        ``marked(x, at)`` tells whether an element counts.
    place : callable
        ``place(x, out, at, before, mark)`` writes an element, `before` marked ones being before it.
    place_on_host : callable
        ``place_on_host(x, out, at, before, end)`` writes an element whether it is marked or not, unless `before` is `end`:
        all that are marked in the stretch are then written. An element that is not marked is overwritten by the next
        that is. That is no branch to be guessed for each element: half of them were guessed wrong.
    """
    one, zero = np.int64(1), np.int64(0)

    def read(x, at):
        return one if marked(x, at) else zero

    def add(a, b):
        return a + b

    def step(x, out, at, before, end):
        mark = read(x, at)
        place(x, out, at, before, mark)
        return before + mark

    def step_on_host(x, out, at, before, end):
        place_on_host(x, out, at, before, end)
        return before + read(x, at)

    return Scan(read, add, (INT64,), inclusive=False, started=True, step=step, step_on_host=step_on_host)


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
    plan, arrays = selection(pred_or_mask, x, "select", _plans, _placing(len(dtypes)))
    n = arrays[0].shape[0]
    if n == 0:
        return operands.made((0,), dtypes, device)
    mask = arrays[1] if len(arrays) > 1 else None
    return plan.counted(value_of(arrays), n, lambda count: operands.made((count,), dtypes, device), backend, mask)[0]


def parts_of(x: Any) -> tuple[np.dtype[Any], ...]:
    """Return the dtypes of the numbers that an element is made of."""
    dtype = operands.dtype_of(x)
    return (dtype,) if dtype.names is None else tuple(dtype[name] for name in dtype.names)


@functools.cache
def _placing(count: int) -> dict[str, tuple[Callable, Callable]]:
    """Return what places an element of so many parts, in groups and on a host, marked by a mask and by a predicate."""
    write = _values.writer(count)

    def place_of_mask(x, out, at, before, mark):
        if mark > 0:
            write(out, before, x[0][at])

    def place(x, out, at, before, mark):
        if mark > 0:
            write(out, before, x[at])

    def place_of_mask_on_host(x, out, at, before, end):
        if before < end:
            write(out, before, x[0][at])

    def place_on_host(x, out, at, before, end):
        if before < end:
            write(out, before, x[at])

    return {"mask": (place_of_mask, place_of_mask_on_host), "predicate": (place, place_on_host)}


def _is_marked(x, at):
    return x[1][at]


def selection(
    pred_or_mask: Any,
    x: Any,
    name: str,
    plans: dict[Hashable, Scan],
    placing: dict[str, tuple[Callable, Callable]],
) -> tuple[Scan, list[Any]]:
    """Return the scan for a predicate or a mask, and the vectors that it goes over."""
    if not callable(pred_or_mask) and not isinstance(pred_or_mask, str):
        mask = _arrays.array(pred_or_mask, name)
        if operands.dtype_of(mask) != BOOL:  # a dtype: NumPy would make one of a class each time
            raise KernelTypeError(f"jk.{name}: a mask is an array of bool, not of {operands.dtype_of(mask)}")
        if mask.shape != x.shape and tuple(mask.shape) != tuple(x.shape):
            raise LaunchError(
                f"jk.{name}: the mask has the shape {tuple(mask.shape)}, and the elements {tuple(x.shape)}"
            )
        key: Hashable = placing["mask"]
        plan = plans.get(key) or remember(plans, key, counting_scan(_is_marked, *placing["mask"]))
        return plan, [_arrays.flat(x), _arrays.flat(mask)]
    key = (_operators.identity_of(pred_or_mask), placing["predicate"])
    plan = plans.get(key)
    if plan is None:
        pred = _functions.function_of(pred_or_mask, 1, name)

        def marked(x, at):
            return pred(x[at])

        plan = remember(plans, key, counting_scan(marked, *placing["predicate"]))
    return plan, [_arrays.flat(x)]
