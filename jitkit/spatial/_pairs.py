"""Pairs of points by distance, from two trees of boxes that are gone down together.

Pairs of nodes of which no pair of points can lie on two sides of a threshold are counted at once; of the others the larger
node is split, down to pairs of leaves. Source: A. G. Gray, A. W. Moore, 'N-body' problems in statistical learning, Advances
in Neural Information Processing Systems 13, 2000.
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
from jitkit.arrays import to_numpy
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.spatial import _tree
from jitkit.spatial._nearest import LEAF
from jitkit.spatial._tree import FANOUT

STACK = 96
"""Pairs of nodes that wait: up to seven of each level that is gone down, and so enough for more points than there is memory
for; twice as many where both trees are. On a GPU one is a leaf: a kernel has 3.6 KB of private memory there, from 5.2 (ptxas)."""
ITEMS = 256
"""Nodes that go down the tree, at least, if there are as many: enough for threads to share evenly. On a GPU all leaves do."""
TABLES, FEWEST = 2**20, 16
"""Counters, about: 8 MiB; and how many nodes have their own, however many bins there are."""
FEW = 24
"""Thresholds with which all squares are compared, a vector at a time; more take longer than finding each square's place."""
STEPS = 4
"""Steps that guess a square's place, for each edge: in one step lies one edge at most where bins are even."""


def pairs_kernel(d: int, periodic: bool, of_leaves: bool) -> Kernel:
    """Return the kernel that counts pairs of points of `d` coordinates: of a few nodes, or leaves, with all that come behind."""
    waiting = STACK if of_leaves else 2 * STACK

    def bounds(fixed, first, fanout, boxes, lengths, low, high, nears, fars):
        """Find the least and the largest squares of distances between a node and children in a row."""
        for c in range(d):
            low[c] = boxes[c, fixed]
            high[c] = boxes[d + c, fixed]
        for s in range(fanout):
            near = boxes[0, first + s] * 0
            far = near
            for c in range(d):
                below, above = boxes[c, first + s] - high[c], boxes[d + c, first + s] - low[c]
                least, most = max(max(below, -above), 0), max(above, -below)
                if periodic:
                    length = lengths[c]
                    least, most = min(least, max(length - most, 0)), min(most, min(length * 0.5, length - least))
                near += least * least
                far += most * most
            nears[s] = near
            fars[s] = far

    def behind(a, b, runs):
        """Return how many pairs there are of a point of one node and one of the other that comes behind it."""
        first, last, begin, end = runs[0, a], runs[1, a], runs[0, b], runs[1, b]
        both_begin, both_end = max(first, begin), max(min(last, end), max(first, begin))
        both = both_end - both_begin
        before = min(last, begin) - min(first, begin)
        return before * (end - begin) + both * (both - 1) // 2 + both * (end - both_end)

    def measure(a, b, leaf, points, lengths, squares):
        """Find the squares of the distances of the points of two leaves; NaN for those of one leaf that come not behind."""
        begin, first = a * leaf, b * leaf
        for i in range(leaf):
            for s in range(leaf):
                square = points[0, first + s] * 0
                for c in range(d):
                    t = abs(points[c, first + s] - points[c, begin + i])
                    if periodic:
                        t = min(t, lengths[c] - t)
                    square += t * t
                squares[i * leaf + s] = square
        if a == b:
            for i in range(leaf):
                for s in range(i + 1):
                    squares[i * leaf + s] = np.nan

    def tally(total, low, high, leaf, squares, thresholds, g, table):
        """Count squares that lie between some thresholds."""
        before = np.int64(0)
        for e in range(low, high):
            threshold, below = thresholds[e], np.int32(0)
            for s in range(leaf * leaf):
                below += np.int32(1) if squares[s] < threshold else np.int32(0)
            table[g, e] += np.int64(below) - before
            before = np.int64(below)
        table[g, high] += total - before

    def place_each(low, leaf, squares, thresholds, scale, guesses, g, table):
        """Count squares one by one: a table says at most how many thresholds are not above any."""
        places, end = jk.local(LEAF * LEAF, np.int32), guesses.shape[0] - 1
        for s in range(leaf * leaf):
            t = math.sqrt(squares[s]) * scale
            places[s] = np.int32(t if t < end else end)
        for s in range(leaf * leaf):
            place = np.int64(max(guesses[places[s]], low))
            place += 1 if thresholds[place] <= squares[s] else 0
            while thresholds[place] <= squares[s]:
                place += 1
            table[g, place] += 1

    def passed(square, low, high, thresholds):
        """Return how many thresholds are not above a square, which are from `low` to `high`."""
        while low < high:
            middle = (low + high) // 2
            if thresholds[middle] <= square:
                low = middle + 1
            else:
                high = middle
        return low

    @jk.kernel
    def count(
        g,
        _,
        first,
        last,
        leaf,
        fanout,
        points,
        boxes,
        children,
        runs,
        lengths,
        thresholds,
        scale,
        guesses,
        slack,
        table,
    ):
        ones, others = jk.local(waiting, np.int32), jk.local(waiting, np.int32)
        lows, highs = jk.local(waiting, np.int32), jk.local(waiting, np.int32)
        low, high = jk.local(d, boxes.dtype), jk.local(d, boxes.dtype)
        nears, fars = jk.local(FANOUT, boxes.dtype), jk.local(FANOUT, boxes.dtype)
        squares, leaves = jk.local(LEAF * LEAF, points.dtype), points.shape[1] // leaf
        for node in range(first + g, last, table.shape[0]):
            ones[0] = node
            others[0] = leaves + children.shape[0] - 1
            lows[0] = 0
            highs[0] = thresholds.shape[0] - 1
            top = 1
            while top > 0:
                top -= 1
                one, other, lowest, highest = ones[top], others[top], np.int64(lows[top]), np.int64(highs[top])
                # The larger one is split, but no leaf: the last node of a level may hold fewer points than one.
                larger = runs[1, other] - runs[0, other] >= runs[1, one] - runs[0, one]
                second = one < leaves or (other >= leaves and larger)
                fixed, split = (one, other) if second else (other, one)
                begin, end = children[split - leaves, 0], children[split - leaves, 1]
                bounds(fixed, begin, fanout, boxes, lengths, low, high, nears, fars)
                for child in range(begin, end):
                    a, b = (one, child) if second else (child, other)
                    total = behind(a, b, runs)
                    if total > 0:
                        least = passed(nears[child - begin] * (1 - slack), lowest, highest, thresholds)
                        most = passed(fars[child - begin] * (1 + slack), least, highest, thresholds)
                        if least == most:
                            table[g, least] += total
                        elif a < leaves and b < leaves:
                            measure(a, b, leaf, points, lengths, squares)
                            if most - least <= FEW:
                                tally(total, least, most, leaf, squares, thresholds, g, table)
                            else:
                                place_each(least, leaf, squares, thresholds, scale, guesses, g, table)
                        else:
                            ones[top] = a
                            others[top] = b
                            lows[top] = least
                            highs[top] = most
                            top += 1

    return count


@functools.cache
def _kernel_for(d: int, periodic: bool, of_leaves: bool) -> Launcher:
    return Launcher(pairs_kernel(d, periodic, of_leaves))


def thresholds_of(edges: np.ndarray, dtype: np.dtype[Any]) -> np.ndarray:
    """Return for each edge the least square whose root, rounded as distances are, is not below it; for the last above it."""
    with np.errstate(over="ignore", under="ignore"):
        found: np.ndarray = (edges * edges).astype(dtype)
    last = np.arange(edges.size) == edges.size - 1

    def past(squares: np.ndarray) -> Any:
        roots = np.sqrt(squares)
        return (roots > edges) | ~last & (roots == edges)

    zero, infinity = dtype.type(0), dtype.type(np.inf)
    while (more := (found > 0) & past(np.nextafter(found, zero))).any():
        found = np.where(more, np.nextafter(found, zero), found)
    while (less := (found < infinity) & ~past(found)).any():
        found = np.where(less, np.nextafter(found, infinity), found)
    return found


def guesses_of(edges: np.ndarray, dtype: np.dtype[Any]) -> tuple[float, np.ndarray]:
    """Return how many steps there are to a unit of distance, and for each step how many edges are surely not behind it."""
    end, limits = STEPS * edges.size, np.finfo(dtype)
    scale = min(end / min(float(edges[-1]), float(np.finfo(np.float64).max)), float(limits.max))
    with np.errstate(over="ignore"):
        begins = (np.arange(end + 1) * (1 - 8 * float(limits.eps)) - 0.01) / scale  # rounded, a step may be the next
    guesses = np.searchsorted(edges, begins, "right")
    guesses[end] = edges.size
    return scale, guesses.astype(np.int32)


def counted(x: Any, edges: np.ndarray, lengths: np.ndarray | None, backend: str | None) -> np.ndarray:
    """Return how many pairs of two or more points lie at a distance within each bin; those in a periodic box lie inside."""
    (n, d), dtype, device = x.shape, operands.dtype_of(x), operands.device_of(x)
    tree, counts, level = _tree.grown(x, backend), _tree.levels(n), 0
    of_leaves = operands.on_device(x, backend)
    while not of_leaves and level + 1 < len(counts) and counts[level + 1] >= ITEMS:
        level += 1
    first, places = sum(counts[:level]), edges.size + 1
    scale, guesses = guesses_of(edges, dtype)
    table, runs, box, thresholds, guesses = (
        jk.asarray(array, device=device)
        for array in (
            np.zeros((min(counts[level], max(FEWEST, TABLES // places)), places), np.int64),
            _runs(counts, n),
            np.zeros(d, dtype) if lengths is None else lengths.astype(dtype),
            np.append(thresholds_of(edges, dtype), dtype.type(np.nan)),
            guesses,
        )
    )
    slack = 4 * (d + 2) * float(np.finfo(dtype).eps)  # boxes and points may be rounded differently
    _kernel_for(d, lengths is not None, of_leaves)((table.shape[0], 1), backend)(
        first, first + counts[level], LEAF, FANOUT, tree.points, tree.boxes, tree.children, runs, box, thresholds,
        scale, guesses, slack, table,
    )  # fmt: skip
    totals: np.ndarray = to_numpy(table).sum(axis=0)
    return totals[1:-1]


def _runs(counts: list[int], n: int) -> np.ndarray:
    """Return where the points of each node begin and end."""
    ends = [np.arange(count + 1) * (LEAF * FANOUT**level) for level, count in enumerate(counts)]
    return np.stack([np.minimum(np.concatenate([end[k : end.size - 1 + k] for end in ends]), n) for k in range(2)])
