"""Means of wide boxes along one axis, by sums that boxes share, so that the work does not grow with their width.

An axis is cut into blocks of as many elements as a box has: a box is the end of one block and the beginning of the next,
and both are running sums, in float64. Nothing is ever subtracted: a NaN, an infinity or a huge number leaves no trace
outside its boxes, and rounding errors grow with the width of a box, not with the length of the axis.

Source, for extremes: M. van Herk, A fast algorithm for local minimum and maximum filters on rectangular and octagonal
kernels, Pattern Recognition Letters 13, 1992, 517-521.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.launch.launcher import Launcher
from jitkit.signal import _borders

STRETCH = 1 << 11
"""Elements of a row between two beginnings: up to 1.5 times as fast as 1024."""
CACHE, MIN_TILE = 1 << 18, 64
"""Bytes of a block of rows and its sums that a second-level cache holds beside what else it has; fewest columns of it."""
PIECES = 4
"""Pieces for each thread, each with scratch memory of its own."""


def padded(x, o, begin, count, left, table, cval, row):
    """Copy places of a row; `table` says what stands for those before it, and for those behind it."""
    n = x.shape[1]
    first = min(max(left - begin, 0), count)
    last = max(min(n + left - begin, count), first)
    for k in range(first, last):
        row[k] = x[o, begin - left + k]
    for k in range(first):
        place = table[begin + k]
        row[k] = x[o, place] if place >= 0 else cval
    for k in range(last, count):
        place = table[begin + k - n]
        row[k] = x[o, place] if place >= 0 else cval


def four_blocks(held, begin, taps, count, scale, out, places):
    """Write the means of `count` boxes that begin in a block of each of four stretches.

    One addition in four waits for the one before.
    """
    a, b, d, e = np.float64(0.0), np.float64(0.0), np.float64(0.0), np.float64(0.0)
    for k in range(begin + taps - 1, begin - 1, -1):
        a += held[0, k]
        b += held[1, k]
        d += held[2, k]
        e += held[3, k]
        held[4, k] = a
        held[5, k] = b
        held[6, k] = d
        held[7, k] = e
    a, b, d, e = np.float64(0.0), np.float64(0.0), np.float64(0.0), np.float64(0.0)
    u, v, w, z = places
    out[u + begin], out[v + begin] = held[4, begin] * scale, held[5, begin] * scale
    out[w + begin], out[z + begin] = held[6, begin] * scale, held[7, begin] * scale
    for k in range(begin + 1, begin + count):
        a += held[0, k + taps - 1]
        b += held[1, k + taps - 1]
        d += held[2, k + taps - 1]
        e += held[3, k + taps - 1]
        out[u + k] = (held[4, k] + a) * scale
        out[v + k] = (held[5, k] + b) * scale
        out[w + k] = (held[6, k] + d) * scale
        out[z + k] = (held[7, k] + e) * scale


def one_block(row, sums, begin, taps, count, scale, out, place):
    """Write the means of `count` boxes that begin in one block."""
    total = np.float64(0.0)
    for k in range(begin + taps - 1, begin - 1, -1):
        total += row[k]
        sums[k] = total
    total = np.float64(0.0)
    out[place + begin] = sums[begin] * scale
    for k in range(begin + 1, begin + count):
        total += row[k + taps - 1]
        out[place + k] = (sums[k] + total) * scale


def count_of(n, stretches, stretch, rows, s):
    """Return how many elements a stretch has: none past the last row."""
    return min(stretch, n - s % stretches * stretch) if s < rows * stretches else 0


def place_of(n, stretches, stretch, s):
    """Return where a stretch lies in memory."""
    return s // stretches * n + s % stretches * stretch


@jk.kernel
def box_rows(p, _, x, table, left, cval, taps, stretch, scale, jobs, pieces, scratch, out):
    """Take stretches of rows, four at once and one such group after another."""
    rows, n = x.shape
    stretches = -(-n // stretch)
    for job in range(p, jobs, pieces):
        common, most = stretch, 0
        for j in range(4):
            s = 4 * job + j
            count = count_of(n, stretches, stretch, rows, s)
            if count > 0:
                padded(x, s // stretches, s % stretches * stretch, count + taps - 1, left, table, cval, scratch[p, j])
            common, most = min(common, count), max(most, count)
        if common < most:
            common = common // taps * taps
        places = (
            place_of(n, stretches, stretch, 4 * job),
            place_of(n, stretches, stretch, 4 * job + 1),
            place_of(n, stretches, stretch, 4 * job + 2),
            place_of(n, stretches, stretch, 4 * job + 3),
        )
        for begin in range(0, common, taps):
            four_blocks(scratch[p], begin, taps, min(taps, common - begin), scale, out, places)
        for j in range(4):
            s = 4 * job + j
            count, place = count_of(n, stretches, stretch, rows, s), place_of(n, stretches, stretch, s)
            for begin in range(common, count, taps):
                more = min(taps, count - begin)
                one_block(scratch[p, j], scratch[p, 4 + j], begin, taps, more, scale, out, place)


def later(x, o, place, column, columns, cval, row):
    """Add a row to the sums of the beginnings of a block."""
    if place >= 0:
        for c in range(columns):
            row[c] += np.float64(x[o, place, column + c])
    else:
        for c in range(columns):
            row[c] += cval


def earlier(x, o, place, column, columns, cval, below, row):
    """Write the sums of the ends of a block, one row longer than those below."""
    if place >= 0:
        for c in range(columns):
            row[c] = below[c] + np.float64(x[o, place, column + c])
    else:
        for c in range(columns):
            row[c] = below[c] + cval


@jk.kernel
def box_columns(p, _, x, table, cval, taps, tile, scale, jobs, pieces, scratch, out):
    """Take blocks of `taps` rows and `tile` columns, those below one another in turn."""
    blocks, tiles = -(-x.shape[1] // taps), -(-x.shape[2] // tile)
    for job in range(p * jobs // pieces, (p + 1) * jobs // pieces):
        o, column, first = job // (blocks * tiles), job // blocks % tiles * tile, job % blocks * taps
        columns, rows = min(tile, x.shape[2] - column), min(taps, x.shape[1] - first)
        for c in range(columns):
            scratch[p, taps, c] = 0.0
        for k in range(taps - 1, -1, -1):
            earlier(x, o, table[first + k], column, columns, cval, scratch[p, k + 1], scratch[p, k])
        for c in range(columns):
            out[o, first, column + c] = scratch[p, 0, c] * scale
        for k in range(1, rows):
            later(x, o, table[first + taps + k - 1], column, columns, cval, scratch[p, taps])
            for c in range(columns):
                out[o, first + k, column + c] = (scratch[p, k, c] + scratch[p, taps, c]) * scale


_rows, _columns = Launcher(box_rows), Launcher(box_columns)


def means(
    x: Any, target: Any, taps: int, axis: int, left: int, mode: str, cval: float, backend: str | None, name: str
) -> None:
    """Write the means of boxes of `taps` elements along an axis, `left` of which lie before a point.

    Parameters
    ----------
    x, target : array
        The elements and the means, both C-contiguous.
    taps, axis, left : int
        The box.
    mode, cval
        What stands for elements outside.
    backend : str or None
        The backend.
    name : str
        Who asks, for messages.
    """
    shape, dtype = tuple(x.shape), operands.dtype_of(x)
    n, outer, inner = shape[axis], math.prod(shape[:axis]), math.prod(shape[axis + 1 :])
    inside = np.arange(n if inner > 1 else 0)  # a row is copied where it lies inside
    places = np.concatenate((np.arange(-left, 0), inside, np.arange(n, n - left + taps - 1)))
    table = _borders.sources(places, max(n, 1), mode, name)
    if outer * n * inner == 0:
        return
    if inner == 1:
        stretch = min(-(-n // taps), max(STRETCH // taps, 1)) * taps
        jobs = -(-outer * -(-n // stretch) // 4)
        pieces = min(jobs, PIECES * jk.get_num_threads())
        scratch = np.empty((pieces, 8, stretch + taps))
        x, target = x.reshape(outer, n), target.reshape(-1)
        _rows((pieces, 1), backend)(x, table, left, float(cval), taps, stretch, 1 / taps, jobs, pieces, scratch, target)
    else:
        tile = min(inner, max(MIN_TILE, CACHE // (taps * (8 + dtype.itemsize))))
        jobs = outer * -(-n // taps) * -(-inner // tile)
        pieces = min(jobs, PIECES * jk.get_num_threads())
        scratch = np.empty((pieces, taps + 1, tile))
        x, target = x.reshape(outer, n, inner), target.reshape(outer, n, inner)
        _columns((pieces, 1), backend)(x, table, float(cval), taps, tile, 1 / taps, jobs, pieces, scratch, target)
