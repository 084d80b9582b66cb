"""all: whether all elements are not zero, of a vector in which only the last decides."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem


def run(backend: str | None, x: Any, answer: Any) -> None:
    """Write 1 or 0."""
    answer[0] = jk.all(x, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a vector that has to be read to its end, and room for the answer."""
    x = np.full(size, 1, dtype)
    x[-1] = 1
    return Problem(size, (x, np.zeros(1, dtype)), written=("answer",))


def reference(problem: Problem) -> Arrays:
    """Return the answer."""
    x, answer = problem.args
    return {"answer": np.all(x, keepdims=True).astype(answer.dtype)}


def cost(problem: Problem) -> Cost:
    """Read `x`; a comparison for each element."""
    x, *_ = problem.args
    return Cost(points=x.size, bytes=x.nbytes, flops=x.size)


CASE = Case(
    name="all",
    summary="whether all elements are not zero",
    kernel=Primitive(run, "all"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="M. Harris, Optimizing Parallel Reduction in CUDA, NVIDIA, 2007",
)
