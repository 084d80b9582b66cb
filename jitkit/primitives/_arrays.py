"""The arrays that primitives are given and make: on the host or on a GPU, seen in the shape that a kernel works in."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from jitkit.arrays import empty, full, to_numpy
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.launch.arguments import is_device_array
from jitkit.primitives._lazy import Lazy, broadcast_to

Axis = int | tuple[int, ...] | None
_KINDS = "?biufc"


def array(x: Any, name: str, tuples: bool = False) -> Any:
    """Return an argument as an array: a device or lazy array as it is, anything else as NumPy makes it.

    `tuples` allows a lazy array whose elements are tuples.

    Raises
    ------
    KernelTypeError
        Where its elements are no numbers.
    """
    if type(x) is not np.ndarray:
        if is_device_array(x):
            return x
        if not isinstance(x, Lazy):
            x = np.asarray(x)
        elif tuples and x.dtype.names is not None:
            return x
    if x.dtype.kind not in _KINDS:
        raise KernelTypeError(
            f"jk.{name}: elements of dtype {x.dtype} are no numbers: convert them with .astype(...), or pass the fields of "
            "a structured array as a tuple of arrays"
        )
    return x


def dtype_of(x: Any) -> np.dtype[Any]:
    """Return the dtype of an array, whoever made it."""
    interface = None if type(x) is np.ndarray else getattr(x, "__cuda_array_interface__", None)
    dtype: np.dtype[Any] = x.dtype if interface is None else np.dtype(interface["typestr"])
    return dtype


def alike(arrays: Sequence[Any], name: str) -> list[Any]:
    """Return arrays of one shape, broadcast by NumPy's rules where they are on the host.

    Raises
    ------
    LaunchError
        Where they do not fit together.
    """
    shapes = [tuple(x.shape) for x in arrays]
    if len(set(shapes)) <= 1:
        return list(arrays)
    if any(device_of(x) is not None for x in arrays):
        raise LaunchError(f"jk.{name}: arrays on a GPU have one shape, not {' and '.join(map(str, shapes))}")
    try:
        shape = np.broadcast_shapes(*shapes)
    except ValueError:
        raise LaunchError(
            f"jk.{name}: arrays of the shapes {' and '.join(map(str, shapes))} do not broadcast"
        ) from None
    return [broadcast_to(x, shape) for x in arrays]


def device_of(x: Any) -> str | None:
    """Return where an array lies, as `jk.empty` takes it."""
    if type(x) is np.ndarray:
        return None
    if isinstance(x, Lazy):
        return device_of(x.leaves)
    if isinstance(x, tuple):
        return next((device for device in map(device_of, x) if device is not None), None)
    return "cuda" if is_device_array(x) else None


def made(shape: tuple[int, ...], dtypes: Sequence[np.dtype[Any]], device: str | None) -> Any:
    """Return a new array, or a tuple of them where a value has several parts."""
    make = np.empty if device is None else functools.partial(empty, device=device)
    arrays = [make(shape, dtype) for dtype in dtypes]
    return arrays[0] if len(arrays) == 1 else tuple(arrays)


def axes_of(axis: Any, ndim: int, name: str) -> tuple[int, ...]:
    """Return the axes that are meant, counted from the first.

    Raises
    ------
    numpy.exceptions.AxisError
        Where there is no such axis.
    """
    if axis is None:
        return tuple(range(ndim))
    if isinstance(axis, tuple):
        return tuple(sorted(normalize_axis_tuple(axis, ndim, f"jk.{name}: axis")))
    return (normalize_axis_index(axis, ndim, f"jk.{name}"),)


def split(x: Any, axes: tuple[int, ...]) -> Any:
    """Return an array as (outer, length, inner), the axes that are meant joined in the middle; a view where there is one."""
    shape = tuple(x.shape)
    first, last = axes[0], axes[-1]
    if axes != tuple(range(first, last + 1)):
        order = (*(k for k in range(len(shape)) if k not in axes), *axes)
        if device_of(x) is not None:
            raise LaunchError(f"the axes {axes} of an array on a GPU are not neighbours: take them one after another")
        x = x.transpose(*order)
        shape, first, last = x.shape, x.ndim - len(axes), x.ndim - 1
    return x.reshape((math.prod(shape[:first]), math.prod(shape[first : last + 1]), math.prod(shape[last + 1 :])))


def each(function: Any, value: Any) -> Any:
    """Return a function of an array, or of each array of a tuple."""
    return tuple(map(function, value)) if isinstance(value, tuple) else function(value)


def store(result: Any, out: Any, shape: tuple[int, ...], name: str) -> Any:
    """Copy a result into the array that the user gave for it, and return that.

    Raises
    ------
    LaunchError, KernelTypeError
        Where it has another shape, or a dtype that the result cannot be cast to as NumPy's functions do.
    """
    if isinstance(result, tuple):
        check_tuple(out, len(result), name)
        return tuple(store(part, whole, shape, name) for part, whole in zip(result, out, strict=True))
    check_out(out, shape, dtype_of(result), name)
    if isinstance(out, np.ndarray):
        out[...] = to_numpy(result).reshape(shape)
    else:
        out[...] = result.reshape(shape)
    return out


def check_tuple(out: Any, count: int, name: str) -> None:
    """Refuse an `out` that is no tuple of as many arrays as a value has parts."""
    if not isinstance(out, tuple) or len(out) != count:
        raise KernelTypeError(f"jk.{name}: the result has {count} parts, so out= is a tuple of {count} arrays")


def check_out(out: Any, shape: tuple[int, ...], dtype: np.dtype[Any], name: str) -> None:
    """Refuse an array for the result that has another shape, cannot take the dtype, or is read-only."""
    if not isinstance(out, np.ndarray) and not is_device_array(out):
        raise KernelTypeError(f"jk.{name}: out= is an array, not a {type(out).__name__}")
    if tuple(out.shape) != shape:
        raise LaunchError(f"jk.{name}: out= has the shape {tuple(out.shape)}, and the result {shape}")
    if not np.can_cast(dtype, dtype_of(out), "same_kind"):
        raise KernelTypeError(
            f"jk.{name}: out= is of dtype {dtype_of(out)}, which cannot hold the result's {dtype}; pass an array of {dtype}"
        )
    if isinstance(out, np.ndarray) and not out.flags.writeable:
        raise LaunchError(f"jk.{name}: out= is a read-only array; pass one that can be written")


def filled(shape: tuple[int, ...], value: Any, dtype: np.dtype[Any], device: str | None) -> Any:
    """Return a new array of one value."""
    return full(shape, value, dtype, device)
