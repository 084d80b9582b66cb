"""stats_average: the mean of a vector's elements by their weights."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem


def run(backend: str | None, x: Any, weights: Any, mean: Any) -> None:
    """Write the mean."""
    jk.stats.average(x, axis=0, weights=weights, keepdims=True, out=mean, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return `size` normally distributed numbers, a weight for each, and room for one."""
    x, weights = rng.standard_normal(size, dtype=dtype) + 5, rng.random(size, dtype=dtype) + 0.5
    return Problem(size, (x, weights.astype(dtype), np.zeros(1, dtype)), written=("mean",))


def reference(problem: Problem) -> Arrays:
    """Return the mean."""
    x, weights, mean = problem.args
    wide = np.average(x.astype(np.float64), axis=0, weights=weights.astype(np.float64), keepdims=True)
    return {"mean": wide.astype(mean.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the elements once and the weights twice; a product and two sums for each."""
    x, weights, _ = problem.args
    return Cost(points=x.size, bytes=x.nbytes + 2 * weights.nbytes, flops=3 * x.size)


CASE = Case(
    name="stats_average",
    summary="the mean of a vector by weights",
    kernel=Primitive(run, "stats_average"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**22},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="the definition of numpy.average",
)
