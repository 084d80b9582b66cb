"""`jk.linalg.cg` and `bicgstab` against NumPy and SciPy, on every backend."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse.linalg
from scipy import sparse

import jitkit as jk
from jitkit.linalg import bicgstab, cg
from jitkit.sparse import ell

RNG = np.random.default_rng(8)
N = 60
B = RNG.random(N)


def matrix(symmetric=True):
    diagonals = [-np.ones(N - 1), np.linspace(2.5, 9, N), -np.ones(N - 1) * (1 if symmetric else 0.3)]
    return sparse.csr_array(sparse.diags_array(diagonals, offsets=[-1, 0, 1]))


@pytest.mark.parametrize(("method", "symmetric"), [(cg, True), (bicgstab, False)])
def test_solves_on_every_backend(method, symmetric, backend):
    a, b = matrix(symmetric).astype("float32"), B.astype("float32")
    out = np.empty(N, np.float32)
    x, info = method(a, b, rtol=1e-5, out=out, backend=backend)
    assert info == 0
    assert x is out
    np.testing.assert_allclose(x, np.linalg.solve(a.toarray(), b), atol=1e-4)
    a, b = a[:4, :4], b[:4]
    for scale in (1e-30, 1e30):  # their squares are 0 and infinite in float32
        x, info = method(a, b * np.float32(scale), np.full(4, scale), atol=1e-6 * scale, backend=backend)
        assert info == 0
        np.testing.assert_allclose(x / np.float32(scale), np.linalg.solve(a.toarray(), b), atol=1e-4)


@pytest.mark.parametrize(("method", "symmetric"), [(cg, True), (bicgstab, False)])
def test_any_form_of_the_matrix(method, symmetric):
    a = matrix(symmetric)
    want = np.linalg.solve(a.toarray(), B)
    for form in (
        a,
        a.toarray(),
        ell(a),
        a.tocoo(),
        a.tolil(),
        lambda v: a @ v,
        scipy.sparse.linalg.aslinearoperator(a),
    ):
        before = B.copy()
        x, info = method(form, B, rtol=1e-10)
        assert info == 0
        np.testing.assert_allclose(x, want, rtol=1e-8)
        np.testing.assert_array_equal(B, before)


@pytest.mark.parametrize("name", ["cg", "bicgstab"])
def test_steps_are_those_of_scipy(name):
    a = matrix(symmetric=name == "cg")
    inverse = sparse.diags_array(1 / a.diagonal()).tocsr()
    for options in ({}, {"M": inverse}, {"x0": RNG.random(N)}, {"atol": 1e-2}, {"M": inverse, "x0": np.ones(N)}):
        seen, expected = [], []
        x, info = getattr(jk.linalg, name)(a, B, callback=lambda v, seen=seen: seen.append(v.copy()), **options)
        keep = lambda v, kept=expected: kept.append(v.copy())  # noqa: E731
        want, _ = getattr(scipy.sparse.linalg, name)(a, B, callback=keep, **options)
        assert info == 0
        assert len(seen) == len(expected) > 1
        np.testing.assert_allclose(seen, expected, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(x, want, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("method", [cg, bicgstab])
def test_the_ends_of_the_iteration(method):
    a = matrix()
    x, info = method(a, np.zeros(N))
    assert info == 0
    assert not x.any()
    assert method(a, B, maxiter=2)[1] == 2
    assert method(a, B, np.ones(N), maxiter=1)[1] == 1
    x0 = np.linalg.solve(a.toarray(), B)
    x, info = method(a, B, x0)
    assert info == 0
    np.testing.assert_array_equal(x, x0)
    assert x is not x0


def test_bicgstab_breaks_down():
    turn = np.array([[0.0, 1.0], [-1.0, 0.0]])
    assert bicgstab(turn, [1.0, 0.0])[1] == -11
    assert bicgstab(np.diag([1.0, 2.0]), [1e-20, 1e-20])[1] == 0  # what is small is not broken
    assert bicgstab(np.eye(2), [np.nan, 1.0])[1] == -10


def test_cg_ends_where_no_direction_is_left():
    for a, b in ((np.zeros((2, 2)), [1.0, 1.0]), (np.eye(2), [np.nan, 1.0]), (np.eye(2), [np.inf, 1.0])):
        assert cg(a, b, maxiter=7)[1] == 7


def test_device_arrays():
    a, b = matrix().astype("float32"), B.astype("float32")
    with jk.emulate_cuda():
        parts = tuple(jk.asarray(part, device="cuda") for part in (a.data, a.indices, a.indptr))
        x, info = cg((*parts, a.shape), jk.asarray(b, device="cuda"))
        assert info == 0
        np.testing.assert_allclose(jk.to_numpy(x), np.linalg.solve(a.toarray(), b), atol=1e-4)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda a: cg(a, B[:5]), jk.LaunchError, r"goes with a matrix of the shape \(5, 5\), not \(60, 60\)"),
        (lambda a: cg(a.toarray()[:5], B), jk.LaunchError, r"not \(5, 60\)"),
        (lambda a: cg(a, B, np.ones(3)), jk.LaunchError, "vectors of one length"),
        (lambda a: cg(a, B, M=np.eye(3)), jk.LaunchError, r"not \(3, 3\)"),
        (lambda a: cg(lambda v: v[:3], B), jk.LaunchError, r"the function returned the shape \(3,\)"),
        (lambda a: cg(a * 1j, B), jk.KernelTypeError, "real matrices"),
        (lambda a: bicgstab(a, B * 1j), jk.KernelTypeError, "takes real numbers"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(matrix())
