"""`jk.linalg.dot`, `vdot`, `norm`, `axpy`, `outer` and `gemv` against NumPy, on every backend."""

from __future__ import annotations

import numpy as np
import pytest

import jitkit as jk
from jitkit.linalg import axpy, dot, gemv, norm, outer, vdot

RNG = np.random.default_rng(5)


def numbers(*shape, dtype="float32"):
    return RNG.standard_normal(shape).astype(dtype)


def close(got, want):
    got = np.asarray(got)
    assert (got.dtype, got.shape) == (want.dtype, want.shape)
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5)


def test_dot_products(backend):
    x, y = numbers(301), numbers(602)[::-2]
    close(dot(x, y, backend=backend), np.dot(x, y))
    close(vdot(x.reshape(7, 43), y.reshape(43, 7), backend=backend), np.dot(x, y))
    assert dot(x[:0], y[:0], backend=backend) == 0


@pytest.mark.parametrize("product", [dot, vdot])
def test_what_short_vectors_are_not(product):
    x = numbers(5)
    for a, b in ((x, x.astype(">f4")), (x, x.astype(np.float64)), (x, np.arange(5)), (x[::2], x[:3])):
        close(product(a, b), np.asarray(np.dot(a, b)).astype(np.result_type(a, b).newbyteorder("=")))
    with jk.backend("python"):
        close(product(x, x), np.dot(x, x))
    with pytest.raises(jk.LaunchError, match="vectors of 5 and 4 elements"):
        product(x, x[:4])
    with pytest.raises(jk.BackendError, match="no backend 'nowhere'"):
        product(x, x, backend="nowhere")
    with pytest.raises(jk.KernelTypeError):
        product(x.astype(np.complex64), x.astype(np.complex64))


@pytest.mark.parametrize(
    ("a", "b"), [((3, 4), (4, 2)), ((2, 3, 4), (4,)), ((2, 3, 4), (5, 4, 2)), ((2, 3, 0), (5, 0, 2)), ((), (3,))]
)
def test_dot_of_other_shapes(a, b):
    a, b = numbers(*a), numbers(*b)
    close(dot(a, b), np.dot(a, b))
    out = np.empty_like(np.dot(a, b))
    assert dot(a, b, out=out) is out
    close(out, np.dot(a, b))


def test_long_vectors():
    x, y = numbers(100_003, dtype="float64"), numbers(100_003, dtype="float64")
    y[7] = np.inf
    assert dot(np.abs(x), y) == np.inf
    np.testing.assert_allclose(norm(x), np.linalg.norm(x), rtol=1e-14)
    assert norm([3.0, -4.0], np.int64(1)) == 7
    assert np.isnan(dot(x, np.where(np.arange(x.size) == 9, np.nan, 0)))


def test_norms_on_every_backend(backend):
    x = numbers(6, 40)
    close(norm(x, backend=backend), np.linalg.norm(x))
    out = np.empty(len(x), x.dtype)
    assert norm(x, axis=1, out=out, backend=backend) is out
    close(out, np.linalg.norm(x, axis=1))
    close(norm(x, np.inf, backend=backend), np.linalg.norm(x, np.inf))


@pytest.mark.parametrize("order", [None, 0, 1, 2, 3, -1, 0.5, np.inf, -np.inf])
def test_norms_of_vectors(order):
    x = numbers(5, 6, dtype="float64")
    with jk.backend("python"):
        close(norm(x[0], order), np.linalg.norm(x[0], order))
        for keepdims in (False, True):
            close(norm(x, order, axis=-2, keepdims=keepdims), np.linalg.norm(x, order, -2, keepdims))


@pytest.mark.parametrize("order", [None, "fro", 1, -1, np.inf, -np.inf])
def test_norms_of_matrices(order):
    x = numbers(3, 4, 5, dtype="float64")
    with jk.backend("python"):
        close(norm(x[0], order), np.linalg.norm(x[0], order))
        close(norm(x.T[..., 0], order), np.linalg.norm(x.T[..., 0], order))
        for axis, keepdims in (((0, 2), False), ((2, 0), True), ((-1, 1), False)):
            close(norm(x, order, axis, keepdims), np.linalg.norm(x, order, axis, keepdims))


def test_axpy_and_outer(backend):
    x, y = numbers(3, 50), numbers(3, 50)
    close(axpy(2, x, y, backend=backend), 2 * x + y)
    close(outer(x[0], x[1, :20], backend=backend), np.outer(x[0], x[1, :20]))


def test_axpy_into_an_operand():
    x = numbers(20)
    before = x.copy()
    close(axpy(2, x[1:], x[:-1], out=x[1:]), 2 * before[1:] + before[:-1])
    assert axpy(2, x[::-1], x, out=x) is x
    assert axpy(3, x[:0], x[:0]).shape == (0,)
    np.testing.assert_array_equal(outer(x[:0], x), np.empty((0, 20)))


@pytest.mark.parametrize(("n", "terms"), [(1, 1), (7, 50), (19, 263), (300, 600), (3, 0), (20, 0)])
def test_matrices_times_vectors(n, terms):
    a, x, y = numbers(n, terms), numbers(terms), numbers(n)
    want = 2 * (a.astype("float64") @ x) + 0.5 * y
    for matrix in (a, np.asfortranarray(a)):
        np.testing.assert_allclose(gemv(2.0, matrix, x, 0.5, y), want, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(gemv(1, a, x), a @ x, rtol=1e-4, atol=1e-4)


def test_gemv_on_every_backend(backend):
    a, x, y = numbers(9, 30), numbers(30), numbers(9)
    close(gemv(2.0, a.T, y, 0.5, x, backend=backend), (2 * a.T @ y + np.float32(0.5) * x).astype("float32"))
    assert gemv(2.0, a, x, 1, y, out=y, backend=backend) is y
    tall, longer = numbers(18, 30), numbers(18)  # not a multiple of the rows that are taken at once
    close(gemv(1.0, tall, x, -1.0, longer, backend=backend), tall @ x - longer)


def test_norms_of_nothing_are_zero(backend):
    """The largest of no numbers from 0 is 0, and of no matrices there are no norms, as in NumPy."""
    assert norm(np.zeros(0), np.inf, backend=backend) == 0
    np.testing.assert_array_equal(norm(np.zeros((3, 0)), np.inf, 1, backend=backend), np.zeros(3))
    for order in (1, np.inf):
        for shape in ((0, 3), (3, 0)):
            assert norm(np.zeros(shape), order, backend=backend) == 0
        np.testing.assert_array_equal(
            norm(np.zeros((2, 3, 0)), order, (1, 2), True, backend=backend), np.zeros((2, 1, 1))
        )
    for order in (1, -1, np.inf, -np.inf):
        assert norm(np.zeros((0, 3, 2)), order, (1, 2), backend=backend).shape == (0,)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: dot(x[0], x[0, 1:]), jk.LaunchError, "3 and 2 elements have no dot product"),
        (lambda x: dot(x, x), jk.LaunchError, "3 columns on the left and 2 rows"),
        (lambda x: vdot(x, x * 1j), jk.KernelTypeError, "takes real numbers"),
        (lambda x: norm(x, 2), ValueError, "needs its singular values"),
        (lambda x: norm(x, 3), ValueError, "no norm of matrices"),
        (lambda x: norm(x[0], "fro"), ValueError, "a norm of matrices"),
        (lambda x: norm(x[0], "nuc"), ValueError, "no norm of vectors"),
        (lambda x: norm(x, axis=2), np.exceptions.AxisError, "out of bounds"),
        (lambda x: norm(x[:0], -np.inf, axis=0), jk.LaunchError, "nothing is smallest"),
        (lambda x: norm(x[:0], -np.inf), jk.LaunchError, "nothing is smallest"),
        (lambda x: norm(x[None], 1), ValueError, "give one or two"),
        (lambda x: axpy(1j, x, x), jk.LaunchError, "jk.linalg.axpy: a=1j; it is a real number"),
        (lambda x: axpy(1, x, x[0]), jk.LaunchError, "must be equal"),
        (lambda x: gemv(1, x, x[:, 0]), jk.LaunchError, "not the shapes"),
        (lambda x: gemv(1, x, x[0], 1), jk.LaunchError, "y=, which is missing"),
        (lambda x: outer(x, x, out=np.empty((2, 2))), jk.LaunchError, "out= has the shape"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(np.ones((2, 3)))
