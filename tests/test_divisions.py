"""Loops that divide integers: numbers are right on every backend, and what no vector divides is not widened."""

from __future__ import annotations

import math

import numpy as np
import pytest

import jitkit as jk

N = 300


@jk.kernel
def is_prime(i, out, first):
    number = i + first
    k = 2
    while k * k <= number:
        if number % k == 0:
            return
        k += 1
    out[i] = True


def euclid(a, b):
    while b:
        a, b = b, a % b
    return a


@jk.kernel
def common_divisor(i, a, b, out):
    out[i] = euclid(a[i], b[i])


def test_a_search_for_divisors(backend):
    out = np.zeros(N, bool)
    is_prime.on(backend)[N](out, 2)
    assert out.tolist() == [all(n % k for k in range(2, n)) for n in range(2, N + 2)]


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint32"])
def test_euclid(backend, dtype):
    rng = np.random.default_rng(0)
    a, b = (rng.integers(0, 10**6, N).astype(dtype) for _ in "ab")
    out = np.zeros(N, dtype)
    common_divisor.on(backend)[N](a, b, out)
    assert out.tolist() == [math.gcd(x, y) for x, y in zip(a.tolist(), b.tolist(), strict=True)]


def test_divisions_that_wait_for_none_before_are_left_to_points():
    """Lanes of Euclid's algorithm wait side by side, and those of the search divide one after another."""
    x = np.ones(N, np.int64)
    assert "x i64>" not in is_prime.inspect(np.zeros(N, bool), 2, space=N, backend="cpu").llvm
    assert "x i64>" in common_divisor.inspect(x, x, x, space=N, backend="cpu").llvm
