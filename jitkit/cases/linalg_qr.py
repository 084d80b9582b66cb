"""linalg_qr: many matrices of four rows as orthogonal columns and triangles."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from jitkit.linalg.qr import qr

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance


def run(backend: str | None, a: Any, sizes: Any) -> None:
    """Write the absolute values of the triangles; the orthogonal columns, whose signs may differ likewise, are found as well."""
    np.abs(qr(a, backend=backend).R, out=sizes)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return `size` matrices with large elements beside the diagonal, and room for the triangles."""
    a = (rng.random((size, 4, 4)) + 4 * np.eye(4)[[1, 0, 3, 2]]).astype(dtype)
    return Problem(size, (a, np.full(a.shape, -9, dtype)), written=("sizes",))


def reference(problem: Problem) -> Arrays:
    """Return the absolute values of the triangles, computed in float64 and rounded once."""
    a, sizes = problem.args
    return {"sizes": np.abs(np.linalg.qr(a.astype(np.float64)).R).astype(sizes.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the matrices, write both factors; four thirds of n^3 operations for each of them."""
    a, sizes = problem.args
    return Cost(points=len(a), bytes=2 * a.nbytes + sizes.nbytes, flops=170 * len(a))


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for some roundings of elements up to about ten."""
    return Tolerance(rtol=0.0, atol=256 * float(np.finfo(dtype).eps))


CASE = Case(
    name="linalg_qr",
    summary="many matrices of four rows as orthogonal columns and triangles",
    kernel=Primitive(run, "linalg_qr"),
    sizes={"tiny": 200, "small": 30_000, "large": 2**20},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="G. H. Golub, C. F. Van Loan, Matrix Computations, chapter 5",
    tolerance=tolerance,
)
