"""life: the R-pentomino, five cells that take 1103 generations to come to rest, and a glider.

J. H. Conway's Game of Life (M. Gardner, Scientific American 223, October 1970): a cell is born where three of its eight
neighbours live, and lives on where two or three do. One generation, at one cell, is a kernel:

    @jk.kernel
    def live(i, j, cells, out):
        alive = np.int64(0)
        for di in range(-1, 2):
            for dj in range(-1, 2):
                alive += cells[i + di, j + dj]
        out[i, j] = 1 if alive == 3 or (alive == 4 and cells[i, j]) else 0

The sum has the cell itself in it: three living cells among nine keep or bear one, four keep one. Generations take turns
between two arrays of bytes, and the launch space leaves out a rim that stays dead.

Check, at the full size (a field of at least 1,280 cells across):
1. At generation 1103 the R-pentomino has 116 cells, and as many a generation later: only blinkers and gliders move.
2. It had 5 cells at first, and 319 at its largest (generation 821).
At any size: a glider lies one cell further down and to the right after every four generations, and as it was.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import _common
import numpy as np

import jitkit as jk

SIZES = {"python": 16, "cpu": 1_280, "cuda": 1_280}
GENERATIONS, AT_REST, CELLS_THEN = 1_104, 1_103, 116
ENOUGH = 1_280  # the first gliders fly a quarter of a cell in a generation, and stay inside
R_PENTOMINO = ((0, 1), (0, 2), (1, 0), (1, 1), (2, 1))
GLIDER = ((0, 1), (1, 2), (2, 0), (2, 1), (2, 2))
SHOWN = (0, 100, 300, 600, 821, AT_REST)


@jk.kernel
def live(i, j, cells, out):
    """Decide whether cell (i, j) lives in the next generation; the sum counts the cell itself."""
    alive = np.int64(0)
    for di in range(-1, 2):
        for dj in range(-1, 2):
            alive += cells[i + di, j + dj]
    out[i, j] = 1 if alive == 3 or (alive == 4 and cells[i, j]) else 0


def field(size: int, pattern: tuple[tuple[int, int], ...], at: int) -> np.ndarray:
    """Return a dead field with a pattern in it."""
    cells = np.zeros((size, size), np.uint8)
    for i, j in pattern:
        cells[at + i, at + j] = 1
    return cells


def generations(options: argparse.Namespace, cells: np.ndarray, count: int, shown: Sequence[int]) -> tuple[Any, Any]:
    """Return how many cells each generation has, and those generations that are to be shown."""
    n = len(cells)
    now, then = (jk.asarray(cells.copy(), device=options.device) for _ in range(2))
    living, kept = [int(cells.sum())], {0: cells}
    with jk.backend(options.backend):
        for generation in _common.progress(range(1, count + 1), f"{count} generations"):
            live[1 : n - 1, 1 : n - 1](now, then)
            now, then = then, now
            host = jk.to_numpy(now)
            living.append(int(np.count_nonzero(host)))
            if generation in shown:
                kept[generation] = host.copy()
    return np.array(living), kept


def draw(options: argparse.Namespace, living: np.ndarray, kept: dict[int, np.ndarray]) -> None:
    """Draw the middle of the field at some generations, and the number of cells over time."""
    from _picture import bare, picture

    n = len(kept[0])
    part = slice(max(0, n // 2 - 64), n // 2 + 64)
    title = f"life: the R-pentomino on {n} × {n} cells, {len(living) - 1:,} generations, on {options.backend}"
    with picture(options.plot, title, (11, 9.4), dark=True) as figure:
        names = [g for g in SHOWN if g in kept]
        rows = [names[:3], names[3:]] if len(names) == 6 else [names]
        axes = figure.subplot_mosaic([*rows, ["cells"] * len(rows[0])], height_ratios=[3] * len(rows) + [1.4])
        for generation in names:
            rows_of, columns = np.nonzero(kept[generation][part, part])
            axes[generation].scatter(columns, rows_of, s=4, marker="s", color="#ffc46b", linewidths=0)
            extent = kept[generation][part, part].shape[0]
            axes[generation].set(xlim=(0, extent), ylim=(extent, 0), aspect="equal")
            bare(axes[generation], f"generation {generation:,}: {living[generation]} cells")
        axes["cells"].plot(living, color="#6cc5ff", linewidth=1)
        axes["cells"].set(title="living cells", xlabel="generation", xlim=(0, len(living) - 1), ylim=(0, None))
        if len(living) > AT_REST:
            axes["cells"].axhline(CELLS_THEN, color="#ffc46b", linewidth=0.8, linestyle="--")


def main(argv: Sequence[str] | None = None) -> None:
    options = _common.parse(_common.parser(__doc__, "cells across the field", SIZES, limits=(12, 8_000)), argv)
    size, flights = options.size, (options.size - 8) // 4
    count = GENERATIONS if size >= ENOUGH else min(20, size)
    living, kept = generations(options, field(size, R_PENTOMINO, size // 2 - 1), count, SHOWN)
    flights = min(flights, 10)
    flown = generations(options, field(min(size, 64), GLIDER, 2), 4 * flights, (4 * flights,))[1][4 * flights]
    if options.plot:
        draw(options, living, kept)
    moved = field(len(flown), GLIDER, 2 + flights)
    _common.check(f"cells of the glider that are not {flights} further", np.count_nonzero(flown != moved), 0, within=0)
    if count == GENERATIONS:
        _common.check("cells of the R-pentomino at generation 1103", living[AT_REST], CELLS_THEN, within=0)
        _common.check("cells a generation later", living[AT_REST + 1], CELLS_THEN, within=0)
        _common.check("cells at its largest", living.max(), 319, within=0)
        _common.check("the generation of that", int(np.argmax(living)), 821, within=0)
    else:
        _common.check("cells of the R-pentomino after two generations", living[2], 7, within=0)


if __name__ == "__main__":
    main()
