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
from jitkit.stats._column_moments import PLANES, column_results, column_tiles, itself, settled, single_columns

MEAN, VAR, STD, SKEW, KURTOSIS, SUM = range(6)

BLOCK = 2048
"""Elements of a row that are taken twice: 16 KB at most, half of a first-level cache."""
SHORT, MANY = 32, 64
"""Rows so short are taken side by side where there are so many: each has too little for a vector of its own."""
LANES = 32
"""Work-items that share a block on a GPU, a warp, neighbours taking neighbouring elements; on a host a block is one point's."""
MERGING = 256
"""Work-items that merge the blocks of one result on a GPU: one alone took 2 times 8192 of them for 16 million elements."""


def in_group(value):
    """Return the sum of a value over the work-items of a group."""
    return jk.group_reduce("add", value)


class Reading:
    """How elements of a kind are taken: `number` makes one a float, `term` what is added up, of which `nothing` is none.

    Parameters
    ----------
    kind : {"floats", "short integers", "integers"}
        Integers of up to two bytes are added up as such, exactly: a block of them fits into 32 bits.
    """

    def __init__(self, kind: str) -> None:
        short = kind == "short integers"
        self.floats = kind == "floats"
        self.number: Callable[..., Any] = itself if self.floats else np.float64
        self.term: Callable[..., Any] = np.int32 if short else self.number
        self.nothing: Any = np.int32(0) if short else 0.0


def kind_of(dtype: np.dtype[Any]) -> str:
    """Return the kind of elements of a dtype."""
    if dtype.kind == "f":
        return "floats"
    return "short integers" if dtype.itemsize <= 2 else "integers"


def row_moments(order: int, skip: bool, reading: Reading, total_of: Callable = itself) -> Callable[..., Any]:
    """Return ``of(x, at, first, last, step)``: count, mean and sums of powers of deviations; `skip` leaves NaN out.

    Element k of the row is ``x[at + k]``. Of order 1 it is count and sum: a mean times its count is not the sum again.
    Where work-items share a block, `total_of` gives the sum of what each of them found.
    """
    number, term, nothing = reading.number, reading.term, reading.nothing

    def sum_of(x, at, first, last, step):
        total = nothing
        found = np.int32(0)
        for k in range(first, last, step):
            v = term(x[at + k])
            if skip:
                total += v if v == v else nothing
                found += np.int32(1) if v == v else np.int32(0)
            else:
                total += v
        n = int(found) if skip else (last - first + step - 1) // step
        return total_of(n), total_of(total)

    def first_only(x, at, first, last, step):
        n, total = sum_of(x, at, first, last, step)
        return np.float64(n), np.float64(total), 0.0, 0.0, 0.0

    def second(x, at, first, last, step):
        n, total = sum_of(x, at, first, last, step)
        m = total / max(n, 1)  # of the dtype of the elements, as an integer of Python's widens nothing
        d1 = 0.0
        d2 = 0.0
        for k in range(first, last, step):
            v = number(x[at + k])
            d = v - m
            if skip:  # an infinity is no NaN, but its deviation is
                d = d if v == v else 0.0
            d1 += d
            d2 += d * d
        mean, m2, _, _ = settled(n, np.float64(m), total_of(np.float64(d1)), total_of(np.float64(d2)), 0.0, 0.0)
        return np.float64(n), mean, m2, 0.0, 0.0

    def fourth(x, at, first, last, step):
        n, total = sum_of(x, at, first, last, step)
        m = total / max(n, 1)  # of the dtype of the elements, as an integer of Python's widens nothing
        d1 = 0.0
        d2 = 0.0
        d3 = 0.0
        d4 = 0.0
        for k in range(first, last, step):
            v = number(x[at + k])
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
    skewness and kurtosis stay uncorrected (and a variance NaN, where NaN are left out for a mask alone), and the
    resolution below which elements count as equal.
    """
    what, ddof, bias, resolution = asked
    if what == SUM:
        return mean  # here, and below for the mean, it is the sum
    if n == 0.0:
        return math.nan
    if what == MEAN:
        return mean / n
    if skip and bias and what < SKEW and n <= ddof:  # of what is left, the variance and its root
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


_ORDERS = {MEAN: 1, SUM: 1, VAR: 2, STD: 2, SKEW: 4, KURTOSIS: 4}


class Kernels:
    """The kernels for moments up to an order, made when they are first launched.

    They take elements as they lie in memory, ``x[o * far + k * near + c]`` being the k-th of a result; rows have no c.

    Parameters
    ----------
    order : {1, 2, 4}
        The highest power of deviations.
    skip : bool
        Whether NaN are left out.
    kind : str
        As `Reading` takes it.
    """

    def __init__(self, order: int, skip: bool, kind: str) -> None:
        self.order, self.skip, self.reading = order, skip, Reading(kind)

    @functools.cached_property
    def short_rows(self) -> Launcher:
        """Rows of one block each, from elements to the result."""
        of, skip = row_moments(self.order, self.skip, self.reading), self.skip

        @jk.kernel(fastmath=True)
        def moments_of_rows(r, one, x, far, n, asked, out):
            count, mean, m2, m3, m4 = of(x, r * far, 0, n, 1)
            out[r, 0] = statistic(asked, skip, count, mean, m2, m3, m4)

        return Launcher(moments_of_rows)

    @functools.cached_property
    def shortest_rows(self) -> Launcher:
        """The same with a row in each lane of a vector."""
        of, skip = row_moments(self.order, self.skip, self.reading), self.skip

        @jk.kernel(fastmath=True)
        def moments_of_short_rows(r, x, far, n, asked, out):
            count, mean, m2, m3, m4 = of(x, r * far, 0, n, 1)
            out[r, 0] = statistic(asked, skip, count, mean, m2, m3, m4)

        return Launcher(moments_of_short_rows)

    @functools.cached_property
    def rows(self) -> Launcher:
        """Blocks of rows on a host: the last index is unused, so that the loop over a block's elements is the vector's."""
        of, planes = row_moments(self.order, self.skip, self.reading), PLANES[self.order]

        @jk.kernel(fastmath=True)
        def moments_of_blocks(r, s, one, x, far, n, part):
            store(planes, part, r, s, of(x, r * far, s * BLOCK, min(n, s * BLOCK + BLOCK), 1))

        return Launcher(moments_of_blocks)

    @functools.cached_property
    def groups(self) -> Launcher:
        """The same on a GPU, a group to each block."""
        of, planes = row_moments(self.order, self.skip, self.reading, in_group), PLANES[self.order]

        @jk.kernel(fastmath=True, group=(1, 1, LANES))
        def moments_of_groups(r, s, lane, x, far, n, part):
            last = min(n, s * BLOCK + BLOCK)
            found = of(x, r * far, min(s * BLOCK + lane, last), last, LANES)
            if lane == 0:
                store(planes, part, r, s, found)

        return Launcher(moments_of_groups)

    @functools.cached_property
    def short_tiles(self) -> Launcher:
        """Sums, means, variances and deviations of columns of one span on a host, from elements to the result."""
        return column_results(self.order, self.skip, self.reading.number)

    @functools.cached_property
    def tiles(self) -> Launcher:
        """Spans of columns on a host, a tile of them to each point."""
        return column_tiles(self.order, self.skip, self.reading.number)

    @functools.cached_property
    def columns(self) -> Launcher:
        """The same on a GPU, a column to each point."""
        return single_columns(self.order, self.skip, self.reading.number)

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
def kernels_for(what: int, skip: bool, kind: str) -> Kernels:
    """Return the kernels that a statistic needs."""
    return _kernels(_ORDERS[what], skip, kind)


@functools.cache
def _kernels(order: int, skip: bool, kind: str) -> Kernels:
    return Kernels(order, skip, kind)
