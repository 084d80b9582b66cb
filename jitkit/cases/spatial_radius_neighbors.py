"""spatial_radius_neighbors: all points within a radius, in three dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance
from .spatial_knn import AT_ONCE, COORDINATES

NEIGHBOURS = 30


def run(backend: str | None, points: Any, queries: Any, radius: float, counts: Any, farthest: Any) -> None:
    """Write how many neighbours each query has, and how far the farthest of them is."""
    offsets, _, distances = jk.spatial.radius_neighbors(points, radius, queries, backend=backend)
    counts[...] = np.diff(offsets)
    jk.segment_reduce("maximum", distances, offsets, initial=0.0, out=farthest, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return points in the unit cube and queries, one in twenty, and the radius of a ball of thirty points."""
    queries = size // 20
    points = rng.random((size - queries, COORDINATES), dtype=dtype)
    radius = float(NEIGHBOURS / (4 / 3 * np.pi * len(points))) ** (1 / 3)
    around = rng.random((queries, COORDINATES), dtype=dtype)
    return Problem(
        size, (points, around, radius, np.full(queries, -1), np.full(queries, -1, dtype)), ("counts", "farthest")
    )


def reference(problem: Problem) -> Arrays:
    """Return what all distances say, computed in float64 and rounded once."""
    points, queries, radius, _, _ = problem.args
    counts, farthest = [], []
    for rows in np.array_split(queries.astype(np.float64), max(1, len(points) * len(queries) // AT_ONCE)):
        squares = sum(np.subtract.outer(rows[:, k], points[:, k]) ** 2 for k in range(COORDINATES))
        inside = squares <= radius**2
        counts.append(np.count_nonzero(inside, axis=1))
        farthest.append(np.sqrt(np.where(inside, squares, 0).max(axis=1)))
    return {"counts": np.concatenate(counts), "farthest": np.concatenate(farthest).astype(problem.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the points, write indices and distances; three operations for each coordinate of each neighbour."""
    points, queries, _, counts, farthest = problem.args
    moved = points.nbytes + queries.nbytes + NEIGHBOURS * (counts.nbytes + farthest.nbytes)
    return Cost(len(points) + len(queries), moved, flops=3 * COORDINATES * NEIGHBOURS * len(queries))


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow a point in a hundred thousand pairs to lie on the sphere, where rounding decides."""
    return Tolerance(rtol=8 * float(np.finfo(dtype).eps), mismatched=1e-3)


CASE = Case(
    name="spatial_radius_neighbors",
    summary="all points within a radius, in three dimensions",
    kernel=Primitive(run, "spatial_radius_neighbors"),
    sizes={"tiny": 300, "small": 3_000, "large": 100_000},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="S. Green, Particle Simulation using CUDA, NVIDIA, 2010",
    tolerance=tolerance,
)
