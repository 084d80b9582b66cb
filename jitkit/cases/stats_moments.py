"""stats_moments: mean, variance, skewness and kurtosis of a vector."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance


def run(backend: str | None, x: Any, moments: Any) -> None:
    """Write the four."""
    moments[0] = jk.stats.mean(x, backend=backend)
    moments[1] = jk.stats.var(x, backend=backend)
    moments[2] = jk.stats.skew(x, backend=backend)
    moments[3] = jk.stats.kurtosis(x, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a vector of `size` exponentially distributed numbers, and room for four."""
    return Problem(size, (rng.standard_exponential(size, dtype=dtype), np.zeros(4, dtype)), written=("moments",))


def reference(problem: Problem) -> Arrays:
    """Return the four, computed in float64."""
    x, moments = problem.args
    wide = x.astype(np.float64)
    deviation = wide - wide.mean()
    second, third, fourth = (np.mean(deviation**k) for k in (2, 3, 4))
    found = wide.mean(), second, third / second**1.5, fourth / second**2 - 3
    return {"moments": np.array(found).astype(moments.dtype)}


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for sums of a block of fourth powers in the dtype of the elements."""
    return Tolerance(rtol=256 * float(np.finfo(dtype).eps), atol=256 * float(np.finfo(dtype).eps))


def cost(problem: Problem) -> Cost:
    """Read `x` for each of the four."""
    x, _ = problem.args
    return Cost(points=x.size, bytes=4 * x.nbytes, flops=20 * x.size)


CASE = Case(
    name="stats_moments",
    summary="mean, variance, skewness and kurtosis of a vector",
    kernel=Primitive(run, "stats_moments"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**22},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="P. Pebay, Formulas for robust, one-pass parallel computation of covariances, SAND2008-6212, 2008",
    tolerance=tolerance,
)
