"""black_scholes: what an option is worth, for many spot prices and expiries at once.

A call is the right to buy at the strike price on the day of expiry, a put the right to sell. F. Black and M. Scholes
gave both prices in closed form (Journal of Political Economy 81, 1973). One option is the kernel of
`jitkit.cases.black_scholes`, which calls the plain function `normal_cdf` there, and through it `math.erf`:

    @jk.kernel
    def black_scholes(i, spot, strike, expiry, call, put, rate, volatility):
        deviation = volatility * math.sqrt(expiry[i])
        d1 = (math.log(spot[i] / strike[i]) + rate * expiry[i]) / deviation + 0.5 * deviation
        d2 = d1 - deviation
        discounted = strike[i] * math.exp(-(rate * expiry[i]))
        price = spot[i] * normal_cdf(d1) - discounted * normal_cdf(d2)
        call[i] = price
        put[i] = price - spot[i] + discounted

Check:
1. The example of J. C. Hull, Options, Futures, and Other Derivatives: a spot price of 42, a strike of 40, half a year
   at 10 % interest and 20 % volatility. The call is worth 4.76, the put 0.81.
2. The price is the discounted mean of what the option pays at expiry. That mean is an integral over the normal
   distribution, computed here by the trapezoidal rule, without the formula.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import _common
import numpy as np

import jitkit as jk
from jitkit.cases.black_scholes import black_scholes

SIZES = {"python": 40, "cpu": 1_000, "cuda": 2_000}
STRIKE, RATE, VOLATILITY = 40.0, 0.1, 0.2


def prices(options: argparse.Namespace, spot: np.ndarray, expiry: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the prices of calls and puts, one for each spot price and expiry."""
    strike = np.full(spot.size, STRIKE)
    inputs = [jk.asarray(a, device=options.device) for a in (spot, strike, expiry)]
    call, put = (jk.empty(spot.size, np.float64, device=options.device) for _ in range(2))
    with jk.backend(options.backend):
        black_scholes[spot.size](*inputs, call, put, RATE, VOLATILITY)
    return jk.to_numpy(call), jk.to_numpy(put)


def mean_of_payment(spot: float, expiry: float) -> tuple[float, float]:
    """Return the discounted means of what a call and a put pay, over all the ways the price can go."""
    z = np.linspace(-12, 12, 200_001)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    at_expiry = spot * np.exp((RATE - VOLATILITY**2 / 2) * expiry + VOLATILITY * np.sqrt(expiry) * z)
    payments = np.maximum(at_expiry - STRIKE, 0), np.maximum(STRIKE - at_expiry, 0)
    call, put = (np.exp(-RATE * expiry) * np.trapezoid(density * payment, z) for payment in payments)
    return float(call), float(put)


def draw(options: argparse.Namespace, spot: np.ndarray, expiry: np.ndarray, call: np.ndarray) -> None:
    """Draw the call against the spot price for some expiries, and what of the price is time value."""
    import matplotlib
    from _picture import INK, picture

    payment = np.maximum(spot - STRIKE, 0)
    title = f"black_scholes: {call.size:,} calls, strike {STRIKE:g}, on {options.backend}"
    with picture(options.plot, title, (11, 4.8)) as figure:
        left, right = figure.subplots(1, 2)
        colours = matplotlib.colormaps["plasma"]
        for row in np.linspace(0, expiry.size - 1, 7).round().astype(int):
            left.plot(spot, call[row], color=colours(0.92 * expiry[row] / expiry[-1]), label=f"{expiry[row]:.2f}")
        left.plot(spot, payment, color=INK, linestyle=(0, (4, 2)), label="at expiry")
        left.set(title="price of the call", xlabel="spot price", xlim=(spot[0], spot[-1]), ylim=(0, None))
        left.legend(title="years left")
        extent = (spot[0], spot[-1], expiry[0], expiry[-1])
        worth = right.imshow(call - payment, cmap="magma", vmin=0, extent=extent, origin="lower", aspect="auto")
        levels = np.arange(0.5, 6, 0.5)
        right.contour(spot, expiry, call - payment, levels, colors="white", linewidths=0.6, alpha=0.6)
        right.set(title="time value: price less what it would pay now", xlabel="spot price", ylabel="years left")
        figure.colorbar(worth, ax=right, label="a line every 0.50").outline.set_visible(False)


def main(argv: Sequence[str] | None = None) -> None:
    options = _common.parse(_common.parser(__doc__, "spot prices, and expiries", SIZES, limits=(2, 4_000)), argv)
    spot, expiry = np.linspace(25, 55, options.size), np.linspace(0.02, 1, options.size)
    spots, expiries = (a.ravel() for a in np.meshgrid(spot, expiry))
    call, put = prices(options, spots, expiries)
    if options.plot:
        draw(options, spot, expiry, call.reshape(options.size, options.size))
    hull = prices(options, np.array([42.0]), np.array([0.5]))
    for kind, price, published in zip(("call", "put"), hull, (4.76, 0.81), strict=True):
        _common.check(f"Hull's {kind}", price[0], published, within=0.005)
    for i in np.random.default_rng(0).integers(spots.size, size=4):
        for kind, price, mean in zip(
            ("call", "put"), (call[i], put[i]), mean_of_payment(spots[i], expiries[i]), strict=True
        ):
            _common.check(f"{kind} at {spots[i]:.2f}, {expiries[i]:.2f} years", price, mean, within=1e-6)


if __name__ == "__main__":
    main()
