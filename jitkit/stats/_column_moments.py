"""The moments of columns, where the axis is not the last: rows of a span are taken as they lie, a tile of columns at a time.

Sums and powers of a tile are kept in local memory, and eight rows at a time join them from registers. In memory of their own
they took, where results are many, six times as long: for the mean of 20 rows of 20,000 numbers that was four fifths of the time.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import jitkit as jk
from jitkit.launch.launcher import Launcher

SPAN, TILE = 64, 512
"""Rows and columns that a point takes twice where the axis is not the last: 256 KB at most, half of a second-level cache."""
RUN = 8
"""Rows that are added up before the sum joins the one in memory."""
PLANES = {1: 2, 2: 3, 4: 5}
"""Arrays that hold the moments of the blocks: count, mean, and the sums of powers from the second."""


def itself(value):
    """Return a value as it is."""
    return value


def settled(n, mean, d1, d2, d3, d4):
    """Return mean and sums of powers of deviations from it, given those from a rounded mean."""
    shift = d1 / max(n, 1.0)
    m2 = max(d2 - shift * d1, 0.0) if d2 == d2 else d2
    m3 = d3 - 3.0 * shift * d2 + 2.0 * shift * shift * d1
    m4 = d4 - 4.0 * shift * d3 + 6.0 * shift * shift * d2 - 3.0 * shift * shift * shift * d1
    return mean + shift, m2, m3, m4


def _sum_rows(height: int, skip: bool, number: Callable[..., Any]) -> Callable[..., None]:
    """Return ``add(x, at, near, columns, total, count)``, which adds `height` rows from ``x[at]`` on to sums and counts."""

    def add(x, at, near, columns, total, count):
        for c in range(columns):
            here = 0.0
            found = 0.0
            for j in range(height):
                v = number(x[at + j * near + c])
                if skip:
                    here += v if v == v else 0.0
                    found += 1.0 if v == v else 0.0
                else:
                    here += v
            total[c] += here
            if skip:
                count[c] += found

    return add


def _power_rows(height: int, order: int, skip: bool, number: Callable[..., Any]) -> Callable[..., None]:
    """Return ``add(x, at, near, columns, centre, p1, p2, p3, p4)``: the same for powers of deviations from `centre`."""
    widened = np.float64 if order > 2 else itself  # as in `fourth` of `row_moments`

    def add(x, at, near, columns, centre, p1, p2, p3, p4):
        for c in range(columns):
            m = centre[c]
            d1 = 0.0
            d2 = 0.0
            d3 = 0.0
            d4 = 0.0
            for j in range(height):
                v = number(x[at + j * near + c])
                d = widened(v - m)
                if skip:
                    d = d if v == v else 0.0
                e = d * d
                d1 += d
                d2 += e
                d3 += e * d
                d4 += e * e
            p1[c] += d1
            p2[c] += d2
            if order > 2:
                p3[c] += d3
                p4[c] += d4

    return add


def _column_moments(order: int, skip: bool, number: Callable[..., Any]) -> Callable[..., None]:
    """Return ``of(x, at, near, rows, columns, centre, count, p1, p2, p3, p4)``, which fills what follows `columns`.

    Element k of column c is ``x[at + k * near + c]``. Of order 1 `centre` is left with the sum; counts are filled where NaN
    are left out.
    """
    sum_heap, sum_row = _sum_rows(RUN, skip, number), _sum_rows(1, skip, number)
    power_heap, power_row = _power_rows(RUN, order, skip, number), _power_rows(1, order, skip, number)

    def of(x, at, near, rows, columns, centre, count, p1, p2, p3, p4):
        whole = rows // RUN * RUN
        for c in range(columns):
            centre[c] = 0.0
            if skip:
                count[c] = 0.0
            if order > 1:
                p1[c] = 0.0
                p2[c] = 0.0
            if order > 2:
                p3[c] = 0.0
                p4[c] = 0.0
        for k in range(0, whole, RUN):
            sum_heap(x, at + k * near, near, columns, centre, count)
        for k in range(whole, rows):
            sum_row(x, at + k * near, near, columns, centre, count)
        if order > 1:
            for c in range(columns):
                centre[c] = centre[c] / max(count[c] if skip else rows, 1)
            for k in range(0, whole, RUN):
                power_heap(x, at + k * near, near, columns, centre, p1, p2, p3, p4)
            for k in range(whole, rows):
                power_row(x, at + k * near, near, columns, centre, p1, p2, p3, p4)

    return of


def _span(order: int, skip: bool, number: Callable[..., Any]) -> Callable[..., None]:
    """Return the function that writes the moments of columns of a span as those of a block."""
    of, planes = _column_moments(order, skip, number), PLANES[order]

    def span(o, s, c0, columns, x, far, near, n, part, centre, count, p1, p2, p3, p4):
        rows = min(n - s * SPAN, SPAN)
        of(x, o * far + s * SPAN * near + c0, near, rows, columns, centre, count, p1, p2, p3, p4)
        for c in range(columns):
            there = np.float64(count[c] if skip else rows)
            mean = np.float64(centre[c])
            part[0, o, s, c0 + c] = there
            if planes > 2:
                d3 = np.float64(p3[c]) if planes > 3 else 0.0
                d4 = np.float64(p4[c]) if planes > 3 else 0.0
                mean, m2, m3, m4 = settled(there, mean, np.float64(p1[c]), np.float64(p2[c]), d3, d4)
                part[2, o, s, c0 + c] = m2
                if planes > 3:
                    part[3, o, s, c0 + c] = m3
                    part[4, o, s, c0 + c] = m4
            part[1, o, s, c0 + c] = mean

    return span


def column_tiles(order: int, skip: bool, number: Callable[..., Any]) -> Launcher:
    """Return the kernel that writes the moments of spans on a host: a tile of columns to each point."""
    span, floats = _span(order, skip, number), number is itself
    counts, squares, powers = TILE if skip else 1, TILE if order > 1 else 1, TILE if order > 2 else 1

    @jk.kernel(fastmath=True)
    def moments_of_tiles(o, s, t, one, x, far, near, n, inner, part):
        like = x if floats else part
        wide = part if order > 2 else like
        centre, count = jk.local(TILE, like.dtype), jk.local(counts, like.dtype)
        p1, p2 = jk.local(squares, wide.dtype), jk.local(squares, wide.dtype)
        p3, p4 = jk.local(powers, wide.dtype), jk.local(powers, wide.dtype)
        c0 = t * TILE
        span(o, s, c0, min(inner - c0, TILE), x, far, near, n, part, centre, count, p1, p2, p3, p4)

    return Launcher(moments_of_tiles)


def single_columns(order: int, skip: bool, number: Callable[..., Any]) -> Launcher:
    """Return the same for a GPU: a column to each point."""
    span, floats = _span(order, skip, number), number is itself

    @jk.kernel(fastmath=True)
    def moments_of_columns(o, s, c, x, far, near, n, part):
        like = x if floats else part
        wide = part if order > 2 else like
        centre, count = jk.local(1, like.dtype), jk.local(1, like.dtype)
        p1, p2 = jk.local(1, wide.dtype), jk.local(1, wide.dtype)
        p3, p4 = jk.local(1, wide.dtype), jk.local(1, wide.dtype)
        span(o, s, c, 1, x, far, near, n, part, centre, count, p1, p2, p3, p4)

    return Launcher(moments_of_columns)


def column_results(order: int, skip: bool, number: Callable[..., Any]) -> Launcher:
    """Return the kernel that goes from columns of one span to results, on a host: sums and means, or, of order 2, variances.

    `further` says whether a sum becomes a mean, or a variance a deviation: both are computed, so that lanes need not part.
    """
    of = _column_moments(order, skip, number)
    counts, squares = TILE if skip else 1, TILE if order > 1 else 1

    @jk.kernel(fastmath=True)
    def results_of_tiles(o, t, one, x, far, near, n, further, ddof, out):
        centre, count = jk.local(TILE, out.dtype), jk.local(counts, out.dtype)
        p1, p2, none = jk.local(squares, out.dtype), jk.local(squares, out.dtype), jk.local(1, out.dtype)
        c0 = t * TILE
        columns = min(out.shape[1] - c0, TILE)
        of(x, o * far + c0, near, n, columns, centre, count, p1, p2, none, none)
        for c in range(columns):
            there = np.float64(count[c] if skip else n)
            if order == 1:
                total = np.float64(centre[c])
                mean = total / there if there > 0.0 else math.nan
                out[o, c0 + c] = mean if further else total
            else:
                _, m2, _, _ = settled(there, 0.0, np.float64(p1[c]), np.float64(p2[c]), 0.0, 0.0)
                variance = m2 / max(there - ddof, 0.0)
                if skip:  # of too few numbers there is none, as in `statistic`
                    variance = variance if there > max(ddof, 0.0) else math.nan
                out[o, c0 + c] = math.sqrt(variance) if further else variance

    return Launcher(results_of_tiles)
