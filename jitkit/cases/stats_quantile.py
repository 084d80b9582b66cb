"""stats_quantile: the median and the tenth of a vector below and above."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem

SHARES = (0.1, 0.5, 0.9)


def run(backend: str | None, x: Any, quantiles: Any) -> None:
    """Write the three."""
    jk.stats.quantile(x, SHARES, out=quantiles, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a vector of `size` normally distributed numbers, and room for three."""
    return Problem(size, (rng.standard_normal(size, dtype=dtype) + 5, np.zeros(3, dtype)), written=("quantiles",))


def reference(problem: Problem) -> Arrays:
    """Return the three."""
    x, quantiles = problem.args
    return {"quantiles": np.quantile(x.astype(np.float64), SHARES).astype(quantiles.dtype)}


def cost(problem: Problem) -> Cost:
    """Read `x` twice for each of the three; three comparisons for each element."""
    x, _ = problem.args
    return Cost(points=x.size, bytes=6 * x.nbytes, flops=9 * x.size)


CASE = Case(
    name="stats_quantile",
    summary="the median and the tenths of a vector below and above",
    kernel=Primitive(run, "stats_quantile"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**22},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="R. W. Floyd, R. L. Rivest, Expected time bounds for selection, Comm. ACM 18, 165-172, 1975",
)
