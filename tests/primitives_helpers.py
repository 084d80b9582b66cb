"""What the tests of the primitives share: sizes around the boundaries of blocks, and inputs of any dtype."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies

# Lanes of a group, runs of sixteen, rows that are left to single points, and blocks of both orders.
BOUNDARIES = (16, 32, 64, 128, 256, 512, 1024, 4096, 16384, 18432, 32768, 36864)
SIZES = (1, 2, 31, 32, 33, 127, 1000)
"""Small enough for the interpreter."""


def sizes(largest):
    """A strategy of sizes: powers of two and blocks, one less and one more, and anything between."""
    near = [n + d for n in BOUNDARIES if n < largest for d in (-1, 0, 1)]
    return strategies.one_of(strategies.sampled_from([1, 2, 3, *near]), strategies.integers(1, largest))


def largest(backend):
    return {"cpu": 40_000, "python": 600, "cuda": 40}[backend]


def values_of(dtype, shape, seed=0):
    """Numbers of which sums of a few thousand are exact, or nearly so."""
    rng = np.random.default_rng(seed)
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return rng.random(shape) < 0.5
    if dtype.kind in "iu":
        return rng.integers(0 if dtype.kind == "u" else -50, 50, shape).astype(dtype)
    x = rng.standard_normal(shape)
    return (x + 1j * rng.standard_normal(shape) if dtype.kind == "c" else x).astype(dtype)
