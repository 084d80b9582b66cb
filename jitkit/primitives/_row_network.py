"""One short row, or a few, sorted by a network whose lanes hold columns of the row: a group of work-items to each.

A work-item sorts a column in registers, where comparators of one column take place; the others compare keys of two columns
through shared memory. Equal numbers cannot be told apart, so the network need not be stable: only zeros of both signs and
NaN can, and rows that have negative zeros or NaN get those back in the order in which they stood.

Sources: K. E. Batcher, Sorting networks and their applications, AFIPS Spring Joint Computer Conference, 1968; D. E. Knuth, The
Art of Computer Programming 3, 2nd edition, 1998, section 5.3.4.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import jitkit as jk
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher

FEW = 4
"""Rows of which each is one group; more are sorted side by side, see `_network`."""


class Grid(NamedTuple):
    """How the keys of a row lie: key `k` in row ``k % rows`` of lane ``k // rows``."""

    rows: int
    lanes: int

    @property
    def size(self) -> int:
        """The most keys."""
        return self.rows * self.lanes


SMALL = Grid(8, 16)
LARGE = {4: Grid(16, 32), 8: Grid(16, 16)}
"""For keys of so many bytes."""


class Keys(NamedTuple):
    """How numbers are compared.

    Attributes
    ----------
    held : type
        The scalar type of keys.
    key, back : callable
        ``key(x, flip)`` gives a key, and ``back(key, flip)`` the number again.
    odd : callable
        ``odd(x)`` is 1 for what the network brings out of order or leaves out: negative zeros and NaN.
    last
        The key behind which none comes.
    flips : tuple
        The second argument of the functions, ascending and descending.
    """

    held: Any
    key: Callable
    back: Callable
    odd: Callable
    last: Any
    flips: tuple[Any, Any]


def keys_of(dtype: np.dtype[Any]) -> Keys:
    """Return how integers and floats are compared."""
    held: Any
    if dtype.kind == "f":
        held = dtype.type

        def key(x, flip):
            return x * flip

        def odd(x):
            return np.int32(x != x) + np.int32((x == 0) & (math.copysign(held(1), x) < 0))

        return Keys(held, key, key, odd, held(np.inf), (held(1), held(-1)))
    held = np.int64 if dtype.itemsize == 8 else np.int32
    info = np.iinfo(held)
    unsigned = dtype.kind == "u" and dtype.itemsize == np.dtype(held).itemsize

    def key_of_integer(x, flip):
        return held(x) ^ flip

    def never(x):
        return np.int32(0)

    # The sign turns unsigned integers of the size of keys round into signed ones, all bits the order.
    sign = held(info.min if unsigned else 0)
    return Keys(held, key_of_integer, key_of_integer, never, held(info.max), (sign, ~sign))


def _order(column, low, high):
    first, second = column[low], column[high]
    column[low] = second if second < first else first
    column[high] = first if second < first else second


def row_kernel(keys: Keys, grid: Grid) -> Kernel:
    """Return the kernel that sorts each row of `n` numbers, which `x` consists of, into `out`."""
    held, key_of, back, odd, last, _ = keys
    rows, lanes = grid
    floats = issubclass(held, np.floating)
    room = rows * lanes if floats else 1

    def merge(column, width):
        """Sort a column within each two runs of `width`, between which the keys stand already on the right side."""
        while width > 0:
            for k in range(rows // 2):
                low = 2 * k - (k & (width - 1))
                _order(column, low, low + width)
            width //= 2

    def restore(given, out, start, n, flip):
        """Write zeros and NaN as they stood in the row; all other numbers are in order, and NaN left out."""
        zero, missing = 0, n
        for k in range(n):
            zero += 1 if key_of(given[k], flip) < 0 else 0
            missing -= 1 if given[k] != given[k] else 0
        for k in range(n):
            if given[k] == 0:
                out[start + zero] = given[k]
                zero += 1
            elif given[k] != given[k]:
                out[start + missing] = given[k]
                missing += 1

    @jk.kernel(group=lanes)
    def sort_row(i, n, x, out, flip):
        lane, start = jk.local_index(), jk.group_index() * n
        shared, column = jk.shared((2, rows, lanes), held), jk.local(rows, held)
        given = jk.shared(room, held)
        strange = np.int32(0)
        for r in range(rows):
            at = r * lanes + lane
            column[r] = last
            if at < n:
                number = x[start + at]
                strange += odd(number)
                if number == number:
                    column[r] = key_of(number, flip)
        if floats:
            strange = jk.group_reduce("add", strange)
            if strange > 0:
                for r in range(rows):
                    at = r * lanes + lane
                    if at < n:
                        given[at] = x[start + at]
        # Two sorted runs of a width become one: the first layer compares them from their far ends inwards.
        width = 1
        while width < rows:
            for k in range(rows // 2):
                low = 2 * k - (k & (width - 1))
                _order(column, low, low ^ (2 * width - 1))
            merge(column, width // 2)
            width *= 2
        side = 0
        for r in range(rows):
            shared[side, r, lane] = column[r]
        jk.barrier()
        width = 1
        while width < lanes:
            half, turn, row_turn = width, 2 * width - 1, rows - 1
            while half > 0:
                for r in range(rows):
                    own, other = shared[side, r, lane], shared[side, r ^ row_turn, lane ^ turn]
                    lower, upper = (other if other < own else own), (own if other < own else other)
                    column[r] = upper if lane & half else lower
                half //= 2
                turn, row_turn = half, 0
                if half == 0:
                    merge(column, rows // 2)
                side = 1 - side  # others may still read what this layer read
                for r in range(rows):
                    shared[side, r, lane] = column[r]
                jk.barrier()
            width *= 2
        for r in range(rows):
            at = r * lanes + lane
            if at < n:
                out[start + at] = back(shared[side, at % rows, at // rows], flip)
        if floats:
            jk.barrier()
            if strange > 0 and lane == 0:
                restore(given, out, start, n, flip)

    return sort_row


class RowNetwork:
    """What is compiled to sort a few rows of numbers of one dtype by one grid.

    Parameters
    ----------
    dtype : numpy.dtype
        Of the numbers.
    grid : Grid
        For rows of at most its size.
    """

    def __init__(self, dtype: np.dtype[Any], grid: Grid) -> None:
        self.grid, self.keys = grid, keys_of(dtype)
        self.launcher = Launcher(row_kernel(self.keys, grid))

    def sort(self, x: np.ndarray, rows: int, n: int, out: np.ndarray, descending: bool, backend: str | None) -> None:
        """Sort the rows that the vector `x` consists of into `out`, on the CPU."""
        out[...] = x  # compiled for arrays that can be written alone
        self.launcher.run(rows * self.grid.lanes, backend, (n, out, out, self.keys.flips[descending]))


def row_network(dtype: np.dtype[Any], rows: int, n: int) -> RowNetwork | None:
    """Return what sorts so many rows of `n` numbers of a dtype, or None where a network is not the way to do it."""
    if dtype.kind not in "iuf" or dtype.itemsize > 8 or (dtype.kind == "f" and dtype.itemsize < 4) or rows > FEW:
        return None
    large = LARGE[8 if dtype.itemsize == 8 else 4]
    return None if n > large.size else _made(dtype, SMALL if n <= SMALL.size else large)


@functools.cache
def _made(dtype: np.dtype[Any], grid: Grid) -> RowNetwork:
    return RowNetwork(dtype, grid)
