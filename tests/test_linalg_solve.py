"""`jk.linalg`'s direct solvers against NumPy and SciPy, on every backend."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg

import jitkit as jk
from jitkit.linalg import cho_solve, cholesky, solve, solve_triangular, solve_tridiagonal

RNG = np.random.default_rng(7)


def numbers(*shape, dtype="float32"):
    return RNG.random(shape).astype(dtype)


def matrices(*shape, dtype="float32"):
    return numbers(*shape, shape[-1], dtype=dtype) + 2 * np.eye(shape[-1], dtype=dtype)[::-1]


def definite(*shape, dtype="float32"):
    a = numbers(*shape, shape[-1], dtype=dtype)
    return a @ a.swapaxes(-1, -2) + np.eye(shape[-1], dtype=dtype)


def close(got, want, rtol=2e-4):
    assert (got.dtype, got.shape) == (want.dtype, want.shape)
    np.testing.assert_allclose(got, want, rtol=rtol, atol=rtol)


def test_solves_as_numpy(backend):
    a, b = matrices(40, 5), numbers(40, 5, 3)
    before = a.copy(), b.copy()
    close(solve(a, b, backend=backend), np.linalg.solve(a, b))
    np.testing.assert_array_equal(a, before[0])
    np.testing.assert_array_equal(b, before[1])
    assert solve(a, b, out=b, backend=backend) is b
    close(b, np.linalg.solve(*before))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((3,), (3,)),
        ((3,), (3, 2)),
        ((4, 3), (3,)),
        ((4, 1, 3), (2, 3, 2)),
        ((0,), (0,)),
        ((2, 0), (2, 0, 3)),
        ((0, 3), (3, 1)),
    ],
)
def test_shapes_of_systems(a, b):
    a, b = matrices(*a, dtype="float64"), numbers(*b, dtype="float64")
    close(solve(a, b), np.linalg.solve(a, b), 1e-12)


@pytest.mark.parametrize("n", [1, 2, 7, 33, 60])
def test_systems_of_any_size(n):
    a, b = matrices(3, n, dtype="float64"), numbers(3, n, 2, dtype="float64")
    close(solve(a.swapaxes(1, 2), b[:, ::-1]), np.linalg.solve(a.swapaxes(1, 2), b[:, ::-1]), 1e-9)


def test_cholesky(backend):
    a, b = definite(30, 5), numbers(30, 5)
    factors = np.empty_like(a)
    assert cholesky(a, out=factors, backend=backend) is factors
    close(factors, np.linalg.cholesky(a))
    want = np.linalg.solve(a, b[..., None])[..., 0]
    close(cho_solve((factors, True), b, backend=backend), want)
    assert cho_solve((factors, True), b, out=b, backend=backend) is b
    close(b, want)


@pytest.mark.parametrize("n", [1, 9, 50])
def test_upper_cholesky(n):
    a, b = definite(2, n, dtype="float64"), numbers(2, n, 3, dtype="float64")
    factors = cholesky(np.triu(a), upper=True)
    close(factors, np.linalg.cholesky(a, upper=True), 1e-10)
    close(cho_solve((factors, False), b), np.linalg.solve(a, b), 1e-8)


def test_triangular_systems(backend):
    a, b = numbers(20, 6, 6) + 3 * np.eye(6, dtype="float32"), numbers(20, 6)
    for lower, trans in ((True, 0), (False, "T")):
        want = [scipy.linalg.solve_triangular(*ab, trans=trans, lower=lower) for ab in zip(a, b, strict=True)]
        out = np.empty_like(b)
        assert solve_triangular(a, b, trans, lower, out=out, backend=backend) is out
        close(out, np.array(want))


@pytest.mark.parametrize("n", [5, 300])
@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("trans", [0, 1])
@pytest.mark.parametrize("unit", [False, True])
def test_triangular_systems_of_any_size(n, lower, trans, unit):
    a, b = numbers(n, n, dtype="float64") / n + 2 * np.eye(n), numbers(n, 17, dtype="float64")
    for side in (b, b[:, 0]):
        want = scipy.linalg.solve_triangular(a, side, trans, lower, unit)
        close(solve_triangular(a, side, trans, lower, unit), want, 1e-9)
        close(solve_triangular(np.asfortranarray(a), side, trans, lower, unit), want, 1e-9)


def dense_of(dl, d, du):
    return np.diag(dl, -1) + np.diag(d) + np.diag(du, 1)


def test_tridiagonal_systems(backend):
    dl, d, du, b = numbers(20, 8), numbers(20, 9) + 2, numbers(20, 8), numbers(20, 9)
    want = [np.linalg.solve(dense_of(*s), side) for *s, side in zip(dl, d, du, b, strict=True)]
    close(solve_tridiagonal(dl, d, du, b, backend=backend), np.array(want))


@pytest.mark.parametrize("n", [0, 1, 2, 40])
def test_tridiagonal_stacks_are_broadcast(n):
    dl, d, b = (
        numbers(max(n - 1, 0), dtype="float64"),
        numbers(n, dtype="float64") + 2,
        numbers(3, 2, n, dtype="float64"),
    )
    out = np.empty((3, 2, n))
    assert solve_tridiagonal(dl, d, dl, b, out=out) is out
    want = np.linalg.solve(dense_of(dl, d, dl), b.reshape(6, n).T).T.reshape(3, 2, n) if n else out
    close(out, want, 1e-10)


def test_device_arrays():
    a, b = definite(4, 3), numbers(4, 3)
    with jk.emulate_cuda():
        factors = cholesky(jk.asarray(a, device="cuda"))
        b_there = jk.asarray(b, device="cuda")
        got = cho_solve((factors, True), b_there)
        close(jk.to_numpy(got), np.linalg.solve(a, b[..., None])[..., 0])
        assert cho_solve((factors, True), b_there, out=b_there) is b_there
        close(jk.to_numpy(b_there), jk.to_numpy(got))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: solve(x[:2], x), jk.LaunchError, r"takes square matrices .* \(2, 3\)"),
        (lambda x: solve(x, x[:2]), jk.LaunchError, "do not fit: 3 equations each"),
        (lambda x: solve(np.ones((2, 3, 3)), np.ones((4, 3, 1))), jk.LaunchError, "do not broadcast"),
        (lambda x: solve(np.zeros((60, 60)), np.ones(60)), np.linalg.LinAlgError, "jk.linalg.solve: singular"),
        (lambda x: cholesky(np.zeros((60, 60))), np.linalg.LinAlgError, "jk.linalg.cholesky: matrix is not positive"),
        (lambda x: solve(x, x[0]), np.linalg.LinAlgError, "matrix 0 is singular"),
        (
            lambda x: solve(np.stack([np.eye(3), x]), x),
            np.linalg.LinAlgError,
            "matrix 1 is singular, of 1 such among 2",
        ),
        (lambda x: solve(x * 1j, x), jk.KernelTypeError, "takes real numbers"),
        (lambda x: cholesky(-x), np.linalg.LinAlgError, "matrix 0 is not positive definite"),
        (lambda x: cholesky(x * np.nan), np.linalg.LinAlgError, "not positive definite"),
        (lambda x: cholesky(x[0]), jk.LaunchError, "takes square matrices"),
        (lambda x: cho_solve(x, x[0]), jk.KernelTypeError, "c_and_lower= is a tuple of the factors"),
        (lambda x: solve_triangular(x, x[0], "X"), ValueError, "trans='X' is none of"),
        (lambda x: solve_triangular(np.tril(x, -1), x[0]), np.linalg.LinAlgError, "its diagonal is 0 at 0"),
        (lambda x: solve_tridiagonal(x[0], x[0], x[0], x[0]), jk.LaunchError, r"takes the shapes \(..., n - 1\)"),
        (lambda x: solve_tridiagonal(x[:2, :2], x, x[:, :2], x), jk.LaunchError, "do not broadcast"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(np.ones((3, 3)))
