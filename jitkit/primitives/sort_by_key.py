"""sort_by_key: values in the order of keys."""

from __future__ import annotations

from typing import Any

import numpy as np

from jitkit import operands
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.primitives import _arrays, _sorting, _structs
from jitkit.primitives._short import short


def sort_by_key(
    keys: Any,
    values: Any,
    *,
    axis: int = -1,
    descending: bool = False,
    less: Any = None,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return sorted keys, and values in the order of their keys; values of equal keys keep the order that they had.

    Parameters
    ----------
    keys : array_like or device array
        Numbers.
    values : array_like, device array, or tuple or struct of them
        Of the shape of the keys, and of any dtype of numbers.
    axis : int, default -1
        The axis to sort along.
    descending, less
        The order of the keys, as for `sort`; NaN come last in either direction.
    out : tuple, optional
        An array for the keys, and an array, or a tuple or struct of them, for the values.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    keys, values
        New arrays, the values a tuple or struct where they were one.

    Raises
    ------
    KernelError
        Where `less` is no function of two numbers.
    KernelTypeError
        For elements that are no numbers, for no values at all, and for an `out` that is no such tuple.
    LaunchError
        For values, or an `out`, of another shape than the keys.
    numpy.exceptions.AxisError
        Where the keys have no such axis.

    Notes
    -----
    The method is that of `sort`; values of up to 8 bytes move along with their keys, others are fetched at the end.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.sort_by_key(np.array([3, 1, 2]), np.array([0.3, 0.1, 0.2]))
    (array([1, 2, 3]), array([0.1, 0.2, 0.3]))
    """
    kind = None if type(values) is np.ndarray else _structs.kind_of(values)
    if kind is not None:
        into = out if not isinstance(out, tuple) else tuple(map(_structs.parts_of, out))
        ordered, parts = sort_by_key(
            keys, _structs.parts_of(values), axis=axis, descending=descending, less=less, out=into, backend=backend
        )
        return ordered, _structs.put_together(kind, parts)
    if out is None and less is None:
        short_way = short(keys, "values", values, axis, descending, backend)
        if short_way is not None:
            return short_way
    keys = _arrays.array(keys, "sort_by_key")
    several = isinstance(values, tuple)
    arrays = tuple(_arrays.array(value, "sort_by_key") for value in (values if several else (values,)))
    shape = tuple(keys.shape)
    _check(arrays, shape, out, several)
    cut = _sorting.rows_of(shape, axis, backend, "sort_by_key")
    dtypes = [operands.dtype_of(a).newbyteorder("=") for a in (keys, *arrays)]
    if not cut.count:
        made = [operands.made(shape, (dtype,), _arrays.device_of(keys)) for dtype in dtypes]
        ordered, moved = made[0], tuple(made[1:])
    else:
        rows = tuple(map(cut.of, arrays))
        found, along = _sorting.carry_along(cut.of(keys), rows, cut, descending, less, backend, "sort_by_key")
        ordered, moved = cut.back(found), tuple(map(cut.back, along))
    result = (ordered, moved if several else moved[0])
    if out is None:
        return result
    return tuple(operands.store(part, whole, shape, "sort_by_key") for part, whole in zip(result, out, strict=True))


def _check(arrays: tuple[Any, ...], shape: tuple[int, ...], out: Any, several: bool) -> None:
    """Refuse values that do not fit the keys, and what cannot take the results."""
    if not arrays:
        raise KernelTypeError(
            "jk.sort_by_key: no values: pass an array, or a tuple of at least one; jk.sort sorts keys alone"
        )
    for value in arrays:
        if tuple(value.shape) != shape:
            raise LaunchError(
                f"jk.sort_by_key: the keys have the shape {shape}, and values {tuple(value.shape)}: one value goes with "
                "each key"
            )
    if out is not None and not (isinstance(out, tuple) and len(out) == 2 and isinstance(out[1], tuple) == several):
        shape_of_out = "(keys, (values, ...))" if several else "(keys, values)"
        raise KernelTypeError(f"jk.sort_by_key: out= is a tuple {shape_of_out} of arrays like the results")
