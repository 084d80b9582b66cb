"""Short rows sorted by a network of comparators: which elements are compared does not depend on them.

So neighbouring rows are sorted in step, as the lanes of vectors, without a branch that anybody has to guess. What goes along
makes keys distinct: where keys are equal the places of their elements are compared, and the network is stable.

Source: D. E. Knuth, The Art of Computer Programming 3, 2nd edition, 1998, section 5.2.2, algorithm M (K. E. Batcher's
merge exchange), which takes rows of any length.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

import numpy as np

import jitkit as jk
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.plans import remember
from jitkit.primitives._carrying import Carry
from jitkit.primitives._keys import Order
from jitkit.primitives._spans import ties

MOST, MOST_ALONE = 512, 64
"""Most elements of a row, and of one among few; in float64 eight rows of 512 fill a first-level cache."""
FEW = 4
"""Rows that the backend does not widen to vectors."""
BITS = 9
"""In which the places in a row are counted."""
BOOL = np.dtype(np.bool_)


class Lie(NamedTuple):
    """How rows lie in a vector: row `c` of part `o` begins at ``o * n * along + c * across``.

    Attributes
    ----------
    space : tuple of int
        How many parts there are, and rows in each.
    n : int
        Elements of a row.
    across, along : int
        How far apart neighbouring rows lie, and neighbouring elements of a row.
    """

    space: tuple[int, int]
    n: int
    across: int
    along: int

    @property
    def short(self) -> bool:
        """Whether a network is the way to sort such rows."""
        return self.n <= (MOST if self.space[1] > FEW else MOST_ALONE)


def merge_exchange(exchange: Callable) -> Callable:
    """Return ``arrange(row, places, n)``, which calls ``exchange(row, places, i, j)`` for each comparator."""

    def arrange(row, places, n):
        half = 1
        while 2 * half < n:
            half *= 2
        run = half
        while run > 0:
            reach, first, apart = half, 0, run
            while apart > 0:
                for begin in range(first, n - apart, 2 * run):
                    for i in range(begin, min(begin + run, n - apart)):
                        exchange(row, places, i, i + apart)
                first, apart, reach = run, reach - run, reach // 2
            run //= 2

    return arrange


def _exchange(row, places, i, j):
    a, b = row[i], row[j]
    high = max(a, b)
    # min(a, b) would be stored under a mask, where it is not `a`: with that, float64 took twice as long on Zen 3.
    row[i], row[j] = a ^ b ^ high, high


def _exchange_pairs(row, places, i, j):
    a, b, p, q = row[i], row[j], places[i], places[j]
    later = (a > b) | ((a == b) & (p > q))
    high, place = (a if later else b), (p if later else q)
    row[i], row[j] = a ^ b ^ high, high
    places[i], places[j] = p ^ q ^ place, place


def alone_kernel(order: Order) -> Kernel:
    """Return the kernel that sorts keys with which nothing goes along, and notes the rows that have others than these."""
    key_of, back, odd, wide = order.key, order.back, order.odd, order.wide
    # Vectors of AVX2 compare 64 bits as signed integers alone.
    held, sign = (np.int64, wide(1 << 63)) if wide is np.uint64 else (wide, wide(0))
    arrange = merge_exchange(_exchange)

    def note(strange, at, found):
        strange[at] = found

    def ignore(strange, at, found):
        pass

    noted = ignore if order.exact else note

    @jk.kernel
    def sort_rows(o, c, n, across, along, x, out, strange, flip):
        row = jk.local(MOST, held)
        first, found = o * (n * along) + c * across, False
        for k in range(n):
            bits = x[first + k * along]
            row[k], found = held(key_of(bits, flip) ^ sign), found | odd(bits)
        arrange(row, row, n)
        for k in range(n):
            out[first + k * along] = back(wide(row[k]) ^ sign, flip)
        noted(strange, (o, c), found)

    return sort_rows


def ties_kernel(order: Order) -> Kernel:
    """Return the kernel that brings the zeros and NaN of noted rows back."""
    tally, restore = ties(order)

    @jk.kernel(fastmath=True)
    def restore_rows(o, c, lane, n, across, along, x, out, strange, flip):
        if strange[o, c]:
            first = o * (n * along) + c * across
            end = first + n * along
            below, _, missing = tally(x, first, end, along, flip)
            restore(x, out, first, end, along, first + below * along, end - missing * along, flip)

    return restore_rows


def packed_kernel(order: Order, carry: Carry) -> Kernel:
    """Return the kernel for keys of 32 bits and what goes along: each key is one integer with its place."""
    key_of, first_of, put, within = order.key, carry.first, carry.put, (1 << BITS) - 1
    arrange = merge_exchange(_exchange)

    @jk.kernel
    def sort_rows(o, c, n, across, along, x, v, out, w, flip):
        row, first = jk.local(MOST, np.int64), o * (n * along) + c * across
        for k in range(n):
            row[k] = np.int64(key_of(x[first + k * along], flip)) << BITS | k
        arrange(row, row, n)
        for k in range(n):
            place = row[k] & within
            out[first + k * along] = x[first + place * along]
            put(w, first + k * along, first_of(v, first + place * along, place))

    return sort_rows


def paired_kernel(order: Order, carry: Carry) -> Kernel:
    """Return the kernel for keys of 64 bits and what goes along: the places lie in an array of their own."""
    key_of, first_of, put, sign = order.key, carry.first, carry.put, order.wide(1 << 63)
    arrange = merge_exchange(_exchange_pairs)

    @jk.kernel
    def sort_rows(o, c, n, across, along, x, v, out, w, flip):
        row, places = jk.local(MOST, np.int64), jk.local(MOST, np.int64)
        first = o * (n * along) + c * across
        for k in range(n):
            row[k], places[k] = np.int64(key_of(x[first + k * along], flip) ^ sign), k
        arrange(row, places, n)
        for k in range(n):
            place = places[k]
            out[first + k * along] = x[first + place * along]
            put(w, first + k * along, first_of(v, first + place * along, place))

    return sort_rows


class Network:
    """Everything compiled to sort short rows of keys of one kind and size, and what goes along with them.

    Parameters
    ----------
    order : Order
        Of the keys.
    what : {"nothing", "values", "places"}
        What goes along, see `Carry`.
    """

    def __init__(self, order: Order, what: str) -> None:
        self.order, self.what, self._exact = order, what, order.exact
        # Used again: a new array, and to look through it, take as long as to sort fifty elements.
        self._spare: dict[Hashable, list[tuple[np.ndarray, bytearray]]] = {}

    @functools.cached_property
    def rows(self) -> Launcher:
        """The sort."""
        if self.what == "nothing":
            return Launcher(alone_kernel(self.order))
        make = packed_kernel if self.order.wide is np.uint32 else paired_kernel
        return Launcher(make(self.order, Carry(self.what)))

    @functools.cached_property
    def ties(self) -> Launcher:
        """What brings zeros and NaN back."""
        return Launcher(ties_kernel(self.order))

    def sort(
        self,
        x: Any,
        v: Any,
        lie: Lie,
        out: Any,
        w: Any,
        flip: Any,
        backend: str | None,
        known: bool = False,
        original: np.ndarray | None = None,
    ) -> bool:
        """Sort the rows that `x` consists of into `out`, and what goes along from `v` into `w`.

        Parameters
        ----------
        x, v, out, w : numpy.ndarray or 0
            Vectors of unsigned integers, or 0 where no such array is needed.
        lie, flip, backend
            How the rows lie, their order, and as for a launch.
        known : bool
            Whether to do nothing for types that were not met before, and on other backends than the CPU.
        original : numpy.ndarray, optional
            The numbers that `x` is a copy of, where `x` is `out`. That is for keys with which nothing goes along.

        Returns
        -------
        bool
            Whether anything was done.
        """
        space, n, across, along = lie
        spare: Any = None
        used: tuple[np.ndarray, bytearray] | None = None
        if self.what != "nothing":
            args: tuple[Any, ...] = (n, across, along, x, v, out, w, flip)
        elif self._exact:
            args = (n, across, along, x, out, 0, flip)
        else:
            spare = self._spare.get(space)
            if spare is None:
                spare = remember(self._spare, space, [])
            try:
                used = spare.pop()
            except IndexError:
                marks = bytearray(space[0] * space[1])
                used = np.frombuffer(marks, BOOL).reshape(space), marks
            args = (n, across, along, x, out, used[0], flip)
        done = self.rows.enter(space, backend, args)
        if not done and not known:
            self.rows(space, backend)(*args)
            done = True
        if used is not None:
            if done and 1 in used[1]:
                first = x if original is None else np.array(original, order="C").view(x.dtype).reshape(-1)
                self.ties.run((*space, 1), backend, (n, across, along, first, out, used[0], flip))
            spare.append(used)
        return done
