"""Merge sort by a comparison: blocks that one point sorts, and then rounds that merge neighbouring runs in pieces.

Each point of a round writes one piece of the merged runs: it finds by bisection how much of the piece comes from either
run, so that a round has as much to do at once as the array has pieces, however long the runs are. Stable.

References: D. E. Knuth, The Art of Computer Programming 3, 2nd edition, 1998, section 5.2.4; O. Green, R. McColl and
D. A. Bader, GPU Merge Path, ICS 2012.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import jitkit as jk
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.primitives._carrying import Carry, like

RUN = 8
"""Elements that insertion sorts before the first merge."""


class Limits(NamedTuple):
    """Elements that one point sorts in the first round, and that it writes in each later one: powers of two."""

    block: int
    piece: int


CPU = Limits(block=4096, piece=16384)
GPU = Limits(block=64, piece=64)


def less_complex(a, b):
    """Tell whether a complex number comes before another as in NumPy: by real part, then imaginary, with NaN last."""
    real_missing, imag_missing = a.real != a.real, a.imag != a.imag
    real_missing_too, imag_missing_too = b.real != b.real, b.imag != b.imag
    if not (real_missing or imag_missing or real_missing_too or imag_missing_too):
        return a.real < b.real or (a.real == b.real and a.imag < b.imag)
    numbers, numbers_too = not (real_missing or imag_missing), not (real_missing_too or imag_missing_too)
    # As `numpy.sort` has them: all numbers, real with imaginary NaN, NaN with imaginary number, both NaN.
    rank = 0 if numbers else (3 if real_missing and imag_missing else (2 if real_missing else 1))
    rank_too = 0 if numbers_too else (3 if real_missing_too and imag_missing_too else (2 if real_missing_too else 1))
    if rank != rank_too:
        return rank < rank_too
    if rank == 2:
        return a.imag < b.imag
    return a.real < b.real or (a.real == b.real and a.imag < b.imag)


def descending_complex(a, b):
    """As `less_complex`, the numbers descending, and NaN last all the same."""
    missing, missing_too = a != a, b != b
    if missing or missing_too:
        return less_complex(a, b) if missing and missing_too else missing_too
    return less_complex(b, a)


def block_kernel(less: Callable, carry: Carry) -> Kernel:
    """Return the kernel that sorts each block of each row, a block to a point."""
    take, put, first_of = carry.take, carry.put, carry.first

    def insert(x, v, out, w, row, first, end):
        for i in range(first, end):
            element, value, to = x[i], first_of(v, i, i - row), i
            while to > first and less(element, out[to - 1]):
                out[to] = out[to - 1]
                put(w, to, take(w, to - 1))
                to -= 1
            out[to] = element
            put(w, to, value)

    def merge(x, v, out, w, first, middle, end):
        i, j = first, middle
        for to in range(first, end):
            second = j < end and (i >= middle or less(x[j], x[i]))
            at = j if second else i
            out[to] = x[at]
            put(w, to, take(v, at))
            i, j = (i, j + 1) if second else (i + 1, j)

    def merge_runs(x, v, out, w, first, end, width):
        for start in range(first, end, 2 * width):
            merge(x, v, out, w, start, min(start + width, end), min(start + 2 * width, end))

    @jk.kernel
    def sort_blocks(r, b, lane, n, block, x, v, out, w, spare, held):
        row = r * n
        first, end = row + b * block, row + min((b + 1) * block, n)
        for start in range(first, end, RUN):
            insert(x, v, out, w, row, start, min(start + RUN, end))
        width = RUN
        while width < end - first:
            merge_runs(out, w, spare, held, first, end, width)
            if 2 * width < end - first:
                merge_runs(spare, held, out, w, first, end, 2 * width)
            else:
                for i in range(first, end):
                    out[i] = spare[i]
                    put(w, i, take(held, i))
            width *= 4

    return sort_blocks


def round_kernel(less: Callable, carry: Carry) -> Kernel:
    """Return the kernel that merges neighbouring runs of `width` elements, a piece of the result to each point."""
    take, put = carry.take, carry.put

    def from_first(x, first, middle, end, count):
        """Return how many of the first `count` merged elements come from the first run."""
        low, high = max(0, count - (end - middle)), min(count, middle - first)
        while low < high:
            i = (low + high) // 2
            if less(x[middle + count - 1 - i], x[first + i]):
                high = i
            else:
                low = i + 1
        return low

    @jk.kernel
    def merge_round(r, p, lane, n, width, piece, x, v, out, w):
        row = r * n
        begin = p * piece
        stop = min(begin + piece, n)
        start = begin - begin % (2 * width)
        first, middle, end = row + start, row + min(start + width, n), row + min(start + 2 * width, n)
        i = first + from_first(x, first, middle, end, begin - start)
        j = middle + begin - start - (i - first)
        for to in range(row + begin, row + stop):
            second = j < end and (i >= middle or less(x[j], x[i]))
            at = j if second else i
            out[to] = x[at]
            put(w, to, take(v, at))
            i, j = (i, j + 1) if second else (i + 1, j)

    return merge_round


class Merge:
    """Everything compiled to sort by one comparison, and what goes along.

    Parameters
    ----------
    less : callable
        ``less(a, b)`` tells whether `a` comes before `b`.
    what : {"nothing", "values", "places"}
        What goes along, see `Carry`.
    on_gpu : bool
        Many threads, or few with a cache each.
    """

    def __init__(self, less: Callable, what: str, on_gpu: bool) -> None:
        self.less, self.what, self.carry, self.limits = less, what, Carry(what), GPU if on_gpu else CPU

    @functools.cached_property
    def blocks(self) -> Launcher:
        """The sort of blocks."""
        return Launcher(block_kernel(self.less, self.carry))

    @functools.cached_property
    def round(self) -> Launcher:
        """The merging of runs."""
        return Launcher(round_kernel(self.less, self.carry))

    def sort_block(self, x: Any, v: Any, rows: int, n: int, out: Any, w: Any, backend: str | None) -> bool:
        """Do what `sort` does to NumPy's rows of one block, where types were met before and the CPU sorts; tell whether."""
        spare = np.empty(rows * n, out.dtype)
        held = np.empty(rows * n, w.dtype) if self.what != "nothing" else spare
        return self.blocks.enter((rows, 1, 1), backend, (n, self.limits.block, x, v, out, w, spare, held))

    def sort(self, x: Any, v: Any, rows: int, n: int, out: Any, w: Any, backend: str | None) -> None:
        """Sort the rows of n elements that `x` consists of into `out`, and what goes along from `v` into `w`."""
        block, piece = self.limits
        spare = like(out, rows * n)
        held = like(w, rows * n) if self.what != "nothing" else spare
        source, target = (out, w), (spare, held)
        if _rounds(n, block) % 2:
            source, target = target, source
        self.blocks((rows, -(-n // block), 1), backend)(n, block, x, v, *source, *target)
        width = block
        while width < n:
            size = min(piece, 2 * width)
            self.round((rows, -(-n // size), 1), backend)(n, width, size, *source, *target)
            source, target, width = target, source, 2 * width


_of_complex: dict[tuple[bool, str, bool], Merge] = {}


def merge_of_complex(descending: bool, what: str, on_gpu: bool) -> Merge:
    """Return what sorts complex numbers, made the first time it is asked for."""
    key = (descending, what, on_gpu)
    if key not in _of_complex:
        _of_complex[key] = Merge(descending_complex if descending else less_complex, what, on_gpu)
    return _of_complex[key]


def _rounds(n: int, block: int) -> int:
    """Return how often runs of a block double until there is one."""
    return (-(-n // block) - 1).bit_length()
