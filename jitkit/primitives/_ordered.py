"""The kernel of a host's reductions whose operands stay in order: memory is swept once, and lanes stand side by side.

A group goes over its block by deals of 128 elements. In each a lane combines sixteen of its own, in four chains, and what
the lanes give is kept, in order: a sixteenth of the elements. The kept values are combined likewise, a stretch to each
lane, and then in pairs. Where a block is dealt out in stretches of 576 elements, as it is on a GPU, there are 128 streams,
and no processor fetches that many ahead: 16 million float32 took 2.4 times as long, and float64 1.9 times.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jitkit as jk
from jitkit.launch.kernel import Kernel

WIDTH = 8
"""Work-items of a group: one vector. Sixteen take longer, as their elements are loaded one by one."""
RUN = 4
"""Elements of a chain: with four chains a lane reads 64 bytes of float32. Chains of sixteen took 1.5 times as long."""
DEAL = WIDTH * 4 * RUN
"""Elements that the lanes of a group combine before their results are kept."""
DEALS = 64
EACH = DEALS // 4
"""Kept values of a chain, where a lane combines those of a whole block."""


class Deals(NamedTuple):
    """How many lanes share a block, and how many elements it has."""

    width: int
    block: int

    def kept_of(self, n: int) -> int:
        """Return how many values are kept of a row of n elements: of each deal, and of the elements that are left."""
        return (n // DEAL + 1) * self.width


IN_ORDER = Deals(WIDTH, DEALS * DEAL)


def chains(read: Callable, join: Callable, run: int) -> Callable:
    """Return ``whole(x, r, at)``, which combines four runs of elements in order."""

    def whole(x, r, at):
        a, b = read(x, (r, at)), read(x, (r, at + run))
        c, d = read(x, (r, at + 2 * run)), read(x, (r, at + 3 * run))
        for k in range(1, run):
            to = at + k
            a, b = join(a, read(x, (r, to))), join(b, read(x, (r, to + run)))
            c, d = join(c, read(x, (r, to + 2 * run))), join(d, read(x, (r, to + 3 * run)))
        return join(join(a, b), join(c, d))

    return whole


def chain(read: Callable, join: Callable) -> Callable:
    """Return ``part(x, r, at, count)``, which combines elements one after another."""

    def part(x, r, at, count):
        total = read(x, (r, at))
        for k in range(1, count):
            total = join(total, read(x, (r, at + k)))
        return total

    return part


def ordered_kernel(read: Callable, again: Callable, join: Callable, write: Callable) -> Kernel:
    """Return the kernel that reduces each block of each row of a matrix in order.

    Parameters
    ----------
    read, again : callable
        ``read(x, at)`` gives the value of an input, ``again(out, at)`` that of a result.
    join : callable
        The operator on values.
    write : callable
        ``write(out, at, value)``.
    """
    whole, whole_kept = chains(read, join, RUN), chains(again, join, EACH)
    part, part_kept = chain(read, join), chain(again, join)
    width, block = IN_ORDER

    @jk.kernel(group=(1, width))
    def reduce_in_order(r, _, x, n, initial, started, held, out):
        number, lane = jk.group_index()[1], jk.local_index()[1]
        first, base = number * block, number * DEALS * width
        count = min(block, n - first)
        for deal in range(count // DEAL):
            write(held, (r, base + deal * width + lane), whole(x, r, first + deal * DEAL + lane * 4 * RUN))
        many, left = count // DEAL * width, count % DEAL
        if left > 0:
            each = (left + width - 1) // width
            if lane * each < left:
                value = part(x, r, first + count - left + lane * each, min(each, left - lane * each))
                write(held, (r, base + many + lane), value)
            many += (left + each - 1) // each
        jk.barrier()
        each = (many + width - 1) // width
        if count == block:
            write(held, (r, base + lane * each), whole_kept(held, r, base + lane * each))
        elif lane * each < many:
            write(held, (r, base + lane * each), part_kept(held, r, base + lane * each, min(each, many - lane * each)))
        jk.barrier()
        if lane == 0:
            apart = each
            while apart < many:
                for k in range(base, base + many - apart, 2 * apart):
                    write(held, (r, k), join(again(held, (r, k)), again(held, (r, k + apart))))
                apart *= 2
            total = again(held, (r, base))
            if started:
                total = join(initial, total)
            write(out, (r, number), total)

    return reduce_in_order
