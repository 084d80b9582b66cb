"""The kernels of reductions whose operands may change places: lanes take neighbouring elements, as vectors and warps read them.

Each lane of a group combines elements of its block on its own, four chains at a time in runs of sixteen, and then the lanes'
results are combined in pairs. A sum of n elements so passes through about as many additions as in NumPy's pairwise
summation: 16 + 8 in a lane, 2 + 3 in a group, and again for every factor of 4096 (16 + 2 and 2 + 5 on a GPU).

Sources: M. Harris, Optimizing Parallel Reduction in CUDA, NVIDIA, 2007; N. J. Higham, The accuracy of floating point
summation, SIAM J. Sci. Comput. 14, 783-799, 1993.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import jitkit as jk
from jitkit.launch.kernel import Kernel
from jitkit.primitives import _values

RUN = 16
"""Elements that are combined one after another before the result joins another."""


class Order(NamedTuple):
    """How a block is dealt out to `width` lanes, each of which combines four chains of `length` elements."""

    width: int
    length: int

    @property
    def block(self) -> int:
        """Elements of a block."""
        return self.width * 4 * self.length

    def kept_of(self, n: int) -> int:
        """Return how many values are kept of a row of n elements: one for each lane."""
        return -(-n // self.block) * self.width


ON_GPU = Order(width=32, length=2 * RUN)
"""A warp. 16 million elements are dealt out to 131,072 work-items, half of what an H200 has at a time; each loads 64 elements
before it needs the first."""
ON_HOST = Order(width=8, length=8 * RUN)
"""One vector, so that memory is read in one sweep (float64 in 0.6 of the time that 32 lanes took)."""


def shares(
    read: Callable, again: Callable, join: Callable, write: Callable, order: Order
) -> tuple[Callable[..., Any], Callable[..., int]]:
    """Return ``whole(x, r, at)``, what a lane's elements of a block combine to from its first on, and `rest`.

    ``rest(x, r, first, lane, count, kept, at)`` keeps the same of a block of fewer elements, and returns how many lanes have
    some.
    """
    width = order.width
    runs, along = order.length // RUN, 4 * width

    def run_of_four(x, r, at):
        a, b, c, d = (
            read(x, (r, at)),
            read(x, (r, at + width)),
            read(x, (r, at + 2 * width)),
            read(x, (r, at + 3 * width)),
        )
        for k in range(1, RUN):
            to = at + k * along
            a, b = join(a, read(x, (r, to))), join(b, read(x, (r, to + width)))
            c, d = join(c, read(x, (r, to + 2 * width))), join(d, read(x, (r, to + 3 * width)))
        return a, b, c, d

    def whole(x, r, at):
        first = read(x, (r, at))
        a, b, c, d = first, first, first, first
        for k in range(runs):
            e, f, g, h = run_of_four(x, r, at + k * RUN * along)
            if k > 0:
                e, f, g, h = join(a, e), join(b, f), join(c, g), join(d, h)
            a, b, c, d = e, f, g, h
        return join(join(a, b), join(c, d))

    def part(x, r, at, count):
        total = read(x, (r, at))
        for first in range(0, count, RUN):
            value = read(x, (r, at + first * width))
            for k in range(first + 1, min(first + RUN, count)):
                value = join(value, read(x, (r, at + k * width)))
            if first > 0:
                value = join(total, value)
            total = value
        return total

    def rest(x, r, first, lane, count, kept, at):
        each = count // width
        if each > 0:
            write(kept, at, part(x, r, first + lane, each))
        if lane < count - each * width:
            value = read(x, (r, first + each * width + lane))
            if each > 0:
                value = join(again(kept, at), value)
            write(kept, at, value)
        return min(width, count)

    return whole, rest


def rows_kernel(read: Callable, again: Callable, join: Callable, write: Callable) -> Kernel:
    """Return the kernel by which a host reduces each block of each row of a matrix.

    Parameters
    ----------
    read, again : callable
        ``read(x, at)`` gives the value of an input, ``again(out, at)`` that of a result.
    join : callable
        The operator on values.
    write : callable
        ``write(out, at, value)``.
    """
    whole, rest = shares(read, again, join, write, ON_HOST)
    width, block = ON_HOST.width, ON_HOST.block

    @jk.kernel(group=(1, width))
    def reduce_rows(r, i, x, n, initial, started, held, out):
        number, lane = jk.group_index()[1], jk.local_index()[1]
        first = number * block
        count = min(block, n - first)
        used = width
        if count == block:
            write(held, (r, i), whole(x, r, first + lane))
        else:
            used = rest(x, r, first, lane, count, held, (r, i))
        jk.barrier()
        if lane == 0:
            apart = 1
            while apart < used:
                for k in range(i, i + used - apart, 2 * apart):
                    write(held, (r, k), join(again(held, (r, k)), again(held, (r, k + apart))))
                apart *= 2
            total = again(held, (r, i))
            if started:
                total = join(initial, total)
            write(out, (r, number), total)

    return reduce_rows


def groups_kernel(
    read: Callable, again: Callable, join: Callable, write: Callable, dtypes: tuple[np.dtype[Any], ...]
) -> Kernel:
    """Return the kernel by which a GPU does so: what lanes give is combined in shared memory, by as many as there are pairs."""
    whole, rest = shares(read, again, join, write, ON_GPU)
    width, block = ON_GPU.width, ON_GPU.block
    combine = in_pairs(again, join, write)

    def reduce_block(kept, given, out):
        r, x, n, initial, started = given
        number, lane = jk.group_index()[1], jk.local_index()[1]
        first = number * block
        count = min(block, n - first)
        used = width
        if count == block:
            write(kept, lane, whole(x, r, first + lane))
        else:
            used = rest(x, r, first, lane, count, kept, lane)
        jk.barrier()
        combine(kept, used, lane)
        if lane == 0:
            total = again(kept, 0)
            if started:
                total = join(initial, total)
            write(out, (r, number), total)

    run = _values.with_room(jk.shared, width, dtypes, reduce_block)

    @jk.kernel(group=(1, width))
    def reduce_rows(r, _, x, n, initial, started, out):
        run((r, x, n, initial, started), out)

    return reduce_rows


def in_pairs(again: Callable, join: Callable, write: Callable) -> Callable[..., None]:
    """Return ``combine(kept, used, lane)``: it leaves in place 0 what the first values in shared memory combine to, in order."""

    def combine(kept, used, lane):
        apart = 1
        while apart < used:
            k = 2 * apart * lane
            if k + apart < used:
                write(kept, k, join(again(kept, k), again(kept, k + apart)))
            jk.barrier()
            apart *= 2

    return combine
