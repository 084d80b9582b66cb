"""option_pricing: what the right to buy a share is worth, by throwing dice for its price.

The price of the share goes up and down by chance: over a short time it is multiplied by exp of a normal random number.
Each point of the launch follows one such path and notes what three options pay at its end, as of today:

    @jk.kernel
    def follow(i, key, market, steps, european, geometric, arithmetic):
        ...
        for step in range(steps):
            log_price += drift + volatility * jk.random.normal(key, i, step)
            price = math.exp(log_price)
            ...

A European option pays by the last price, an Asian one by an average of all of them: the geometric or the arithmetic mean.
The mean over all paths is the worth of the option, and its error falls as one over the root of their number.

Check: the first two have closed forms (F. Black, M. Scholes, J. Polit. Econ. 81, 637-654, 1973; A. Kemna, A. Vorst,
J. Bank. Finance 14, 113-129, 1990), which must lie within 4.5 error bars. The arithmetic one has none: there the plain
mean must agree with the one that uses the geometric option, whose worth is known, to take most of the chance out. And
the errors that batches of paths really have must be those that the error bars promise.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import _common
import numpy as np

import jitkit as jk

SIZES = {"python": 1_000, "cpu": 1_000_000, "cuda": 8_000_000}
SPOT, STRIKE, RATE, VOLATILITY, EXPIRY, STEPS = 100.0, 105.0, 0.03, 0.3, 1.0, 16
KINDS = ("European", "geometric Asian", "arithmetic Asian")
BATCHES = 64
KEY = 20261


@jk.kernel
def follow(i, key, spot, strike, drift, volatility, discount, steps, european, geometric, arithmetic):
    """Follow one path of the price, and write what each option pays, discounted."""
    log_price = math.log(spot)
    price = spot
    logs = 0.0
    prices = 0.0
    for step in range(steps):
        log_price += drift + volatility * jk.random.normal(key, i, step)
        price = math.exp(log_price)
        logs += log_price
        prices += price
    european[i] = discount * max(price - strike, 0.0)
    geometric[i] = discount * max(math.exp(logs / steps) - strike, 0.0)
    arithmetic[i] = discount * max(prices / steps - strike, 0.0)


@jk.kernel
def trace(i, key, spot, drift, volatility, prices):
    """Write the prices along one path, for the picture: the same that `follow` meets."""
    log_price = math.log(spot)
    prices[i, 0] = spot
    for step in range(prices.shape[1] - 1):
        log_price += drift + volatility * jk.random.normal(key, i, step)
        prices[i, step + 1] = math.exp(log_price)


def step_of() -> tuple[float, float]:
    """Return drift and volatility of the logarithm of the price over one step."""
    dt = EXPIRY / STEPS
    return (RATE - VOLATILITY**2 / 2) * dt, VOLATILITY * math.sqrt(dt)


def simulate(options: argparse.Namespace) -> list[Any]:
    """Return what the three options pay on each path."""
    drift, volatility = step_of()
    pays = [jk.zeros(options.size, np.float64, device=options.device) for _ in KINDS]
    discount = math.exp(-RATE * EXPIRY)
    with jk.backend(options.backend):
        for first in _common.progress(range(0, options.size, 250_000), f"{options.size:,} paths"):
            last = min(first + 250_000, options.size)
            follow[first:last](KEY, SPOT, STRIKE, drift, volatility, discount, STEPS, *pays)
    return pays


def lognormal_call(mean: float, deviation: float) -> float:
    """Return the worth of a call on what is exp of a normal number, of that mean and deviation."""
    normal = NormalDist()
    d = (mean - math.log(STRIKE)) / deviation
    forward = math.exp(mean + deviation**2 / 2) * normal.cdf(d + deviation)
    return math.exp(-RATE * EXPIRY) * (forward - STRIKE * normal.cdf(d))


def closed_forms() -> tuple[float, float]:
    """Return the worth of the European option and of the geometric Asian."""
    growth, m = RATE - VOLATILITY**2 / 2, STEPS
    european = lognormal_call(math.log(SPOT) + growth * EXPIRY, VOLATILITY * math.sqrt(EXPIRY))
    spread = VOLATILITY * math.sqrt(EXPIRY * (m + 1) * (2 * m + 1) / (6 * m**2))
    return european, lognormal_call(math.log(SPOT) + growth * EXPIRY * (m + 1) / (2 * m), spread)


def controlled(pays: list[np.ndarray], known: float) -> np.ndarray:
    """Return payments of the arithmetic option, less the chance that it shares with the geometric one."""
    _, geometric, arithmetic = pays
    shared = np.cov(arithmetic, geometric)
    return arithmetic - shared[0, 1] / shared[1, 1] * (geometric - known)


def batch_errors(pays: np.ndarray, worth: float) -> tuple[np.ndarray, np.ndarray]:
    """Return sizes of batches, and how far off their means are (root of the mean square)."""
    largest = pays.size // BATCHES
    sizes = np.unique(np.geomspace(1, largest, 12).astype(int))
    means = [pays[: BATCHES * size].reshape(BATCHES, size).mean(axis=1) for size in sizes]
    return sizes, np.array([math.sqrt(np.mean((mean - worth) ** 2)) for mean in means])


def draw(options: argparse.Namespace, pays: list[np.ndarray], worths: list[float]) -> None:
    """Draw some paths, where they end, and how the errors fall."""
    from _picture import GREY, picture

    shown = min(options.size, 250)
    prices = np.empty((min(options.size, 20_000), STEPS + 1))
    drift, volatility = step_of()
    trace.on("cpu")[prices.shape[0]](KEY, SPOT, drift, volatility, prices)
    with picture(
        options.plot, f"option_pricing: {options.size:,} paths, on {options.backend}", (11, 7.2), dark=True
    ) as figure:
        axes = figure.subplot_mosaic([["paths", "ends"], ["error", "error"]], width_ratios=(4, 1), height_ratios=(3, 2))
        times = np.linspace(0, EXPIRY, STEPS + 1)
        for path in prices[:shown]:
            axes["paths"].plot(
                times, path, color="#ffb15c" if path[-1] > STRIKE else "#2f9bff", linewidth=0.5, alpha=0.45
            )
        axes["paths"].axhline(STRIKE, color="white", linewidth=0.9, linestyle="--")
        axes["paths"].annotate("strike", (0.005, STRIKE), color="white", va="bottom")
        axes["paths"].set(
            title=f"{shown} prices; orange: worth buying", xlabel="years", ylim=(30, 260), xlim=(0, EXPIRY)
        )
        places = np.linspace(30, 260, 300)
        axes["ends"].plot(jk.stats.kde(prices[:, -1], places), places, color="white", label="of the paths")
        width = VOLATILITY * math.sqrt(EXPIRY)
        centre = math.log(SPOT) + (RATE - VOLATILITY**2 / 2) * EXPIRY
        exact = np.exp(-0.5 * ((np.log(places) - centre) / width) ** 2) / (places * width * math.sqrt(2 * math.pi))
        axes["ends"].fill_betweenx(places, exact, color="#2f9bff", alpha=0.35, linewidth=0, label="log-normal")
        axes["ends"].set(title="where they end", xticks=[], ylim=(30, 260), xlim=(0, None))
        axes["ends"].legend()
        for kind, paid, worth, colour in zip(KINDS, pays, worths, ("#ffb15c", "#2f9bff", "#b9f3ff"), strict=True):
            sizes, errors = batch_errors(paid, worth)
            axes["error"].loglog(sizes, errors, "o", color=colour, markersize=4, label=f"{kind}, worth {worth:.3f}")
            axes["error"].loglog(sizes, paid.std() / np.sqrt(sizes), color=colour, linewidth=0.9)
        title = f"error of the mean of so many paths, in {BATCHES} batches; the lines are σ/√n"
        axes["error"].set(title=title, xlabel="paths")
        axes["error"].grid(color=GREY, alpha=0.25)
        axes["error"].legend()


def main(argv: Sequence[str] | None = None) -> None:
    options = _common.parse(_common.parser(__doc__, "paths", SIZES, limits=(256, 100_000_000)), argv)
    pays, count = [jk.to_numpy(paid) for paid in simulate(options)], options.size
    where = "python" if options.backend == "python" else "cpu"
    bars = [float(jk.stats.std(paid, ddof=1, backend=where)) / math.sqrt(count) for paid in pays]
    means = [float(paid.mean()) for paid in pays]
    known = closed_forms()
    better = controlled(pays, known[1])
    worths = [*known, float(better.mean())]
    if options.plot:
        draw(options, pays, worths)
    for kind, mean, bar, worth in zip(KINDS, means, bars, worths, strict=True):
        _common.check(f"{kind} option, {mean:.4f} ± {bar:.4f}", mean, worth, within=4.5 * bar)
    gain = bars[2] / (better.std(ddof=1) / math.sqrt(count))
    _common.check_at_least("error bar of the arithmetic option over that with the geometric one's help", gain, 5)
    sizes, errors = batch_errors(pays[0], worths[0])
    promised = pays[0].std() / np.sqrt(sizes)
    _common.check("error of batches over what the bars promise", float(np.mean(errors / promised)), 1, within=0.36)


if __name__ == "__main__":
    main()
