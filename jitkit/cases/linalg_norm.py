"""linalg_norm: Euclidean length of a vector."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from jitkit.linalg.norm import norm

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance


def run(backend: str | None, x: Any, length: Any) -> None:
    """Write the length."""
    length[0] = norm(x, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a vector of normal numbers, and room for its length."""
    return Problem(size, (rng.standard_normal(size, dtype=dtype), np.full(1, -1, dtype)), written=("length",))


def reference(problem: Problem) -> Arrays:
    """Return the length, computed in float64 and rounded once."""
    x, length = problem.args
    return {"length": np.array([np.linalg.norm(x.astype(np.float64))]).astype(length.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the vector; a multiplication and an addition for each element."""
    x, length = problem.args
    return Cost(points=x.size, bytes=x.nbytes + length.nbytes, flops=2 * x.size)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for sums of positive numbers in another order."""
    return Tolerance(rtol=64 * float(np.finfo(dtype).eps))


CASE = Case(
    name="linalg_norm",
    summary="Euclidean length of a vector",
    kernel=Primitive(run, "linalg_norm"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="numpy.linalg.norm, NumPy reference",
    tolerance=tolerance,
)
