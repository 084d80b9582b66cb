"""stencil_tiled: one explicit step of the heat equation, through a tile with its halo in shared memory."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from . import heat
from .case import Arrays, Case, Cost, Problem

# A tile is loaded whole, by as many passes of the group as it takes, and its rim is the halo: no branch loads that.
GROUP_ROWS, GROUP_COLUMNS = GROUP = (8, 32)
ROWS, COLUMNS = TILE = (32, 128)
LAST_ROW, LAST_COLUMN = ROWS - 1, COLUMNS - 1
STEP_ROWS, STEP_COLUMNS = ROWS - 2, COLUMNS - 2


@jk.kernel(group=GROUP)
def stencil_tiled(i, j, u, out, k):
    """Advance the temperature `u` by one step, as the kernel of `heat` does; a group writes the inside of its tile."""
    n, m = u.shape
    row, column = jk.local_index()
    group_row, group_column = jk.group_index()
    top, left = group_row * STEP_ROWS, group_column * STEP_COLUMNS
    tile = jk.shared(TILE, u.dtype)
    for a in range(0, ROWS, GROUP_ROWS):
        for b in range(0, COLUMNS, GROUP_COLUMNS):
            r, c = row + a, column + b
            inside = top + r < n and left + c < m
            tile[r, c] = u[top + r, left + c] if inside else 0
    jk.barrier()
    for a in range(0, ROWS, GROUP_ROWS):
        for b in range(0, COLUMNS, GROUP_COLUMNS):
            r, c = row + a, column + b
            inside = 0 < r < LAST_ROW and 0 < c < LAST_COLUMN
            if inside and top + r < n - 1 and left + c < m - 1:
                around = tile[r - 1, c] + tile[r + 1, c] + tile[r, c - 1] + tile[r, c + 1]
                out[top + r, left + c] = tile[r, c] + k * (around - 4 * tile[r, c])


def space(n: int, m: int) -> tuple[int, int]:
    """Return the launch space for a plate of `n` by `m` points: a group for each tile."""
    return -(-(n - 2) // STEP_ROWS) * GROUP_ROWS, -(-(m - 2) // STEP_COLUMNS) * GROUP_COLUMNS


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return the plate of the case `heat`."""
    plate = heat.make(size, dtype, rng)
    return Problem(space(*plate.args[0].shape), plate.args, plate.written)


def cost(problem: Problem) -> Cost:
    """Read `u`, write the interior of `out`; seven operations for each point, halos not counted twice."""
    plain, rows_and_columns = heat.cost(problem), space(*problem.args[0].shape)
    return Cost(points=int(np.prod(rows_and_columns)), bytes=plain.bytes, flops=plain.flops)


def reference(problem: Problem) -> Arrays:
    """Return what the case `heat` asks of its plain kernel."""
    return heat.reference(problem)


CASE = Case(
    name="stencil_tiled",
    summary="one step of the heat equation on a plate, through tiles with a halo in shared memory",
    kernel=stencil_tiled,
    sizes={"tiny": 40, "small": 1_000, "large": 6_000},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="P. Micikevicius, 3D Finite Difference Computation on GPUs using CUDA, GPGPU-2, 2009",
)
