"""ml_cross_entropy: the gradient of the cross entropy of rows of scores."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance

COLUMNS = 100


def run(backend: str | None, x: Any, labels: Any, out: Any) -> None:
    """Write the gradient of the sum of the losses."""
    jk.ml.cross_entropy_backward(x, labels, reduction="sum", out=out, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return about `size` scores in rows of a hundred, and the right class of each row."""
    x = 2 * rng.standard_normal((max(1, size // COLUMNS), COLUMNS)).astype(dtype)
    return Problem(size, (x, rng.integers(0, COLUMNS, len(x)), np.zeros_like(x)), written=("out",))


def reference(problem: Problem) -> Arrays:
    """Return the gradient, computed in float64 and rounded once."""
    x, labels, out = problem.args
    power = np.exp(x.astype(np.float64) - x.max(axis=-1, keepdims=True))
    share = power / power.sum(axis=-1, keepdims=True)
    share[np.arange(len(x)), labels] -= 1
    return {"out": share.astype(out.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the scores and the labels, write the gradient; six operations for each element."""
    x, labels, out = problem.args
    assert isinstance(problem.space, int)
    return Cost(points=problem.space, bytes=x.nbytes + labels.nbytes + out.nbytes, flops=6 * x.size)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for the rounding of scores of about 10 under an exponential, and of a sum of a hundred."""
    return Tolerance(rtol=128 * float(np.finfo(dtype).eps), atol=float(np.finfo(dtype).eps))


CASE = Case(
    name="ml_cross_entropy",
    summary="gradient of the cross entropy of rows of 100 scores",
    kernel=Primitive(run, "ml_cross_entropy"),
    sizes={"tiny": 1_000, "small": 400_000, "large": 4_000_000},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="J. S. Bridle, Probabilistic interpretation of feedforward classification network outputs, 1990",
    tolerance=tolerance,
)
