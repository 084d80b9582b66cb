"""spatial_knn: the eight nearest neighbours of points in three dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance

COORDINATES, NEIGHBOURS = 3, 8
AT_ONCE = 2**22
"""Distances that the reference holds at once."""


def run(backend: str | None, points: Any, queries: Any, distances: Any) -> None:
    """Write the distances of the neighbours."""
    distances[...] = jk.spatial.knn(points, queries, NEIGHBOURS, backend=backend)[0]


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return points in the unit cube and queries, `size` together: one in twenty, since the reference compares all."""
    queries = size // 20
    points = rng.random((size - queries, COORDINATES), dtype=dtype)
    out = np.full((queries, NEIGHBOURS), -1, dtype)
    return Problem(size, (points, rng.random((queries, COORDINATES), dtype=dtype), out), ("distances",))


def reference(problem: Problem) -> Arrays:
    """Return the smallest of all distances, computed in float64 and rounded once."""
    points, queries, out = problem.args
    found = []
    for rows in np.array_split(queries.astype(np.float64), max(1, len(points) * len(queries) // AT_ONCE)):
        squares = sum(np.subtract.outer(rows[:, k], points[:, k]) ** 2 for k in range(COORDINATES))
        found.append(np.sort(np.partition(squares, NEIGHBOURS - 1, axis=1)[:, :NEIGHBOURS], axis=1))
    return {"distances": np.sqrt(np.concatenate(found)).astype(out.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the points, write distances and indices; a few dozen points looked at for each query."""
    points, queries, out = problem.args
    moved = points.nbytes + queries.nbytes + out.nbytes + 8 * out.size
    return Cost(len(points) + len(queries), moved, flops=3 * COORDINATES * 64 * len(queries))


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Return a few ULP; what cancels in a difference is exact in both."""
    return Tolerance(rtol=8 * float(np.finfo(dtype).eps))


CASE = Case(
    name="spatial_knn",
    summary="the eight nearest neighbours of points in three dimensions",
    kernel=Primitive(run, "spatial_knn"),
    sizes={"tiny": 300, "small": 3_000, "large": 100_000},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="J. H. Friedman, J. L. Bentley, R. A. Finkel, An algorithm for finding best matches, ACM TOMS 3, 209-226, 1977",
    tolerance=tolerance,
)
