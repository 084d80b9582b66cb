"""argmax: where the largest element is."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from jitkit import operands
from jitkit.errors import KernelTypeError
from jitkit.plans import remember
from jitkit.primitives import _arrays
from jitkit.primitives._reducing import reduce_by
from jitkit.primitives._reduction import Reduction

_plans: dict[Hashable, Reduction] = {}


def _larger(a, b):
    missing, before = a[0] != a[0], b[0] != b[0]
    beyond = (b[0] > a[0]) | (before & ~missing)
    equal = (b[0] == a[0]) | (before & missing)
    take = beyond | (equal & (b[1] < a[1]))
    return (b[0] if take else a[0]), (b[1] if take else a[1])


def placed(x, at):
    """Return an element and its place along the axis: the second index of whichever kernel reads it."""
    return x[at], at[1]


def argmax(
    x: Any, axis: int | None = None, *, out: Any = None, keepdims: bool = False, backend: str | None = None
) -> Any:
    """Return the index of the largest element, the first of equal ones; the first NaN where there is one.

    Parameters
    ----------
    x : array_like or device array
        Real numbers.
    axis : int, optional
        The axis to look along; by default the index is that in the flattened array.
    out : array, optional
        Where the result goes.
    keepdims : bool, default False
        Whether the axis stays, of length 1.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    int64 number or array

    Raises
    ------
    LaunchError
        For no elements.
    KernelTypeError
        For complex numbers, which have no order.

    Notes
    -----
    The order is that of `numpy.argmax`; a reduction of pairs of value and index, see `reduce`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> int(jk.argmax(np.array([1.0, 5.0, 5.0])))
    1
    """
    return extreme_place(_larger, _plans, x, axis, out, keepdims, backend, "argmax")


def extreme_place(
    prefer: Callable[[Any, Any], Any],
    plans: dict[Hashable, Reduction],
    x: Any,
    axis: int | None,
    out: Any,
    keepdims: bool,
    backend: str | None,
    name: str,
) -> Any:
    """Return the index of the element that an operator on pairs of value and index prefers."""
    x = _arrays.array(x, name)
    dtype = operands.dtype_of(x)
    if dtype.kind == "c":
        raise KernelTypeError(
            f"jk.{name}: complex numbers have no order; pass their absolute values, or a part of them"
        )
    plan = plans.get(dtype)
    if plan is None:
        plan = remember(plans, dtype, Reduction(placed, prefer, (dtype, np.dtype(np.int64)), True))
    found = reduce_by(plan, [x], axis, None, None, keepdims, backend, name)[1]
    return found if out is None else operands.store(found, out, tuple(found.shape), name)
