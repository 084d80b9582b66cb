"""The kernel of a GPU's reductions whose operands stay in order: memory is read as it lies, and combined in shared memory.

A group goes over its block by tiles. A tile is read by neighbouring lanes, neighbouring elements, and kept in shared memory,
where each lane combines a stretch of its own. What the lanes give is kept, in order, and of a whole block that is as much as
a tile: it is combined as a tile is, and then in pairs. A sum of n elements passes through 8 + 8 + 7 additions, and again
for every factor of 10368.

Where each lane walks a stretch of the array instead, each instruction of a warp touches 32 sectors of memory, not 4.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import jitkit as jk
from jitkit.launch.kernel import Kernel
from jitkit.primitives import _values
from jitkit.primitives._interleaved import in_pairs
from jitkit.primitives._scan_groups import LANES, Tiles, staging


class Tiled:
    """How values of some dtypes are dealt out to the lanes of a group.

    Attributes
    ----------
    width : int
        Lanes of a group.
    tiles : Tiles
        How a tile is: it has `tiles.whole` elements.
    block : int
        Elements of a block: as many tiles as a lane takes elements of each, so that the lanes' results fill another.
    """

    width = LANES

    def __init__(self, dtypes: tuple[np.dtype[Any], ...]) -> None:
        self.tiles = Tiles(dtypes, rooms=2)
        self.block = self.tiles.each * self.tiles.whole
        self.dtypes = dtypes


def ordered_groups_kernel(read: Callable, again: Callable, join: Callable, write: Callable, tiled: Tiled) -> Kernel:
    """Return the kernel that reduces each block of each row of a matrix in order.

    Parameters
    ----------
    read, again : callable
        ``read(x, at)`` gives the value of an input, ``again(out, at)`` that of a result.
    join : callable
        The operator on values.
    write : callable
        ``write(out, at, value)``.
    tiled : Tiled
        How a block is dealt out.
    """
    tiles, block = tiled.tiles, tiled.block
    each, whole = tiles.each, tiles.whole
    stage, pairs = staging(read, again, write, tiles), in_pairs(again, join, write)

    def combine(room, first, count, lane, to):
        """Write what each lane's stretch of a tile combines to, and return how many lanes have one."""
        mine = each if count == whole else (count + LANES - 1) // LANES
        start = lane * mine
        if start < count:
            total = again(room, first + start)
            for k in range(1, each):
                if k < mine and start + k < count:
                    total = join(total, again(room, first + start + k))
            write(room, to + lane, total)
        return (count + mine - 1) // mine

    def reduce_block(room, given, out):
        r, x, n, initial, started = given
        number, lane = jk.group_index()[1], jk.local_index()[1]
        first = number * block
        last = min(n, first + block)
        kept = 0
        for start in range(first, last, whole):
            count = min(whole, last - start)
            stage(x, r, start, count, lane, room)
            jk.barrier()
            kept += combine(room, 0, count, lane, whole + kept)
            jk.barrier()
        used = combine(room, whole, kept, lane, 0)
        jk.barrier()
        pairs(room, used, lane)
        if lane == 0:
            total = again(room, 0)
            if started:
                total = join(initial, total)
            write(out, (r, number), total)

    run = _values.with_room(jk.shared, 2 * whole, tiled.dtypes, reduce_block)

    @jk.kernel(group=(1, LANES))
    def reduce_in_order(r, _, x, n, initial, started, out):
        run((r, x, n, initial, started), out)

    return reduce_in_order
