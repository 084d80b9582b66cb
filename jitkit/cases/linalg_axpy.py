"""linalg_axpy: multiple of a vector added to another."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from jitkit.linalg.axpy import axpy

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance


def run(backend: str | None, x: Any, y: Any, out: Any) -> None:
    """Write the sum."""
    axpy(-2.5, x, y, out=out, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return two vectors, and room for a third; no sum is near zero."""
    x, y = rng.random(size, dtype=dtype), rng.random(size, dtype=dtype)
    return Problem(size, (x, y + dtype.type(5), np.full(size, -1, dtype)), written=("out",))


def reference(problem: Problem) -> Arrays:
    """Return the sum, computed in float64 and rounded once."""
    x, y, out = problem.args
    return {"out": (y.astype(np.float64) - 2.5 * x).astype(out.dtype)}


def cost(problem: Problem) -> Cost:
    """Read both vectors, write the sum; two operations for each element."""
    x, y, out = problem.args
    return Cost(points=x.size, bytes=x.nbytes + y.nbytes + out.nbytes, flops=2 * x.size)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for two roundings."""
    return Tolerance(rtol=4 * float(np.finfo(dtype).eps))


CASE = Case(
    name="linalg_axpy",
    summary="multiple of a vector added to another",
    kernel=Primitive(run, "linalg_axpy"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="C. L. Lawson et al., Basic Linear Algebra Subprograms for Fortran Usage, ACM TOMS 5(3), 1979",
    tolerance=tolerance,
)
