"""The kernels of the moments: each block in two passes while it lies in the cache, and the blocks merged about the common mean.

The first pass over a block gives its mean, the second the powers of deviations from it, with the correction for the
rounding of that mean. Blocks are merged in float64 by the formulas for several sets at once, so a float32 result is no
worse than one from float64 sums. The array is read from memory once.

Sources: T. F. Chan, G. H. Golub, R. J. LeVeque, Algorithms for computing the sample variance, Am. Stat. 37, 242-247, 1983;
P. Pebay, Formulas for robust, one-pass parallel computation of covariances and arbitrary-order statistical moments,
Sandia report SAND2008-6212, 2008.
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

MEAN, VAR, STD, SKEW, KURTOSIS, SUM = range(6)

BLOCK = 2048
"""Elements of a row that are taken twice: 16 KB at most, half of a first-level cache."""
SHORT, MANY = 32, 64
"""Rows so short are taken side by side where there are so many: each has too little for a vector of its own."""
LANES = 32
"""Work-items that share a block on a GPU, a warp, neighbours taking neighbouring elements; on a host a block is one point's."""
MERGING = 256
"""Work-items that merge the blocks of one result on a GPU: one alone took 2 times 8192 of them for 16 million elements."""
SPAN, TILE = 64, 512
"""Rows and columns that a point takes twice where the axis is not the last: 256 KB at most, half of a second-level cache."""
RUN = 8
"""Rows that are added up before the sum joins the one in memory."""


def settled(n, mean, d1, d2, d3, d4):
    """Return mean and sums of powers of deviations from it, given those from a rounded mean."""
    shift = d1 / max(n, 1.0)
    m2 = max(d2 - shift * d1, 0.0) if d2 == d2 else d2
    m3 = d3 - 3.0 * shift * d2 + 2.0 * shift * shift * d1
    m4 = d4 - 4.0 * shift * d3 + 6.0 * shift * shift * d2 - 3.0 * shift * shift * shift * d1
    return mean + shift, m2, m3, m4


def itself(value):
    """Return a value as it is."""
    return value


def in_group(value):
    """Return the sum of a value over the work-items of a group."""
    return jk.group_reduce("add", value)


def row_moments(order: int, skip: bool, total_of: Callable = itself) -> Callable[..., Any]:
    """Return ``of(x, r, first, last, step)``: count, mean and sums of powers of deviations; `skip` leaves NaN out.

    Of order 1 it is count and sum: a mean times its count is not the sum again. Where work-items share a block, `total_of`
    gives the sum of what each of them found.
    """

    def sum_of(x, r, first, last, step):
        total = 0.0
        found = np.int32(0)
        for k in range(first, last, step):
            v = x[r, k]
            if skip:
                total += v if v == v else 0.0
                found += np.int32(1) if v == v else np.int32(0)
            else:
                total += v
        n = int(found) if skip else (last - first + step - 1) // step
        return total_of(n), total_of(total)

    def first_only(x, r, first, last, step):
        n, total = sum_of(x, r, first, last, step)
        return np.float64(n), np.float64(total), 0.0, 0.0, 0.0

    def second(x, r, first, last, step):
        n, total = sum_of(x, r, first, last, step)
        m = total / max(n, 1)  # of the dtype of the elements, as an integer of Python's widens nothing
        d1 = 0.0
        d2 = 0.0
        for k in range(first, last, step):
            v = x[r, k]
            d = v - m
            if skip:  # an infinity is no NaN, but its deviation is
                d = d if v == v else 0.0
            d1 += d
            d2 += d * d
        mean, m2, _, _ = settled(n, np.float64(m), total_of(np.float64(d1)), total_of(np.float64(d2)), 0.0, 0.0)
        return np.float64(n), mean, m2, 0.0, 0.0

    def fourth(x, r, first, last, step):
        n, total = sum_of(x, r, first, last, step)
        m = total / max(n, 1)  # of the dtype of the elements, as an integer of Python's widens nothing
        d1 = 0.0
        d2 = 0.0
        d3 = 0.0
        d4 = 0.0
        for k in range(first, last, step):
            v = x[r, k]
            d = np.float64(v - m)  # a fourth power of less than 1e-10 or more than 1e9 has no number in float32
            if skip:
                d = d if v == v else np.float64(0.0)
            e = d * d
            d1 += d
            d2 += e
            d3 += e * d
            d4 += e * e
        d1, d2, d3, d4 = total_of(d1), total_of(d2), total_of(d3), total_of(d4)
        mean, m2, m3, m4 = settled(n, np.float64(m), d1, d2, d3, d4)
        return np.float64(n), mean, m2, m3, m4

    return {1: first_only, 2: second, 4: fourth}[order]


def _sum_rows(height: int, skip: bool) -> Callable[..., None]:
    """Return ``add(x, o, s, k, c0, c1, part)``, which adds `height` rows from row k on to counts and sums."""

    def add(x, o, s, k, c0, c1, part):
        for c in range(c0, c1):
            total = 0.0
            found = 0
            for j in range(height):
                v = x[o, k + j, c]
                if skip:
                    total += v if v == v else 0.0
                    found += 1 if v == v else 0
                else:
                    total += v
            part[0, o, s, c] += np.float64(found if skip else height)
            part[1, o, s, c] += np.float64(total)

    return add


def _power_rows(height: int, order: int, skip: bool) -> Callable[..., None]:
    """Return ``add(x, o, s, k, c0, c1, centre, part)``: the same for powers of deviations from `centre`."""
    widened = np.float64 if order > 2 else itself  # as in `fourth`

    def add(x, o, s, k, c0, c1, centre, part):
        for c in range(c0, c1):
            m = centre[o, s, c]
            d1 = 0.0
            d2 = 0.0
            d3 = 0.0
            d4 = 0.0
            for j in range(height):
                v = x[o, k + j, c]
                d = widened(v - m)
                if skip:
                    d = d if v == v else 0.0
                e = d * d
                d1 += d
                d2 += e
                d3 += e * d
                d4 += e * e
            part[1, o, s, c] += np.float64(d1)
            part[2, o, s, c] += np.float64(d2)
            if order > 2:
                part[3, o, s, c] += np.float64(d3)
                part[4, o, s, c] += np.float64(d4)

    return add


def column_moments(order: int, skip: bool) -> Callable[..., None]:
    """Return ``of(x, o, s, first, last, c0, c1, centre, part)``, which writes the moments of columns c0 to c1.

    Their sums are kept in `part`, and the rounded means in `centre`, so that rows are read as they lie in memory.
    """
    planes = PLANES[order]
    sum_heap, sum_row = _sum_rows(RUN, skip), _sum_rows(1, skip)
    power_heap, power_row = _power_rows(RUN, order, skip), _power_rows(1, order, skip)

    def of(x, o, s, first, last, c0, c1, centre, part):
        whole = first + (last - first) // RUN * RUN
        for plane in range(planes):
            for c in range(c0, c1):
                part[plane, o, s, c] = 0.0
        for k in range(first, whole, RUN):
            sum_heap(x, o, s, k, c0, c1, part)
        for k in range(whole, last):
            sum_row(x, o, s, k, c0, c1, part)
        if order > 1:
            for c in range(c0, c1):
                centre[o, s, c] = part[1, o, s, c] / max(part[0, o, s, c], 1.0)
                part[1, o, s, c] = 0.0
            for k in range(first, whole, RUN):
                power_heap(x, o, s, k, c0, c1, centre, part)
            for k in range(whole, last):
                power_row(x, o, s, k, c0, c1, centre, part)
            for c in range(c0, c1):
                settle(o, s, c, centre, part)

    def settle(o, s, c, centre, part):
        d3 = part[3, o, s, c] if order > 2 else 0.0
        d4 = part[4, o, s, c] if order > 2 else 0.0
        m = np.float64(centre[o, s, c])
        mean, m2, m3, m4 = settled(part[0, o, s, c], m, part[1, o, s, c], part[2, o, s, c], d3, d4)
        part[1, o, s, c] = mean
        part[2, o, s, c] = m2
        if order > 2:
            part[3, o, s, c] = m3
            part[4, o, s, c] = m4

    return of


def merged(order: int, total_of: Callable = itself) -> Callable[..., Any]:
    """Return ``of(part, o, c, first, blocks, step)``: the moments of blocks together, about their common mean.

    Of order 1 it is the sum. Work-items may take every so many blocks each: `total_of` is as for `row_moments`.
    """

    def of(part, o, c, first, blocks, step):
        n = 0.0
        total = 0.0
        for s in range(first, blocks, step):
            here = part[0, o, s, c]
            n += here
            if order > 1:
                total += here * part[1, o, s, c] if here > 0.0 else 0.0
            else:
                total += part[1, o, s, c]
        n, total = total_of(n), total_of(total)
        mean = total / max(n, 1.0) if order > 1 else total
        m2 = 0.0
        m3 = 0.0
        m4 = 0.0
        if order > 1:
            for s in range(first, blocks, step):
                here = part[0, o, s, c]
                d = part[1, o, s, c] - mean if here > 0.0 else 0.0
                m2 += part[2, o, s, c] + here * d * d
                if order > 2:
                    m3 += part[3, o, s, c] + 3.0 * d * part[2, o, s, c] + here * d * d * d
                    m4 += part[4, o, s, c] + 4.0 * d * part[3, o, s, c]
                    m4 += 6.0 * d * d * part[2, o, s, c] + here * d * d * d * d
            m2 = total_of(m2)
            if order > 2:
                m3, m4 = total_of(m3), total_of(m4)
        return n, mean, m2, m3, m4

    return of


def statistic(asked, skip, n, mean, m2, m3, m4):
    """Return what was asked for, of moments about the mean, or of order 1 of the sum; NaN where it is not defined.

    Of too few elements for its `ddof` a variance is infinite, or NaN where NaN are left out (`skip`), as in NumPy.
    `asked` is one of the names above, what is subtracted from the count (from a kurtosis: from the result), whether
    skewness and kurtosis stay uncorrected, and the resolution below which elements count as equal.
    """
    what, ddof, bias, resolution = asked
    if what == SUM:
        return mean  # here, and below for the mean, it is the sum
    if n == 0.0:
        return math.nan
    if what == MEAN:
        return mean / n
    if skip and what < SKEW and n <= ddof:  # of what is left, the variance and its root
        return math.nan
    if what == VAR:
        return m2 / max(n - ddof, 0.0)
    if what == STD:
        return math.sqrt(m2 / max(n - ddof, 0.0))
    spread = m2 / n
    if spread <= (resolution * mean) * (resolution * mean):
        return math.nan  # constant up to rounding, as in SciPy
    if what == SKEW:
        skewness = m3 / n / (spread * math.sqrt(spread))
        return skewness if bias or n <= 2.0 else skewness * math.sqrt((n - 1.0) * n) / (n - 2.0)
    kurt = m4 / n / (spread * spread)
    if bias or n <= 3.0:
        return kurt - ddof
    return ((n * n - 1.0) * kurt - 3.0 * (n - 1.0) * (n - 1.0)) / ((n - 2.0) * (n - 3.0)) + 3.0 - ddof


PLANES = {1: 2, 2: 3, 4: 5}
"""Arrays that hold the moments of the blocks: count, mean, and the sums of powers from the second."""
_ORDERS = {MEAN: 1, SUM: 1, VAR: 2, STD: 2, SKEW: 4, KURTOSIS: 4}


class Kernels:
    """The kernels for moments up to an order, made when they are first launched.

    Parameters
    ----------
    order : {1, 2, 4}
        The highest power of deviations.
    skip : bool
        Whether NaN are left out.
    """

    def __init__(self, order: int, skip: bool) -> None:
        self.order, self.skip = order, skip

    @functools.cached_property
    def short_rows(self) -> Launcher:
        """Rows of one block each, from elements to the result."""
        of, skip = row_moments(self.order, self.skip), self.skip

        @jk.kernel(fastmath=True)
        def moments_of_rows(r, one, x, n, asked, out):
            count, mean, m2, m3, m4 = of(x, r, 0, n, 1)
            out[r, 0] = statistic(asked, skip, count, mean, m2, m3, m4)

        return Launcher(moments_of_rows)

    @functools.cached_property
    def shortest_rows(self) -> Launcher:
        """The same with a row in each lane of a vector."""
        of, skip = row_moments(self.order, self.skip), self.skip

        @jk.kernel(fastmath=True)
        def moments_of_short_rows(r, x, n, asked, out):
            count, mean, m2, m3, m4 = of(x, r, 0, n, 1)
            out[r, 0] = statistic(asked, skip, count, mean, m2, m3, m4)

        return Launcher(moments_of_short_rows)

    @functools.cached_property
    def rows(self) -> Launcher:
        """Blocks of rows on a host: the last index is unused, so that the loop over a block's elements is the vector's."""
        of, planes = row_moments(self.order, self.skip), PLANES[self.order]

        @jk.kernel(fastmath=True)
        def moments_of_blocks(r, s, one, x, n, part):
            store(planes, part, r, s, of(x, r, s * BLOCK, min(n, s * BLOCK + BLOCK), 1))

        return Launcher(moments_of_blocks)

    @functools.cached_property
    def groups(self) -> Launcher:
        """The same on a GPU, a group to each block."""
        of, planes = row_moments(self.order, self.skip, in_group), PLANES[self.order]

        @jk.kernel(fastmath=True, group=(1, 1, LANES))
        def moments_of_groups(r, s, lane, x, n, part):
            last = min(n, s * BLOCK + BLOCK)
            found = of(x, r, min(s * BLOCK + lane, last), last, LANES)
            if lane == 0:
                store(planes, part, r, s, found)

        return Launcher(moments_of_groups)

    @functools.cached_property
    def tiles(self) -> Launcher:
        """Spans of columns on a host, a tile of them to each point."""
        of = column_moments(self.order, self.skip)

        @jk.kernel(fastmath=True)
        def moments_of_tiles(o, s, t, one, x, centre, part):
            n, columns = x.shape[1], x.shape[2]
            of(x, o, s, s * SPAN, min(n, s * SPAN + SPAN), t * TILE, min(columns, t * TILE + TILE), centre, part)

        return Launcher(moments_of_tiles)

    @functools.cached_property
    def columns(self) -> Launcher:
        """The same on a GPU, a column to each point."""
        of = column_moments(self.order, self.skip)

        @jk.kernel(fastmath=True)
        def moments_of_columns(o, s, c, x, centre, part):
            of(x, o, s, s * SPAN, min(x.shape[1], s * SPAN + SPAN), c, c + 1, centre, part)

        return Launcher(moments_of_columns)

    @functools.cached_property
    def merge(self) -> Launcher:
        """From the moments of blocks to the results, a point to each."""
        of, skip = merged(self.order), self.skip

        @jk.kernel(fastmath=True)
        def merge_blocks(o, c, part, blocks, asked, out):
            count, mean, m2, m3, m4 = of(part, o, c, 0, blocks, 1)
            out[o, c] = statistic(asked, skip, count, mean, m2, m3, m4)

        return Launcher(merge_blocks)

    @functools.cached_property
    def merge_in_groups(self) -> Launcher:
        """The same on a GPU, a group to each result."""
        of, skip = merged(self.order, in_group), self.skip

        @jk.kernel(fastmath=True, group=(1, 1, MERGING))
        def merge_blocks(o, c, lane, part, blocks, asked, out):
            count, mean, m2, m3, m4 = of(part, o, c, lane, blocks, MERGING)
            if lane == 0:
                out[o, c] = statistic(asked, skip, count, mean, m2, m3, m4)

        return Launcher(merge_blocks)


def store(planes, part, r, s, found):
    """Write the moments of a block."""
    n, mean, m2, m3, m4 = found
    part[0, r, s, 0] = n
    part[1, r, s, 0] = mean
    if planes > 2:
        part[2, r, s, 0] = m2
    if planes > 3:
        part[3, r, s, 0] = m3
        part[4, r, s, 0] = m4


@functools.cache
def kernels_for(what: int, skip: bool) -> Kernels:
    """Return the kernels that a statistic needs."""
    return _kernels(_ORDERS[what], skip)


@functools.cache
def _kernels(order: int, skip: bool) -> Kernels:
    return Kernels(order, skip)
