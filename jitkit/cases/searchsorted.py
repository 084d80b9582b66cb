"""searchsorted: where elements lie among 65536 sorted ones."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem


def run(backend: str | None, table: Any, x: Any, places: Any) -> None:
    """Write the place of each element."""
    jk.searchsorted(table, x, out=places, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a sorted table, `size` elements in [0, 1), and room for their places."""
    table = np.sort(rng.random(2**16, dtype=dtype))
    return Problem(size, (table, rng.random(size, dtype=dtype), np.full(size, -1)), written=("places",))


def reference(problem: Problem) -> Arrays:
    """Return the places."""
    table, x, _ = problem.args
    return {"places": np.searchsorted(table, x)}


def cost(problem: Problem) -> Cost:
    """Read the table and `x`, write the places; sixteen comparisons for each element."""
    table, x, places = problem.args
    return Cost(points=x.size, bytes=table.nbytes + x.nbytes + places.nbytes, flops=16 * x.size)


CASE = Case(
    name="searchsorted",
    summary="where elements lie among 65536 sorted ones",
    kernel=Primitive(run, "searchsorted"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="numpy.searchsorted, NumPy reference",
)
