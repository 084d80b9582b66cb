"""linalg_det: the determinants of many matrices of four rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from jitkit.linalg.det import det

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance


def run(backend: str | None, a: Any, determinants: Any) -> None:
    """Write the determinants."""
    det(a, out=determinants, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return `size` matrices with ones beside the diagonal, so that pivots matter, and room for the determinants."""
    a = (rng.random((size, 4, 4)) / 4 + np.eye(4)[[1, 0, 3, 2]]).astype(dtype)
    return Problem(size, (a, np.full(size, -9, dtype)), written=("determinants",))


def reference(problem: Problem) -> Arrays:
    """Return the determinants, computed in float64 and rounded once."""
    a, determinants = problem.args
    return {"determinants": np.linalg.det(a.astype(np.float64)).astype(determinants.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the matrices, write the determinants; two thirds of n^3 operations."""
    a, determinants = problem.args
    return Cost(points=len(a), bytes=a.nbytes + determinants.nbytes, flops=43 * len(a))


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for some roundings of products and differences about one."""
    return Tolerance(rtol=0.0, atol=32 * float(np.finfo(dtype).eps))


CASE = Case(
    name="linalg_det",
    summary="the determinants of many matrices of four rows",
    kernel=Primitive(run, "linalg_det"),
    sizes={"tiny": 200, "small": 30_000, "large": 2**20},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="G. H. Golub, C. F. Van Loan, Matrix Computations, chapter 3",
    tolerance=tolerance,
)
