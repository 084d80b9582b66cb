"""linalg_inv: the inverses of many matrices of four rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from jitkit.linalg.inv import inv

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance


def run(backend: str | None, a: Any, inverses: Any) -> None:
    """Write the inverses."""
    inv(a, out=inverses, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return `size` matrices with large elements beside the diagonal, so that pivots matter, and room for the inverses."""
    a = (rng.random((size, 4, 4)) + 4 * np.eye(4)[[1, 0, 3, 2]]).astype(dtype)
    return Problem(size, (a, np.full(a.shape, -9, dtype)), written=("inverses",))


def reference(problem: Problem) -> Arrays:
    """Return the inverses, computed in float64 and rounded once."""
    a, inverses = problem.args
    return {"inverses": np.linalg.inv(a.astype(np.float64)).astype(inverses.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the matrices, write the inverses; two thirds of n^3 operations and 2 n^3 for the unit matrix."""
    a, inverses = problem.args
    return Cost(points=len(a), bytes=a.nbytes + inverses.nbytes, flops=170 * len(a))


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for the condition of the matrices, below ten."""
    return Tolerance(rtol=64 * float(np.finfo(dtype).eps), atol=64 * float(np.finfo(dtype).eps))


CASE = Case(
    name="linalg_inv",
    summary="the inverses of many matrices of four rows",
    kernel=Primitive(run, "linalg_inv"),
    sizes={"tiny": 200, "small": 30_000, "large": 2**20},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="G. H. Golub, C. F. Van Loan, Matrix Computations, chapter 3",
    tolerance=tolerance,
)
