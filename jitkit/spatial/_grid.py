"""A grid of cells over points in up to three dimensions: the points of a cell, and of cells in a row, lie side by side.

Source: J. M. Hockney, J. W. Eastwood, Computer Simulation Using Particles, 1981, section 8.4.1, linked cells; here sorted,
as in S. Green, Particle Simulation using CUDA, NVIDIA, 2010.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.arrays import to_numpy
from jitkit.launch.launcher import Launcher
from jitkit.primitives.sort_by_key import sort_by_key

AXES = 3
Triple = tuple[float, float, float]
Cells = tuple[Triple, Triple, tuple[int, int, int]]
"""The lower corner, the inverse widths and the numbers of cells along the axes."""
CROWDED = 8
"""Points in a point's cell, on average, from which on a search for narrower cells takes less time than looking at them."""
INT32, INT64 = np.dtype(np.int32), np.dtype(np.int64)


class Grid(NamedTuple):
    """Points sorted by cell; a missing axis comes first and is one cell wide, so that rows run along the last of the points'.

    `starts` says where the points of each cell begin, `order` which row of the points each was. Where there are many more
    cells than points, `starts` is of runs of ``1 << shift`` cells, and `numbers` are the points' cells, in which to search.
    """

    starts: Any
    order: Any
    points: Any
    numbers: Any
    shift: int


@jk.kernel
def _spread(k, i, points, out):
    missing = AXES - points.shape[1]
    if k < missing:
        out[k, i] = 0
    else:
        out[k, i] = points[i, k - missing]


def cell_along(x, lower, inverse, cells):
    """Return the cell that a coordinate lies in, the first or the last for what lies outside."""
    return np.int64(min(max((x - lower) * inverse, 0), cells - 1))


def cells_along(x, reach, lower, inverse, cells):
    """Return the first and the last cell within reach of a coordinate."""
    return cell_along(x - reach, lower, inverse, cells), cell_along(x + reach, lower, inverse, cells)


def beginning(cell, starts, numbers, shift):
    """Return where the points of a cell begin, or would."""
    low = starts[cell >> shift]
    if shift > 0:
        high = starts[min((cell >> shift) + 1, starts.shape[0] - 1)]
        while low < high:
            middle = (low + high) // 2
            if numbers[middle] < cell:
                low = middle + 1
            else:
                high = middle
    return low


@jk.kernel
def _number(i, points, lower, inverse, shape, out):
    a = cell_along(points[0, i], lower[0], inverse[0], shape[0])
    b = cell_along(points[1, i], lower[1], inverse[1], shape[1])
    c = cell_along(points[2, i], lower[2], inverse[2], shape[2])
    out[i] = (a * shape[1] + b) * shape[2] + c


@jk.kernel
def _gather(k, i, points, order, out):
    if i < order.shape[0]:
        out[k, i] = points[k, order[i]]
    else:
        out[k, i] = math.nan


@jk.kernel
def _start(i, _, cells, shift, starts):
    """Write where the runs of cells begin that come behind that of point `i - 1`, up to that of point `i`."""
    n, first, last = cells.shape[0], np.int64(0), np.int64(starts.shape[0] - 1)
    if i > 0:
        first = (cells[i - 1] >> shift) + np.int64(1)
    if i < n:
        last = np.int64(cells[i] >> shift)
    for cell in range(first, last + 1):
        starts[cell] = i


_spreads, _numbers, _gathers, _begin = (Launcher(kernel) for kernel in (_spread, _number, _gather, _start))


def spread(points: Any, backend: str | None) -> Any:
    """Return points of up to three coordinates with a row for each of three axes, the missing ones first and zero."""
    n = points.shape[0]
    out = operands.made((AXES, n), (operands.dtype_of(points),), operands.device_of(points))
    _spreads((AXES, n), backend)(points, out)
    return out


def cells_over(low: np.ndarray, high: np.ndarray, radius: float, most: int, dtype: np.dtype[Any]) -> Cells:
    """Return the lower corner, the inverse width and the numbers of cells as wide as `radius` and no more than `most`.

    Cells are a little wider than the radius, so that rounding puts no neighbour two cells away.
    """
    missing = AXES - len(low)
    lower, upper = (np.concatenate([np.zeros(missing), x.astype(np.float64)]) for x in (low, high))
    extent = upper - lower
    width = max(float(radius), float(extent.max()) * 2.0**-20) or 1.0  # 1.0: one place, and no radius
    while np.prod(extent // width + 1) > most:
        width *= 1.25
    shape = (extent // width).astype(int) + 1
    # An ULP of the coordinates, in cells, and what the product with the inverse adds.
    rounding = 16 * float(np.finfo(dtype).eps) * float((shape + np.abs(lower) / width).max())
    inverse = 1 / (width * (1 + rounding))
    return triple(lower), (inverse, inverse, inverse), triple(shape)


def triple(x: np.ndarray) -> Any:
    """Return what belongs to the three axes as a tuple, which kernels take."""
    return tuple(x.tolist())


def sorted_by_cell(
    spread_points: Any, lower: Triple, inverse: Triple, shape: tuple[int, int, int], backend: str | None
) -> tuple[Any, Any]:
    """Return the cells of points in ascending order, and the indices of the points; those of a cell stay in order."""
    n, device = spread_points.shape[1], operands.device_of(spread_points)
    cells = operands.made((n,), (INT32 if math.prod(shape) < 2**31 else INT64,), device)
    _numbers(n, backend)(spread_points, lower, inverse, shape, cells)
    found: tuple[Any, Any] = sort_by_key(cells, operands.numbers(n, device), backend=backend)
    return found


def laid(spread_points: Any, cells: Cells, behind: int, backend: str | None, shift: int = 0) -> Grid:
    """Return the grid of points, as `spread` returns them, with so many that are NaN behind them."""
    dtype, device = operands.dtype_of(spread_points), operands.device_of(spread_points)
    n, runs = spread_points.shape[1], (math.prod(cells[2]) - 1 >> shift) + 1
    numbers, order = sorted_by_cell(spread_points, *cells, backend)
    points = operands.made((AXES, n + behind), (dtype,), device)
    starts = operands.made((runs + 1,), (INT64,), device)
    _gathers((AXES, n + behind), backend)(spread_points, order, points)
    _begin((n + 1, 1), backend)(numbers, shift, starts)
    return Grid(starts, order, points, numbers, shift)


def laid_for(
    spread_points: Any, low: np.ndarray, high: np.ndarray, radius: float, backend: str | None
) -> tuple[Cells, Grid]:
    """Return cells that are wide enough for a radius, and the grid of points.

    There are twice as many as points at most, wider than the radius if need be, unless that crowds the points. Then there are
    as many as it takes, most of them empty.
    """
    n, dtype = spread_points.shape[1], operands.dtype_of(spread_points)
    cells, fine = (cells_over(low, high, radius, most, dtype) for most in (max(64, 2 * n), 2**62))
    grid = laid(spread_points, cells, 0, backend)
    if fine == cells:
        return cells, grid
    held = np.diff(to_numpy(grid.starts))
    if float(held @ held) <= CROWDED * n:
        return cells, grid
    return fine, laid(spread_points, fine, 0, backend, shift=(math.prod(fine[2]) // (2 * n)).bit_length())
