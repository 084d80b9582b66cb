"""knn: the nearest neighbours of points."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.arrays import to_numpy
from jitkit.errors import LaunchError
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.primitives import _arrays
from jitkit.primitives.any import any as any_of
from jitkit.spatial import _grid, _metrics, _points, _tree
from jitkit.spatial._by_grid import by_grid
from jitkit.spatial._by_tree import by_tree, visits
from jitkit.spatial._metrics import METRICS, Metric
from jitkit.spatial._nearest import HELD, LEAF, NOBODY, Bound, emptied, merge, settled
from jitkit.spatial.cdist import centred, fill

FEW_COORDINATES, MOST_COORDINATES = 8, 16
"""With more than a few, boxes may leave little out, and all distances are computed; with more than the most they always are."""
SAMPLE, WORTHWHILE = 16, 0.5
"""Queries that tell which part of the leaves is looked at, and the part up to which that is faster than all distances."""
AT_ONCE = 2**20
"""Distances held at once where all are computed: 4 to 8 MiB, within the caches."""
_REMEMBERED = 64


def choose_kernel(finish: Callable) -> Kernel:
    """Return the kernel that keeps the nearest of all totals in a row, and finishes them."""

    @jk.kernel
    def choose(r, _, leaf, totals, first, own, bound, distances, indices):
        q, n, k, count = first + r, totals.shape[1], distances.shape[1], 0
        held, found = jk.local(HELD, distances.dtype), jk.local(HELD, np.int64)
        emptied(q, distances, indices, bound)
        for begin in range(0, n, leaf):
            hits, last = 0, distances[q, k - 1]
            if begin + leaf <= n:
                for s in range(leaf):
                    hits += 1 if totals[r, begin + s] <= last else 0
            else:
                hits = 1
            if hits > 0:
                for j in range(begin, min(begin + leaf, n)):
                    held[count] = totals[r, j]
                    found[count] = j
                    count += 1 if (totals[r, j] <= last) & (not (own and j == q)) else 0
                if count > HELD - leaf:
                    merge(q, count, held, found, distances, indices)
                    count = 0
        merge(q, count, held, found, distances, indices)
        for s in range(k):
            distances[q, s] = finish(distances[q, s], 0, 0)
        settled(q, distances, indices, n)

    return choose


@functools.lru_cache(_REMEMBERED)
def _choosing(finish: Callable) -> Launcher:
    return Launcher(choose_kernel(finish))


def knn(
    points: Any,
    queries: Any = None,
    k: int = 5,
    *,
    metric: Any = "euclidean",
    p: float | None = None,
    distance_upper_bound: float = math.inf,
    out: Any = None,
    backend: str | None = None,
) -> tuple[Any, Any]:
    """Return the nearest points of each query, and how far they are.

    Parameters
    ----------
    points : array_like or device array, shape (n, d)
        Points, one in each row.
    queries : array_like or device array, shape (m, d), optional
        Whose neighbours are sought; by default those of the points, of which none is its own neighbour.
    k : int, default 5
        How many neighbours.
    metric : {"euclidean", "sqeuclidean", "cityblock", "chebyshev", "minkowski", "cosine", "correlation", "canberra", \
            "braycurtis", "hamming", "jaccard"} or callable, default "euclidean"
        What is near, as for `cdist`.
    p : float, default 2 for "minkowski"
        Which power of differences Minkowski's metric sums; above 0.
    distance_upper_bound : float, default infinity
        What neighbours are nearer than. Where there are fewer than `k`, infinities and the number of points stand for the
        others.
    out : tuple of two arrays, shape (m, k), optional
        Where the distances and the indices go.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    distances : array, shape (m, k)
        Ascending; float32 where the points are, else float64.
    indices : array of int64, shape (m, k)
        The rows of the points; points equally far stand by their index. A distance that is NaN, as the cosine's of a point
        at the origin, is none: where too few are left there are infinities and the number of points, too.

    Raises
    ------
    LaunchError
        For arrays that are not 2-D or differ in columns, fewer than `k` points, coordinates that are not finite, an
        unknown metric, a `p` that is not above 0 or of another metric, a bound that is no number from 0, and an `out` of
        another shape.
    KernelTypeError
        For complex numbers, or what are no numbers, and a metric that is neither a name nor a function.

    Notes
    -----
    As ``sklearn.neighbors.NearestNeighbors.kneighbors``; `distance_upper_bound` is that of ``scipy.spatial.KDTree.query``.
    Up to three coordinates, of Euclidean distances: a grid of cells, where points are spread evenly (J. L. Bentley, B. W.
    Weide, A. C. Yao, ACM Trans. Math. Softw. 6, 1980). Elsewhere, and up to sixteen coordinates: a tree of boxes that halve
    the points across their widest axis, which leaves out what is too far (J. H. Friedman, J. L. Bentley, R. A. Finkel, ACM
    Trans. Math. Softw. 3, 1977). Where there are more, or more than eight of which boxes leave little out, and for metrics
    that are no powers of differences: all distances, a few rows at a time. All are exact. Powers of differences can vanish or
    overflow as those of `cdist` do, those that Euclidean distances ask for apart.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> line = np.array([[0.0], [1.0], [3.0], [7.0]])
    >>> distances, indices = jk.spatial.knn(line, k=2)
    >>> distances.tolist(), indices.tolist()
    ([[1.0, 3.0], [1.0, 2.0], [2.0, 3.0], [4.0, 6.0]], [[1, 2], [0, 2], [1, 0], [2, 1]])
    >>> jk.spatial.knn(line, k=2, distance_upper_bound=2.5)[1].tolist()
    [[1, 4], [0, 2], [1, 4], [4, 4]]
    """
    name, own = "spatial.knn", queries is None
    measure = _metrics.checked(metric, p, name)
    given = [points] if own else [points, queries]
    arrays = _points.checked(given, ["points", "queries"][: len(given)], name)
    x, q = arrays[0], arrays[-1]
    n, d = x.shape
    k = operands.integer(k, 1, "k", name)
    if k > n - own:
        others = " other than the query" if own else ""
        raise LaunchError(f"jk.{name}: k={k} neighbours; there are {n - own} points{others}: take k from 1 to that")
    shape, device = (q.shape[0], k), operands.device_of(x)
    dtypes = operands.dtype_of(x), np.dtype(np.int64)
    distances, indices = _arrays.rooms(out, (shape, shape), dtypes, arrays, device, name)
    least = _least(distance_upper_bound, name)
    if shape[0]:
        sides = [_tree.finite(part, name) for part in arrays]
        order, unit = measure.order if isinstance(measure, Metric) else None, 1.0
        if measure is not METRICS["sqeuclidean"] and order not in (None, math.inf):
            arrays, unit = _points.in_range(arrays, [side for both in sides for side in both], backend, order)
        x, q, (low, high) = arrays[0], arrays[-1], (side / unit for side in sides[0])
        bound = _bound(measure, least / unit, n, dtypes[0])
        if order is None or not 1 <= d <= MOST_COORDINATES or n <= LEAF:
            _by_all(measure, x, q, own, bound, distances, indices, backend)
        else:
            _by_boxes(measure, x, low, high, q, own, bound, distances, indices, backend)
        if unit != 1:
            _points.scaled(distances, unit, distances, backend)
    return _delivered(distances, indices, out, name)


def _delivered(distances: Any, indices: Any, out: Any, name: str) -> tuple[Any, Any]:
    found: tuple[Any, Any] = operands.delivered((distances, indices), out, name)
    return found


def _least(bound: Any, name: str) -> float:
    """Return the bound as a number, of which there is one from 0."""
    least = operands.number(bound, "distance_upper_bound", name)
    if not least >= 0:
        raise LaunchError(f"jk.{name}: distance_upper_bound={bound!r}; it is a number from 0")
    return least


def _bound(measure: Any, least: float, n: int, dtype: Any) -> Bound:
    """Return the bound as a total of the metric: what is larger than all numbers of the type is none."""
    total = measure.total(least) if isinstance(measure, Metric) else least
    total = dtype.type(min(total, math.inf))
    return Bound(total, n if total == math.inf else NOBODY)


def _by_boxes(
    metric: Metric,
    x: Any,
    low: np.ndarray,
    high: np.ndarray,
    q: Any,
    own: bool,
    bound: Bound,
    distances: Any,
    indices: Any,
    backend: str | None,
) -> None:
    m, d = q.shape
    left = jk.full(m, True, np.bool_, device=operands.device_of(x))
    if d <= _grid.AXES and metric is METRICS["euclidean"]:
        by_grid(x, low, high, q, own, bound, distances, indices, left, backend)
        # NumPy's own on the host: a reduction would be compiled for it, a quarter of what the first call takes.
        if not (left.any() if isinstance(left, np.ndarray) else any_of(left, backend=backend)):
            return
    assert metric.order is not None
    tree = _tree.grown(x, backend)
    visited = visits(tree, q, own, backend)
    if d > FEW_COORDINATES:  # a few queries first: they tell which part of the leaves is looked at
        step = -(-m // SAMPLE)
        few = jk.asarray(np.arange(m) % step == 0, device=operands.device_of(x))
        by_tree(tree, q, own, visited, few, metric, bound, distances, indices, backend)
        reach = np.minimum(metric.total(to_numpy(distances)[::step, -1].astype(np.float64)), bound.total)
        if tree.within(to_numpy(q)[::step], reach, metric.order) >= WORTHWHILE:
            _by_all(metric, x, q, own, bound, distances, indices, backend)
            return
    by_tree(tree, q, own, visited, left, metric, bound, distances, indices, backend)


def _by_all(
    metric: Any, x: Any, q: Any, own: bool, bound: Bound, distances: Any, indices: Any, backend: str | None
) -> None:
    """Look at all distances by a metric, and write these; they are finished last, where they are few."""
    n, m = x.shape[0], q.shape[0]
    rows = min(m, max(4, AT_ONCE // n))
    totals = operands.made((rows, n), (operands.dtype_of(x),), operands.device_of(x))
    x, q = (centred(points, metric, backend) for points in (x, q))
    across, finish = operands.columns(x), _metrics.itself
    if isinstance(metric, Metric) and metric.size is None:
        metric, finish = metric._replace(finish=_metrics.itself, total=_metrics.unchanged), metric.finish
    for first in range(0, m, rows):
        count = min(rows, m - first)
        fill(metric, q[first : first + count], x, across, totals[:count], backend)
        _choosing(finish)((count, 1), backend)(LEAF, totals, first, own, bound, distances, indices)
