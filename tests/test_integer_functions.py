"""Functions of integers: divisors, roots and counts, against Python's integers without end and NumPy's ufuncs."""

from __future__ import annotations

import math

import numpy as np
import pytest

import jitkit as jk


@jk.kernel
def of_python(i, a, b, out):
    out[0, i] = math.gcd(a[i], b[i])
    out[1, i] = math.lcm(a[i], b[i])
    out[2, i] = math.isqrt(abs(a[i]))
    out[3, i] = math.comb(abs(a[i]) % 62, abs(b[i]) % 62)
    out[4, i] = math.perm(abs(a[i]) % 21, abs(b[i]) % 21)
    out[5, i] = math.factorial(abs(a[i]) % 21)


@jk.kernel
def of_numpy(i, a, b, out):
    out[0, i] = np.gcd(a[i], b[i])
    out[1, i] = np.lcm(a[i], b[i])


def numbers(dtype, seed):
    """Return numbers of both signs, the largest ones, and, of 64 bits, those about a square."""
    rng, limits = np.random.default_rng(seed), np.iinfo(dtype)
    small = rng.integers(max(limits.min, -100), 100, 60)
    large = [0, 1, limits.max, limits.max - 1, limits.max // 2]
    squares = [root * root + off for root in (46341, 94906267, 3037000499) for off in (-1, 0, 1)]
    kept = [number for number in (*small.tolist(), *large, *squares) if number <= min(limits.max, 2**63 - 1)]
    return rng.permutation(np.array(kept, dtype))


@pytest.mark.parametrize("dtype", ["int8", "int32", "int64", "uint16", "uint64"])
def test_functions_of_python_integers(backend, dtype):
    a, b = numbers(dtype, 1), numbers(dtype, 2)
    fits = [math.lcm(int(x), int(y)) < 2**63 for x, y in zip(a, b, strict=True)]
    a, b = a[fits], b[fits]
    out = np.zeros((6, a.size), np.int64)
    of_python.on(backend)[a.size](a, b, out)
    expected = [
        [math.gcd(x, y), math.lcm(x, y), math.isqrt(abs(x)), math.comb(abs(x) % 62, abs(y) % 62),
         math.perm(abs(x) % 21, abs(y) % 21), math.factorial(abs(x) % 21)]
        for x, y in zip(a.tolist(), b.tolist(), strict=True)
    ]  # fmt: skip
    np.testing.assert_array_equal(out.T, expected)


def test_roots_of_the_largest_integers(backend):
    @jk.kernel
    def roots(i, x, out):
        out[i] = math.isqrt(x[i])

    x = np.array([2**63 - 1, 3037000499**2, 3037000499**2 - 1, 2**62, 2**62 - 1, 2**53 + 1, 0, 1, 3, 4])
    out = np.zeros_like(x)
    roots.on(backend)[x.size](x, out)
    assert out.tolist() == [math.isqrt(value) for value in x.tolist()]


@pytest.mark.parametrize("dtype", ["int8", "int32", "int64", "uint8", "uint64"])
def test_divisors_and_multiples_keep_the_type(backend, dtype):
    a, b = numbers(dtype, 3), numbers(dtype, 4)
    out = np.zeros((2, a.size), dtype)
    of_numpy.on(backend)[a.size](a, b, out)
    np.testing.assert_array_equal(out, [np.gcd(a, b), np.lcm(a, b)])


def test_divisors_in_the_type_of_both(backend):
    @jk.kernel
    def wide(i, a, b, out):
        out[i] = np.gcd(a[i], b[i]) * 30_000  # beyond int16

    a, b, out = np.array([12, 18], np.int16), np.array([8, 27], np.int32), np.zeros(2, np.int64)
    wide.on(backend)[2](a, b, out)
    np.testing.assert_array_equal(out, np.gcd(a, b) * 30_000)


def test_primitives_take_them(backend):
    x = np.array([36, 60, 96, 24] * 9)
    assert jk.reduce(np.gcd, x, backend=backend) == 12
    assert jk.reduce(math.gcd, x, backend=backend) == 12
    np.testing.assert_array_equal(jk.map(math.lcm, x, x[::-1], backend=backend), np.lcm(x, x[::-1]))
    np.testing.assert_array_equal(jk.scan(np.lcm, x, backend=backend), np.lcm.accumulate(x))


@pytest.mark.parametrize("function", [math.gcd, np.lcm])
def test_floats_have_no_divisors(function):
    @jk.kernel
    def divisors(i, x, out):
        out[i] = function(x[i], x[i])

    with pytest.raises(jk.KernelTypeError, match="float64"):
        divisors.on("cpu")[2](np.ones(2), np.zeros(2))


def test_three_numbers_are_one_too_many():
    @jk.kernel
    def three(i, x, out):
        out[i] = math.gcd(x[i], 2, 3)

    with pytest.raises(jk.KernelSyntaxError, match="gcd"):
        three.on("cpu")[2](np.ones(2, int), np.zeros(2, int))
