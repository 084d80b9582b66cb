"""The kernels of every scan, and how they are put together.

Blocks of 18432 elements, a group to each and a stretch of 576 to each of its lanes: first the reductions of the stretches and
from them of the blocks, then a scan of the blocks' reductions, then each lane goes over its stretch again, from what is
before it. A row of one block is scanned by one launch, in the same way.

Source: G. E. Blelloch, Prefix sums and their applications, CMU-CS-90-190, 1990.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

import jitkit as jk
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.operands import made
from jitkit.primitives import _values
from jitkit.primitives._arrays import device_of
from jitkit.primitives._reduction import LANES, SHORT, reshaped

# No power of two, which would put the lanes' elements into the same set of the cache.
STRETCH = 576
BLOCK = LANES * STRETCH
FEW, MANY = 64, 4096
"""Fewer columns than FEW, longer than MANY, are scanned as rows: one point to each would leave cores idle."""


def walk(read: Callable, join: Callable, write: Callable, inclusive: bool) -> Callable[..., None]:
    """Return ``step(x, out, at, before)``: it writes an element's result, and returns the value after it."""

    def include(x, out, at, before):
        after = join(before, read(x, at))
        write(out, at, after)
        return after

    def exclude(x, out, at, before):
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
            return step(x, out, at, before)

    else:

        def begin(x, out, at, before, follows):
            if follows:
                return step(x, out, at, before)
            value = read(x, at)
            write(out, at, value)
            return value

    def go(x, out, r, first, count, before, follows):
        running = begin(x, out, (r, first), before, follows)
        for k in range(1, count):
            running = step(x, out, (r, first + k), running)

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
        ``step(x, out, at, before)`` does what is to be done at an element, and returns the value after it.
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
            before = step(x, out, (o, k, c), before)

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


class Scan:
    """Everything compiled for one operator and one choice of dtypes.

    Parameters
    ----------
    read : callable
        ``read(x, at)`` gives the value at an index of the inputs.
    op : callable
        The operator of two values.
    dtypes : tuple of numpy.dtype
        In which values are combined.
    inclusive : bool
        Whether an element's result includes the element.
    started : bool
        Whether there is a value before the first element.
    step : callable, optional
        What to do at each element, where that is not to write the value before or after it.
    """

    def __init__(
        self,
        read: Callable,
        op: Callable,
        dtypes: tuple[np.dtype[Any], ...],
        inclusive: bool,
        started: bool,
        step: Callable | None = None,
    ) -> None:
        self.dtypes, self.inclusive, self.started = dtypes, inclusive, started
        convert = _values.converter(dtypes)
        self.again, self.write = _values.reader(len(dtypes)), _values.writer(len(dtypes))

        def converted(x, at):
            return convert(read(x, at))

        def join(a, b):
            return convert(op(a, b))

        self.read, self.join = converted, join
        self.step = step or walk(converted, join, self.write, inclusive)

    @functools.cached_property
    def totals(self) -> Launcher:
        """The reductions of stretches and blocks."""
        return Launcher(totals_kernel(self.read, self.again, self.join, self.write))

    @functools.cached_property
    def rows(self) -> Launcher:
        """The scan inside blocks of the inputs."""
        return Launcher(rows_scan_kernel(self.read, self.again, self.join, self.write, self.step, self.started))

    @functools.cached_property
    def row(self) -> Launcher:
        """The whole scan of rows of one block."""
        return Launcher(row_scan_kernel(self.read, self.again, self.join, self.write, self.step, self.started))

    @functools.cached_property
    def columns(self) -> Launcher:
        """The scan of columns."""
        return Launcher(columns_scan_kernel(self.read, self.join, self.write, self.inclusive, self.started))

    @functools.cached_property
    def carries(self) -> Launcher:
        """The scan of the blocks' reductions by one thread: a third of a second less to compile than `following`."""
        return Launcher(carries_kernel(self.again, self.join, self.write, self.started))

    @functools.cached_property
    def following(self) -> Scan:
        """The scan of the blocks' reductions on a GPU."""
        return Scan(self.again, self.join, self.dtypes, True, self.started)

    def of_rows(self, x: Any, initial: Any, out: Any, rows: int, n: int, backend: str | None) -> None:
        """Scan each row of a (rows, n) matrix, or of several, into `out`."""
        if n <= BLOCK:
            held = made((rows, LANES), self.dtypes, device_of(x[0] if isinstance(x, tuple) else x))
            self.row((rows, LANES), backend)(n, x, initial, held, out)
        else:
            held, carries = self.before_blocks(x, initial, rows, n, backend)
            self.rows((rows, -(-n // BLOCK) * LANES), backend)(n, x, initial, carries, held, out)

    def before_blocks(self, x: Any, initial: Any, rows: int, n: int, backend: str | None) -> tuple[Any, Any]:
        """Return what is up to each lane in its block, and what is up to the end of each block."""
        device = device_of(x[0] if isinstance(x, tuple) else x)
        blocks = -(-n // BLOCK)
        held = made((rows, blocks * LANES), self.dtypes, device)
        carries = made((rows, blocks), self.dtypes, device)
        self.totals((rows, blocks * LANES), backend)(n, x, held, carries)
        if device is None:
            self.carries((rows,), backend)(blocks, initial, carries)
        elif blocks > 1 or self.started:
            self.following.of_rows(carries, initial, carries, rows, blocks, backend)
        return held, carries

    def along(self, x: Any, initial: Any, out: Any, backend: str | None) -> None:
        """Scan (outer, n, inner) arrays along the middle axis by whichever kernel suits their shape."""
        first = x[0] if isinstance(x, tuple) else x
        outer, n, inner = first.shape
        on_host = device_of(first) is None
        if inner == 1 and (outer == 1 or n >= SHORT):
            self.of_rows(reshaped(x, (outer, n)), initial, reshaped(out, (outer, n)), outer, n, backend)
        elif on_host and outer == 1 and inner < FEW and n > MANY:
            self.of_rows(_turned(x, (0,)), initial, _turned(out, (0,)), inner, n, backend)
        elif on_host and inner == 1:  # neighbouring points of the last index are neighbouring rows then
            self.columns((1, outer), backend)(n, _turned(x), initial, _turned(out))
        else:
            self.columns((outer, inner), backend)(n, x, initial, out)


def _turned(x: Any, at: tuple[int, ...] = ()) -> Any:
    """Return views with the axes in the other order, or with outer 0 of it."""
    if isinstance(x, tuple):
        return tuple(_turned(part, at) for part in x)
    return x[at].T if at else x.transpose(2, 1, 0)
