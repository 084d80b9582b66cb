"""stats_covariance: the covariance matrix of twelve variables."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, sum_tolerance

VARIABLES = 12


def run(backend: str | None, x: Any, c: Any) -> None:
    """Write the matrix."""
    jk.stats.cov(x, out=c, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return twelve variables with something in common, of `size` observations, and room for the matrix."""
    own, common = rng.random((VARIABLES, size), dtype=dtype), rng.random(size, dtype=dtype)
    return Problem(size, (own + common, np.zeros((VARIABLES, VARIABLES), dtype)), written=("c",))


def reference(problem: Problem) -> Arrays:
    """Return the matrix, computed in float64."""
    x, c = problem.args
    return {"c": np.cov(x.astype(np.float64)).astype(c.dtype)}


def cost(problem: Problem) -> Cost:
    """Read `x` for the means and for the products; a multiplication and an addition for each pair of variables."""
    x, _ = problem.args
    return Cost(points=x.shape[1], bytes=2 * x.nbytes, flops=VARIABLES * (VARIABLES + 1) * x.shape[1])


CASE = Case(
    name="stats_covariance",
    summary="covariance matrix of twelve variables",
    kernel=Primitive(run, "stats_covariance"),
    sizes={"tiny": 1_000, "small": 100_000, "large": 2**20},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="T. F. Chan, G. H. Golub, R. J. LeVeque, Algorithms for computing the sample variance, Am. Stat. 37, 1983",
    tolerance=sum_tolerance,
)
