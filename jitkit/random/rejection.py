"""Numbers drawn by rejection, each element from steps of its own: gamma and Poisson distributions.

References: G. Marsaglia, W. W. Tsang, "A simple method for generating gamma variables", ACM Trans. Math. Softw. 26(3),
2000; W. Hörmann, "The transformed rejection method for generating Poisson random variables", Insurance: Mathematics and
Economics 12(1), 1993; D. E. Knuth, The Art of Computer Programming 2, 3.4.1, for means below 10.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import jitkit as jk
from jitkit.random.numbers import normal_pair, positive_unit, unit
from jitkit.random.philox import block

SMALL_MEAN, LARGE = 10.0, 1e8
_HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)


def draw_gamma(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return a gamma number; given shape and scale."""
    return given[1] * standard_gamma(given[0], key, counter, step)


def draw_poisson(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return a Poisson number; given its mean and exp(-mean)."""
    return (
        poisson_by_product(given[1], key, counter, step)
        if given[0] < SMALL_MEAN
        else poisson_by_rejection(given[0], key, counter, step)
    )


@jk.kernel
def rescale(i: Any, x: Any, offset: Any, factor: Any) -> None:
    """Write ``offset + factor * x`` over x."""
    x[i] = offset[i] + factor[i] * x[i]


def standard_gamma(shape: Any, key: Any, counter: Any, step: Any) -> Any:
    """Return a number of the gamma distribution of a shape; below shape 1 out of the next one."""
    if shape == 0.0:
        return 0.0
    result, boost = gamma_and_boost(shape, key, counter, step)
    return result * boost ** (1.0 / shape) if shape < 1.0 else result


def gamma_and_boost(shape: Any, key: Any, counter: Any, step: Any) -> Any:
    """Return a gamma number by Marsaglia and Tsang, below shape 1 of one more, and a uniform number that takes it back."""
    d = (shape + 1.0 if shape < 1.0 else shape) - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    result, boost = -1.0, 1.0
    while result < 0.0:
        a0, a1, a2, a3 = block(key, counter, step)
        b0, b1, b2, b3 = block(key, counter, step + 1)
        step += 2
        z, _ = normal_pair(positive_unit(a0, a1), unit(a2, a3))
        v = (1.0 + c * z) ** 3
        if v > 0.0 and math.log(positive_unit(b0, b1)) < 0.5 * z * z + d * (1.0 - v + math.log(v)):
            result, boost = d * v, positive_unit(b2, b3)
    return result, boost


def poisson_by_product(limit: Any, key: Any, counter: Any, step: Any) -> Any:
    """Return how many uniform numbers can be multiplied before the product falls to a limit; products alone, so exact."""
    count, product = 0, np.float64(1.0)
    while product > limit:
        a, b, c, d = block(key, counter, step)
        step += 1
        product *= positive_unit(a, b)
        if product > limit:
            count += 1
            product *= positive_unit(c, d)
            if product > limit:
                count += 1
    return count


def poisson_by_rejection(mean: Any, key: Any, counter: Any, step: Any) -> Any:
    """Return a number of the Poisson distribution by Hörmann's PTRS, for means from 10 on."""
    b = 0.931 + 2.53 * math.sqrt(mean)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    squeeze = 0.9277 - 3.6224 / (b - 2.0)
    result = -1.0
    while result < 0.0:
        w0, w1, w2, w3 = block(key, counter, step)
        step += 1
        u, v = positive_unit(w0, w1) - 0.5, positive_unit(w2, w3)
        us = 0.5 - abs(u)
        if us > 0.0:
            k = np.floor((2.0 * a / us + b) * u + mean + 0.43)
            if us >= 0.07 and v <= squeeze:
                result = k
            elif k >= 0.0 and not (us < 0.013 and v > us):
                bound = math.log(v * inverse_alpha / (a / (us * us) + b))
                if bound <= log_poisson(k, mean):
                    result = k
    return np.int64(result)


def log_poisson(k: Any, mean: Any) -> Any:
    """Return the logarithm of the probability of k: of large numbers by what they differ by.

    The difference of ``k log(mean)`` and ``log(k!)`` would be 1e4 off at 1e18.
    """
    if k < LARGE:
        return k * math.log(mean) - mean - log_factorial(k)
    beyond = k - mean
    return beyond - k * math.log1p(beyond / mean) - 0.5 * math.log(k) - _HALF_LOG_TWO_PI


def log_factorial(k: Any) -> Any:
    """Return log(k!) by Stirling's series behind 10, and by the recurrence below; the series is good to 1e-12 there."""
    x, product = k + 1.0, 1.0
    while x < 10.0:
        product *= x
        x += 1.0
    return (x - 0.5) * math.log(x) - x + _HALF_LOG_TWO_PI + stirling_series(x) - math.log(product)


def stirling_series(x: Any) -> Any:
    """Return by how much the logarithm of the gamma function is above Stirling's formula, for x from 10 on."""
    square = 1.0 / (x * x)
    return (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square / 1680.0))) / x


def stirling_rest(k: Any) -> Any:
    """Return by how much log(k!) is above Stirling's formula."""
    x = k + 1.0
    return stirling_series(x) if x >= 10.0 else log_factorial(k) - ((x - 0.5) * math.log(x) - x + _HALF_LOG_TWO_PI)
