"""NumPy's functions of complex numbers in kernels, against NumPy's own in extended precision, on every backend."""

from __future__ import annotations

import cmath
import itertools

import numpy as np
import pytest

import jitkit as jk

COMPLEX = ["complex64", "complex128"]


@jk.kernel
def every_function(i, z, out):
    w = z[i]
    out[0, i] = np.exp(w)
    out[1, i] = np.log(w)
    out[2, i] = np.log2(w)
    out[3, i] = np.log10(w)
    out[4, i] = np.sqrt(w)
    out[5, i] = np.sin(w)
    out[6, i] = np.cos(w)
    out[7, i] = np.tan(w)
    out[8, i] = np.sinh(w)
    out[9, i] = np.cosh(w)
    out[10, i] = np.tanh(w)


FUNCTIONS = [np.exp, np.log, np.log2, np.log10, np.sqrt, np.sin, np.cos, np.tan, np.sinh, np.cosh, np.tanh]


def values_of(z, backend):
    out = np.empty((len(FUNCTIONS), z.size), z.dtype)
    every_function.on(backend)[z.size](z, out)
    return dict(zip(FUNCTIONS, out, strict=True))


def points(dtype, count):
    rng = np.random.default_rng(0)
    angles = np.exp(1j * rng.uniform(-np.pi, np.pi, (2, count)))
    around = rng.normal(size=count) + 1j * rng.normal(size=count)
    wide = 10 ** rng.uniform(-6, 1.5, count) * angles[0]
    near_one = (1 + 1e-5 * rng.normal(size=count)) * angles[1]
    return np.concatenate([around, wide, near_one]).astype(dtype)


@pytest.mark.parametrize("dtype", COMPLEX)
def test_values(dtype, backend):
    z = points(dtype, 700 if backend == "cpu" else 20)
    for function, found in values_of(z, backend).items():
        expected = function(z.astype(np.clongdouble))
        error = np.abs(found - expected) / np.abs(expected) / np.finfo(dtype).eps
        assert error.max() < 4, (function, z[error.argmax()])


@pytest.mark.filterwarnings("ignore:(overflow|invalid value|divide by zero) encountered")
@pytest.mark.parametrize("dtype", COMPLEX)
def test_special_values_are_those_of_numpy(dtype, backend):
    large = [710.0, 1400.0, -1e308, 1e-310] if dtype == "complex128" else [89.0, 170.0, -1e38, 1e-40]
    parts = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, np.inf, -np.inf, np.nan, *large]
    real = np.dtype(dtype).type().real.dtype
    z = np.array(list(itertools.product(parts, parts)), real).view(dtype).ravel()
    z = z if backend != "cuda" else z[::3]
    tiny = np.finfo(real).tiny
    for function, found in values_of(z, backend).items():
        for at, got, expected in zip(
            z, found.view(real).reshape(-1, 2), function(z).view(real).reshape(-1, 2), strict=True
        ):
            for one, other in zip(got, expected, strict=True):
                # Annex G leaves the sign of zeros and infinities beside a NaN open, and of zeros for two infinities.
                free = np.isnan(expected).any() or not np.isfinite(at.real or at.imag)
                same = np.isnan(one) if np.isnan(other) else one == other or (free and abs(one) == abs(other))
                if free and np.isnan(one) and other == 0:
                    same = True
                close = abs(one - other) <= 1e-5 * abs(other) + tiny / 1e4
                assert same or close, (function, at, got, expected)


@jk.kernel
def powers(i, z, w, n, out):
    out[0, i] = z[i] ** w[i]
    out[1, i] = np.power(z[i], w[i])
    out[2, i] = z[i] ** n[i]
    out[3, i] = z[i] ** 3 + z[i] ** -2
    out[4, i] = 1j ** w[i].real
    out[5, i] = z[i] ** 0.5


@pytest.mark.parametrize("dtype", COMPLEX)
@pytest.mark.filterwarnings("ignore:(invalid value|divide by zero) encountered")
def test_powers(dtype, backend):
    rng = np.random.default_rng(1)
    z, w = (rng.normal(size=(2, 40)) + 1j * rng.normal(size=(2, 40))).astype(dtype)
    z[:4], w[:6] = 0, [2, 0, 1j, -1, 0, 1]
    n = rng.integers(-9, 10, 40)
    n[:4] = [0, 1, 2, 3]
    out = np.empty((6, 40), dtype)
    powers.on(backend)[40](z, w, n, out)
    plain = z**w
    expected = [plain, plain, [a**b for a, b in zip(z, n, strict=True)], z**3 + z**-2, 1j**w.real, z**0.5]
    for got, wanted in zip(out, expected, strict=True):
        np.testing.assert_allclose(got, np.array(wanted, dtype), rtol=40 * np.finfo(dtype).eps)


def test_tests(backend):
    @jk.kernel
    def tests(i, z, out):
        out[0, i] = np.isnan(z[i])
        out[1, i] = np.isinf(z[i])
        out[2, i] = np.isfinite(z[i])

    z = np.array([1j, complex(1, np.nan), complex(np.inf, 1), complex(np.nan, -np.inf)])
    out = np.empty((3, 4), bool)
    tests.on(backend)[4](z, out)
    np.testing.assert_array_equal(out, [np.isnan(z), np.isinf(z), np.isfinite(z)])


def test_waves_in_a_loop(backend):
    @jk.kernel
    def transform(k, x, out):
        total = 0j
        for j in range(x.shape[0]):
            total += x[j] * np.exp(-2j * np.pi * j * k / x.shape[0])
        out[k] = total

    x = np.random.default_rng(2).normal(size=24)
    out = np.empty(24, complex)
    transform.on(backend)[24](x, out)
    np.testing.assert_allclose(out, np.fft.fft(x), rtol=1e-12, atol=1e-13)


def test_what_there_is_not_is_named(backend):
    @jk.kernel
    def arc(i, z, out):
        out[i] = np.arcsin(z[i])

    @jk.kernel
    def other_module(i, z, out):
        out[i] = cmath.exp(z[i])

    @jk.kernel
    def angle(i, z, out):
        out[i] = np.angle(z[i])

    z = np.ones(3, complex)
    if backend != "python":
        with pytest.raises(jk.KernelTypeError, match=r"np\.arcsin is not available for complex128"):
            arc.on(backend)[3](z, z)
    with pytest.raises(
        jk.JitkitError, match=r"cmath\.exp\(\.\.\.\).*: write np\.exp, which takes complex numbers, too"
    ):
        other_module.on(backend)[3](z, z)
    with pytest.raises(jk.JitkitError, match=r"np\.angle\(\.\.\.\).*: write np\.arctan2\(z\.imag, z\.real\)"):
        angle.on(backend)[3](z, z)
