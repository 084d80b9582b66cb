"""linalg_matmul: a layer of a neural network: a matrix product, a bias for each column, and negative numbers cut off."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from jitkit.linalg.matmul import matmul

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance


def relu(x):
    """Return the number, or 0 in place of a negative one."""
    return max(x, 0.0)


def run(backend: str | None, a: Any, b: Any, bias: Any, c: Any) -> None:
    """Write the layer's output."""
    matmul(a, b, bias=bias, activation=relu, out=c, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return square matrices for a product of about `size` elements, a good half of which the bias makes negative."""
    n = max(1, math.isqrt(size))
    a, b = rng.random((n, n), dtype=dtype), rng.random((n, n), dtype=dtype)
    bias = (n * (rng.random(n) - 0.75)).astype(dtype)
    return Problem(size, (a, b, bias, np.full((n, n), -1, dtype)), written=("c",))


def reference(problem: Problem) -> Arrays:
    """Return the output, computed in float64 and rounded once."""
    a, b, bias, c = problem.args
    return {"c": np.maximum(a.astype(np.float64) @ b.astype(np.float64) + bias, 0).astype(c.dtype)}


def cost(problem: Problem) -> Cost:
    """Read both matrices and the bias, write the product; two operations for each term and each element."""
    a, b, bias, c = problem.args
    size = int(problem.space)  # type: ignore[arg-type]
    flops = 2 * a.shape[1] * c.size + 2 * c.size
    return Cost(points=size, bytes=a.nbytes + b.nbytes + bias.nbytes + c.nbytes, flops=flops)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for sums of a thousand positive numbers and what the bias then takes away."""
    eps = float(np.finfo(dtype).eps)
    return Tolerance(rtol=64 * eps, atol=4096 * eps)


CASE = Case(
    name="linalg_matmul",
    summary="matrix product with a bias and an activation",
    kernel=Primitive(run, "linalg_matmul"),
    sizes={"tiny": 400, "small": 2**14, "large": 2**20},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="K. Goto, R. A. van de Geijn, Anatomy of High-Performance Matrix Multiplication, ACM TOMS 34(3), 2008",
    tolerance=tolerance,
)
