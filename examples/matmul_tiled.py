"""matmul_tiled: a walker on a ring forgets where it started, by squaring a matrix.

A step of the walk is a matrix P: stay with probability 1/2, or go to either neighbour with 1/4. Two steps are P P, four
are P^2 P^2, and ten products are 1024 steps. The product is the kernel of `jitkit.cases.matmul_tiled`:

    @jk.kernel(group=GROUP)
    def matmul_tiled(i, j, A, B, C):
        n, terms, m = A.shape[0], A.shape[1], B.shape[1]
        row, column = jk.local_index()
        group_row, group_column = jk.group_index()
        top, left = group_row * TILE_ROWS, group_column * TILE_COLUMNS + column
        tile_a, tile_b = jk.shared((TILE_ROWS, DEPTH), A.dtype), jk.shared((DEPTH, TILE_COLUMNS), B.dtype)
        sums = jk.local((ROWS, COLUMNS), C.dtype)
        for r in range(ROWS):
            for c in range(COLUMNS):
                sums[r, c] = 0
        tiled = terms - terms % DEPTH
        for start in range(0, tiled, DEPTH):
            for r in range(0, TILE_ROWS, GROUP_ROWS):
                tile_a[row + r, column] = A[top + row + r, start + column] if top + row + r < n else 0
            for k in range(0, DEPTH, GROUP_ROWS):
                for c in range(0, TILE_COLUMNS, GROUP_COLUMNS):
                    tile_b[row + k, column + c] = B[start + row + k, left + c] if left + c < m else 0
            jk.barrier()
            for k in range(DEPTH):
                for r in range(ROWS):
                    for c in range(COLUMNS):
                        sums[r, c] += tile_a[row * ROWS + r, k] * tile_b[k, column + c * GROUP_COLUMNS]
            jk.barrier()
        first = top + row * ROWS
        for k in range(tiled, terms):  # the last terms fill no tile
            for c in range(COLUMNS):
                b = B[k, left + c * GROUP_COLUMNS] if left + c * GROUP_COLUMNS < m else 0
                for r in range(ROWS):
                    sums[r, c] += (A[first + r, k] if first + r < n else 0) * b
        for r in range(ROWS):
            for c in range(COLUMNS):
                if first + r < n and left + c * GROUP_COLUMNS < m:
                    C[first + r, left + c * GROUP_COLUMNS] = sums[r, c]

Without groups each element of C would read a row of A and a column of B from memory. Here the 256 work-items of a group
first bring a tile of A and one of B into shared memory, meet at a barrier, and then compute 40 x 64 elements of C from
them, ten each. `jk.local` keeps those in registers. `matmul_tiled[space(n, m)](A, B, C)` launches it for any shapes:
a work-item past the edge brings zeros, and writes nothing.

Check: the eigenvalues of P are (1 + cos(2 pi k / n)) / 2, because the walk on a ring is diagonal in Fourier's basis
(W. Feller, An Introduction to Probability Theory and Its Applications 1, 1968, chapter XVI), so the trace of P^t is the
sum of their powers t. And the walker is always somewhere: each row of P^t sums to 1.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import _common
import numpy as np

import jitkit as jk
from jitkit.cases.matmul_tiled import matmul_tiled, space

SIZES = {"python": 20, "cpu": 500, "cuda": 2_000}
SQUARINGS = 10
SHOWN = (2, 6, SQUARINGS)


def step(n: int) -> np.ndarray:
    """Return the matrix of one step on a ring of `n` places."""
    P = np.eye(n) / 2
    for side in (1, -1):
        P += np.roll(np.eye(n), side, axis=0) / 4
    return P


def powers(options: argparse.Namespace) -> list[np.ndarray]:
    """Return P, P^2, P^4, ..., on the host."""
    n = options.size
    P: Any = jk.asarray(step(n), device=options.device)
    found = [step(n)]
    with jk.backend(options.backend):
        for _ in _common.progress(range(SQUARINGS), f"{SQUARINGS} products"):
            square = jk.zeros((n, n), np.float64, device=options.device)
            matmul_tiled[space(n, n)](P, P, square)
            P = square
            found.append(jk.to_numpy(P).copy())
    return found


def draw(options: argparse.Namespace, found: list[np.ndarray]) -> None:
    """Draw three powers, each in its own range, and where a walker from the middle is after each."""
    from _picture import GLOW, bare, picture

    n = options.size
    title = f"matmul_tiled: {n} × {n}, {SQUARINGS} products, on {options.backend}"
    with picture(options.plot, title, (10.5, 6.2), dark=True) as figure:
        axes = figure.subplot_mosaic([SHOWN, ["walker"] * 3], height_ratios=(3, 2))
        for k in SHOWN:
            axes[k].imshow(found[k] ** 0.5, cmap=GLOW, vmin=0, interpolation="nearest")
            bare(axes[k], f"{2**k:,} steps")
            axes["walker"].plot(np.arange(n) - n // 2, found[k][n // 2], label=f"{2**k:,} steps")
        axes["walker"].axhline(1 / n, color="white", linewidth=0.6, linestyle=":")
        axes["walker"].set(
            title="where the walker is", xlabel="places from the start", ylabel="probability", yscale="log"
        )
        axes["walker"].set_ylim(0.02 / n, 1)
        axes["walker"].legend()


def main(argv: Sequence[str] | None = None) -> None:
    options = _common.parse(_common.parser(__doc__, "places on the ring", SIZES, limits=(3, 8_000)), argv)
    found = powers(options)
    n = options.size
    if options.plot:
        draw(options, found)
    eigenvalues = (1 + np.cos(2 * np.pi * np.arange(n) / n)) / 2
    for k in SHOWN:
        _common.check(f"trace after {2**k:,} steps", np.trace(found[k]), np.sum(eigenvalues**2**k), within=1e-10 * n)
    _common.check("largest sum of a row", found[-1].sum(axis=1).max(), 1, within=1e-10)
    _common.check("smallest sum of a row", found[-1].sum(axis=1).min(), 1, within=1e-10)


if __name__ == "__main__":
    main()
