"""`jk.linalg.inv` against LAPACK and what defines inverses, on every backend."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies

import jitkit as jk
from jitkit.linalg import inv


def matrices(*shape, dtype="float64", seed=0):
    """Return matrices whose largest elements lie beside the diagonal, so that rows are exchanged."""
    whole = np.random.default_rng(seed).standard_normal((*shape, shape[-1]))
    return (whole + 2 * shape[-1] * np.eye(shape[-1])[::-1]).astype(dtype)


def check(a, found, digits=64):
    """Check inverses: ``a found = 1``, as far as the digits of the type and the condition say."""
    n = a.shape[-1]
    assert (found.dtype, found.shape) == (a.dtype, a.shape)
    wide, x = a.astype(np.float64), found.astype(np.float64)
    size = np.abs(wide).sum(-1).max(-1, initial=1) * np.abs(x).sum(-1).max(-1, initial=1)
    assert (np.abs(wide @ x - np.eye(n)) <= digits * max(n, 1) * np.finfo(a.dtype).eps * size[..., None, None]).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 6, 8, 11])
def test_inverses(n, dtype, backend):
    a = matrices(5, n, dtype=dtype)
    before = a.copy()
    found = inv(a, backend=backend)
    check(a, found)
    np.testing.assert_array_equal(a, before)
    np.testing.assert_allclose(
        found, np.linalg.inv(a.astype(np.float64)), rtol=0, atol=1e-4 if dtype == "float32" else 1e-12
    )


@settings(max_examples=40)
@given(n=strategies.integers(0, 52), count=strategies.integers(0, 40), seed=strategies.integers(0, 99))
def test_any_shape(n, count, seed):
    a = matrices(count, n, seed=seed) * 10.0 ** np.random.default_rng(seed).uniform(-8, 8)
    check(a, inv(a, backend="cpu"))


@pytest.mark.parametrize("n", [2, 6, 20])
@pytest.mark.parametrize("scale", [1e-300, 1e-150, 1e150, 1e300])
def test_large_and_tiny_matrices(n, scale):
    a = matrices(9, n)
    np.testing.assert_allclose(inv(a * scale, backend="cpu") * scale, np.linalg.inv(a), rtol=1e-9, atol=1e-14)


def test_whatever_the_arrays_are():
    a = matrices(2, 3, 4)
    check(a, inv(a, backend="cpu"))
    check(a[0, 0], inv(a[0, 0].tolist(), backend="cpu"))
    check(a[:, ::2].swapaxes(-1, -2), inv(a[:, ::2].swapaxes(-1, -2), backend="cpu"))
    np.testing.assert_array_equal(inv(np.array([[2, 0], [0, 4]]), backend="cpu"), [[0.5, 0], [0, 0.25]])
    want = np.linalg.inv(a)
    assert inv(a, out=a, backend="cpu") is a
    np.testing.assert_allclose(a, want, rtol=1e-12, atol=1e-14)


def test_nan_stays_in_its_matrix(backend):
    a = matrices(3, 3)
    a[1, 0, 0] = np.nan
    found = inv(a, backend=backend)
    assert np.isnan(found[1]).any()
    np.testing.assert_allclose(found[::2], np.linalg.inv(a[::2]), rtol=1e-12)


@pytest.mark.parametrize("n", [3, 9, 50])
def test_matrices_on_a_gpu(n):
    a = matrices(4, n, dtype="float32")
    with jk.emulate_cuda():
        found = inv(jk.asarray(a, device="cuda"))
        assert not isinstance(found, np.ndarray)
        check(a, jk.to_numpy(found))


@pytest.mark.parametrize("n", [3, 9, 50])
def test_singular_matrices_are_refused_and_leave_out_as_it_was(n, backend):
    a = matrices(3, n)
    a[1, :, 0] = 0
    out = np.full(a.shape, 7.0)
    if n < 50 or backend == "cpu":
        with pytest.raises(np.linalg.LinAlgError, match=r"jk.linalg.inv: .*singular"):
            inv(a, out=out, backend=backend)
        assert (out == 7).all()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: inv(x[0]), jk.LaunchError, "jk.linalg.inv: takes square matrices"),
        (lambda x: inv(x[:2]), jk.LaunchError, r"takes square matrices \(..., n, n\), not the shape \(2, 3\)"),
        (lambda x: inv(x * 1j), jk.KernelTypeError, "real numbers"),
        (
            lambda x: inv(x, out=np.empty((3, 2))),
            jk.LaunchError,
            r"out= has the shape \(3, 2\), and the result \(3, 3\)",
        ),
        (lambda x: inv(np.zeros((4, 2, 2))), np.linalg.LinAlgError, "matrix 0 is singular, of 4 such among 4"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(np.arange(9.0).reshape(3, 3))
