"""How many instructions of a kind this machine does in a second, each measured by a jitkit kernel that does little else."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

import jitkit as jk
from jitkit.benchmarking import timing

POINTS, REPEATS, CHAINS = 1 << 14, 100, 5
TABLES, COUNTERS, PLACES, UNROLLED = 64, 256, 1 << 10, 16


def repeated(step: Callable[..., Any], fastmath: bool = False) -> Any:
    """Return a kernel that applies a function to five numbers again and again, so that no unit waits for a result."""

    @jk.kernel(fastmath=fastmath)
    def chains(i, x, repeats):
        c0 = x[i]
        c1, c2, c3, c4 = c0 + 1, c0 + 2, c0 + 3, c0 + 4
        for _ in range(repeats):
            c0 = step(c0)
            c1 = step(c1)
            c2 = step(c2)
            c3 = step(c3)
            c4 = step(c4)
        x[i] = c0 + c1 + c2 + c3 + c4

    return chains


# Each stays near 1, far from overflow and from subnormal numbers.
KINDS: dict[str, Any] = {
    "simple": repeated(lambda c: 0.999 * c + 0.001),  # as fast as an addition, a product, a minimum or a comparison
    "divide": repeated(lambda c: 1.5 / c),
    "sqrt": repeated(lambda c: math.sqrt(c)),
    "reciprocal root": repeated(lambda c: 1.0 / math.sqrt(c), fastmath=True),
    "exp": repeated(lambda c: math.exp(-c)),
    "log": repeated(lambda c: math.log(c + 2.0)),
    "erf": repeated(lambda c: math.erf(c)),
}
"""The kinds of instructions, with a kernel for each; `log` has an addition too."""


@functools.cache
def rate(kind: str, dtype: str) -> float:
    """Return how many of a kind the machine does in a second, on numbers of a type, on all threads."""
    if kind == "integer":
        return _integers()
    if kind == "update":
        return _updates()
    x = np.linspace(0.5, 1.5, POINTS).astype(dtype)
    return _rate(lambda: KINDS[kind].on("cpu")[POINTS](x.copy(), REPEATS))


@jk.kernel
def mixing(i, x, repeats):
    """Do with 64-bit words what generators of random numbers do: a product of 32-bit halves, a shift, an exclusive or."""
    c0 = x[i]
    c1, c2, c3, c4 = c0 + 1, c0 + 2, c0 + 3, c0 + 4
    for _ in range(repeats):
        c0 = (c0 >> 32) ^ (c0 & 0xFFFFFFFF) * 0xD2511F53
        c1 = (c1 >> 32) ^ (c1 & 0xFFFFFFFF) * 0xD2511F53
        c2 = (c2 >> 32) ^ (c2 & 0xFFFFFFFF) * 0xD2511F53
        c3 = (c3 >> 32) ^ (c3 & 0xFFFFFFFF) * 0xD2511F53
        c4 = (c4 >> 32) ^ (c4 & 0xFFFFFFFF) * 0xD2511F53
    x[i] = c0 + c1 + c2 + c3 + c4


def _integers() -> float:
    x = np.arange(1, POINTS + 1, dtype=np.uint64)
    # A product, a shift and an exclusive or: masking the upper half is part of the product's instruction.
    return 3 * _rate(lambda: mixing.on("cpu")[POINTS](x.copy(), REPEATS))


@jk.kernel(group=1)
def updating(i, places, largest, repeats):
    """Count in memory of its own, as the work-items of one thread do: a load, an addition and a store for each place."""
    own = jk.shared(COUNTERS, places.dtype)
    for b in range(COUNTERS):
        own[b] = 0
    for _ in range(repeats):
        for k in range(0, PLACES, UNROLLED):
            for t in range(UNROLLED):
                own[places[k + t]] += 1
    most = own[0]
    for b in range(1, COUNTERS):
        most = max(most, own[b])
    largest[i] = most


def _updates() -> float:
    # A processor stores to one line of the cache in a cycle, so a counter in a cycle is what a core can do: this kernel and C
    # reach 0.99 of it on Zen 4 (7.3 and 7.2 thousand million a second on two cores) where no counter waits for the update
    # before it, and 0.9 at random places.
    places = (17 * np.arange(PLACES) % COUNTERS).astype(np.int32)
    largest = np.zeros(TABLES, np.int32)
    launch = functools.partial(updating.on("cpu")[TABLES], places, largest, REPEATS)
    return _rate(launch, TABLES * REPEATS * PLACES)


def _rate(launch: timing.Call, steps: int = CHAINS * REPEATS * POINTS) -> float:
    """Return the steps a second of the fastest launch: a ceiling is what the machine can do undisturbed."""
    launch()
    return steps / timing.sample(launch, 0.1).fastest
