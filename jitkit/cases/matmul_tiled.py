"""matmul_tiled: `C = A B`, through tiles in shared memory and sums in registers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Problem, Tolerance

# A group of 8 rows of 32 work-items computes 40 rows of 64 elements of C, DEPTH terms of its sums at a time. A work-item
# has ROWS x COLUMNS sums, for which it reads seven numbers a term; on AVX2 they take 10 of the 16 registers. With six rows it
# took 1.06 times as long in float32, and 78 registers in float64 on sm_90, of which half of its threads have 64 each. With 16
# rows of work-items it took 0.98 of the time in float32 and 1.05 times that in float64. The rows of a work-item lie side by
# side: a group's height apart, its numbers of A would lie a multiple of 1 KiB apart, from where a loop in C read them in 1.2
# times the time on Zen 3.
GROUP_ROWS, GROUP_COLUMNS = GROUP = (8, 32)
DEPTH = GROUP_COLUMNS  # a row of the group loads a row of A's tile
ROWS, COLUMNS = 5, 2
TILE_ROWS, TILE_COLUMNS = GROUP_ROWS * ROWS, GROUP_COLUMNS * COLUMNS


@jk.kernel(group=GROUP)
def matmul_tiled(i, j, A, B, C):
    """Compute a tile of `C = A B` in each group, some neighbouring rows and distant columns of it in each work-item."""
    n, terms, m = A.shape[0], A.shape[1], B.shape[1]
    row, column = jk.local_index()
    group_row, group_column = jk.group_index()
    top, left = group_row * TILE_ROWS, group_column * TILE_COLUMNS + column
    tile_a, tile_b = jk.shared((TILE_ROWS, DEPTH), A.dtype), jk.shared((DEPTH, TILE_COLUMNS), B.dtype)
    sums = jk.local((ROWS, COLUMNS), C.dtype)
    for r in range(ROWS):
        for c in range(COLUMNS):
            sums[r, c] = 0
    tiled = terms - terms % DEPTH
    for start in range(0, tiled, DEPTH):
        for r in range(0, TILE_ROWS, GROUP_ROWS):
            tile_a[row + r, column] = A[top + row + r, start + column] if top + row + r < n else 0
        for k in range(0, DEPTH, GROUP_ROWS):
            for c in range(0, TILE_COLUMNS, GROUP_COLUMNS):
                tile_b[row + k, column + c] = B[start + row + k, left + c] if left + c < m else 0
        jk.barrier()
        for k in range(DEPTH):
            for r in range(ROWS):
                for c in range(COLUMNS):
                    sums[r, c] += tile_a[row * ROWS + r, k] * tile_b[k, column + c * GROUP_COLUMNS]
        jk.barrier()
    first = top + row * ROWS
    for k in range(tiled, terms):  # the last terms fill no tile
        for c in range(COLUMNS):
            b = B[k, left + c * GROUP_COLUMNS] if left + c * GROUP_COLUMNS < m else 0
            for r in range(ROWS):
                sums[r, c] += (A[first + r, k] if first + r < n else 0) * b
    for r in range(ROWS):
        for c in range(COLUMNS):
            if first + r < n and left + c * GROUP_COLUMNS < m:
                C[first + r, left + c * GROUP_COLUMNS] = sums[r, c]


def space(n: int, m: int) -> tuple[int, int]:
    """Return the launch space for a product of `n` rows and `m` columns: a group for each tile of C."""
    return -(-n // TILE_ROWS) * GROUP_ROWS, -(-m // TILE_COLUMNS) * GROUP_COLUMNS


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
