"""Where a generator's numbers go: checking `size`, `dtype` and `out`, and making the array."""

from __future__ import annotations

import functools
import operator
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk
from jitkit.launch.arguments import is_device_array
from jitkit.random.fills import numpy_dtype

Size = int | tuple[int, ...] | None
Dtype = DTypeLike | None
Bound = Literal["from 0", "above 0"] | None
_ndarray = np.ndarray
FLOATS = ("float64", "float32")
COUNTS = ("int64",)
INTEGERS = ("int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8")


class Output(NamedTuple):
    """An array to fill.

    Attributes
    ----------
    array : array
        What the caller gets.
    flat : array, shape (n,)
        The same elements in one dimension.
    """

    array: Any
    flat: Any

    @property
    def dtype(self) -> np.dtype[Any]:
        """The elements' type."""
        return numpy_dtype(self.flat)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape that the caller sees."""
        return tuple(self.array.shape)


def shape_of(what: str, size: Size) -> tuple[int, ...]:
    """Return a size as a shape.

    Raises
    ------
    TypeError, ValueError
        Where it is none, or negative.
    """
    try:
        shape = () if size is None else tuple(map(operator.index, size if isinstance(size, (tuple, list)) else (size,)))
    except TypeError:
        raise TypeError(f"{what}: size is {size!r}; give an integer, a tuple of integers, or None") from None
    if any(extent < 0 for extent in shape):
        raise ValueError(f"{what}: size is {size!r}; extents are integers from 0")
    return shape


def output(what: str, size: Size, dtype: Dtype, out: Any, allowed: tuple[str, ...], *parameters: Any) -> Output:
    """Return the array that a method fills.

    Parameters
    ----------
    what : str
        The method, for messages.
    size, dtype, out
        The caller's.
    allowed : tuple of str
        The dtypes that the method can draw, the default first.
    *parameters : array_like
        The distribution's parameters: without a size, the numbers take their shape.

    Raises
    ------
    TypeError, ValueError
        Where the three do not fit together, or not the method; the message says what does.
    """
    if out is not None:
        if not (size is dtype is None and type(out) is _ndarray and out.flags.carray and out.dtype in _dtypes(allowed)):
            _check_out(what, size, dtype, out, allowed)
        chosen = Output(out, out if type(out) is np.ndarray and out.ndim == 1 else out.reshape(-1))
    else:
        kind = dtype_of(what, dtype, allowed)
        if type(size) is int and size >= 0:
            array = np.empty(size, kind)
            chosen = Output(array, array)
        else:
            shape = _common(what, parameters) if size is None else shape_of(what, size)
            array = np.empty(shape, kind)
            chosen = Output(array, array.reshape(-1))
    for parameter in parameters:
        if type(parameter) is float:
            continue
        try:
            fits = np.broadcast_shapes(np.shape(parameter), chosen.shape) == chosen.shape
        except ValueError:
            fits = False
        if not fits:
            raise ValueError(
                f"{what}: a parameter of shape {np.shape(parameter)} does not broadcast to the numbers' {chosen.shape}; "
                "give a size that ends in the parameter's shape"
            )
    return chosen


def _common(what: str, parameters: tuple[Any, ...]) -> tuple[int, ...]:
    shapes = [np.shape(parameter) for parameter in parameters]
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise ValueError(
            f"{what}: parameters of the shapes {' and '.join(map(str, shapes))} do not broadcast"
        ) from None


def dtype_of(what: str, dtype: Dtype, allowed: tuple[str, ...]) -> np.dtype[Any]:
    """Return a dtype that a method can draw, by default the first; refuse any other."""
    known = _dtypes(allowed)
    kind = known[0] if dtype is None else dtype if isinstance(dtype, np.dtype) else np.dtype(dtype)
    if kind not in known:  # a dtype's name takes NumPy 3 us
        raise TypeError(f"{what}: dtype is {kind}; give one of {', '.join(allowed)}")
    return kind


@functools.cache
def _dtypes(names: tuple[str, ...]) -> tuple[np.dtype[Any], ...]:
    return tuple(map(np.dtype, names))


def _check_out(what: str, size: Size, dtype: Dtype, out: Any, allowed: tuple[str, ...]) -> None:
    on_device = type(out) is not np.ndarray and is_device_array(out)
    if not on_device and not isinstance(out, np.ndarray):
        raise TypeError(f"{what}: out is a {type(out).__name__}; give a NumPy or device array")
    kind = dtype_of(what, out.dtype if type(out) is np.ndarray else numpy_dtype(out), allowed)
    if dtype is not None and np.dtype(dtype) != kind:
        raise TypeError(f"{what}: dtype is {np.dtype(dtype)}, and out an array of {kind}; leave dtype away")
    if size is not None and shape_of(what, size) != tuple(out.shape):
        raise ValueError(f"{what}: size is {size!r}, and out has the shape {tuple(out.shape)}; leave size away")
    if not (out.flags.c_contiguous if type(out) is np.ndarray else _contiguous(out)):
        raise ValueError(f"{what}: out is not contiguous; fill a new array and copy it: out[...] = ...")
    if not on_device and not out.flags.writeable:
        raise ValueError(f"{what}: out is read-only; give an array that can be written")


def _contiguous(out: Any) -> bool:
    described = getattr(out, "__cuda_array_interface__", None)
    if described is None:  # those of the CUDA simulator
        return bool(out.flags["C_CONTIGUOUS"])
    strides, expected = described.get("strides"), np.dtype(described["typestr"]).itemsize
    for extent, stride in zip(described["shape"][::-1], (strides or ())[::-1], strict=False):
        if extent > 1 and stride != expected:
            return False
        expected *= extent
    return True


def beside(parameter: Any, chosen: Output) -> Any:
    """Return a parameter as a one-dimensional float64 array, one for each number, where the numbers are."""
    flat = np.broadcast_to(np.asarray(parameter, np.float64), chosen.shape).reshape(-1)
    return jk.asarray(np.ascontiguousarray(flat), device="cuda") if is_device_array(chosen.flat) else flat


def parameter(what: str, name: str, value: Any, bound: Bound = "from 0") -> Any:
    """Return a distribution's parameter as a float, or a float64 array.

    Parameters
    ----------
    what, name : str
        The method and its parameter, for messages.
    value : array_like
        The caller's.
    bound : {"from 0", "above 0"} or None
        Which numbers it may be; None for any.

    Raises
    ------
    TypeError, ValueError
        Where it is no number, or not within the bound, as NaN never is.
    """
    if type(value) in (float, int) and (bound is None or value > 0 or (value == 0 and bound == "from 0")):
        return float(value)
    try:
        numbers = np.asarray(value, np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{what}: {name} is {value!r}; give a number or an array of them") from None
    if bound is not None:
        within = numbers > 0 if bound == "above 0" else numbers >= 0
        if not np.all(within):
            worst = numbers if numbers.ndim == 0 else numbers[~within][0]
            raise ValueError(f"{what}: {name} is {float(worst)!r}; give numbers {bound}")
    return numbers if numbers.ndim else float(numbers)
