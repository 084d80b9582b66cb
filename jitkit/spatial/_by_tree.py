"""Neighbours by a tree of boxes: the leaves about a query first, and then all nodes that are not too far."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.primitives.searchsorted import searchsorted
from jitkit.spatial import _tree
from jitkit.spatial._nearest import HELD, LEAF, emptied, hold, merge
from jitkit.spatial._tree import FANOUT

STACK = 96
"""Nodes that wait: up to seven of each level, and so enough for more points than there is memory for."""


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
        i,
        _,
        leaf,
        fanout,
        queries,
        turn,
        near,
        left,
        own,
        wing,
        points,
        order,
        boxes,
        children,
        slack,
        distances,
        indices,
    ):
        q = turn[i]
        if left[q]:
            k, leaves, count = distances.shape[1], points.shape[1] // leaf, 0
            held, found = jk.local(HELD, distances.dtype), jk.local(HELD, order.dtype)
            squares = jk.local(LEAF, points.dtype)
            stack, nears = jk.local(STACK, np.int64), jk.local(STACK, distances.dtype)
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
                        top = descend(
                            node - leaves, fanout, q, bound * slack, queries, children, boxes, top, stack, nears
                        )
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


@functools.cache
def _search(d: int) -> Launcher:
    return Launcher(tree_kernel(d))


def by_tree(
    x: Any,
    low: np.ndarray,
    high: np.ndarray,
    q: Any,
    own: bool,
    left: Any,
    distances: Any,
    indices: Any,
    backend: str | None,
) -> None:
    """Find the neighbours of the queries that are marked in `left`."""
    tree = _tree.grown(x, low, high, backend)
    if own:
        turn = tree.order
        near = jk.asarray(np.arange(x.shape[0]), device=operands.device_of(x))
    else:
        keys, turn = _tree.keys_along(q, tree.lower, tree.scale, backend)
        near = searchsorted(tree.keys, keys, backend=backend)
    slack = 1 + 8 * float(np.finfo(operands.dtype_of(x)).eps)  # boxes and points may be rounded differently
    wing = -(-distances.shape[1] // LEAF)
    _search(x.shape[1])((q.shape[0], 1), backend)(
        LEAF, FANOUT, q, turn, near, left, own, wing, tree.points, tree.order, tree.boxes, tree.children, slack,
        distances, indices,
    )  # fmt: skip
