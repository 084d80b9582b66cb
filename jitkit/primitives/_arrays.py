"""The arrays that primitives are given and make: on the host or on a GPU, seen in the shape that a kernel works in."""

from __future__ import annotations

import math
from array import array as array_of_numbers
from collections.abc import Sequence
from typing import Any

import numpy as np

from jitkit import operands
from jitkit.arrays import full
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.launch import choice
from jitkit.primitives import _values
from jitkit.primitives._lazy import Lazy, Number, broadcast_to, number_of

_ndarray = np.ndarray
_SCALARS = (bool, int, float, complex, np.generic)
Axis = int | tuple[int, ...] | None
PLAIN = frozenset((list, tuple, bytearray, memoryview, array_of_numbers))
"""Python's own types of which NumPy makes arrays: of those first, since they are looked up sooner."""


def array(x: Any, name: str, tuples: bool = False) -> Any:
    """Return an argument as an array: a lazy array as it is, anything else as `operands.array` does.

    `tuples` allows a lazy array whose elements are tuples.

    Raises
    ------
    KernelTypeError
        Where its elements are no numbers, or it is a named tuple of arrays, which NumPy would stack: records come apart so.
    """
    if type(x) is np.ndarray or not isinstance(x, Lazy):
        if isinstance(x, tuple) and hasattr(x, "_fields") and any(hasattr(part, "__len__") for part in x):
            raise KernelTypeError(
                f"jk.{name}: a {type(x).__name__} of arrays stands for records, and is no array here: pass one of its fields, "
                f"x.{x._fields[0]}, or np.stack(x) for a matrix of them; jk.sort_by_key(keys, x) sorts records by keys"
            )
        return operands.array(x, name)
    if x.dtype.names is not None and not tuples:
        raise KernelTypeError(
            f"jk.{name}: the elements of this lazy array are tuples, and are no numbers: pass one of its parts"
        )
    return x


def operand(x: Any, name: str) -> Any:
    """Return what a function is mapped over as an array; a number as one of any shape, so that Python's stay weak."""
    if type(x) is _ndarray and x.ndim:
        return array(x, name)
    if isinstance(x, _SCALARS):
        return number_of(x)
    found = array(x, name, tuples=True)
    return number_of(found[()]) if isinstance(found, np.ndarray) and not found.ndim else found


def as_arrays(values: Sequence[Any], name: str) -> list[Any]:
    """Return what is of one of Python's own types as NumPy's arrays, and all else as it is."""
    return [operands.as_numpy(x, name) if type(x) in PLAIN else x for x in values]


def alike(arrays: Sequence[Any], name: str) -> list[Any]:
    """Return arrays of one shape, broadcast by NumPy's rules where they are on the host.

    Raises
    ------
    LaunchError
        Where they do not fit together.
    """
    if len(arrays) == 1 or length_of(arrays):
        return list(arrays)
    shapes = [tuple(x.shape) for x in arrays if not isinstance(x, Number)]
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
    return [x if tuple(x.shape) == shape else broadcast_to(x, shape) for x in arrays]


def device_of(x: Any) -> str | None:
    """Return where an array, a lazy array or the first of a tuple that is not on the host lies, as `jk.empty` takes it."""
    if type(x) is np.ndarray:
        return None
    if isinstance(x, tuple):
        for part in x:
            device = device_of(part)
            if device is not None:
                return device
        return None
    return x.device if isinstance(x, Lazy) else operands.device_of(x)


def on_host(x: Any, backend: str | None) -> bool:
    """Tell whether arrays are worked on by threads of the host: they lie there, and no GPU is asked for."""
    return device_of(x) is None and (backend or choice.requested()) != "cuda"


def flat(x: Any) -> Any:
    """Return an array as a vector, in C order."""
    plain = type(x) is np.ndarray or isinstance(x, Lazy)
    return x if plain and len(x.shape) == 1 else x.reshape((-1,))


def split(x: Any, axes: tuple[int, ...]) -> Any:
    """Return an array as (outer, length, inner), the axes that are meant joined in the middle; a view where there is one."""
    shape = tuple(x.shape)
    if not axes:
        return x.reshape((math.prod(shape), 1, 1))
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


def filled(shape: tuple[int, ...], value: Any, dtype: np.dtype[Any], device: str | None) -> Any:
    """Return a new array of one value."""
    return full(shape, value, dtype, device)


def given_arrays(x: Any, name: str) -> list[Any]:
    """Return the array, or the arrays of a tuple, that a value is read from."""
    if type(x) is np.ndarray:
        return [operands.array(x, name)]
    x = getattr(x, "parts", x)  # of a lazy array of tuples
    if not isinstance(x, tuple):
        return [array(x, name)]
    _values.check_count(len(x), name)
    return alike([array(part, name) for part in x], name)


def length_of(arrays: Sequence[Any]) -> int:
    """Return the length of what are all NumPy's or lazy vectors of the host of one length, and 0 for anything else."""
    n: int = -1
    for x in arrays:
        if type(x) is not _ndarray and not (isinstance(x, Lazy) and x.device is None):
            return 0
        shape = x.shape
        if len(shape) != 1:
            return 0
        size = shape[0]
        if size != n:
            if n >= 0:
                return 0
            n = size
    return max(n, 0)


def dtypes_alike(arrays: Sequence[Any]) -> tuple[Any, ...] | None:
    """Return the dtypes of NumPy's or lazy arrays of the host that have one shape, in one look, and None for anything else."""
    if len(arrays) == 1:
        x = arrays[0]
        return (x.dtype,) if type(x) is _ndarray else None
    if len(arrays) == 2:  # without a loop in 0.15 us less
        x, y = arrays
        if type(x) is type(y) is _ndarray:
            return (x.dtype, y.dtype) if x.shape == y.shape else None
    shape, dtypes = None, []
    for x in arrays:
        if type(x) is not _ndarray and not (isinstance(x, Lazy) and x.device is None):
            return None
        if shape is None:
            shape = x.shape
        elif x.shape != shape:
            return None
        dtypes.append(x.dtype)
    return tuple(dtypes)


def room(
    out: Any,
    shape: tuple[int, ...],
    dtypes: tuple[np.dtype[Any], ...],
    inputs: Sequence[Any],
    device: str | None,
    name: str,
) -> Any:
    """Return where a kernel writes its result while it reads its inputs: `out` where that is as good as a new array.

    Pass what was written to `operands.delivered`, which copies it into any other `out`.

    Raises
    ------
    LaunchError, KernelTypeError
        As `operands.check_out`.
    """
    if type(out) is _ndarray and len(dtypes) == 1:
        operands.check_out(out, shape, dtypes[0], name)
        plain = all([type(x) is _ndarray for x in inputs])
        if plain and out.dtype == dtypes[0] and out.flags.c_contiguous and apart(out, inputs):
            return out
    return operands.made(shape, dtypes, device)


def rooms(
    out: Any,
    shapes: Sequence[tuple[int, ...]],
    dtypes: Sequence[np.dtype[Any]],
    inputs: Sequence[Any],
    device: str | None,
    name: str,
) -> tuple[Any, ...]:
    """Return `room` for each part of a result whose parts differ in shape.

    Raises
    ------
    LaunchError, KernelTypeError
        As `operands.check_tuple` and `operands.check_out`.
    """
    if out is None:
        return tuple([operands.made(shape, (dtype,), device) for shape, dtype in zip(shapes, dtypes, strict=True)])
    operands.check_tuple(out, len(shapes), name)
    return tuple(
        room(part, shape, (dtype,), inputs, device, name)
        for part, shape, dtype in zip(out, shapes, dtypes, strict=True)
    )


def apart(out: np.ndarray, inputs: Sequence[Any]) -> bool:
    """Tell whether an array shares no memory with NumPy's among some others."""
    owns = out.flags.owndata  # two arrays that own their memory lie apart: asking NumPy takes 0.3 us
    for x in inputs:
        if x is out or (type(x) is _ndarray and not (owns and x.flags.owndata) and np.may_share_memory(x, out)):
            return False
    return True


def value_of(arrays: Sequence[Any]) -> Any:
    """Return one array as it is, and several as a tuple."""
    return arrays[0] if len(arrays) == 1 else tuple(arrays)
