"""`jk.map` and `jk.map_reduce` against NumPy, on every backend."""

from __future__ import annotations

import math
import operator

import numpy as np
import pytest
from primitives_helpers import SIZES, values_of

import jitkit as jk


def halves(x):
    return x / 2, x * 2


@pytest.mark.parametrize("dtype", ["float32", "int16"])
def test_a_function_of_one_array(dtype, backend):
    for n in SIZES:
        x = values_of(dtype, n)
        got = jk.map(lambda v: 3 * v + 1, x, backend=backend)
        np.testing.assert_allclose(got, 3 * x + 1, rtol=1e-6, atol=1e-6)  # rounded once or twice
        assert got.dtype == x.dtype


def test_signs_and_names(backend):
    x, y = values_of("float32", 30, 1), values_of("float32", 30, 2)
    np.testing.assert_array_equal(jk.map(operator.pos, x, backend=backend), x)
    np.testing.assert_array_equal(jk.map(operator.abs, x, backend=backend), abs(x))
    np.testing.assert_array_equal(jk.map("max", x, y, backend=backend), np.maximum(x, y))
    assert jk.reduce("min", x, backend=backend) == x.min()


def test_two_arrays_and_a_number(backend):
    x, y = values_of("float64", (4, 5), 1), values_of("float64", 5, 2)
    np.testing.assert_array_equal(jk.map(operator.mul, x, y, backend=backend), x * y)
    np.testing.assert_array_equal(jk.map("subtract", x, 2.0, backend=backend), x - 2)
    np.testing.assert_array_equal(jk.map(operator.add, x[:, ::2], x.T[:3].T, backend=backend), x[:, ::2] + x[:, :3])


@pytest.mark.parametrize("number", [2.0, 2, True, np.float64(2)])
def test_a_python_number_widens_no_array(backend, number):
    for x in (values_of("float32", 5), values_of("int16", 5), np.float32(3)):
        for got in (jk.map(operator.mul, x, number, backend=backend), jk.map(operator.mul, number, x, backend=backend)):
            np.testing.assert_array_equal(got, x * number, strict=np.ndim(x) > 0)
            assert got.dtype == (x * number).dtype


def test_math_keeps_float32(backend):
    x = np.abs(values_of("float32", 20))
    got = jk.map(math.sqrt, x, backend=backend)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, np.sqrt(x), rtol=3e-7)


def test_several_results(backend):
    x = values_of("float64", 9)
    low, high = jk.map(halves, x, backend=backend)
    np.testing.assert_array_equal(low, x / 2)
    np.testing.assert_array_equal(high, x * 2)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_functions_of_numpy_with_several_results(dtype, backend):
    x = np.array([1.5, -2.25, 0, -0.0, 3, -4, 0.3, np.inf, -np.inf, np.nan], dtype)
    calls = [((np.modf,), np.modf(x)), ((math.modf,), np.modf(x)), ((np.divmod, dtype), np.divmod(x[:7], x[:7] + 5))]
    for (f, *more), expected in calls:
        got = jk.map(f, *((x[:7], x[:7] + 5) if more else (x,)), backend=backend)
        for ours, numpys in zip(got, expected, strict=True):
            assert ours.dtype == dtype
            np.testing.assert_array_equal(ours, numpys)
            np.testing.assert_array_equal(
                np.signbit(ours)[~np.isnan(x[: ours.size])], np.signbit(numpys)[~np.isnan(x[: ours.size])]
            )
    vectorized = jk.vectorize("modf", backend=backend)
    assert (vectorized.nin, vectorized.nout) == (1, 2)
    np.testing.assert_array_equal(vectorized(np.arange(3)), np.modf(np.arange(3)))


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "int32", "uint64", "float16"])
def test_modf_of_any_dtype(dtype, backend):
    x = np.array([0, 1, 3, 100], dtype)
    for ours, numpys in zip(jk.map(np.modf, x, backend=backend), np.modf(x), strict=True):
        assert ours.dtype == numpys.dtype
        np.testing.assert_array_equal(ours, numpys)


def test_neighbours_of_half_precision_are_left_to_numpy():
    x = np.ones(3, np.float16)
    for call in (lambda: jk.map(np.spacing, x), lambda: jk.map(np.nextafter, x, x)):
        with pytest.raises(jk.errors.KernelTypeError, match=r"neighbours are not those of np\.float32"):
            call()


def test_in_place_and_overlapping(backend):
    x = np.arange(10)
    assert jk.map(operator.neg, x, out=x, backend=backend) is x
    np.testing.assert_array_equal(x, -np.arange(10))
    jk.map(lambda v: v + 1, x[:-1], out=x[1:], backend=backend)
    np.testing.assert_array_equal(x, [0, *(1 - np.arange(9))])


def test_out_in_the_byte_order_of_another_machine(backend):
    x = values_of("float32", (3, 5))
    out = x.astype(">f4")
    for _ in range(2):
        assert jk.map(operator.neg, x, out=out, backend=backend) is out
        np.testing.assert_array_equal(out, -x)
    assert jk.map(operator.neg, out, out=out, backend=backend) is out
    np.testing.assert_array_equal(out, x)


def test_nothing_and_a_number(backend):
    assert jk.map(operator.neg, np.zeros((0, 3), np.float32), backend=backend).shape == (0, 3)
    assert jk.map(operator.neg, np.array(2.0), backend=backend)[()] == -2


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_dot_products(axis, backend):
    x, y = values_of("int64", (6, 40), 1), values_of("int64", (6, 40), 2)
    got = jk.map_reduce(lambda a, b: a * b, "add", x, y, axis=axis, backend=backend)
    np.testing.assert_array_equal(got, (x * y).sum(axis=axis))


def test_map_reduce_of_tuples_and_of_nothing(backend):
    x = values_of("float64", 40)
    got = jk.map_reduce(lambda v: (v, v * v), lambda a, b: (a[0] + b[0], a[1] + b[1]), x, backend=backend)
    np.testing.assert_allclose(got, [x.sum(), (x * x).sum()])
    assert jk.map_reduce(np.negative, "add", np.zeros(0), backend=backend) == 0
    assert jk.map_reduce(np.negative, max, np.zeros(0), initial=4, backend=backend) == 4


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: jk.map(lambda a, b: a, x), jk.KernelError, "no function of 1 number"),
        (lambda x: jk.map(operator.add, x), jk.KernelError, "no function of 1 number"),
        (lambda x: jk.map(lambda a: "a", x), jk.KernelTypeError, "it must return numbers"),
        (
            lambda x: jk.map(math.frexp, x),
            jk.KernelError,
            r"jk\.map: .*frexp.* a function of your own, in which the exponent",
        ),
        (lambda x: jk.map("spacing", x > 0), jk.KernelTypeError, r"np\.spacing is not available for float16"),
        (lambda x: jk.map(operator.add, x, x[:1, :2]), jk.LaunchError, "do not broadcast"),
        (lambda x: jk.map(operator.neg, x, out=np.zeros(3)), jk.LaunchError, "out= has the shape"),
        (lambda x: jk.map(halves, x, out=x), jk.KernelTypeError, "out= is a tuple of 2 arrays"),
        (lambda x: jk.map(operator.neg), jk.KernelTypeError, "1 to 6 arrays, not 0"),
        (lambda x: jk.map_reduce(operator.neg, max, x[:0]), jk.LaunchError, "pass initial="),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(np.ones((2, 3)))


def test_results_lie_as_the_arrays_do_whatever_lay_before():
    for turn in range(3):
        x = np.random.default_rng(turn).random((6, 5))
        for y in (x, np.asfortranarray(x), x, x.T, np.asfortranarray(x)[::-1], x[:, :1], x[0]):
            got, want = jk.map(lambda v: v * v, y), y * y
            np.testing.assert_array_equal(got, want)
            assert got.flags.c_contiguous == (want.flags.c_contiguous or not y.flags.f_contiguous)
            np.testing.assert_array_equal(jk.map(lambda v, w: v - w, y, x[0, 0]), y - x[0, 0])
            mixed = jk.map(lambda v, w: v - w, y, np.ascontiguousarray(y))
            assert not mixed.any()
