"""sort_by_key: keys in order and values in the order of their keys."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem


def run(backend: str | None, x: Any, values: Any, keys_out: Any, values_out: Any) -> None:
    """Write both."""
    jk.sort_by_key(x, values, out=(keys_out, values_out), backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return `size` keys, pairs of them equal, as many values, and room for both."""
    x = rng.permutation(np.arange(size) // 2 / 4).astype(dtype)
    args = x, rng.integers(0, size, size), np.zeros(size, dtype), np.zeros(size, np.int64)
    return Problem(size, args, written=("keys_out", "values_out"))


def reference(problem: Problem) -> Arrays:
    """Return both."""
    x, values, *_ = problem.args
    order = np.argsort(x, kind="stable")
    return {"keys_out": x[order], "values_out": values[order]}


def cost(problem: Problem) -> Cost:
    """Read keys and values, write as much; as many comparisons for each key as its place has bits."""
    x, values, *_ = problem.args
    return Cost(points=x.size, bytes=2 * (x.nbytes + values.nbytes), flops=x.size * x.size.bit_length())


CASE = Case(
    name="sort_by_key",
    summary="keys in order, and values in the order of their keys",
    kernel=Primitive(run, "sort_by_key"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="D. E. Knuth, The Art of Computer Programming 3, Addison-Wesley 1998, chapter 5",
)
