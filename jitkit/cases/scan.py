"""scan: the cumulative sums of a vector."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, sum_tolerance


def run(backend: str | None, x: Any, sums: Any) -> None:
    """Write the sums up to each element."""
    jk.scan("add", x, out=sums, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a vector of `size` elements in [0, 1), and room for as many sums."""
    return Problem(size, (rng.random(size, dtype=dtype), np.zeros(size, dtype)), written=("sums",))


def reference(problem: Problem) -> Arrays:
    """Return the sums in float64, rounded once."""
    x, sums = problem.args
    return {"sums": np.cumsum(x, dtype=np.float64).astype(sums.dtype)}


def cost(problem: Problem) -> Cost:
    """Read `x`, write `sums`; an addition for each element."""
    x, sums = problem.args
    return Cost(points=x.size, bytes=x.nbytes + sums.nbytes, flops=x.size)


CASE = Case(
    name="scan",
    summary="the cumulative sums of a vector",
    kernel=Primitive(run, "scan"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="G. E. Blelloch, Prefix sums and their applications, CMU-CS-90-190, 1990",
    tolerance=sum_tolerance,
)
