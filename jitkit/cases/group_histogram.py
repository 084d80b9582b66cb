"""group_histogram: a histogram by atomic additions, first to one of the group's own, then to that of all."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Problem, Tolerance

# The work-items of a group count 32,768 elements between them before they add their 256 bins to the common ones, which on a
# CPU takes 256 atomic instructions: 0.88 of the time of half as many elements.
GROUP, EACH, BINS = 256, 128, 256
BLOCK = GROUP * EACH


@jk.kernel(group=GROUP)
def group_histogram(i, x, counts, low, bins_per_unit):
    """Add the elements of `x` to BINS bins from `low` on; elements below and above, and NaN, are left out."""
    local, group = jk.local_index(), jk.group_index()
    own = jk.shared(BINS, counts.dtype)
    for b in range(0, BINS, GROUP):
        own[local + b] = 0
    jk.barrier()
    for k in range(EACH):
        at = group * BLOCK + k * GROUP + local
        if at < x.shape[0]:
            position = (x[at] - low) * bins_per_unit
            if 0 <= position < BINS:
                jk.atomic.add(own, int(position), 1)
    jk.barrier()
    for b in range(0, BINS, GROUP):
        jk.atomic.add(counts, local + b, own[local + b])


def space(n: int) -> int:
    """Return the launch space for `n` elements: a group for each block of them."""
    return -(-n // BLOCK) * GROUP


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return `size` normal deviates, some of which lie outside of the bins, which are 1/32 wide and centred."""
    x = rng.standard_normal(size, dtype=dtype)
    return Problem(space(size), (1.5 * x, np.zeros(BINS, np.int32), -4.0, 32.0), written=("counts",))


def reference(problem: Problem) -> Arrays:
    """Return the counts before the launch and what `np.bincount` counts, together."""
    x, counts, low, bins_per_unit = problem.args
    position = (x - low) * bins_per_unit
    inside = position[(position >= 0) & (position < BINS)]
    found = np.bincount(inside.astype(np.int64), minlength=BINS)
    return {"counts": counts + found.astype(counts.dtype)}


def cost(problem: Problem) -> Cost:
    """Read `x`, read and write `counts`; a subtraction and a multiplication for each element."""
    x, counts, _, _ = problem.args
    return Cost(points=space(x.size), bytes=x.nbytes + 2 * counts.nbytes, flops=2 * x.size)


def exact(dtype: DTypeLike) -> Tolerance:
    """Allow nothing: subtraction and multiplication of `problem` are the same in NumPy, and counts are integers."""
    return Tolerance(rtol=0.0)


CASE = Case(
    name="group_histogram",
    summary="histogram of 256 bins, counted by each group in shared memory, then added up",
    kernel=group_histogram,
    sizes={"tiny": 40_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="V. Podlozhnyuk, Histogram calculation in CUDA, NVIDIA, 2007",
    tolerance=exact,
)
