"""block_sum: the sum of each block of a vector, by a tree in shared memory."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Problem, Tolerance

# Each work-item adds EACH elements of the block by itself, a group's width apart, so that neighbours read neighbours.
GROUP, EACH = 256, 8
BLOCK = GROUP * EACH


@jk.kernel(group=GROUP)
def block_sum(i, x, sums):
    """Sum one block of `x` in each group, always in the same order, so that equal inputs give equal bits."""
    local, group = jk.local_index(), jk.group_index()
    total = 0
    for k in range(EACH):
        at = group * BLOCK + k * GROUP + local
        if at < x.shape[0]:
            total += x[at]
    parts = jk.shared(GROUP, x.dtype)
    parts[local] = total
    jk.barrier()
    half = GROUP // 2
    while half > 0:
        if local < half:
            parts[local] += parts[local + half]
        jk.barrier()
        half //= 2
    if local == 0:
        sums[group] = parts[0]


def blocks(n: int) -> int:
    """Return how many blocks `n` elements make; the last may be shorter."""
    return -(-n // BLOCK)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a vector of `size` elements in [0, 1); positive, so that no sum cancels."""
    count = blocks(size)
    return Problem(count * GROUP, (rng.random(size, dtype=dtype), np.zeros(count, dtype)), written=("sums",))


def reference(problem: Problem) -> Arrays:
    """Return the sum of each block, computed in float64 and rounded once."""
    x, sums = problem.args
    starts = np.arange(0, x.size, BLOCK)
    return {"sums": np.add.reduceat(x, starts, dtype=np.float64).astype(sums.dtype)}


def cost(problem: Problem) -> Cost:
    """Read `x`, write `sums`; an addition for each element but one of each block."""
    x, sums = problem.args
    return Cost(points=sums.size * GROUP, bytes=x.nbytes + sums.nbytes, flops=x.size - sums.size)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for eight additions in a row and then eight levels of a tree."""
    return Tolerance(rtol=16 * float(np.finfo(dtype).eps))


CASE = Case(
    name="block_sum",
    summary="sum of each block of a vector, by a tree in shared memory",
    kernel=block_sum,
    sizes={"tiny": 5_000, "small": 4_000_000, "large": 2**25},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="M. Harris, Optimizing Parallel Reduction in CUDA, NVIDIA, 2007",
    tolerance=tolerance,
)
