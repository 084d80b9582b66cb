"""Rows of the nearest so far: candidates are held until there are many, put in order, and merged into the row.

Putting each where it belongs at once moves half a row for every candidate and guesses wrong where the loop ends. A candidate's
place among those held is how many come before it: comparisons without a branch, a vector of them at a time.
"""

# Helpers of kernels take whatever they are called with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

import jitkit as jk

HELD = 64
"""Candidates that are held at once."""
LEAF = 16
"""Candidates that are compared with the bound together: two to four vectors.

Kernels take it as an argument: LLVM would unroll a loop of so few into scalars where it knew how many (twice the time).
"""
NOWHERE = 2**62
"""What comes after every index."""
NOBODY = -1
"""What comes before every index: it stands at a bound for neighbours that are missing."""
VECTOR = 16
"""What the number of those held is rounded up to where places are counted: four vectors of float64, which LLVM takes at once."""


def later(square, index, other_square, other_index):
    """Return whether a neighbour comes after another: by distance, then by index."""
    return square > other_square or (square == other_square and index > other_index)


class Bound(NamedTuple):
    """What neighbours are nearer than, as a total of the metric, and the index that stands there for those missing.

    The number of points where there is no bound, and else `NOBODY`: what is just as far comes after it.
    """

    total: Any
    absent: int


def emptied(row, distances, indices, bound):
    """Fill a row with what every neighbour comes before."""
    for s in range(distances.shape[1]):
        distances[row, s] = bound.total
        indices[row, s] = bound.absent


def settled(row, distances, indices, count):
    """Put infinities and the number of points where neighbours are missing."""
    for s in range(distances.shape[1]):
        if indices[row, s] == NOBODY:
            distances[row, s] = math.inf
            indices[row, s] = count


def hold(row, squares, first, leaf, names, count, held, found, distances, indices):
    """Hold those of a leaf's squared distances that come before the last of a row; return how many are held then.

    Every one is written where the next belongs, and most are written over: no branch to mispredict. The last leaf may be
    filled up with what is nowhere near, and has no name.
    """
    last, hits, equal = names.shape[0] - 1, 0, 0
    bound, behind = distances[row, distances.shape[1] - 1], indices[row, indices.shape[1] - 1]
    for s in range(leaf):
        hits += 1 if squares[s] <= bound else 0
        equal += 1 if squares[s] == bound else 0
    if equal > 0:
        for s in range(leaf):
            if squares[s] == bound and names[min(first + s, last)] > behind:
                squares[s] = math.nan
    if hits > 0:
        for s in range(leaf):
            held[count] = squares[s]
            found[count] = names[min(first + s, last)]
            count += 1 if squares[s] <= bound else 0
    return count


def rank(count, held, found, places):
    """Write where each of those held belongs: how many of the others come before it.

    That by distance alone comes first, one comparison: it leaves places out where distances are equal, and then their sum
    is too small.
    """
    whole = (count + VECTOR - 1) // VECTOR * VECTOR
    for s in range(count, whole):
        held[s] = math.inf
    total = 0
    for s in range(count):
        square, before = held[s], 0
        for t in range(whole):
            before += 1 if held[t] < square else 0
        places[s] = before
        total += before
    if 2 * total != count * (count - 1):
        for s in range(count, whole):
            found[s] = NOWHERE
        for s in range(count):
            square, index, equal = held[s], found[s], 0
            for t in range(whole):
                equal += 1 if (held[t] == square) & (found[t] < index) else 0
            places[s] += equal


def write_row(row, count, held, found, distances, indices):
    """Write the nearest of those held, and how far they are, into an empty row: there are enough of them."""
    places = jk.local(HELD, np.int32)
    rank(count, held, found, places)
    for s in range(count):
        if places[s] < distances.shape[1]:
            distances[row, places[s]] = math.sqrt(held[s])
            indices[row, places[s]] = found[s]


def merge(row, count, held, found, distances, indices):
    """Merge what is held into a row, which stays in order."""
    sorted_held, sorted_found = jk.local(HELD, held.dtype), jk.local(HELD, found.dtype)
    places = jk.local(HELD, np.int32)
    rank(count, held, found, places)
    for s in range(count):
        sorted_held[places[s]] = held[s]
        sorted_found[places[s]] = found[s]
    k = distances.shape[1]
    at, left = k - 1, min(count, k) - 1
    for _ in range(min(count, k)):
        if at >= 0 and later(distances[row, at], indices[row, at], sorted_held[left], sorted_found[left]):
            at -= 1
        else:
            left -= 1
    to = k - 1
    while left >= 0:
        if at >= 0 and later(distances[row, at], indices[row, at], sorted_held[left], sorted_found[left]):
            distances[row, to] = distances[row, at]
            indices[row, to] = indices[row, at]
            at -= 1
        else:
            distances[row, to] = sorted_held[left]
            indices[row, to] = sorted_found[left]
            left -= 1
        to -= 1
