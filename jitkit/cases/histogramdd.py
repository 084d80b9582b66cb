"""histogramdd: how many points of space lie in each of 16 x 16 x 16 boxes."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem


def run(backend: str | None, x: Any, y: Any, z: Any, counts: Any) -> None:
    """Write the count of each box."""
    counts[:] = jk.histogramdd((x, y, z), 16, [(0.0, 1.0)] * 3, backend=backend)[0]


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return `size` points of the unit cube, and room for the counts."""
    points = rng.random((3, size), dtype=dtype)
    return Problem(size, (*points, np.zeros((16, 16, 16), dtype)), written=("counts",))


def reference(problem: Problem) -> Arrays:
    """Return the counts."""
    *points, counts = problem.args
    found = np.histogramdd(points, 16, [(0.0, 1.0)] * 3)[0]
    return {"counts": found.astype(counts.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the points; a binary search by four comparisons along each axis."""
    x, *_ = problem.args
    return Cost(points=x.size, bytes=3 * x.nbytes, flops=12 * x.size)


CASE = Case(
    name="histogramdd",
    summary="how many points of space lie in each of 4096 boxes",
    kernel=Primitive(run, "histogramdd"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="numpy.histogramdd, NumPy reference",
)
