"""ml_softmax: rows of scores turned into probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance

COLUMNS = 100


def run(backend: str | None, x: Any, out: Any) -> None:
    """Write the probabilities."""
    jk.ml.softmax(x, out=out, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return about `size` scores in rows of a hundred, some of them large."""
    x = 5 * rng.standard_normal((max(1, size // COLUMNS), COLUMNS)).astype(dtype)
    return Problem(size, (x, np.zeros_like(x)), written=("out",))


def reference(problem: Problem) -> Arrays:
    """Return the probabilities, computed in float64 and rounded once."""
    x, out = problem.args
    power = np.exp(x.astype(np.float64) - x.max(axis=-1, keepdims=True))
    return {"out": (power / power.sum(axis=-1, keepdims=True)).astype(out.dtype)}


def cost(problem: Problem) -> Cost:
    """Read `x`, write `out`; a comparison, a difference, an exponential, a sum and a product for each element."""
    x, out = problem.args
    assert isinstance(problem.space, int)
    return Cost(points=problem.space, bytes=x.nbytes + out.nbytes, flops=5 * x.size)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for the rounding of scores of about 20 under an exponential, and of a sum of a hundred."""
    return Tolerance(rtol=128 * float(np.finfo(dtype).eps))


CASE = Case(
    name="ml_softmax",
    summary="softmax of rows of 100 scores",
    kernel=Primitive(run, "ml_softmax"),
    sizes={"tiny": 1_000, "small": 400_000, "large": 4_000_000},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="M. Milakov, N. Gimelshein, Online normalizer calculation for softmax, arXiv:1805.02867, 2018",
    tolerance=tolerance,
)
