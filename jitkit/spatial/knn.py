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
from jitkit.spatial._nearest import HELD, LEAF, emptied, hold, merge
from jitkit.spatial._tree import FANOUT
from jitkit.spatial.cdist import fill

MOST_COORDINATES = 8
"""With more, boxes leave little out, and all distances are computed."""
STACK = 96
"""Nodes that wait: up to seven of each level, and so enough for more points than there is memory for."""
AT_ONCE = 2**20
"""Distances held at once where all are computed: 4 to 8 MiB, within the caches."""


def tree_kernel(d: int) -> Kernel:
    """Return the kernel that searches a tree of points of `d` coordinates for the neighbours of one query.

    The leaves about the query's key come first, so that the bound is tight; then all nodes that are not too far.
    """

    def measure(first, leaf, q, queries, points, squares):
        """Find the squared distances of a leaf's points."""
        for s in range(leaf):
            square = queries[q, 0] * 0
            for c in range(d):
                t = points[c, first + s] - queries[q, c]
                square += t * t
            squares[s] = square

    def descend(node, fanout, q, limit, queries, children, boxes, top, stack, nears):
        """Put the children of a node that are not too far on the stack."""
        squares, first = jk.local(FANOUT, boxes.dtype), children[node, 0]
        for s in range(fanout):
            square = queries[q, 0] * 0
            for c in range(d):
                t = max(max(boxes[c, first + s] - queries[q, c], queries[q, c] - boxes[d + c, first + s]), 0)
                square += t * t
            squares[s] = square
        for s in range(min(fanout, children[node, 1] - first)):
            stack[top] = first + s
            nears[top] = squares[s]
            top += 1 if squares[s] <= limit else 0
        return top

    @jk.kernel
    def search(
        i, _, leaf, fanout, queries, turn, near, own, wing, points, order, boxes, children, slack, distances, indices
    ):
        q, k, leaves, count = turn[i], distances.shape[1], points.shape[1] // leaf, 0
        held, found = jk.local(HELD, distances.dtype), jk.local(HELD, order.dtype)
        squares = jk.local(LEAF, points.dtype)
        stack, nears = jk.local(STACK, np.int64), jk.local(STACK, distances.dtype)
        for s in range(HELD):
            held[s] = 0
            found[s] = 0
        emptied(q, distances, indices, order.shape[0])
        own_leaf = min(near[i] // leaf, leaves - 1)
        begin, end = max(own_leaf - wing, 0), min(own_leaf + wing + 1, leaves)
        measure(own_leaf * leaf, leaf, q, queries, points, squares)
        if own:
            squares[i - own_leaf * leaf] = math.nan
        count = hold(squares, own_leaf * leaf, leaf, math.inf, order, 0, held, found)
        merge(q, count, held, found, distances, indices)
        count = 0
        for node in range(begin, end):
            if node != own_leaf:
                measure(node * leaf, leaf, q, queries, points, squares)
                count = hold(squares, node * leaf, leaf, distances[q, k - 1], order, count, held, found)
                if count > HELD - leaf:
                    merge(q, count, held, found, distances, indices)
                    count = 0
        merge(q, count, held, found, distances, indices)
        count = 0
        bound = distances[q, k - 1]
        stack[0] = leaves + children.shape[0] - 1
        nears[0] = 0
        top = 1
        while top > 0:
            top -= 1
            node = stack[top]
            if nears[top] <= bound * slack:
                if node >= leaves:
                    top = descend(node - leaves, fanout, q, bound * slack, queries, children, boxes, top, stack, nears)
                elif node < begin or node >= end:
                    measure(node * leaf, leaf, q, queries, points, squares)
                    count = hold(squares, node * leaf, leaf, bound, order, count, held, found)
                    if count > HELD - leaf:
                        merge(q, count, held, found, distances, indices)
                        bound = distances[q, k - 1]
                        count = 0
        merge(q, count, held, found, distances, indices)
        for s in range(k):
            distances[q, s] = math.sqrt(distances[q, s])

    return search


@jk.kernel
def _choose(r, _, leaf, squares, first, own, distances, indices):
    """Keep the nearest of all squared distances in row `r`, looking at `leaf` of them at a time."""
    q, n, k, count = first + r, squares.shape[1], distances.shape[1], 0
    held, found = jk.local(HELD, distances.dtype), jk.local(HELD, np.int64)
    for s in range(HELD):
        held[s] = 0
        found[s] = 0
    emptied(q, distances, indices, n)
    for begin in range(0, n, leaf):
        hits, bound = 0, distances[q, k - 1]
        if begin + leaf <= n:
            for s in range(leaf):
                hits += 1 if squares[r, begin + s] <= bound else 0
        else:
            hits = 1
        if hits > 0:
            for j in range(begin, min(begin + leaf, n)):
                held[count] = squares[r, j]
                found[count] = j
                count += 1 if (squares[r, j] <= bound) & (not (own and j == q)) else 0
            if count > HELD - leaf:
                merge(q, count, held, found, distances, indices)
                count = 0
    merge(q, count, held, found, distances, indices)
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
    wing = -(-distances.shape[1] // LEAF)
    _search(x.shape[1])((q.shape[0], 1), backend)(
        LEAF, FANOUT, q, turn, near, own, wing, tree.points, tree.order, tree.boxes, tree.children, slack, distances, indices
    )  # fmt: skip


def _by_all(x: Any, q: Any, own: bool, distances: Any, indices: Any, backend: str | None) -> None:
    _tree.finite(x, backend, "spatial.knn")
    n, m = x.shape[0], q.shape[0]
    rows = min(m, max(4, AT_ONCE // n))
    squares = operands.made((rows, n), (operands.dtype_of(x),), operands.device_of(x))
    across = _points.columns(x, backend)
    for first in range(0, m, rows):
        count = min(rows, m - first)
        fill(_metrics.METRICS["sqeuclidean"], q[first : first + count], x, across, squares[:count], backend)
        _chosen((count, 1), backend)(LEAF, squares, first, own, distances, indices)
