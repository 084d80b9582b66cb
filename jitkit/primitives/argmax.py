"""argmax: where the largest element is."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
import operator
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

import numpy as np

from jitkit import operands
from jitkit.errors import KernelTypeError
from jitkit.plans import remember
from jitkit.primitives import _arrays, _numpys
from jitkit.primitives._extreme_rows import PIECE, places_in_rows
from jitkit.primitives._operators import UNORDERED
from jitkit.primitives._reducing import finished, reduce_by
from jitkit.primitives._reduction import Reduction

FLAT_BYTES = 1 << 20
"""Bytes up to which NumPy finds the place in all elements sooner: two threads are level with its one at 300,000 of float32."""
FEW_BYTES, FEW, FEW_ROWS = 1 << 18, 2048, 512
"""Bytes, elements, and rows along the last axis, up to which NumPy finds the places along an axis sooner."""
_ndarray = np.ndarray
_plans: dict[Hashable, Reduction] = {}


def _larger(a, b):
    missing, before = a[0] != a[0], b[0] != b[0]
    beyond = (b[0] > a[0]) | (before & ~missing)
    equal = (b[0] == a[0]) | (before & missing)
    take = beyond | (equal & (b[1] < a[1]))
    return (b[0] if take else a[0]), (b[1] if take else a[1])


def _larger_later(a, b):
    take = (b[0] > a[0]) | ((b[0] != b[0]) & (a[0] == a[0]))
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
    TypeError
        For an `axis` that is no integer.

    Notes
    -----
    The order is that of `numpy.argmax`, which is called for small arrays of the host. Rows of the host are looked at by vectors
    for the extreme, and once more near it for its place; all else is a reduction of pairs of value and index, see `reduce`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> int(jk.argmax(np.array([1.0, 5.0, 5.0])))
    1
    """
    if not keepdims and is_for_numpy(x, axis, backend):
        found = x.argmax(axis)
        return found if out is None else operands.store(found, out, found.shape, "argmax")
    return extreme_place(_LARGEST, _plans, x, axis, out, keepdims, backend)


def is_for_numpy(x: Any, axis: Any, backend: str | None) -> bool:
    """Tell whether NumPy finds the places in an array sooner: it looks at vectors of elements where those lie side by side."""
    if type(x) is not _ndarray or x.dtype not in _numpys.REAL or not x.size or not _numpys.on_cpu(backend):
        return False
    if axis is None:  # among booleans it stops at the first that is true
        return x.nbytes <= FLAT_BYTES or (x.dtype is _numpys.BOOL and x.flags.c_contiguous)
    if x.nbytes > FEW_BYTES:
        return False
    if not _numpys.fits(axis, x):
        return False
    rows_lie = axis in (-1, x.ndim - 1) and x.flags.c_contiguous
    return x.size <= FEW or (rows_lie and x.size <= FEW_ROWS * x.shape[axis])


class Extreme(NamedTuple):
    """What is looked for.

    Attributes
    ----------
    name : str
        The function that looks for it.
    beyond : callable
        ``beyond(a, b)`` tells whether a is the further one of two numbers.
    prefer : callable
        The operator that takes one of two pairs of value and index.
    prefer_in_order : callable
        The same where the second pair comes later.
    place_of : callable
        NumPy's function.
    """

    name: str
    beyond: Callable[[Any, Any], Any]
    prefer: Callable[[Any, Any], Any]
    prefer_in_order: Callable[[Any, Any], Any]
    place_of: Callable[..., Any]


_LARGEST = Extreme("argmax", operator.gt, _larger, _larger_later, np.argmax)


def extreme_place(
    extreme: Extreme,
    plans: dict[Hashable, Reduction],
    x: Any,
    axis: int | None,
    out: Any,
    keepdims: bool,
    backend: str | None,
) -> Any:
    """Return the index of the first extreme along an axis, or in all elements; see `argmax`."""
    name = extreme.name
    x = _arrays.array(x, name)
    shape, dtype = tuple(x.shape), operands.dtype_of(x)
    if dtype.kind == "c":
        raise KernelTypeError(f"jk.{name}: {UNORDERED}")
    if axis is not None:
        axis = operands.axis_of(axis, len(shape), name)
    if type(x) is _ndarray and dtype in _numpys.REAL and x.size and _arrays.on_host(x, backend):
        rows, n = (1, x.size) if axis is None else (math.prod(shape[:axis]), shape[axis])
        if n >= PIECE and rows * n == x.size:
            places = places_in_rows(extreme.beyond, extreme.place_of, x.reshape(rows, n), backend)
            left = tuple(1 if axis in (None, k) else m for k, m in enumerate(shape)) if keepdims else ()
            return finished(places, left or (() if axis is None else shape[:axis]), out, name)
    plan = plans.get(dtype)
    if plan is None:
        made = Reduction(
            placed, extreme.prefer, (dtype, np.dtype(np.int64)), True, part=1, in_order=extreme.prefer_in_order
        )
        plan = remember(plans, dtype, made)
    return reduce_by(plan, [x], axis, None, out, keepdims, backend, name)
