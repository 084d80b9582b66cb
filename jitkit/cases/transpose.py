"""transpose: a matrix mirrored along its diagonal, through a tile in shared memory."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Problem

ROWS, TILE = GROUP = (8, 64)
# One column more than is used: the work-items of a warp, which read down a column, then hit different banks.
PADDED = TILE + 1


@jk.kernel(group=GROUP)
def transpose(i, j, x, out):
    """Copy a square tile of `x` to its place in `out`; rows are read as rows, and written as rows."""
    n, m = x.shape
    row, column = jk.local_index()
    group_row, group_column = jk.group_index()
    # Groups follow one another along the rows of `out`: on a CPU, strided reads cost less than strided writes.
    left, top = group_row * TILE, group_column * TILE
    tile = jk.shared((TILE, PADDED), x.dtype)
    for r in range(0, TILE, ROWS):
        inside = top + row + r < n and left + column < m
        tile[row + r, column] = x[top + row + r, left + column] if inside else 0
    jk.barrier()
    # A work-item's rows of `out` lie side by side: what it reads down the tile's columns then comes from few lines of the
    # cache. ROWS apart it took 1.05 times as long on Zen 4, and with AVX2 1.0 (float32) and 1.15 times (float64).
    first = row * (TILE // ROWS)
    values = jk.local(TILE // ROWS, x.dtype)
    for r in range(TILE // ROWS):
        values[r] = tile[column, first + r]
    for r in range(TILE // ROWS):
        if left + first + r < m and top + column < n:
            out[left + first + r, top + column] = values[r]


def space(n: int, m: int) -> tuple[int, int]:
    """Return the launch space for a matrix of `n` rows and `m` columns: a group for each tile."""
    return -(-m // TILE) * ROWS, -(-n // TILE) * TILE


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a matrix of `size` rows, a quarter wider than high."""
    n, m = size, size + size // 4
    return Problem(space(n, m), (rng.random((n, m), dtype=dtype), np.zeros((m, n), dtype)), written=("out",))


def reference(problem: Problem) -> Arrays:
    """Return NumPy's transpose, laid out in memory as `out` is."""
    return {"out": np.ascontiguousarray(problem.args[0].T)}


def cost(problem: Problem) -> Cost:
    """Read `x`, write `out`; nothing is computed."""
    x, out = problem.args
    return Cost(points=int(np.prod(space(*x.shape))), bytes=x.nbytes + out.nbytes, flops=0)


CASE = Case(
    name="transpose",
    summary="matrix transpose through a tile in shared memory",
    kernel=transpose,
    sizes={"tiny": 40, "small": 1_000, "large": 4_000},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="G. Ruetsch, P. Micikevicius, Optimizing Matrix Transpose in CUDA, NVIDIA, 2009",
)
