"""lorenz96: why weather cannot be foretold for long, by forecasts in pairs on a circle of latitude.

The model of E. N. Lorenz (1996) has 40 places on a circle. Each is moved by its neighbours, loses by friction, and is
driven by a force of 8, at which it is chaotic; a unit of time stands for five days. The right-hand side is a plain
Python function, and `jk.ode.solve_ensemble` makes each forecast of an ensemble a lane of a vector:

    def lorenz96(t, x, dxdt, p):
        for k in range(PLACES):
            wind = x[(k + 1) % PLACES] - x[(k + PLACES - 2) % PLACES]
            dxdt[k] = wind * x[(k + PLACES - 1) % PLACES] - x[k] + p[0]

Pairs of forecasts begin a millionth apart. Their distance grows as exp(1.68 t): errors double every two days, until a
forecast says no more than the climate does. To measure the rate, the distance is set back after each unit of time, and
its direction kept (G. Benettin, L. Galgani, A. Giorgilli, J.-M. Strelcyn, Meccanica 15, 9-30, 1980).

Check:
1. The last forecast agrees with the same steps taken by NumPy.
2. The rate is the leading Lyapunov exponent, 1.68 (E. N. Lorenz, K. A. Emanuel, J. Atmos. Sci. 55, 399-414, 1998, give
   2.1 days for the doubling, which is 1.65). It differs from pair to pair, so few of them are checked less tightly.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import _common
import numpy as np

import jitkit as jk

SIZES = {"python": 2, "cpu": 2_000, "cuda": 8_000}
PLACES, FORCE, DT = 40, 8.0, 0.05
SETTLING, ROUNDS, FIRST = 10.0, 16, 6  # rounds of one unit; the first ones turn the distance into the leading direction
APART, EXPONENT = 1e-6, 1.68
LONG, MEMBERS = 18.0, 60


def lorenz96(t, x, dxdt, p):
    for k in range(PLACES):
        wind = x[(k + 1) % PLACES] - x[(k + PLACES - 2) % PLACES]
        dxdt[k] = wind * x[(k + PLACES - 1) % PLACES] - x[k] + p[0]


def forecast(options: argparse.Namespace, x: np.ndarray, length: float, points: int = 2) -> np.ndarray:
    """Return the states of forecasts at so many points of time, shape (places, points, forecasts)."""
    found = jk.ode.solve_ensemble(
        lorenz96,
        (0, length),
        jk.asarray(x, device=options.device),
        (FORCE,),
        method="rk4",
        dt=DT,
        t_eval=np.linspace(0, length, points),
        backend=options.backend,
    )
    return jk.to_numpy(found.y)


def growth(options: argparse.Namespace, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the logarithm of how much the distance of each pair grows in each round, after the first ones."""
    apart, grown = rng.standard_normal(x.shape), []
    for _ in _common.progress(range(ROUNDS), f"{x.shape[1]:,} pairs of forecasts"):
        apart *= APART / np.linalg.norm(apart, axis=0)
        after = forecast(options, np.hstack([x, x + apart]), 1.0)[:, -1]
        x, apart = after[:, : x.shape[1]], after[:, x.shape[1] :] - after[:, : x.shape[1]]
        grown.append(np.log(np.linalg.norm(apart, axis=0) / APART))
    return np.array(grown[FIRST:])


def steps_of_numpy(x: np.ndarray, count: int) -> np.ndarray:
    """Return states after so many steps, by whole arrays."""

    def slope(x):
        return (np.roll(x, -1, 0) - np.roll(x, 2, 0)) * np.roll(x, 1, 0) - x + FORCE

    for _ in range(count):
        k1 = slope(x)
        k2 = slope(x + DT / 2 * k1)
        k3 = slope(x + DT / 2 * k2)
        x = x + DT / 6 * (k1 + 2 * k2 + 2 * k3 + slope(x + DT * k3))
    return x


def draw(options: argparse.Namespace, truth: np.ndarray, rng: np.random.Generator, rate: float) -> None:
    """Draw the weather, how the error of one forecast spreads around the circle, and how those of many grow."""
    from _picture import picture

    members = truth[:, None] + 1e-4 * rng.standard_normal((PLACES, min(MEMBERS, options.size) + 1))
    members[:, 0] = truth
    points = round(LONG / DT) + 1
    days, run = 5 * np.linspace(0, LONG, points), forecast(options, members, LONG, points)
    errors = np.abs(run[:, :, 1:] - run[:, :, :1])
    rms = np.sqrt((errors**2).mean(axis=0))
    climate = run[:, points // 2 :].std() * np.sqrt(2)
    title = f"lorenz96: {options.size:,} pairs of forecasts, errors double in {5 * np.log(2) / rate:.1f} days"
    with picture(options.plot, f"{title}, on {options.backend}", (12.5, 7.2), dark=True) as figure:
        axes = figure.subplot_mosaic([["weather", "error"], ["growth", "growth"]], height_ratios=(1.5, 1))
        extent = (0, PLACES, days[-1], 0)
        style = {"aspect": "auto", "extent": extent, "interpolation": "bilinear"}
        shown = axes["weather"].imshow(run[:, :, 0].T, cmap="RdYlBu_r", vmin=-8, vmax=13, **style)
        figure.colorbar(shown, ax=axes["weather"], pad=0.01)
        shown = axes["error"].imshow(np.log10(errors[:, :, 0].T + 1e-9), cmap="magma", vmin=-5, vmax=1, **style)
        figure.colorbar(shown, ax=axes["error"], pad=0.01)
        axes["weather"].set(title="the weather: waves drift around the circle", xlabel="place", ylabel="days")
        axes["error"].set(title="log10 of the error of a forecast that began 1e-4 off", xlabel="place")
        axes["growth"].semilogy(days, rms, color="#2f9bff", linewidth=0.5, alpha=0.45)
        axes["growth"].semilogy(days, np.exp(np.log(rms).mean(axis=1)), color="white", label="mean of all forecasts")
        line = rms[0].mean() * np.exp(EXPONENT * days / 5)
        axes["growth"].semilogy(days, line, "--", color="#ff8a2f", label="exp(1.68 t), the leading Lyapunov exponent")
        axes["growth"].axhline(
            climate, color="#8a92a0", linewidth=1, label="as far apart as two days out of the calendar"
        )
        axes["growth"].set(title="error of each forecast (root mean square)", xlabel="days", ylim=(5e-5, 20))
        axes["growth"].set(xlim=(0, days[-1]))
        axes["growth"].legend(loc="lower right")


def main(argv: Sequence[str] | None = None) -> None:
    parser = _common.parser(__doc__, "pairs of forecasts", SIZES, limits=(1, 100_000))
    options = _common.parse(parser, argv)
    rng = np.random.default_rng(96)
    start = rng.normal(2.3, 3.6, (PLACES, options.size))  # mean and spread of the climate
    settled = forecast(options, start, SETTLING)[:, -1]
    grown = growth(options, settled, rng)
    rate = grown.mean()
    if options.plot:
        draw(options, settled[:, 0], rng, rate)
    again = forecast(options, settled, 1.0)[:, -1, -1]
    error = np.abs(again - steps_of_numpy(settled[:, -1], round(1 / DT))).max()
    _common.check("largest difference from NumPy's steps after five days", error, 0, within=1e-9)
    _common.check("growth of errors per unit of time", rate, EXPONENT, within=0.03 + 3 / np.sqrt(grown.size))


if __name__ == "__main__":
    main()
