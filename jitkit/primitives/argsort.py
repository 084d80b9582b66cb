"""argsort: the places from which sorted elements are taken."""

from __future__ import annotations

from typing import Any

import numpy as np

from jitkit import operands
from jitkit.primitives import _arrays, _sorting
from jitkit.primitives._numpys import on_cpu
from jitkit.primitives._short import short


def argsort(
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
    """Return the indices that sort an array; those of equal elements ascend.

    Parameters
    ----------
    x : array_like or device array
        Numbers.
    axis : int, default -1
        The axis to sort along; None flattens the array first.
    key, descending, less, stable
        The order, as for `sort`; NaN come last in either direction.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    int64 array
        Of the shape of `x`: ``numpy.take_along_axis(x, result, axis)`` is sorted.

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
    The definition is that of ``numpy.argsort(x, kind="stable")``; the method is that of `sort`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.argsort(np.array([3, 1, 2, 1]))
    array([1, 3, 2, 0])
    """
    if key is None and less is None:
        soon = short(x, "places", None, axis, descending, backend)
        if soon is not None:
            return soon[1] if out is None else operands.store(soon[1], out, x.shape, "argsort")
    x = _arrays.array(x, "argsort")
    if key is not None and less is None and type(x) is np.ndarray and on_cpu(backend):
        soon = short(_sorting.keys_of(x, key, backend, "argsort"), "places", None, axis, descending, backend)
        if soon is not None:
            return soon[1] if out is None else operands.store(soon[1], out, x.shape, "argsort")
    if axis is None:
        x, axis = x.reshape((-1,)), 0
    shape = tuple(x.shape)
    cut = _sorting.rows_of(shape, axis, backend, "argsort")
    if out is not None:
        operands.check_out(out, shape, _sorting.INT64, "argsort")
    if not cut.count:
        result = operands.made(shape, (_sorting.INT64,), _arrays.device_of(x))
    else:
        rows = cut.of(x)
        keys = rows if key is None else _sorting.keys_of(rows, key, backend, "argsort")
        found = _sorting.sort_rows(keys, cut.count, cut.n, "places", keys, descending, less, backend, "argsort")[1]
        result = cut.back(found)
    return result if out is None else operands.store(result, out, shape, "argsort")
