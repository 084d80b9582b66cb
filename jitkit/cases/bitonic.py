"""bitonic: each block of a vector sorted by a network of comparators in shared memory."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Problem

GROUP = 256
BLOCK = 2 * GROUP
COMPARATORS = 45 * GROUP  # k (k + 1) / 2 layers of them sort 2**k elements, and BLOCK is 2**9


def order(keys, low, high):
    """Exchange two elements unless the first is the smaller; NaN counts as larger than all numbers, as in NumPy."""
    first, second = keys[low], keys[high]
    if second == second and not first <= second:
        keys[low], keys[high] = second, first


@jk.kernel(group=GROUP)
def bitonic(i, x, out):
    """Sort a block of `x` in each group. All comparators point upwards, so the last block may be of any length."""
    local, start = jk.local_index(), jk.group_index() * BLOCK
    length = min(x.shape[0] - start, BLOCK)
    keys = jk.shared(BLOCK, x.dtype)
    for k in range(0, BLOCK, GROUP):
        if local + k < length:
            keys[local + k] = x[start + local + k]
    jk.barrier()
    width = 1
    while width < BLOCK:
        # Two sorted runs of this width become one: the first layer compares them from their far ends inwards.
        flip, half = 2 * width - 1, width
        while half > 0:
            low = 2 * local - (local & (half - 1))
            high = low ^ flip
            if high < length:
                order(keys, low, high)
            jk.barrier()
            half //= 2
            flip = half
        width *= 2
    for k in range(0, BLOCK, GROUP):
        if local + k < length:
            out[start + local + k] = keys[local + k]


def blocks(n: int) -> int:
    """Return how many blocks `n` elements make; the last may be shorter."""
    return -(-n // BLOCK)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return `size` normal deviates."""
    x = rng.standard_normal(size, dtype=dtype)
    return Problem(blocks(size) * GROUP, (x, np.zeros_like(x)), written=("out",))


def reference(problem: Problem) -> Arrays:
    """Return each block as `np.sort` sorts it."""
    x = problem.args[0]
    whole = x.size - x.size % BLOCK
    parts = (np.sort(x[:whole].reshape(-1, BLOCK)).ravel(), np.sort(x[whole:]))
    return {"out": np.concatenate(parts)}


def cost(problem: Problem) -> Cost:
    """Read `x`, write `out`; each comparator counts as one operation, also where the last block is short."""
    x, out = problem.args
    count = blocks(x.size)
    return Cost(points=count * GROUP, bytes=x.nbytes + out.nbytes, flops=count * COMPARATORS)


CASE = Case(
    name="bitonic",
    summary="bitonic sort of each block of 512 elements in shared memory",
    kernel=bitonic,
    sizes={"tiny": 1_200, "small": 50_000, "large": 1_000_000},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="K. E. Batcher, Sorting networks and their applications, AFIPS Spring Joint Computer Conference, 1968; "
    "D. E. Knuth, The Art of Computer Programming 3, 2nd edition, 1998, section 5.3.4",
)
