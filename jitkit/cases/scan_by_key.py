"""scan_by_key: the cumulative sums of the values of each run of equal keys."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, sum_tolerance


def run(backend: str | None, keys: Any, x: Any, sums: Any) -> None:
    """Write the sums."""
    sums[:] = jk.scan_by_key("add", keys, x, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return `size` keys in runs of four or so, as many values in [0, 1), and room for the sums."""
    keys = np.repeat(np.arange(size), rng.integers(1, 8, size))[:size]
    return Problem(size, (keys, rng.random(size, dtype=dtype), np.zeros(size, dtype)), written=("sums",))


def reference(problem: Problem) -> Arrays:
    """Return the sums in integers, rounded once."""
    keys, x, sums = problem.args
    begins = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    whole = (x * 2.0**53).astype(np.int64)  # exact, and so are differences of their sums though these wrap
    running = np.cumsum(whole)
    before = np.repeat(running[begins] - whole[begins], np.diff(begins, append=x.size))
    return {"sums": ((running - before) / 2.0**53).astype(sums.dtype)}


def cost(problem: Problem) -> Cost:
    """Read keys and values, write the sums; an addition for each."""
    keys, x, sums = problem.args
    return Cost(points=x.size, bytes=keys.nbytes + x.nbytes + sums.nbytes, flops=x.size)


CASE = Case(
    name="scan_by_key",
    summary="the cumulative sums of each run of equal keys",
    kernel=Primitive(run, "scan_by_key"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="G. E. Blelloch, Prefix sums and their applications, CMU-CS-90-190, 1990",
    tolerance=sum_tolerance,
)
