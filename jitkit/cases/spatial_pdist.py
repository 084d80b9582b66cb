"""spatial_pdist: the Euclidean distances between all points of a set."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem
from .spatial_cdist import COORDINATES, tolerance


def run(backend: str | None, X: Any, out: Any) -> None:
    """Write the distances."""
    jk.spatial.pdist(X, out=out, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return points in the unit cube that have about `size` pairs."""
    n = math.isqrt(2 * size)
    return Problem(size, (rng.random((n, COORDINATES), dtype=dtype), np.full(n * (n - 1) // 2, -1, dtype)), ("out",))


def reference(problem: Problem) -> Arrays:
    """Return the distances, computed in float64 and rounded once."""
    X = problem.args[0].astype(np.float64)
    total = np.zeros((len(X), len(X)))
    for k in range(COORDINATES):
        total += np.subtract.outer(X[:, k], X[:, k]) ** 2
    return {"out": np.sqrt(total)[np.triu_indices(len(X), 1)].astype(problem.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the points, write the distances; three operations for each coordinate, and a root."""
    X, out = problem.args
    return Cost(problem.space, X.nbytes + out.nbytes, flops=(3 * COORDINATES + 1) * out.size)  # type: ignore[arg-type]


CASE = Case(
    name="spatial_pdist",
    summary="the Euclidean distances between all points of a set",
    kernel=Primitive(run, "spatial_pdist"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="scipy.spatial.distance.pdist, SciPy reference",
    tolerance=tolerance,
)
