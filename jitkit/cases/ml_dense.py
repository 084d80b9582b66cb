"""ml_dense: a layer of 16 neurons that sees 24 inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance

INPUTS, OUTPUTS = 24, 16


def run(backend: str | None, x: Any, weight: Any, bias: Any, y: Any) -> None:
    """Write the activations."""
    jk.ml.dense(x, weight, bias, "relu", out=y, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return inputs for about `size` activations, weights and biases of either sign."""
    rows = max(1, size // OUTPUTS)
    x, weight = rng.random((rows, INPUTS), dtype=dtype), rng.standard_normal((INPUTS, OUTPUTS)).astype(dtype)
    return Problem(
        size, (x, weight, rng.standard_normal(OUTPUTS).astype(dtype), np.zeros((rows, OUTPUTS), dtype)), ("y",)
    )


def reference(problem: Problem) -> Arrays:
    """Return the activations, computed in float64 and rounded once."""
    x, weight, bias, y = problem.args
    return {"y": np.maximum(x.astype(np.float64) @ weight + bias, 0).astype(y.dtype)}


def cost(problem: Problem) -> Cost:
    """Read inputs and weights, write activations; a multiplication and an addition for each term of each sum."""
    x, weight, bias, y = problem.args
    assert isinstance(problem.space, int)
    return Cost(problem.space, x.nbytes + weight.nbytes + bias.nbytes + y.nbytes, flops=2 * INPUTS * y.size)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for sums of 24 terms of either sign."""
    return Tolerance(rtol=64 * float(np.finfo(dtype).eps), atol=64 * float(np.finfo(dtype).eps))


CASE = Case(
    name="ml_dense",
    summary="a dense layer with relu, 24 inputs and 16 outputs",
    kernel=Primitive(run, "ml_dense"),
    sizes={"tiny": 1_000, "small": 400_000, "large": 8_000_000},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="D. E. Rumelhart, G. E. Hinton, R. J. Williams, Nature 323, 533-536, 1986",
    tolerance=tolerance,
)
