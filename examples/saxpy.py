"""saxpy: y = a x + y on vectors, and why the odd numbers add up to squares.

This is the first kernel to read. `jitkit.cases.saxpy` defines it, a plain function of one index:

    @jk.kernel
    def saxpy(i, a, x, y):
        y[i] = a * x[i] + y[i]

`saxpy[n](a, x, y)` runs it for every i from 0 to n - 1: in the interpreter, on all CPU cores or on the GPU, with the
same source and the same float32 arithmetic. Nothing is returned; the result stands in y.

With a = 2, x = 0, 1, 2, ... and y = 1, 1, 1, ... the result is the odd numbers 1, 3, 5, ...

Check: the sum of the first n odd numbers is n^2 (Nicomachus of Gerasa, Introduction to Arithmetic, about 100 AD). Up to
n = 2^23 every one of them is a float32 without rounding, so the check is exact.

The picture is the proof without words: each odd number is an L of that many cells, and the Ls grow a square.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import _common
import numpy as np

import jitkit as jk
from jitkit.cases.saxpy import saxpy

SIZES = {"python": 10_000, "cpu": 2**23, "cuda": 2**23}
LAYERS = 16


def odd_numbers(options: argparse.Namespace) -> np.ndarray:
    """Return 1, 3, 5, ... as 2 x + y."""
    x = jk.asarray(np.arange(options.size, dtype=np.float32), device=options.device)
    y = jk.asarray(np.ones(options.size, dtype=np.float32), device=options.device)
    with jk.backend(options.backend):
        saxpy[options.size](2.0, x, y)
    return jk.to_numpy(y)


def draw(options: argparse.Namespace, y: np.ndarray) -> None:
    """Lay the first numbers around one another, each as an L of as many cells as it counts."""
    from _picture import bare, picture

    count = min(LAYERS, y.size)
    row, column = np.indices((count, count))
    inside_out = np.argsort(np.maximum(row, column), axis=None, kind="stable")
    square = np.empty(count * count)
    square[inside_out] = np.repeat(np.arange(count), y[:count].astype(int))
    title = f"saxpy: {options.size:,} odd numbers, on {options.backend}"
    with picture(options.plot, title, (6.4, 6.9)) as figure:
        axes = figure.subplots()
        axes.pcolormesh(square.reshape(count, count), cmap="YlGnBu", vmin=-3, edgecolor="#ffffff50", linewidth=0.8)
        for layer, value in enumerate(y[:count]):
            ink = "white" if layer > 0.5 * count else "#22262e"
            axes.plot([0, layer, layer], [layer, layer, 0], color="white", linewidth=3.5)
            axes.text(layer + 0.5, layer + 0.5, f"{value:.0f}", color=ink, ha="center", va="center", weight="bold")
        axes.set_aspect("equal")
        bare(axes, f"1 + 3 + 5 + ... + {y[count - 1]:.0f} = {count}²")


def main(argv: Sequence[str] | None = None) -> None:
    options = _common.parse(_common.parser(__doc__, "elements of the vectors", SIZES, limits=(1, 2**23)), argv)
    y = odd_numbers(options)
    n = options.size
    if options.plot:
        draw(options, y)
    _common.check(
        "elements that are not the odd number of their place", np.sum(y != np.arange(1, 2 * n, 2)), 0, within=0
    )
    _common.check(f"sum of the first {n:,} odd numbers", np.sum(y, dtype=np.float64), float(n) ** 2, within=0)


if __name__ == "__main__":
    main()
