"""The arguments of a checked launch: copies with a shadow, one for each stretch of memory."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jitkit.backends import copies, unwritten
from jitkit.backends.sanitizer.arrays import Array
from jitkit.backends.sanitizer.memory import Memory
from jitkit.backends.sanitizer.state import State
from jitkit.launch import arguments


class Copies:
    """The arguments of a checked launch.

    Parameters
    ----------
    state : State
    names : tuple of str
        The parameters behind the indices.
    values : tuple
        Their values.
    """

    def __init__(self, state: State, names: tuple[str, ...], values: tuple[Any, ...]) -> None:
        views = copies.host_arrays(names, values)
        self._blocks = [_Watched(state, block) for block in copies.blocks(views)]
        self._arrays = {path: array for block in self._blocks for path, array in block.arrays.items()}
        pairs = list(zip(names, values, strict=True))
        self._device = [
            (path, leaf) for pair in pairs for path, leaf in arguments.walk(*pair) if arguments.is_device_array(leaf)
        ]
        self.values = tuple(copies.rebuilt(name, value, self._arrays) for name, value in pairs)

    def give_back(self, written: frozenset[str]) -> None:
        """Copy what the launch wrote into the caller's arrays, on the host and on the GPU."""
        for block in self._blocks:
            block.give_back(written)
        for path, leaf in self._device:
            if copies.root(path) in written:
                from numba import cuda

                cuda.as_cuda_array(leaf).copy_to_device(self._arrays[path].data)


class _Watched:
    """A block of memory with its shadow."""

    def __init__(self, state: State, block: copies.Block) -> None:
        self.block, self.bytes = block, block.bytes()
        self.granule = math.gcd(*(unit for _, view in block.views for unit in _units(view, block))) or 1
        untouched = unwritten.unwritten(block.low, self.bytes)
        self._before = None if untouched is None else self.bytes.copy()
        self._unwritten = None if untouched is None else untouched[:: self.granule].copy()
        memory = Memory(state, self.bytes.size // self.granule, self._unwritten)
        self.arrays: dict[str, Array] = {}
        for path, view in block.views:
            data = block.within(self.bytes, view)
            if untouched is not None:
                blank(data, block.within(untouched, view, np.bool_))
            self.arrays[path] = Array(data, memory, block.offset(view) // self.granule, self.granule, path)

    def give_back(self, written: frozenset[str]) -> None:
        """Copy what was written to the block itself; what is still unwritten stays as it was."""
        if self._before is not None and self._unwritten is not None:
            still = np.repeat(self._unwritten, self.granule)
            self.bytes[still] = self._before[still]
        for path, view in self.block.views:
            if copies.root(path) in written and view.flags.writeable:
                view[...] = self.arrays[path].data


def blank(data: NDArray[Any], where: NDArray[np.bool_]) -> None:
    """Put into elements without a value what shows a mistake: NaN where the type has it, otherwise 0."""
    if data.dtype.names is None:
        data[where] = np.nan if data.dtype.kind in "fc" else 0


def _units(view: NDArray[Any], block: copies.Block) -> Iterator[int]:
    """Yield the distances in memory that must be whole granules."""
    yield from (block.offset(view), block.high - block.low, *view.strides)
    yield from _widths(view.dtype)


def _widths(dtype: np.dtype[Any]) -> Iterator[int]:
    yield dtype.itemsize
    for field, offset, *_ in (dtype.fields or {}).values():
        yield offset
        yield from _widths(field)
