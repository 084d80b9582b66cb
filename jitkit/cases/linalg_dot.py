"""linalg_dot: sum of the products of the elements of two vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from jitkit.linalg.dot import dot

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance


def run(backend: str | None, x: Any, y: Any, total: Any) -> None:
    """Write the sum."""
    total[0] = dot(x, y, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return two vectors of numbers in [0, 1), and room for the sum."""
    x, y = rng.random(size, dtype=dtype), rng.random(size, dtype=dtype)
    return Problem(size, (x, y, np.full(1, -1, dtype)), written=("total",))


def reference(problem: Problem) -> Arrays:
    """Return the sum, computed in float64 and rounded once."""
    x, y, total = problem.args
    return {"total": np.array([np.dot(x.astype(np.float64), y.astype(np.float64))]).astype(total.dtype)}


def cost(problem: Problem) -> Cost:
    """Read both vectors; a multiplication and an addition for each pair."""
    x, y, total = problem.args
    return Cost(points=x.size, bytes=x.nbytes + y.nbytes + total.nbytes, flops=2 * x.size)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for sums of positive numbers in another order."""
    return Tolerance(rtol=64 * float(np.finfo(dtype).eps))


CASE = Case(
    name="linalg_dot",
    summary="sum of the products of the elements of two vectors",
    kernel=Primitive(run, "linalg_dot"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="N. J. Higham, The accuracy of floating point summation, SIAM J. Sci. Comput. 14, 783-799, 1993",
    tolerance=tolerance,
)
