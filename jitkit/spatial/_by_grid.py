"""Neighbours by a grid of cells: all points within a radius that most often holds enough of them, and within larger ones.

Where the points are spread evenly that looks at fewer of them than a tree does, and at no nodes. Queries about which there are
far fewer points than on average, or far more, are left to the tree.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.arrays import to_numpy
from jitkit.launch.launcher import Launcher
from jitkit.spatial import _grid
from jitkit.spatial._nearest import HELD, Bound, emptied, merge, settled, write_row

CHUNK = 8
"""Points whose distances are computed together; an argument of kernels, as LEAF is."""
WIDE, FINE = 1.25, 4
"""How many radii a cell is wide, and how many times narrower along the last axis: fewer rows, and rows cut closer."""
SPARE = 2
"""How many standard deviations more than those sought the first radius holds on average."""
CROWD = 32
"""How many times as many points as the first radius holds are too many to look at; six times as many are usual."""
TRIES = 5
"""How many radii are tried, the last of four times the first."""
SAMPLE, IN_CELL = 2048, 8
"""Points that tell how evenly all are spread, and how many of them share a cell on average."""
UNEVEN = 2
"""How many times as many others share a point's cell where the tree is as fast or faster: five times in a normal distribution."""
EQUAL = 6
"""How many others equal to a point, by an estimate that is low where they are many, are enough for the tree to be as fast."""
BALL = {1: 2.0, 2: math.pi, 3: 4 / 3 * math.pi}
"""The volume of the unit ball, by the dimension."""


def measure(first, chunk, x, y, z, points, squares):
    """Find the squared distances of a few points in a row."""
    for s in range(chunk):
        dx, dy, dz = points[0, first + s] - x, points[1, first + s] - y, points[2, first + s] - z
        squares[s] = dx * dx + dy * dy + dz * dz


def name(count, held, found, me, order):
    """Put rows of the points for places in the grid, and what is its own neighbour out of reach."""
    for s in range(count):
        held[s] = math.inf if found[s] == me else held[s]
        found[s] = order[found[s]]


@jk.kernel
def _search(
    i, _, chunk, queries, turn, own, points, order, starts, where, square, bound, slack, crowd, distances,
    indices, left,
):  # fmt: skip
    """Find the neighbours of a query, or say that it is left.

    Rows of cells are looked at that a box around the radius touches, and the box is padded by what rounding may add. A radius
    that reaches all points, or the bound, finds all there are to find.
    """
    lower, inverse, shape = where
    q, k, me = turn[i], distances.shape[1], i if own else -1
    wanted = k + 1 if own else k
    held, found, squares = jk.local(HELD, distances.dtype), jk.local(HELD, np.int64), jk.local(CHUNK, points.dtype)
    x, y, z = queries[0, q], queries[1, q], queries[2, q]
    limit, tries, searching = min(square, bound.total), 0, True
    while searching:
        reach = math.sqrt(limit) * (1 + slack) + slack * max(abs(x), max(abs(y), abs(z)))
        a, a_last = _grid.cells_along(x, reach, lower[0], inverse[0], shape[0])
        b, b_last = _grid.cells_along(y, reach, lower[1], inverse[1], shape[1])
        c, c_last = _grid.cells_along(z, reach, lower[2], inverse[2], shape[2])
        if (a_last - a + 1 == shape[0]) & (b_last - b + 1 == shape[1]) & (c_last - c + 1 == shape[2]):
            limit = math.inf
        near = 0
        for u in range(a, a_last + 1):
            for v in range(b, b_last + 1):
                row = (u * shape[1] + v) * shape[2]
                near += starts[row + c_last + 1] - starts[row + c]
        searching, complete = near <= crowd, limit >= bound.total
        least, count, merged = limit, 0, 0
        if searching & ((near >= wanted) | complete):
            for u in range(a, a_last + 1):
                for v in range(b, b_last + 1):
                    row = (u * shape[1] + v) * shape[2]
                    begin, end = starts[row + c], starts[row + c_last + 1]
                    for first in range(begin, end, chunk):
                        if count > HELD - chunk:
                            if merged == 0:
                                emptied(q, distances, indices, bound)
                            name(count, held, found, me, order)
                            merge(q, count, held, found, distances, indices)
                            merged += count
                            count = 0
                            least = min(limit, distances[q, k - 1])
                        measure(first, chunk, x, y, z, points, squares)
                        for s in range(min(chunk, end - first)):
                            held[count] = squares[s]
                            found[count] = first + s
                            count += 1 if squares[s] <= least else 0
            if (merged + count >= wanted) | complete:
                name(count, held, found, me, order)
                if complete & (merged == 0):
                    emptied(q, distances, indices, bound)
                if complete | (merged > 0):
                    merge(q, count, held, found, distances, indices)
                    for s in range(k):
                        distances[q, s] = math.sqrt(distances[q, s])
                    settled(q, distances, indices, order.shape[0])
                else:
                    write_row(q, count, held, found, distances, indices)
                left[q] = False
                searching = False
        limit = min(2 * limit, bound.total)
        tries += 1
        searching = searching and tries < TRIES


_searched = Launcher(_search)


def first_radius(extent: np.ndarray, n: int, wanted: float) -> float:
    """Return the radius of a ball that holds so many of n points spread over a box; 0 where the box is a point.

    Sides that are shorter than the radius are none: what is left is a plane or a line.
    """
    sides = extent[extent > 0]
    radius = 0.0
    while len(sides):
        d = len(sides)
        radius = float((wanted / n / BALL[d]) ** (1 / d) * np.prod(sides ** (1 / d)))
        if (sides >= radius).all():
            break
        sides = sides[sides >= radius]
    return radius


def uneven(x: Any, low: np.ndarray, high: np.ndarray) -> bool:
    """Return whether points share a cell, or a place, more often than where they are spread evenly, judged by a sample."""
    n = x.shape[0]
    if n < 4 * SAMPLE:
        return False
    sample = to_numpy(x)[:: n // SAMPLE].astype(np.float64)
    extent = high.astype(np.float64) - low
    axes = extent > 0
    d = max(1, int(axes.sum()))
    places = (sample - low)[:, axes] / extent[axes]
    equal = len(sample) - len(np.unique(places @ np.sqrt([2.0, 3.0, 5.0][: places.shape[1]])))
    if 2 * equal * n > EQUAL * len(sample) ** 2:
        return True
    across = int((len(sample) / IN_CELL) ** (1 / d))
    cells = np.minimum(places * across, across - 1).astype(int)
    counts = np.bincount(cells @ across ** np.arange(cells.shape[1]), minlength=1)
    others = float(counts @ counts) / len(sample) - 1
    return bool(others > UNEVEN * len(sample) / across**d)


def by_grid(
    x: Any,
    low: np.ndarray,
    high: np.ndarray,
    q: Any,
    own: bool,
    bound: Bound,
    distances: Any,
    indices: Any,
    left: Any,
    backend: str | None,
) -> None:
    """Find the neighbours of queries, and mark in `left` those that are done with False: none where points are uneven."""
    if uneven(x, low, high):
        return
    (n, d), k, dtype = x.shape, distances.shape[1] + own, operands.dtype_of(x)
    lower, upper = (np.concatenate([np.zeros(_grid.AXES - d), side.astype(np.float64)]) for side in (low, high))
    held = k + SPARE * math.sqrt(k)
    radius = first_radius(upper - lower, n, held)
    if not float(np.finfo(dtype).tiny) < (radius / n) ** 2 < (radius * n) ** 2 < float(np.finfo(dtype).max):
        return
    widths = radius * np.array([WIDE, WIDE, WIDE / FINE])
    cells = _grid.triple(lower), _grid.triple(1 / widths), _grid.triple(((upper - lower) / widths).astype(int) + 1)
    at = _grid.spread(x, backend)
    grid = _grid.laid(at, cells, CHUNK, backend)
    queries, turn = at, grid.order
    if not own:
        queries = _grid.spread(q, backend)
        _, turn = _grid.sorted_by_cell(queries, *cells, backend)
    slack = 8 * float(np.finfo(dtype).eps)
    _searched((q.shape[0], 1), backend)(
        CHUNK, queries, turn, own, grid.points, grid.order, grid.starts, cells, dtype.type(radius**2), bound, slack,
        int(CROWD * held), distances, indices, left,
    )  # fmt: skip
