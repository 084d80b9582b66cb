"""`jk.linalg.qr` against LAPACK and what defines its factors, on every backend."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies

import jitkit as jk
from jitkit.linalg import qr


def matrices(*shape, dtype="float64", seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def check(a, found, digits=64):
    """Check factors: ``Q R = a``, right angles and lengths of 1, zeros below the diagonal."""
    q, r = (part.astype(np.float64) for part in found)
    (m, n), eps = a.shape[-2:], np.finfo(a.dtype).eps
    k = min(m, n)
    assert (found[0].dtype, found[1].dtype) == (a.dtype, a.dtype)
    assert (q.shape, r.shape) == ((*a.shape[:-1], k), (*a.shape[:-2], k, n))
    size = np.abs(a).astype(np.float64).max(axis=(-2, -1), keepdims=True, initial=0)
    assert (np.abs(q @ r - a) <= digits * max(m, 1) * eps * size).all()
    assert (np.abs(q.swapaxes(-1, -2) @ q - np.eye(k)) <= digits * max(m, 1) * eps).all()
    np.testing.assert_array_equal(r, np.triu(r))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (3, 3), (4, 2), (2, 4), (7, 5)])
def test_factors(shape, dtype, backend):
    a = matrices(4, *shape, dtype=dtype)
    before = a.copy()
    found = qr(a, backend=backend)
    check(a, found)
    assert found.Q is found[0]
    np.testing.assert_array_equal(a, before)
    r = qr(a, "r", backend=backend)
    np.testing.assert_allclose(r, found.R, rtol=1e-5 if dtype == "float32" else 1e-13, atol=1e-6)
    np.testing.assert_allclose(
        np.abs(r), np.abs(np.linalg.qr(a.astype(float)).R), atol=2e-5 if dtype == "float32" else 1e-12
    )


@settings(max_examples=40)
@given(
    m=strategies.integers(0, 52),
    n=strategies.integers(0, 52),
    count=strategies.integers(0, 20),
    rank=strategies.integers(1, 52),
    seed=strategies.integers(0, 99),
)
def test_any_shape_and_rank(m, n, count, rank, seed):
    a = matrices(count, m, rank, seed=seed) @ matrices(count, rank, n, seed=seed + 1)
    check(a, qr(a, backend="cpu"))


@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1e160, 1e300])
def test_large_and_tiny_matrices(scale):
    a = matrices(9, 6, 4) * scale
    q, r = qr(a, backend="cpu")
    check(a / scale, (q, r / scale))


def test_special_matrices(backend):
    for a in (np.zeros((3, 3)), np.eye(3), -np.eye(3), np.ones((4, 3)), np.triu(np.ones((3, 3)))):
        check(a, qr(a, backend=backend))


def test_whatever_the_arrays_are():
    a = matrices(2, 3, 5, 4)
    check(a, qr(a, backend="cpu"))
    check(a[0, 0], qr(a[0, 0].tolist(), backend="cpu"))
    turned = a[:, ::2].swapaxes(-1, -2)
    check(turned, qr(turned, backend="cpu"))
    check(np.array([[2.0, 1], [1, 2]]), qr([[2, 1], [1, 2]], backend="cpu"))
    out = np.empty((2, 3, 4, 4))
    assert qr(a, "r", out=out, backend="cpu") is out
    np.testing.assert_array_equal(out, qr(a, "r", backend="cpu"))


def test_matrices_on_a_gpu():
    a = matrices(5, 6, 3, dtype="float32")
    with jk.emulate_cuda():
        found = qr(jk.asarray(a, device="cuda"))
        assert not any(isinstance(part, np.ndarray) for part in found)
        check(a, tuple(map(jk.to_numpy, found)))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: qr(x[0]), jk.LaunchError, r"jk.linalg.qr: takes matrices \(..., m, n\), not the shape \(3,\)"),
        (lambda x: qr(x * 1j), jk.KernelTypeError, "real numbers"),
        (lambda x: qr(x, "complete"), ValueError, "mode='complete'; it is 'reduced' for both factors or 'r'"),
        (lambda x: qr(x, out=np.empty((3, 3))), jk.KernelTypeError, "a tuple of 2 arrays"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(np.arange(9.0).reshape(3, 3))
