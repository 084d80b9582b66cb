"""`jk.sort` against NumPy's stable sort, bit by bit, on every backend."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies
from primitives_helpers import largest, values_of
from sorting_helpers import (
    DTYPES,
    around_boundaries,
    hard_inputs,
    many_buckets,  # noqa: F401
    order_of,
    same_bits,
)

import jitkit as jk

EXAMPLES = 20
SMALL = (1, 2, 31, 32, 33, 200)


def by_last_digit(a, b):
    return a % 10 < b % 10


def last_digit(v):
    return v % 10


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("descending", [False, True])
def test_every_dtype_in_stable_order(dtype, descending, backend):
    for n in SMALL:
        for x in hard_inputs(dtype, n, n):
            expected = x[order_of(x, descending=descending)]
            same_bits(jk.sort(x, descending=descending, backend=backend), expected)


@pytest.mark.parametrize("dtype", DTYPES)
def test_numpys_order(dtype):
    for x in hard_inputs(dtype, 3000):
        same_bits(jk.sort(x), np.sort(x, kind="stable"))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "uint64"])
@pytest.mark.parametrize("n", [16_384, 16_385, 70_001, 300_007])
def test_long_arrays(dtype, n):
    for x in hard_inputs(dtype, n, n):
        same_bits(jk.sort(x), np.sort(x, kind="stable"))
        same_bits(jk.sort(x, descending=True), x[order_of(x, descending=True)])


@pytest.mark.usefixtures("many_buckets")
@pytest.mark.parametrize("dtype", ["int8", "uint32", "float32", "float64"])
def test_buckets_on_every_backend(dtype, backend):
    n = 300
    for x in hard_inputs(dtype, n):
        same_bits(jk.sort(x, backend=backend), np.sort(x, kind="stable"))


def test_any_size(backend):
    @settings(max_examples=EXAMPLES)
    @given(around_boundaries(largest(backend)), strategies.integers(1, 2**31 - 1), strategies.integers(0, 9))
    def check(n, spread, seed):
        x = np.random.default_rng(seed).integers(-spread, spread, n).astype(np.int32)
        np.testing.assert_array_equal(jk.sort(x, backend=backend), np.sort(x))

    check()


def test_any_floats(backend):
    @settings(max_examples=EXAMPLES)
    @given(strategies.lists(strategies.floats(width=32), min_size=1, max_size=80))
    def check(values):
        x = np.array(values, np.float32)
        same_bits(jk.sort(x, backend=backend), np.sort(x, kind="stable"))

    check()


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3, None])
def test_axes(axis, backend):
    x = np.random.default_rng(0).integers(0, 9, (4, 45, 3)).astype(np.int16)
    same_bits(jk.sort(x, axis=axis, backend=backend), np.sort(x, axis=axis, kind="stable"))


@pytest.mark.parametrize("shape", [(3, 40_000), (40_000, 3), (1, 1, 50), (5000, 2)])
@pytest.mark.parametrize("axis", [0, -1])
def test_long_and_many_rows(shape, axis):
    x = np.random.default_rng(1).standard_normal(shape)
    for given_ in (x, np.asfortranarray(x), x[::-1]):
        np.testing.assert_array_equal(jk.sort(given_, axis=axis), np.sort(given_, axis=axis))


@pytest.mark.parametrize("dtype", ["int32", "uint64", "float16", "float64"])
@pytest.mark.parametrize("n", [1, 3, 50, 512])
def test_many_short_rows(dtype, n):
    for x in hard_inputs(dtype, 21 * n, n):
        for given_, axis in ((x.reshape(21, n), 1), (x.reshape(n, 21), 0), (x.reshape(3, n, 7), 1)):
            for descending in (False, True):
                expected = np.take_along_axis(given_, order_of(given_, axis, descending), axis)
                same_bits(jk.sort(given_, axis=axis, descending=descending), expected)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_nothing_gives_nothing(shape, backend):
    for axis in range(len(shape)):
        got = jk.sort(np.zeros(shape, np.int8), axis=axis, backend=backend)
        assert (got.shape, got.dtype) == (shape, np.int8)


def test_inputs_are_left_as_they_are(backend):
    x = np.random.default_rng(2).integers(0, 99, 80)
    before = x.copy()
    x.flags.writeable = False
    np.testing.assert_array_equal(jk.sort(x, backend=backend), np.sort(before))
    np.testing.assert_array_equal(jk.sort(x[::-2], backend=backend), np.sort(before[::-2]))
    np.testing.assert_array_equal(jk.sort(np.broadcast_to(x[:1], 50), backend=backend), np.full(50, x[0]))
    np.testing.assert_array_equal(x, before)


def test_the_other_byte_order(backend):
    x = np.arange(50, 0, -1).astype(">f4")
    np.testing.assert_array_equal(jk.sort(x, backend=backend), np.arange(1, 51))


@pytest.mark.parametrize("n", [40, 30_000])
def test_out(n):
    x = np.random.default_rng(3).integers(0, 99, n)
    expected = np.sort(x)
    out = np.zeros_like(x)
    assert jk.sort(x, out=out) is out
    np.testing.assert_array_equal(out, expected)
    wide = np.zeros((n, 2))[:, 0]
    assert jk.sort(x, out=wide) is wide
    np.testing.assert_array_equal(wide, expected)
    overlapping = np.concatenate([x, x[:5]])
    jk.sort(overlapping[:n], out=overlapping[5:])
    np.testing.assert_array_equal(overlapping[5:], expected)
    assert jk.sort(x, out=x) is x
    np.testing.assert_array_equal(x, expected)


def test_out_on_every_backend(backend):
    x = np.random.default_rng(3).integers(0, 99, (5, 8))
    expected = np.sort(x, axis=0)
    assert jk.sort(x, axis=0, out=x, backend=backend) is x
    np.testing.assert_array_equal(x, expected)


def test_key(backend):
    for n in (40,) if backend != "cpu" else (40, 1000, 50_000):
        x = np.random.default_rng(n).integers(-60, 60, n)
        np.testing.assert_array_equal(jk.sort(x, key=abs, backend=backend), x[order_of(abs(x))])
        got = jk.sort(x, key=last_digit, descending=True, backend=backend)
        np.testing.assert_array_equal(got, x[order_of(x % 10, descending=True)])
        x = x.reshape(-1, 2)
        np.testing.assert_array_equal(
            jk.sort(x, key="negative", axis=0, backend=backend), np.take_along_axis(x, order_of(-x, axis=0), 0)
        )


def test_keys_at_any_call(backend):
    """A key that was met before goes a shorter way, and so do small arrays."""
    x = values_of("float64", (6, 40))
    frozen = x[0].copy()
    frozen.flags.writeable = False
    x[1, ::7], out = np.nan, np.empty((6, 40))
    for digits in (1, 2, 1, 2):  # a function of one place that sees another number each time

        def rounded(v, digits=digits):
            return math.floor(v * digits)

        for y in (x[0], x[2, ::-1], frozen, x, x.T, x[::2, ::3], np.asfortranarray(x), x[:, :0], x.astype(">f8")):
            y = np.where(np.isnan(y), 7, y).astype(y.dtype) if y.flags.writeable else y
            for axis in range(-y.ndim, y.ndim):
                places = order_of(np.floor(y * digits), axis=axis)
                for _ in range(2):
                    got = jk.sort(y, axis=axis, key=rounded, backend=backend)
                    np.testing.assert_array_equal(got, np.take_along_axis(y, places, axis))
                    assert got.dtype.isnative
                    np.testing.assert_array_equal(jk.argsort(y, axis=axis, key=rounded, backend=backend), places)
        assert jk.sort(x, key=abs, out=out, backend=backend) is out
        np.testing.assert_array_equal(out, np.take_along_axis(x, order_of(abs(x), axis=-1), -1))
    with pytest.raises(jk.LaunchError, match=r"out= has the shape \(3,\)"):
        jk.sort(x[0], key=abs, out=np.empty(3), backend=backend)


@pytest.mark.usefixtures("many_buckets")
def test_comparison(backend):
    for n in (1, 2, 7, 8, 9, 15, 16, 17, 40) if backend != "cpu" else (*range(1, 100), 1000, 1025):
        x = np.random.default_rng(n).integers(0, 60, n)
        np.testing.assert_array_equal(jk.sort(x, less=by_last_digit, backend=backend), x[order_of(x % 10)])
        np.testing.assert_array_equal(jk.sort(x, less="greater", backend=backend), np.sort(x)[::-1])
        got = jk.sort(x, less=by_last_digit, descending=True, backend=backend)
        np.testing.assert_array_equal(got, x[order_of(x % 10, descending=True)])


@pytest.mark.parametrize("n", [4095, 4096, 4097, 33_000, 100_003])
def test_comparison_of_long_arrays(n):
    x = np.random.default_rng(n).integers(0, 10**6, n)
    for given_ in (x, np.sort(x), np.sort(x)[::-1].copy(), np.full(n, 3)):
        np.testing.assert_array_equal(jk.sort(given_, less=by_last_digit), given_[order_of(given_ % 10)])


def test_a_comparison_of_python_is_the_same(backend):
    x = np.random.default_rng(5).permutation(30)
    python = sorted(
        x.tolist(), key=functools.cmp_to_key(lambda a, b: int(by_last_digit(b, a)) - int(by_last_digit(a, b)))
    )
    assert jk.sort(x, less=by_last_digit, backend=backend).tolist() == python


def test_comparison_of_rows(backend):
    x = np.random.default_rng(6).integers(0, 50, (3, 20))
    got = jk.sort(x, less=by_last_digit, axis=1, backend=backend)
    np.testing.assert_array_equal(got, np.take_along_axis(x, order_of(x % 10), 1))


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_numbers(dtype, backend):
    parts = np.random.default_rng(7).choice([-1.0, 0.0, 2.0, np.nan, np.inf], (2, 40))
    x = np.empty(40, dtype)
    x.real, x.imag = parts
    np.testing.assert_array_equal(jk.sort(x, backend=backend), np.sort(x, kind="stable"))
    numbers = x[~np.isnan(x)]
    got = jk.sort(x, descending=True, backend=backend)
    np.testing.assert_array_equal(got[: numbers.size], np.sort(numbers)[::-1])
    assert np.isnan(got[numbers.size :]).all()


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_rows_of_complex_numbers_again_and_again(axis, backend):
    rng = np.random.default_rng(10)
    for _ in range(2 if backend == "cuda" else 3):  # what was met before goes a shorter way
        x = rng.integers(0, 4, (2, 3, 5, 4)).astype(float)
        x[rng.random(x.shape) < 0.1] = np.nan
        whole = x[0] + 1j * x[1]
        for array in (whole, np.asfortranarray(whole), whole[::-1, :, 1:], whole[:, 1]):
            before = array.copy()
            expected, out = np.sort(array, axis, kind="stable"), np.zeros(array.shape, array.dtype)
            np.testing.assert_array_equal(jk.sort(array, axis=axis, backend=backend), expected)
            assert jk.sort(array, axis=axis, out=out, backend=backend) is out
            np.testing.assert_array_equal(out, expected)
            got = jk.argsort(array, axis=axis, backend=backend)
            np.testing.assert_array_equal(got, np.argsort(array, axis, kind="stable"))
            np.testing.assert_array_equal(array, before)
            assert jk.sort(array, axis=axis, out=array, backend=backend) is array
            np.testing.assert_array_equal(array, expected)


def test_device_arrays(backend):
    if backend != "cuda":
        pytest.skip("for arrays on a GPU")
    x = np.random.default_rng(8).standard_normal((4, 6, 5))
    there = jk.asarray(x, device="cuda")
    for axis in (0, 1, 2, None):
        np.testing.assert_array_equal(jk.to_numpy(jk.sort(there, axis=axis)), np.sort(x, axis=axis))
    out = jk.zeros((4, 6, 5), device="cuda")
    assert jk.sort(there, out=out) is out
    np.testing.assert_array_equal(jk.to_numpy(out), np.sort(x))


def test_small_arrays_wake_no_thread():
    from jitkit.backends import pool

    x = np.random.default_rng(9).standard_normal(1000)
    jk.sort(x)
    before = pool.counters().parallel
    jk.sort(x)
    assert pool.counters().parallel == before


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: jk.sort(x, axis=2), np.exceptions.AxisError, "axis 2 is out of bounds"),
        (lambda x: jk.sort(x, axis=(0, 1)), TypeError, r"jk.sort: axis=\(0, 1\); it is an integer"),
        (lambda x: jk.sort(x[0, 0]), np.exceptions.AxisError, "axis -1 is out of bounds"),
        (lambda x: jk.sort(x, out=np.zeros(6)), jk.LaunchError, "out= has the shape"),
        (lambda x: jk.sort(x, out=np.zeros((2, 3), int)), jk.KernelTypeError, "cannot hold"),
        (lambda x: jk.sort(x, out=[1]), jk.KernelTypeError, "out= is an array"),
        (lambda x: jk.sort(x.astype(object)), jk.KernelTypeError, "dtype object"),
        (lambda x: jk.sort(x.astype(np.longdouble)), jk.KernelTypeError, "widest float"),
        (lambda x: jk.sort(x, key=by_last_digit), jk.KernelError, "no function of 1 number"),
        (lambda x: jk.sort(x, key=lambda v: (v, v)), jk.KernelTypeError, "key= returns 2 numbers"),
        (lambda x: jk.sort(x, key=lambda v: "text"), jk.KernelTypeError, "must return numbers"),
        (lambda x: jk.sort(x, less=last_digit), jk.KernelError, "no function of 2 numbers"),
        (lambda x: jk.sort(x, backend="gpu"), jk.BackendError, "no backend 'gpu'"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(np.ones((2, 3)))
