"""The kernels of scans in groups, as a GPU runs them.

Blocks of up to 18432 elements, a group to each, which goes over its block by tiles. A tile is read as it lies in memory,
neighbouring lanes neighbouring elements, and kept in shared memory, where each lane goes over a stretch of its own: to what the
stretch combines to, which the lanes combine in log2(128) steps, and again from what is before it. What is before each element
is left in the tile, so that results are written as they lie in memory, too. First come the reductions of the blocks, then a
scan of these, then the blocks from what is before them. A row of one block is scanned by one launch.

Where each lane walks a stretch of the array instead, each instruction of a warp touches 32 sectors of memory, not 4.

Sources: G. E. Blelloch, Prefix sums and their applications, CMU-CS-90-190, 1990; W. D. Hillis and G. L. Steele, Data parallel
algorithms, Comm. ACM 29, 1170-1183, 1986; D. Merrill and M. Garland, Single-pass parallel prefix scan with decoupled
look-back, NVR-2016-002, for the exchange through shared memory.
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

LANES = 128
"""Work-items of a group."""
TILES = 16
"""Tiles of a block: a block to each of the 910 groups for 16 million elements, of which an H200 has 2112 at a time."""
_LEVELS = LANES.bit_length() - 1
_ROOM = 24 * 1024  # bytes of a tile and of its lanes' totals: 48 KiB is what every kernel may have


class Tiles:
    """How values of some dtypes are dealt out to the lanes of a group.

    Attributes
    ----------
    each : int
        Elements of a tile for each lane: odd, so that the lanes' stretches begin in different banks of shared memory.
    whole : int
        Elements of a tile.
    block : int
        Elements of a block of a scan.
    """

    def __init__(self, dtypes: tuple[np.dtype[Any], ...], rooms: int = 1) -> None:
        fit = (_ROOM // (LANES * sum(dtype.itemsize for dtype in dtypes)) - 2) // rooms
        self.each = next((each for each in (9, 5, 3) if each <= fit), 1)
        self.whole = LANES * self.each
        self.block = TILES * self.whole
        self._dtypes = dtypes

    def shared(self, body: Callable) -> Callable[..., None]:
        """Return ``run(given, out)``, which calls ``body(tile, given, out)`` with room for a tile and twice the lanes' totals."""
        return _values.with_room(jk.shared, LANES * (self.each + 2), self._dtypes, body)

    def kept(self, body: Callable) -> Callable[..., None]:
        """Return ``run(given, tile)``, which calls ``body(kept, given, tile)`` with room for a lane's part of a tile."""
        return _values.with_room(jk.local, self.each, self._dtypes, body)


def walk(read: Callable, join: Callable, write: Callable, inclusive: bool) -> Callable[..., None]:
    """Return ``step(x, out, at, before, end)``: it writes an element's result, and returns the value after it."""

    def include(x, out, at, before, end):
        after = join(before, read(x, at))
        write(out, at, after)
        return after

    def exclude(x, out, at, before, end):
        after = join(before, read(x, at))  # read before it is written: `out` may be `x`
        write(out, at, before)
        return after

    return include if inclusive else exclude


def staging(read: Callable, again: Callable, write: Callable, tiles: Tiles) -> Callable[..., None]:
    """Return ``stage(x, r, first, count, lane, tile)``, which brings `count` elements of a row into shared memory."""
    each, whole = tiles.each, tiles.whole

    def through(kept, given, tile):
        x, r, first, lane = given
        for k in range(each):  # all are under way before the first has come
            write(kept, k, read(x, (r, first + k * LANES + lane)))
        for k in range(each):
            write(tile, k * LANES + lane, again(kept, k))

    stage_whole = tiles.kept(through)

    def stage(x, r, first, count, lane, tile):
        if count == whole:
            stage_whole((x, r, first, lane), tile)
        else:
            for at in range(lane, count, LANES):
                write(tile, at, read(x, (r, first + at)))

    return stage


def lanes_totals(again: Callable, join: Callable, write: Callable, tiles: Tiles) -> Callable[..., int]:
    """Return ``combine(count, lane, tile)``, which gives where the totals up to each lane are in the tile.

    Lanes that have no elements leave anything there: they come after those that have.
    """
    each, first_totals = tiles.each, tiles.whole

    def combine(count, lane, tile):
        at, here = lane * each, first_totals + lane
        if at < count:
            total = again(tile, at)
            for k in range(1, each):
                if at + k < count:
                    total = join(total, again(tile, at + k))
            write(tile, here, total)
        jk.barrier()
        for level in range(_LEVELS):  # from one half of the room to the other, so that nobody writes what others read
            there = 2 * (first_totals + lane) + LANES - here
            if at < count:
                total = again(tile, here)
                if lane >= 1 << level:
                    total = join(again(tile, here - (1 << level)), total)
                write(tile, there, total)
            here = there
            jk.barrier()
        return here - lane

    return combine


def totals_kernel(read: Callable, again: Callable, join: Callable, write: Callable, tiles: Tiles) -> Kernel:
    """Return the kernel that gives what each block of a row combines to."""
    stage, combine = staging(read, again, write, tiles), lanes_totals(again, join, write, tiles)
    each, block, whole = tiles.each, tiles.block, tiles.whole

    def total(tile, given, carries):
        r, n, x = given
        lane, number = jk.local_index()[1], jk.group_index()[1]
        first, last = number * block, min(n, number * block + block)
        running = read(x, (r, first))  # anything of its type
        for start in range(first, last, whole):
            count = min(whole, last - start)
            stage(x, r, start, count, lane, tile)
            jk.barrier()
            found = again(tile, combine(count, lane, tile) + (count - 1) // each)
            running = join(running, found) if start > first else found
            jk.barrier()
        if lane == 0:
            write(carries, (r, number), running)

    run = tiles.shared(total)

    @jk.kernel(group=(1, LANES))
    def scan_totals(r, _, n, x, carries):
        run((r, n, x), carries)

    return scan_totals


def rows_scan_kernel(
    read: Callable, again: Callable, join: Callable, write: Callable, step: Callable, started: bool, tiles: Tiles
) -> Kernel:
    """Return the kernel that scans inside the blocks of each row of a matrix.

    Parameters
    ----------
    read, again, join, write : callable
        As for the kernels of a reduction.
    step : callable
        ``step(x, out, at, before, end)`` does what is to be done at an element, and returns the value after it.
    started : bool
        Whether there is a value before the first element.
    tiles : Tiles
        How a block is dealt out.
    """
    stage, combine = staging(read, again, write, tiles), lanes_totals(again, join, write, tiles)
    each, block, whole = tiles.each, tiles.block, tiles.whole

    if started:

        def take(x, out, at, before, follows):
            step(x, out, at, before, before)

    else:

        def take(x, out, at, before, follows):
            if follows:
                step(x, out, at, before, before)
            else:
                write(out, at, read(x, at))

    def leave_before(tile, count, lane, before, follows):
        """Leave what is before each element of a lane's stretch in its place."""
        at = lane * each
        for k in range(each):
            if at + k < count:
                value = again(tile, at + k)
                if follows or k > 0:
                    write(tile, at + k, before)
                    value = join(before, value)
                before = value

    def scan(tile, given, out):
        r, n, x, initial, carries = given
        lane, number = jk.local_index()[1], jk.group_index()[1]
        first, last = number * block, min(n, number * block + block)
        running = initial
        if number > 0:
            running = again(carries, (r, number - 1))
        for start in range(first, last, whole):
            count = min(whole, last - start)
            stage(x, r, start, count, lane, tile)
            jk.barrier()
            totals = combine(count, lane, tile)
            follows, before = started or start > 0, running
            if lane > 0 and lane * each < count:
                here = again(tile, totals + lane - 1)
                before = join(running, here) if follows else here
            leave_before(tile, count, lane, before, follows or lane > 0)
            total = again(tile, totals + (count - 1) // each)
            running = join(running, total) if follows else total
            jk.barrier()
            for at in range(lane, count, LANES):
                take(x, out, (r, start + at), again(tile, at), follows or at > 0)
            jk.barrier()

    run = tiles.shared(scan)

    @jk.kernel(group=(1, LANES))
    def scan_rows(r, _, n, x, initial, carries, out):
        run((r, n, x, initial, carries), out)

    return scan_rows


def columns_scan_kernel(read: Callable, join: Callable, write: Callable, inclusive: bool, started: bool) -> Kernel:
    """Return the kernel that scans along the middle axis, a column to each point."""
    step = walk(read, join, write, inclusive)

    @jk.kernel
    def scan_columns(o, c, n, x, initial, out):
        before, first = initial, 0
        if not started:
            before, first = read(x, (o, 0, c)), 1
            write(out, (o, 0, c), before)
        for k in range(first, n):
            before = step(x, out, (o, k, c), before, before)

    return scan_columns


def carries_kernel(again: Callable, join: Callable, write: Callable, started: bool) -> Kernel:
    """Return the kernel that scans the few results of blocks one after another, in place: a row for each point."""

    @jk.kernel
    def scan_carries(r, n, initial, carries):
        running = again(carries, (r, 0))
        if started:
            running = join(initial, running)
            write(carries, (r, 0), running)
        for k in range(1, n):
            running = join(running, again(carries, (r, k)))
            write(carries, (r, k), running)

    return scan_carries
