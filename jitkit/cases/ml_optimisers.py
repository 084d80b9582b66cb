"""ml_optimisers: a step of Adam."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance

RATE = 1e-2


def run(backend: str | None, p: Any, grad: Any, mean: Any, square: Any) -> None:
    """Move the parameters."""
    jk.ml.adam_step(p, grad, mean, square, 3, RATE, weight_decay=0.1, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return `size` parameters, their gradient, and averages of gradients and squares as a few steps leave them."""
    p, grad, mean = (rng.standard_normal(size).astype(dtype) for _ in range(3))
    return Problem(size, (p, grad, mean, 0.1 + rng.random(size, dtype=dtype)), written=("p", "mean", "square"))


def reference(problem: Problem) -> Arrays:
    """Return the parameters and the averages, computed in float64 and rounded once."""
    p, grad, mean, square = (a.astype(np.float64) for a in problem.args)
    slope = grad + 0.1 * p
    m, v = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope**2
    p -= RATE * np.sqrt(1 - 0.999**3) / (1 - 0.9**3) * m / (np.sqrt(v) + 1e-8)
    dtype = problem.args[0].dtype
    return {"p": p.astype(dtype), "mean": m.astype(dtype), "square": v.astype(dtype)}


def cost(problem: Problem) -> Cost:
    """Read four arrays and write three; fourteen operations for each parameter."""
    p = problem.args[0]
    return Cost(points=p.size, bytes=7 * p.nbytes, flops=14 * p.size)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for differences of numbers of order one."""
    return Tolerance(rtol=8 * float(np.finfo(dtype).eps), atol=2 * float(np.finfo(dtype).eps))


CASE = Case(
    name="ml_optimisers",
    summary="a step of Adam with weight decay, in place",
    kernel=Primitive(run, "ml_optimisers"),
    sizes={"tiny": 1_000, "small": 200_000, "large": 4_000_000},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="D. P. Kingma, J. Ba, Adam: a method for stochastic optimization, ICLR 2015",
    tolerance=tolerance,
)
