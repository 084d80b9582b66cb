"""count: how many elements are above a half."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem


def is_large(x):
    """Tell whether a number is above a half."""
    return x > 0.5


def run(backend: str | None, x: Any, number: Any) -> None:
    """Write how many elements are above a half."""
    jk.count(is_large, x, keepdims=True, out=number, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a vector of `size` elements in [0, 1), and room for the count."""
    return Problem(size, (rng.random(size, dtype=dtype), np.zeros(1, np.int64)), written=("number",))


def reference(problem: Problem) -> Arrays:
    """Return the count."""
    x, _ = problem.args
    return {"number": np.count_nonzero(x > 0.5, keepdims=True)}


def cost(problem: Problem) -> Cost:
    """Read `x`; a comparison for each element."""
    x, *_ = problem.args
    return Cost(points=x.size, bytes=x.nbytes, flops=x.size)


CASE = Case(
    name="count",
    summary="how many elements of a vector are above a half",
    kernel=Primitive(run, "count"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="M. Harris, Optimizing Parallel Reduction in CUDA, NVIDIA, 2007",
)
