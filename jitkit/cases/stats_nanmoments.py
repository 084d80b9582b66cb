"""stats_nanmoments: mean and variance of a vector, by the functions that look for NaN."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, sum_tolerance


def run(backend: str | None, x: Any, moments: Any) -> None:
    """Write both."""
    moments[0] = jk.stats.nanmean(x, backend=backend)
    moments[1] = jk.stats.nanvar(x, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a vector of `size` elements in [0, 1), and room for two numbers; no NaN, which equals nothing in a check."""
    return Problem(size, (rng.random(size, dtype=dtype), np.zeros(2, dtype)), written=("moments",))


def reference(problem: Problem) -> Arrays:
    """Return both, computed in float64."""
    x, moments = problem.args
    wide = x.astype(np.float64)
    return {"moments": np.array([np.nanmean(wide), np.nanvar(wide)]).astype(moments.dtype)}


def cost(problem: Problem) -> Cost:
    """Read `x` for each of the two."""
    x, _ = problem.args
    return Cost(points=x.size, bytes=2 * x.nbytes, flops=8 * x.size)


CASE = Case(
    name="stats_nanmoments",
    summary="mean and variance of a vector, by the functions that leave NaN out",
    kernel=Primitive(run, "stats_nanmoments"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**22},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="T. F. Chan, G. H. Golub, R. J. LeVeque, Algorithms for computing the sample variance, Am. Stat. 37, 1983",
    tolerance=sum_tolerance,
)
