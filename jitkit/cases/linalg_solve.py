"""linalg_solve: many systems of four equations."""

from __future__ import annotations

from typing import Any

import numpy as np

from jitkit.linalg.solve import solve

from .case import Arrays, Case, Cost, Primitive, Problem
from .linalg_inv import tolerance


def run(backend: str | None, a: Any, b: Any, x: Any) -> None:
    """Write the solutions."""
    x[...] = solve(a, b, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return `size` systems with large elements beside the diagonal, so that pivots matter, and room for the solutions."""
    a = rng.random((size, 4, 4)) + 4 * np.eye(4)[[1, 0, 3, 2]]
    b = rng.random((size, 4, 1))
    return Problem(size, (a.astype(dtype), b.astype(dtype), np.full((size, 4, 1), -9, dtype)), written=("x",))


def reference(problem: Problem) -> Arrays:
    """Return the solutions, computed in float64 and rounded once."""
    a, b, x = problem.args
    return {"x": np.linalg.solve(a.astype(np.float64), b.astype(np.float64)).astype(x.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the systems, write the solutions; two thirds of n^3 operations and 2 n^2."""
    a, b, x = problem.args
    return Cost(points=len(a), bytes=a.nbytes + b.nbytes + x.nbytes, flops=74 * len(a))


CASE = Case(
    name="linalg_solve",
    summary="many systems of four equations",
    kernel=Primitive(run, "linalg_solve"),
    sizes={"tiny": 200, "small": 30_000, "large": 2**20},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="G. H. Golub, C. F. Van Loan, Matrix Computations, chapter 3",
    tolerance=tolerance,
)
