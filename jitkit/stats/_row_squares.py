"""Rolling variances of rows on a host: sums and sums of squares for a block, both added up in four chains as in `_row_windows`.

What is added up are differences to the mean of the window before the block, so that little is lost when the mean of a window is
taken off. A block where too much is goes the way of `_missing_windows`, element by element, and a stretch with infinities that
of `_windows`. NaN add nothing, and are counted where there are some.

Source: T. F. Chan, G. H. Golub, R. J. LeVeque, Algorithms for computing the sample variance, Am. Stat. 37, 242-247, 1983, of
the shift.
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
from jitkit.stats._missing_windows import LEFT, settled_of, squares_of_numbers
from jitkit.stats._row_windows import BLOCK, LANES, counted, infinite, there
from jitkit.stats._windows import of_squares, read_row, squares_of_any, write_row

OFTEN = 128
"""Windows up to which each block has a centre of its own."""


def apart(v, centre):
    """Return how far an element lies from a number, and nothing for NaN."""
    return np.float64(v) - centre if v == v else np.float64(0.0)


def add_up(held, quarter, total):
    """Make four quarters of numbers their running sums, beginning with `total`, and return the last.

    They advance side by side, as each addition waits for the one before. What is before a quarter is added
    afterwards, in vectors. The sums of `_row_windows` took 1.1 of the time by it, these 0.8.
    """
    a, b, c, d = total, 0, 0, 0
    for j in range(quarter):
        a += held[j]
        b += held[j + quarter]
        c += held[j + 2 * quarter]
        d += held[j + 3 * quarter]
        held[j] = a
        held[j + quarter] = b
        held[j + 2 * quarter] = c
        held[j + 3 * quarter] = d
    b += a
    c += b
    for j in range(quarter):
        held[j + quarter] += a
    for j in range(quarter):
        held[j + 2 * quarter] += b
    for j in range(quarter):
        held[j + 3 * quarter] += c
    return c + d


def block_squares(
    careful: Callable[..., None], single: Callable[..., None], settled: Callable[..., Any]
) -> Callable[..., None]:
    """Return the function that writes the variances or deviations of a stretch."""

    def squares_of_blocks(x, o, first, last, window, least, roots, ddof, out):
        sums, squares = jk.local(BLOCK, np.float64), jk.local(BLOCK, np.float64)
        counts = jk.local(BLOCK, np.int32)
        low, high = jk.local(LANES, np.float64), jk.local(LANES, np.float64)
        inverse, enough = 1.0 / window, max(np.int32(least), np.int32(2))
        scale = (1.0 / (window - ddof) if window > 1 else 0.0) if window > ddof else math.nan
        centre, total, square, most, n = np.float64(0.0), np.float64(0.0), np.float64(0.0), np.float64(0.0), 0
        lost = True
        for block in range(first, last, BLOCK):
            size = min(BLOCK, last - block)
            quarter = (size + LANES - 1) // LANES * (LANES // 4)
            short = min(max(window - block, 0), size)  # from the first windows of a row nothing leaves
            if lost or window <= OFTEN:
                begin = max(block - window, 0)
                centre, total, square = settled(x, o, begin, block if block > 0 else min(window, last), 0, centre)
                if block == 0:
                    total, square = np.float64(0.0), np.float64(0.0)
                n = counted(x, o, begin, block)
                most = square
            new = counted(x, o, block, block + size)
            for j in range(short):
                d = apart(x[o + block + j], centre)
                sums[j] = d
                squares[j] = d * d
            for j in range(short, size):
                d, e = apart(x[o + block + j], centre), apart(x[o + block + j - window], centre)
                sums[j] = d - e
                squares[j] = d * d - e * e
            for j in range(size, 4 * quarter):
                sums[j] = 0.0
                squares[j] = 0.0
            total, square = add_up(sums, quarter, total), add_up(squares, quarter, square)
            whole = new == size and n == min(block, window)
            if whole:
                for j in range(short):
                    counts[j] = np.int32(block + j + 1)
                for j in range(short, 4 * quarter):
                    counts[j] = np.int32(window)
            else:
                for j in range(short):
                    counts[j] = there(x[o + block + j])
                for j in range(short, size):
                    counts[j] = there(x[o + block + j]) - there(x[o + block + j - window])
                for j in range(size, 4 * quarter):
                    counts[j] = np.int32(0)
                add_up(counts, quarter, np.int32(n))
            for j in range(LANES):
                low[j] = math.inf
                high[j] = 0.0
            for k in range(0, 4 * quarter, LANES):
                for j in range(LANES):
                    v, s, m = squares[k + j], sums[k + j], counts[k + j]
                    rest = v * m - s * s  # times the count, so that one division is enough
                    sums[k + j] = rest
                    high[j] = v if v > high[j] else high[j]
                    rest = rest if m >= enough and k + j >= short else math.inf
                    low[j] = rest if rest < low[j] else low[j]
            half = LANES // 2
            while half > 0:
                for j in range(half):
                    low[j] = low[j + half] if low[j + half] < low[j] else low[j]
                    high[j] = high[j + half] if high[j + half] > high[j] else high[j]
                half //= 2
            most = max(most, high[0])
            few = np.int32(0)
            for j in range(short):  # from the squares of these nothing was taken
                few += np.int32(1) if sums[j] <= squares[j] * counts[j] * LEFT and counts[j] >= enough else np.int32(0)
            lost = (few > 0 and most > 0.0) or not (
                (low[0] > most * LEFT * window or most == 0.0) and most * window < math.inf
            )
            if lost:
                single(x, o, 0, block, block + size, window, least, roots, ddof, out)
            elif whole and short == 0:
                factor = inverse * scale
                for j in range(size):
                    v = max(sums[j], 0.0) * factor
                    out[o + block + j] = math.sqrt(v) if roots else v
            else:
                for j in range(size):
                    m = counts[j]
                    v = max(sums[j], 0.0) / (max(m, np.int32(1)) * (m - ddof)) if m > 1 else 0.0
                    v = math.sqrt(v) if roots else v
                    out[o + block + j] = v if m >= least and m > ddof else math.nan
            n = int(counts[size - 1])

    def step(x, o, first, last, window, least, roots, ddof, out):
        if infinite(x, o, max(first - window, 0), last) > 0:
            careful(x, o, 0, first, last, window, least, roots, ddof, out)
        else:
            squares_of_blocks(x, o, first, last, window, least, roots, ddof, out)

    return step


@functools.cache
def squares() -> Launcher:
    """Return the kernel of variances (`what` 0) and deviations (1): a stretch of a row at each point."""
    single = squares_of_numbers(read_row, write_row, of_squares)
    of_blocks = block_squares(squares_of_any(read_row, write_row), single, settled_of(read_row))

    @jk.kernel
    def roll_squares(o, s, one, x, n, stretch, window, least, what, ddof, out):
        first = s * stretch
        of_blocks(x, o * n, first, min(n, first + stretch), window, least, what == 1, ddof, out)

    return Launcher(roll_squares)
