"""Binding a call's arguments to a kernel's parameters, and refusing what no backend can take."""

from __future__ import annotations

import dataclasses
import enum
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from jitkit.errors import KernelTypeError, LaunchError

_NUMBER_KINDS = "?biufc"


def is_device_array(value: Any) -> bool:
    """Tell whether a value lives on a GPU."""
    if isinstance(value, (np.ndarray, np.generic)):
        return False
    return hasattr(value, "__cuda_array_interface__") or hasattr(
        value, "__cuda_ndarray__"
    )  # the latter in the simulator


def has_masked(value: Any) -> bool:
    """Tell whether an array has masked elements. NumPy imports its masks when they are asked for: 7 ms of a first launch."""
    if type(value) is np.ndarray or not isinstance(value, np.ndarray):
        return False
    return isinstance(value, np.ma.MaskedArray) and bool(np.ma.is_masked(value))


def bind(func: Callable, ndim: int, args: tuple, kwargs: Mapping[str, Any], kernel: str) -> tuple[Any, ...]:
    """Return one value for each parameter behind the indices, defaults filled in.

    Raises
    ------
    LaunchError
        Where the space has a wrong number of dimensions for these arguments, or an argument is missing or unknown.
    """
    signature = inspect.signature(func, follow_wrapped=False)
    names = list(signature.parameters)
    indices, rest = names[:ndim], names[ndim:]
    takes = f"{kernel}({', '.join(names)})"
    if len(indices) < ndim:
        raise LaunchError(f"{takes} has {len(names)} parameters, but the launch space has {ndim} dimensions")
    try:
        bound = signature.replace(parameters=[signature.parameters[name] for name in rest]).bind(*args, **kwargs)
    except TypeError as error:
        given = f"{len(args)} argument{'s' * (len(args) != 1)}" + "".join(f", {name}=" for name in kwargs)
        if names[0] == "self":
            raise LaunchError(
                f"{takes}: a kernel is a function, and of a method self would be the first index: define it without self, "
                "and pass what it needs of the object as arguments"
            ) from None
        raise LaunchError(
            f"{takes}: {error}. A {ndim}-D launch space makes ({', '.join(indices)}) the indices and "
            f"({', '.join(rest)}) the arguments; got {given}"
        ) from None
    bound.apply_defaults()
    return tuple(bound.arguments[name] for name in rest)


def check_indices(parameters: tuple[str, ...], ndim: int, indexed: frozenset[str], kernel: str) -> None:
    """Refuse a launch space of so many dimensions that an array of the kernel's would be an index.

    Where a parameter has a default, the number of arguments does not tell.

    Raises
    ------
    LaunchError
        Which says how many dimensions the kernel is launched over.
    """
    indices = parameters[:ndim]
    wrong = [position for position, name in enumerate(indices) if name in indexed]
    if not wrong:
        return
    takes, name = f"{kernel}({', '.join(parameters)})", indices[wrong[0]]
    start = f"{takes}: a {ndim}-D launch space makes ({', '.join(indices)}) the indices, and the kernel indexes {name}"
    if wrong[0] == 0:
        raise LaunchError(
            f"{start}: put an index before it, which is a number: def {kernel}(i, {', '.join(parameters)})"
        )
    counts = ", ".join("nmkl"[: wrong[0]])
    raise LaunchError(f"{start}: launch it over {wrong[0]} dimension{'s' * (wrong[0] > 1)}, {kernel}[{counts}](...)")


def check(names: tuple[str, ...], args: tuple, written: frozenset[str], kernel: str) -> None:
    """Refuse arguments that no backend can take.

    Raises
    ------
    KernelTypeError
        For a list, an object array, text, and the like; the message names the argument and what to pass.
    LaunchError
        For a read-only array that the kernel writes, and integers beyond 64 bits.
    """
    for name, value in zip(names, args, strict=True):
        if value is None:  # the program says whether it can do without
            continue
        for path, leaf in walk(name, value):
            _check_leaf(path, leaf, name in written, kernel)


def walk(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the arrays and numbers of an argument, each with its path (``p``, ``p.mass``, ``p[0]``)."""
    if isinstance(value, tuple):
        fields = getattr(value, "_fields", None)
        for position, item in enumerate(value):
            yield from walk(f"{name}.{fields[position]}" if fields else f"{name}[{position}]", item)
    elif _is_frozen(value):
        for item in dataclasses.fields(value):
            yield from walk(f"{name}.{item.name}", getattr(value, item.name))
    else:
        yield name, value


def _is_frozen(value: Any) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type) and value.__dataclass_params__.frozen  # type: ignore[attr-defined]


def _check_leaf(path: str, value: Any, written: bool, kernel: str) -> None:
    if isinstance(value, np.ndarray):
        return _check_array(path, value, written, kernel)
    if isinstance(value, (bool, float, complex, np.number, np.bool_)):
        return _check_number(path, value, kernel) if isinstance(value, np.generic) else None
    if is_device_array(value):
        return _check_device_array(path, value, written, kernel)
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise LaunchError(f"{kernel}: argument {path} is {value}, beyond 64 bits; pass np.uint64(...) or a float")
        return None
    if hasattr(value, "__dlpack__"):
        return None
    hint = {
        list: "pass np.asarray(...) with the dtype you mean", str: "kernels know numbers and arrays only",
        type(None): "pass a number or an array", dict: "pass a named tuple or a frozen dataclass",
    }.get(type(value), "pass a NumPy or device array, a number, or a tuple, named tuple or frozen dataclass of them")  # fmt: skip
    if isinstance(value, enum.Enum):
        hint = "pass its .value, or make the class an enum.IntEnum"
    elif dataclasses.is_dataclass(value):
        hint = "make the class frozen, @dataclass(frozen=True): kernels write to arrays only"
    elif hasattr(value, "__array__"):
        hint = "pass its array: np.asarray(...)"
    raise KernelTypeError(f"{kernel}: argument {path} is a {type(value).__name__}: {hint}")


def _check_number(path: str, value: np.generic, kernel: str) -> None:
    if value.dtype.kind not in _NUMBER_KINDS:  # np.timedelta64, an np.number
        raise KernelTypeError(f"{kernel}: argument {path} is a {value.dtype.name}: kernels know numbers only")
    if _too_wide(value.dtype):
        python = "complex" if value.dtype.kind == "c" else "float"
        raise KernelTypeError(
            f"{kernel}: argument {path} is a {type(value).__name__}, and the widest float is float64: pass {python}({path})"
        )


def _too_wide(dtype: np.dtype) -> bool:
    return dtype.kind in "fc" and dtype.itemsize > (16 if dtype.kind == "c" else 8)


def _check_array(path: str, value: np.ndarray, written: bool, kernel: str) -> None:
    dtype = value.dtype
    if dtype.kind not in _NUMBER_KINDS and dtype.names is None:
        hint = "convert it with .astype(...)" if dtype.hasobject else "kernels know numbers only"
        raise KernelTypeError(f"{kernel}: argument {path} is an array of dtype {dtype}: {hint}")
    if not dtype.isnative:
        raise KernelTypeError(
            f"{kernel}: argument {path} has the byte order of another machine ({dtype.str}); "
            f"pass {path}.astype({path}.dtype.newbyteorder('='))"
        )
    if _too_wide(dtype):
        raise KernelTypeError(f"{kernel}: argument {path} is an array of {dtype}: the widest float is float64")
    if has_masked(value):
        raise KernelTypeError(
            f"{kernel}: argument {path} has masked elements, and kernels look at no mask: pass {path}.filled(value), or "
            f"{path}.data and np.ma.getmaskarray({path})"
        )
    if written and not value.flags.writeable:
        raise LaunchError(f"{kernel} writes to argument {path}, which is a read-only array; pass a writeable copy")


def _check_device_array(path: str, value: Any, written: bool, kernel: str) -> None:
    interface = getattr(value, "__cuda_array_interface__", None)  # the simulator's arrays have none
    if interface is None:
        return
    if interface.get("mask") is not None:
        raise KernelTypeError(
            f"{kernel}: argument {path} is a masked array: pass its data, with what is missing filled in"
        )
    if written and interface["data"][1]:
        raise LaunchError(f"{kernel} writes to argument {path}, which is a read-only array; pass a writeable copy")


def describe(names: tuple[str, ...], args: tuple) -> str:
    """List the arguments with their types, for a message."""
    return ", ".join(
        f"{path}: {_type_text(leaf)}" for name, arg in zip(names, args, strict=True) for path, leaf in walk(name, arg)
    )


def _type_text(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.ndim}-D {value.dtype} array"
    if is_device_array(value):
        dtype = getattr(value, "dtype", None) or np.dtype(value.__cuda_array_interface__["typestr"])
        return f"{len(value.shape)}-D {str(dtype).removeprefix('torch.')} device array"
    return type(value).__name__
