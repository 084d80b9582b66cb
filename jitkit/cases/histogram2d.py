"""histogram2d: how many points of the plane lie in each of 64 x 64 rectangles."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem


def run(backend: str | None, x: Any, y: Any, counts: Any) -> None:
    """Write the count of each rectangle."""
    counts[:] = jk.histogram2d(x, y, 64, [(0.0, 1.0)] * 2, backend=backend)[0]


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return `size` points of the unit square, and room for the counts."""
    points = rng.random((2, size), dtype=dtype)
    return Problem(size, (*points, np.zeros((64, 64), dtype)), written=("counts",))


def reference(problem: Problem) -> Arrays:
    """Return the counts."""
    x, y, counts = problem.args
    found = np.histogram2d(x, y, 64, [(0.0, 1.0)] * 2)[0]
    return {"counts": found.astype(counts.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the points; a binary search by six comparisons along each axis."""
    x, *_ = problem.args
    return Cost(points=x.size, bytes=2 * x.nbytes, flops=12 * x.size)


CASE = Case(
    name="histogram2d",
    summary="how many points of the plane lie in each of 4096 rectangles",
    kernel=Primitive(run, "histogram2d"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="numpy.histogram2d, NumPy reference",
)
