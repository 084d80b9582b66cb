"""Fitting a launch space into CUDA grids: pure arithmetic, so that limits can be tested that no machine reaches."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

from jitkit.launch.space import Space

MAX_BLOCKS = (2**31 - 1, 65535, 65535)
_NARROW = 2**31
_ROOM = 4096  # for literal offsets (lowering.weak.MAX_OFFSET) and for the threads past the end of a space


def parts(space: Space, block: tuple[int, int, int] = (32, 1, 1)) -> Iterator[Space]:
    """Cut a space into parts that fit a grid: 2**31 - 1 blocks along the last index, 65535 along the others."""
    limits = [MAX_BLOCKS[0] * block[0]] + [MAX_BLOCKS[1]] * 2
    ndim = len(space.counts)
    axes: list[list[tuple[int, int]]] = []
    for axis, count in enumerate(space.counts):
        along = ndim - 1 - axis
        # In four dimensions z holds two axes: the second whole, the first a piece at a time.
        limit = max(1, limits[2] // min(space.counts[1], limits[2])) if along == 3 else limits[along]
        axes.append([(first, min(limit, count - first)) for first in range(0, count, limit)])
    for pieces in itertools.product(*axes):
        starts = tuple(s + first * d for s, d, (first, _) in zip(space.starts, space.steps, pieces, strict=True))
        yield Space(starts, space.steps, tuple(count for _, count in pieces))


def fits_32_bits(space: Space, arrays: list[Any]) -> bool:
    """Tell whether every index, every thread's place in its grid and every place in an array fits a signed 32-bit integer."""
    ends = (s + d * n for s, d, n in zip(*space, strict=True))
    spaces = all(end + 2 * _ROOM < _NARROW for end in ends) and math.prod(space.counts[:-2] or (1,)) < _NARROW
    return spaces and all(max(_span(array), *array.shape) + _ROOM < _NARROW for array in arrays)


def _span(array: Any) -> int:
    """Return the bytes from an array's first element to behind its last."""
    return array.dtype.itemsize + sum(
        (n - 1) * abs(stride) for n, stride in zip(array.shape, array.strides, strict=True)
    )


def grid(space: Space, threads: int) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Return (blocks, threads of a block) along x, y and z; the last index runs along x."""
    along = [*space.counts[::-1][:2], math.prod(space.counts[:-2])][: max(1, len(space.counts))]
    along += [1] * (3 - len(along))
    x = min(threads, _power_of_two(along[0])) if len(space.counts) > 1 else threads
    x = min(x, 32) if len(space.counts) > 1 and along[1] > 1 else x
    y = min(threads // x, _power_of_two(along[1]))
    block = (x, y, 1)
    return tuple(-(-n // b) for n, b in zip(along, block, strict=True)), block  # type: ignore[return-value]


def _power_of_two(n: int) -> int:
    return 1 << max(0, (n - 1).bit_length())
