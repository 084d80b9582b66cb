"""sort: the elements of a vector in order."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem


def run(backend: str | None, x: Any, out: Any) -> None:
    """Write the elements in order."""
    jk.sort(x, out=out, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a vector of `size` elements in [0, 1), and room for as many."""
    return Problem(size, (rng.random(size, dtype=dtype), np.zeros(size, dtype)), written=("out",))


def reference(problem: Problem) -> Arrays:
    """Return the elements in order."""
    return {"out": np.sort(problem.args[0])}


def cost(problem: Problem) -> Cost:
    """Read `x`, write as much; as many comparisons for each element as its place has bits."""
    x, out = problem.args
    return Cost(points=x.size, bytes=x.nbytes + out.nbytes, flops=x.size * x.size.bit_length())


CASE = Case(
    name="sort",
    summary="the elements of a vector in order",
    kernel=Primitive(run, "sort"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="D. E. Knuth, The Art of Computer Programming 3, Addison-Wesley 1998, chapter 5",
)
