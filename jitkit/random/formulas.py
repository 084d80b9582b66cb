"""Numbers of further distributions, each from steps of its own: ``draw(key, counter, step, given)``, as `elements` takes them.

References: L. Devroye, Non-Uniform Random Variate Generation, Springer, 1986, for inversion and for what gamma numbers make;
W. Hörmann, "The generation of binomial random variates", J. Stat. Comput. Simul. 46, 1993: its BTRS.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from jitkit.random.numbers import normal_pair, positive_unit, unit
from jitkit.random.philox import block
from jitkit.random.rejection import (
    SMALL_MEAN,
    gamma_and_boost,
    poisson_by_product,
    poisson_by_rejection,
    standard_gamma,
    stirling_rest,
)
from jitkit.random.streams import STEPS

SECOND = STEPS // 2
"""Steps from the first number that a formula takes to the second."""
_LAST = 2.0**63 - 1024  # the largest float64 that int64 holds
_LEAST = 2.0**-54  # an exponential number that was rounded to 0


def exponential_of(key: Any, counter: Any, step: Any) -> Any:
    """Return an exponential number and a uniform one."""
    a, b, c, d = block(key, counter, step)
    return -math.log(positive_unit(a, b)), unit(c, d)


def draw_lognormal(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return exp of a normal number; given its mean and deviation."""
    a, b, c, d = block(key, counter, step)
    z, _ = normal_pair(positive_unit(a, b), unit(c, d))
    return math.exp(given[0] + given[1] * z)


def draw_laplace(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return an exponential number with a sign; given place and scale."""
    e, side = exponential_of(key, counter, step)
    return given[0] + given[1] * (e if side < 0.5 else -e)


def draw_logistic(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return log(u / (1 - u)), of u at either side of a half; given place and scale."""
    a, b, c, d = block(key, counter, step)
    u = unit(a, b)
    beyond = math.log1p(u) - math.log1p(-u)
    return given[0] + given[1] * (beyond if unit(c, d) < 0.5 else -beyond)


def draw_gumbel(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return minus the logarithm of an exponential number; given place and scale."""
    e, _ = exponential_of(key, counter, step)
    return given[0] - given[1] * math.log(max(e, _LEAST))


def draw_rayleigh(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return the length of a vector of two normal numbers; given their deviation."""
    e, _ = exponential_of(key, counter, step)
    return given[0] * math.sqrt(2.0 * e)


def draw_weibull(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return a power of an exponential number; given its inverse."""
    e, _ = exponential_of(key, counter, step)
    return e ** (1.0 / given[0])


def draw_pareto(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return by how much exp of an exponential number is above 1; given the exponent of the tail."""
    e, _ = exponential_of(key, counter, step)
    return math.expm1(e / given[0])


def draw_triangular(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return a number under a triangle; given its left, its top and its right."""
    left, top, right = given
    words = block(key, counter, step)
    u = unit(words[0], words[1])
    if u * (right - left) <= top - left:
        return left + math.sqrt(u * (top - left) * (right - left))
    return right - math.sqrt((1.0 - u) * (right - top) * (right - left))


def draw_cauchy(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return the tangent of an angle; given nothing."""
    words = block(key, counter, step)
    return math.tan(math.pi * (unit(words[0], words[1]) - 0.5))


def draw_chisquare(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return twice a gamma number of half the degrees of freedom."""
    return 2.0 * standard_gamma(0.5 * given[0], key, counter, step)


def draw_student(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return a normal number over the root of a mean of squares; given the degrees of freedom."""
    a, b, c, d = block(key, counter, step)
    z, _ = normal_pair(positive_unit(a, b), unit(c, d))
    return z * math.sqrt(0.5 * given[0] / standard_gamma(0.5 * given[0], key, counter, step + SECOND))


def draw_beta(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return a gamma number's part of the sum of two; by their logarithms, since small shapes give less than float64 holds."""
    first = log_gamma(given[0], key, counter, step)
    second = log_gamma(given[1], key, counter, step + SECOND)
    smaller = math.exp(-abs(first - second))
    return (smaller if first < second else 1.0) / (1.0 + smaller)


def log_gamma(shape: Any, key: Any, counter: Any, step: Any) -> Any:
    """Return the logarithm of a gamma number."""
    value, boost = gamma_and_boost(shape, key, counter, step)
    return math.log(value) + math.log(boost) / shape if shape < 1.0 else math.log(value)


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
