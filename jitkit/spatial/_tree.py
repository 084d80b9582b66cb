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
from jitkit.primitives.sort_by_key import sort_by_key
from jitkit.spatial._nearest import LEAF

FANOUT = 8
"""Children of a node, whose boxes are compared together: one or two vectors. An argument of kernels, as LEAF is."""


class Tree(NamedTuple):
    """Points in the order of the curve, and the boxes of the nodes, the leaves first and then one level after another.

    `points` are filled up with NaN to whole leaves. `boxes` have a row for each coordinate's least and then for its largest;
    `children` say for each node above the leaves which node is its first child, and which comes behind its last.
    """

    lower: Any
    scale: float
    keys: Any
    order: Any
    points: Any
    boxes: Any
    children: Any


def bits_for(d: int) -> int:
    """Return the bits of each coordinate in a key of 62."""
    return min(16, 62 // d)


@functools.cache
def keys_launcher(d: int) -> Launcher:
    """Return the kernel that finds the place of points of `d` coordinates along the curve."""
    return Launcher(keys_kernel(d, bits_for(d)))


def keys_kernel(d: int, bits: int) -> Kernel:
    """Return the kernel that interleaves `bits` bits of each of `d` coordinates, the highest first."""
    largest = (1 << bits) - 1

    @jk.kernel
    def keys_of(i, points, lower, scale, keys):
        key = np.int64(0)
        for k in range(d):
            place = np.int64(min(max((points[i, k] - lower[k]) * scale, 0), largest))
            for bit in range(bits):
                key |= (place >> bit & 1) << (bit * d + d - 1 - k)
        keys[i] = key

    return keys_of


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


def keys_along(points: Any, lower: Any, scale: float, backend: str | None) -> tuple[Any, Any]:
    """Return the keys of points in ascending order, and the index of the point that each belongs to."""
    n, d = points.shape
    device = operands.device_of(points)
    keys = operands.made((n,), (np.dtype(np.int64),), device)
    keys_launcher(d)(n, backend)(points, lower, scale, keys)
    found: tuple[Any, Any] = sort_by_key(
        keys, jk.asarray(np.arange(n, dtype=np.int32 if n < 2**31 else np.int64), device=device), backend=backend
    )
    return found


def grown(points: Any, low: np.ndarray, high: np.ndarray, backend: str | None) -> Tree:
    """Return the tree of points; `low` and `high` are the least and the largest of each coordinate, as `finite` finds them."""
    n, d = points.shape
    dtype, device = operands.dtype_of(points), operands.device_of(points)
    extent = float((high.astype(np.float64) - low).max())
    scale = ((1 << bits_for(d)) - 1) / extent if extent > 0 else 0.0
    lower = jk.asarray(low, device=device)
    keys, order = keys_along(points, lower, scale, backend)
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
    return Tree(lower, scale, keys, order, sorted_points, boxes, jk.asarray(_children(counts), device=device))


def _children(counts: list[int]) -> np.ndarray:
    """Return where the children of each node above the leaves begin and end."""
    rows, begin = [], 0
    for below, count in itertools.pairwise(counts):
        first = begin + FANOUT * np.arange(count)
        rows.append(np.stack([first, np.minimum(first + FANOUT, begin + below)], axis=1))
        begin += below
    return np.concatenate(rows)
