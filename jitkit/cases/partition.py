"""partition: the elements above a half first, then the others."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem


def is_large(x):
    """Tell whether a number is above a half."""
    return x > 0.5


def run(backend: str | None, x: Any, out: Any) -> None:
    """Write the elements above a half, then the others."""
    out[:] = jk.partition(is_large, x, backend=backend)[0]


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a vector of `size` elements in [0, 1), and room for as many."""
    return Problem(size, (rng.random(size, dtype=dtype), np.zeros(size, dtype)), written=("out",))


def reference(problem: Problem) -> Arrays:
    """Return the elements above a half, then the others, in their order."""
    x, _ = problem.args
    return {"out": np.concatenate([x[x > 0.5], x[~(x > 0.5)]])}


def cost(problem: Problem) -> Cost:
    """Read `x`, write as much; a comparison for each element."""
    x, out = problem.args
    return Cost(points=x.size, bytes=x.nbytes + out.nbytes, flops=x.size)


CASE = Case(
    name="partition",
    summary="the elements of a vector above a half, then the others",
    kernel=Primitive(run, "partition"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="G. E. Blelloch, Prefix sums and their applications, CMU-CS-90-190, 1990",
)
