"""saxpy: `y = a x + y`, the plainest streaming kernel."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Problem


@jk.kernel
def saxpy(i, a, x, y):
    """Add `a` times `x` to `y`."""
    y[i] = a * x[i] + y[i]


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return vectors of `size` elements in [0, 1); positive, so that no sum cancels."""
    return Problem(size, (2.5, rng.random(size, dtype=dtype), rng.random(size, dtype=dtype)), written=("y",))


def reference(problem: Problem) -> Arrays:
    """Return `y` after the launch, computed in float64 and rounded once."""
    a, x, y = problem.args
    return {"y": (a * x.astype(np.float64) + y).astype(y.dtype)}


def cost(problem: Problem) -> Cost:
    """Read `x` and `y`, write `y`; a multiplication and an addition for each point."""
    _, x, y = problem.args
    return Cost(points=y.size, bytes=x.nbytes + 2 * y.nbytes, flops=2 * y.size)


CASE = Case(
    name="saxpy",
    summary="y = a x + y on vectors",
    kernel=saxpy,
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**25},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="C. L. Lawson, R. J. Hanson, D. R. Kincaid, F. T. Krogh, Basic Linear Algebra Subprograms for Fortran "
    "usage, ACM TOMS 5(3), 1979",
)
