"""gray_scott: two chemicals that paint spots, stripes and mazes, and cells that divide.

U is fed, V is drained, and where they meet, two V turn a U into a third V (P. Gray, S. K. Scott, Chem. Eng. Sci. 39,
1087-1097, 1984). Both diffuse, U twice as fast. A step at a point is a kernel; both results stand in it, so that each array is
read once:

    @jk.kernel
    def gray_scott(i, j, u, v, u_next, v_next, feed, kill):
        a, b = u[i, j], v[i, j]
        made = a * b * b
        u_next[i, j] = a + 0.2 * laplacian(u, i, j) - made + feed[i] * (1 - a)
        v_next[i, j] = b + 0.1 * laplacian(v, i, j) + made - (feed[i] + kill[j]) * b

The plane has no rim: what leaves on one side comes in on the other. For that, a second kernel copies each side to
behind the opposite one, which takes a launch over a line instead of a case for each point.

Two planes are computed. In one the feed rises upwards and the kill to the right, as in the map of J. E. Pearson
("Complex patterns in a simple system", Science 261, 189-192, 1993); in the other both are constant, where spots divide.

Check:
1. After up to 200 steps, U agrees with the same steps by NumPy in float64.
2. Diffusion moves chemicals and makes none: the sum of U and V of the whole plane changes in a step by what is fed and
   drained alone, feed (1 - U) - (feed + kill) V, whatever the pattern.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import _common
import numpy as np

import jitkit as jk

SIZES = {"python": 16, "cpu": 400, "cuda": 800}
MOST_STEPS, COMPARED = 12_000, 200
SHOWN = (0.12, 0.3, 0.6, 1.0)  # of the steps, for the spots that divide


def laplacian(u, i, j):
    return u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1] - 4 * u[i, j]


@jk.kernel
def gray_scott(i, j, u, v, u_next, v_next, feed, kill):
    a, b = u[i, j], v[i, j]
    made = a * b * b
    u_next[i, j] = a + 0.2 * laplacian(u, i, j) - made + feed[i] * (1 - a)
    v_next[i, j] = b + 0.1 * laplacian(v, i, j) + made - (feed[i] + kill[j]) * b


@jk.kernel
def wrap(k, u, v):
    """Copy the sides of two square planes to behind the opposite ones."""
    n = u.shape[0]
    for x in (u, v):
        x[0, k], x[n - 1, k] = x[n - 2, k], x[1, k]
        x[k, 0], x[k, n - 1] = x[k, n - 2], x[k, 1]


def plane(n: int, seeds: int) -> tuple[np.ndarray, np.ndarray]:
    """Return U and V, with a rim about them: all U, but for square seeds at random."""
    rng = np.random.default_rng(17)
    u, v = np.ones((n + 2, n + 2)), np.zeros((n + 2, n + 2))
    width = max(2, min(10, n // 8))
    for row, column in rng.integers(1, n - width + 2, (seeds, 2)):
        u[row : row + width, column : column + width] = 0.5
        v[row : row + width, column : column + width] = 0.25
    v += (v > 0) * rng.uniform(-0.02, 0.02, v.shape)
    return u.astype(np.float32), v.astype(np.float32)


class Plane:
    """A plane on the device, its two arrays and the two that take turns with them."""

    def __init__(self, options: argparse.Namespace, feed: np.ndarray, kill: np.ndarray, seeds: int) -> None:
        self.start = plane(options.size, seeds)
        self.now = [jk.asarray(x.copy(), device=options.device) for x in self.start]
        self.next = [jk.asarray(x.copy(), device=options.device) for x in self.start]
        self.rates = [jk.asarray(x.astype(np.float32), device=options.device) for x in (feed, kill)]

    def advance(self, steps: int) -> None:
        """Take so many steps."""
        n = self.now[0].shape[0]
        for _ in range(steps):
            wrap[1 : n - 1](*self.now)
            gray_scott[1 : n - 1, 1 : n - 1](*self.now, *self.next, *self.rates)
            self.now, self.next = self.next, self.now

    def inner(self) -> list[np.ndarray]:
        """Return U and V on the host, without their rims."""
        return [jk.to_numpy(x)[1:-1, 1:-1].astype(np.float64) for x in self.now]


def simulate(options: argparse.Namespace, steps: int, chemistry: Plane, name: str) -> dict[int, np.ndarray]:
    """Return V after some of the steps, by their number."""
    frames = {round(steps * part): np.empty(0) for part in SHOWN}
    marks = sorted({*frames, *range(0, steps, max(1, steps // 50))} - {0})
    done = 0
    with jk.backend(options.backend):
        for mark in _common.progress(marks, f"{name}, {steps:,} steps"):
            chemistry.advance(mark - done)
            done = mark
            if mark in frames:
                frames[mark] = chemistry.inner()[1]
    return frames


def numpys(u: Any, v: Any, feed: Any, kill: Any, steps: int) -> np.ndarray:
    """Return U after so many steps by NumPy, in float64."""

    def spread(x):
        return np.roll(x, 1, 0) + np.roll(x, -1, 0) + np.roll(x, 1, 1) + np.roll(x, -1, 1) - 4 * x

    for _ in range(steps):
        made = u * v * v
        u, v = u + 0.2 * spread(u) - made + feed * (1 - u), v + 0.1 * spread(v) + made - (feed + kill) * v
    return u


def draw(options: argparse.Namespace, steps: int, atlas: np.ndarray, spots: dict[int, np.ndarray], ends: tuple) -> None:
    """Draw the map of patterns, and four moments of spots that divide."""
    from _picture import bare, picture

    n = options.size
    title = f"gray_scott: {n} × {n} points, {steps:,} steps, on {options.backend}"
    with picture(options.plot, title, (13, 6.9), dark=True) as figure:
        axes = figure.subplot_mosaic([["map", 0, 1], ["map", 2, 3]], width_ratios=(2.06, 1, 1))
        extent = (*ends[1], *ends[0])
        top = np.quantile(atlas, 0.995) or 1
        axes["map"].imshow(
            atlas, cmap="magma", vmin=0, vmax=top, origin="lower", extent=extent, aspect="auto", interpolation="bicubic"
        )
        axes["map"].set(title="V where feed and kill differ from place to place", xlabel="kill", ylabel="feed")
        for k, (step, v) in enumerate(spots.items()):
            axes[k].imshow(v, cmap="magma", vmin=0, vmax=max(spots[steps].max(), 1e-3), interpolation="bicubic")
            bare(axes[k], f"spots that divide, step {step:,}")


def main(argv: Sequence[str] | None = None) -> None:
    parser = _common.parser(__doc__, "points along a side of the plane", SIZES, limits=(8, 3_000))
    options = _common.parse(parser, argv)
    n = options.size
    steps = min(MOST_STEPS, max(40, n * n // 12))
    ends = ((0.012, 0.064), (0.048, 0.0678))
    feed, kill = (np.linspace(*end, n + 2) for end in ends)
    compared = min(COMPARED, steps)
    atlas = Plane(options, feed, kill, max(3, n * n // 400))
    with jk.backend(options.backend):
        atlas.advance(compared)
    early = atlas.inner()[0]
    pattern = simulate(options, steps - compared or 1, atlas, "the map")
    cells = Plane(options, np.full(n + 2, 0.0367), np.full(n + 2, 0.0649), max(2, n * n // 20_000))
    spots = simulate(options, steps, cells, "spots")
    if options.plot:
        draw(options, steps, list(pattern.values())[-1], spots, ends)
    rates = (feed.astype(np.float32)[1:-1, None].astype(np.float64), kill.astype(np.float32)[1:-1].astype(np.float64))
    start = (x[1:-1, 1:-1].astype(np.float64) for x in atlas.start)
    error = np.abs(early - numpys(*start, *rates, compared)).max()
    _common.check(f"largest difference from NumPy after {compared} steps", error, 0, within=1e-4)
    u, v = atlas.inner()
    with jk.backend(options.backend):
        atlas.advance(1)
    change = sum(x.sum() for x in atlas.inner()) - u.sum() - v.sum()
    budget = (rates[0] * (1 - u) - (rates[0] + rates[1]) * v).sum()
    _common.check("change of U + V in a step, over the number of points", change / n**2, budget / n**2, within=1e-7)


if __name__ == "__main__":
    main()
