"""Counting on a host into bins of even width: a block of elements finds its places in vectors, and then they are counted.

A place is the whole part of an element's distance from the first edge, in bins. Edges are rounded, so this is certain only
away from them: an element near an edge, outside all bins or NaN goes to a place behind the last, and is compared with the
edges afterwards. 16 million float32 in 256 bins take 10 ms, and 29 where each one is compared with the edges; with a million
bins, whose edges lie out of the near caches, 67 and 410.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import jitkit as jk
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.primitives._counting import add_one, add_weight, tables_for, totals_of

BLOCK = 1024
"""Elements whose places are found at once: 4 KiB of them."""
EDGES = 1 << 14
"""Edges that are looked at together, because their distances stay in the cache: a million take 1.6 ms and not 5.3."""
_WORTH = 4 * BLOCK
NEAREST = 0.25
"""The nearness to an edge, in bins, from which half of the elements would be compared after all."""


def even_bin(value, where, bins):
    """Return the bin of a value among even ones, by the edges; -1 outside."""
    edges, low, scale = where
    b = -1
    if edges[0] <= value <= edges[bins]:
        b = min(int((value - low) * scale), bins - 1)
        # The quotient may be rounded over either edge. Summed, not branched on: near an edge a branch is a coin's toss.
        b += int((value >= edges[b + 1]) & (b + 1 < bins)) - int(value < edges[b])
    return b


def blocks_kernel(add: Callable) -> Kernel:
    """Return the kernel that counts a stretch; ``add(tables, s, place, weights, k)`` counts an element."""

    @jk.kernel
    def count_even(s, _, x, weights, n, where, near, each, apart, tables):
        edges, low, scale = where
        bins = edges.shape[0] - 1
        places, left, nowhere = jk.local(BLOCK, np.int32), jk.local(BLOCK, np.int64), np.int32(bins)
        start, clear = low * scale + near, 1 - 2 * near  # counted from where the first bin is clear of its edge
        last = min(s * each + each, n)
        for first in range(s * each, last, BLOCK):
            count, unclear = min(BLOCK, last - first), np.int32(0)
            for k in range(count):
                t = np.float64(x[first + k]) * scale - start
                t = t if 0 <= t < bins else np.float64(bins)
                b = np.int32(t)
                place = b if t - np.float64(b) < clear else nowhere
                places[k] = place
                unclear += np.int32(place == nowhere)
            whole = count // 4 * 4
            for k in range(0, whole, 4):
                add(tables, s, places[k], weights, first + k)
                add(tables, s, places[k + 1] + apart, weights, first + k + 1)
                add(tables, s, places[k + 2] + 2 * apart, weights, first + k + 2)
                add(tables, s, places[k + 3] + 3 * apart, weights, first + k + 3)
            for k in range(whole, count):
                add(tables, s, places[k], weights, first + k)
            if unclear > 0:
                waiting = 0
                for k in range(count):
                    left[waiting] = first + k
                    waiting += int(places[k] == nowhere)
                for u in range(waiting):
                    b = even_bin(x[left[u]], where, bins)
                    if b >= 0:
                        add(tables, s, b, weights, left[u])

    return count_even


_ones, _weights = Launcher(blocks_kernel(add_one)), Launcher(blocks_kernel(add_weight))


def counted(x: Any, weights: Any, where: tuple[np.ndarray, float, float], backend: str | None) -> np.ndarray | None:
    """Return how many elements lie in each bin, or the sums of their weights.

    Returns
    -------
    array or None
        None where that is not worth it: for few elements, and where edges are too near to one another for their type.
    """
    edges, low, scale = where
    n, bins = x.shape[0], edges.shape[0] - 1
    near = nearness(edges, low, scale) if n >= _WORTH else 1.0
    if not near < NEAREST:
        return None
    tables, each, apart = tables_for(n, bins, bins + 1, weights)
    launcher, given = (_ones, 0) if weights is None else (_weights, weights)
    # A row to each stretch, and one point to a row: points of a last index would share a vector.
    launcher((tables.shape[0], 1), backend)(x, given, n, where, near, each, apart, tables)
    return totals_of(tables.reshape(-1, bins + 1), bins, bins, backend)


def even_ends(edges: np.ndarray) -> tuple[float, float]:
    """Return the first edge of even bins, and how many of them there are to a unit."""
    low, high = edges[[0, -1]].astype(np.float64)
    return low, (edges.shape[0] - 1) / (high - low) if high > low else 0.0


def nearness(edges: np.ndarray, low: float, scale: float) -> float:
    """Return how near to an edge, in bins, the distance of an element from the first one decides nothing.

    To what the edges themselves are off come a few roundings of a distance, and of the edges below which it is one.
    """
    off, bins = 0.0, np.arange(min(EDGES, edges.shape[0]), dtype=np.float64)
    for first in range(0, edges.shape[0], EDGES):
        apart = edges[first : first + EDGES].astype(np.float64)
        apart -= low
        apart *= scale
        apart -= bins[: apart.shape[0]]
        apart -= first
        off = max(off, float(apart.max()), -float(apart.min()))
    farthest = max(abs(low), abs(float(edges[-1])))
    return float(off + 8 * np.finfo(np.float64).eps * (edges.shape[0] + farthest * scale))
