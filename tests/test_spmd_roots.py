"""Reciprocal square roots with less care, in kernels by vectors."""

from __future__ import annotations

import math

import numpy as np
import pytest

import jitkit as jk


@jk.kernel(fastmath=True)
def roots(i, x, out, times):
    """Add reciprocal square roots in a loop that LLVM does not widen; `times` is 1."""
    total = 0.0
    for k in range(times):
        total += 1.0 / math.sqrt(x[i] + x[k])
    out[i] = total


@pytest.mark.parametrize("size", [1, 7, 16, 33, 1000])
def test_reciprocal_roots_of_float64_are_within_2_ulp(size, backend):
    if backend != "cpu":
        size = min(size, 33)
    x = np.ldexp(np.random.default_rng(size).uniform(1, 4, size), np.random.default_rng(1).integers(-1021, 1020, size))
    x[0], out = 0, np.zeros(size)
    with np.errstate(divide="ignore"):
        roots.on(backend)[size](x, out, 1)
    assert out[0] == np.inf
    exact = 1 / np.sqrt(x[1:].astype(np.longdouble))
    assert (np.abs(out[1:] - exact) <= 2 * np.spacing(exact.astype(float))).all()


def test_reciprocal_roots_of_zero_infinity_nan_and_small_numbers(backend):
    x = np.array([0, np.inf, np.nan, -1, 5e-324, 1e-310, 1.7e308, 4, 0.25] * 8)
    out = np.zeros_like(x)
    with np.errstate(all="ignore"):
        roots.on(backend)[x.size](x, out, 1)
        expected = 1 / np.sqrt(x)
    np.testing.assert_allclose(out, expected, rtol=1e-15)
