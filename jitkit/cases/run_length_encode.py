"""run_length_encode: the value and the length of each run of equal neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem


def run(backend: str | None, x: Any, values: Any, lengths: Any) -> None:
    """Write values and lengths to the front."""
    found, counts = jk.run_length_encode(x, backend=backend)
    values[: len(found)], lengths[: len(counts)] = found, counts


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return `size` elements in runs of four or so, and room for values and lengths."""
    x = np.repeat(rng.random(size, dtype=dtype), rng.integers(1, 8, size))[:size]
    return Problem(size, (x, np.zeros(size, dtype), np.zeros(size, np.int64)), written=("values", "lengths"))


def reference(problem: Problem) -> Arrays:
    """Return values and lengths, and zeros."""
    x, values, lengths = (arg.copy() for arg in problem.args)
    begins = np.flatnonzero(np.append(True, x[1:] != x[:-1]))
    values[: begins.size], lengths[: begins.size] = x[begins], np.diff(begins, append=x.size)
    return {"values": values, "lengths": lengths}


def cost(problem: Problem) -> Cost:
    """Read `x`, write a value and a length for every fourth element; a comparison for each."""
    x, *_ = problem.args
    return Cost(points=x.size, bytes=x.nbytes + (x.nbytes + 8 * x.size) // 4, flops=x.size)


CASE = Case(
    name="run_length_encode",
    summary="the runs of equal neighbours of a vector",
    kernel=Primitive(run, "run_length_encode"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="G. E. Blelloch, Prefix sums and their applications, CMU-CS-90-190, 1990",
)
