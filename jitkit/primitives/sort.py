"""sort: the elements in ascending order, or in the order of a key or a comparison."""

from __future__ import annotations

from typing import Any

import numpy as np

from jitkit import operands
from jitkit.primitives import _arrays, _sorting
from jitkit.primitives._numpys import on_cpu
from jitkit.primitives._short import short


def sort(
    x: Any,
    *,
    axis: int | None = -1,
    key: Any = None,
    descending: bool = False,
    less: Any = None,
    stable: bool = True,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the elements in order; elements that are equal keep the order that they had.

    NaN come last, also in descending order: they are missing values, and a search of either order begins with numbers.
    The two zeros are equal.

    Parameters
    ----------
    x : array_like or device array
        Numbers; complex ones are compared by real part, then by imaginary part.
    axis : int, default -1
        The axis to sort along; None flattens the array first.
    key : callable or str, optional
        A function of one element; what it returns, a number, is compared instead.
    descending : bool, default False
        From the largest to the smallest; equal elements keep their order all the same.
    less : callable or str, optional
        A comparison: ``less(a, b)`` tells whether `a` comes before `b`. It is a strict weak ordering, and says itself where
        NaN belongs. With `key`, it compares keys.
    stable : bool, default True
        As in NumPy. The way that is stable is also the fastest here, so False changes nothing.
    out : array, optional
        Where the result goes; may be `x`.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array
        Of the shape and dtype of `x`.

    Raises
    ------
    KernelError
        Where `key` is no function of one number, or `less` none of two.
    KernelTypeError
        For elements that are no numbers, and for a key that returns something else than a number.
    LaunchError
        For an `out` of another shape.
    numpy.exceptions.AxisError
        Where `x` has no such axis.

    Notes
    -----
    Numbers are sorted by their digits: on the CPU in buckets from a sample, each by itself, and rows of up to 512 by a
    network of comparators, whose lanes are rows where there are many, or columns of one row; on a GPU all elements by one
    digit after the other. Comparisons, and complex numbers, are sorted by merging. Sources: D. E. Knuth, The Art of
    Computer Programming 3, 2nd edition, 1998, sections 5.2.2, 5.2.4 and 5.2.5; N. Satish, M. Harris and M. Garland,
    Designing efficient sorting algorithms for manycore GPUs, IPDPS 2009; O. Green, R. McColl and D. A. Bader, GPU Merge
    Path, ICS 2012.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.sort(np.array([3.0, np.nan, 1.0, 2.0]), descending=True)
    array([ 3.,  2.,  1., nan])
    >>> jk.sort(np.array([-3, 1, 2]), key=abs)
    array([ 1,  2, -3])
    """
    if key is None and less is None:
        soon = short(x, "nothing", None, axis, descending, backend, out if out is not None and _takes(out, x) else None)
        if soon is not None:
            return soon[0] if out is None or soon[0] is out else operands.store(soon[0], out, x.shape, "sort")
    x = _arrays.array(x, "sort")
    if key is not None and less is None and type(x) is np.ndarray and on_cpu(backend):
        soon = short(_sorting.keys_of(x, key, backend, "sort"), "values", x, axis, descending, backend)
        if soon is not None:
            return soon[1] if out is None else operands.store(soon[1], out, x.shape, "sort")
    if axis is None:
        x, axis = x.reshape((-1,)), 0
    shape, dtype = tuple(x.shape), operands.dtype_of(x)
    cut = _sorting.rows_of(shape, axis, backend, "sort")
    if out is not None:
        operands.check_out(out, shape, dtype, "sort")
    rows = cut.of(x)
    if not cut.count:
        result = operands.made(shape, (dtype,), _arrays.device_of(x))
    elif key is not None:
        keys = _sorting.keys_of(rows, key, backend, "sort")
        result = cut.back(_sorting.carry_along(keys, (rows,), cut, descending, less, backend, "sort")[1][0])
    else:
        target = out.reshape(-1) if cut.last and _takes(out, rows.reshape(shape)) else None
        found = _sorting.sort_rows(rows, cut.count, cut.n, "nothing", rows, descending, less, backend, "sort", target)[
            0
        ]
        result = out if target is not None else cut.back(found)
    return result if out is None or result is out else operands.store(result, out, shape, "sort")


def _takes(out: Any, x: Any) -> bool:
    """Tell whether a result can be written to `out` while an array is read."""
    if type(out) is not np.ndarray or type(x) is not np.ndarray or out.dtype != x.dtype or out.shape != x.shape:
        return False
    flags = out.flags
    apart = x is not out and flags.owndata and x.flags.owndata  # asking NumPy takes 0.2 us
    return flags.carray and (apart or not np.may_share_memory(out, x))
