"""knn: the nearest neighbours of points."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.primitives.searchsorted import searchsorted
from jitkit.spatial import _metrics, _points, _tree
from jitkit.spatial._tree import FANOUT_BITS, LEAF
from jitkit.spatial.cdist import fill

MOST_COORDINATES = 8
"""With more, boxes leave little out, and all distances are computed."""
AT_ONCE = 2**20
"""Distances held at once where all are computed: 4 to 8 MiB, within the caches."""


def _insert(distances, indices, row, k, distance, index):
    """Put a neighbour where it belongs in a sorted row; equal distances stand by index."""
    to = k - 1
    while to > 0 and (
        distances[row, to - 1] > distance or (distances[row, to - 1] == distance and indices[row, to - 1] > index)
    ):
        distances[row, to] = distances[row, to - 1]
        indices[row, to] = indices[row, to - 1]
        to -= 1
    distances[row, to] = distance
    indices[row, to] = index


def tree_kernel(d: int) -> Kernel:
    """Return the kernel that searches a tree of points of `d` coordinates for the neighbours of one query.

    The leaf that the query's key falls into comes first, so that the bound is tight; then all that is not too far, along
    the curve.
    """

    def scan(leaf, q, queries, own, points, order, distances, indices):
        squares = jk.local(LEAF, distances.dtype)
        first, k, worst, hits = leaf * LEAF, distances.shape[1], distances[q, distances.shape[1] - 1], 0
        for s in range(LEAF):
            squares[s] = 0
        for c in range(d):
            x = queries[q, c]
            for s in range(LEAF):
                t = points[c, first + s] - x
                squares[s] += t * t
        for s in range(LEAF):
            hits += 1 if squares[s] <= worst else 0
        if hits > 0:
            for s in range(min(LEAF, order.shape[0] - first)):
                if squares[s] <= distances[q, k - 1]:
                    index = order[first + s]
                    closer = squares[s] < distances[q, k - 1] or index < indices[q, k - 1]
                    if closer and not (own and index == q):
                        _insert(distances, indices, q, k, squares[s], index)

    @jk.kernel
    def search(i, _, queries, turn, near, own, points, order, boxes, begins, slack, distances, indices):
        q, k, levels = turn[i], distances.shape[1], begins.shape[0] - 1
        leaves = begins[1]
        for s in range(k):
            distances[q, s] = math.inf
            indices[q, s] = order.shape[0]
        start = min(near[i] // LEAF, leaves - 1)
        scan(start, q, queries, own, points, order, distances, indices)
        leaf, level = 0, levels - 1
        while leaf < leaves:
            node = begins[level] + (leaf >> level * FANOUT_BITS)
            nearest = queries[q, 0] * 0
            for c in range(d):
                x = queries[q, c]
                t = max(max(boxes[node, c] - x, x - boxes[node, d + c]), 0)
                nearest += t * t
            inside = nearest <= distances[q, k - 1] * slack
            if inside and level > 0:
                level -= 1
            else:
                if inside and leaf != start:
                    scan(leaf, q, queries, own, points, order, distances, indices)
                leaf += 1 << level * FANOUT_BITS
                if level < levels - 1 and leaf & (1 << (level + 1) * FANOUT_BITS) - 1 == 0:
                    level += 1
        for s in range(k):
            distances[q, s] = math.sqrt(distances[q, s])

    return search


@jk.kernel
def _choose(r, _, squares, first, own, distances, indices):
    """Keep the nearest of all squared distances in row `r`, looking at LEAF of them at a time."""
    q, n, k = first + r, squares.shape[1], distances.shape[1]
    for s in range(k):
        distances[q, s] = math.inf
        indices[q, s] = n
    for begin in range(0, n, LEAF):
        hits, worst = 0, distances[q, k - 1]
        if begin + LEAF <= n:
            for s in range(LEAF):
                hits += 1 if squares[r, begin + s] < worst else 0
        else:
            hits = 1
        if hits > 0:
            for j in range(begin, min(begin + LEAF, n)):
                if squares[r, j] < distances[q, k - 1] and not (own and j == q):
                    _insert(distances, indices, q, k, squares[r, j], j)
    for s in range(k):
        distances[q, s] = math.sqrt(distances[q, s])


_chosen = Launcher(_choose)


@functools.cache
def _search(d: int) -> Launcher:
    return Launcher(tree_kernel(d))


def knn(points: Any, queries: Any = None, k: int = 5, *, backend: str | None = None) -> tuple[Any, Any]:
    """Return the nearest points of each query, and how far they are.

    Parameters
    ----------
    points : array_like or device array, shape (n, d)
        Points, one in each row.
    queries : array_like or device array, shape (m, d), optional
        Whose neighbours are sought; by default those of the points, of which none is its own neighbour.
    k : int, default 5
        How many neighbours.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    distances : array, shape (m, k)
        Euclidean distances, ascending; float32 where the points are, else float64.
    indices : array of int64, shape (m, k)
        The rows of the points; points equally far stand by their index.

    Raises
    ------
    LaunchError
        For arrays that are not 2-D or differ in columns, fewer than `k` points, and coordinates that are not finite.
    KernelTypeError
        For complex numbers, or what are no numbers.

    Notes
    -----
    As ``sklearn.neighbors.NearestNeighbors.kneighbors``. Up to eight coordinates: a tree of boxes over the points in the
    order of G. M. Morton's curve (1966), which leaves out what is too far (J. H. Friedman, J. L. Bentley, R. A. Finkel,
    ACM Trans. Math. Softw. 3, 1977). More coordinates: all distances, a few rows at a time. Both are exact.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> line = np.array([[0.0], [1.0], [3.0], [7.0]])
    >>> distances, indices = jk.spatial.knn(line, k=2)
    >>> distances.tolist(), indices.tolist()
    ([[1.0, 3.0], [1.0, 2.0], [2.0, 3.0], [4.0, 6.0]], [[1, 2], [0, 2], [1, 0], [2, 1]])
    """
    name, own = "spatial.knn", queries is None
    given = [points] if own else [points, queries]
    arrays = _points.checked(given, ["points", "queries"][: len(given)], name)
    x, q = arrays[0], arrays[-1]
    n, d = x.shape
    if not 1 <= k <= n - own:
        others = " other than the query" if own else ""
        raise LaunchError(f"jk.{name}: k={k} neighbours; there are {n - own} points{others}: take k from 1 to that")
    shape, device = (q.shape[0], int(k)), operands.device_of(x)
    distances = operands.made(shape, (operands.dtype_of(x),), device)
    indices = operands.made(shape, (np.dtype(np.int64),), device)
    if shape[0]:
        if not own:
            _tree.finite(q, backend, name)
        (_by_tree if 1 <= d <= MOST_COORDINATES and n > LEAF else _by_all)(x, q, own, distances, indices, backend)
    return distances, indices


def _by_tree(x: Any, q: Any, own: bool, distances: Any, indices: Any, backend: str | None) -> None:
    tree = _tree.grown(x, backend, "spatial.knn")
    if own:
        turn = tree.order
        near = jk.asarray(np.arange(x.shape[0]), device=operands.device_of(x))
    else:
        keys, turn = _tree.keys_along(q, tree.lower, tree.scale, backend)
        near = searchsorted(tree.keys, keys, backend=backend)
    slack = 1 + 8 * float(np.finfo(operands.dtype_of(x)).eps)  # boxes and points may be rounded differently
    _search(x.shape[1])((q.shape[0], 1), backend)(
        q, turn, near, own, tree.points, tree.order, tree.boxes, tree.begins, slack, distances, indices
    )


def _by_all(x: Any, q: Any, own: bool, distances: Any, indices: Any, backend: str | None) -> None:
    _tree.finite(x, backend, "spatial.knn")
    n, m = x.shape[0], q.shape[0]
    rows = min(m, max(4, AT_ONCE // n))
    squares = operands.made((rows, n), (operands.dtype_of(x),), operands.device_of(x))
    across = _points.columns(x, backend)
    for first in range(0, m, rows):
        count = min(rows, m - first)
        fill(_metrics.METRICS["sqeuclidean"], q[first : first + count], x, across, squares[:count], backend)
        _chosen((count, 1), backend)(squares, first, own, distances, indices)
