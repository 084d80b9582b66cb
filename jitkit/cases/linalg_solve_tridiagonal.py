"""linalg_solve_tridiagonal: many tridiagonal systems of twenty equations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from jitkit.linalg.solve_tridiagonal import solve_tridiagonal

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance

ROWS = 20


def run(backend: str | None, a: Any, b: Any, x: Any) -> None:
    """Write the solutions; `a` is the lower, main and upper diagonals."""
    solve_tridiagonal(a[0, :, 1:], a[1], a[2, :, :-1], b, out=x, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return systems of about `size` equations together, the diagonals dominant, and room for the solutions."""
    count = max(1, size // ROWS)
    a, b = rng.random((3, count, ROWS)), rng.random((count, ROWS))
    a[1] += 2
    return Problem(size, (a.astype(dtype), b.astype(dtype), np.full((count, ROWS), -9, dtype)), written=("x",))


def reference(problem: Problem) -> Arrays:
    """Return the solutions, computed in float64 and rounded once."""
    a, b, x = problem.args
    whole = np.zeros((len(b), ROWS, ROWS))
    k = np.arange(ROWS)
    whole[:, k[1:], k[:-1]], whole[:, k, k], whole[:, k[:-1], k[1:]] = a[0, :, 1:], a[1], a[2, :, :-1]
    return {"x": np.linalg.solve(whole, b.astype(np.float64)[..., None])[..., 0].astype(x.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the diagonals and the right-hand sides, write the solutions; eight operations for each equation."""
    a, b, x = problem.args
    size = int(problem.space)  # type: ignore[arg-type]
    return Cost(points=size, bytes=a.nbytes + b.nbytes + x.nbytes, flops=8 * b.size)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for the condition of the matrices, below ten."""
    return Tolerance(rtol=64 * float(np.finfo(dtype).eps), atol=64 * float(np.finfo(dtype).eps))


CASE = Case(
    name="linalg_solve_tridiagonal",
    summary="many tridiagonal systems of twenty equations",
    kernel=Primitive(run, "linalg_solve_tridiagonal"),
    sizes={"tiny": 1_000, "small": 30_000, "large": 2**20},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="L. H. Thomas, Elliptic problems in linear difference equations over a network, Columbia University, 1949",
    tolerance=tolerance,
)
