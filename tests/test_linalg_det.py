"""`jk.linalg.det` and `slogdet` against LAPACK and exact fractions, on every backend."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings, strategies

import jitkit as jk
from jitkit.linalg import det, slogdet


def exactly(a):
    """Return a determinant by Leibniz's formula, of fractions."""
    n = len(a)
    total = Fraction(0)
    for order in itertools.permutations(range(n)):
        swaps = sum(order[i] > order[j] for i in range(n) for j in range(i + 1, n))
        total += (-1) ** swaps * math.prod((Fraction(float(a[i, j])) for i, j in enumerate(order)), start=Fraction(1))
    return total


def matrices(count, n, dtype="float64", seed=0):
    return np.random.default_rng(seed).standard_normal((count, n, n)).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 6])
def test_determinants(n, dtype, backend):
    a = matrices(4, n, dtype)
    want = np.array([float(exactly(one)) for one in a])
    found, (sign, logabsdet) = det(a, backend=backend), slogdet(a, backend=backend)
    tolerance = 200 * np.finfo(dtype).eps
    assert (found.dtype, sign.dtype, logabsdet.dtype) == (a.dtype,) * 3
    np.testing.assert_allclose(found, want, rtol=tolerance, atol=tolerance)
    np.testing.assert_array_equal(sign, np.sign(want))
    np.testing.assert_allclose(logabsdet, np.log(np.abs(want)), rtol=tolerance, atol=tolerance)


@settings(max_examples=40)
@given(n=strategies.integers(0, 52), count=strategies.integers(0, 40), seed=strategies.integers(0, 99))
def test_any_shape(n, count, seed):
    a = matrices(count, n, seed=seed)
    want = np.linalg.slogdet(a)
    np.testing.assert_allclose(det(a, backend="cpu"), np.linalg.det(a), rtol=1e-6)
    found = slogdet(a, backend="cpu")
    np.testing.assert_array_equal(found.sign, want.sign)
    np.testing.assert_allclose(found.logabsdet, want.logabsdet, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("n", [3, 7])
def test_singular_matrices(n, backend):
    a = matrices(3, n)
    a[0] = 0
    a[1, :, 1] = 0
    a[2, 1] = a[2, 0] = np.arange(n)
    np.testing.assert_allclose(det(a, backend=backend), 0, atol=1e-13)
    sign, logabsdet = slogdet(a[:2], backend=backend)
    assert (sign == 0).all()
    assert (logabsdet == -np.inf).all()


@pytest.mark.parametrize("n", [4, 20, 60])
def test_logarithms_where_determinants_are_too_large_or_too_small(n):
    for scale in (1e-200, 1e200):
        sign, logabsdet = slogdet(-scale * np.eye(n), backend="cpu")
        assert sign == 1
        assert logabsdet == pytest.approx(n * math.log(scale), rel=1e-14)


def test_whatever_the_arrays_are():
    a = matrices(6, 3).reshape(2, 3, 3, 3)
    np.testing.assert_allclose(det(a, backend="cpu"), np.linalg.det(a))
    np.testing.assert_allclose(det(a[:, ::2].swapaxes(-1, -2), backend="cpu"), np.linalg.det(a[:, ::2]))
    assert det([[0, 2], [3, 0]]) == -6
    assert isinstance(det(a[0, 0]), np.float64)
    assert slogdet(a[0, 0])[0] == np.sign(np.linalg.det(a[0, 0]))
    big = matrices(1, 8)
    before = big.copy()
    det(big, backend="cpu")
    np.testing.assert_array_equal(big, before)
    a[0, 1, 2, 2] = np.nan
    assert np.argwhere(np.isnan(det(a, backend="cpu"))).tolist() == [[0, 1]]
    assert np.argwhere(np.isnan(slogdet(a, backend="cpu").logabsdet)).tolist() == [[0, 1]]


@pytest.mark.parametrize("n", [3, 9, 50])
def test_matrices_on_a_gpu(n):
    a = matrices(4, n)
    with jk.emulate_cuda():
        found = [det(jk.asarray(a, device="cuda")), *slogdet(jk.asarray(a, device="cuda"))]
        assert not any(isinstance(part, np.ndarray) for part in found)
        got = [jk.to_numpy(part) for part in found]
    np.testing.assert_allclose(got, [np.linalg.det(a), *np.linalg.slogdet(a)], rtol=1e-9)


@pytest.mark.parametrize("function", [det, slogdet])
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda f, x: f(x[0]), jk.LaunchError, "takes square matrices"),
        (lambda f, x: f(x[:2]), jk.LaunchError, r"takes square matrices \(..., n, n\), not the shape \(2, 3\)"),
        (lambda f, x: f(x * 1j), jk.KernelTypeError, "real numbers"),
    ],
)
def test_mistakes_are_named(function, call, error, message):
    with pytest.raises(error, match=f"jk.linalg.{function.__name__}: .*{message}"):
        call(function, np.arange(9.0).reshape(3, 3))


def test_where_results_go_is_checked_before_they_are_found():
    a = matrices(2, 3)
    with pytest.raises(jk.LaunchError, match=r"jk.linalg.det: out= has the shape \(3,\), and the result \(2,\)"):
        det(a, out=np.empty(3))
    with pytest.raises(jk.KernelTypeError, match=r"jk.linalg.slogdet: .*a tuple of 2 arrays"):
        slogdet(a, out=np.empty(2))
