"""bitonic: each block of a vector sorted by a network of comparators in shared memory."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Problem

# A block lies in ROWS x LANES keys; a work-item has a column of them in its registers, where 30 of the 45 layers of comparators
# take place. The other 15 compare keys of two work-items, through shared memory.
ROWS, LANES = 16, 32
BLOCK = ROWS * LANES
COMPARATORS = 45 * BLOCK // 2  # k (k + 1) / 2 layers of them sort 2**k elements, and BLOCK is 2**9


def order(keys, low, high):
    """Exchange two keys of a work-item where the second is the smaller."""
    first, second = keys[low], keys[high]
    keys[low] = second if second < first else first
    keys[high] = first if second < first else second


def merge(keys, width):
    """Sort a work-item's keys within each two runs of `width`, between which the keys stand already on the right side."""
    while width > 0:
        for k in range(ROWS // 2):
            low = 2 * k - (k & (width - 1))
            order(keys, low, low + width)
        width //= 2


@jk.kernel(group=LANES)
def bitonic(i, x, out):
    """Sort a block of `x` in each group: NaN behind all numbers, as in NumPy. The last block may be of any length."""
    lane, start = jk.local_index(), jk.group_index() * BLOCK
    length = min(x.shape[0] - start, BLOCK)
    shared, keys = jk.shared((2, ROWS, LANES), x.dtype), jk.local(ROWS, x.dtype)
    largest = nan = first = x[start]
    numbers = np.int32(0)
    for r in range(ROWS):
        at = r * LANES + lane
        keys[r] = x[start + at] if at < length else first
        if at < length and keys[r] == keys[r]:
            numbers += np.int32(1)
    numbers = jk.group_reduce("add", numbers)
    if numbers < BLOCK:
        # NaN, and what the last block lacks, is sorted as the block's largest number, so that the numbers come first.
        for r in range(ROWS):
            largest = np.fmax(largest, keys[r])
            nan = nan if keys[r] == keys[r] else keys[r]
        largest, nan = jk.group_reduce("fmax", largest), jk.group_reduce("maximum", nan)
        for r in range(ROWS):
            if r * LANES + lane >= length or keys[r] != keys[r]:
                keys[r] = largest

    # Two sorted runs of a width become one: the first layer compares them from their far ends inwards. Key r of a
    # work-item is key ROWS * lane + r of the block.
    width = 1
    while width < ROWS:
        for k in range(ROWS // 2):
            low = 2 * k - (k & (width - 1))
            order(keys, low, low ^ (2 * width - 1))
        merge(keys, width // 2)
        width *= 2
    side = 0
    for r in range(ROWS):
        shared[side, r, lane] = keys[r]
    jk.barrier()
    width = 1
    while width < LANES:
        half, flip, row_flip = width, 2 * width - 1, ROWS - 1
        while half > 0:
            for r in range(ROWS):
                own, other = shared[side, r, lane], shared[side, r ^ row_flip, lane ^ flip]
                lower, upper = (other if other < own else own), (own if other < own else other)
                keys[r] = upper if lane & half else lower
            half //= 2
            flip, row_flip = half, 0
            if half == 0:
                merge(keys, ROWS // 2)
            side = 1 - side  # others may still read what this layer read
            for r in range(ROWS):
                shared[side, r, lane] = keys[r]
            jk.barrier()
        width *= 2
    for r in range(ROWS):  # the keys that stand a group's width apart
        keys[r] = shared[side, lane % ROWS, r * (LANES // ROWS) + lane // ROWS]
    for r in range(ROWS):
        at = r * LANES + lane
        if at < length:
            out[start + at] = keys[r] if at < numbers else nan


def blocks(n: int) -> int:
    """Return how many blocks `n` elements make; the last may be shorter."""
    return -(-n // BLOCK)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return `size` normal deviates."""
    x = rng.standard_normal(size, dtype=dtype)
    return Problem(blocks(size) * LANES, (x, np.zeros_like(x)), written=("out",))


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
    return Cost(points=count * LANES, bytes=x.nbytes + out.nbytes, flops=count * COMPARATORS)


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
