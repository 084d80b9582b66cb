"""Radix sorting: kernels that sort numbers as unsigned integers, with or without values that go along.

A long array is cut into buckets that fit a cache, by a table from the upper bits of its keys that a sample gives, and a
point then sorts each bucket (see `_spans`): memory is passed through three times, whatever the size of the elements. A
short array is such a bucket from the beginning. On a GPU that would be a thousand points at most: groups sort there, see
`_radix_groups`.

References: P. Sanders and S. Winkel, Super scalar sample sort, ESA 2004; M. Zagha and G. E. Blelloch, Radix sort for vector
multiprocessors, Supercomputing 1991.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

import jitkit as jk
from jitkit.arrays import to_numpy
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.primitives._arrays import device_of
from jitkit.primitives._carrying import Carry, like
from jitkit.primitives._keys import Order, order_of
from jitkit.primitives._network import Lie, Network
from jitkit.primitives._radix_groups import GroupRadix
from jitkit.primitives._spans import spans, ties

BUCKETS = 2048
"""Room for buckets of a long array."""
NO_FLOATS = True
"""For `fastmath`: nothing is computed in floating point here. Told so, the compiler leaves points alone; widening them to
vectors doubles its work, and would never run, since every row of points is one point long."""


class Limits(NamedTuple):
    """How an array is cut for a processor.

    Attributes
    ----------
    digits : int
        Most bits of a digit.
    short : int
        Most elements of a row that one point sorts.
    bucket, buckets : int
        Elements that a bucket shall have, and how many buckets there may be.
    piece, many : int
        Least elements of a piece, and how many pieces there may be to a thread.
    sorting : int
        How many points to a thread sort buckets.
    """

    digits: int
    short: int
    bucket: int
    buckets: int
    piece: int
    many: int
    sorting: int

    def pieces(self) -> int:
        """Return the most pieces."""
        return self.many * jk.get_num_threads()

    def workers(self) -> int:
        """Return how many points sort buckets."""
        return self.sorting * jk.get_num_threads()


CPU = Limits(digits=11, short=1 << 14, bucket=1 << 13, buckets=512, piece=1 << 13, many=8, sorting=1)
GPU = CPU._replace(digits=8, short=64)  # longer rows are sorted by groups


def rows_kernel(order: Order, carry: Carry, digits: int) -> Kernel:
    """Return the kernel that sorts each row of `n` elements, a row to each point."""
    key_of, back, odd, first_of, put = order.key, order.back, order.odd, carry.first, carry.put
    sort_span, (tally, restore), room = spans(order.wide, carry, digits), ties(order), 2 << digits

    @jk.kernel(fastmath=NO_FLOATS)
    def sort_rows(r, lane, n, x, v, out, w, spare, held, flip):
        counts = jk.local(room, np.int32)
        first = r * n
        low = key_of(x[first], flip)
        high, strange = low, False
        for k in range(n):
            bits = x[first + k]
            key = key_of(bits, flip)
            low, high, strange = min(low, key), max(high, key), strange | odd(bits)
            out[first + k] = key
            put(w, first + k, first_of(v, first + k, k))
        sort_span(out, w, first, n, spare, held, first, counts, low, high)
        for k in range(n):
            out[first + k] = back(out[first + k], flip)
        if strange:
            below, _, missing = tally(x, first, first + n, 1, flip)
            restore(x, out, first, first + n, 1, first + below, first + n - missing, flip)

    return sort_rows


def bucket_kernels(order: Order, carry: Carry, digits: int) -> tuple[Kernel, Kernel, Kernel]:
    """Return the kernels for long arrays: count each piece's elements by bucket, spread them, and sort each bucket."""
    key_of, back, odd, first_of, put = order.key, order.back, order.odd, carry.first, carry.put
    sort_span, room, wide, zero = spans(order.wide, carry, digits), 2 << digits, order.wide, order.wide(0)

    def bucket_of(key, table, low, shift, last):
        above = key - low if key > low else zero
        return table[min(above >> shift, last)]

    @jk.kernel(fastmath=NO_FLOATS)
    def count_buckets(piece, lane, length, n, x, table, low, shift, last, flip, pieces, counts, strange):
        mine = jk.local(BUCKETS, np.int32)
        buckets, found = counts.shape[0] // pieces, False
        for b in range(buckets):
            mine[b] = 0
        for i in range(piece * length, min((piece + 1) * length, n)):
            bits = x[i]
            mine[bucket_of(key_of(bits, flip), table, low, shift, last)] += 1
            found = found | odd(bits)
        for b in range(buckets):
            counts[b * pieces + piece] = mine[b]
        strange[piece] = found

    @jk.kernel(fastmath=NO_FLOATS)
    def spread_buckets(piece, lane, length, n, x, v, table, low, shift, last, flip, pieces, counts, out, w):
        places = jk.local(BUCKETS, np.int64)
        for b in range(counts.shape[0] // pieces):
            places[b] = counts[b * pieces + piece]
        for i in range(piece * length, min((piece + 1) * length, n)):
            key = key_of(x[i], flip)
            bucket = bucket_of(key, table, low, shift, last)
            to = places[bucket]
            places[bucket] = to + 1
            out[to] = key
            put(w, to, first_of(v, i, i))

    @jk.kernel(fastmath=NO_FLOATS)
    def sort_buckets(worker, lane, buckets, each, taken, pieces, counts, x, v, spare, held, flip):
        room_for_two = jk.local(room, np.int32)
        b = jk.atomic.add(taken, 0, 1)
        while b < buckets:
            first = counts[b * pieces]
            m = counts[(b + 1) * pieces] - first
            if m > 0:
                low = wide(x[first])
                high = low
                for k in range(1, m):
                    key = wide(x[first + k])
                    low, high = min(low, key), max(high, key)
                base = worker * each if each > 0 else first
                sort_span(x, v, first, m, spare, held, base, room_for_two, low, high)
            for k in range(m):
                x[first + k] = back(x[first + k], flip)
            b = jk.atomic.add(taken, 0, 1)

    return count_buckets, spread_buckets, sort_buckets


def tie_kernels(order: Order) -> tuple[Kernel, Kernel]:
    """Return the kernels that bring the zeros and NaN of each piece of the input back: count them, and write them."""
    tally, restore = ties(order)

    @jk.kernel(fastmath=NO_FLOATS)
    def count_ties(piece, lane, length, n, x, flip, found):
        below, zeros, missing = tally(x, piece * length, min((piece + 1) * length, n), 1, flip)
        found[piece, 0], found[piece, 1], found[piece, 2] = below, zeros, missing

    @jk.kernel(fastmath=NO_FLOATS)
    def write_ties(piece, lane, length, n, x, flip, places, out):
        restore(x, out, piece * length, min((piece + 1) * length, n), 1, places[piece, 0], places[piece, 1], flip)

    return count_ties, write_ties


class Radix:
    """Everything compiled to sort keys of one kind and size, and what goes along with them, on one sort of processor.

    Parameters
    ----------
    kind, itemsize : str, int
        Of the keys.
    what : {"nothing", "values", "places"}
        What goes along, see `Carry`.
    on_gpu : bool
        Many threads with little memory each, or few with a cache each.
    """

    def __init__(self, kind: str, itemsize: int, what: str, on_gpu: bool) -> None:
        self.order, self.what, self.limits = order_of(kind, itemsize), what, GPU if on_gpu else CPU
        self.network = None if on_gpu else Network(self.order, what)
        self.groups = GroupRadix(self.order, what) if on_gpu else None
        self.made_of = (self.order, Carry(what), self.limits.digits)

    @functools.cached_property
    def rows(self) -> Launcher:
        """The sort of short rows."""
        return Launcher(rows_kernel(*self.made_of))

    @functools.cached_property
    def long(self) -> list[Launcher]:
        """The kernels for a long row."""
        return list(map(Launcher, bucket_kernels(*self.made_of)))

    @functools.cached_property
    def ties(self) -> list[Launcher]:
        """The kernels that bring zeros and NaN back."""
        return list(map(Launcher, tie_kernels(self.order)))

    def sort(
        self, x: Any, v: Any, rows: int, n: int, out: Any, w: Any, flip: Any, backend: str | None, known: bool = False
    ) -> bool:
        """Sort the rows of n elements that `x` consists of into `out`, and what goes along from `v` into `w`.

        All are vectors of unsigned integers, or 0 where no such array is needed; `out` is none of the others. `known` and
        what is returned are as for a network's.
        """
        lie = Lie((1, rows), n, n, 1)
        if self.network is not None and lie.short:
            return self.network.sort(x, v, lie, out, w, flip, backend, known)
        if n <= self.limits.short:
            return self.sort_short(x, v, rows, n, out, w, flip, backend, known)
        if self.groups is not None:
            self.groups.sort(x, v, rows, n, out, w, flip, backend)
            return True
        for r in range(rows):
            self._sort_long(_part(x, r, n), _part(v, r, n), _part(out, r, n), _part(w, r, n), flip, backend)
        return True

    def sort_short(
        self, x: Any, v: Any, rows: int, n: int, out: Any, w: Any, flip: Any, backend: str | None, known: bool
    ) -> bool:
        """Sort rows that one point of a launch sorts each; see `sort`."""
        args = (n, x, v, out, w, *self._spare(out, w, rows * n), flip)
        done = self.rows.enter((rows, 1), backend, args)
        if not done and not known:
            self.rows((rows, 1), backend)(*args)
            done = True
        return done

    def _spare(self, out: Any, w: Any, size: int) -> tuple[Any, Any]:
        return like(out, size), 0 if self.what == "nothing" else like(w, size)

    def _sort_long(self, x: Any, v: Any, out: Any, w: Any, flip: Any, backend: str | None) -> None:
        n: int = x.shape[0]
        count, spread, sort = self.long
        wanted = max(2, min(self.limits.buckets, n // self.limits.bucket))
        host_table, low, shift = self.division(x, n, wanted, flip)
        pieces = max(1, min(self.limits.pieces(), n // self.limits.piece))
        length, buckets, device = -(-n // pieces), int(host_table[-1]) + 1, device_of(x)
        table, last = jk.asarray(host_table, device=device), self.order.wide(host_table.size - 1)
        counts = jk.zeros(buckets * pieces + 1, np.int64, device=device)
        strange = jk.zeros(pieces, np.bool_, device=device)
        division = (table, low, shift, last, flip, pieces)
        count((pieces, 1), backend)(length, n, x, *division, counts, strange)
        starts = jk.scan("add", counts, inclusive=False, backend=backend)
        spread((pieces, 1), backend)(length, n, x, v, *division, starts, out, w)
        most = int(np.diff(to_numpy(starts)[::pieces]).max())
        # Room that the next bucket uses again stays in the cache. Where it would be more than the array, buckets are few.
        workers = min(self.limits.workers(), buckets)
        each = most if workers * most <= n else 0
        spare, held = self._spare(out, w, workers * most if each else n)
        taken = jk.zeros(1, np.int64, device=device)
        sort((workers, 1), backend)(buckets, each, taken, pieces, starts, out, w, spare, held, flip)
        if self.what != "places" and to_numpy(strange).any():
            self._restore(x, out, n, length, pieces, flip, backend)

    def _restore(self, x: Any, out: Any, n: int, length: int, pieces: int, flip: Any, backend: str | None) -> None:
        count, write = self.ties
        device = device_of(x)
        found = jk.zeros((pieces, 3), np.int64, device=device)
        count((pieces, 1), backend)(length, n, x, flip, found)
        below, zeros, missing = to_numpy(found).T
        places = np.stack([below.sum() + np.cumsum(zeros) - zeros, n - missing.sum() + np.cumsum(missing) - missing], 1)
        write((pieces, 1), backend)(length, n, x, flip, jk.asarray(places, device=device), out)

    def division(self, x: Any, n: int, wanted: int, flip: Any) -> tuple[Any, Any, Any]:
        """Return how keys are divided into about so many buckets of equal size, from a sample.

        Returns
        -------
        table, low, shift
            The bucket of a key is ``table[(key - low) >> shift]``, the index bounded by the table.
        """
        wide = self.order.wide
        sample = np.sort(self.order.key(to_numpy(x[:: n // (wanted * 16) | 1]), flip))
        margin = sample.size // 512  # a few far outliers would leave no bins to the rest
        low, high = sample[margin], sample[sample.size - 1 - margin]
        most = min(1 << 16, max(1 << 10, n >> 4)).bit_length() - 1
        shift = max(0, int(high - low).bit_length() - most)
        size = (int(high - low) >> shift) + 1
        borders = sample[np.arange(1, wanted) * sample.size // wanted].clip(low, high)
        found, times = np.unique((borders - low) >> wide(shift), return_counts=True)
        steps = np.zeros(size + 1, np.int16)
        steps[found] = 1
        steps[found[times > 1] + wide(1)] = 1  # a bin of several buckets, one value perhaps, is kept by itself
        steps[0] = 0
        return np.cumsum(steps[:size], dtype=np.int16), low, wide(shift)


def _part(x: Any, row: int, n: int) -> Any:
    return x if isinstance(x, int) else x[row * n : (row + 1) * n]
