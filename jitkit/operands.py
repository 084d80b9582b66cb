"""What library functions are given and give back: arrays of numbers on the host or on a GPU, checked before any kernel runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple
from numpy.typing import DTypeLike

from jitkit.arrays import empty, to_numpy
from jitkit.backends import device_memory
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.launch.arguments import has_masked, is_device_array
from jitkit.launch.choice import requested

_NUMBERS = frozenset("?bhilqBHILQefdFD")
"""NumPy's characters of booleans, of numbers of up to 64 bits, and of complex ones of two such."""
_ON_HOST = (np.generic, np.ndarray)
_FLOATS = frozenset((np.dtype(np.float32), np.dtype(np.float64)))


def array(x: Any, name: str) -> Any:
    """Return an argument as an array of numbers: a device array as it is, anything else as NumPy makes it.

    Parameters
    ----------
    x : array_like or device array
        The argument.
    name : str
        The function, as its user calls it, such as ``"linalg.dot"``.

    Raises
    ------
    KernelTypeError
        Where its elements are no numbers, or some are masked.
    """
    if type(x) is not np.ndarray:
        if is_device_array(x):
            return x
        x = as_numpy(unmasked(x, f"jk.{name}"), name)
    if x.dtype.char not in _NUMBERS:
        if x.dtype.kind in "fc":
            widest = "float is float64" if x.dtype.kind == "f" else "complex number is complex128"
            raise KernelTypeError(
                f"jk.{name}: elements of dtype {x.dtype}; the widest {widest}: convert them with .astype(...)"
            )
        if x.dtype == object and not x.ndim and callable(x[()]):
            raise KernelTypeError(
                f"jk.{name}: {x[()]!r} is a function and stands in the place of an array: help(jk.{name}) has the order of "
                "the arguments"
            )
        if x.dtype.names is not None:
            fields = [f"x[{field!r}]" for field in x.dtype.names]
            raise KernelTypeError(
                f"jk.{name}: elements of dtype {x.dtype} are records: pass one field, {fields[0]}, or, to reduce, scan and "
                f"their like, a named tuple of its fields, such as Pair({', '.join(fields)})"
            )
        raise KernelTypeError(f"jk.{name}: elements of dtype {x.dtype} are no numbers: convert them with .astype(...)")
    return x if x.dtype.isnative else x.astype(x.dtype.newbyteorder("="))


def as_numpy(x: Any, name: str) -> np.ndarray:
    """Return what NumPy makes of an argument.

    Raises
    ------
    KernelTypeError
        Where it makes nothing, as of lists of different lengths.
    """
    try:
        return np.asarray(x)
    except ValueError as error:
        if "inhomogeneous" not in str(error):
            raise KernelTypeError(f"jk.{name}: {brief(x)} is no array: {error}") from None
        raise KernelTypeError(
            f"jk.{name}: {brief(x)} is no array, as its parts have different lengths: make them equally long, or put them one "
            "behind the other and say where each begins, as jk.segment_reduce takes them"
        ) from None


def brief(value: Any) -> str:
    """Return how a value is written, cut where that is long.

    Examples
    --------
    >>> brief([1, 2]), brief(list(range(100)))
    ('[1, 2]', '[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,...')
    """
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:54]}..."


def dtype_named(dtype: Any, name: str) -> np.dtype[Any]:
    """Return the dtype that an argument names.

    Raises
    ------
    KernelTypeError
        Where it names none.
    """
    found: np.dtype[Any]
    try:
        found = np.dtype(dtype)
    except TypeError:
        raise KernelTypeError(f"jk.{name}: dtype={brief(dtype)} is no dtype: write np.float32, or 'float32'") from None
    return found


def unmasked(x: Any, who: str) -> Any:
    """Return an argument as it is.

    Raises
    ------
    KernelTypeError
        For an array with a mask, which kernels would not look at.
    """
    if has_masked(x):
        raise KernelTypeError(
            f"{who}: masks are not looked at, and elements of this array are masked: pass x.filled(value) or x.compressed()"
        )
    return x


def integer(value: Any, least: int, what: str, name: str) -> int:
    """Return an integer from `least` on; of a whole number such as 3.0 too.

    Raises
    ------
    LaunchError
        Where it is none.
    """
    try:
        found = int(value)
        if found == value and found >= least and not isinstance(value, (bool, np.bool_)):
            return found
    except (TypeError, ValueError, OverflowError):  # what is no number, NaN and infinity
        pass
    raise LaunchError(f"jk.{name}: {what}={value!r}; it is an integer of {least} or more")


def number(value: Any, what: str, name: str) -> float:
    """Return an argument that is a real number.

    Raises
    ------
    LaunchError
        Where it is anything else.
    """
    try:
        if not isinstance(value, (str, bytes)):  # float("1") is 1
            return float(value)
    except (TypeError, ValueError):  # what is no number, and complex ones
        pass
    raise LaunchError(f"jk.{name}: {what}={value!r}; it is a real number")


def floating(x: Any, name: str) -> Any:
    """Return an argument as an array of float32 or float64: those as they are, other real numbers as float64.

    Raises
    ------
    KernelTypeError
        Where its elements are complex or no numbers, and for other real numbers on a GPU.
    """
    if type(x) is np.ndarray and x.dtype in _FLOATS:
        return x
    x = array(x, name)
    dtype = dtype_of(x)
    if dtype in _FLOATS:
        return x
    if dtype.kind == "c":
        raise KernelTypeError(f"jk.{name}: takes real numbers, not {dtype}; pass the real and the imaginary part apart")
    if is_device_array(x):
        raise KernelTypeError(
            f"jk.{name}: takes float32 or float64 on a GPU, not {dtype}; convert with jk.asarray(x, dtype)"
        )
    return x.astype(np.float64)


def alike(arrays: Sequence[Any], name: str) -> list[Any]:
    """Return arguments as arrays of one floating-point type, all on the host or all on a GPU.

    A Python number takes the type of the arrays, as NumPy 2 promotes.

    Raises
    ------
    KernelTypeError
        Where elements are complex or no numbers, and where arrays on a GPU differ in type.
    LaunchError
        Where some are on the host and some on a GPU.
    """
    if are_alike(arrays):
        return list(arrays)
    found = [x if isinstance(x, (int, float)) else floating(x, name) for x in arrays]
    whole = [x for x in found if not isinstance(x, (int, float))]
    if len({device_of(x) for x in whole}) > 1:
        raise LaunchError(
            f"jk.{name}: some arrays are on the host and some on a GPU; move them with jk.asarray(x, device=...)"
        )
    dtype = np.result_type(*(dtype_of(x) for x in whole)) if whole else np.dtype(np.float64)
    if whole and device_of(whole[0]) is not None:
        if any(dtype_of(x) != dtype for x in whole):
            raise KernelTypeError(f"jk.{name}: arrays on a GPU are of one dtype; convert with jk.asarray(x, '{dtype}')")
        return found
    return [np.asarray(x, dtype) for x in found]


def are_alike(arrays: Sequence[Any]) -> bool:
    """Tell whether nothing is to be done to make arrays alike, as in most calls: in 0.4 us, where to do it takes 6."""
    dtype = None
    for x in arrays:
        if type(x) is not np.ndarray or (dtype is not None and x.dtype is not dtype):
            return False
        dtype = x.dtype
    return dtype in _FLOATS


def arrays_alike(given: Sequence[Any], name: str) -> list[Any]:
    """Return arguments as `alike` does, Python numbers as arrays of no dimensions.

    Raises
    ------
    KernelTypeError, LaunchError
        As `alike`, and for masked elements.
    """
    return list(given) if are_alike(given) else alike([array(x, name) for x in given], name)


def dtype_of(x: Any) -> np.dtype[Any]:
    """Return the dtype of an array, whoever made it."""
    dtype: np.dtype[Any]
    if type(x) is np.ndarray or isinstance(getattr(x, "dtype", None), np.dtype):  # torch has dtypes of its own
        dtype = x.dtype
        return dtype
    interface = getattr(x, "__cuda_array_interface__", None)
    dtype = x.dtype if interface is None else np.dtype(interface["typestr"])
    return dtype


def device_of(x: Any) -> str | None:
    """Return where an array lies, as `jk.empty` takes it: None for the host."""
    return "cuda" if type(x) is not np.ndarray and is_device_array(x) else None


def unfrozen(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return arguments with read-only arrays copied: a kernel that writes to one array of a tuple asks it of all."""
    return tuple(x.copy() if isinstance(x, np.ndarray) and not x.flags.writeable else x for x in args)


def on_device(x: Any, backend: str | None) -> bool:
    """Tell whether a launch on this array takes place on a GPU."""
    chosen = backend or requested()
    return chosen == "cuda" or (chosen is None and device_of(x) is not None)


def axes_of(axis: Any, ndim: int, name: str) -> tuple[int, ...]:
    """Return the axes that are meant, counted from the first and in the order given; all of them for None.

    Raises
    ------
    numpy.exceptions.AxisError
        Where there is no such axis.
    ValueError
        Where an axis is given twice.
    TypeError
        For what is no integer and no tuple of them.
    """
    if axis is None:
        return tuple(range(ndim))
    try:
        if isinstance(axis, tuple):
            return tuple(normalize_axis_tuple(axis, ndim, f"jk.{name}: axis"))
        return (normalize_axis_index(_no_boolean(axis), ndim, f"jk.{name}"),)
    except OverflowError:
        raise _no_axis(axis, ndim, name) from None
    except TypeError:
        raise TypeError(f"jk.{name}: axis={axis!r}; an axis is an integer, and several are a tuple of them") from None


def axis_of(axis: Any, ndim: int, name: str) -> int:
    """Return the one axis that is meant, counted from the first.

    Raises
    ------
    numpy.exceptions.AxisError
        Where there is no such axis.
    TypeError
        For what is no integer.
    """
    try:
        return normalize_axis_index(_no_boolean(axis), ndim, f"jk.{name}")
    except OverflowError:
        raise _no_axis(axis, ndim, name) from None
    except TypeError:
        raise TypeError(f"jk.{name}: axis={axis!r}; it is an integer") from None


def _no_axis(axis: Any, ndim: int, name: str) -> np.exceptions.AxisError:
    """Return the error for axes past what C's integers hold."""
    return np.exceptions.AxisError(f"jk.{name}: axis {axis} is out of bounds for array of dimension {ndim}")


def _no_boolean(axis: Any) -> Any:
    """Return an axis as it is; a boolean, which Python takes for an integer, is none, as in NumPy."""
    if isinstance(axis, (bool, np.bool_)):
        raise TypeError
    return axis


def sorted_axes(axis: Any, ndim: int, name: str) -> tuple[int, ...]:
    """Return the axes that are meant as `axes_of` does, from first to last, for results that their order does not change."""
    return tuple(sorted(axes_of(axis, ndim, name)))


def made(shape: tuple[int, ...], dtypes: Sequence[np.dtype[Any]], device: str | None) -> Any:
    """Return a new array, or a tuple of them where a value has several parts."""
    if device is None:
        return np.empty(shape, dtypes[0]) if len(dtypes) == 1 else tuple([np.empty(shape, dtype) for dtype in dtypes])
    arrays = [empty(shape, dtype, device=device) for dtype in dtypes]
    return arrays[0] if len(arrays) == 1 else tuple(arrays)


def numbers(n: int, device: str | None, dtype: DTypeLike = np.int64, each: int = 1) -> Any:
    """Return n numbers from 0 on, `each` so many times, made where they lie."""
    if device is None:
        return np.arange(n, dtype=dtype) // each if each > 1 else np.arange(n, dtype=dtype)
    from jitkit import assigning

    out = empty((n,), dtype, device=device)
    assigning.number(out, each)
    return out


def constant(x: np.ndarray, device: str | None) -> np.ndarray | Any:
    """Return an array of the host's where a kernel reads it: as it is, or on a GPU, which keeps small ones by content."""
    return x if device is None else device_memory.constant(np.ascontiguousarray(x))


def table(x: np.ndarray, device: str | None) -> np.ndarray | Any:
    """Return the same of a contiguous array that the library keeps and never changes: a GPU keeps large ones, too."""
    return x if device is None else device_memory.constant(x, stays=True)


def result(
    out: Any, shape: tuple[int, ...], dtype: np.dtype[Any], device: str | None, name: str, inputs: Sequence[Any] = ()
) -> Any:
    """Return the array that a kernel may write its result into: `out` where it is given and of this dtype, else a new one.

    It shares no memory with `inputs`, which the kernel reads while it writes. Pass what was written to `delivered`, which
    copies it into any other `out`.

    Raises
    ------
    LaunchError, KernelTypeError
        As `check_out`.
    """
    if out is None:
        return made(shape, (dtype,), device)
    check_out(out, shape, dtype, name)
    usable = dtype_of(out) == dtype and device_of(out) == device and not any(_overlaps(x, out) for x in inputs)
    return out if usable else made(shape, (dtype,), device)


def _overlaps(x: Any, out: Any) -> bool:
    return x is out or (isinstance(x, np.ndarray) and isinstance(out, np.ndarray) and np.may_share_memory(x, out))


def copied(x: Any) -> Any:
    """Return a copy of an array in C order."""
    if isinstance(x, np.ndarray):
        return np.array(x, order="C")
    out = made(tuple(x.shape), (dtype_of(x),), device_of(x))
    assign(out, x)
    return out


def assign(out: Any, value: Any) -> None:
    """Write an array's elements, or one number, into an array, wherever it lies: NumPy's ``out[...] = value``."""
    if type(out) is np.ndarray or not is_device_array(out):
        out[...] = value
        return
    from jitkit import assigning

    assigning.assign(out, value)


def columns(x: Any) -> Any:
    """Return a matrix whose rows are the columns of this one, in C order, made where that lies."""
    if isinstance(x, np.ndarray):
        return np.ascontiguousarray(x.T)
    from jitkit import assigning

    out = made(tuple(x.shape)[::-1], (dtype_of(x),), device_of(x))
    assigning.turn(out, x)
    return out


def joined(parts: Sequence[Any]) -> Any:
    """Return arrays of one dtype one behind the other along the first axis, made where they lie."""
    device = device_of(parts[0])
    if device is None:
        return np.concatenate(parts)
    out = made((sum(x.shape[0] for x in parts), *parts[0].shape[1:]), (dtype_of(parts[0]),), device)
    first = 0
    for x in parts:
        assign(out[first : first + x.shape[0]], x)
        first += x.shape[0]
    return out


def delivered(written: Any, out: Any, name: str) -> Any:
    """Return the result, or the parts of one, where the user wants it: in `out`, if there is one."""
    if out is None or written is out:
        return written
    if isinstance(written, tuple):
        check_tuple(out, len(written), name)
        return tuple(delivered(part, whole, name) for part, whole in zip(written, out, strict=True))
    return store(written, out, tuple(written.shape), name)


def store(result: Any, out: Any, shape: tuple[int, ...], name: str) -> Any:
    """Copy a result into the array that the user gave for it, and return that.

    Raises
    ------
    LaunchError, KernelTypeError
        Where it has another shape, or a dtype that the result cannot be cast to as NumPy's functions do.
    """
    if type(out) is np.ndarray and out.shape == shape and isinstance(result, _ON_HOST) and _takes(out, result.dtype):
        out[...] = (
            result if isinstance(result, np.generic) else result.reshape(shape)
        )  # in half the time of what follows
        return out
    if isinstance(result, tuple):
        check_tuple(out, len(result), name)
        return tuple(store(part, whole, shape, name) for part, whole in zip(result, out, strict=True))
    check_out(out, shape, dtype_of(result), name)
    if isinstance(out, np.ndarray):
        out[...] = to_numpy(result).reshape(shape)
    else:
        assign(out, result.reshape(shape))
    return out


def _takes(out: np.ndarray, dtype: np.dtype[Any]) -> bool:
    return out.dtype == dtype and out.flags.writeable


def check_tuple(out: Any, count: int, name: str) -> None:
    """Refuse an `out` that is no tuple of as many arrays as a value has parts."""
    if not isinstance(out, tuple) or len(out) != count:
        parts, arrays = ("one part", "one array") if count == 1 else (f"{count} parts", f"{count} arrays")
        raise KernelTypeError(f"jk.{name}: the result has {parts}, so out= is a tuple of {arrays}")


def check_out(out: Any, shape: tuple[int, ...], dtype: np.dtype[Any], name: str) -> None:
    """Refuse an array for the result that has another shape, cannot take the dtype, or is read-only."""
    if not isinstance(out, np.ndarray) and not is_device_array(out):
        raise KernelTypeError(f"jk.{name}: out= is an array, not a {type(out).__name__}")
    if tuple(out.shape) != shape:
        raise LaunchError(f"jk.{name}: out= has the shape {tuple(out.shape)}, and the result {shape}")
    kind = dtype_of(out)
    if kind != dtype and not np.can_cast(dtype, kind, "same_kind"):
        raise KernelTypeError(
            f"jk.{name}: out= is of dtype {kind}, which cannot hold the result's {dtype}; pass an array of {dtype}"
        )
    if isinstance(out, np.ndarray) and not out.flags.writeable:
        raise LaunchError(f"jk.{name}: out= is a read-only array; pass one that can be written")
