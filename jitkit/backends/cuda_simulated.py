"""Starting kernels in Numba's CUDA simulator: the user's function, interpreted in one OS thread for each CUDA thread."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Hashable
from typing import Any, cast

import numpy as np
from numba import cuda
from numpy.typing import DTypeLike, NDArray

from jitkit.backends.cuda_grid import grid, group_grid
from jitkit.backends.interpreted import Overlay, by_position, overlay
from jitkit.frontend import collectives
from jitkit.language import Point, Position, Shape, entered, here
from jitkit.launch.definition import Call
from jitkit.launch.space import Space

THREADS = 64
"""Threads of a block: each is an OS thread in the simulator, so blocks are small."""


def start(call: Call, part: Space, values: tuple) -> None:
    """Run one grid; returns when it has run."""
    function, ndim, (starts, steps, counts) = by_position(overlay(call.kernel.func)), call.ndim, part

    def point(*args: Any) -> None:
        x, y, z = cuda.grid(3)
        positions = [x, y, z][: min(3, ndim)]
        if ndim == 4:
            positions[2:] = [z % counts[1], z // counts[1]]
        positions.reverse()
        if all(p < n for p, n in zip(positions, counts, strict=True)):
            with np.errstate(all="ignore"), entered(Point()):
                function(*(s + p * d for s, p, d in zip(starts, positions, steps, strict=True)), *args)

    blocks, block = grid(part, THREADS)
    cuda.jit(point)[blocks, block](*values)


def start_groups(call: Call, part: Space, first: tuple[int, ...], values: tuple) -> None:
    """Run one grid of whole groups, of which `first` is the number of the first; returns when it has run."""
    group = call.kernel.group
    assert group is not None
    threaded, memory = Threaded(group), SharedMemory()
    function = by_position(threaded.function(call.kernel.func))

    def work_item(*args: Any) -> None:
        block, local = _place(cuda.blockIdx, group), _place(cuda.threadIdx, group)
        places = zip(part.starts, part.steps, block, group, local, strict=True)
        number = tuple(b + f for b, f in zip(block, first, strict=True))
        with np.errstate(all="ignore"), entered(Thread(threaded, memory, number, local)):
            function(*(s + d * (b * size + own) for s, d, b, size, own in places), *args)

    blocks, threads = group_grid(part, group)
    cuda.jit(work_item)[blocks, threads](*values)


def _place(along: Any, group: tuple[int, ...]) -> tuple[int, ...]:
    """Return CUDA's x, y and z in the order of the launch space."""
    return (along.x, along.y, along.z)[: len(group)][::-1]


def _plain(index: tuple[int, ...]) -> Position:
    """Return an index as users write it: an int in one dimension."""
    return index[0] if len(index) == 1 else index


class SharedMemory:
    """The arrays of each group by the place in the source that makes them.

    Numba's own ``cuda.shared.array`` tells places apart by the line that calls it, which here is always the same.
    """

    def __init__(self) -> None:
        self._arrays: dict[Hashable, NDArray[Any]] = {}
        self._lock = threading.Lock()

    def array(self, key: Hashable, shape: Shape, dtype: DTypeLike) -> NDArray[Any]:
        """Return the array that belongs to a key."""
        with self._lock:
            if key not in self._arrays:
                self._arrays[key] = np.empty(shape, dtype)
            return self._arrays[key]


class Threaded(Overlay):
    """The user's functions as simulated threads run them; the collectives find their memory and barriers here."""

    def __init__(self, group: tuple[int, ...]) -> None:
        super().__init__()
        self.group = group

    def replacement(self, value: Any) -> Any:
        """Return what a name stands for that is bound to `value`."""
        if value is collectives.shared_of:
            return _shared_of
        return _barrier_at if value is collectives.barrier_at else super().replacement(value)


def _barrier_at(line: int) -> None:
    cuda.syncthreads()


def _shared_of(shape: int, value: Any) -> NDArray[Any]:
    caller = sys._getframe(1)
    return cast(Thread, here.item).shared((caller.f_code, caller.f_lasti), shape, np.asarray(value).dtype)


class Thread:
    """A simulated CUDA thread, as `jitkit.language` asks it.

    Parameters
    ----------
    functions : Threaded
    memory : SharedMemory
        Of the whole grid.
    group_number, local : tuple of int
        The thread's place.
    """

    def __init__(
        self, functions: Threaded, memory: SharedMemory, group_number: tuple[int, ...], local: tuple[int, ...]
    ) -> None:
        self.functions, self.memory, self.group_number, self.place = functions, memory, group_number, local

    def barrier(self) -> None:
        """Wait for the block."""
        cuda.syncthreads()

    def shared(self, site: Hashable, shape: Shape, dtype: DTypeLike) -> NDArray[Any]:
        """Return the group's array of a place in the source."""
        return self.memory.array((self.group_number, site, np.dtype(dtype)), shape, dtype)

    def local(self, shape: Shape, dtype: DTypeLike) -> NDArray[Any]:
        """Return an array of the thread's own."""
        return np.empty(shape, dtype)

    def local_index(self) -> Position:
        """Return the position in the group."""
        return _plain(self.place)

    def group_index(self) -> Position:
        """Return the position of the group."""
        return _plain(self.group_number)

    def group_size(self) -> Position:
        """Return the group's shape."""
        return _plain(self.functions.group)

    def group_reduce(self, op: Any, value: Any) -> Any:
        """Return the reduction of the group's values."""
        return self._collective(collectives.reduction(collectives.operator_of(op), self.functions.group), value)

    def group_scan(self, op: Any, value: Any) -> Any:
        """Return the reduction of the values up to this thread's own."""
        return self._collective(collectives.scan(collectives.operator_of(op), self.functions.group), value)

    def broadcast(self, value: Any, index: int) -> Any:
        """Return the value of one thread."""
        return self._collective(collectives.broadcasting(self.functions.group), value, index)

    def _collective(self, function: Callable[..., Any], *args: Any) -> Any:
        return self.functions.function(function)(*args, 0)
