"""`jk.linalg.eigh` and `eigvalsh` against LAPACK and what defines eigenvectors, on every backend."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies

import jitkit as jk
from jitkit.linalg import eigh, eigvalsh


def symmetric(count, n, dtype="float64", seed=0):
    half = np.random.default_rng(seed).standard_normal((count, n, n))
    return (half + half.swapaxes(1, 2)).astype(dtype)


def check(a, found, digits=64):
    """Check values and vectors of whole symmetric matrices: ``a v = v w``, lengths of 1, right angles, and LAPACK's values."""
    values, vectors = found
    n, eps = a.shape[-1], np.finfo(a.dtype).eps
    assert (values.dtype, vectors.dtype, values.shape, vectors.shape) == (a.dtype, a.dtype, a.shape[:-1], a.shape)
    wide, v = a.astype(np.float64), vectors.astype(np.float64)
    size = np.abs(wide).max(axis=(-2, -1), keepdims=True, initial=0)
    assert (np.abs(wide @ v - v * values[..., None, :]) <= digits * n * eps * size).all()
    assert (np.abs(v.swapaxes(-1, -2) @ v - np.eye(n)) <= digits * n * eps).all()
    assert (np.abs(values - np.linalg.eigvalsh(wide)) <= digits * n * eps * size[..., 0]).all()
    assert (np.diff(values, axis=-1) >= 0).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [1, 2, 3, 5, 9])
def test_values_and_vectors(n, dtype, backend):
    a = symmetric(7 if n < 9 else 2, n, dtype)
    found = eigh(a, backend=backend)
    check(a, found)
    assert found.eigenvalues is found[0]
    values = eigvalsh(a, backend=backend)
    np.testing.assert_allclose(values, found[0], rtol=1e-5 if dtype == "float32" else 1e-12, atol=1e-6)


@pytest.mark.parametrize("n", [2, 8, 9, 12, 16])
def test_a_single_matrix(n, backend):
    a = np.random.default_rng(n).standard_normal((n, n))
    a = a + a.T
    values, vectors = jk.linalg.eigh(np.tril(a), backend=backend)
    np.testing.assert_allclose(values, np.linalg.eigvalsh(a), atol=1e-12)
    np.testing.assert_allclose(jk.linalg.eigvalsh(np.triu(a), "U", backend=backend), values, atol=1e-12)
    np.testing.assert_allclose(a @ vectors, vectors * values, atol=1e-12)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(n), atol=1e-12)
    a[n - 1, 0] = np.nan
    with pytest.raises(np.linalg.LinAlgError, match="NaN"):
        jk.linalg.eigh(a, backend=backend)


def test_only_one_triangle_is_read(backend):
    a = symmetric(4, 3)
    for uplo, half in (("L", np.tril), ("U", np.triu), ("l", np.tril)):
        triangle = half(a) + 9 * (half(np.ones((3, 3))) == 0)
        check(a, eigh(triangle, uplo, backend=backend))
        np.testing.assert_allclose(eigvalsh(triangle, uplo, backend=backend), np.linalg.eigvalsh(a), rtol=1e-12)


def test_equal_eigenvalues_and_matrices_of_lower_rank(backend):
    ones = np.ones((4, 4))
    for a in (
        np.zeros((4, 4)),
        np.eye(4),
        ones,
        np.diag([3.0, -1, 3, 0]),
        ones - np.eye(4),
        np.kron([[0, 1], [1, 0]], ones[:2, :2]),
    ):
        check(a, eigh(a, backend=backend))


@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1e-30, 1e30, 1e160, 1e300])
def test_large_and_tiny_matrices(scale):
    a = symmetric(50, 4) * scale
    check(a, eigh(a, backend="cpu"))


def test_small_eigenvalues_of_graded_matrices_keep_their_digits():
    scales = np.array([1.0, 1e-5, 1e-10])
    inner = np.array([[1.0, 0.5, 0.25], [0.5, 1.0, 0.5], [0.25, 0.5, 1.0]])
    values = eigvalsh(inner * np.outer(scales, scales), backend="cpu")
    determinant = np.linalg.det(inner) * np.prod(scales**2)
    np.testing.assert_allclose(np.prod(values), determinant, rtol=1e-13)
    np.testing.assert_allclose(values[2], 1.0, rtol=1e-9)


@settings(max_examples=40)
@given(
    n=strategies.integers(0, 30),
    count=strategies.integers(0, 70),
    rank=strategies.integers(1, 30),
    seed=strategies.integers(0, 99),
)
def test_any_shape_and_rank(n, count, rank, seed):
    rng = np.random.default_rng(seed)
    half = rng.standard_normal((count, n, rank)) * 10.0 ** rng.uniform(-8, 0, (count, n, 1))
    a = (half * rng.choice([-1, 1], (count, 1, rank))) @ half.swapaxes(1, 2)
    a = (a + a.swapaxes(1, 2)) / 2
    check(a, eigh(a, backend="cpu"))


def test_whatever_the_arrays_are():
    a = symmetric(6, 3)
    check(a.reshape(2, 3, 3, 3), eigh(a.reshape(2, 3, 3, 3), backend="cpu"))
    check(a[0], eigh(a[0].tolist(), backend="cpu"))
    check(a[::2], eigh(a[::2], backend="cpu"))
    integers = np.array([[2, 1], [1, 2]])
    np.testing.assert_allclose(eigvalsh(integers, backend="cpu"), [1, 3], rtol=1e-15)
    out = np.empty((6, 3)), np.empty((6, 3, 3))
    found = eigh(a, out=out, backend="cpu")
    assert found[0] is out[0]
    assert found[1] is out[1]
    check(a, found)


@pytest.mark.parametrize("n", [3, 26])
def test_matrices_on_a_gpu(n):
    a = symmetric(5, n, "float32")
    with jk.emulate_cuda():
        found = eigh(jk.asarray(a, device="cuda"))
        values = eigvalsh(jk.asarray(a, device="cuda"))
        assert not any(isinstance(part, np.ndarray) for part in (*found, values))
        check(a, tuple(map(jk.to_numpy, found)))
        np.testing.assert_allclose(jk.to_numpy(values), jk.to_numpy(found[0]), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("n", [3, 26])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_are_refused_and_leave_out_as_it_was(n, value):
    a, out = symmetric(5, n), np.full((5, n), 7.0)
    a[2, 1, 0] = value
    with pytest.raises(np.linalg.LinAlgError, match=r"jk.linalg.eigvalsh: .*NaN or infinities"):
        eigvalsh(a, out=out, backend="cpu")
    assert (out == 7).all()


@pytest.mark.parametrize("function", [eigh, eigvalsh])
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda f, x: f(x[0]), jk.LaunchError, "takes square matrices"),
        (lambda f, x: f(x[:2]), jk.LaunchError, r"takes square matrices \(..., n, n\), not the shape \(2, 3\)"),
        (lambda f, x: f(x * 1j), jk.KernelTypeError, "real numbers"),
        (lambda f, x: f(x, "lower"), ValueError, "UPLO='lower'; it is 'L' for the lower triangle or 'U' for the upper"),
        (lambda f, x: f(x, 1), ValueError, "UPLO=1; it is"),
    ],
)
def test_mistakes_are_named(function, call, error, message):
    with pytest.raises(error, match=message):
        call(function, np.arange(9.0).reshape(3, 3))
