"""lazy: the sum of a function of the places of a vector, which never lie in memory."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, sum_tolerance


def scaled(k, x, scale):
    """Return an element times its place."""
    return k * scale * x


def run(backend: str | None, x: Any, total: Any) -> None:
    """Write the sum of the elements times their places, from 0 to 1."""
    scale = jk.constant(1 / len(x), len(x), total.dtype)
    places = jk.counting(len(x), dtype=total.dtype)
    jk.reduce("add", jk.transformed(scaled, places, x, scale), keepdims=True, out=total, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a vector of `size` elements in [0, 1), and room for the sum."""
    return Problem(size, (rng.random(size, dtype=dtype), np.zeros(1, dtype)), written=("total",))


def reference(problem: Problem) -> Arrays:
    """Return the sum in float64, rounded once."""
    x, total = problem.args
    places = np.arange(x.size) / x.size
    return {"total": np.atleast_1d(places @ x.astype(np.float64)).astype(total.dtype)}


def cost(problem: Problem) -> Cost:
    """Read `x`; two multiplications and an addition for each element."""
    x, *_ = problem.args
    return Cost(points=x.size, bytes=x.nbytes, flops=3 * x.size)


CASE = Case(
    name="lazy",
    summary="the sum of a vector times its places, which are computed where they are read",
    kernel=Primitive(run, "lazy"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="M. Harris, Optimizing Parallel Reduction in CUDA, NVIDIA, 2007",
    tolerance=sum_tolerance,
)
