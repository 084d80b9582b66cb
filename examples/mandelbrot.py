"""mandelbrot: the Mandelbrot set, its area, and pi.

How long an orbit stays near zero is the kernel of `jitkit.cases.mandelbrot`, loop and all:

    @jk.kernel
    def mandelbrot(i, j, x, y, counts, limit):
        cx, cy = x[j], y[i]
        zx = 0.0
        zy = 0.0
        count = 0
        while count < limit and zx * zx + zy * zy <= 4.0:
            zx, zy = zx * zx - zy * zy + cx, 2.0 * zx * zy + cy
            count += 1
        counts[i, j] = count

Points need very different numbers of steps; that the cores stay busy all the same is the backend's business. Pictures
are computed in bands of rows, `mandelbrot[start:stop, 0:m]`: a launch space may be any part of the arrays.

Check:
1. c = 0, -1, -2 and i lie in the set, and their orbits never escape; c = 1 escapes after 3 steps, c = 1/2 after 5.
2. The set has the area 1.5065918849 (T. Foerstemann, Numerical estimation of the area of the Mandelbrot set, 2012).
3. At c = -3/4 + e i the number of steps times e tends to pi (A. Klebanoff, Pi in the Mandelbrot set, Fractals 9,
   2001).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import _common
import numpy as np

import jitkit as jk
from jitkit.cases.mandelbrot import mandelbrot

SIZES = {"python": 60, "cpu": 1_000, "cuda": 4_000}
LIMITS = {"python": 500, "cpu": 1_000, "cuda": 4_000}
AREA = 1.5065918849
WHOLE = (-0.75, 0.0, 2.5)  # centre and height
SEAHORSE = (-0.74345, 0.13125, 0.003)


def escapes(options: argparse.Namespace, x: np.ndarray, y: np.ndarray, limit: int, doing: str = "") -> np.ndarray:
    """Return the counts of all points of a grid, computed in bands of rows."""
    n, m, band = y.size, x.size, -(-y.size // 64)
    counts = jk.zeros((n, m), np.int32, device=options.device)
    x, y = (jk.asarray(a, device=options.device) for a in (x, y))
    with jk.backend(options.backend):
        for start in _common.progress(range(0, n, band), doing):
            mandelbrot[start : min(start + band, n), 0:m](x, y, counts, limit)
    return jk.to_numpy(counts)


def grid(place: tuple[float, float, float], n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the coordinates of the pixels' centres: `n` rows, a fifth wider than high."""
    centre_x, centre_y, height = place
    m = n + n // 5
    return (centre_x + height * (np.arange(m) + 0.5 - m / 2) / n, centre_y - height * (np.arange(n) + 0.5 - n / 2) / n)


def known_points(options: argparse.Namespace) -> None:
    """Check orbits that can be followed by hand."""
    for c, expected in {0: 1000, -1: 1000, -2: 1000, 1j: 1000, 1: 3, 0.5: 5}.items():
        x, y = np.array([float(c.real)]), np.array([float(c.imag)])
        _common.check(f"steps of c = {c}", escapes(options, x, y, limit=1000)[0, 0], expected, within=0)


def draw(options: argparse.Namespace, whole: np.ndarray, limit: int) -> None:
    """Draw the set, and a valley of it some hundred times larger; colours go by rank, so that none is wasted."""
    from _picture import GLOW, bare, picture

    valley = escapes(options, *grid(SEAHORSE, options.size), 4 * limit, "the seahorse valley")
    n, m = whole.shape
    enlarged = f"at {SEAHORSE[0]} + {SEAHORSE[1]} i, {WHOLE[2] / SEAHORSE[2]:.0f} times larger"
    title = f"mandelbrot: {n} × {m} points, {limit:,} steps, on {options.backend}"
    with picture(options.plot, title, (12, 5.7), dark=True) as figure:
        left, right = figure.subplots(1, 2)
        for axes, counts, name in ((left, whole, "the whole set"), (right, valley, enlarged)):
            inside = counts == counts.max()
            shade = np.searchsorted(np.sort(counts[~inside]), counts) / np.count_nonzero(~inside)
            axes.imshow(np.ma.masked_where(inside, shade**3), cmap=GLOW, interpolation="antialiased")
            bare(axes, name)


def main(argv: Sequence[str] | None = None) -> None:
    options = _common.parse(_common.parser(__doc__, "rows of the picture", SIZES, limits=(16, 8_000)), argv)
    limit = LIMITS[options.backend]
    counts = escapes(options, *grid(WHOLE, options.size), limit, "the whole set")
    if options.plot:
        draw(options, counts, limit)
    known_points(options)
    area = np.count_nonzero(counts == limit) * (WHOLE[2] / options.size) ** 2
    _common.check("area of the set", area, AREA, within=5 / limit + 1 / options.size)
    near = escapes(options, np.array([-0.75]), np.array([0.001]), limit=10_000)[0, 0]
    _common.check("0.001 times the steps of c = -3/4 + 0.001 i", 0.001 * near, np.pi, within=0.003)


if __name__ == "__main__":
    main()
