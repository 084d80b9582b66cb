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


@jk.kernel(fastmath=True)
def quotients(i, x, out):
    """Divide by a square root, in code that LLVM widens."""
    out[i] = 1.0 / math.sqrt(x[i])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 7, 16, 33, 1000])
def test_reciprocal_roots_are_within_3_ulp(size, dtype, backend):
    if backend != "cpu":
        size = min(size, 33)
    rng, limits = np.random.default_rng(size), np.finfo(dtype)
    x = np.ldexp(rng.uniform(1, 4, size).astype(dtype), rng.integers(limits.minexp + 1, limits.maxexp - 3, size))
    x[0], out = 0, np.zeros(size, dtype)
    with np.errstate(divide="ignore"):
        roots.on(backend)[size](x, out, 1)
    assert out[0] == np.inf
    exact = 1 / np.sqrt(x[1:].astype(np.longdouble))
    assert (np.abs(out[1:] - exact) <= 3 * np.spacing(exact.astype(dtype))).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_reciprocal_roots_of_zero_infinity_and_nan(dtype, backend):
    x = np.array([0, np.inf, np.nan, -1, np.finfo(dtype).max, 4, 0.25, -0.0] * 8, dtype)
    # Minus zero added to zero is zero, whose reciprocal root is infinite; on its own its sign may go.
    out, alone = np.zeros_like(x), np.zeros_like(x)
    with np.errstate(all="ignore"):
        roots.on(backend)[x.size](x, out, 1)
        quotients.on(backend)[x.size](x, alone)
        expected = 1 / np.sqrt(x + dtype(0))
    rtol = 4 * np.finfo(dtype).eps
    np.testing.assert_allclose(out, expected, rtol=rtol)
    np.testing.assert_allclose(np.abs(alone), expected, rtol=rtol)


def test_reciprocal_roots_of_small_numbers(backend):
    """Of float64; a GPU, and AVX2, take float32 numbers too small to be normal for zero."""
    x = np.array([0, 5e-324, 1e-310, 2.3e-308] * 8)
    out = np.zeros_like(x)
    with np.errstate(divide="ignore"):
        roots.on(backend)[x.size](x, out, 1)
        expected = 1 / np.sqrt(x)
    np.testing.assert_allclose(out, expected, rtol=1e-15)


@jk.kernel(fastmath=True)
def powers(i, x, y, scale, out):
    """Multiply by powers of reciprocal roots, in loops that LLVM does not widen: factors that lanes share, and of their own."""
    cube = 0.0
    square = 0.0
    alone = 0.0
    crossed = 0.0
    for k in range(scale.shape[0]):
        inverse = 1.0 / math.sqrt(x[i] + scale[k])
        cube += scale[k] * inverse * inverse * inverse
        of_lanes = 1.0 / math.sqrt(y[i] + scale[k])
        square += of_lanes * y[i] * of_lanes
        lonely = 1.0 / math.sqrt(x[i] * scale[k])
        alone += lonely * (lonely * lonely)
        shared = 1.0 / math.sqrt(y[i] * scale[k])
        crossed += shared * shared * shared * x[i] + shared
    out[0, i], out[1, i], out[2, i], out[3, i] = cube, square, alone, crossed


def of_powers(x, y, scale):
    x, y, s = (part.astype(np.longdouble) for part in (x, y, scale))
    product = (y * s) ** -0.5
    return np.stack([s * (x + s) ** -1.5, y * ((y + s) ** -0.5) ** 2, (x * s) ** -1.5, product**3 * x + product])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 16, 33, 1000])
def test_powers_of_reciprocal_roots_are_within_6_ulp(size, dtype, backend):
    if backend != "cpu":
        size = min(size, 33)
    rng = np.random.default_rng(size)
    x, y = (np.exp(rng.uniform(-8, 8, size)).astype(dtype) for _ in range(2))
    for scale in np.array([[1.0], [1.75], [3.1e-4]], dtype):
        out = np.zeros((4, size), dtype)
        powers.on(backend)[size](x, y, scale, out)
        # Sums and products under the roots are rounded, too: half an ULP, of which a cube makes one and a half.
        np.testing.assert_allclose(out, of_powers(x, y, scale), rtol=6 * np.finfo(dtype).eps)


def test_powers_of_reciprocal_roots_of_zero_infinity_and_nan(backend):
    x = np.array([0, np.inf, np.nan, -3, 1, 4, 1e18, 1e-12] * 4, np.float32)
    scale, out = np.ones(1, np.float32), np.zeros((4, x.size), np.float32)
    with np.errstate(all="ignore"):
        powers.on(backend)[x.size](x, x, scale, out)
        expected = of_powers(x, x, scale)
    rows, ends = [0, 2], np.abs(x) != np.inf  # inf / inf, and 0 * inf + 0
    np.testing.assert_allclose(out[rows], expected[rows], rtol=1e-6)
    np.testing.assert_allclose(out[1, ends], expected[1, ends], rtol=1e-6)
