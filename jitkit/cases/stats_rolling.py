"""stats_rolling: mean, standard deviation and smallest element of a window of twenty elements that moves along a vector."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance

WINDOW = 20


def run(backend: str | None, x: Any, mean: Any, deviation: Any, smallest: Any) -> None:
    """Write the three; windows at the beginning are short."""
    jk.stats.move_mean(x, WINDOW, 1, out=mean, backend=backend)
    jk.stats.move_std(x, WINDOW, 1, out=deviation, backend=backend)
    jk.stats.move_min(x, WINDOW, 1, out=smallest, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a vector of `size` elements from 1 to 2, and room for the three."""
    room = (np.full(size, -1, dtype) for _ in range(3))
    return Problem(size, (rng.random(size, dtype=dtype) + 1, *room), written=("mean", "deviation", "smallest"))


def reference(problem: Problem) -> Arrays:
    """Return the three by NumPy's windows, computed in float64."""
    x, *_ = problem.args
    padded = np.concatenate([np.full(WINDOW - 1, np.nan), x.astype(np.float64)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)
    found = {"mean": np.nanmean(windows, 1), "deviation": np.nanstd(windows, 1), "smallest": np.nanmin(windows, 1)}
    return {name: array.astype(x.dtype) for name, array in found.items()}


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for sums that run over a stretch, and for their cancellation."""
    eps = float(np.finfo(dtype).eps)
    return Tolerance(rtol=256 * eps, atol=256 * eps)


def cost(problem: Problem) -> Cost:
    """Read `x` for each of the three, write each of them."""
    x, *_ = problem.args
    return Cost(points=x.size, bytes=6 * x.nbytes, flops=16 * x.size)


CASE = Case(
    name="stats_rolling",
    summary="mean, standard deviation and smallest element of a window that moves along a vector",
    kernel=Primitive(run, "stats_rolling"),
    sizes={"tiny": 1_000, "small": 300_000, "large": 2**22},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="B. P. Welford, Note on a method for calculating corrected sums of squares, Technometrics 4, 419-420, 1962",
    tolerance=tolerance,
)
