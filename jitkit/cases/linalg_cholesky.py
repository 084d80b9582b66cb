"""linalg_cholesky: Cholesky factors of many matrices of four rows, and a system for each."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from jitkit.linalg.cholesky import cho_solve, cholesky

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance


def run(backend: str | None, a: Any, b: Any, x: Any) -> None:
    """Write the solutions."""
    x[...] = cho_solve((cholesky(a, backend=backend), True), b, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return `size` positive definite matrices and right-hand sides, and room for the solutions."""
    half = rng.random((size, 4, 4))
    a, b = half @ half.swapaxes(1, 2) + 2 * np.eye(4), rng.random((size, 4))
    return Problem(size, (a.astype(dtype), b.astype(dtype), np.full((size, 4), -9, dtype)), written=("x",))


def reference(problem: Problem) -> Arrays:
    """Return the solutions, computed in float64 and rounded once."""
    a, b, x = problem.args
    return {"x": np.linalg.solve(a.astype(np.float64), b.astype(np.float64)[..., None])[..., 0].astype(x.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the systems, write the solutions; a third of n^3 operations and 2 n^2."""
    a, b, x = problem.args
    return Cost(points=len(a), bytes=a.nbytes + b.nbytes + x.nbytes, flops=54 * len(a))


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for the condition of the matrices, below ten."""
    return Tolerance(rtol=64 * float(np.finfo(dtype).eps), atol=64 * float(np.finfo(dtype).eps))


CASE = Case(
    name="linalg_cholesky",
    summary="Cholesky factors of many matrices of four rows, and a system for each",
    kernel=Primitive(run, "linalg_cholesky"),
    sizes={"tiny": 200, "small": 30_000, "large": 2**20},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="G. H. Golub, C. F. Van Loan, Matrix Computations, chapter 4",
    tolerance=tolerance,
)
