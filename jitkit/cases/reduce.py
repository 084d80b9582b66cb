"""reduce: the sum of a vector."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, sum_tolerance


def run(backend: str | None, x: Any, total: Any) -> None:
    """Write the sum."""
    jk.reduce("add", x, keepdims=True, out=total, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a vector of `size` elements in [0, 1), and room for the sum."""
    return Problem(size, (rng.random(size, dtype=dtype), np.zeros(1, dtype)), written=("total",))


def reference(problem: Problem) -> Arrays:
    """Return the sum in float64, rounded once."""
    x, total = problem.args
    return {"total": x.sum(dtype=np.float64, keepdims=True).astype(total.dtype)}


def cost(problem: Problem) -> Cost:
    """Read `x`; an addition for each element."""
    x, *_ = problem.args
    return Cost(points=x.size, bytes=x.nbytes, flops=x.size)


CASE = Case(
    name="reduce",
    summary="the sum of a vector",
    kernel=Primitive(run, "reduce"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="M. Harris, Optimizing Parallel Reduction in CUDA, NVIDIA, 2007",
    tolerance=sum_tolerance,
)
