"""nbody: gravitational accelerations of all bodies on all, a kernel bound by arithmetic."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Problem, Tolerance

# Rows of pair distances that the reference holds at once: 2**22 of them are 32 MiB.
PAIRS_AT_ONCE = 2**22


@jk.kernel(fastmath=True)
def nbody(i, x, y, z, mass, ax, ay, az, softening2):
    """Sum the accelerations on body `i` with G = 1; `softening2` is the squared Plummer softening length."""
    xi, yi, zi = x[i], y[i], z[i]
    sum_x = 0.0
    sum_y = 0.0
    sum_z = 0.0
    for j in range(x.shape[0]):
        dx = x[j] - xi
        dy = y[j] - yi
        dz = z[j] - zi
        inverse = 1.0 / math.sqrt(dx * dx + dy * dy + dz * dz + softening2)
        pull = mass[j] * inverse * inverse * inverse
        sum_x += pull * dx
        sum_y += pull * dy
        sum_z += pull * dz
    ax[i] = sum_x
    ay[i] = sum_y
    az[i] = sum_z


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return `size` bodies in the unit cube, of mass about one together, so that accelerations are of order one."""
    x, y, z = (rng.random(size, dtype=dtype) for _ in range(3))
    mass = ((0.5 + rng.random(size)) / size).astype(dtype)
    ax, ay, az = (np.zeros(size, dtype=dtype) for _ in range(3))
    return Problem(size, (x, y, z, mass, ax, ay, az, 0.01), written=("ax", "ay", "az"))


def reference(problem: Problem) -> Arrays:
    """Return the accelerations, computed in float64 and rounded once, some rows of pairs at a time."""
    x, y, z, mass, ax, _, _, softening2 = problem.args
    at, total = np.stack([x, y, z]).astype(np.float64), np.empty((3, x.size))
    rows = max(1, PAIRS_AT_ONCE // x.size)
    for start in range(0, x.size, rows):
        block = slice(start, start + rows)
        offset = at[:, None, :] - at[:, block, None]
        distance2 = np.einsum("dij,dij->ij", offset, offset) + float(x.dtype.type(softening2))
        total[:, block] = np.einsum("dij,ij->di", offset, mass * distance2**-1.5)
    return dict(zip(problem.written, total.astype(ax.dtype), strict=True))


def cost(problem: Problem) -> Cost:
    """Read positions and masses, write accelerations; twenty operations for each pair, as is usual to count."""
    x = problem.args[0]
    return Cost(points=x.size, bytes=7 * x.nbytes, flops=20 * x.size**2)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for sums of thousands of terms of either sign, of order one together, in any order."""
    return Tolerance(rtol=0.0, atol=128 * float(np.finfo(dtype).eps))


CASE = Case(
    name="nbody",
    summary="gravitational accelerations of all bodies on all, with softening",
    kernel=nbody,
    sizes={"tiny": 40, "small": 1_024, "large": 8_192},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="L. Nyland, M. Harris, J. Prins, Fast N-body simulation with CUDA, GPU Gems 3, 2007, chapter 31",
    tolerance=tolerance,
)
