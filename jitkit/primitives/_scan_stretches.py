"""The kernels of scans on a host: few stretches of a row, each gone over by one thread, four at a time.

A row is cut into pieces, as its length alone says, and a piece into four stretches of one length. First each stretch is
combined; then a thread combines what is before its piece out of those few results and goes over the piece once more. The
four stretches of a piece advance together, since one alone would wait for the latency of its operator at every element.

Beside groups of lanes, as on a GPU: nothing is gathered or scattered, and there is a third as much code to compile.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Callable

import jitkit as jk
from jitkit.launch.kernel import Kernel

CHAINS = 4
SERIAL = 8192
"""Elements that one thread goes over before a second would pay."""
PIECES = 64
"""Most pieces of a row: the results before a piece, at most 4 times as many, are combined again for each piece."""
_LINE = 16
"""Stretches are an odd multiple of this: a power of two would put the four into the same set of the cache."""


def cut(n: int) -> tuple[int, int]:
    """Return how many pieces a row of `n` elements is cut into, and the length of their four stretches.

    What is left over goes with the last piece. A short row is one piece of no stretches.
    """
    if n < 2 * SERIAL:
        return 1, 0
    pieces = min(PIECES, n // SERIAL)
    lines = n // (pieces * CHAINS * _LINE)
    return pieces, (lines - 1 + lines % 2) * _LINE


def totals_kernel(read: Callable, join: Callable, write: Callable, origin: int) -> Kernel:
    """Return the kernel that combines each stretch, and what is left over; the first begins at `origin`."""

    def total_of(x, r, first, last):
        total = read(x, (r, first))
        for k in range(first + 1, last):
            total = join(total, read(x, (r, k)))
        return total

    @jk.kernel
    def scan_totals(r, p, _, n, pieces, stretch, x, held):
        first, last = origin + 4 * p * stretch, origin + 4 * pieces * stretch
        if stretch > 0:
            a, b = read(x, (r, first)), read(x, (r, first + stretch))
            c, d = read(x, (r, first + 2 * stretch)), read(x, (r, first + 3 * stretch))
            for k in range(first + 1, first + stretch):
                a, b = join(a, read(x, (r, k))), join(b, read(x, (r, k + stretch)))
                c, d = join(c, read(x, (r, k + 2 * stretch))), join(d, read(x, (r, k + 3 * stretch)))
            write(held, (r, 4 * p), a)
            write(held, (r, 4 * p + 1), b)
            write(held, (r, 4 * p + 2), c)
            write(held, (r, 4 * p + 3), d)
        if p == pieces - 1 and last < n:
            write(held, (r, 4 * pieces), total_of(x, r, last, n))

    return scan_totals


def walks_kernel(
    read: Callable, again: Callable, join: Callable, write: Callable, step: Callable, origin: int, ended: bool
) -> Kernel:
    """Return the kernel that takes a step at each element of a row, from what is before it.

    Parameters
    ----------
    read, again, join, write : callable
        As for the kernels of a reduction.
    step : callable
        ``step(x, out, at, before, end)`` does what is to be done at an element, and returns the value after it.
    origin : int
        1 where there is no value before the first element: the scan then begins with it.
    ended : bool
        Whether `end` is the value after the stretch, which then needs the results of all stretches; else it is any value.
    """
    if origin:

        def begin(x, out, r, p, initial):
            value = read(x, (r, 0))
            if p == 0:
                write(out, (r, 0), value)
            return value

    else:

        def begin(x, out, r, p, initial):
            return initial

    @jk.kernel
    def scan_walks(r, p, _, n, pieces, stretch, x, initial, held, out):
        before = begin(x, out, r, p, initial)
        for k in range(4 * p):
            before = join(before, again(held, (r, k)))
        first = origin + 4 * p * stretch
        if stretch > 0:
            a, b = before, join(before, again(held, (r, 4 * p)))
            c = join(b, again(held, (r, 4 * p + 1)))
            d = join(c, again(held, (r, 4 * p + 2)))
            e, f, g, h = b, c, d, d
            if ended:
                h = join(d, again(held, (r, 4 * p + 3)))
            for k in range(first, first + stretch):
                a, b = step(x, out, (r, k), a, e), step(x, out, (r, k + stretch), b, f)
                c = step(x, out, (r, k + 2 * stretch), c, g)
                d = step(x, out, (r, k + 3 * stretch), d, h)
            before = d
        if p == pieces - 1 and first + 4 * stretch < n:
            end = before
            if ended:
                end = join(before, again(held, (r, 4 * pieces)))
            for k in range(first + 4 * stretch, n):
                before = step(x, out, (r, k), before, end)

    return scan_walks
