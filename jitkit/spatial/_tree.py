"""A tree of boxes over points: the leaves are runs of points along a Z-shaped curve, and no node needs a pointer.

Sources: G. M. Morton, A computer oriented geodetic data base, IBM, 1966, on the curve; T. Karras, Maximizing parallelism in
the construction of BVHs, octrees, and k-d trees, HPG 2012, on trees over it. Here a parent has FANOUT children in a row.
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
MOST_KEYS, MOST_BITS = 4, 48
"""Keys of a point, of 62 bits each, and bits of a coordinate: there are more of them where points are crowded."""
CROWDED = 1 / 64
"""The part of the points that may be crowded: those of a cell with more than a leaf of them come in no order."""


class Tree(NamedTuple):
    """Points in the order of the curve, and the boxes of the nodes, the leaves first and then one level after another.

    `points` are filled up with NaN to whole leaves. `boxes` have a row for each coordinate's least and then for its largest;
    `children` say for each node above the leaves which node is its first child, and which comes behind its last.
    """

    curve: Curve
    order: Any
    points: Any
    boxes: Any
    children: Any

    def within(self, queries: np.ndarray, reach: np.ndarray) -> float:
        """Return the part of the leaves that is within reach of queries on average."""
        d, leaves = self.points.shape[0], self.points.shape[1] // LEAF
        boxes, squares = to_numpy(self.boxes), np.zeros((len(queries), leaves))
        for k in range(d):
            least, largest, at = boxes[k, :leaves], boxes[d + k, :leaves], queries[:, k, None]
            squares += np.maximum(np.maximum(least - at, at - largest), 0) ** 2.0
        return float(np.mean(squares <= reach[:, None].astype(np.float64) ** 2))


def bits_for(d: int) -> int:
    """Return the bits of each coordinate in a key of 62."""
    return min(16, 62 // d)


@functools.cache
def _kernels_for(d: int) -> tuple[Launcher, Launcher]:
    return tuple(Launcher(kernel) for kernel in (keys_kernel(d, bits_for(d)), crowded_kernel(d)))  # type: ignore[return-value]


def cell_along(x, lower, scale, largest):
    """Return the cell that a coordinate lies in, the first or the last for what lies outside."""
    return np.int64(min(max((x - lower) * scale, 0), largest))


def keys_kernel(d: int, bits: int) -> Kernel:
    """Return the kernel that interleaves the lowest `bits` bits of each of `d` coordinates' cells, the highest first."""
    mask = (1 << bits) - 1

    @jk.kernel
    def keys_of(i, points, order, lower, scale, largest, keys):
        key = np.int64(0)
        for k in range(d):
            place = cell_along(points[order[i], k], lower[k], scale, largest) & mask
            for bit in range(bits):
                key |= (place >> bit & 1) << (bit * d + d - 1 - k)
        keys[i] = key

    return keys_of


def crowded_kernel(d: int) -> Kernel:
    """Return the kernel that tells which points lie in one cell with the first of the leaf behind, elsewhere than that."""

    @jk.kernel
    def crowded(i, points, order, lower, scale, largest, leaf, out):
        together, apart = 1, 0
        for k in range(d):
            x, y = points[order[i], k], points[order[i + leaf], k]
            same = cell_along(x, lower[k], scale, largest) == cell_along(y, lower[k], scale, largest)
            together = together if same else 0
            apart = 1 if x != y else apart
        out[i] = together * apart

    return crowded


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
    columns = np.ascontiguousarray(to_numpy(points).T)  # along rows of three NumPy takes four times as long
    low, high = columns.min(axis=1), columns.max(axis=1)
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        raise LaunchError(f"jk.{name}: the points have coordinates that are not finite; leave those points out")
    return low, high


class Curve(NamedTuple):
    """A Z-shaped curve through cells: digits of their places are `levels` keys' worth, the first the highest."""

    lower: Any
    extent: float
    levels: int

    def cells(self, d: int, level: int) -> tuple[Any, float, int]:
        """Return the lower corner, how many cells there are in a unit of length, and the last cell, with so many keys."""
        largest = (1 << bits_for(d) * level) - 1
        return self.lower, largest / self.extent if self.extent > 0 else 0.0, largest

    def order(self, points: Any, backend: str | None) -> Any:
        """Return the points' indices in the order of the curve: by the last key first, since sorting is stable."""
        (n, d), device = points.shape, operands.device_of(points)
        order = jk.asarray(np.arange(n, dtype=np.int32 if n < 2**31 else np.int64), device=device)
        keys = operands.made((n,), (np.dtype(np.int64),), device)
        for level in range(self.levels, 0, -1):
            _kernels_for(d)[0](n, backend)(points, order, *self.cells(d, level), keys)
            _, order = sort_by_key(keys, order, backend=backend)
        return order


def curve_through(points: Any, low: np.ndarray, high: np.ndarray, backend: str | None) -> tuple[Curve, Any]:
    """Return a curve with cells so small that few hold more than a leaf of points, and the order of the points along it."""
    (n, d), device = points.shape, operands.device_of(points)
    curve = Curve(jk.asarray(low, device=device), float((high.astype(np.float64) - low).max()), 1)
    while True:
        order = curve.order(points, backend)
        if n <= LEAF or (curve.levels + 1) * bits_for(d) > MOST_BITS or curve.levels == MOST_KEYS:
            return curve, order
        crowded = operands.made((n - LEAF,), (np.dtype(np.int32),), device)
        _kernels_for(d)[1](n - LEAF, backend)(points, order, *curve.cells(d, curve.levels), LEAF, crowded)
        if int(reduce("add", crowded, backend=backend)) <= n * CROWDED:
            return curve, order
        curve = curve._replace(levels=curve.levels + 1)


def grown(points: Any, low: np.ndarray, high: np.ndarray, backend: str | None) -> Tree:
    """Return the tree of points; `low` and `high` are the least and the largest of each coordinate, as `finite` finds them."""
    n, d = points.shape
    dtype, device = operands.dtype_of(points), operands.device_of(points)
    curve, order = curve_through(points, low, high, backend)
    leaves = -(-n // LEAF)
    counts = [leaves]
    while counts[-1] > 1:
        counts.append(-(-counts[-1] // FANOUT))
    ends = np.cumsum(counts)
    sorted_points = operands.made((d, leaves * LEAF), (dtype,), device)
    boxes = operands.made((2 * d, int(ends[-1]) + FANOUT), (dtype,), device)
    _gathered((d, leaves * LEAF), backend)(points, order, sorted_points)
    _leaves((d, leaves), backend)(sorted_points, n, boxes)
    for level, count in enumerate(counts[1:]):
        behind = FANOUT if count == 1 else 0  # a vector of children is read whole, past the last node too
        _nodes((d, count + behind), backend)(int(ends[level]) - counts[level], int(ends[level]), boxes)
    return Tree(curve, order, sorted_points, boxes, jk.asarray(_children(counts), device=device))


def _children(counts: list[int]) -> np.ndarray:
    """Return where the children of each node above the leaves begin and end."""
    rows, begin = [], 0
    for below, count in itertools.pairwise(counts):
        first = begin + FANOUT * np.arange(count)
        rows.append(np.stack([first, np.minimum(first + FANOUT, begin + below)], axis=1))
        begin += below
    return np.concatenate(rows)
