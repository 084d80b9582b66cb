"""minmax: the smallest and the largest element, in one pass."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from jitkit import operands
from jitkit.errors import KernelTypeError
from jitkit.plans import remember
from jitkit.primitives import _arrays
from jitkit.primitives._arrays import Axis
from jitkit.primitives._operators import UNORDERED
from jitkit.primitives._reducing import reduce_by
from jitkit.primitives._reduction import Reduction

_plans: dict[Hashable, Reduction] = {}


def _twice(x, at):
    return x[at], x[at]


def _bounds(a, b):
    return np.minimum(a[0], b[0]), np.maximum(a[1], b[1])


def minmax(
    x: Any, *, axis: Axis = None, out: Any = None, keepdims: bool = False, backend: str | None = None
) -> tuple[Any, Any]:
    """Return the smallest and the largest element, reading the array once.

    Parameters
    ----------
    x : array_like or device array
        The elements.
    axis : int or tuple of int, optional
        The axis to look along; all unless given.
    out : tuple of two arrays, optional
        Where the results go.
    keepdims : bool, default False
        Whether the axes stay, of length 1.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    smallest, largest : number or array
        Of the dtype of `x`; NaN where there is one.

    Raises
    ------
    LaunchError
        For no elements.
    KernelTypeError
        For complex numbers, which have no order.

    Notes
    -----
    The order is that of `numpy.min` and `numpy.max`; see `reduce` for the method.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> low, high = jk.minmax(np.array([3.0, 1.0, 2.0]))
    >>> float(low), float(high)
    (1.0, 3.0)
    """
    x = _arrays.array(x, "minmax")
    dtype = operands.dtype_of(x)
    plan = _plans.get(dtype)
    if plan is None:
        if dtype.kind == "c":
            raise KernelTypeError(f"jk.minmax: {UNORDERED}")
        plan = remember(_plans, dtype, Reduction(_twice, _bounds, (dtype, dtype), True))
    low, high = reduce_by(plan, [x], axis, None, out, keepdims, backend, "minmax")
    return low, high
