"""reduce_by_key: the sum of the values of each run of equal keys."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, sum_tolerance


def run(backend: str | None, keys: Any, x: Any, sums: Any) -> None:
    """Write the sums to the front."""
    found = jk.reduce_by_key("add", keys, x, backend=backend)[1]
    sums[: len(found)] = found


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return `size` keys in runs of four or so, as many values in [0, 1), and room for the sums."""
    keys = np.repeat(np.arange(size), rng.integers(1, 8, size))[:size]
    return Problem(size, (keys, rng.random(size, dtype=dtype), np.zeros(size, dtype)), written=("sums",))


def reference(problem: Problem) -> Arrays:
    """Return the sums in float64, rounded once, and zeros."""
    keys, x, sums = (arg.copy() for arg in problem.args)
    begins = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    sums[: begins.size] = np.add.reduceat(x, begins, dtype=np.float64)
    return {"sums": sums}


def cost(problem: Problem) -> Cost:
    """Read keys and values, write a sum for every fourth; an addition for each."""
    keys, x, _ = problem.args
    return Cost(points=x.size, bytes=keys.nbytes + x.nbytes + x.nbytes // 4, flops=x.size)


CASE = Case(
    name="reduce_by_key",
    summary="the sum of the values of each run of equal keys",
    kernel=Primitive(run, "reduce_by_key"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="G. E. Blelloch, Prefix sums and their applications, CMU-CS-90-190, 1990",
    tolerance=sum_tolerance,
)
