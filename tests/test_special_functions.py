"""Functions of floats that are in one library alone: gamma and its logarithm, neighbours, scaling, logarithms of sums."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

import jitkit as jk

EXTENDED = np.longdouble
ROOT_PI = EXTENDED("1.7724538509055160272981674833411451828")


def gamma_of_half(n: int) -> np.longdouble:
    """Return the gamma function of n / 2, by factorials; n is positive, or negative and odd."""
    if n % 2 == 0:
        return EXTENDED(math.factorial(n // 2 - 1))
    k = abs(n - 1) // 2
    value = Fraction(math.factorial(2 * k), 4**k * math.factorial(k))
    value = value if n > 0 else 1 / value * (-1) ** k
    return EXTENDED(value.numerator) / EXTENDED(value.denominator) * ROOT_PI


@jk.kernel
def gammas(i, x, out):
    out[0, i] = math.gamma(x[i])
    out[1, i] = math.lgamma(x[i])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gamma_is_within_10_ulp(backend, dtype):
    halves = [n for n in range(-41, 60) if n > 0 or n % 2]
    x, out = np.array(halves, dtype) / 2, np.zeros((2, len(halves)), dtype)
    gammas.on(backend)[x.size](x, out)
    exact = np.array([gamma_of_half(n) for n in halves])
    assert (np.abs(out[0] - exact) <= 10 * np.spacing(np.abs(exact).astype(dtype))).all()
    # About its zeros the logarithm is as good as that of a number near 1.
    np.testing.assert_allclose(
        out[1], np.log(np.abs(exact)), rtol=10 * np.finfo(dtype).eps, atol=4 * np.finfo(dtype).eps
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gamma_of_special_numbers(backend, dtype):
    x = np.array([0, -0.0, -1, -2, np.inf, -np.inf, np.nan, 200, 1, 2], dtype)
    out = np.zeros((2, x.size), dtype)
    with np.errstate(all="ignore"):
        gammas.on(backend)[x.size](x, out)
    inf, nan = np.inf, np.nan
    np.testing.assert_array_equal(out[0], np.array([inf, -inf, nan, nan, inf, nan, nan, out[0, 7], 1, 1], dtype))
    assert out[0, 7] == np.inf
    np.testing.assert_array_equal(np.delete(out[1], 7), np.array([inf, inf, inf, inf, inf, inf, nan, 0, 0], dtype))


SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 1e-3, 7.25, -33.3, np.inf, -np.inf, np.nan]


def pairs(dtype):
    limits = np.finfo(dtype)
    edges = [limits.max, -limits.max, limits.tiny, limits.smallest_subnormal, -limits.smallest_subnormal]
    return [side.ravel() for side in np.meshgrid(*[np.array([*SPECIAL, *edges], dtype)] * 2)]


@jk.kernel
def neighbours(i, x, y, out):
    out[0, i] = math.nextafter(x[i], y[i])
    out[1, i] = np.nextafter(x[i], y[i])
    out[2, i] = np.spacing(x[i])
    out[3, i] = math.remainder(x[i], y[i])


def remainder(x, y):
    try:
        return math.remainder(x, y)
    except ValueError:
        return math.nan


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_neighbours_and_remainders(backend, dtype):
    x, y = pairs(dtype)
    out = np.zeros((4, x.size), dtype)
    with np.errstate(all="ignore"):
        neighbours.on(backend)[x.size](x, y, out)
        expected = [np.nextafter(x, y), np.nextafter(x, y), np.spacing(x), np.vectorize(remainder)(x, y).astype(dtype)]
    np.testing.assert_array_equal(out, expected)
    number = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(out)[number], np.signbit(expected)[number])


@jk.kernel
def scaled(i, x, n, out):
    out[0, i] = math.ldexp(x[i], n[i])
    out[1, i] = np.ldexp(x[i], n[i])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("exponent", [np.int8, np.int32])
def test_scaling_rounds_once(backend, dtype, exponent):
    powers = [0, 1, -1, 5, -30, 127] + ([-149, -1074, 2098, -2098, 2**31 - 1, -(2**31)] if exponent == np.int32 else [])
    x, n = pairs(dtype)[0], None
    x = np.concatenate([x, np.random.default_rng(1).normal(size=64).astype(dtype)])
    x, n = np.repeat(x, len(powers)), np.tile(np.array(powers, exponent), x.size)
    out = np.zeros((2, x.size), dtype)
    with np.errstate(all="ignore"):
        scaled.on(backend)[x.size](x, n, out)
        expected = np.ldexp(x, n.astype(np.int32))
    np.testing.assert_array_equal(out, [expected, expected])


def test_an_exponent_is_an_integer(backend):
    @jk.kernel
    def halved(i, x, out):
        out[i] = math.ldexp(x[i], x[i])

    with pytest.raises((jk.KernelTypeError, TypeError), match="int"):
        halved.on(backend)[2](np.ones(2), np.zeros(2))


@jk.kernel
def of_pairs(i, x, y, out, wide):
    out[0, i] = np.heaviside(x[i], y[i])
    out[1, i] = np.logaddexp(x[i], y[i])
    out[2, i] = np.logaddexp2(x[i], y[i])
    out[3, i] = np.degrees(x[i])
    out[4, i] = np.radians(x[i])
    wide[i] = np.float_power(x[i], y[i])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_numpys_formulas(backend, dtype):
    x, y = pairs(dtype)
    rng = np.random.default_rng(5)
    x, y = (np.concatenate([side, rng.uniform(-8, 8, 100).astype(dtype)]) for side in (x, y))
    out, wide = np.zeros((5, x.size), dtype), np.zeros(x.size)
    with np.errstate(all="ignore"):
        of_pairs.on(backend)[x.size](x, y, out, wide)
        long = [side.astype(EXTENDED) for side in (x, y)]
        expected = [
            np.heaviside(*long),
            np.logaddexp(*long),
            np.logaddexp2(*long),
            np.degrees(long[0]),
            np.radians(long[0]),
        ]
        expected = np.array(expected).astype(dtype)
        power = np.float_power(x, y)
    # What is left where two terms cancel in a logarithm of a sum is as good as the larger of them.
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(out, expected, rtol=6 * eps, atol=max(2 * eps, np.finfo(dtype).smallest_subnormal))
    kept = ~((y == 0.5) & (x <= 0))  # NumPy takes a square root there
    np.testing.assert_allclose(wide[kept], power[kept], rtol=1e-15)


def test_sums_in_logarithms_reduce(backend):
    x = np.random.default_rng(2).normal(size=1000) * 50
    found = jk.reduce(np.logaddexp, x, backend=backend)
    np.testing.assert_allclose(found, np.logaddexp.reduce(x), rtol=1e-13)


@pytest.mark.parametrize(
    ("function", "instead"),
    [(math.frexp, "ldexp"), (math.modf, "trunc"), (math.ulp, "nextafter"), (np.divmod, "divmod"), (math.fsum, "loop"),
     (math.prod, "loop"), (np.matmul, "loop"), (np.sinc, "sin"), (math.isclose, "abs"), (np.nan_to_num, "x != x")],
)  # fmt: skip
def test_what_is_not_there_says_what_is(function, instead):
    @jk.kernel
    def calls(i, x, out):
        out[i] = function(x[i])

    with pytest.raises(jk.KernelSyntaxError, match=instead):
        calls.on("cpu")[2](np.ones(2), np.zeros(2))
