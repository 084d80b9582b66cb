"""bincount: the sum of the weights of each of 1000 kinds."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, sum_tolerance


def run(backend: str | None, kinds: Any, weights: Any, sums: Any) -> None:
    """Write the sum of each kind."""
    sums[:] = jk.bincount(kinds, weights, len(sums), backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return the kinds and weights of `size` elements, and room for the sums."""
    kinds = rng.integers(0, 1_000, size)
    return Problem(size, (kinds, rng.random(size, dtype=dtype), np.zeros(1_000, dtype)), written=("sums",))


def reference(problem: Problem) -> Arrays:
    """Return the sums in float64, rounded once."""
    kinds, weights, sums = problem.args
    return {"sums": np.bincount(kinds, weights, len(sums)).astype(sums.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the kinds and the weights; an addition for each element."""
    kinds, weights, _ = problem.args
    return Cost(points=kinds.size, bytes=kinds.nbytes + weights.nbytes, flops=kinds.size)


CASE = Case(
    name="bincount",
    summary="the sum of the weights of each of 1000 kinds",
    kernel=Primitive(run, "bincount"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="numpy.bincount, NumPy reference",
    tolerance=sum_tolerance,
)
