"""unique: the distinct elements of a vector, in order."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem


def run(backend: str | None, x: Any, found: Any) -> None:
    """Write the distinct elements to the front."""
    distinct = jk.unique(x, backend=backend)
    found[: len(distinct)] = distinct


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return `size` elements of 1000 values, and room for the values."""
    x = (rng.integers(1, 1_001, size) / 8).astype(dtype)
    return Problem(size, (x, np.zeros(1_000, dtype)), written=("found",))


def reference(problem: Problem) -> Arrays:
    """Return the distinct elements, and zeros."""
    x, found = problem.args
    distinct = np.unique(x)
    return {"found": np.concatenate([distinct, np.zeros(found.size - distinct.size, found.dtype)])}


def cost(problem: Problem) -> Cost:
    """Read `x`; a comparison for each element."""
    x, *_ = problem.args
    return Cost(points=x.size, bytes=x.nbytes, flops=x.size)


CASE = Case(
    name="unique",
    summary="the distinct elements of a vector",
    kernel=Primitive(run, "unique"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="numpy.unique, NumPy reference",
)
