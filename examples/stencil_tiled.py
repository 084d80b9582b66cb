"""stencil_tiled: a drop of ink spreads, and its width grows as the square root of time.

The step of the heat equation again, four steps at once through shared memory: a group of work-items walks down a tile
of 184 columns and keeps the last four rows of every step. Each point is read once and written once for four steps; the
price is a halo of four points to each side, which neighbouring tiles work out as well.
That is the kernel of `jitkit.cases.stencil_tiled`:

    @jk.kernel(group=GROUP)
    def stencil_tiled(i, j, u, out, k):
        n, m = u.shape
        tile, column_of_tiles = jk.group_index()
        _, c = jk.local_index()
        top, column = tile * ROWS, column_of_tiles * COLUMNS + c - STEPS
        inside = 0 < column < m - 1
        ours = inside and STEPS <= c < STEPS + COLUMNS
        rows = jk.shared((STEPS, 4, WIDTH + 2 * EDGE), u.dtype)
        if c < 2:
            for s in range(STEPS):
                for r in range(4):
                    rows[s, r, EDGE - 1 + c * (WIDTH + 1)] = 0.0
        for r in range(top - STEPS, min(top + ROWS, n) + 2 * STEPS):
            rows[0, r & 3, c + EDGE] = u[min(max(r, 0), n - 1), min(max(column, 0), m - 1)]
            for s in range(1, STEPS + 1):
                q = r - 2 * s
                if q >= top - STEPS + s:
                    old = rows[s - 1, q & 3, c + EDGE]
                    around = rows[s - 1, q - 1 & 3, c + EDGE] + rows[s - 1, q + 1 & 3, c + EDGE]
                    around += rows[s - 1, q & 3, c + EDGE - 1] + rows[s - 1, q & 3, c + EDGE + 1]
                    new = old + k * (around - 4 * old)
                    if s < STEPS:
                        rows[s, q & 3, c + EDGE] = new if inside and 0 < q < n - 1 else old
                    elif ours and 0 < q < n - 1:
                        out[q, column] = new
            jk.barrier()

Compare the plain kernel in heat.py, which takes one step and leaves it to the caches to remember neighbours.

Check: ink is neither made nor lost; the mean square of its distance from the drop is 4 k t after t steps, without any
error, as A. Einstein found for diffusion (Annalen der Physik 17, 1905) and as the five points have it too; and the plain
kernel gives the same plate.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import _common
import numpy as np

import jitkit as jk
from jitkit.cases.heat import heat
from jitkit.cases.stencil_tiled import STEPS, space, stencil_tiled

SIZES = {"python": 40, "cpu": 400, "cuda": 1_000}
K = 0.2  # diffusivity times time step over squared spacing; stable up to 1/4
FRAMES = 4


def drop(n: int) -> np.ndarray:
    """Return a plate with one unit of ink in its middle."""
    u = np.zeros((n, n + n // 4), dtype=np.float64)
    u[n // 2, u.shape[1] // 2] = 1
    return u


def spread(options: argparse.Namespace, launch: Any, at_once: int) -> list[np.ndarray]:
    """Return the plate after each frame, by launches of so many steps each."""
    u, out = (jk.asarray(drop(options.size), device=options.device) for _ in range(2))
    plates = [drop(options.size)]
    with jk.backend(options.backend):
        for _ in _common.progress(range(FRAMES), "the ink spreads"):
            for _ in range(steps(options.size) // at_once):
                launch(u, out, K)
                u, out = out, u
            plates.append(jk.to_numpy(u).copy())
    return plates


def steps(n: int) -> int:
    """Return the steps of a frame, so few that no ink, or hardly any, reaches the rim.

    Ink gets one point further in each step; on larger plates the rim is 8 standard deviations away.
    """
    certain, likely = (n - n // 2 - 2) // FRAMES, int((n / 16) ** 2 / (2 * K) / FRAMES)
    return max(certain, min(likely, 1_000)) // STEPS * STEPS


def mean_square(plate: np.ndarray) -> float:
    """Return the mean square of the ink's distance from the middle."""
    n, m = plate.shape
    row, column = np.ogrid[:n, :m]
    return float(np.sum(plate * ((row - n // 2) ** 2 + (column - m // 2) ** 2)) / np.sum(plate))


def draw(options: argparse.Namespace, plates: list[np.ndarray]) -> None:
    """Draw the drop at four times, by the logarithm of its ink, and its growing mean square."""
    from _picture import GLOW, bare, picture

    n, between = options.size, steps(options.size)
    title = f"stencil_tiled: {n} × {n + n // 4} points, {FRAMES * between:,} steps, on {options.backend}"
    with picture(options.plot, title, (12, 5.6), dark=True) as figure:
        axes = figure.subplot_mosaic([list(range(1, FRAMES + 1)), ["width"] * FRAMES], height_ratios=(3, 2))
        for frame in range(1, FRAMES + 1):
            ink = np.log10(np.maximum(plates[frame] / plates[frame].max(), 1e-12))
            axes[frame].imshow(ink, cmap=GLOW, interpolation="nearest")
            bare(axes[frame], f"after {frame * between:,} steps")
        times = between * np.arange(FRAMES + 1)
        axes["width"].plot(times, 4 * K * times, color="#ffb15c", label="Einstein: 4 k t")
        axes["width"].plot(times, [mean_square(plate) for plate in plates], "o", color="white", label="simulated")
        axes["width"].set(title="mean square of the distance", xlabel="steps")
        axes["width"].legend()


def main(argv: Sequence[str] | None = None) -> None:
    options = _common.parse(_common.parser(__doc__, "rows of the plate", SIZES, limits=(36, 4_000)), argv)
    n, m = drop(options.size).shape
    plates = spread(options, stencil_tiled[space(n, m)], STEPS)
    if options.plot:
        draw(options, plates)
    total = FRAMES * steps(options.size)
    _common.check("ink on the plate", plates[-1].sum(), 1, within=1e-10)
    _common.check("mean square of the distance over 4 k t", mean_square(plates[-1]) / (4 * K * total), 1, within=1e-8)
    plain = spread(options, heat[1 : n - 1, 1 : m - 1], 1)
    _common.check("largest difference from the plain kernel", np.abs(plates[-1] - plain[-1]).max(), 0, within=1e-14)


if __name__ == "__main__":
    main()
