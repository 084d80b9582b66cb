"""ml_activations: the activation gelu in its tanh form."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance


def run(backend: str | None, x: Any, out: Any) -> None:
    """Write the activations."""
    jk.ml.gelu(x, "tanh", out=out, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return `size` normal numbers."""
    x = rng.standard_normal(size).astype(dtype)
    return Problem(size, (x, np.zeros_like(x)), written=("out",))


def reference(problem: Problem) -> Arrays:
    """Return the activations, computed in float64 and rounded once."""
    x, out = problem.args
    wide = x.astype(np.float64)
    return {"out": (0.5 * wide * (1 + np.tanh(np.sqrt(2 / np.pi) * (wide + 0.044715 * wide**3)))).astype(out.dtype)}


def cost(problem: Problem) -> Cost:
    """Read `x`, write `out`; an exponential and seven other operations for each element."""
    x, out = problem.args
    return Cost(points=x.size, bytes=x.nbytes + out.nbytes, flops=8 * x.size)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for the exponential of a rounded number of about 10."""
    return Tolerance(rtol=64 * float(np.finfo(dtype).eps), atol=4 * float(np.finfo(dtype).eps))


CASE = Case(
    name="ml_activations",
    summary="gelu of normal numbers, tanh form",
    kernel=Primitive(run, "ml_activations"),
    sizes={"tiny": 1_000, "small": 500_000, "large": 4_000_000},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="D. Hendrycks, K. Gimpel, Gaussian error linear units (GELUs), arXiv:1606.08415, 2016",
    tolerance=tolerance,
)
