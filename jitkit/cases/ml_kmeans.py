"""ml_kmeans: three iterations of k-means with 4 clusters of samples with 3 features."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance

CLUSTERS, FEATURES, STEPS = 4, 3, 3


def run(backend: str | None, X: Any, centres: Any) -> None:
    """Write the centres after three iterations, from the first samples."""
    model = jk.ml.KMeans(CLUSTERS, init=X[:CLUSTERS], max_iter=STEPS, tol=0.0, backend=backend)
    centres[...] = model.fit(X).cluster_centers_


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return `size` samples around the corners of a tetrahedron, the first of them one for each corner."""
    corners = 6 * np.array([[0, 0, 0], [1, 1, 0], [1, 0, 1], [0, 1, 1]])
    X = corners[np.arange(size) % CLUSTERS] + rng.standard_normal((size, FEATURES))
    return Problem(size, (X.astype(dtype), np.zeros((CLUSTERS, FEATURES), dtype)), written=("centres",))


def reference(problem: Problem) -> Arrays:
    """Return the centres, computed in float64 and rounded once."""
    X, centres = problem.args
    return {"centres": lloyd(X.astype(np.float64)).astype(centres.dtype)}


def lloyd(X: Any) -> Any:
    """Return the centres after three iterations by NumPy, with a matrix of all distances."""
    centres = X[:CLUSTERS]
    for _ in range(STEPS):
        labels = (0.5 * (centres**2).sum(axis=1) - X @ centres.T).argmin(axis=1)
        centres = np.stack([X[labels == k].mean(axis=0) for k in range(CLUSTERS)])
    return centres


def cost(problem: Problem) -> Cost:
    """Read the samples twice for each iteration; a product for each sample, centre and feature, and a sum."""
    X, centres = problem.args
    return Cost(len(X), 2 * STEPS * X.nbytes + centres.nbytes, flops=STEPS * X.size * (2 * CLUSTERS + 1))


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for means of many samples, and for samples between two centres."""
    return Tolerance(rtol=1e-4, atol=1e-4)


CASE = Case(
    name="ml_kmeans",
    summary="three iterations of k-means, 4 clusters in 3 dimensions",
    kernel=Primitive(run, "ml_kmeans"),
    sizes={"tiny": 1_000, "small": 100_000, "large": 2_000_000},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="S. P. Lloyd, Least squares quantization in PCM, IEEE Trans. Inf. Theory 28, 129-137, 1982",
    tolerance=tolerance,
)
