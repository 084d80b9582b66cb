"""Numbers of further distributions, each from steps of its own: ``draw(key, counter, step, given)``, as `elements` takes them.

References: L. Devroye, Non-Uniform Random Variate Generation, Springer, 1986, for inversion and for what gamma numbers make;
D. J. Best, N. I. Fisher, "Efficient simulation of the von Mises distribution", J. Royal Stat. Soc. C 28(2), 1979;
J. R. Michael, W. R. Schucany, R. W. Haas, "Generating random variates using transformations with multiple roots",
American Statistician 30(2), 1976.
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
)
from jitkit.random.streams import STEPS

SECOND = STEPS // 2
"""Steps from the first number that a formula takes to the second."""
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


def draw_f(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return a mean of squares over another one; given their degrees of freedom."""
    above = standard_gamma(0.5 * given[0], key, counter, step) / given[0]
    return above / (standard_gamma(0.5 * given[1], key, counter, step + SECOND) / given[1])


def draw_power(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return a power of a uniform number from 0 to 1; given its inverse."""
    words = block(key, counter, step)
    return positive_unit(words[0], words[1]) ** (1.0 / given[0])


def draw_noncentral_chisquare(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return a chi-square number of more degrees of freedom, by twice a Poisson number; given those, and twice its mean."""
    mean = 0.5 * given[1]
    if mean < SMALL_MEAN:
        more = np.float64(poisson_by_product(math.exp(-mean), key, counter, step + SECOND))
    else:
        more = np.float64(poisson_by_rejection(mean, key, counter, step + SECOND))
    return 2.0 * standard_gamma(0.5 * given[0] + more, key, counter, step)


def draw_noncentral_f(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return a mean of squares, not central, over another one; given their degrees of freedom and what the first is off."""
    above = draw_noncentral_chisquare(key, counter, step, (given[0], given[2])) / given[0]
    return above / (2.0 * standard_gamma(0.5 * given[1], key, counter, step + SECOND // 2) / given[1])


def draw_wald(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return one of the two roots that a squared normal number has; given mean and scale.

    The roots are ``mean / (1 + t)`` and ``mean (1 + t)``, so neither loses digits.
    """
    mean, scale = given[0], given[1]
    a, b, c, d = block(key, counter, step)
    z, _ = normal_pair(positive_unit(a, b), unit(c, d))
    words = block(key, counter, step + 1)
    y = mean * z * z
    t = 1.0 + (y + math.sqrt(y * (4.0 * scale + y))) / (2.0 * scale)
    return mean / t if unit(words[0], words[1]) * (1.0 + 1.0 / t) <= 1.0 else mean * t


def draw_vonmises(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return an angle from -pi to pi, by Best and Fisher; given the mean angle and the concentration.

    Their formulas in the tangent of half the angle, of which none takes a difference of what is nearly equal.
    """
    kappa = min(given[1], 1e100)
    root = math.sqrt(1.0 + 4.0 * kappa * kappa)
    total = 1.0 + root + math.sqrt(2.0 + 2.0 * root)
    rest = (
        1.0 + 1.0 / (root + 2.0 * kappa) + math.sqrt(2.0 + 2.0 * root)
    ) / total  # 1 - rho, where rho is 2 kappa / total
    sign, angle = 0.0, 0.0
    while sign == 0.0:
        a, b, c, d = block(key, counter, step)
        words = block(key, counter, step + 1)
        step += 2
        tangent = rest / (2.0 - rest) * math.tan(0.5 * math.pi * unit(a, b))
        square = tangent * tangent
        y = 0.25 * total * rest * rest + 2.0 * kappa * square / (1.0 + square)
        if math.log(y / positive_unit(c, d)) + 1.0 - y >= 0.0:
            angle, sign = 2.0 * math.atan(tangent), -1.0 if unit(words[0], words[1]) < 0.5 else 1.0
    turned = given[0] + sign * angle
    return turned - 2.0 * math.pi * math.floor((turned + math.pi) / (2.0 * math.pi))
