"""`jk.linalg.matmul` and `semiring_matmul` against NumPy, on every backend."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jitkit as jk
from jitkit.linalg import _products, matmul, semiring_matmul

RNG = np.random.default_rng(4)


def numbers(*shape, dtype="float32"):
    return (RNG.random(shape) - 0.5).astype(dtype)


def relu(x):
    return max(x, 0.0)


def close(got, want, dtype="float32"):
    assert got.dtype == dtype
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((7, 5), (5, 18)), ((3, 1, 6, 2), (4, 2, 3)), ((2, 5, 3), (3, 4)), ((5,), (5, 4)), ((3, 5), (5,)),
        ((5,), (5,)), ((2, 0, 3), (3, 4)), ((2, 0), (0, 3)), ((1, 1), (1, 1)), ((4,), (2, 4, 3)),
    ],
)  # fmt: skip
def test_shapes_are_those_of_numpy(a, b, backend):
    a, b = numbers(*a), numbers(*b)
    close(np.asarray(matmul(a, b, activation=relu, backend=backend)), np.maximum(np.matmul(a, b), 0))


def test_the_epilogue(backend):
    a, b, bias = numbers(5, 6), numbers(6, 18), numbers(18)
    close(matmul(a, b, bias=bias, backend=backend), a @ b + bias)
    close(matmul(a, b, bias=bias, activation=relu, backend=backend), np.maximum(a @ b + bias, 0))


def test_views_are_read_as_they_lie(backend):
    a, b = numbers(6, 8), numbers(18, 6)
    a.flags.writeable = False
    want = np.maximum(a.T[::-1] @ b.T[:, ::2], 0)
    close(matmul(a.T[::-1], b.T[:, ::2], activation=relu, backend=backend), want)


def test_out_may_be_an_operand_or_a_view(backend):
    a, b = numbers(6, 6), numbers(6, 6)
    want, wide = np.maximum(a @ b, 0), np.zeros((6, 12), "float32")
    assert matmul(a, b, activation=relu, out=wide[:, ::2], backend=backend).base is wide
    close(wide[:, ::2], want)
    close(matmul(a, b, activation=relu, out=a, backend=backend), want)
    assert matmul(b, b, out=np.zeros((6, 6)), backend=backend).dtype == np.float64
    number = np.zeros(())
    assert matmul(b[0], b[1], activation=relu, out=number, backend=backend) is number
    close(number.astype("float32"), np.maximum(b[0] @ b[1], 0))


def test_device_arrays_stay_on_the_device():
    a, b = numbers(2, 5, 6), numbers(6, 18)
    with jk.emulate_cuda():
        got = matmul(jk.asarray(a, device="cuda"), jk.asarray(b, device="cuda"))
        assert hasattr(got, "__cuda_array_interface__")
        close(jk.to_numpy(got), a @ b)
        with pytest.raises(jk.LaunchError, match="repeat its matrices"):
            matmul(jk.zeros((2, 1, 3, 3), device="cuda"), jk.zeros((1, 2, 3, 3), device="cuda"))
        with pytest.raises(jk.LaunchError, match="host and some on a GPU"):
            matmul(jk.asarray(a, device="cuda"), b)


@settings(max_examples=30)
@given(st.integers(1, 30), st.integers(1, 40), st.integers(1, 50))
def test_panels_fit_any_shape(n, terms, m):
    a, b, bias = (numbers(*shape, dtype="float64") for shape in ((n, terms), (terms, m), (m,)))
    c = np.full((n, m), np.nan)
    product = _products.product_of(_products.SEMIRINGS["plus_times"], relu, True, "test")
    product.large(a, b, c, bias, "cpu")
    np.testing.assert_allclose(c, np.maximum(a @ b + bias, 0), rtol=1e-12, atol=1e-12)


def test_large_products():
    n, terms, m = 40, _products.DEEP + 77, 190
    a, b = numbers(n, terms, dtype="float64"), numbers(m, terms, dtype="float64").T
    want = np.maximum(a @ b, 0)
    np.testing.assert_allclose(matmul(a, b, activation=relu), want, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(matmul(a, b), a @ b)
    stack = np.stack([a.T, 2 * a.T]).swapaxes(1, 2)
    np.testing.assert_allclose(matmul(stack, b, activation=relu), np.stack([want, 2 * want]), atol=1e-10)
    shortest = (a[:, :, None] + b[None]).min(1)
    np.testing.assert_array_equal(matmul(a, b, semiring="min_plus"), shortest)
    np.testing.assert_array_equal(matmul(stack, b, semiring="min_plus")[0], shortest)


def test_semirings(backend):
    a, b = numbers(5, 4), numbers(4, 6)
    a[2, 1], b[3, 5] = np.inf, np.nan
    sums = a[:, :, None] + b[None]
    np.testing.assert_array_equal(matmul(a, b, semiring="min_plus", backend=backend), sums.min(1))


def test_semirings_of_two_functions():
    a, b = numbers(5, 4), numbers(4, 6)
    got = semiring_matmul(max, lambda x, y: x - y, a, b, backend="cpu")
    np.testing.assert_array_equal(got, (a[:, :, None] - b[None]).max(1))


@pytest.mark.parametrize("backend", ["python", "cpu"])
def test_integers_and_booleans_keep_their_dtype(backend):
    roads = RNG.integers(0, 50, (6, 6))
    got = matmul(roads, roads, semiring="min_plus", backend=backend)
    np.testing.assert_array_equal(got, (roads[:, :, None] + roads[None]).min(1))
    assert got.dtype == roads.dtype
    links = roads < 10
    got = matmul(links, links, semiring="or_and", backend=backend)
    np.testing.assert_array_equal(got, links @ links)
    assert got.dtype == np.bool_
    np.testing.assert_array_equal(matmul(links * 2.5, links, semiring="or_and", backend=backend), got)


def test_empty_sums():
    a, b = np.zeros((2, 0)), np.zeros((0, 3))
    with jk.backend("python"):
        assert np.isposinf(matmul(a, b, semiring="min_plus")).all()
        assert (matmul(a.astype(int), b.astype(int), semiring="max_plus") == np.iinfo(int).min).all()
        assert (matmul(a, b, bias=np.arange(3.0)) == np.arange(3)).all()
    with pytest.raises(jk.LaunchError, match="no known zero"):
        semiring_matmul("add", "multiply", a, b)


def test_numbers_of_other_kinds():
    assert matmul([[1, 2]], [[3], [4]]).tolist() == [[11.0]]
    assert matmul(np.ones((2, 2), "float32"), np.ones((2, 2))).dtype == np.float64


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: matmul(x, x), jk.LaunchError, "3 columns on the left and 2 rows on the right"),
        (lambda x: matmul(x, 2.0), jk.LaunchError, "not a number"),
        (lambda x: matmul(np.ones((2, 3, 3)), np.ones((3, 3, 3))), jk.LaunchError, "do not broadcast"),
        (lambda x: matmul(x, x.T * 1j), jk.KernelTypeError, "takes real numbers, not complex128"),
        (lambda x: matmul(x, x.T, bias=[1.0]), jk.LaunchError, r"bias= has the shape \(1,\)"),
        (lambda x: matmul(x, x.T, out=np.zeros((2, 3))), jk.LaunchError, "out= has the shape"),
        (lambda x: matmul(x, x.T, semiring="plus"), ValueError, "no semiring 'plus'; there are plus_times"),
        (lambda x: matmul(x, x.T, semiring=3), jk.KernelError, "a name or a pair of functions"),
        (lambda x: semiring_matmul(abs, "add", x, x.T), jk.KernelError, "no operator of two numbers"),
        (lambda x: matmul(x, x.T, activation="add"), jk.KernelError, "no function of 1 number"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(np.ones((2, 3)))
