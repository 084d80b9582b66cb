"""Rolling medians of wide windows: the window's numbers in sorted blocks, of which each has room for as many again.

An element finds its block by counting separators, and its place by counting in the block, both in vectors; only what follows
it in the block moves. Where a block is full, all are filled evenly anew: twice as many moves for an insertion as there are
blocks, at most. In one sorted row a third of a window moves for each element: 5,000 numbers of float64 took 2.4 times as long,
and 20,000 5 times.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math

import numpy as np

from jitkit.stats._ordered_windows import medians_by

ROOM, FILL = 64, 32
"""Places of a block, and how many of them are filled when all are even.

The number is fixed, and all places are counted and moved, so that no loop has a remainder or a length that nobody can guess:
0.8 to 1.0 of the time of moving only what has to.
"""


def blocks_of(window: int) -> int:
    """Return how many blocks a window needs."""
    return -(-window // FILL)


def scratch_of(window: int) -> int:
    """Return the length of scratch memory: blocks, separators, counts, and all numbers in a row."""
    return blocks_of(window) * (ROOM + 2) + window


def block_for(held, v, separators, blocks):
    """Return the last block that may hold v: separator j is the smallest number that block j + 1 is to hold."""
    found = np.int32(0)
    for j in range(blocks - 1):
        found += np.int32(1) if held[separators + j] <= v else np.int32(0)
    return int(found)


def place_in(held, v, first):
    """Return how many numbers of a block are less than v; places that are free hold infinity."""
    less = np.int32(0)
    for j in range(ROOM):
        less += np.int32(1) if held[first + j] < v else np.int32(0)
    return int(less)


def even(held, separators, counts, blocks):
    """Fill all blocks evenly."""
    row = counts + blocks
    n = 0
    for b in range(blocks):
        for j in range(int(held[counts + b])):
            held[row + n + j] = held[b * ROOM + j]
        n += int(held[counts + b])
    for b in range(blocks):
        start, stop = n * b // blocks, n * (b + 1) // blocks
        for j in range(ROOM):
            held[b * ROOM + j] = held[row + start + j] if j < stop - start else math.inf
        held[counts + b] = stop - start
        if b > 0:
            held[separators + b - 1] = held[row + start] if start < n else math.inf


def put(held, v, separators, counts, blocks):
    """Put a number where it belongs; return its block, and whether all were filled anew."""
    b = block_for(held, v, separators, blocks)
    full = int(held[counts + b]) == ROOM
    if full:
        even(held, separators, counts, blocks)
        b = block_for(held, v, separators, blocks)
    n, first = int(held[counts + b]), b * ROOM
    at = place_in(held, v, first)
    for j in range(ROOM - 1, 0, -1):
        held[first + j] = held[first + j - 1] if j > at else held[first + j]
    held[first + at] = v
    held[counts + b] = n + 1
    return b, full


def take(held, v, separators, counts, blocks):
    """Take a number out, from the last block that holds one like it; return the block."""
    b = block_for(held, v, separators, blocks)
    at = place_in(held, v, b * ROOM)
    while at >= int(held[counts + b]) or held[b * ROOM + at] != v:  # equal numbers may lie on both sides of a separator
        b -= 1
        at = place_in(held, v, b * ROOM)
    n, first = int(held[counts + b]), b * ROOM
    for j in range(ROOM - 1):
        held[first + j] = held[first + j + 1] if j >= at else held[first + j]
    held[first + ROOM - 1] = math.inf
    held[counts + b] = n - 1
    return b


def middle_of(held, counts, b, place, n):
    """Return the median of n numbers, the upper middle one of which stands at a place of block b."""
    high = held[b * ROOM + place]
    if n % 2 == 1:
        return high
    if place == 0:
        b -= 1
        while int(held[counts + b]) == 0:
            b -= 1
        place = int(held[counts + b])
    low = held[b * ROOM + place - 1]
    return low if low == high else 0.5 * low + 0.5 * high


def middles(x, first, last, window, least, held, out):
    """Write the median of each window of a stretch of a row."""
    blocks = (window + FILL - 1) // FILL
    separators = blocks * ROOM
    counts = separators + blocks
    for j in range(counts):
        held[j] = math.inf
    for j in range(blocks):
        held[counts + j] = 0.0
    begin = max(first - window + 1, 0)
    n = 0
    here, before = 0, 0  # the block of the upper middle number, and how many numbers there are in those before it
    for k in range(begin, last):
        new = x[k]
        old = x[max(k - window, 0)]
        if k - window >= begin and old == old:
            b = take(held, old, separators, counts, blocks)
            n -= 1
            before -= 1 if b < here else 0
        if new == new:
            b, anew = put(held, new, separators, counts, blocks)
            n += 1
            before += 1 if b < here else 0
            if anew:
                here = 0
                before = 0
        if k >= first:
            if n < least:
                out[k] = math.nan
            else:
                half = n // 2
                while before > half:
                    here -= 1
                    before -= int(held[counts + here])
                while before + int(held[counts + here]) <= half:
                    before += int(held[counts + here])
                    here += 1
                out[k] = middle_of(held, counts, here, half - before, n)


medians = medians_by(middles)
