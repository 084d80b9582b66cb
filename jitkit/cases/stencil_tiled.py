"""stencil_tiled: one explicit step of the heat equation, through a tile with its halo in shared memory."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from . import heat
from .case import Arrays, Case, Cost, Problem

# Two rows of work-items walk down a tile of 16 rows: a row of it is 1 KiB, which is what streams well from memory.
GROUP_ROWS, COLUMNS = GROUP = (2, 256)
ROWS = 16


@jk.kernel(group=GROUP)
def stencil_tiled(i, j, u, out, k):
    """Advance the temperature `u` by one step, as the kernel of `heat` does; a group reads a tile with a halo of one."""
    n, m = u.shape
    row, column = jk.local_index()
    group_row, group_column = jk.group_index()
    top, left = group_row * ROWS, group_column * COLUMNS
    tile = jk.shared((ROWS + 2, COLUMNS + 2), u.dtype)
    for r in range(row, ROWS + 2, GROUP_ROWS):
        if top + r < n and left + column < m:
            tile[r, column] = u[top + r, left + column]
    rim = row * COLUMNS + column
    if rim < 2 * (ROWS + 2):
        r, c = rim // 2, COLUMNS + rim % 2
        if top + r < n and left + c < m:
            tile[r, c] = u[top + r, left + c]
    jk.barrier()
    c = column + 1
    for r in range(row + 1, ROWS + 1, GROUP_ROWS):
        if top + r < n - 1 and left + c < m - 1:
            around = tile[r - 1, c] + tile[r + 1, c] + tile[r, c - 1] + tile[r, c + 1]
            out[top + r, left + c] = tile[r, c] + k * (around - 4 * tile[r, c])


def space(n: int, m: int) -> tuple[int, int]:
    """Return the launch space for a plate of `n` by `m` points: a group for each tile."""
    return -(-(n - 2) // ROWS) * GROUP_ROWS, -(-(m - 2) // COLUMNS) * COLUMNS


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
