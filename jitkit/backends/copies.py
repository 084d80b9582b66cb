"""Copying a launch's arguments so that the caller's stay as they are: arrays that overlap also do so in the copy."""

from __future__ import annotations

import ctypes
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jitkit.launch import arguments

_ALIGNMENT = 64
Views = list[tuple[str, NDArray[Any]]]


class Block:
    """A stretch of memory that some of the arguments lie in.

    Attributes
    ----------
    low, high : int
        Its first address, and the one behind it.
    views : list of (str, ndarray)
        The arguments in it, with their paths.
    """

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high
        self.views: Views = []

    def bytes(self) -> NDArray[np.uint8]:
        """Return a copy of the memory, aligned as the original."""
        size = self.high - self.low
        room = np.empty(size + 2 * _ALIGNMENT, np.uint8)
        start = (self.low - address(room)) % _ALIGNMENT
        copy = room[start : start + size]
        if size:
            copy[:] = np.ctypeslib.as_array((ctypes.c_uint8 * size).from_address(self.low))
        return copy

    def offset(self, view: NDArray[Any]) -> int:
        """Return where a view begins in the block."""
        return address(view) - self.low

    def within(self, copy: NDArray[Any], view: NDArray[Any], dtype: Any = None) -> NDArray[Any]:
        """Return the view of a copy of the block that a view of the block itself corresponds to."""
        return np.ndarray(view.shape, dtype or view.dtype, copy.data, self.offset(view), view.strides)


def duplicate(names: tuple[str, ...], values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a copy of a launch's arguments, device arrays as NumPy arrays.

    Parameters
    ----------
    names : tuple of str
        The parameters.
    values : tuple
        Their values.
    """
    arrays: dict[str, Any] = {}
    for block in blocks(host_arrays(names, values)):
        copy = block.bytes()
        arrays |= {path: block.within(copy, view) for path, view in block.views}
    return tuple(rebuilt(name, value, arrays) for name, value in zip(names, values, strict=True))


def host_arrays(names: tuple[str, ...], values: tuple[Any, ...]) -> Views:
    """Return the arrays among the arguments with their paths; those on a GPU are copied to the host."""
    found = []
    for name, value in zip(names, values, strict=True):
        for path, leaf in arguments.walk(name, value):
            if arguments.is_device_array(leaf):
                from jitkit.arrays import to_numpy

                leaf = to_numpy(leaf)
            if isinstance(leaf, np.ndarray):
                found.append((path, leaf))
    return found


def rebuilt(path: str, value: Any, arrays: Mapping[str, Any]) -> Any:
    """Return an argument with the arrays in it replaced by others."""
    if path in arrays:
        return arrays[path]
    if isinstance(value, tuple):
        fields = getattr(value, "_fields", None)
        paths = [f"{path}.{name}" for name in fields] if fields else [f"{path}[{k}]" for k in range(len(value))]
        items = [rebuilt(part, item, arrays) for part, item in zip(paths, value, strict=True)]
        return type(value)(*items) if fields else tuple(items)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        twin = object.__new__(type(value))
        for item in dataclasses.fields(value):
            part = rebuilt(f"{path}.{item.name}", getattr(value, item.name), arrays)
            object.__setattr__(twin, item.name, part)
        return twin
    return value


def blocks(views: Views) -> Iterator[Block]:
    """Yield one block for each run of views whose memory overlaps."""
    block = None
    for path, view in sorted(views, key=lambda item: _bounds(item[1])):
        low, high = _bounds(view)
        if block is None or low >= block.high:
            if block is not None:
                yield block
            block = Block(low, high)
        block.high = max(block.high, high)
        block.views.append((path, view))
    if block is not None:
        yield block


def root(path: str) -> str:
    """Return the parameter of a path such as ``p.mass`` or ``p[0]``."""
    return path.partition(".")[0].partition("[")[0]


def address(view: NDArray[Any]) -> int:
    """Return where an array's first element lies."""
    found: int = view.__array_interface__["data"][0]
    return found


def _bounds(view: NDArray[Any]) -> tuple[int, int]:
    if view.size == 0:
        return address(view), address(view)
    return np.lib.array_utils.byte_bounds(view)
