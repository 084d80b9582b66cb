"""transpose: a spiral and its mirror image, and what of a matrix is symmetric.

A matrix is read row by row, and its transpose is written column by column: one of the two is slow, unless a tile in fast
memory stands between them. That is the kernel of `jitkit.cases.transpose`:

    @jk.kernel(group=GROUP)
    def transpose(i, j, x, out):
        n, m = x.shape
        row, column = jk.local_index()
        group_row, group_column = jk.group_index()
        # Groups follow one another along the rows of `out`: on a CPU, strided reads cost less than strided writes.
        left, top = group_row * TILE, group_column * TILE
        tile = jk.shared((TILE, PADDED), x.dtype)
        for r in range(0, TILE, ROWS):
            inside = top + row + r < n and left + column < m
            tile[row + r, column] = x[top + row + r, left + column] if inside else 0
        jk.barrier()
        # A work-item's rows of `out` lie side by side: what it reads down the tile's columns then comes from few lines of the
        # cache. ROWS apart it took 1.05 times as long on Zen 4, and with AVX2 1.0 (float32) and 1.15 times (float64).
        first = row * (TILE // ROWS)
        values = jk.local(TILE // ROWS, x.dtype)
        for r in range(TILE // ROWS):
            values[r] = tile[column, first + r]
        for r in range(TILE // ROWS):
            if left + first + r < m and top + column < n:
                out[left + first + r, top + column] = values[r]

A group of 8 x 64 work-items copies a tile of 64 x 64 elements into shared memory, waits at the barrier until all of it
is there, and writes its columns as rows. Work-items next to each other read elements next to each other, and write such.

Check: every element arrives at its place. And of the two halves of a matrix, the symmetric (x + x^T) / 2 and the
antisymmetric (x - x^T) / 2, neither has a part of the other: their squares add up to that of the whole (Pythagoras).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import _common
import numpy as np

import jitkit as jk
from jitkit.cases.transpose import space, transpose

SIZES = {"python": 100, "cpu": 1_500, "cuda": 6_000}


def spiral(n: int) -> np.ndarray:
    """Return a logarithmic spiral of three arms, which turns the other way in a mirror."""
    y, x = (2 * np.mgrid[:n, :n] + 1) / n - 1
    radius = np.hypot(x, y) + 0.02
    arms = np.cos(3 * np.arctan2(y, x) + 7 * np.log(radius))
    return (np.exp(-2 * radius**2) * arms).astype(np.float32)


def mirrored(options: argparse.Namespace, x: np.ndarray) -> np.ndarray:
    """Return the transpose of `x`."""
    out = jk.zeros(x.shape[::-1], x.dtype, device=options.device)
    with jk.backend(options.backend):
        transpose[space(*x.shape)](jk.asarray(x, device=options.device), out)
    return jk.to_numpy(out)


def draw(options: argparse.Namespace, x: np.ndarray, out: np.ndarray) -> None:
    """Draw the spiral, its mirror image, and the two halves."""
    from _picture import SWINGS, bare, picture

    title = f"transpose: {options.size} × {options.size}, on {options.backend}"
    parts = {"x": x, "its transpose": out, "the symmetric half": (x + out) / 2, "the antisymmetric half": (x - out) / 2}
    with picture(options.plot, title, (12, 3.9), dark=True) as figure:
        for axes, (name, part) in zip(figure.subplots(1, 4), parts.items(), strict=True):
            axes.imshow(part, cmap=SWINGS, vmin=-0.8, vmax=0.8)
            bare(axes, name)


def main(argv: Sequence[str] | None = None) -> None:
    options = _common.parse(_common.parser(__doc__, "rows of the matrix", SIZES, limits=(2, 20_000)), argv)
    x = spiral(options.size)
    out = mirrored(options, x)
    if options.plot:
        draw(options, x, out)
    places = np.arange(6.0 * options.size).reshape(6, -1)  # not square, so that rows and columns cannot be confused
    wrong = np.count_nonzero(mirrored(options, places) != places.T)
    _common.check("elements that are not in their place", wrong, 0, within=0)
    whole, halves = (np.sum(np.square(part, dtype=np.float64)) for part in (x, [(x + out) / 2, (x - out) / 2]))
    _common.check("the square of the halves over that of the whole", halves / whole, 1, within=1e-6)


if __name__ == "__main__":
    main()
