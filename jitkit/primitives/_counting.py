"""Counting integers on a host in one pass, before anyone knows the largest: it is guessed from a sample.

A stretch of the elements is counted into tables of its own, whose size is a power of two: the low bits of an element are
its place there, so nothing is tested, and all bits that occur tell whether the guess was right. Where it was not, the
elements are counted once more. To look for the largest first took as long as to count.

A stretch with few bins has four tables, which neighbours take in turn, because equal neighbours wait for one another's
counter: 16 million int64 in 256 bins take 6.6 ms and not 7.8 (in C, two threads), and the memory alone 4.5. Counters have
32 bits, so that those of a million bins fill half as much of the cache: 20 ms.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.arrays import to_numpy
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.primitives.minmax import minmax

STRETCHES = 64
"""The most stretches."""
WORTH = 6
"""A table is worth having for this many elements to each of its bins."""
LANES = 4
FEW = 1 << 13
"""Bytes of a table that is small enough to have four."""
SAMPLE = 1 << 10
"""Elements that the largest is guessed from."""
ALONE = 1 << 14
"""Elements that one thread counts into the result itself, in the time that tables take to be made."""
BLOCK = 1 << 12
"""Bins among which the last is looked for at once."""
_ALONE = (1, 1)
INT64, UINT32 = np.dtype(np.int64), np.dtype(np.uint32)


def tables_kernel(add: Callable, join: Callable) -> Kernel:
    """Return the kernel that counts a stretch.

    Parameters
    ----------
    add : callable
        ``add(tables, s, place, weights, k)`` counts an element.
    join : callable
        What `seen` holds of the elements, as unsigned numbers: their union, or the largest.
    """

    @jk.kernel
    def count_stretch(s, _, x, weights, n, each, mask, apart, tables, seen):
        first, last = s * each, min(s * each + each, n)
        whole = first + (last - first) // 4 * 4
        all_of = np.uint64(0)
        for k in range(first, whole, 4):
            a, b, c, d = np.uint64(x[k]), np.uint64(x[k + 1]), np.uint64(x[k + 2]), np.uint64(x[k + 3])
            add(tables, s, np.int64(a & mask), weights, k)
            add(tables, s, np.int64(b & mask) + apart, weights, k + 1)
            add(tables, s, np.int64(c & mask) + 2 * apart, weights, k + 2)
            add(tables, s, np.int64(d & mask) + 3 * apart, weights, k + 3)
            all_of = join(all_of, join(join(a, b), join(c, d)))
        for k in range(whole, last):
            a = np.uint64(x[k])
            add(tables, s, np.int64(a & mask), weights, k)
            all_of = join(all_of, a)
        seen[s] = all_of

    return count_stretch


def add_one(tables, s, place, weights, k):
    """Count an element."""
    tables[s, place] += 1


def _union(a, b):
    return a | b


def add_weight(tables, s, place, weights, k):
    """Count an element by its weight."""
    tables[s, place] += weights[k]


def _larger(a, b):
    return max(a, b)


def few_kernel(add: Callable) -> Kernel:
    """Return the kernel that counts few elements into the result itself, as far as it goes, and says what there are."""

    @jk.kernel
    def count_few(_, __, x, weights, n, totals, ends):
        bins = totals.shape[0]
        low, high = np.int64(0), np.int64(-1)
        for k in range(n):
            place = np.int64(x[k])
            low, high = min(low, place), max(high, place)
            if 0 <= place < bins:
                add(totals, place, weights, k)
        ends[0], ends[1] = low, high

    return count_few


def _one_of_few(totals, place, weights, k):
    totals[place] += 1


def _weight_of_few(totals, place, weights, k):
    totals[place] += weights[k]


@jk.kernel
def sum_tables(b, tables, zero, totals):
    """Add what the tables hold for a bin, in order."""
    total = zero
    for t in range(tables.shape[0]):
        total += tables[t, b]
    totals[b] = total


_ones, _weights = Launcher(tables_kernel(add_one, _union)), Launcher(tables_kernel(add_weight, _larger))
_few_ones, _few_weights = Launcher(few_kernel(_one_of_few)), Launcher(few_kernel(_weight_of_few))
_sums = Launcher(sum_tables)


def counted(x: Any, weights: Any, minlength: int, backend: str | None) -> np.ndarray | None:
    """Return how often each integer of a vector on the host occurs, or the sum of the weights where it does.

    Returns
    -------
    array or None
        None where there are negative integers.
    """
    if x.shape[0] <= ALONE:
        return of_few(x, weights, minlength, backend)
    bins = _guess(x)
    tables, seen = _pass(x, weights, bins, backend)
    if int(seen).bit_length() > int(tables.shape[1] - 1).bit_length():
        low, high = minmax(x, backend=backend)
        if low < 0:
            return None
        tables, seen = _pass(x, weights, int(high) + 1, backend)
    if weights is not None:
        bins = int(seen) + 1
    elif x.shape[0] >= 2 * SAMPLE:
        bins = _last(tables, 1 << int(seen).bit_length()) + 1
    return totals_of(tables, max(bins, minlength), bins, backend)


def of_few(x: Any, weights: Any, minlength: int, backend: str | None, known: bool = False) -> np.ndarray | None:
    """Do what `counted` does for few elements: in one launch where the bins of the last call suffice.

    Where types have to be `known`, None also for those that were not met before, and for other backends than the CPU.
    """
    global _last_bins
    if weights is None:
        dtype, launcher, given = INT64, _few_ones, 0
    else:
        dtype, launcher, given = _summed_in(operands.dtype_of(weights)), _few_weights, weights
    bins, n = _last_bins if _last_bins > minlength else minlength, x.shape[0]
    try:
        ends = _spare.pop()
    except IndexError:
        ends = np.empty(2, INT64)
    while True:
        totals = np.zeros(bins, dtype)
        args = x, given, n, totals, ends
        if not launcher.enter(_ALONE, backend, args):
            if known:
                _spare.append(ends)
                return None
            launcher(_ALONE, backend)(*args)
        low, high = ends.tolist()
        found = high + 1 if high >= minlength else minlength
        if found <= bins or low < 0:
            break
        bins = found
    _spare.append(ends)
    if low < 0:
        return None
    _last_bins = min(high + 1, BLOCK)
    return totals if found == bins else totals[:found].copy()


_last_bins = 1
_spare: list[np.ndarray] = []  # used again: a new array takes a tenth of the time of a thousand counts


@functools.cache
def _summed_in(weights: np.dtype[Any]) -> np.dtype[Any]:
    return np.result_type(weights, np.float64)


def _guess(x: Any) -> int:
    """Return how many bins are hardly too few: an eighth more than a sample takes."""
    step = max(1, x.shape[0] // SAMPLE)
    bins = max(0, int(to_numpy(x[::step]).max())) + 1
    return bins if step == 1 else bins + bins // 8 + 8


def _pass(x: Any, weights: Any, bins: int, backend: str | None) -> tuple[np.ndarray, np.uint64]:
    """Return the tables, a row to each, and what was seen of the elements."""
    n, size = x.shape[0], 1 << (bins - 1).bit_length()
    tables, each, apart = tables_for(n, bins, size, weights)
    seen = np.zeros(tables.shape[0], np.uint64)
    launcher, given = (_ones, 0) if weights is None else (_weights, weights)
    # A row to each stretch, and one point to a row: points of a last index would share a vector.
    launcher((tables.shape[0], 1), backend)(x, given, n, each, np.uint64(size - 1), apart, tables, seen)
    return tables.reshape(-1, size), (np.bitwise_or if weights is None else np.maximum).reduce(seen)


def tables_for(n: int, bins: int, size: int, weights: Any) -> tuple[np.ndarray, int, int]:
    """Return empty tables of `size` places for the counts in `bins`, a row to each stretch of the elements.

    Returns
    -------
    tables : array
        Several tables lie side by side in a row where neighbours are to take turns.
    each : int
        The elements of a stretch.
    apart : int
        Places from one table of a row to the next; 0 where there is one.
    """
    dtype = UINT32 if weights is None else _summed_in(operands.dtype_of(weights))
    lanes = LANES if size * dtype.itemsize <= FEW and n >= WORTH * LANES * bins else 1
    # A power of two, which as many threads share evenly.
    stretches = 1 << min(STRETCHES, max(1, n // (WORTH * lanes * bins))).bit_length() - 1
    each = -(-n // stretches)
    if dtype == UINT32 and each >= 1 << 32:
        dtype = INT64
    return np.zeros((stretches, lanes * size), dtype), each, size if lanes > 1 else 0


def totals_of(tables: np.ndarray, length: int, bins: int, backend: str | None) -> np.ndarray:
    """Return `length` sums over all tables, a row to each, of which those behind `bins` are 0."""
    dtype = INT64 if tables.dtype == UINT32 else tables.dtype
    totals = np.zeros(length, dtype)
    _sums(bins, backend)(tables, dtype.type(0), totals)
    return totals


def _last(tables: np.ndarray, end: int) -> int:
    """Return the last bin before `end` that was counted."""
    while True:
        first = max(0, end - BLOCK)
        found = np.flatnonzero(tables[:, first:end].any(axis=0))
        if found.size:
            return first + int(found[-1])
        end = first
