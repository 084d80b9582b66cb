"""A tree of boxes over points: the leaves are runs of equally many points, and no node needs a pointer.

Points are put in order by cutting at the middle across the widest axis, again and again: many points by sorting them, blocks of
them one by one. Source: J. H. Friedman, J. L. Bentley, R. A. Finkel, ACM Trans. Math. Softw. 3, 1977. Here cuts come
at whole leaves, and the leaves of a node are a power of two: a parent has FANOUT children in a row.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
import itertools
import math
from typing import Any, NamedTuple

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.arrays import to_numpy
from jitkit.errors import LaunchError
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.primitives.reduce import reduce
from jitkit.primitives.sort_by_key import sort_by_key
from jitkit.spatial._nearest import LEAF

FANOUT = 8
"""Children of a node, whose boxes are compared together: one or two vectors. An argument of kernels, as LEAF is."""
BLOCK = 64 * LEAF
"""Points that one point of a launch puts in order."""
CUTS = 4
"""Parts that a sort along the widest axis cuts points into: half the sorts that two parts take, and no worse leaves."""
SAMPLE = 64
"""Points that tell which axis is the widest: they find the same leaves as all of them."""
STEPS = 1 << 22
"""Steps along an axis that sorting tells apart: two digits."""


class Tree(NamedTuple):
    """Points in order, and the boxes of the nodes, the leaves first and then one level after another.

    `points` are filled up with NaN to whole leaves. `boxes` have a row for each coordinate's least and then for its largest;
    `children` say for each node above the leaves which node is its first child, and which comes behind its last.
    """

    order: Any
    points: Any
    boxes: Any
    children: Any

    def within(self, queries: np.ndarray, reach: np.ndarray, order: float) -> float:
        """Return the part of the leaves that is within reach of queries on average, by totals of a metric of that order."""
        d, leaves = self.points.shape[0], self.points.shape[1] // LEAF
        boxes, totals = to_numpy(self.boxes), np.zeros((len(queries), leaves))
        for k in range(d):
            least, largest, at = boxes[k, :leaves], boxes[d + k, :leaves], queries[:, k, None]
            apart = np.maximum(np.maximum(least - at, at - largest), 0).astype(np.float64)
            totals = np.maximum(totals, apart) if order == math.inf else totals + apart**order
        return float(np.mean(totals <= reach[:, None]))


@functools.cache
def _kernels_for(d: int) -> tuple[Launcher, Launcher, Launcher]:
    return tuple(Launcher(kernel) for kernel in order_kernels(d))  # type: ignore[return-value]


def order_kernels(d: int) -> tuple[Kernel, Kernel, Kernel]:
    """Return the kernels that find how rows of points are sorted, number the points by that, and put blocks in order."""

    def widest(points, order, first, count):
        """Return the axis along which a sample of points is spread the most, where it begins, and half its extent."""
        axis, start, most, sample = 0, points[order[first], 0], points[order[first], 0] * 0, min(count, SAMPLE)
        for k in range(d):
            low = points[order[first], k]
            high = low
            for s in range(1, sample):
                x = points[order[first + s * count // sample], k]
                low = min(low, x)
                high = max(high, x)
            half = high * 0.5 - low * 0.5  # the whole may be too large
            if half > most:
                axis, start, most = k, low, half
        return axis, start, most

    def divide(keys, order, first, count, half):
        """Bring the `half` least keys to the front, and their places in the order with them (C. A. R. Hoare, 1961)."""
        low, high = 0, count - 1
        while low < high:
            a, b, c = keys[low], keys[(low + high) // 2], keys[high]
            pivot = max(min(a, b), min(max(a, b), c))
            i, j = low, high
            while i <= j:
                while keys[i] < pivot:
                    i += 1
                while keys[j] > pivot:
                    j -= 1
                if i <= j:
                    keys[i], keys[j] = keys[j], keys[i]
                    order[first + i], order[first + j] = order[first + j], order[first + i]
                    i += 1
                    j -= 1
            if half <= j:
                high = j
            elif half >= i:
                low = i
            else:
                low = high

    @jk.kernel
    def choose(row, _, size, n, points, order, least, axes, starts, scales):
        axis, start, half = widest(points, order, row * size, min(size, n - row * size))
        axes[row] = axis
        starts[row] = start
        scales[row] = 0
        if half > least:
            scales[row] = STEPS / half

    @jk.kernel
    def number(row, s, width, n, points, order, axes, starts, scales, keys):
        i = order[row * width + s]
        if i < n:
            x = points[i, axes[row]] * 0.5 - starts[row] * 0.5
            keys[row, s] = np.int32(min(max(x * scales[row], 0), STEPS - 1))
        else:
            keys[row, s] = STEPS

    @jk.kernel
    def arrange(block, _, leaf, n, points, order):
        """Cut a block in halves, those in halves, and so on down to leaves."""
        keys = jk.local(BLOCK, points.dtype)
        begin, end = block * BLOCK, min(block * BLOCK + BLOCK, n)
        size = BLOCK
        while size > leaf:
            half = size // 2
            for first in range(begin, end, size):
                count = min(size, end - first)
                if count > half:
                    axis, _, _ = widest(points, order, first, count)
                    for s in range(count):
                        keys[s] = points[order[first + s], axis]
                    divide(keys, order, first, count, half)
            size = half

    return choose, number, arrange


@jk.kernel
def _gather(k, i, points, order, out):
    if i < points.shape[0]:
        out[k, i] = points[order[i], k]
    else:
        out[k, i] = math.nan


@jk.kernel
def _bound_leaf(k, leaf, points, n, boxes):
    d, first = points.shape[0], leaf * LEAF
    low = points[k, first]
    high = low
    for i in range(first + 1, min(first + LEAF, n)):
        low = min(low, points[k, i])
        high = max(high, points[k, i])
    boxes[k, leaf] = low
    boxes[d + k, leaf] = high


@jk.kernel
def _bound_node(k, node, begin, end, boxes):
    d, first = boxes.shape[0] // 2, min(begin + node * FANOUT, end - 1)
    low, high = boxes[k, first], boxes[d + k, first]
    for child in range(first + 1, min(first + FANOUT, end)):
        low = min(low, boxes[k, child])
        high = max(high, boxes[d + k, child])
    boxes[k, end + node] = low
    boxes[d + k, end + node] = high


_gathered, _leaves, _nodes = Launcher(_gather), Launcher(_bound_leaf), Launcher(_bound_node)


def finite(points: Any, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and the largest of each coordinate.

    Raises
    ------
    LaunchError
        Where a coordinate is NaN or infinite.
    """
    if operands.device_of(points) is not None:
        low, high = (to_numpy(reduce(op, points, axis=0)) for op in ("minimum", "maximum"))
    else:
        columns = np.ascontiguousarray(points.T)  # along rows of three NumPy takes four times as long
        low, high = columns.min(axis=1), columns.max(axis=1)
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        raise LaunchError(f"jk.{name}: the points have coordinates that are not finite; leave those points out")
    return low, high


def ordered(points: Any, backend: str | None) -> Any:
    """Return the indices of points so that runs of `LEAF` of them, and of any power of two of such runs, are close together."""
    (n, d), device, dtype = points.shape, operands.device_of(points), operands.dtype_of(points)
    choose, number, arrange = _kernels_for(d)
    least = STEPS * float(np.finfo(dtype).tiny)
    size = BLOCK
    while size < n:
        size *= CUTS
    below = max(BLOCK, size // CUTS)
    order = operands.numbers(-(-n // below) * below, device)  # what fills rows up comes last in each
    while size > BLOCK:
        rows = -(-n // size)
        width = min(size, order.shape[0])
        order = order[: rows * width]
        axes = operands.made((rows,), (np.dtype(np.int64),), device)
        starts, scales = operands.made((rows,), (dtype, dtype), device)
        keys = operands.made((rows, width), (np.dtype(np.int32),), device)
        choose((rows, 1), backend)(size, n, points, order, least, axes, starts, scales)
        number((rows, width), backend)(width, n, points, order, axes, starts, scales, keys)
        _, order = sort_by_key(keys, order.reshape((rows, width)), backend=backend)
        order, size = order.reshape((-1,)), size // CUTS
    order = order[:n]
    arrange((-(-n // BLOCK), 1), backend)(LEAF, n, points, order)
    return order


def grown(points: Any, backend: str | None) -> Tree:
    """Return the tree of points."""
    n, d = points.shape
    dtype, device = operands.dtype_of(points), operands.device_of(points)
    order, counts = ordered(points, backend), levels(n)
    leaves, ends = counts[0], np.cumsum(counts)
    sorted_points = operands.made((d, leaves * LEAF), (dtype,), device)
    boxes = operands.made((2 * d, int(ends[-1]) + FANOUT), (dtype,), device)
    _gathered((d, leaves * LEAF), backend)(points, order, sorted_points)
    _leaves((d, leaves), backend)(sorted_points, n, boxes)
    for level, count in enumerate(counts[1:]):
        behind = FANOUT if count == 1 else 0  # a vector of children is read whole, past the last node too
        _nodes((d, count + behind), backend)(int(ends[level]) - counts[level], int(ends[level]), boxes)
    return Tree(order, sorted_points, boxes, jk.asarray(_children(counts), device=device))


def levels(n: int) -> list[int]:
    """Return how many leaves a tree of n points has, and how many nodes each level above has: one at least."""
    counts = [-(-n // LEAF)]
    while counts[-1] > 1 or len(counts) == 1:
        counts.append(-(-counts[-1] // FANOUT))
    return counts


def _children(counts: list[int]) -> np.ndarray:
    """Return where the children of each node above the leaves begin and end."""
    rows, begin = [], 0
    for below, count in itertools.pairwise(counts):
        first = begin + FANOUT * np.arange(count)
        rows.append(np.stack([first, np.minimum(first + FANOUT, begin + below)], axis=1))
        begin += below
    return np.concatenate(rows)
