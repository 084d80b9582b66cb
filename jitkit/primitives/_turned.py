"""Blocks of short rows turned round in the cache: elements of neighbouring rows become neighbours, and rows the lanes of vectors.

A row of 10 is too short for vectors of its own, and rows as lanes would gather their elements from apart: log_softmax of
rows of 10 took 3.6 ns an element that way, and takes 1.7 with the block turned round (float32, one core; 33: 2.0 and 1.7).
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Callable

import jitkit as jk
from jitkit.launch.launcher import Launcher

SHORT = 64
"""Elements from which a row is worth vectors of its own."""
BLOCK = 64
"""Rows of a block, which fits the second-level cache at any length of rows below `SHORT`."""
ABREAST = 8
"""Rows that are copied together, so that what they have in one column is stored as a vector."""


def turn(x, first, n, tile):
    """Copy a block of rows into the columns of a tile; past the last row of all, that again."""
    last = x.shape[0] - 1
    for r in range(0, BLOCK, ABREAST):
        for c in range(n):
            for k in range(ABREAST):
                tile[c, r + k] = x[min(first + r + k, last), c]


def turn_back(tile, first, n, out):
    """Copy the columns of a tile into a block of rows."""
    rows = min(BLOCK, out.shape[0] - first)
    whole = rows // ABREAST * ABREAST
    for r in range(0, whole, ABREAST):
        for c in range(n):
            for k in range(ABREAST):
                out[first + r + k, c] = tile[c, r + k]
    for r in range(whole, rows):
        for c in range(n):
            out[first + r, c] = tile[c, r]


def in_blocks(body: Callable[..., None]) -> Launcher:
    """Return the kernel that works on a block of rows at each point; the last index is unused.

    Parameters
    ----------
    body : callable
        ``body(tile, n, top, total)`` works in place on a tile of n by `BLOCK`, whose columns are the rows, and has two
        vectors of `BLOCK` for what it finds out about them.
    """

    @jk.kernel(fastmath=True, name=body.__name__)
    def by_blocks(block, _, n, x, out):
        tile = jk.local((SHORT, BLOCK), x.dtype)
        top, total = jk.local(BLOCK, x.dtype), jk.local(BLOCK, x.dtype)
        turn(x, block * BLOCK, n, tile)
        body(tile, n, top, total)
        turn_back(tile, block * BLOCK, n, out)

    return Launcher(by_blocks)
