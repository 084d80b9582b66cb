"""searchsorted: where elements would be inserted into a sorted array."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.primitives import _arrays
from jitkit.primitives.lazy import permuted_within
from jitkit.primitives.minmax import minmax

Side = Literal["left", "right"]


def _before(a, b):
    return a < b or (b != b and a == a)  # NaN stands last


def left_of(sorted_values, value, n):
    """Return how many of n sorted values are less than a value."""
    low, high = 0, n
    while low < high:
        middle = (low + high) // 2
        if _before(sorted_values[middle], value):
            low = middle + 1
        else:
            high = middle
    return low


def right_of(sorted_values, value, n):
    """Return how many of n sorted values are not greater than a value."""
    low, high = 0, n
    while low < high:
        middle = (low + high) // 2
        if _before(value, sorted_values[middle]):
            high = middle
        else:
            low = middle + 1
    return low


def search_kernel(place: Callable) -> Kernel:
    """Return the kernel that searches for each of many values."""

    @jk.kernel
    def search(i, sorted_values, n, values, out):
        out[i] = place(sorted_values, values[i], n)

    return search


ALONE = 1024
"""Values that one thread searches for, in 30 us: others would have to be woken for half of that."""
_SIDES = {
    "left": Launcher(search_kernel(left_of), alone=ALONE),
    "right": Launcher(search_kernel(right_of), alone=ALONE),
}
_INT64 = np.dtype(np.int64)


def searchsorted(
    a: Any, v: Any, side: Side = "left", sorter: Any = None, *, out: Any = None, backend: str | None = None
) -> Any:
    """Return the indices before which elements would be inserted to keep a sorted array sorted.

    Parameters
    ----------
    a : array_like or device array, 1-D
        Ascending real numbers, NaN last.
    v : array_like or device array
        The values to search for.
    side : {"left", "right"}
        Before equal elements, or behind them.
    sorter : array_like of int, optional
        Indices that sort `a`.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    int64 number or array
        Of the shape of `v`.

    Raises
    ------
    LaunchError
        Where `a` is not 1-D, there is no such side, or `sorter` is not an index for each element.

    Notes
    -----
    The definition is that of `numpy.searchsorted`; a binary search for each value.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.searchsorted(np.array([1.0, 2.0, 4.0]), np.array([2.0, 3.0]))
    array([1, 2])
    """
    if side not in _SIDES:
        raise LaunchError(f"jk.searchsorted: side={side!r}; there are 'left' and 'right'")
    a, v = _arrays.array(a, "searchsorted"), _arrays.array(v, "searchsorted")
    if len(a.shape) != 1:
        raise LaunchError(f"jk.searchsorted: the sorted array has one dimension, not {len(a.shape)}")
    if sorter is not None:
        a = _sorted_by(a, _arrays.array(sorter, "searchsorted"), backend)
    if "c" in (operands.dtype_of(a).kind, operands.dtype_of(v).kind):
        raise KernelTypeError("jk.searchsorted: complex numbers have no order in kernels")
    shape = tuple(v.shape)
    result = _arrays.room(out, shape, (_INT64,), (a, v), _arrays.device_of(v), "searchsorted")
    flat, places = _arrays.flat(v), _arrays.flat(result)
    n = flat.shape[0]
    if n:
        _SIDES[side].run(n, backend, (a, a.shape[0], flat, places))
    if out is not None:
        return operands.delivered(result, out, "searchsorted")
    return result if shape else result[()]


def _sorted_by(a: Any, sorter: Any, backend: str | None) -> Any:
    """Return the elements in the order of a sorter, whose indices kernels do not check."""
    n = a.shape[0]
    if tuple(sorter.shape) != (n,):
        raise LaunchError(f"jk.searchsorted: sorter= has the shape {tuple(sorter.shape)}, and the sorted array {(n,)}")
    ordered = permuted_within(a, sorter)
    if n:
        least, largest = map(int, minmax(sorter, backend=backend))
        if least < 0 or largest >= n:
            wrong = least if least < 0 else largest
            raise LaunchError(f"jk.searchsorted: sorter= has the index {wrong}, and the sorted array {n} elements")
    return ordered
