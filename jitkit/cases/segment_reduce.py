"""segment_reduce: the sum of each segment of a vector."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, sum_tolerance


def run(backend: str | None, x: Any, offsets: Any, sums: Any) -> None:
    """Write the sums."""
    jk.segment_reduce("add", x, offsets, out=sums, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return `size` elements in [0, 1) in segments of a hundred or so, and room for the sums."""
    offsets = np.concatenate([[0], np.sort(rng.integers(0, size + 1, size // 100)), [size]])
    return Problem(size, (rng.random(size, dtype=dtype), offsets, np.zeros(offsets.size - 1, dtype)), written=("sums",))


def reference(problem: Problem) -> Arrays:
    """Return the sums in float64, rounded once; of nothing they are zero."""
    x, offsets, sums = problem.args
    some = offsets[1:] > offsets[:-1]
    found = np.zeros(sums.size)
    found[some] = np.add.reduceat(x, offsets[:-1][some], dtype=np.float64)
    return {"sums": found.astype(sums.dtype)}


def cost(problem: Problem) -> Cost:
    """Read `x` and the offsets, write the sums; an addition for each element."""
    x, offsets, sums = problem.args
    return Cost(points=x.size, bytes=x.nbytes + offsets.nbytes + sums.nbytes, flops=x.size)


CASE = Case(
    name="segment_reduce",
    summary="the sum of each segment of a vector",
    kernel=Primitive(run, "segment_reduce"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="G. E. Blelloch, Prefix sums and their applications, CMU-CS-90-190, 1990",
    tolerance=sum_tolerance,
)
