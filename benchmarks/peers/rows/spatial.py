"""Distances and neighbours."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import cases
from jitkit.cases import Problem, Tolerance
from jitkit.cases.case import Arrays

from .row import Row, own, shaped, within


def in_64_dimensions(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return two sets of `size` points each."""
    XA, XB = rng.random((size, 64), dtype=dtype), rng.random((size, 64), dtype=dtype)
    return Problem(size, (XA, XB, np.full((size, size), -1, dtype)), ("out",))


def _distances(problem: Problem) -> Arrays:
    XA, XB, out = problem.args
    apart = XA.astype(np.float64)[:, None] - XB
    return {"out": np.sqrt(np.einsum("ijk,ijk->ij", apart, apart)).astype(out.dtype)}


def points_and_queries(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return as many queries as points, in the unit cube."""
    points, queries = rng.random((size, 3), dtype=dtype), rng.random((size, 3), dtype=dtype)
    return Problem(size, (points, queries, np.full((size, 8), -1, dtype)), ("distances",))


def _nearest(problem: Problem) -> Arrays:
    points, queries, out = problem.args
    return {"distances": _tree(points).query(queries, out.shape[1])[0].astype(out.dtype)}


def _tree(points: Any) -> Any:
    # All pairs of 20,000 points would take NumPy half a minute.
    from scipy.spatial import cKDTree

    return cKDTree(points)


def _within_radius(backend: str | None, points: Any, queries: Any, radius: float, sums: Any) -> None:
    offsets, found, _ = jk.spatial.radius_neighbors(points, radius, queries, backend=backend)
    sums[...] = jk.segment_reduce("add", found, offsets, backend=backend)


def _around(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return points, queries, the radius of a ball that holds thirty, and room for the sums of the neighbours' places."""
    points, queries, _ = points_and_queries(size, dtype, rng).args
    return Problem(size, (points, queries, float(30 / (4 / 3 * np.pi * size)) ** (1 / 3), np.full(size, -1)), ("sums",))


def _places(problem: Problem) -> Arrays:
    points, queries, radius, _ = problem.args
    found = _tree(points.astype(np.float64)).query_ball_point(queries.astype(np.float64), radius)
    return {"sums": np.array([sum(places) for places in found])}


CDIST = shaped(
    "spatial_cdist", in_64_dimensions, {"tiny": 20, "large": 1_000}, reference=_distances, tolerance=within(64)
)
KNN = shaped("spatial_knn", points_and_queries, {"tiny": 100, "large": 20_000}, reference=_nearest)
# A distance that is rounded otherwise may fall into the next bin.
PAIRS = dataclasses.replace(cases.load("spatial_pair_counts"), tolerance=lambda dtype: Tolerance(rtol=0.0, atol=2.0))
RADIUS = own("spatial_within_radius", _within_radius, _around, _places, {"tiny": 100, "large": 20_000}, within(0))

ROWS = (
    Row(
        "spatial_cdist", "`spatial.cdist`, 1,000 x 1,000 in 64 dimensions", CDIST, ("SciPy", "scikit-learn", "PyTorch")
    ),
    Row("spatial_knn", "`spatial.knn`, 8 of 20,000 in 3 dimensions", KNN, ("SciPy", "scikit-learn")),
    Row("spatial_radius_neighbors", "`spatial.radius_neighbors`, 30 of 20,000", RADIUS, ("SciPy", "scikit-learn")),
    Row(
        "spatial_pair_counts",
        "`spatial.pair_counts`, 5,792 points in a periodic box",
        PAIRS,
        ("SciPy",),
    ),
)
