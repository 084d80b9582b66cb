"""linalg_lstsq: many cubic polynomials through twenty points each."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from jitkit.linalg.lstsq import lstsq

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance


def run(backend: str | None, a: Any, b: Any, x: Any) -> None:
    """Write the coefficients; the residuals are found as well."""
    x[...] = lstsq(a, b, backend=backend).x


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return `size` matrices of four polynomials at twenty places, points with noise, and room for the coefficients."""
    places = np.sort(rng.random((size, 20)), axis=1) * 2 - 1
    a = np.polynomial.chebyshev.chebvander(places, 3)
    b = a @ rng.random((size, 4, 1)) + 0.1 * rng.random((size, 20, 1))
    return Problem(size, (a.astype(dtype), b.astype(dtype), np.full((size, 4, 1), -9, dtype)), written=("x",))


def reference(problem: Problem) -> Arrays:
    """Return the coefficients by the pseudoinverse, computed in float64 and rounded once."""
    a, b, x = problem.args
    return {"x": (np.linalg.pinv(a.astype(np.float64)) @ b.astype(np.float64)).astype(x.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the matrices and right-hand sides, write the coefficients; 2 m n^2 operations and 4 m n."""
    a, b, x = problem.args
    return Cost(points=len(a), bytes=a.nbytes + b.nbytes + x.nbytes, flops=960 * len(a))


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for the condition of the matrices, a hundred at most."""
    return Tolerance(rtol=0.0, atol=1024 * float(np.finfo(dtype).eps))


CASE = Case(
    name="linalg_lstsq",
    summary="many cubic polynomials through twenty points each",
    kernel=Primitive(run, "linalg_lstsq"),
    sizes={"tiny": 200, "small": 10_000, "large": 2**17},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="G. H. Golub, C. F. Van Loan, Matrix Computations, chapter 5",
    tolerance=tolerance,
)
