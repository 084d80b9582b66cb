"""map: a polynomial of the elements of a vector."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem


def polynomial(x):
    """Return 1 + x (2 + x (3 + 4 x)), by Horner's rule."""
    return 1 + x * (2 + x * (3 + 4 * x))


def run(backend: str | None, x: Any, y: Any) -> None:
    """Write the polynomial of each element."""
    jk.map(polynomial, x, out=y, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a vector of `size` elements in [0, 1), and room for as many."""
    return Problem(size, (rng.random(size, dtype=dtype), np.zeros(size, dtype)), written=("y",))


def reference(problem: Problem) -> Arrays:
    """Return the polynomial in float64, rounded once."""
    x, y = problem.args
    wide = x.astype(np.float64)
    return {"y": (1 + wide * (2 + wide * (3 + 4 * wide))).astype(y.dtype)}


def cost(problem: Problem) -> Cost:
    """Read `x`, write `y`; three multiplications and three additions for each element."""
    x, y = problem.args
    return Cost(points=x.size, bytes=x.nbytes + y.nbytes, flops=6 * x.size)


CASE = Case(
    name="map",
    summary="a polynomial of each element of a vector",
    kernel=Primitive(run, "map"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="W. G. Horner, A new method of solving numerical equations, Phil. Trans. R. Soc. 109, 308-335, 1819",
)
