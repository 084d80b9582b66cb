"""Where the extremes of rows lie: each lane keeps its extreme and the piece that it is in, and one piece is looked at twice.

A lane that kept the place of its own extreme beside it would take twice the time for float32, whose places have 64 bits.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import jitkit as jk
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher

PIECE = 128
"""Elements of a piece: two or four steps of four vectors."""
STRETCH, FEW_ROWS = 1 << 14, 64
"""Elements that a group looks at where there are fewer rows than would keep the threads busy."""


def places_kernel(beyond: Callable, width: int) -> Kernel:
    """Return the kernel that finds the place of the first extreme in each stretch of each row.

    Parameters
    ----------
    beyond : callable
        ``beyond(a, b)`` tells whether a is the further one of two numbers.
    width : int
        Lanes of a group.
    """
    along, steps = 4 * width, PIECE // (4 * width)

    def further(a, b):
        return b if beyond(b, a) | (b != b) else a  # NaN, once found, stays

    def same(a, b):
        return (a == b) | ((a != a) & (b != b))

    def of_piece(x, r, at):
        a, b, c, d = x[r, at], x[r, at + width], x[r, at + 2 * width], x[r, at + 3 * width]
        for k in range(1, steps):
            to = at + k * along
            a, b = further(a, x[r, to]), further(b, x[r, to + width])
            c, d = further(c, x[r, to + 2 * width]), further(d, x[r, to + 3 * width])
        return further(further(a, b), further(c, d))

    @jk.kernel(group=(1, width))
    def find_places(r, _, n, each, x, places):
        number, lane = jk.group_index()[1], jk.local_index()[1]
        # The last piece ends with the stretch: elements that two pieces share count in the first of them.
        first, last = min(number * each, n - PIECE), min(n, number * each + each) - PIECE
        best, where = of_piece(x, r, first + lane), first
        for k in range((last - first + PIECE - 1) // PIECE):
            begin = min(first + (k + 1) * PIECE, last)
            value = of_piece(x, r, begin + lane)
            take = beyond(value, best) | ((value != value) & (best == best))
            best, where = (value if take else best), (begin if take else where)
        extreme = jk.group_reduce(further, best)
        where = jk.group_reduce(min, where if same(best, extreme) else n)
        place = n
        for k in range(PIECE // width):
            at = where + k * width + lane
            place = min(place, at if same(x[r, at], extreme) else n)
        place = jk.group_reduce(min, place)
        if lane == 0:
            places[r, number] = place

    return find_places


@functools.cache
def _launcher(beyond: Callable, width: int) -> Launcher:
    return Launcher(places_kernel(beyond, width))


def places_in_rows(
    beyond: Callable, place_of: Callable[..., Any], x: np.ndarray, backend: str | None
) -> NDArray[np.int64]:
    """Return where the first extreme of each row of a matrix of the host lies, whose rows have a `PIECE` or more.

    `place_of` is `numpy.argmax` or what else finds that of the extremes of a row's stretches.
    """
    rows, n = x.shape
    each = STRETCH if rows < FEW_ROWS and n > STRETCH else n
    width = 8 if x.itemsize >= 4 else 16  # of float32 as well: AVX2 has too few registers for more
    stretches = -(-n // each)
    places = np.empty((rows, stretches), np.int64)
    _launcher(beyond, width).run((rows, stretches * width), backend, (n, each, x, places))
    if stretches == 1:
        return places[:, 0]
    found: NDArray[np.int64]
    if rows == 1:  # in a third of the time
        (row,) = places
        k = int(place_of(x[0].take(row)))
        found = row[k : k + 1]
    else:
        every = np.arange(rows)
        found = places[every, place_of(x[every[:, np.newaxis], places], axis=1)]
    return found
