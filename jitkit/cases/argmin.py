"""argmin: where the smallest element is."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem


def run(backend: str | None, x: Any, place: Any) -> None:
    """Write the index of the smallest element."""
    jk.argmin(x, keepdims=True, out=place, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a vector of `size` elements in [0, 1), and room for the index."""
    return Problem(size, (rng.random(size, dtype=dtype), np.full(1, -1, np.int64)), written=("place",))


def reference(problem: Problem) -> Arrays:
    """Return the index."""
    x, _ = problem.args
    return {"place": x.argmin(keepdims=True)}


def cost(problem: Problem) -> Cost:
    """Read `x`; a comparison for each element."""
    x, *_ = problem.args
    return Cost(points=x.size, bytes=x.nbytes, flops=x.size)


CASE = Case(
    name="argmin",
    summary="where the smallest element of a vector is",
    kernel=Primitive(run, "argmin"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="M. Harris, Optimizing Parallel Reduction in CUDA, NVIDIA, 2007",
)
