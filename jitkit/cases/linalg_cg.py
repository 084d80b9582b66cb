"""linalg_cg: conjugate gradients for a sparse matrix of three diagonals."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from jitkit.linalg.cg import cg
from jitkit.sparse import Csr

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance


def change(dtype: DTypeLike) -> float:
    """Return how small the residual shall be, of what it was at first."""
    return 1e-5 if np.dtype(dtype) == np.float32 else 1e-10


def run(backend: str | None, a: Any, b: Any, x: Any) -> None:
    """Write the solution; `a` is the values on the diagonals, the same all along."""
    x[:] = cg(matrix(a, b.size), b, rtol=change(b.dtype), backend=backend)[0]


def matrix(a: np.ndarray, n: int) -> Csr:
    """Return the matrix by rows."""
    columns = np.arange(n)[:, None] + np.array([-1, 0, 1])
    inside = (columns >= 0) & (columns < n)
    indptr = np.concatenate([[0], np.cumsum(inside.sum(1))]).astype(np.int32)
    return Csr(np.broadcast_to(a, (n, 3))[inside], columns[inside].astype(np.int32), indptr, (n, n))


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a right-hand side of `size` numbers, and room for the solution."""
    diagonals = np.array([-1, 3, -1], dtype)
    return Problem(size, (diagonals, rng.random(size, dtype=dtype), np.full(size, -9, dtype)), written=("x",))


def reference(problem: Problem) -> Arrays:
    """Return the solution, by elimination in float64."""
    a, b, x = problem.args
    below, pivot, above = (float(value) for value in a)
    ratios, values = np.empty(b.size), np.empty(b.size)
    ratio = value = 0.0
    for k, side in enumerate(b.tolist()):
        scale = 1 / (pivot - below * ratio)
        ratios[k] = ratio = above * scale
        values[k] = value = (side - below * value) * scale
    for k in range(b.size - 2, -1, -1):
        values[k] -= ratios[k] * values[k + 1]
    return {"x": values.astype(x.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the right-hand side, write the solution: about twenty steps of sixteen operations each."""
    _, b, x = problem.args
    return Cost(points=b.size, bytes=b.nbytes + x.nbytes, flops=20 * 16 * b.size)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for where the iteration stops."""
    return Tolerance(rtol=10 * change(dtype), atol=10 * change(dtype))


CASE = Case(
    name="linalg_cg",
    summary="conjugate gradients for a sparse matrix of three diagonals",
    kernel=Primitive(run, "linalg_cg"),
    sizes={"tiny": 200, "small": 30_000, "large": 2**20},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="M. R. Hestenes, E. Stiefel, Methods of conjugate gradients for solving linear systems, J. Res. NBS 49(6), 1952",
    tolerance=tolerance,
)
