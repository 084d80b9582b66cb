"""heat: one explicit step of the two-dimensional heat equation."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Problem


@jk.kernel
def heat(i, j, u, out, k):
    """Advance the temperature `u` by one step; `k` is the diffusivity times the time step over the squared spacing."""
    out[i, j] = u[i, j] + k * (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1] - 4 * u[i, j])


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a plate of `size` rows, a quarter wider than high, at random temperatures; its rim is held fixed."""
    n, m = size, size + size // 4
    u = rng.random((n, m), dtype=dtype)
    return Problem((slice(1, n - 1), slice(1, m - 1)), (u, u.copy(), 0.1), written=("out",))


def reference(problem: Problem) -> Arrays:
    """Return `out` after the launch, computed in float64 and rounded once."""
    u, out, k = problem.args
    wide = u.astype(np.float64)
    neighbours = wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:]
    after = out.copy()
    after[1:-1, 1:-1] = wide[1:-1, 1:-1] + float(u.dtype.type(k)) * (neighbours - 4 * wide[1:-1, 1:-1])
    return {"out": after}


def cost(problem: Problem) -> Cost:
    """Read `u`, write the interior of `out`; seven operations for each point."""
    u, out, _ = problem.args
    points = (out.shape[0] - 2) * (out.shape[1] - 2)
    return Cost(points=points, bytes=u.nbytes + points * out.itemsize, flops=7 * points)


CASE = Case(
    name="heat",
    summary="one explicit step of the heat equation on a plate, five-point stencil",
    kernel=heat,
    sizes={"tiny": 24, "small": 1_000, "large": 6_000},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="R. J. LeVeque, Finite Difference Methods for Ordinary and Partial Differential Equations, SIAM, 2007, "
    "chapter 9",
)
