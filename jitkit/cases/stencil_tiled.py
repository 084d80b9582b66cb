"""stencil_tiled: four explicit steps of the heat equation at once, through rows with their halo in shared memory."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from . import heat
from .case import Arrays, Case, Cost, Problem, Tolerance, few_ulp

STEPS = 4
# A group walks down a tile, a work-item for each column. As wide as the first cache holds the rows for in float64.
WIDTH = 192
GROUP = (1, WIDTH)
# Places at either side of a row, of which one is used: rows then begin with a line of the cache, as vectors do, so that three
# loads of five and the store touch one line each (float32: 0.88 of the time on Zen 4, 0.81 by AVX2).
EDGE = 16
ROWS, COLUMNS = 128, WIDTH - 2 * STEPS


@jk.kernel(group=GROUP)
def stencil_tiled(i, j, u, out, k):
    """Advance the temperature `u` by four steps of the kernel of `heat`; each point is read once and written once.

    Of each step the last four rows are kept. In one turn a new row of `u` comes in, step s goes on by one row two rows
    above step s - 1, and the last step's row goes out; so there is one barrier to a turn. At each step a point less at
    the sides of the tile is right, which is what the halo is for.
    """
    n, m = u.shape
    tile, column_of_tiles = jk.group_index()
    _, c = jk.local_index()
    top, column = tile * ROWS, column_of_tiles * COLUMNS + c - STEPS
    inside = 0 < column < m - 1
    ours = inside and STEPS <= c < STEPS + COLUMNS
    rows = jk.shared((STEPS, 4, WIDTH + 2 * EDGE), u.dtype)
    if c < 2:
        for s in range(STEPS):
            for r in range(4):
                rows[s, r, EDGE - 1 + c * (WIDTH + 1)] = 0.0
    for r in range(top - STEPS, min(top + ROWS, n) + 2 * STEPS):
        rows[0, r & 3, c + EDGE] = u[min(max(r, 0), n - 1), min(max(column, 0), m - 1)]
        for s in range(1, STEPS + 1):
            q = r - 2 * s
            if q >= top - STEPS + s:
                old = rows[s - 1, q & 3, c + EDGE]
                around = rows[s - 1, q - 1 & 3, c + EDGE] + rows[s - 1, q + 1 & 3, c + EDGE]
                around += rows[s - 1, q & 3, c + EDGE - 1] + rows[s - 1, q & 3, c + EDGE + 1]
                new = old + k * (around - 4 * old)
                if s < STEPS:
                    rows[s, q & 3, c + EDGE] = new if inside and 0 < q < n - 1 else old
                elif ours and 0 < q < n - 1:
                    out[q, column] = new
        jk.barrier()


def space(n: int, m: int) -> tuple[int, int]:
    """Return the launch space for a plate of `n` by `m` points: a group for each tile."""
    return -(-n // ROWS), -(-m // COLUMNS) * WIDTH


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return the plate of the case `heat`."""
    plate = heat.make(size, dtype, rng)
    return Problem(space(*plate.args[0].shape), plate.args, plate.written)


def cost(problem: Problem) -> Cost:
    """Read `u`, write the interior of `out`; seven operations for each point and step, halos not counted twice."""
    plain, rows_and_columns = heat.cost(problem), space(*problem.args[0].shape)
    return Cost(points=int(np.prod(rows_and_columns)), bytes=plain.bytes, flops=STEPS * plain.flops)


def reference(problem: Problem) -> Arrays:
    """Return what four steps of the case `heat` give, rounded once."""
    u, _, k = problem.args
    wide, factor = u.astype(np.float64), float(u.dtype.type(k))
    for _ in range(STEPS):
        wide = heat.reference(Problem(problem.space, (wide, wide, factor), problem.written))["out"]
    return {"out": wide.astype(u.dtype)}


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Return four ULP for each step."""
    return Tolerance(rtol=STEPS * few_ulp(dtype).rtol)


CASE = Case(
    name="stencil_tiled",
    summary="four steps of the heat equation on a plate at once, through shared memory",
    kernel=stencil_tiled,
    sizes={"tiny": 40, "small": 1_000, "large": 6_000},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    tolerance=tolerance,
    source="A. Nguyen et al., 3.5-D Blocking Optimization for Stencil Computations on Modern CPUs and GPUs, SC 2010",
)
