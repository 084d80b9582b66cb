"""unique: the distinct elements in ascending order."""

from __future__ import annotations

from typing import Any

import numpy as np

from jitkit import operands
from jitkit.arrays import to_numpy
from jitkit.errors import KernelTypeError
from jitkit.launch import choice
from jitkit.primitives import _arrays
from jitkit.primitives._few import WORTH, few
from jitkit.primitives._unique_rows import unique_along, unique_of_nothing
from jitkit.primitives.argsort import argsort
from jitkit.primitives.count import count
from jitkit.primitives.lazy import permuted
from jitkit.primitives.map import map as map_
from jitkit.primitives.run_length_encode import beginnings, run_length_encode, runs_on_gpu, values_of
from jitkit.primitives.scan import scan
from jitkit.primitives.searchsorted import searchsorted
from jitkit.primitives.sort import sort

MANY = 1 << 22
"""Elements from which sorting in two threads is ahead of NumPy's."""


def unique(
    x: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    *,
    equal_nan: bool = True,
    backend: str | None = None,
) -> Any:
    """Return the distinct elements in ascending order, NaN last; or the distinct parts along an axis.

    Parameters
    ----------
    x : array_like or device array
        Real numbers, of any shape. They are sorted where they lie.
    return_index : bool, default False
        Also return where each is first in `x`, in one dimension.
    return_inverse : bool, default False
        Also return where each element of `x` is in the result, in the shape of `x`.
    return_counts : bool, default False
        Also return how often each occurs.
    axis : int, optional
        The axis whose parts are compared, by their elements from first to last; the elements themselves unless given.
    equal_nan : bool, default True
        Whether all NaN are one. Parts along an axis that have some are never equal, as in NumPy.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array, or tuple of values, index, inverse, counts as asked for

    Raises
    ------
    numpy.exceptions.AxisError
        Where there is no such axis.
    KernelTypeError
        For complex numbers, where more is asked for than the distinct ones and their counts.

    Notes
    -----
    The definition is that of `numpy.unique`. On the CPU, from 32768 elements on, values of which no thread meets more than
    4096 are counted in tables of hashes; others are the runs of the sorted elements. The index takes a stable argsort, the
    inverse a binary search. NumPy sorts up to four million elements, with instructions for vectors; more are sorted as by
    `sort`, in all threads. Parts along an axis take a stable argsort for each of their elements.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.unique(np.array([3, 1, 3]), return_counts=True)
    (array([1, 3]), array([1, 2]))
    """
    x = _arrays.array(x, "unique")
    if (return_index or return_inverse) and operands.dtype_of(x).kind == "c":
        raise KernelTypeError(
            "jk.unique: return_index= and return_inverse= take real numbers, as complex ones have no order in kernels"
        )
    if axis is not None:
        return _along(
            x, operands.axis_of(axis, len(x.shape), "unique"), return_index, return_inverse, return_counts, backend
        )
    apart = not equal_nan and operands.dtype_of(x).kind in "fc"
    few_values = None if apart else _few_of(x, backend)
    values, counts = few_values or _runs_of(x, return_counts or return_index, backend, apart)
    results = [values]
    if return_index:
        starts = scan("add", counts, inclusive=False, backend=backend)
        results.append(map_(_same, permuted(argsort(x, axis=None, backend=backend), starts), backend=backend))
    if return_inverse:
        inverse = searchsorted(values, x, backend=backend)
        if apart:  # NaN one behind the other, as they stand
            before = scan("add", map_(_missing, x, backend=backend).reshape((-1,)), inclusive=False, backend=backend)
            inverse = map_(_moved, inverse, x, before.reshape(tuple(x.shape)), backend=backend)
        results.append(inverse)
    if return_counts:
        results.append(counts)
    return results[0] if len(results) == 1 else tuple(results)


def _same(place):  # type: ignore[no-untyped-def]
    return place


def _moved(place, value, before):  # type: ignore[no-untyped-def]
    return place if value == value else place + before


def _missing(value):  # type: ignore[no-untyped-def]
    return 0 if value == value else 1


def _along(x: Any, axis: int, index: bool, inverse: bool, counts: bool, backend: str | None) -> Any:
    if operands.dtype_of(x).kind == "c":
        raise KernelTypeError("jk.unique: axis= takes real numbers, as complex ones have no order in kernels")
    of = unique_of_nothing(x, axis, index, inverse, counts) if 0 in tuple(x.shape) else None
    results = of or unique_along(x, axis, index, inverse, counts, backend)
    return results[0] if len(results) == 1 else tuple(results)


def _few_of(x: Any, backend: str | None) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the values and counts of an array on the host where they are few."""
    on_cpu = _arrays.device_of(x) is None and (backend or choice.requested() or "cpu") == "cpu"
    if not on_cpu or x.size < WORTH or x.dtype.kind not in "iuf" or x.dtype.itemsize > 8:
        return None
    return few(np.ascontiguousarray(to_numpy(x)).reshape(-1))


def _runs_of(x: Any, return_counts: bool, backend: str | None, apart: bool) -> tuple[Any, Any]:
    """Return the values, and the counts where they are asked for, of the runs of the sorted elements; NaN may be `apart`."""
    if _arrays.device_of(x) is None:
        ordered = _sorted(to_numpy(x).reshape(-1), backend)
        numbers = _numbers(ordered)
    else:
        ordered = sort(x, axis=None, backend=backend)
        numbers = ordered.shape[0]
        if operands.dtype_of(x).kind in "fc":
            numbers = int(to_numpy(count(_is_number, ordered, backend=backend)))
    keep = ordered.shape[0] if apart else numbers + (numbers < ordered.shape[0])
    ordered_there = ordered[:keep]
    counts = None
    if return_counts:
        values, counts = run_length_encode(ordered_there, backend=backend)
        if keep < ordered.shape[0]:
            counts[counts.shape[0] - 1] = ordered.shape[0] - numbers
    elif _arrays.on_host(ordered_there, backend):
        values = values_of(ordered_there, *beginnings.of(ordered_there, keep, backend), backend)
    else:
        values = runs_on_gpu(ordered_there, backend)[0]
    return values, counts


def _is_number(value):  # type: ignore[no-untyped-def]
    return value == value


def _numbers(ordered: np.ndarray) -> int:
    """Return how many elements are no NaN: those are last, and each would be a run of its own."""
    if ordered.dtype.kind == "f":
        return int(np.searchsorted(ordered, np.nan))
    return ordered.size - int(np.count_nonzero(ordered != ordered)) if ordered.dtype.kind == "c" else ordered.size


def _sorted(x: np.ndarray, backend: str | None) -> np.ndarray:
    if x.size < MANY or x.dtype.kind not in "iuf":
        return np.sort(x)
    ordered: np.ndarray = sort(x, backend=backend)
    return ordered
