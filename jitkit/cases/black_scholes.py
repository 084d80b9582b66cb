"""black_scholes: prices of European options, a kernel of exp, log, sqrt and erf."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Problem, Tolerance

SQRT_HALF = math.sqrt(0.5)
LARGEST_PRICE = 100.0


def normal_cdf(x):
    """Return the cumulative distribution function of the standard normal distribution."""
    return 0.5 + 0.5 * math.erf(SQRT_HALF * x)


@jk.kernel
def black_scholes(i, spot, strike, expiry, call, put, rate, volatility):
    """Price option `i`, a European call and put, at a constant interest rate and volatility."""
    deviation = volatility * math.sqrt(expiry[i])
    d1 = (math.log(spot[i] / strike[i]) + rate * expiry[i]) / deviation + 0.5 * deviation
    d2 = d1 - deviation
    discounted = strike[i] * math.exp(-(rate * expiry[i]))
    price = spot[i] * normal_cdf(d1) - discounted * normal_cdf(d2)
    call[i] = price
    put[i] = price - spot[i] + discounted


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return `size` options: spot 5 to 30, strike 1 to 100, expiry a quarter to ten years."""
    spot = rng.uniform(5.0, 30.0, size).astype(dtype)
    strike = rng.uniform(1.0, LARGEST_PRICE, size).astype(dtype)
    expiry = rng.uniform(0.25, 10.0, size).astype(dtype)
    call, put = np.zeros(size, dtype=dtype), np.zeros(size, dtype=dtype)
    return Problem(size, (spot, strike, expiry, call, put, 0.02, 0.3), written=("call", "put"))


def reference(problem: Problem) -> Arrays:
    """Return the prices, computed in float64 and rounded once; `math.erfc` because NumPy has no error function."""
    spot, strike, expiry, call, _, rate, volatility = problem.args
    s, k, t = (a.astype(np.float64) for a in (spot, strike, expiry))
    r, sigma = (float(spot.dtype.type(a)) for a in (rate, volatility))
    erfc = np.vectorize(math.erfc, otypes=[np.float64])
    upper = (np.log(s / k) + (r + sigma**2 / 2) * t) / np.sqrt(sigma**2 * t)
    lower = upper - np.sqrt(sigma**2 * t)
    present = k * np.exp(-r * t)
    in_call = s * erfc(-upper / np.sqrt(2)) / 2 - present * erfc(-lower / np.sqrt(2)) / 2
    in_put = present * erfc(lower / np.sqrt(2)) / 2 - s * erfc(upper / np.sqrt(2)) / 2
    return {"call": in_call.astype(call.dtype), "put": in_put.astype(call.dtype)}


def cost(problem: Problem) -> Cost:
    """Read three numbers, write two; twenty-seven operations for each option, of which five are math functions."""
    spot = problem.args[0]
    return Cost(points=spot.size, bytes=5 * spot.nbytes, flops=27 * spot.size)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for cancellation: the price is a difference of terms as large as the largest strike."""
    return Tolerance(rtol=0.0, atol=8 * float(np.finfo(dtype).eps) * LARGEST_PRICE)


CASE = Case(
    name="black_scholes",
    summary="Black-Scholes prices of European calls and puts",
    kernel=black_scholes,
    sizes={"tiny": 200, "small": 50_000, "large": 2_000_000},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="F. Black, M. Scholes, The pricing of options and corporate liabilities, J. Political Economy 81(3), 1973",
    tolerance=tolerance,
)
