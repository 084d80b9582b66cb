"""ml_layer_norm: rows shifted and scaled to mean 0 and variance 1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance

COLUMNS = 100


def run(backend: str | None, x: Any, weight: Any, bias: Any, out: Any) -> None:
    """Write the normalised rows."""
    jk.ml.layer_norm(x, weight, bias, out=out, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return about `size` numbers in rows of a hundred, a weight and a bias for each column."""
    x = (2 + rng.standard_normal((max(1, size // COLUMNS), COLUMNS))).astype(dtype)
    weight, bias = rng.random(COLUMNS, dtype=dtype), rng.random(COLUMNS, dtype=dtype)
    return Problem(size, (x, weight, bias, np.zeros_like(x)), written=("out",))


def reference(problem: Problem) -> Arrays:
    """Return the normalised rows, computed in float64 and rounded once."""
    x, weight, bias, out = problem.args
    wide = x.astype(np.float64)
    centred = wide - wide.mean(axis=-1, keepdims=True)
    scaled = centred / np.sqrt(wide.var(axis=-1, keepdims=True) + 1e-5)
    return {"out": (scaled * weight + bias).astype(out.dtype)}


def cost(problem: Problem) -> Cost:
    """Read `x`, write `out`; eight operations for each element."""
    x, out = problem.args[0], problem.args[-1]
    assert isinstance(problem.space, int)
    return Cost(points=problem.space, bytes=x.nbytes + out.nbytes, flops=8 * x.size)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for sums of a hundred, and for elements near the mean."""
    return Tolerance(rtol=32 * float(np.finfo(dtype).eps), atol=32 * float(np.finfo(dtype).eps))


CASE = Case(
    name="ml_layer_norm",
    summary="normalised rows of 100 elements",
    kernel=Primitive(run, "ml_layer_norm"),
    sizes={"tiny": 1_000, "small": 400_000, "large": 4_000_000},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="J. L. Ba, J. R. Kiros, G. E. Hinton, Layer normalization, arXiv:1607.06450, 2016",
    tolerance=tolerance,
)
