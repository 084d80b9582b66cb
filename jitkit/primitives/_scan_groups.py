"""The kernels of scans in groups, as a GPU runs them.

Blocks of 18432 elements, a group to each and a stretch of 576 to each of its lanes: first the reductions of the stretches and
from them of the blocks, then a scan of the blocks' reductions, then each lane goes over its stretch again, from what is
before it. A row of one block is scanned by one launch, in the same way.

Source: G. E. Blelloch, Prefix sums and their applications, CMU-CS-90-190, 1990.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jitkit as jk
from jitkit.launch.kernel import Kernel
from jitkit.primitives._reduction import LANES

# No power of two, which would put the lanes' elements into the same set of the cache.
STRETCH = 576
BLOCK = LANES * STRETCH


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


def lane_totals(read: Callable, again: Callable, join: Callable, write: Callable) -> Callable[..., int]:
    """Return ``totals(r, i, x, first, count, lane, held)``: what a lane's stretch combines to goes to `held`.

    It returns the elements of the lane.
    """

    def total_of(x, r, first, count):
        total = read(x, (r, first))
        for k in range(1, count):
            total = join(total, read(x, (r, first + k)))
        return total

    def totals(r, i, x, first, count, lane, held):
        each = (count + LANES - 1) // LANES
        mine = min(each, count - lane * each)
        if count == BLOCK:
            write(held, (r, i), total_of(x, r, first + lane * STRETCH, STRETCH))
        elif mine > 0:
            write(held, (r, i), total_of(x, r, first + lane * each, mine))
        return mine

    return totals


def running_totals(again: Callable, join: Callable, write: Callable) -> Callable[..., Any]:
    """Return ``run(r, i, count, held)``, which scans the totals of a block's lanes in place and returns the last."""

    def run(r, i, count, held):
        each = (count + LANES - 1) // LANES
        running = again(held, (r, i))
        for k in range(1, (count + each - 1) // each):
            running = join(running, again(held, (r, i + k)))
            write(held, (r, i + k), running)
        return running

    return run


def totals_kernel(read: Callable, again: Callable, join: Callable, write: Callable) -> Kernel:
    """Return the kernel that gives what is up to each lane in its block, and what each block combines to."""
    totals, run = lane_totals(read, again, join, write), running_totals(again, join, write)

    @jk.kernel(group=(1, LANES))
    def scan_totals(r, i, n, x, held, carries):
        number, lane = jk.group_index()[1], jk.local_index()[1]
        count = min(BLOCK, n - number * BLOCK)
        totals(r, i, x, number * BLOCK, count, lane, held)
        jk.barrier()
        if lane == 0:
            write(carries, (r, number), run(r, i, count, held))

    return scan_totals


def walking(read: Callable, write: Callable, step: Callable, started: bool) -> Callable[..., None]:
    """Return ``go(x, out, r, first, count, before, follows)``, which takes the steps of a lane's stretch.

    `follows` says whether there is a value before the stretch; `before` is that value.
    """
    if started:

        def begin(x, out, at, before, follows):
            return step(x, out, at, before, before)

    else:

        def begin(x, out, at, before, follows):
            if follows:
                return step(x, out, at, before, before)
            value = read(x, at)
            write(out, at, value)
            return value

    def go(x, out, r, first, count, before, follows):
        running = begin(x, out, (r, first), before, follows)
        for k in range(1, count):
            running = step(x, out, (r, first + k), running, running)

    return go


def rows_scan_kernel(
    read: Callable, again: Callable, join: Callable, write: Callable, step: Callable, started: bool
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
    """
    go = walking(read, write, step, started)

    @jk.kernel(group=(1, LANES))
    def scan_rows(r, i, n, x, initial, carries, held, out):
        number, lane = jk.group_index()[1], jk.local_index()[1]
        count = min(BLOCK, n - number * BLOCK)
        each = (count + LANES - 1) // LANES
        mine = min(each, count - lane * each)
        if mine > 0:
            before = initial
            if number > 0:
                before = again(carries, (r, number - 1))
            if lane > 0:
                here = again(held, (r, i - 1))
                before = join(before, here) if started or number > 0 else here
            follows = number > 0 or lane > 0
            if count == BLOCK:
                go(x, out, r, number * BLOCK + lane * STRETCH, STRETCH, before, follows)
            else:
                go(x, out, r, number * BLOCK + lane * each, mine, before, follows)

    return scan_rows


def row_scan_kernel(
    read: Callable, again: Callable, join: Callable, write: Callable, step: Callable, started: bool
) -> Kernel:
    """Return the kernel that scans rows of a matrix of one block each; the parameters are those of `rows_scan_kernel`."""
    totals, run = lane_totals(read, again, join, write), running_totals(again, join, write)
    go = walking(read, write, step, started)

    @jk.kernel(group=(1, LANES))
    def scan_row(r, i, n, x, initial, held, out):
        lane = jk.local_index()[1]
        each = (n + LANES - 1) // LANES
        mine = totals(r, i, x, 0, n, lane, held)
        jk.barrier()
        if lane == 0:
            run(r, i, n, held)
        jk.barrier()
        if mine > 0:
            before = initial
            if lane > 0:
                here = again(held, (r, i - 1))
                before = join(before, here) if started else here
            go(x, out, r, lane * each, mine, before, lane > 0)

    return scan_row


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
