"""radius_neighbors: all points within a radius, by a grid of cells."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.arrays import to_numpy
from jitkit.errors import LaunchError
from jitkit.launch.launcher import Launcher
from jitkit.primitives.scan import scan
from jitkit.spatial import _grid, _points, _tree


@jk.kernel
def _count(i, _, queries, turn, own, points, starts, numbers, shift, where, square, counts):
    """Count the points within the radius of a query: nine rows of up to three cells, each row in one run."""
    lower, inverse, shape = where
    q, hits = turn[i], 0
    x, y, z = queries[0, q], queries[1, q], queries[2, q]
    a = _grid.cell_along(x, lower[0], inverse[0], shape[0])
    b = _grid.cell_along(y, lower[1], inverse[1], shape[1])
    c = _grid.cell_along(z, lower[2], inverse[2], shape[2])
    for u in range(max(a - 1, 0), min(a + 2, shape[0])):
        for v in range(max(b - 1, 0), min(b + 2, shape[1])):
            row = (u * shape[1] + v) * shape[2]
            begin = _grid.beginning(row + max(c - 1, 0), starts, numbers, shift)
            end = _grid.beginning(row + min(c + 2, shape[2]), starts, numbers, shift)
            for j in range(begin, end):
                dx, dy, dz = points[0, j] - x, points[1, j] - y, points[2, j] - z
                hits += 1 if dx * dx + dy * dy + dz * dz <= square else 0
    counts[q + 1] = hits - 1 if own else hits  # its own distance is zero
    if q == 0:
        counts[0] = 0


@jk.kernel
def _fill(i, _, queries, turn, own, points, starts, numbers, shift, where, square, order, offsets, indices, distances):
    """Write what `_count` counted. Every point is written where the next neighbour belongs: no branch to mispredict."""
    lower, inverse, shape = where
    q = turn[i]
    to, stop = offsets[q], offsets[q + 1]
    x, y, z = queries[0, q], queries[1, q], queries[2, q]
    a = _grid.cell_along(x, lower[0], inverse[0], shape[0])
    b = _grid.cell_along(y, lower[1], inverse[1], shape[1])
    c = _grid.cell_along(z, lower[2], inverse[2], shape[2])
    for u in range(max(a - 1, 0), min(a + 2, shape[0])):
        for v in range(max(b - 1, 0), min(b + 2, shape[1])):
            row = (u * shape[1] + v) * shape[2]
            begin = _grid.beginning(row + max(c - 1, 0), starts, numbers, shift)
            end = _grid.beginning(row + min(c + 2, shape[2]), starts, numbers, shift)
            for j in range(begin, end):
                dx, dy, dz = points[0, j] - x, points[1, j] - y, points[2, j] - z
                t = dx * dx + dy * dy + dz * dz
                if to < stop:
                    indices[to] = order[j]
                    distances[to] = t
                to += 1 if t <= square and not (own and j == i) else 0
    for k in range(offsets[q], stop):
        distances[k] = math.sqrt(distances[k])


_counts, _fills = Launcher(_count), Launcher(_fill)


def radius_neighbors(
    points: Any, radius: float, queries: Any = None, *, backend: str | None = None
) -> tuple[Any, Any, Any]:
    """Return all points within a radius of each query.

    Parameters
    ----------
    points : array_like or device array, shape (n, d)
        Points of one to three coordinates, one in each row.
    radius : float
        The largest distance of a neighbour.
    queries : array_like or device array, shape (m, d), optional
        Whose neighbours are sought; by default those of the points, of which none is its own neighbour.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    offsets : array of int64, shape (m + 1,)
        The neighbours of query i are ``indices[offsets[i]:offsets[i + 1]]``.
    indices : array of int64
        Rows of the points: by cell of the grid, and in a cell ascending; the same every time.
    distances : array
        Euclidean distances, in the order of the indices; float32 where the points are, else float64.

    Raises
    ------
    LaunchError
        For arrays that are not 2-D, differ in columns or have more than three, a radius that is negative or not finite,
        and coordinates that are not finite.
    KernelTypeError
        For complex numbers, or what are no numbers.

    Notes
    -----
    The neighbours are those of ``scipy.spatial.cKDTree.query_ball_point``, the layout that of a sparse matrix in CSR form.
    Cells are as wide as the radius, and points sorted by cell (S. Green, Particle Simulation using CUDA, NVIDIA, 2010).

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> line = np.array([[0.0], [1.0], [1.5], [7.0]])
    >>> offsets, indices, distances = jk.spatial.radius_neighbors(line, 1.0)
    >>> offsets.tolist(), indices.tolist(), distances.tolist()
    ([0, 1, 3, 4, 4], [1, 0, 2, 1], [1.0, 1.0, 0.5, 0.5])
    """
    name, own = "spatial.radius_neighbors", queries is None
    given = [points] if own else [points, queries]
    arrays = _points.checked(given, ["points", "queries"][: len(given)], name)
    x, q = arrays[0], arrays[-1]
    if not 1 <= x.shape[1] <= _grid.AXES:
        raise LaunchError(
            f"jk.{name}: points of {x.shape[1]} coordinates; takes 1 to 3: compare jk.spatial.cdist with the radius"
        )
    radius = operands.number(radius, "radius", name)
    if not 0 <= radius < math.inf:
        raise LaunchError(f"jk.{name}: radius={radius!r}; expected a finite number, not negative")
    m, device = q.shape[0], operands.device_of(x)
    if not x.shape[0] or not m:
        zeros = jk.asarray(np.zeros(m + 1, np.int64), device=device)
        return zeros, operands.made((0,), (_grid.INT64,), device), operands.made((0,), (operands.dtype_of(x),), device)
    bounds = [_tree.finite(part, name) for part in arrays]
    arrays, unit = _points.in_range(arrays, [side for both in bounds for side in both], backend)
    x, q, (low, high) = arrays[0], arrays[-1], (side / unit for side in bounds[0])
    within = min(float(radius) / unit, sys.float_info.max)
    at = _grid.spread(x, backend)
    cells, grid = _grid.laid_for(at, low, high, within, backend)
    turn, queries = grid.order, at
    if not own:
        queries = _grid.spread(q, backend)
        _, turn = _grid.sorted_by_cell(queries, *cells, backend)
    shared = (queries, turn, own, grid.points, grid.starts, grid.numbers, grid.shift, cells, within * within)
    counts = operands.made((m + 1,), (_grid.INT64,), device)
    _counts((m, 1), backend)(*shared, counts)
    offsets = scan("add", counts, backend=backend)
    total = int(to_numpy(offsets[m : m + 1])[0])
    indices, distances = (operands.made((total,), (kind,), device) for kind in (_grid.INT64, operands.dtype_of(x)))
    if total:
        _fills((m, 1), backend)(*shared, grid.order, offsets, indices, distances)
    if unit != 1:
        _points.scaled(distances, unit, distances, backend)
    return offsets, indices, distances
