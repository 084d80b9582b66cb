"""select: the elements above a half."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem


def is_large(x):
    """Tell whether a number is above a half."""
    return x > 0.5


def run(backend: str | None, x: Any, found: Any) -> None:
    """Write the elements above a half to the front."""
    chosen = jk.select(is_large, x, backend=backend)
    found[: len(chosen)] = chosen


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a vector of `size` elements in [0, 1), and room for as many."""
    return Problem(size, (rng.random(size, dtype=dtype), np.zeros(size, dtype)), written=("found",))


def reference(problem: Problem) -> Arrays:
    """Return the elements above a half, and zeros."""
    x, found = problem.args
    chosen = x[x > 0.5]
    return {"found": np.concatenate([chosen, np.zeros(x.size - chosen.size, found.dtype)])}


def cost(problem: Problem) -> Cost:
    """Read `x`, write what is found, half of it; a comparison for each element."""
    x, _ = problem.args
    return Cost(points=x.size, bytes=x.nbytes + x.nbytes // 2, flops=x.size)


CASE = Case(
    name="select",
    summary="the elements of a vector above a half",
    kernel=Primitive(run, "select"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="G. E. Blelloch, Prefix sums and their applications, CMU-CS-90-190, 1990",
)
