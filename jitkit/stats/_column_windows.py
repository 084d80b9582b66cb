"""Rolling sums and variances of columns on a host: a row after the other, a tile of columns next to one another in vectors.

NaN add nothing, and are counted. A column begins at the first element of a stretch, and anew where too few bits of its sum
are left. Variances come from sums of differences to a number near the windows, and of their squares; where too little of
these is left when the mean is taken off, the window is added up anew about its own mean. A tile that meets infinities is
gone over once more, by what counts them.

Source: T. F. Chan, G. H. Golub, R. J. LeVeque, Algorithms for computing the sample variance, Am. Stat. 37, 242-247, 1983, of
the shift.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
import math

import numpy as np

import jitkit as jk
from jitkit.launch.launcher import Launcher
from jitkit.stats._missing_windows import LEFT
from jitkit.stats._row_windows import number
from jitkit.stats._windows import LOST, holds, read_column, squares_of_any, sums_of_any, write_column

TILE = 64
"""Columns that a point takes: a row of them is 512 bytes."""


def present(v):
    """Return an element as what it adds to the numbers of a window."""
    return np.float64(1.0) if v == v else np.float64(0.0)


def away(v, centre):
    """Return how far an element is from a number, nothing for NaN."""
    return np.float64(v) - centre if v == v else np.float64(0.0)


def added(x, o, first, last, c):
    """Return the sum of the numbers among some elements of a column, and how many there are."""
    total, n = np.float64(0.0), np.float64(0.0)
    for k in range(first, last):
        total += number(x[o, k, c])
        n += present(x[o, k, c])
    return total, n


def about(x, o, first, last, c, centre):
    """Return sum, sum of squares and count of what the numbers among some elements of a column differ by from another."""
    total, squares, n = np.float64(0.0), np.float64(0.0), np.float64(0.0)
    for k in range(first, last):
        d = away(x[o, k, c], centre)
        total += d
        squares += d * d
        n += present(x[o, k, c])
    return total, squares, n


def squared(x, o, first, last, c, centre):
    """Return a number near those among some elements of a column, and what `about` tells of them and it."""
    for _ in range(2):  # the mean of what lies far from the first centre is rounded like that
        total, _squares, n = about(x, o, first, last, c, centre)
        centre += total / max(n, 1.0)
    total, squares, n = about(x, o, first, last, c, centre)
    return centre, total, squares, n


def variance(left, n, least, ddof):
    """Return a variance, of a sum of squares about the mean times the count; rounding may have left it below zero."""
    found = max(left, 0.0) / (n * (n - ddof))
    found = found if n > 1.0 else 0.0
    return found if n >= least and n > ddof else math.nan


def keeps(left, most, n):
    """Tell whether enough of a sum of squares times the count is left when the mean is taken off."""
    return left - left == 0.0 and (left >= most * (LEFT * n) or n < 2.0)


@functools.cache
def sums() -> Launcher:
    """Return the kernel of sums (`what` 0) and means (1); the last index is unused: columns are the vector's."""
    careful = sums_of_any(read_column, write_column)

    @jk.kernel
    def roll_sums(o, s, t, one, x, n, stretch, window, least, what, ddof, out):
        total, counts, most = jk.local(TILE, np.float64), jk.local(TILE, np.float64), jk.local(TILE, np.float64)
        c0, first = t * TILE, s * stretch
        columns, last = min(x.shape[2] - c0, TILE), min(n, first + stretch)
        endless = 0
        for c in range(columns):
            total[c], counts[c] = added(x, o, max(first - window, 0), first, c0 + c)
            most[c] = abs(total[c])
        for k in range(first, last):
            lost = np.int32(0)
            if k < window:
                for c in range(columns):
                    total[c] += number(x[o, k, c0 + c])
                    counts[c] += present(x[o, k, c0 + c])
            else:
                for c in range(columns):
                    total[c] += number(x[o, k, c0 + c]) - number(x[o, k - window, c0 + c])
                    counts[c] += present(x[o, k, c0 + c]) - present(x[o, k - window, c0 + c])
            for c in range(columns):
                size = abs(total[c])
                most[c] = size if size > most[c] else most[c]
                lost += np.int32(0) if size >= most[c] * LOST and size < math.inf else np.int32(1)
            if lost > 0:
                for c in range(columns):
                    if not holds(abs(total[c]), most[c]):
                        endless += 0 if total[c] - total[c] == 0.0 else 1
                        total[c], counts[c] = added(x, o, max(k + 1 - window, 0), k + 1, c0 + c)
                        endless += 0 if total[c] - total[c] == 0.0 else 1
                        most[c] = abs(total[c])
            if what == 1:
                for c in range(columns):
                    out[o, k, c0 + c] = total[c] / max(counts[c], 1.0) if counts[c] >= least else math.nan
            else:
                for c in range(columns):
                    out[o, k, c0 + c] = total[c] if counts[c] >= least else math.nan
        if endless > 0:
            for c in range(columns):
                careful(x, o, c0 + c, first, last, window, least, what == 1, out)

    return Launcher(roll_sums)


@functools.cache
def squares() -> Launcher:
    """Return the kernel of variances (`what` 0) and standard deviations (1)."""
    careful = squares_of_any(read_column, write_column)

    @jk.kernel
    def roll_squares(o, s, t, one, x, n, stretch, window, least, what, ddof, out):
        centre, total, square = jk.local(TILE, np.float64), jk.local(TILE, np.float64), jk.local(TILE, np.float64)
        counts, most, left = jk.local(TILE, np.float64), jk.local(TILE, np.float64), jk.local(TILE, np.float64)
        c0, first = t * TILE, s * stretch
        columns, last = min(x.shape[2] - c0, TILE), min(n, first + stretch)
        endless = 0
        for c in range(columns):
            begin = max(first - window, 0)
            centre[c] = squared(x, o, begin, min(begin + window, n), c0 + c, 0.0)[0]  # those before may be none
            total[c], square[c], counts[c] = about(x, o, begin, first, c0 + c, centre[c])
            most[c] = square[c]
        for k in range(first, last):
            lost = np.int32(0)
            if k < window:
                for c in range(columns):
                    new = away(x[o, k, c0 + c], centre[c])
                    total[c] += new
                    square[c] += new * new
                    counts[c] += present(x[o, k, c0 + c])
            else:
                for c in range(columns):
                    new, old = away(x[o, k, c0 + c], centre[c]), away(x[o, k - window, c0 + c], centre[c])
                    total[c] += new - old
                    square[c] += (new - old) * (new + old)
                    counts[c] += present(x[o, k, c0 + c]) - present(x[o, k - window, c0 + c])
            for c in range(columns):
                most[c] = square[c] if square[c] > most[c] else most[c]
                left[c] = square[c] * counts[c] - total[c] * total[c]
                lost += np.int32(0) if keeps(left[c], most[c], counts[c]) else np.int32(1)
            if lost > 0:
                for c in range(columns):
                    if not keeps(left[c], most[c], counts[c]):
                        endless += 0 if total[c] - total[c] == 0.0 else 1
                        begin = max(k + 1 - window, 0)
                        centre[c], total[c], square[c], counts[c] = squared(x, o, begin, k + 1, c0 + c, centre[c])
                        endless += 0 if total[c] - total[c] == 0.0 else 1
                        most[c] = square[c]
                        left[c] = square[c] * counts[c] - total[c] * total[c]
                        left[c] = square[c] if square[c] == math.inf else left[c]
            if what == 1:
                for c in range(columns):
                    out[o, k, c0 + c] = math.sqrt(variance(left[c], counts[c], least, ddof))
            else:
                for c in range(columns):
                    out[o, k, c0 + c] = variance(left[c], counts[c], least, ddof)
        if endless > 0:
            for c in range(columns):
                careful(x, o, c0 + c, first, last, window, least, what == 1, ddof, out)

    return Launcher(roll_squares)
