"""The kernels of rolling extremes and medians; each of a few pieces has scratch memory and takes one stretch after another.

Extremes of windows of 1, 2, 4, ... elements are made of one another, in vectors over a stretch that lies in the cache; two
that overlap cover the window. Medians come from a sorted window, in which the element that enters takes the place of the
one that leaves. NaN are left out.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

import jitkit as jk
from jitkit.launch.launcher import Launcher
from jitkit.stats._windows import read_column, read_row, write_column, write_row

STRETCH, TILE = 2048, 64
"""Elements between two beginnings, two copies of which fill half of a first-level cache, and columns taken together."""
FEW, BLOCK, MANY = 256, 32, 1024
"""Sorted numbers among which a place is found by counting; of each block the first is counted before, where they are more.

Halving guesses half of its branches wrong, and is for more than that: windows of 1,000 took 1.2 (float64) to 1.7 times as
long by it.
"""


def double(x, y, width, count):
    """Write the smaller of two neighbouring windows."""
    for j in range(count):
        y[j] = min(x[j], x[j + width])


def hide_missing_of(read: Callable[..., Any], write: Callable[..., None]) -> Callable[..., Any]:
    """Return the function that writes NaN where a window has too few numbers."""

    def hide_missing(x, o, c, first, last, window, least, out, begin):
        n = 0
        for k in range(begin, last):
            n += 1 if read(x, o, k, c) == read(x, o, k, c) else 0
            if k - window >= begin:
                n -= 1 if read(x, o, k - window, c) == read(x, o, k - window, c) else 0
            if k >= first and n < least:
                write(out, o, k, c, math.nan)

    return hide_missing


def load_of(read: Callable[..., Any], write: Callable[..., None]) -> Callable[..., Any]:
    """Return the function that copies a tile, with infinity for NaN, and returns how many there were."""
    flat = read is read_row

    def loaded(x, o, begin, last, c0, columns, sign, one):
        missing = 0
        if flat:
            for k in range(begin, last):
                v = sign * read(x, o, k, 0)
                one[k - begin] = v if v == v else math.inf
                missing += 1 if v != v else 0
        else:
            for k in range(begin, last):
                for c in range(columns):
                    v = sign * read(x, o, k, c0 + c)
                    one[(k - begin) * columns + c] = v if v == v else math.inf
                    missing += 1 if v != v else 0
        return missing

    return loaded


def combination_of(read: Callable[..., Any], write: Callable[..., None]) -> Callable[..., Any]:
    """Return the function that writes the smaller of two windows that overlap."""
    flat = read is read_row

    def combined(held, between, first, last, columns, sign, out, o, c0):
        if flat:
            for k in range(first, last):
                write(out, o, k, 0, sign * min(held[k - first], held[k - first + between]))
        else:
            for k in range(first, last):
                at = (k - first) * columns
                for c in range(columns):
                    write(out, o, k, c0 + c, sign * min(held[at + c], held[at + between + c]))

    return combined


def smallest_of(read: Callable[..., Any], write: Callable[..., None]) -> Callable[..., Any]:
    """Return the function that writes the smallest of ``sign * x`` in each window of a tile, times `sign`."""
    loaded, combined, hide_missing = load_of(read, write), combination_of(read, write), hide_missing_of(read, write)

    def smallest(x, o, first, last, c0, columns, window, least, sign, one, two, out):
        begin = max(first - window + 1, 0)
        missing = loaded(x, o, begin, last, c0, columns, sign, one)
        whole = max(first, min(window - 1, last))
        for c in range(columns):
            best = one[c]
            for k in range(first, whole):  # the first windows of a row are short
                best = min(best, one[k * columns + c])
                write(out, o, k, c0 + c, sign * best if k + 1 >= least else math.nan)
        width = 1
        left = last - begin
        here = 0
        while 2 * width <= window and left > width:
            left -= width
            if here == 0:
                double(one, two, width * columns, left * columns)
            else:
                double(two, one, width * columns, left * columns)
            here = 1 - here
            width *= 2
        if here == 0:
            combined(one, (window - width) * columns, whole, last, columns, sign, out, o, c0)
        else:
            combined(two, (window - width) * columns, whole, last, columns, sign, out, o, c0)
        if missing > 0:
            for c in range(columns):
                hide_missing(x, o, c0 + c, first, last, window, least, out, begin)

    return smallest


def counted(held, v, first, last):
    """Return how many of some sorted numbers are less than v, by looking at all of them, in vectors."""
    less = np.int32(0)
    for j in range(first, last):
        less += np.int32(1) if held[j] < v else np.int32(0)
    return int(less)


def lower(held, v, n):
    """Return how many of n sorted numbers are less than v."""
    if n <= FEW:
        return counted(held, v, 0, n)
    low, size = 0, n
    while size > MANY:
        half = size // 2
        below = held[low + half] < v
        low = low + half + 1 if below else low
        size = size - half - 1 if below else half
    blocks = np.int32(0)
    for j in range((size + BLOCK - 1) // BLOCK):
        blocks += np.int32(1) if held[low + j * BLOCK] < v else np.int32(0)
    first = low + max(int(blocks) - 1, 0) * BLOCK
    return first + counted(held, v, first, min(first + BLOCK, low + size))


def enter(held, v, n):
    """Put a number among n sorted ones."""
    at = lower(held, v, n)
    for j in range(n, at, -1):
        held[j] = held[j - 1]
    held[at] = v


def leave(held, v, n):
    """Take a number from among n sorted ones."""
    for j in range(lower(held, v, n), n - 1):
        held[j] = held[j + 1]


def exchange(held, old, new, n):
    """Put a number in the place of another: those between the two places move by one."""
    gone, at = lower(held, old, n), lower(held, new, n)
    if at > gone:
        for j in range(gone, at - 1):
            held[j] = held[j + 1]
        held[at - 1] = new
    else:
        for j in range(gone, at, -1):
            held[j] = held[j - 1]
        held[at] = new


def middle(x, first, last, window, least, held, out):
    """Write the median of each window of a stretch of a row."""
    begin = max(first - window + 1, 0)
    n = 0
    for k in range(begin, last):
        new = x[k]
        old = x[max(k - window, 0)]
        leaves = k - window >= begin and old == old
        if leaves and new == new:
            exchange(held, old, new, n)
        elif leaves:
            leave(held, old, n)
            n -= 1
        elif new == new:
            enter(held, new, n)
            n += 1
        if k >= first:
            half = n // 2
            if n < least:
                out[k] = math.nan
            elif n % 2 == 1:
                out[k] = held[half]
            else:
                low, high = held[half - 1], held[half]
                out[k] = low if low == high else 0.5 * low + 0.5 * high


@functools.cache
def extremes(flat: bool) -> Launcher:
    """Return the kernel of extremes, for rows or for columns."""
    smallest = smallest_of(read_row, write_row) if flat else smallest_of(read_column, write_column)

    @jk.kernel
    def roll_extremes(p, one, x, outer, n, inner, stretch, tile, window, least, sign, scratch, out):
        # every so many tiles, of `stretch` elements along the axis and `tile` columns, in each piece
        spans, tiles = (n + stretch - 1) // stretch, (inner + tile - 1) // tile
        for t in range(p, outer * spans * tiles, scratch.shape[1]):
            first, c0 = t // tiles % spans * stretch, t % tiles * tile
            last, columns = min(n, first + stretch), min(tile, inner - c0)
            o = t // tiles // spans * (n if flat else 1)
            smallest(x, o, first, last, c0, columns, window, least, sign, scratch[0, p], scratch[1, p], out)

    return Launcher(roll_extremes)


def medians_by(middles: Callable[..., None]) -> Launcher:
    """Return the kernel of rolling medians: ``middles(row, first, last, window, least, held, out)`` writes a stretch of them."""

    @jk.kernel
    def roll_medians(p, one, x, stretch, window, least, scratch, out):
        rows, n = x.shape
        each = (n + stretch - 1) // stretch
        for t in range(p, rows * each, scratch.shape[0]):  # every so many stretches of rows in each piece
            first = t % each * stretch
            middles(x[t // each], first, min(n, first + stretch), window, least, scratch[p], out[t // each])

    return Launcher(roll_medians)


medians = medians_by(middle)
