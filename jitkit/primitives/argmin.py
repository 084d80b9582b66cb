"""argmin: where the smallest element is."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import operator
from collections.abc import Hashable
from typing import Any

import numpy as np

from jitkit import operands
from jitkit.primitives._reduction import Reduction
from jitkit.primitives.argmax import Extreme, extreme_place, is_for_numpy

_plans: dict[Hashable, Reduction] = {}


def _smaller(a, b):
    missing, before = a[0] != a[0], b[0] != b[0]
    beyond = (b[0] < a[0]) | (before & ~missing)
    equal = (b[0] == a[0]) | (before & missing)
    take = beyond | (equal & (b[1] < a[1]))
    return (b[0] if take else a[0]), (b[1] if take else a[1])


def _smaller_later(a, b):
    take = (b[0] < a[0]) | ((b[0] != b[0]) & (a[0] == a[0]))
    return (b[0] if take else a[0]), (b[1] if take else a[1])


_SMALLEST = Extreme("argmin", operator.lt, _smaller, _smaller_later, np.argmin)


def argmin(
    x: Any, axis: int | None = None, *, out: Any = None, keepdims: bool = False, backend: str | None = None
) -> Any:
    """Return the index of the smallest element, the first of equal ones; the first NaN where there is one.

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
    TypeError
        For an `axis` that is no integer.

    Notes
    -----
    The order is that of `numpy.argmin`, which is called for small arrays of the host. Rows of the host are looked at by vectors
    for the extreme, and once more near it for its place; all else is a reduction of pairs of value and index, see `reduce`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> int(jk.argmin(np.array([5.0, 1.0, 1.0])))
    1
    """
    if not keepdims and is_for_numpy(x, axis, backend):
        found = x.argmin(axis)
        return found if out is None else operands.store(found, out, found.shape, "argmin")
    return extreme_place(_SMALLEST, _plans, x, axis, out, keepdims, backend)
