"""matmul_tiled: `C = A B`, through tiles in shared memory and sums in registers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Problem, Tolerance

# A group of 4 rows of TILE work-items computes 24 rows of TILE elements of C, TILE terms of their sums at a time: in float64
# its two tiles take 44 of the 48 KiB that any GPU has for a group. On a CPU, where the work-items of a row are lanes of two
# registers, ROWS sums take 12 of the 16 that AVX2 has: eight would not fit. Tiles 32 wide took 1.3 times as long, since each
# element of A was fetched for half as many of C.
GROUP_ROWS, TILE = GROUP = (4, 64)
ROWS = 6
TILE_ROWS = GROUP_ROWS * ROWS


@jk.kernel(group=GROUP)
def matmul_tiled(i, j, A, B, C):
    """Compute a tile of `C = A B` in each group; the elements of a work-item lie a group's height apart."""
    n, terms, m = A.shape[0], A.shape[1], B.shape[1]
    row, column = jk.local_index()
    group_row, group_column = jk.group_index()
    top, left = group_row * TILE_ROWS + row, group_column * TILE + column
    tile_a, tile_b = jk.shared((TILE_ROWS, TILE), A.dtype), jk.shared((TILE, TILE), B.dtype)
    sums = jk.local(ROWS, C.dtype)
    for r in range(ROWS):
        sums[r] = 0
    for start in range(0, terms, TILE):
        for r in range(0, TILE_ROWS, GROUP_ROWS):
            inside = top + r < n and start + column < terms
            tile_a[row + r, column] = A[top + r, start + column] if inside else 0
        for r in range(0, TILE, GROUP_ROWS):
            inside = start + row + r < terms and left < m
            tile_b[row + r, column] = B[start + row + r, left] if inside else 0
        jk.barrier()
        for k in range(TILE):
            for r in range(ROWS):
                sums[r] += tile_a[row + r * GROUP_ROWS, k] * tile_b[k, column]
        jk.barrier()
    for r in range(ROWS):
        if top + r * GROUP_ROWS < n and left < m:
            C[top + r * GROUP_ROWS, left] = sums[r]


def space(n: int, m: int) -> tuple[int, int]:
    """Return the launch space for a product of `n` rows and `m` columns: a group for each tile of C."""
    return -(-n // TILE_ROWS) * GROUP_ROWS, -(-m // TILE) * TILE


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a matrix of `size` rows, a quarter wider, and one of half as many columns again; no sum cancels."""
    n, terms, m = size, size + size // 4, size + size // 2
    A, B = rng.random((n, terms), dtype=dtype), rng.random((terms, m), dtype=dtype)
    return Problem(space(n, m), (A, B, np.zeros((n, m), dtype)), written=("C",))


def reference(problem: Problem) -> Arrays:
    """Return `A @ B`, computed in float64 and rounded once."""
    A, B, C = problem.args
    return {"C": (A.astype(np.float64) @ B.astype(np.float64)).astype(C.dtype)}


def cost(problem: Problem) -> Cost:
    """Read `A` and `B`, write `C`; a multiplication and an addition for each term of each sum."""
    A, B, C = problem.args
    rows, columns = space(*C.shape)
    return Cost(points=rows * columns, bytes=A.nbytes + B.nbytes + C.nbytes, flops=2 * A.shape[1] * C.size)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for sums of a thousand positive terms, one after the other."""
    return Tolerance(rtol=128 * float(np.finfo(dtype).eps))


CASE = Case(
    name="matmul_tiled",
    summary="matrix product through tiles in shared memory, several elements for each work-item",
    kernel=matmul_tiled,
    sizes={"tiny": 50, "small": 250, "large": 1_000},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="V. Volkov, J. W. Demmel, Benchmarking GPUs to Tune Dense Linear Algebra, SC 2008",
    tolerance=tolerance,
)
