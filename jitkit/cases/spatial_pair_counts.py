"""spatial_pair_counts: how many pairs of points lie how far apart, in a periodic box."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance

COORDINATES, REACH, BINS = 3, 0.25, 20


def run(backend: str | None, points: Any, edges: Any, counts: Any) -> None:
    """Write the counts."""
    counts[...] = jk.spatial.pair_counts(points, edges, 1.0, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return points in the unit cube that have about `size` pairs, and bins up to a quarter of it."""
    points = rng.random((math.isqrt(2 * size), COORDINATES), dtype=dtype)
    return Problem(size, (points, np.linspace(0, REACH, BINS + 1), np.full(BINS, -1)), ("counts",))


def reference(problem: Problem) -> Arrays:
    """Return the histogram of the distances of all closest images, computed in float64."""
    points, edges, _ = problem.args
    squares = np.zeros((len(points), len(points)))
    for k in range(COORDINATES):
        apart = np.subtract.outer(points[:, k].astype(np.float64), points[:, k].astype(np.float64))
        squares += (apart - np.round(apart)) ** 2
    return {"counts": np.histogram(np.sqrt(squares[np.triu_indices(len(points), 1)]), edges)[0]}


def cost(problem: Problem) -> Cost:
    """Read the points, write the counts; three operations for each coordinate of the pairs within reach, and a root."""
    points, edges, counts = problem.args
    pairs = int(problem.space * 4 / 3 * np.pi * REACH**3)  # type: ignore[operator]
    return Cost(problem.space, points.nbytes + edges.nbytes + counts.nbytes, flops=(3 * COORDINATES + 1) * pairs)  # type: ignore[arg-type]


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Return none: counts are exact, unless a distance lies on an edge."""
    return Tolerance(rtol=0.0, atol=0.5)


CASE = Case(
    name="spatial_pair_counts",
    summary="how many pairs of points lie how far apart, in a periodic box",
    kernel=Primitive(run, "spatial_pair_counts"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="M. P. Allen, D. J. Tildesley, Computer Simulation of Liquids, 1987, section 2.6",
    tolerance=tolerance,
)
