"""Counts of trials and of events: ``draw(key, counter, step, given)``, as `elements` takes them.

References: L. Devroye, Non-Uniform Random Variate Generation, Springer, 1986; W. Hörmann, "The generation of binomial random
variates", J. Stat. Comput. Simul. 46, 1993: its BTRS; A. W. Kemp, "Efficient generation of logarithmically distributed
pseudo-random variables", J. Royal Stat. Soc. C 30(3), 1981.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from jitkit.random.formulas import SECOND, exponential_of
from jitkit.random.numbers import positive_unit, unit
from jitkit.random.philox import block
from jitkit.random.rejection import SMALL_MEAN, poisson_by_product, poisson_by_rejection, standard_gamma, stirling_rest

_LAST = 2.0**63 - 1024  # the largest float64 that int64 holds


def draw_geometric(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return the number of the first trial that succeeds; given -log(1 - p)."""
    e, _ = exponential_of(key, counter, step)
    return np.int64(min(max(np.ceil(e / given[0]), 1.0), _LAST))


def draw_negative_binomial(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return a Poisson number whose mean is a gamma number; given shape and scale of that."""
    mean = given[1] * standard_gamma(given[0], key, counter, step)
    if mean < SMALL_MEAN:
        return np.int64(poisson_by_product(math.exp(-mean), key, counter, step + SECOND))
    return poisson_by_rejection(mean, key, counter, step + SECOND)


def draw_binomial(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return how many of n trials succeed; given n and the probability."""
    n, p = given
    rare = min(p, 1.0 - p)
    found = successes_by_gaps(n, rare, key, counter, step)
    if n * rare >= SMALL_MEAN:
        found = successes_by_rejection(n, rare, key, counter, step)
    return np.int64(found if p <= 0.5 else n - found)


def successes_by_gaps(n: Any, p: Any, key: Any, counter: Any, step: Any) -> Any:
    """Return a binomial number of a mean below 10: how many of the gaps between successes fit into the trials."""
    fit, place = -1.0, 0.0
    if n * p == 0.0 or n * p >= SMALL_MEAN:
        fit, place = 0.0, n + 1.0
    rate = math.log1p(-p)
    while place <= n:
        a, b, c, d = block(key, counter, step)
        step += 1
        place += max(1.0, np.ceil(math.log(positive_unit(a, b)) / rate))
        fit += 1.0
        if place <= n:
            place += max(1.0, np.ceil(math.log(positive_unit(c, d)) / rate))
            fit += 1.0
    return fit


def successes_by_rejection(n: Any, p: Any, key: Any, counter: Any, step: Any) -> Any:
    """Return a binomial number by Hörmann's BTRS, for means from 10 on and probabilities up to a half."""
    q = 1.0 - p
    deviation = math.sqrt(n * p * q)
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * p
    alpha, squeeze = (2.83 + 5.1 / b) * deviation, 0.92 - 4.2 / b
    top = np.floor((n + 1.0) * p)
    result = -1.0
    while result < 0.0:
        w0, w1, w2, w3 = block(key, counter, step)
        step += 1
        u, v = positive_unit(w0, w1) - 0.5, positive_unit(w2, w3)
        us = 0.5 - abs(u)
        if us > 0.0:
            k = np.floor((2.0 * a / us + b) * u + n * p + 0.5)
            if us >= 0.07 and v <= squeeze:
                result = k
            elif k >= 0.0 and k <= n:
                bound = math.log(v * alpha / (a / (us * us) + b))
                if bound <= log_binomial_ratio(k, top, n, p, q):
                    result = k
    return result


def log_binomial_ratio(k: Any, m: Any, n: Any, p: Any, q: Any) -> Any:
    """Return the logarithm of the probability of k over that of m, by what they differ by.

    Differences of ``log(k!)`` would be 40 off where there are 2**53 trials.
    """
    by = k - m
    ratio = by * math.log((n - k + 1.0) * p / ((k + 1.0) * q))
    ratio -= (m + 0.5) * math.log1p(by / (m + 1.0)) + (n - m + 0.5) * math.log1p(-by / (n - m + 1.0))
    return ratio + stirling_rest(m) + stirling_rest(n - m) - stirling_rest(k) - stirling_rest(n - k)


def draw_zipf(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return a number of which large ones are rare by a power, by Devroye's rejection, 10.6; given the exponent."""
    above = min(given[0] - 1.0, 1000.0)  # from there on all are 1
    least, bound = _LAST ** (-above), -1.0 / math.expm1(-above * math.log(2.0))
    result = -1.0
    while result < 0.0:
        a, b, c, d = block(key, counter, step)
        step += 1
        k = np.floor((least + (1.0 - least) * positive_unit(a, b)) ** (-1.0 / above))
        beyond = math.expm1(above * math.log1p(1.0 / k))
        if k <= _LAST and unit(c, d) * k * beyond * bound <= 1.0 + beyond:
            result = k
    return np.int64(result)


def draw_logseries(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return a number of the logarithmic series, by Kemp's second accelerated generator; given p."""
    result = -1.0
    rate = math.log1p(-given[0])
    while result < 0.0:
        a, b, c, d = block(key, counter, step)
        step += 1
        v = positive_unit(a, b)
        q = -math.expm1(rate * positive_unit(c, d))
        result = 2.0 if v < q else 1.0
        if v <= q * q:
            result = np.floor(1.0 + math.log(v) / math.log(q)) if q < 1.0 else -1.0
    return np.int64(min(result, _LAST))
