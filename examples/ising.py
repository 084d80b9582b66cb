"""ising: a magnet made of arrows that point up or down, which forgets its direction when it is heated.

Each arrow would like to point as its four neighbours do, and heat turns it round all the same now and then: an arrow whose
turn costs the energy E turns with the probability exp(-E / T) (N. Metropolis et al., J. Chem. Phys. 21, 1087, 1953).
Neighbours may not turn at the same time, so the lattice is a chess board: all white squares, then all black ones.

    @jk.kernel
    def metropolis(t, i, q, spins, chances, colour, key, sweep):
        n = spins.shape[1]
        a, b, c, d = jk.random.block(key, (t * n + i) * n + q, 2 * sweep + colour)
        j = 8 * q + (i + colour) % 2
        turn(spins, t, i, j, chances, a)
        ...

One launch goes over the lattices of all temperatures. The random numbers belong to the squares and the sweep, so every
backend turns the same arrows.

Check: without limit of size, the magnetisation below the critical temperature 2 / log(1 + sqrt 2) is
(1 - sinh(2 / T)^-4)^(1/8) (C. N. Yang, Phys. Rev. 85, 808, 1952) and 0 above, and the energy is L. Onsager's (Phys. Rev.
65, 117, 1944). Both are compared at a temperature well below and one well above, within five standard errors of the
simulation.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from typing import Any

import _common
import numpy as np

import jitkit as jk

SIZES = {"python": 16, "cpu": 128, "cuda": 512}
COLD, HOT = 1.8, 3.4
CRITICAL = 2 / math.log(1 + math.sqrt(2))
SHOWN = (1.8, 2.2, CRITICAL, 2.4, 3.4)
MANY = (1.8, 1.9, 2.0, 2.1, 2.15, 2.2, 2.24, CRITICAL, 2.3, 2.35, 2.4, 2.5, 2.6, 2.8, 3.1, 3.4)
KEY = 1944


def turn(spins, t, i, j, chances, word):
    """Turn an arrow, or not."""
    n = spins.shape[1]
    up, down = (i - 1 if i > 0 else n - 1), (i + 1 if i < n - 1 else 0)
    left, right = (j - 1 if j > 0 else n - 1), (j + 1 if j < n - 1 else 0)
    spin = int(spins[t, i, j])
    neighbours = int(spins[t, up, j]) + int(spins[t, down, j]) + int(spins[t, i, left]) + int(spins[t, i, right])
    cost = spin * neighbours
    if cost <= 0 or word < chances[t, cost // 2]:
        spins[t, i, j] = -spin


@jk.kernel
def metropolis(t, i, q, spins, chances, colour, key, sweep):
    """Go over four arrows of one colour, with a random word of 32 bits for each."""
    n = spins.shape[1]
    a, b, c, d = jk.random.block(key, (t * n + i) * n + q, 2 * sweep + colour)
    j = 8 * q + (i + colour) % 2
    turn(spins, t, i, j, chances, a)
    turn(spins, t, i, j + 2, chances, b)
    turn(spins, t, i, j + 4, chances, c)
    turn(spins, t, i, j + 6, chances, d)


@jk.kernel
def measure(t, i, spins, magnetisation, energy):
    """Add up a row of arrows, and of the bonds to the right and down."""
    n = spins.shape[2]
    below = i + 1 if i < spins.shape[1] - 1 else 0
    arrows = 0
    bonds = 0
    for j in range(n):
        spin = int(spins[t, i, j])
        arrows += spin
        bonds += spin * (int(spins[t, below, j]) + int(spins[t, i, j + 1 if j < n - 1 else 0]))
    magnetisation[t, i] = arrows
    energy[t, i] = -bonds


def simulate(options: argparse.Namespace, temperatures: Sequence[float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return magnetisation and energy by temperature and time, for each arrow, and the last lattices."""
    n, count = options.size, len(temperatures)
    settling, sweeps = 60 + 2 * n, 120 + 4 * n
    chances = np.exp(-4 * np.arange(3)[None, :] / np.array(temperatures)[:, None])  # of 0, 4 and 8, times 2**32 - 1
    spins = jk.asarray(np.ones((count, n, n), np.int8), device=options.device)
    chances = jk.asarray((chances * (2**32 - 1)).astype(np.uint32), device=options.device)
    rows: list[Any] = [jk.zeros((count, n), np.int64, device=options.device) for _ in range(2)]
    found = np.zeros((2, count, sweeps))
    with jk.backend(options.backend):
        for sweep in _common.progress(range(settling + sweeps), f"{settling + sweeps} sweeps"):
            for colour in range(2):
                metropolis[count, n, n // 8](spins, chances, colour, KEY, sweep)
            if sweep >= settling:
                measure[count, n](spins, *rows)
                found[:, :, sweep - settling] = [jk.to_numpy(row).sum(axis=1) / n**2 for row in rows]
    return found[0], found[1], jk.to_numpy(spins)


def yang(temperature: float) -> float:
    """Return the magnetisation of an endless lattice."""
    return (1 - math.sinh(2 / temperature) ** -4) ** 0.125 if temperature < CRITICAL else 0.0


def onsager(temperature: float) -> float:
    """Return the energy for each arrow of an endless lattice; the elliptic integral by arithmetic and geometric means."""
    beta = 1 / temperature
    modulus = 2 * math.sinh(2 * beta) / math.cosh(2 * beta) ** 2
    a, b = 1.0, math.sqrt(max(1 - modulus**2, 1e-30))
    for _ in range(40):
        a, b = (a + b) / 2, math.sqrt(a * b)
    complete = math.pi / (2 * a)
    return -1 / math.tanh(2 * beta) * (1 + 2 / math.pi * (2 * math.tanh(2 * beta) ** 2 - 1) * complete)


def with_error(series: np.ndarray) -> tuple[float, float]:
    """Return the mean of a series and its standard error, from the scatter of twelve blocks."""
    blocks = series[: series.size // 12 * 12].reshape(12, -1).mean(axis=1)
    return float(series.mean()), float(blocks.std(ddof=1)) / math.sqrt(12)


def draw(
    options: argparse.Namespace, temperatures: Sequence[float], found: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> None:
    """Draw lattices from cold to hot, and magnetisation and energy beside the exact curves."""
    from _picture import GREY, SWINGS, bare, picture

    magnetisation, energy, spins = found
    shown = [t for t in SHOWN if t in temperatures]
    with picture(options.plot, f"ising: {options.size}² arrows, on {options.backend}", (13, 6.6), dark=True) as figure:
        top, bottom = figure.subfigures(2, 1, height_ratios=(6, 5))
        for axis, t in zip(np.atleast_1d(top.subplots(1, len(shown))), shown, strict=True):
            axis.imshow(spins[temperatures.index(t)], cmap=SWINGS, vmin=-1.6, vmax=1.6, interpolation="nearest")
            bare(axis, f"T = {t:.3f}, critical" if t == CRITICAL else f"T = {t}")
        curves = bottom.subplots(1, 2)
        fine = np.unique(np.concatenate([np.linspace(1.6, 3.6, 400), CRITICAL - np.geomspace(1e-9, 0.1, 60)]))
        series = (
            (np.abs(magnetisation), yang, "magnetisation, up or down: Yang's curve"),
            (energy, onsager, "energy: Onsager's curve"),
        )
        for axis, (values, exact, title) in zip(curves, series, strict=True):
            axis.axvline(CRITICAL, color=GREY, linewidth=0.8, linestyle=":")
            axis.plot(fine, [exact(t) for t in fine], color="#ffb15c", label="exact, without limit of size")
            means, errors = zip(*(with_error(row) for row in values), strict=True)
            axis.errorbar(temperatures, means, errors, fmt="o", color="white", markersize=3.5, label="simulated")
            axis.set(title=title, xlabel="temperature")
            axis.legend()


def main(argv: Sequence[str] | None = None) -> None:
    options = _common.parse(_common.parser(__doc__, "arrows along an edge", SIZES, limits=(8, 4_096)), argv)
    options.size -= options.size % 8  # a chess board whose edges fit together, in fours of one colour
    temperatures = MANY if options.size >= 64 else SHOWN if options.plot else (COLD, HOT)
    found = simulate(options, temperatures)
    if options.plot:
        draw(options, temperatures, found)
    for temperature in (COLD, HOT):
        at = temperatures.index(temperature)
        for what, series, exact in (("magnetisation", found[0], yang), ("energy", found[1], onsager)):
            mean, error = with_error(series[at])
            finite = 1.5 * math.exp(-options.size / 1.5)  # neighbours across the edges, with a range of 1.5 at most
            _common.check(f"{what} at T = {temperature}", mean, exact(temperature), within=5 * error + finite)


if __name__ == "__main__":
    main()
