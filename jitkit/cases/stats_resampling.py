"""stats_resampling: the means of 32 resamples of a sample, drawn with replacement."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, sum_tolerance
from .philox import blocks

RESAMPLES = 32


def run(backend: str | None, x: Any, means: Any, seed: int) -> None:
    """Write the means."""
    found = jk.stats.bootstrap(x, "mean", RESAMPLES, method="percentile", rng=seed, backend=backend)
    means[...] = found.bootstrap_distribution


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a sample of `size` numbers, room for the means, and a seed."""
    x = rng.standard_exponential(size, dtype=dtype)
    return Problem(size, (x, np.zeros(RESAMPLES, dtype), int(rng.integers(2**31))), written=("means",))


@functools.lru_cache(maxsize=2)
def draws(size: int, seed: int) -> NDArray[np.int64]:
    """Return the indices that are drawn, a resample in each row."""
    key = int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0])
    low, high, *_ = (int(word) for word in blocks(key, np.zeros(1)).ravel())
    words = [blocks(high << 32 | low, np.arange(RESAMPLES), step) for step in range(0, size, 4)]
    flat = np.concatenate(words).T[:, :size].astype(np.uint64)
    return (flat * np.uint64(size) >> np.uint64(32)).astype(np.int64)


def reference(problem: Problem) -> Arrays:
    """Return the means, computed in float64."""
    x, means, seed = problem.args
    return {"means": x[draws(x.size, seed)].mean(axis=1, dtype=np.float64).astype(means.dtype)}


def cost(problem: Problem) -> Cost:
    """Read `x`, write the means; ten rounds of two products for four draws, and their sums."""
    x, means, _ = problem.args
    return Cost(points=x.size, bytes=x.nbytes + means.nbytes, flops=8 * RESAMPLES * x.size)


CASE = Case(
    name="stats_resampling",
    summary="means of resamples drawn with replacement",
    kernel=Primitive(run, "stats_resampling"),
    sizes={"tiny": 100, "small": 10_000, "large": 1_000_000},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap, Chapman and Hall, 1993",
    tolerance=sum_tolerance,
)
