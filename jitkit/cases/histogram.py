"""histogram: how many elements of a vector lie in each of 256 even bins."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem


def run(backend: str | None, x: Any, counts: Any) -> None:
    """Write the count of each bin."""
    counts[:] = jk.histogram(x, len(counts), (0.0, 1.0), backend=backend)[0]


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a vector of `size` elements in [0, 1), and room for the counts."""
    return Problem(size, (rng.random(size, dtype=dtype), np.zeros(256, np.int64)), written=("counts",))


def reference(problem: Problem) -> Arrays:
    """Return the counts."""
    x, counts = problem.args
    return {"counts": np.histogram(x.astype(np.float64), len(counts), (0.0, 1.0))[0]}


def cost(problem: Problem) -> Cost:
    """Read `x`; a subtraction, a multiplication and two comparisons for each element."""
    x, *_ = problem.args
    return Cost(points=x.size, bytes=x.nbytes, flops=4 * x.size)


CASE = Case(
    name="histogram",
    summary="how many elements of a vector lie in each of 256 bins",
    kernel=Primitive(run, "histogram"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="numpy.histogram, NumPy reference",
)
