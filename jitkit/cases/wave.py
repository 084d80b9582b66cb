"""wave: one leapfrog step of the three-dimensional wave equation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Problem, Tolerance


def laplacian(u, i, j, k):
    """Return the seven-point Laplacian of `u`, in units of the squared spacing."""
    return (
        u[i - 1, j, k] + u[i + 1, j, k] + u[i, j - 1, k] + u[i, j + 1, k] + u[i, j, k - 1] + u[i, j, k + 1]
    ) - 6 * u[i, j, k]


@jk.kernel
def wave(i, j, k, u_prev, u, u_next, courant2):
    """Advance the displacement from `u_prev` and `u` to `u_next`; `courant2` is the squared Courant number."""
    u_next[i, j, k] = 2 * u[i, j, k] - u_prev[i, j, k] + courant2 * laplacian(u, i, j, k)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a box of `size` by `size + 1` by `size + 2` points; its faces are held fixed."""
    shape = (size, size + 1, size + 2)
    u_prev, u = rng.random(shape, dtype=dtype), rng.random(shape, dtype=dtype)
    interior = tuple(slice(1, extent - 1) for extent in shape)
    return Problem(interior, (u_prev, u, u.copy(), 0.25), written=("u_next",))


def reference(problem: Problem) -> Arrays:
    """Return `u_next` after the launch, computed in float64 and rounded once."""
    u_prev, u, u_next, courant2 = problem.args
    wide = u.astype(np.float64)
    interior = (slice(1, -1),) * 3
    laplace = -6 * wide[interior]
    for axis in range(3):
        for side in (slice(None, -2), slice(2, None)):
            laplace += wide[(*interior[:axis], side, *interior[axis + 1 :])]
    after = u_next.copy()
    after[interior] = 2 * wide[interior] - u_prev[interior] + courant2 * laplace
    return {"u_next": after}


def cost(problem: Problem) -> Cost:
    """Read `u` and the interior of `u_prev`, write the interior of `u_next`; eleven operations for each point."""
    _, u, u_next, _ = problem.args
    points = int(np.prod([extent - 2 for extent in u_next.shape]))
    return Cost(points=points, bytes=u.nbytes + 2 * points * u.itemsize, flops=11 * points)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for cancellation: terms of size up to 6 may sum to nothing."""
    return Tolerance(rtol=0.0, atol=16 * float(np.finfo(dtype).eps))


CASE = Case(
    name="wave",
    summary="one leapfrog step of the wave equation in a box, seven-point stencil",
    kernel=wave,
    sizes={"tiny": 11, "small": 100, "large": 320},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="H. P. Langtangen, S. Linge, Finite Difference Computing with PDEs, Springer 2017, chapter 2",
    tolerance=tolerance,
)
