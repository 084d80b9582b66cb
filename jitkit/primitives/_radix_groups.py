"""Radix sorting on a GPU: groups count the digits of their tiles, and then bring their tiles into the order of a digit.

Each digit takes two launches over all elements, and a scan of the tiles' counts between them. Inside a group, a tile is
split by one bit of the digit after the other; a split is a scan of the work-items' counts of zeros. What moves are the
elements' own bits, from which keys are made each time, so that zeros and NaN stay what they are.

Reference: N. Satish, M. Harris and M. Garland, Designing efficient sorting algorithms for manycore GPUs, IPDPS 2009.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
from typing import Any

import numpy as np

import jitkit as jk
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.operands import made
from jitkit.primitives._arrays import device_of
from jitkit.primitives._carrying import Carry, like
from jitkit.primitives._keys import Order

BITS = 8
"""Of a digit."""
DIGITS = 1 << BITS
GROUP = DIGITS
EACH = 8
"""Neighbouring elements of a work-item. A tile of 8 bytes an element, with 8 bytes that go along, fits shared memory."""
TILE = GROUP * EACH


def count_kernel(order: Order) -> Kernel:
    """Return the kernel that counts the digits of each tile; a row's counts of a digit stand side by side."""
    key_of = order.key

    @jk.kernel(group=(1, GROUP))
    def count_digits(r, t, n, tiles, x, shift, flip, counts):
        found = jk.shared(DIGITS, np.int32)
        (_, tile), (_, lane) = jk.group_index(), jk.local_index()
        found[lane] = 0
        jk.barrier()
        for k in range(EACH):
            i = tile * TILE + k * GROUP + lane
            if i < n:
                jk.atomic.add(found, int((key_of(x[r * n + i], flip) >> shift) & (DIGITS - 1)), 1)
        jk.barrier()
        counts[(r * DIGITS + lane) * tiles + tile] = found[lane]

    return count_digits


def spread_kernel(order: Order, what: str, first: bool) -> Kernel:
    """Return the kernel that brings tiles into the order of a digit; `first` where nothing has moved yet."""
    key_of, carry, room = order.key, Carry(what), 1 if what == "nothing" else TILE
    take, put, first_of = carry.take, carry.put, carry.first

    def moved(v, at, k):
        return take(v, at)

    fetch = first_of if first else moved

    @jk.kernel(group=(1, GROUP))
    def spread_digits(r, t, n, tiles, x, v, shift, flip, starts, out, w):
        tile_bits, tile_held = jk.shared(TILE, x.dtype), jk.shared(room, w.dtype)
        tile_digits, begins = jk.shared(TILE, np.uint8), jk.shared(DIGITS, np.int32)
        bits, held, digits = jk.local(EACH, x.dtype), jk.local(EACH, w.dtype), jk.local(EACH, np.int32)
        (_, tile), (_, lane) = jk.group_index(), jk.local_index()
        before = tile * TILE
        for k in range(EACH):
            p = k * GROUP + lane
            tile_digits[p] = DIGITS - 1  # what lies behind the row has the last digit, and stays last
            if before + p < n:
                at = r * n + before + p
                tile_bits[p] = x[at]
                tile_digits[p] = np.uint8(key_of(x[at], flip) >> shift)
                put(tile_held, p, fetch(v, at, before + p))
        jk.barrier()
        for b in range(BITS):
            zeros = np.int32(0)
            for k in range(EACH):
                p = lane * EACH + k
                bits[k], digits[k] = tile_bits[p], tile_digits[p]
                put(held, k, take(tile_held, p))
                zeros += 1 - ((digits[k] >> b) & 1)
            upto = jk.group_scan("add", zeros)
            zero = upto - zeros
            one = jk.broadcast(upto, GROUP - 1) + np.int32(lane * EACH) - zero
            for k in range(EACH):
                bit = (digits[k] >> b) & 1
                to = one if bit == 1 else zero
                one, zero = one + bit, zero + 1 - bit
                tile_bits[to], tile_digits[to] = bits[k], digits[k]
                put(tile_held, to, take(held, k))
            jk.barrier()
        for k in range(EACH):
            p = k * GROUP + lane
            if p == 0 or tile_digits[p - 1] != tile_digits[p]:
                begins[tile_digits[p]] = p
        jk.barrier()
        for k in range(EACH):
            p = k * GROUP + lane
            if before + p < n:
                digit = int(tile_digits[p])
                to = starts[(r * DIGITS + digit) * tiles + tile] + p - begins[digit]
                out[to] = tile_bits[p]
                put(w, to, take(tile_held, p))

    return spread_digits


class GroupRadix:
    """Everything compiled to sort long rows of keys of one kind and size, and what goes along with them, on a GPU.

    Parameters
    ----------
    order : Order
        Of the keys.
    what : {"nothing", "values", "places"}
        What goes along, see `Carry`.
    """

    def __init__(self, order: Order, what: str) -> None:
        self.order, self.what = order, what
        self.count = Launcher(count_kernel(order))

    @functools.cached_property
    def spread(self) -> tuple[Launcher, Launcher]:
        """The launchers of the first pass and of the others, which differ for places alone."""
        first = Launcher(spread_kernel(self.order, self.what, first=True))
        return first, Launcher(spread_kernel(self.order, self.what, first=False)) if self.what == "places" else first

    def sort(self, x: Any, v: Any, rows: int, n: int, out: Any, w: Any, flip: Any, backend: str | None) -> None:
        """Sort rows; the arguments are those of `Radix.sort`."""
        tiles, passes = -(-n // TILE), 8 * self.order.bits.itemsize // BITS
        space, alone = (rows, tiles * GROUP), self.what == "nothing"
        counts = made((rows * DIGITS * tiles,), (np.dtype(np.int64),), device_of(x))
        w = out if alone else w  # of which only the dtype is looked at
        spare = like(out, rows * n) if passes > 1 else out
        held = spare if alone else like(w, rows * n) if passes > 1 else w
        for k in range(passes):
            shift, last = self.order.wide(k * BITS), (passes - 1 - k) % 2 == 0
            self.count(space, backend)(n, tiles, x, shift, flip, counts)
            starts = jk.scan("add", counts, inclusive=False, backend=backend)
            to, moved = (out, w) if last else (spare, held)
            self.spread[k > 0](space, backend)(n, tiles, x, v, shift, flip, starts, to, moved)
            x, v = to, v if alone else moved
