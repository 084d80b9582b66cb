"""argsort: the indices that sort a vector, those of equal elements in order."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem


def run(backend: str | None, x: Any, order: Any) -> None:
    """Write the indices."""
    jk.argsort(x, out=order, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a vector of `size` elements, pairs of them equal, and room for the indices."""
    x = rng.permutation(np.arange(size) // 2 / 4).astype(dtype)
    return Problem(size, (x, np.zeros(size, np.int64)), written=("order",))


def reference(problem: Problem) -> Arrays:
    """Return the indices."""
    return {"order": np.argsort(problem.args[0], kind="stable")}


def cost(problem: Problem) -> Cost:
    """Read `x`, write the indices; as many comparisons for each element as its place has bits."""
    x, order = problem.args
    return Cost(points=x.size, bytes=x.nbytes + order.nbytes, flops=x.size * x.size.bit_length())


CASE = Case(
    name="argsort",
    summary="the indices that sort a vector",
    kernel=Primitive(run, "argsort"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="D. E. Knuth, The Art of Computer Programming 3, Addison-Wesley 1998, chapter 5",
)
