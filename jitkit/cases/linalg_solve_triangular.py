"""linalg_solve_triangular: many triangular systems of four equations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from jitkit.linalg.solve_triangular import solve_triangular

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance


def run(backend: str | None, a: Any, b: Any, x: Any) -> None:
    """Write the solutions."""
    x[...] = solve_triangular(a, b, lower=True, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return `size` matrices, of which the lower triangles count, right-hand sides, and room for the solutions."""
    a, b = rng.random((size, 4, 4)) + 2 * np.eye(4), rng.random((size, 4))
    return Problem(size, (a.astype(dtype), b.astype(dtype), np.full((size, 4), -9, dtype)), written=("x",))


def reference(problem: Problem) -> Arrays:
    """Return the solutions, computed in float64 and rounded once."""
    a, b, x = problem.args
    return {
        "x": np.linalg.solve(np.tril(a.astype(np.float64)), b.astype(np.float64)[..., None])[..., 0].astype(x.dtype)
    }


def cost(problem: Problem) -> Cost:
    """Read the systems, write the solutions; n^2 operations."""
    a, b, x = problem.args
    return Cost(points=len(a), bytes=a.nbytes + b.nbytes + x.nbytes, flops=16 * len(a))


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for the condition of the matrices, below ten."""
    return Tolerance(rtol=64 * float(np.finfo(dtype).eps), atol=64 * float(np.finfo(dtype).eps))


CASE = Case(
    name="linalg_solve_triangular",
    summary="many triangular systems of four equations",
    kernel=Primitive(run, "linalg_solve_triangular"),
    sizes={"tiny": 200, "small": 30_000, "large": 2**20},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="scipy.linalg.solve_triangular, SciPy reference",
    tolerance=tolerance,
)
