"""mandelbrot: escape counts of the quadratic map, a kernel of uneven work."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Problem, Tolerance


@jk.kernel
def mandelbrot(i, j, x, y, counts, limit):
    """Count the steps of `z = z * z + c` from zero until `|z| > 2`, up to `limit`."""
    cx, cy = x[j], y[i]
    zx = 0.0
    zy = 0.0
    count = 0
    while count < limit and zx * zx + zy * zy <= 4.0:
        zx, zy = zx * zx - zy * zy + cx, 2.0 * zx * zy + cy
        count += 1
    counts[i, j] = count


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a picture of `size` rows, a quarter wider than high, of the whole set; nothing in it is random."""
    n, m = size, size + size // 4
    x, y = np.linspace(-2.25, 0.875, m, dtype=dtype), np.linspace(-1.25, 1.25, n, dtype=dtype)
    return Problem((n, m), (x, y, np.zeros((n, m), dtype=np.int32), 200), written=("counts",))


def reference(problem: Problem) -> Arrays:
    """Return `counts` after the launch, computed in the dtype of `x`: orbits near the boundary depend on rounding."""
    x, y, counts, limit = problem.args
    cx, cy = np.broadcast_to(x, counts.shape).ravel(), np.repeat(y, x.size)
    zx, zy, alive = np.zeros_like(cx), np.zeros_like(cy), np.arange(counts.size)
    after = np.zeros(counts.size, dtype=counts.dtype)
    for _ in range(limit):
        bounded = zx * zx + zy * zy <= 4
        zx, zy, cx, cy, alive = zx[bounded], zy[bounded], cx[bounded], cy[bounded], alive[bounded]
        zx, zy = zx * zx - zy * zy + cx, 2 * zx * zy + cy
        after[alive] += 1
    return {"counts": after.reshape(counts.shape)}


def cost(problem: Problem) -> Cost:
    """Read the coordinates, write the counts; eight operations for each step that was counted."""
    x, y, counts, _ = problem.args
    steps = int(reference(problem)["counts"].sum(dtype=np.int64))
    return Cost(points=counts.size, bytes=x.nbytes + y.nbytes + counts.nbytes, flops=8 * steps)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Ask for equal counts, but for the few orbits that a fused multiply-add sends another way."""
    return Tolerance(rtol=0.0, mismatched=0.01 if np.finfo(dtype).bits == 32 else 0.002)


CASE = Case(
    name="mandelbrot",
    summary="escape counts of the Mandelbrot set",
    kernel=mandelbrot,
    sizes={"tiny": 20, "small": 128, "large": 1_000},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="H.-O. Peitgen, P. H. Richter, The Beauty of Fractals, Springer 1986, the level sets of the Mandelbrot set",
    tolerance=tolerance,
)
