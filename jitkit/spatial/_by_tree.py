"""Neighbours by a tree of boxes: the leaves about a query first, and then all that are not too far.

Queries of neighbouring leaves go down the tree together, by the box around them and the largest of their
bounds: what they find is a list of leaves, of which each looks at those within its own bound.
"""

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
from jitkit.primitives.sort_by_key import sort_by_key
from jitkit.spatial import _tree
from jitkit.spatial._metrics import Metric
from jitkit.spatial._nearest import HELD, LEAF, Bound, emptied, hold, merge, settled
from jitkit.spatial._tree import FANOUT

STACK = 96
"""Nodes that wait: up to seven of each level, and so enough for more points than there is memory for."""
LISTED, LISTED_ALONE = 64, 16
"""Leaves that are listed before queries look at them, and before one does that is alone on a GPU: its bound falls the sooner,
and its private memory is 4.1 KB, from 7.4 with 64 (ptxas, six coordinates in float32)."""
_REMEMBERED = 64
TOGETHER = 16
"""Queries that go down the tree together on a CPU, where there are as many queries as points. On a GPU each goes alone."""


def _larger_or_nan(part, x, y):
    """Return the larger difference, as Chebyshev's metric does, or NaN where the last is: leaves are filled up with that."""
    t = abs(x - y)
    return part if part >= t else t


def tree_kernel(d: int, most: int, metric: Metric) -> Kernel:
    """Return the kernel that searches a tree of points of `d` coordinates for a few queries; it lists `most` leaves at once.

    What it calls squares are totals of the metric, of which it knows that they grow with every difference.
    """
    add, finish = _larger_or_nan if metric.order == math.inf else metric.add, metric.finish

    def measure(first, leaf, q, queries, points, squares):
        """Find the squared distances of a leaf's points."""
        for s in range(leaf):
            square = queries[q, 0] * 0
            for c in range(d):
                square = add(square, points[c, first + s], queries[q, c])
            squares[s] = square

    def begin_row(q, own, i, own_leaf, begin, end, leaf, queries, points, order, bound, distances, indices):
        """Look at the leaves about a query: its own, so that there is a bound, and then those beside it."""
        held, found = jk.local(HELD, distances.dtype), jk.local(HELD, order.dtype)
        squares = jk.local(LEAF, points.dtype)
        emptied(q, distances, indices, bound)
        measure(own_leaf * leaf, leaf, q, queries, points, squares)
        if own:
            squares[i - own_leaf * leaf] = math.nan
        count = hold(q, squares, own_leaf * leaf, leaf, order, 0, held, found, distances, indices)
        merge(q, count, held, found, distances, indices)
        count = 0
        for node in range(begin, end):
            if node != own_leaf:
                measure(node * leaf, leaf, q, queries, points, squares)
                count = hold(q, squares, node * leaf, leaf, order, count, held, found, distances, indices)
                if count > HELD - leaf:
                    merge(q, count, held, found, distances, indices)
                    count = 0
        merge(q, count, held, found, distances, indices)

    def descend(node, fanout, leaves, above, limit, low, high, children, boxes, top, stack, nears, listed, nodes):
        """Put the children of a node that are not too far on the stack; leaves go on the list, if they are not too near."""
        squares, first = jk.local(FANOUT, boxes.dtype), children[node, 0]
        for s in range(fanout):
            square = low[0] * 0
            for c in range(d):
                t = max(max(boxes[c, first + s] - high[c], low[c] - boxes[d + c, first + s]), 0)
                square = add(square, t, 0)
            squares[s] = square
        count = min(fanout, children[node, 1] - first)
        if first < leaves:
            for s in range(count):
                nodes[listed] = first + s
                listed += 1 if (squares[s] > above) & (squares[s] <= limit) else 0
        else:
            for s in range(count):
                stack[top] = first + s
                nears[top] = squares[s]
                top += 1 if squares[s] <= limit else 0
        return top, listed

    def take(listed, nodes, boxes, sides):
        """Copy the boxes of the leaves listed side by side."""
        for s in range(listed):
            for c in range(2 * d):
                sides[c, s] = boxes[c, nodes[s]]

    def look(q, begin, end, leaf, listed, nodes, sides, slack, queries, points, order, distances, indices):
        """Look at those leaves listed that are within a query's bound, but for those from `begin` to `end`."""
        held, found = jk.local(HELD, distances.dtype), jk.local(HELD, order.dtype)
        squares, nears, near = jk.local(LEAF, points.dtype), jk.local(most, points.dtype), jk.local(most, np.int64)
        for s in range(listed):
            square = queries[q, 0] * 0
            for c in range(d):
                t = max(max(sides[c, s] - queries[q, c], queries[q, c] - sides[d + c, s]), 0)
                square = add(square, t, 0)
            nears[s] = square
        limit, chosen, count = distances[q, distances.shape[1] - 1] * slack, 0, 0
        for s in range(listed):
            near[chosen] = nodes[s]
            chosen += 1 if (nears[s] <= limit) & ((nodes[s] < begin) | (nodes[s] >= end)) else 0
        for s in range(chosen):
            measure(near[s] * leaf, leaf, q, queries, points, squares)
            count = hold(q, squares, near[s] * leaf, leaf, order, count, held, found, distances, indices)
            if count > HELD - leaf:
                merge(q, count, held, found, distances, indices)
                count = 0
        merge(q, count, held, found, distances, indices)

    @jk.kernel
    def search(
        g,
        _,
        together,
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
        bound,
        distances,
        indices,
    ):
        k, leaves = distances.shape[1], points.shape[1] // leaf
        stack, nears = jk.local(STACK, np.int64), jk.local(STACK, distances.dtype)
        nodes, sides = jk.local(most, np.int64), jk.local((2 * d, most), boxes.dtype)
        low, high = jk.local(d, boxes.dtype), jk.local(d, boxes.dtype)
        first, last = g * together, min(g * together + together, turn.shape[0])
        for c in range(d):
            low[c] = math.inf
            high[c] = -math.inf
        limit, listed = -math.inf, 0
        for i in range(first, last):
            q = turn[i]
            if left[q]:
                own_leaf = near[i]
                begin, end = max(own_leaf - wing, 0), min(own_leaf + wing + 1, leaves)
                begin_row(q, own, i, own_leaf, begin, end, leaf, queries, points, order, bound, distances, indices)
                limit = max(limit, distances[q, k - 1])
                for c in range(d):
                    low[c] = min(low[c], queries[q, c])
                    high[c] = max(high[c], queries[q, c])
        # Boxes that touch the queries' come first: where many points are equal, the bounds are zero then, and few are left.
        for beyond in range(2):
            above = beyond - 1
            stack[0] = leaves + children.shape[0] - 1
            nears[0] = 0
            top = 1 if limit > above else 0
            while top > 0:
                top -= 1
                reach = limit * slack * beyond
                if nears[top] <= reach:
                    top, listed = descend(
                        stack[top] - leaves, fanout, leaves, above, reach, low, high, children, boxes, top, stack,
                        nears, listed, nodes,
                    )  # fmt: skip
                if listed > most - fanout or (top == 0 and listed > 0):
                    take(listed, nodes, boxes, sides)
                    limit = -math.inf
                    for i in range(first, last):
                        q = turn[i]
                        if left[q]:
                            own_leaf = near[i]
                            begin, end = max(own_leaf - wing, 0), min(own_leaf + wing + 1, leaves)
                            look(
                                q, begin, end, leaf, listed, nodes, sides, slack, queries, points, order, distances,
                                indices,
                            )  # fmt: skip
                            limit = max(limit, distances[q, k - 1])
                    listed = 0
        for i in range(first, last):
            q = turn[i]
            if left[q]:
                for s in range(k):
                    distances[q, s] = finish(distances[q, s], 0, 0)
                settled(q, distances, indices, order.shape[0])

    return search


def nearest_leaf_kernel(d: int) -> Kernel:
    """Return the kernel that goes down the tree by the nearest box each time: a leaf about the query."""

    @jk.kernel
    def nearest_leaf(q, _, leaf, fanout, queries, points, boxes, children, near):
        leaves, squares = points.shape[1] // leaf, jk.local(FANOUT, boxes.dtype)
        node = leaves + children.shape[0] - 1
        while node >= leaves:
            first = children[node - leaves, 0]
            for s in range(fanout):
                square = queries[q, 0] * 0
                for c in range(d):
                    t = max(max(boxes[c, first + s] - queries[q, c], queries[q, c] - boxes[d + c, first + s]), 0)
                    square += t * t
                squares[s] = square
            best, at = squares[0], 0
            for s in range(1, children[node - leaves, 1] - first):
                if squares[s] < best:
                    best = squares[s]
                    at = s
            node = first + at
        near[q] = node

    return nearest_leaf


@functools.lru_cache(_REMEMBERED)
def _searching(d: int, alone: bool, metric: Metric) -> Launcher:
    return Launcher(tree_kernel(d, LISTED_ALONE if alone else LISTED, metric))


@functools.cache
def _finding_leaves(d: int) -> Launcher:
    return Launcher(nearest_leaf_kernel(d))


def visits(tree: _tree.Tree, q: Any, own: bool, backend: str | None) -> tuple[Any, Any]:
    """Return the order in which queries take their turns, and the leaf about each: queries of one leaf together."""
    (m, d), device = q.shape, operands.device_of(q)
    if own:
        return tree.order, operands.numbers(m, device, np.int32, LEAF)
    near = operands.made((m,), (np.dtype(np.int32),), device)
    _finding_leaves(d)((m, 1), backend)(LEAF, FANOUT, q, tree.points, tree.boxes, tree.children, near)
    near, turn = sort_by_key(near, operands.numbers(m, device), backend=backend)
    return turn, near


def by_tree(
    tree: _tree.Tree,
    q: Any,
    own: bool,
    visited: tuple[Any, Any],
    left: Any,
    metric: Metric,
    bound: Bound,
    distances: Any,
    indices: Any,
    backend: str | None,
) -> None:
    """Find the neighbours nearer than a bound of the queries that are marked in `left`; `visited` is of `visits`."""
    n, (m, d) = tree.order.shape[0], q.shape
    slack = 1 + 16 * float(
        np.finfo(operands.dtype_of(q)).eps
    )  # powers, of boxes and points, may be rounded differently
    wing = -(-distances.shape[1] // LEAF)
    alone = operands.on_device(q, backend)
    together = 1 if alone else min(TOGETHER, max(1, TOGETHER * m // n))
    _searching(d, alone, metric)((-(-m // together), 1), backend)(
        together, LEAF, FANOUT, q, *visited, left, own, wing, tree.points, tree.order, tree.boxes, tree.children,
        slack, bound, distances, indices,
    )  # fmt: skip
