"""vectorize: a polynomial in two variables through an object like a ufunc, one of them a number."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem


@jk.vectorize
def polynomial(x, y):
    """Return y + x (y + x)."""
    return y + x * (y + x)


def run(backend: str | None, x: Any, y: Any, z: Any) -> None:
    """Write the polynomial of each element and the number."""
    polynomial(x, y, out=z, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a vector of `size` elements in [0, 1), a number, and room for as many."""
    return Problem(size, (rng.random(size, dtype=dtype), 0.5, np.zeros(size, dtype)), written=("z",))


def reference(problem: Problem) -> Arrays:
    """Return the polynomial in float64, rounded once."""
    x, y, z = problem.args
    wide = x.astype(np.float64)
    return {"z": (y + wide * (y + wide)).astype(z.dtype)}


def cost(problem: Problem) -> Cost:
    """Read `x`, write `z`; a multiplication and two additions for each element."""
    x, _, z = problem.args
    return Cost(points=x.size, bytes=x.nbytes + z.nbytes, flops=3 * x.size)


CASE = Case(
    name="vectorize",
    summary="a function of numbers as a ufunc, of a vector and a number",
    kernel=Primitive(run, "vectorize"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="N. J. Smith, B. Root and others, NEP 13, A mechanism for overriding ufuncs, 2013",
)
