"""minmax: the smallest and the largest element, in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem


def run(backend: str | None, x: Any, low: Any, high: Any) -> None:
    """Write both."""
    jk.minmax(x, keepdims=True, out=(low, high), backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a vector of `size` elements in [0, 1), and room for both."""
    return Problem(
        size, (rng.random(size, dtype=dtype) + 1, np.zeros(1, dtype), np.zeros(1, dtype)), written=("low", "high")
    )


def reference(problem: Problem) -> Arrays:
    """Return both."""
    x, *_ = problem.args
    return {"low": x.min(keepdims=True), "high": x.max(keepdims=True)}


def cost(problem: Problem) -> Cost:
    """Read `x` once; two comparisons for each element."""
    x, *_ = problem.args
    return Cost(points=x.size, bytes=x.nbytes, flops=2 * x.size)


CASE = Case(
    name="minmax",
    summary="the smallest and the largest element of a vector, in one pass",
    kernel=Primitive(run, "minmax"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="M. Harris, Optimizing Parallel Reduction in CUDA, NVIDIA, 2007",
)
