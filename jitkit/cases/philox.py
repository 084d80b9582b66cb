"""philox: random numbers in [0, 1) from a key and a counter, four with each point."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import jitkit as jk

from .case import Arrays, Case, Cost, Problem

# Multiples of it below 1 are numbers of either type, so that results are the same bit for bit.
STEP = 2.0**-24
_WORD = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


@jk.kernel
def philox(i, x, key):
    """Write the four words of block `i` as numbers in [0, 1)."""
    a, b, c, d = jk.random.block(key, i)
    write(x, 0, i, a)
    write(x, 1, i, b)
    write(x, 2, i, c)
    write(x, 3, i, d)


def write(x, row, i, word):
    """Write the upper 24 bits of a word over 2**24; an integer times a float would be a float64, so it is scaled in place."""
    x[row, i] = np.int32(word >> 8)
    x[row, i] *= STEP


def blocks(key: int, counter: ArrayLike, step: int = 0) -> NDArray[np.uint32]:
    """Return the words of Philox4x32-10 for many counters at once, shape (4, n), in NumPy."""
    low, high = np.asarray(counter).astype(np.uint64), np.uint64(step)
    k0, k1 = key & 0xFFFFFFFF, key >> 32 & 0xFFFFFFFF
    c0, c1 = low & _WORD, low >> _HALF
    c2, c3 = np.full_like(low, high & _WORD), np.full_like(low, high >> _HALF)
    for _ in range(10):
        p0, p1 = c0 * np.uint64(0xD2511F53), c2 * np.uint64(0xCD9E8D57)
        c0, c2 = (p1 >> _HALF) ^ c1 ^ np.uint64(k0), (p0 >> _HALF) ^ c3 ^ np.uint64(k1)
        c1, c3 = p1 & _WORD, p0 & _WORD
        k0, k1 = k0 + 0x9E3779B9 & 0xFFFFFFFF, k1 + 0xBB67AE85 & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3]).astype(np.uint32)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return an array for the numbers of `size` blocks under a key of 63 bits."""
    return Problem(size, (np.zeros((4, size), dtype), int(rng.integers(2**63))), written=("x",))


def reference(problem: Problem) -> Arrays:
    """Return what NumPy computes with integers of 64 bits."""
    x, key = problem.args
    return {"x": ((blocks(key, np.arange(x.shape[1])) >> np.uint32(8)) * STEP).astype(x.dtype)}


def cost(problem: Problem) -> Cost:
    """Write `x`; one multiplication of floats for each number, beside some hundred operations on integers for each block."""
    x, _ = problem.args
    return Cost(points=x.shape[1], bytes=x.nbytes, flops=x.size)


CASE = Case(
    name="philox",
    summary="random numbers by Philox4x32-10, four with each point",
    kernel=philox,
    sizes={"tiny": 300, "small": 500_000, "large": 2**22},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, Parallel random numbers: as easy as 1, 2, 3, SC 2011",
)
