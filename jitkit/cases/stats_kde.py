"""stats_kde: the density of normally distributed points at 1024 places."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance

PLACES = 1024


def run(backend: str | None, points: Any, places: Any, density: Any) -> None:
    """Write the density."""
    jk.stats.kde(points, places, out=density, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return `size` points, places from -3 to 3, and room for the density there."""
    count = min(PLACES, size // 4)
    places = np.linspace(-3, 3, count).astype(dtype)
    return Problem(size, (rng.standard_normal(size, dtype=dtype), places, np.zeros(count, dtype)), written=("density",))


def reference(problem: Problem) -> Arrays:
    """Return the density, computed in float64."""
    points, places, density = problem.args
    points, places = points.astype(np.float64), places.astype(np.float64)
    width = points.std(ddof=1) * points.size**-0.2
    total = [np.exp(-0.5 * ((place - points) / width) ** 2).sum() for place in places]
    return {"density": (np.array(total) / (points.size * width * np.sqrt(2 * np.pi))).astype(density.dtype)}


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for what the exponential makes of rounded distances."""
    eps = float(np.finfo(dtype).eps)
    return Tolerance(rtol=512 * eps, atol=64 * eps)


def cost(problem: Problem) -> Cost:
    """Read points and places, write the density; five operations for each pair."""
    points, places, density = problem.args
    size = points.nbytes + places.nbytes + density.nbytes
    return Cost(points=points.size, bytes=size, flops=5 * points.size * places.size)


CASE = Case(
    name="stats_kde",
    summary="density of points, a Gaussian about each",
    kernel=Primitive(run, "stats_kde"),
    sizes={"tiny": 200, "small": 10_000, "large": 100_000},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="D. W. Scott, Multivariate Density Estimation, Wiley, 1992",
    tolerance=tolerance,
)
