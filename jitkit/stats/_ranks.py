"""Order statistics of rows by counting: how many elements lie below a bound, for bounds that close in on a rank.

Elements become integers in the same order, so that a bound halfway between two others takes one bit off what is unknown,
whatever the distribution. A pass over a row counts in vectors, without a branch that anybody has to guess, and some twenty
passes find a rank: a row is neither sorted nor moved. Rows too short for vectors are sorted by a network, each a lane.

Source, for the integers: M. Herf, Radix Tricks, 2001.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

import jitkit as jk
from jitkit.launch.launcher import Launcher
from jitkit.launch.ready import Ready
from jitkit.primitives._network import merge_exchange
from jitkit.stats._selection import blend, position

DTYPES = frozenset((np.dtype(np.float32), np.dtype(np.float64)))
LANES = 8
"""Rows from which a network sorts each in a lane."""
FEW = 8
"""Shares up to which each is looked for by itself in longer rows; one sort serves more."""
LONG = 1 << 17
"""Elements of a row up to which each piece of work has memory of its own; more than that only each thread."""
PIECES = 4
"""Pieces for each thread."""
WHOLE = 64
"""Keys of a row are filled up to a multiple of this, so that no vector loop has a remainder."""

SHORT = 256
"""Elements of a row up to which a network sorts it, where there are rows for the lanes of a vector."""


def exchange(row, _, i, j):
    """Put two numbers in order."""
    a, b = row[i], row[j]
    row[i], row[j] = (b if b < a else a), (a if b < a else b)


arrange = merge_exchange(exchange)


@jk.kernel
def ranks_of_short_rows(o, c, x, n, across, along, share, method, missing, out):
    """Sort a row in each lane; what is no number counts as infinite, and is not among those that are looked at."""
    row, first, m = jk.local(SHORT, x.dtype), o * (n * along) + c * across, 0
    for k in range(n):
        v = x[first + k * along]
        row[k] = v if v == v else math.inf
        m += 1 if v == v else 0
    arrange(row, row, n)
    for q in range(share.shape[0]):
        left, right, t = position(share[q], max(m, 1), method)
        out[q, o, c] = math.nan if m == 0 or (missing and m < n) else blend(row[left], row[right], t)


short_rows = Launcher(ranks_of_short_rows)


class Ranks:
    """The kernels for floats of a size.

    Parameters
    ----------
    dtype : numpy.dtype
        float32 or float64.
    """

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.bits = np.dtype(f"i{dtype.itemsize}")
        self._infinity = int(np.array(np.inf, dtype).view(self.bits)[()])

    @functools.cached_property
    def _key(self) -> Callable[..., Any]:
        """``key(bits)``: an integer in the order of the numbers; NaN of either sign are the largest."""
        whole = self.bits.type
        places, most = 8 * self.bits.itemsize - 1, whole(np.iinfo(self.bits).max)
        infinity, least = whole(self._infinity), whole(-self._infinity - 1)

        def key(bits):
            found = bits ^ ((bits >> places) & most)
            return found if least <= found <= infinity else most

        return key

    @functools.cached_property
    def _chosen(self) -> Callable[..., Any]:
        """``chosen(keys, n, left, right, low, high, numbers)``: where the elements of two ranks stand in a row of keys."""
        whole, wide = self.bits.type, np.dtype(f"u{self.bits.itemsize}").type
        one, none, two, far = whole(1), whole(0), whole(1), wide(np.iinfo(wide).max)

        def below_of(keys, n, bound):
            found = none
            for k in range(n):
                found += one if keys[k] < bound else none
            return int(found)

        def place_of(keys, n, low, high):
            place = none
            for k in range(n):
                place = max(place, whole(k) if low <= keys[k] <= high else none)
            return int(place)

        def chosen(keys, n, left, right, low, high, numbers):
            below, above = 0, numbers
            while above - below > 1 and low < high:
                middle = (low >> two) + (high >> two) + (low & high & one)
                found = below_of(keys, n, middle + one)
                if found <= left:
                    low, below = middle + one, found
                else:
                    high, above = middle, found
            first = place_of(keys, n, low, high)
            if above > right:
                return first, first
            # Keys no larger than `high` wrap to the largest steps. From numbers below 0 to those above it may be half of all.
            step, start = far, wide(high)
            for k in range(n):
                step = min(step, wide(keys[k]) - start - wide(1))
            following = whole(start + wide(1) + step)
            return first, place_of(keys, n, following, following)

        return chosen

    @functools.cached_property
    def rows(self) -> Launcher:
        """Rows of n elements that lie in memory one after the other; `bits` are the same elements, as integers."""
        key, chosen, infinity = self._key, self._chosen, self.bits.type(self._infinity)
        most, one, none = self.bits.type(np.iinfo(self.bits).max), self.bits.type(1), self.bits.type(0)

        @jk.kernel
        def ranks_of_rows(p, _, x, bits, n, share, method, missing, keys, out):
            whole = keys.shape[1] // WHOLE * WHOLE
            for k in range(n, whole):
                keys[p, k] = most
            for r in range(p, out.shape[1], keys.shape[0]):
                low, high, numbers, first = most, -most, none, r * n
                for k in range(n):
                    found = key(bits[first + k])
                    keys[p, k] = found
                    low = min(low, found)
                    high = max(high, found if found <= infinity else -most)
                    numbers += one if found <= infinity else none
                m = int(numbers)
                for q in range(share.shape[0]):
                    if m == 0 or (missing and m < n):
                        out[q, r] = math.nan
                    else:
                        left, right, t = position(share[q], m, method)
                        here, there = chosen(keys[p], whole, left, right, low, high, m)
                        out[q, r] = blend(x[first + here], x[first + there], t)

        return Launcher(ranks_of_rows)


@functools.cache
def ranks(dtype: np.dtype[Any]) -> Ranks:
    """Return the kernels for a dtype, made the first time it is asked for."""
    return Ranks(dtype)


class Plan:
    """Quantiles along the middle axis of arrays of one shape and dtype on the host.

    Parameters
    ----------
    dtype : numpy.dtype
        float32 or float64.
    lengths : tuple of int
        Of the three axes, none of them 0.
    shares : numpy.ndarray
        Where the quantiles lie, from 0 to 1.
    rule : tuple
        One of `METHODS`.
    missing : bool
        Whether a NaN makes the result NaN.
    backend : str or None
        As for a launch.
    """

    __slots__ = ("_backend", "_dtype", "_lanes", "_lengths", "_many", "_rows", "_shares", "_turned")

    def __init__(
        self,
        dtype: np.dtype[Any],
        lengths: tuple[int, int, int],
        shares: np.ndarray,
        rule: tuple[int, float, float],
        missing: bool,
        backend: str | None,
    ) -> None:
        outer, n, inner = lengths
        self._dtype, self._lengths, self._backend, self._shares = dtype, lengths, backend, (shares, rule, missing)
        self._lanes = n <= SHORT and outer * inner >= LANES
        self._turned = inner > 1 and not (self._lanes and inner >= LANES)
        self._rows = (outer, inner) if self._lanes and not self._turned and inner > 1 else (1, outer * inner)
        self._many = shares.size > FEW and not self._lanes

    @property
    def serves(self) -> bool:
        """Whether this is the way to find so many quantiles of such rows."""
        return not self._many

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return the quantiles of a C-contiguous, writeable array: those of a share together, in the order of the rows."""
        if self._turned:
            x = np.ascontiguousarray(x.reshape(self._lengths).swapaxes(1, 2))
        x = x if x.ndim == 1 else x.reshape(-1)
        launcher, space, numbers, room = self._short if self._lanes else self._long
        out = np.empty(room, self._dtype)
        if self._lanes:
            launcher.run(space, self._backend, (x, *numbers, out))
        else:
            bits = ranks(self._dtype).bits
            launcher.run(space, self._backend, (x, x.view(bits), *numbers, np.empty(self._keys, bits), out))
        return out

    @property
    def _short(self) -> tuple[Launcher, tuple[int, ...], tuple[Any, ...], tuple[int, ...]]:
        """The launch of rows in lanes: what, over which space, with which numbers, for results of which shape."""
        n, rows = self._lengths[1], self._rows
        across, along = (1, rows[1]) if rows[0] > 1 or (self._lengths[2] > 1 and not self._turned) else (n, 1)
        return short_rows, rows, (n, across, along, *self._shares), (self._shares[0].size, *rows)

    @property
    def _long(self) -> tuple[Launcher, tuple[int, ...], tuple[Any, ...], tuple[int, ...]]:
        """The same for other rows."""
        numbers, room = (self._lengths[1], *self._shares), (self._shares[0].size, self._rows[1])
        return ranks(self._dtype).rows, (self._keys[0], 1), numbers, room

    @property
    def _keys(self) -> tuple[int, int]:
        """The shape of the memory for keys."""
        n = self._lengths[1]
        pieces = min(self._rows[1], (PIECES if n <= LONG else 1) * jk.get_num_threads())
        return pieces, -(-n // WHOLE) * WHOLE

    def ready(self, final: tuple[int, ...]) -> Ready | None:
        """Return the launch over arrays that lie as the kernel takes them, for results of a shape; None where they do not."""
        if self._turned:
            return None
        seen = (math.prod(self._lengths),)
        if self._lanes:
            launcher, space, numbers, room = self._short
            return Ready(launcher, space, numbers, seen, room, self._dtype, final)
        launcher, space, numbers, room = self._long
        return Ready(launcher, space, numbers, seen, room, self._dtype, final, self._keys, ranks(self._dtype).bits)
