"""map_reduce: the dot product of two vectors, with nothing in memory between."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, sum_tolerance


def product(x, y):
    """Return the product of two numbers."""
    return x * y


def run(backend: str | None, x: Any, y: Any, total: Any) -> None:
    """Write the sum of the products."""
    jk.map_reduce(product, "add", x, y, keepdims=True, out=total, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return vectors of `size` elements in [0, 1), and room for the sum."""
    return Problem(
        size, (rng.random(size, dtype=dtype), rng.random(size, dtype=dtype), np.zeros(1, dtype)), written=("total",)
    )


def reference(problem: Problem) -> Arrays:
    """Return the dot product in float64, rounded once."""
    x, y, total = problem.args
    return {"total": np.atleast_1d(x.astype(np.float64) @ y).astype(total.dtype)}


def cost(problem: Problem) -> Cost:
    """Read `x` and `y`; a multiplication and an addition for each pair."""
    x, y, _ = problem.args
    return Cost(points=x.size, bytes=x.nbytes + y.nbytes, flops=2 * x.size)


CASE = Case(
    name="map_reduce",
    summary="the dot product of two vectors",
    kernel=Primitive(run, "map_reduce"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="M. Harris, Optimizing Parallel Reduction in CUDA, NVIDIA, 2007",
    tolerance=sum_tolerance,
)
