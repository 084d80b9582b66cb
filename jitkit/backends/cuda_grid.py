"""Fitting a launch space into CUDA grids: pure arithmetic, so that limits can be tested that no machine reaches."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator
from typing import Any

from jitkit.launch.space import Space

Extents = tuple[int, int, int]
"""Along x, y and z."""
MAX_BLOCKS = (2**31 - 1, 65535, 65535)
_MOST_ALONG_Z = 64  # threads of a block (CUDA C++ Programming Guide)
_NARROW = 2**31
_ROOM = 4096  # for literal offsets (lowering.weak.MAX_OFFSET) and for the threads past the end of a space


def parts(space: Space, block: tuple[int, int, int] = (32, 1, 1)) -> Iterator[Space]:
    """Cut a space into parts that fit a grid: 2**31 - 1 blocks along the last index, 65535 along the others."""
    limits = [MAX_BLOCKS[0] * block[0]] + [MAX_BLOCKS[1]] * 2
    if len(space.counts) == 4:  # z holds two axes: the second whole, the first a piece at a time
        limits.append(max(1, limits[2] // min(space.counts[1], limits[2])))
    for part, _ in _cut(space, limits[: len(space.counts)][::-1]):
        yield part


def group_parts(space: Space, group: tuple[int, ...]) -> Iterator[tuple[Space, tuple[int, ...]]]:
    """Cut a space into parts that fit a grid and begin with a whole group; yield each with the numbers of its first group."""
    limits = [most * size for most, size in zip(MAX_BLOCKS, group[::-1], strict=False)][::-1]
    for part, firsts in _cut(space, limits):
        yield part, tuple(first // size for first, size in zip(firsts, group, strict=True))


def group_grid(space: Space, group: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return (blocks, threads of a block) along x, y and z for whole groups; the last index runs along x."""
    rest = (1,) * (3 - len(group))
    blocks = [-(-count // size) for count, size in zip(space.counts, group, strict=True)]
    return (*blocks[::-1], *rest), (*group[::-1], *rest)


def rounded_up(space: Space, group: tuple[int, ...]) -> Space:
    """Return a space with every point that its groups run."""
    counts = tuple(-(-count // size) * size for count, size in zip(space.counts, group, strict=True))
    return Space(space.starts, space.steps, counts)


def _cut(space: Space, limits: list[int]) -> Iterator[tuple[Space, tuple[int, ...]]]:
    """Cut a space into pieces of at most these points along each axis; yield each with the place of its first point."""
    axes = [range(0, count, limit) for count, limit in zip(space.counts, limits, strict=True)]
    for firsts in itertools.product(*axes):
        starts = tuple(s + first * d for s, d, first in zip(space.starts, space.steps, firsts, strict=True))
        counts = tuple(min(n, count - first) for n, count, first in zip(limits, space.counts, firsts, strict=True))
        yield Space(starts, space.steps, counts), firsts


def fits_32_bits(space: Space, arrays: list[Any]) -> bool:
    """Tell whether every index, every thread's place in its grid and every place in an array fits a signed 32-bit integer."""
    return _indices_fit(space) and all(map(_places_fit, arrays))


@functools.lru_cache(maxsize=1024)
def _indices_fit(space: Space) -> bool:
    ends = (s + d * n for s, d, n in zip(*space, strict=True))
    return all(end + 2 * _ROOM < _NARROW for end in ends) and math.prod(space.counts[:-2] or (1,)) < _NARROW


def _places_fit(array: Any) -> bool:
    """Tell whether an array's extents are small, and the bytes from its first element to behind its last few."""
    span = array.dtype.itemsize
    for extent, stride in zip(array.shape, array.strides, strict=True):
        span += (extent - 1) * abs(stride)
        if extent + _ROOM >= _NARROW:
            return False
    return bool(span + _ROOM < _NARROW)


def grid(space: Space, threads: int) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Return (blocks, threads of a block) along x, y and z; the last index runs along x."""
    along = [*space.counts[::-1][:2], math.prod(space.counts[:-2])][: max(1, len(space.counts))]
    along += [1] * (3 - len(along))
    x = min(threads, _power_of_two(along[0])) if len(space.counts) > 1 else threads
    x = min(x, 32) if len(space.counts) > 1 and along[1] > 1 else x
    y = min(threads // x, _power_of_two(along[1]))
    block = (x, y, min(threads // (x * y), _MOST_ALONG_Z, _power_of_two(along[2])))
    return tuple(-(-n // b) for n, b in zip(along, block, strict=True)), block  # type: ignore[return-value]


def _power_of_two(n: int) -> int:
    return 1 << max(0, (n - 1).bit_length())
