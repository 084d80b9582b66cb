"""Distinct elements by a table of hashes, where they are few: each thread looks every element up once, and sorts nothing.

Source: D. E. Knuth, The Art of Computer Programming 3, 2nd edition, 1998, section 6.4: open addressing, multiplicative hashing.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import numpy as np

import jitkit as jk
from jitkit.launch.launcher import Launcher

SLOTS = 1 << 13
"""Places of a thread's table; half of them are filled at most: 4096 values of 16 bytes with their counts, in the second cache."""
WORTH = 1 << 15
"""Elements from which a table is ahead of sorting."""
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(65 - SLOTS.bit_length())


@jk.kernel
def _tally(p, _, x, each, keys, counts, held):
    """Count the distinct words of a piece; `held` is how many there are, or that there are too many."""
    i, last, found = p * each, min(p * each + each, x.shape[0]), 0
    while i < last and found <= SLOTS // 2:
        word = np.uint64(x[i])
        slot = np.int64(((word ^ (word >> np.uint64(32))) * _GOLDEN) >> _SHIFT)
        while counts[p, slot] > 0 and keys[p, slot] != x[i]:
            slot = (slot + 1) & (SLOTS - 1)
        if counts[p, slot] == 0:
            keys[p, slot] = x[i]
            found += 1
        counts[p, slot] += 1
        i += 1
    held[p] = found


_tallied = Launcher(_tally)


def few(x: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the distinct elements of a vector of numbers in ascending order and how often each occurs; None where they are many.

    Words are compared, so that zeros of two signs, and NaN of several kinds, are joined at the end.
    """
    pieces = jk.get_num_threads()
    words = x.view(f"u{x.itemsize}")
    keys, counts = np.empty((pieces, SLOTS), words.dtype), np.zeros((pieces, SLOTS), np.int64)
    held = np.zeros(pieces, np.int64)
    _tallied((pieces, 1), "cpu")(words, -(-x.size // pieces), keys, counts, held)
    if held.max() > SLOTS // 2:
        return None
    there = counts > 0
    values, places = np.unique(keys[there].view(x.dtype), return_inverse=True)
    totals = np.zeros(values.size, np.int64)
    np.add.at(totals, places, counts[there])
    return values, totals
