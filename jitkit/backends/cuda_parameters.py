"""A launch's arguments as the parameters of code for GPUs: their Numba types, and their bytes.

numba-cuda passes an array as two pointers that are unused here, its size, itemsize and address, and its shape and strides.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.cuda.typing.typeof import typeof
from numba.np.numpy_support import from_dtype

_FORMATS = {
    types.boolean: "?", types.int8: "b", types.uint8: "B", types.int16: "h", types.uint16: "H", types.int32: "i",
    types.uint32: "I", types.int64: "q", types.uint64: "Q", types.float16: "e", types.float32: "f", types.float64: "d",
    types.complex64: "ff", types.complex128: "dd",
}  # fmt: skip
_BEYOND_FLOAT32 = 2.0**128 - 2.0**103  # what float32 rounds to infinity begins here


class DeviceArray(NamedTuple):
    """An array in device memory as code sees it.

    `layout` is Numba's: "C", "F" or "A". `odd` says that it is read-only or masked, which some kernels refuse.
    """

    address: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    dtype: np.dtype[Any]
    layout: str
    odd: bool

    @property
    def kind(self) -> tuple[np.dtype[Any], int, str]:
        """What the generated code depends on."""
        return self.dtype, len(self.shape), self.layout


def device_array(x: Any, interface: dict[str, Any]) -> DeviceArray:
    """Return an array from its ``__cuda_array_interface__``."""
    own = getattr(x, "dtype", None)  # the interface names no fields of records
    dtype = own if isinstance(own, np.dtype) else np.dtype(interface["typestr"])
    shape, strides, (address, readonly) = interface["shape"], interface.get("strides"), interface["data"]
    rows = _c_strides(shape, dtype.itemsize)
    if strides is None or strides == rows:
        strides, layout = rows, "C"
    else:
        layout = _layout(shape, strides, rows, dtype.itemsize)
    odd = readonly or interface.get("mask") is not None
    return DeviceArray(address or 0, shape, strides, dtype, layout, odd)


def _c_strides(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    if len(shape) == 1:
        return (itemsize,)
    strides = [itemsize]
    for extent in shape[:0:-1]:
        strides.append(strides[-1] * extent)
    return tuple(strides[::-1]) if shape else ()


def _layout(shape: tuple[int, ...], strides: tuple[int, ...], rows: tuple[int, ...], itemsize: int) -> str:
    """Return the layout; the stride of an axis of one element says nothing."""
    columns = _c_strides(shape[::-1], itemsize)[::-1]
    for name, wanted in (("C", rows), ("F", columns)):
        if 0 in shape or all(n == 1 or s == w for n, s, w in zip(shape, strides, wanted, strict=True)):
            return name
    return "A"


def types_of(leaf: Any) -> tuple[types.Type, ...]:
    """Return the Numba types in which a leaf reaches the code: a Python float comes as float32 and as float64's bits."""
    if isinstance(leaf, DeviceArray):
        return (types.Array(from_dtype(leaf.dtype), len(leaf.shape), leaf.layout),)
    if isinstance(leaf, np.ndarray):  # copied in C order, and writeable as the copy is
        return (types.Array(from_dtype(leaf.dtype), leaf.ndim, "C"),)
    if isinstance(leaf, float) and not isinstance(leaf, np.generic):
        return types.float32, types.int64
    return (typeof(leaf),)


class Packer:
    """The bytes of all parameters, each at the multiple of its size where PTX and C have it.

    Parameters
    ----------
    numbers : int
        Numbers of the launch space, which come first.
    narrow : bool
        Whether they have 32 bits.
    kinds : iterable of tuples of Type
        The Numba types of each leaf.

    Attributes
    ----------
    offsets : tuple of int
        Where each parameter lies.
    size : int
        The bytes of all.
    """

    def __init__(self, numbers: int, narrow: bool, kinds: Iterable[tuple[types.Type, ...]]) -> None:
        codes = ("i" if narrow else "q") * numbers + "".join(map(_format, kinds))
        self._struct = struct.Struct("@" + codes)
        self.size = self._struct.size
        ends = (struct.calcsize("@" + codes[: k + 1]) for k in range(len(codes)))
        self.offsets = tuple(end - struct.calcsize(code) for end, code in zip(ends, codes, strict=True))

    def __call__(self, numbers: Iterable[int], leaves: Iterable[Any]) -> bytes:
        """Return the parameters of a launch.

        Raises
        ------
        struct.error
            For a Python integer of more than 64 bits.
        """
        values: list[Any] = [*numbers]
        for leaf in leaves:
            if type(leaf) is DeviceArray:
                size = math.prod(leaf.shape)
                values += (0, 0, size, leaf.dtype.itemsize, leaf.address, *leaf.shape, *leaf.strides)
            elif isinstance(leaf, (complex, np.complexfloating)):
                values += (leaf.real, leaf.imag)
            elif isinstance(leaf, float) and not isinstance(leaf, np.generic):
                values += (leaf if abs(leaf) < _BEYOND_FLOAT32 else leaf * math.inf, leaf)
            else:
                values.append(leaf)
        return self._struct.pack(*values)


def _format(kinds: tuple[types.Type, ...]) -> str:
    if len(kinds) == 2:
        return "fd"
    (kind,) = kinds
    return "q" * (5 + 2 * kind.ndim) if isinstance(kind, types.Array) else _FORMATS[kind]
