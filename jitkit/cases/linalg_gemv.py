"""linalg_gemv: product of a matrix and a vector, scaled and added to another."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from jitkit.linalg.gemv import gemv

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance


def run(backend: str | None, a: Any, x: Any, y: Any, out: Any) -> None:
    """Write the sum."""
    gemv(0.5, a, x, 2.0, y, out=out, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a square matrix of about `size` elements, two vectors, and room for the result."""
    n = max(1, math.isqrt(size))
    a, x, y = rng.random((n, n), dtype=dtype), rng.random(n, dtype=dtype), rng.random(n, dtype=dtype)
    return Problem(size, (a, x, y, np.full(n, -1, dtype)), written=("out",))


def reference(problem: Problem) -> Arrays:
    """Return the result, computed in float64 and rounded once."""
    a, x, y, out = problem.args
    return {"out": (0.5 * (a.astype(np.float64) @ x) + 2.0 * y).astype(out.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the matrix and the vectors, write one; two operations for each element of the matrix."""
    a, x, y, out = problem.args
    size = int(problem.space)  # type: ignore[arg-type]
    return Cost(points=size, bytes=a.nbytes + x.nbytes + y.nbytes + out.nbytes, flops=2 * a.size + 3 * out.size)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for sums of positive numbers in another order."""
    return Tolerance(rtol=64 * float(np.finfo(dtype).eps))


CASE = Case(
    name="linalg_gemv",
    summary="product of a matrix and a vector, scaled and added to another",
    kernel=Primitive(run, "linalg_gemv"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="J. J. Dongarra et al., An Extended Set of FORTRAN Basic Linear Algebra Subprograms, ACM TOMS 14(1), 1988",
    tolerance=tolerance,
)
