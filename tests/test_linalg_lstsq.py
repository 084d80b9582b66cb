"""`jk.linalg.lstsq` against LAPACK and what defines least squares, on every backend."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies

import jitkit as jk
from jitkit.linalg import lstsq


def matrices(*shape, dtype="float64", seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def problems(m, n, k, dtype="float64", count=5):
    return matrices(count, m, n, dtype=dtype), matrices(count, m, k, dtype=dtype, seed=1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("m", "n", "k"), [(1, 1, 1), (4, 4, 2), (5, 3, 1), (9, 2, 3)])
def test_least_squares(m, n, k, dtype, backend):
    a, b = problems(m, n, k, dtype)
    x, residuals = lstsq(a, b, backend=backend)
    assert (x.dtype, x.shape, residuals.dtype, residuals.shape) == (a.dtype, (5, n, k), a.dtype, (5, k))
    for s in range(5):
        want = np.linalg.lstsq(a[s].astype(float), b[s].astype(float))[0]
        np.testing.assert_allclose(
            x[s], want, rtol=2e-3 if dtype == "float32" else 1e-10, atol=1e-3 if dtype == "float32" else 0
        )
        left = ((b[s] - a[s].astype(float) @ want) ** 2).sum(0)
        np.testing.assert_allclose(residuals[s], left, rtol=1e-3 if dtype == "float32" else 1e-10, atol=1e-5)


@settings(max_examples=30)
@given(
    n=strategies.integers(0, 30),
    more=strategies.integers(0, 40),
    k=strategies.integers(0, 4),
    count=strategies.integers(0, 9),
)
def test_least_squares_of_any_shape(n, more, k, count):
    a, b = problems(n + more, n, k, count=count)
    x, residuals = lstsq(a, b, backend="cpu")
    np.testing.assert_allclose(a.swapaxes(1, 2) @ (b - a @ x), 0, atol=1e-7 * (1 + np.abs(x).max(initial=0)))
    np.testing.assert_allclose(
        residuals, ((b - a @ x) ** 2).sum(1), rtol=1e-7, atol=1e-12 * (1 + np.abs(x).max(initial=0)) ** 2
    )


def test_vectors_and_stacks_are_broadcast():
    a, b = problems(6, 3, 2)
    x, residuals = lstsq(a[0], b[0, :, 0], backend="cpu")
    assert (x.shape, residuals.shape) == ((3,), ())
    np.testing.assert_allclose(x, np.linalg.lstsq(a[0], b[0, :, 0])[0])
    x, residuals = lstsq(a, b[0, :, 0], backend="cpu")
    assert (x.shape, residuals.shape) == ((5, 3), (5,))
    np.testing.assert_allclose(x[4], np.linalg.lstsq(a[4], b[0, :, 0])[0])
    x = lstsq(a[0], b, backend="cpu").x
    np.testing.assert_allclose(x[3], np.linalg.lstsq(a[0], b[3])[0])


def test_matrices_on_a_gpu():
    a, b = problems(6, 3, 2, "float32")
    with jk.emulate_cuda():
        found = lstsq(jk.asarray(a, device="cuda"), jk.asarray(b, device="cuda"))
        assert not any(isinstance(part, np.ndarray) for part in found)
        np.testing.assert_allclose(jk.to_numpy(found.x), lstsq(a, b, backend="cpu").x, rtol=1e-4, atol=1e-5)


def test_columns_that_depend_on_one_another_are_refused_and_leave_out_as_it_was(backend):
    a, b = problems(5, 3, 1)
    a[2, :, 2] = a[2, :, 0] - a[2, :, 1]
    out = np.full((5, 3, 1), 7.0), np.full((5, 1), 7.0)
    with pytest.raises(np.linalg.LinAlgError, match="columns of matrix 2 depend on one another, of 1 such among 5"):
        lstsq(a, b, out=out, backend=backend)
    assert (out[0] == 7).all()
    lstsq(a[:2], b[:2], 1e-9, backend=backend)
    with pytest.raises(np.linalg.LinAlgError, match="matrix 0 depend"):
        lstsq(np.diag([1.0, 1e-3]), [1.0, 1.0], 1e-2, backend=backend)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda x: lstsq(x[:2], [1, 2]),
            jk.LaunchError,
            r"at least as many rows as columns, not the shape \(2, 3\): numpy",
        ),
        (lambda x: lstsq(x, [1, 2]), jk.LaunchError, r"right-hand sides of the shape \(2,\) do not fit: 3 equations"),
        (lambda x: lstsq(x, x, "1"), jk.LaunchError, "rcond='1'; it is a real number"),
        (lambda x: lstsq(x, x, -1), jk.LaunchError, "rcond=-1; it is a number from 0"),
        (lambda x: lstsq(x * 1j, x), jk.KernelTypeError, "real numbers"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(np.arange(9.0).reshape(3, 3))
