"""`jk.argsort` against NumPy's stable argsort, on every backend."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies
from primitives_helpers import largest
from sorting_helpers import DTYPES, around_boundaries, hard_inputs, many_buckets, order_of  # noqa: F401

import jitkit as jk

EXAMPLES = 15


def by_last_digit(a, b):
    return a % 10 < b % 10


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("descending", [False, True])
def test_every_dtype(dtype, descending, backend):
    for n in (1, 2, 32, 33, 150):
        for x in hard_inputs(dtype, n, n):
            got = jk.argsort(x, descending=descending, backend=backend)
            assert got.dtype == np.int64
            np.testing.assert_array_equal(got, order_of(x, descending=descending))


@pytest.mark.parametrize("dtype", ["int16", "float32", "int64", "float64"])
@pytest.mark.parametrize("n", [1000, 16_385, 200_003])
def test_numpys_order(dtype, n):
    for x in hard_inputs(dtype, n):
        np.testing.assert_array_equal(jk.argsort(x), np.argsort(x, kind="stable"))


@pytest.mark.usefixtures("many_buckets")
def test_buckets_on_every_backend(backend):
    for x in hard_inputs("float32", 300):
        np.testing.assert_array_equal(jk.argsort(x, backend=backend), np.argsort(x, kind="stable"))


def test_any_size_with_many_duplicates(backend):
    @settings(max_examples=EXAMPLES)
    @given(around_boundaries(largest(backend)), strategies.integers(1, 50))
    def check(n, different):
        x = np.random.default_rng(n).integers(0, different, n).astype(np.uint32)
        np.testing.assert_array_equal(jk.argsort(x, backend=backend), np.argsort(x, kind="stable"))

    check()


@pytest.mark.parametrize("axis", [0, 1, 2, -1, None])
def test_axes(axis, backend):
    x = np.random.default_rng(0).integers(0, 4, (4, 40, 3))
    got = jk.argsort(x, axis=axis, backend=backend)
    np.testing.assert_array_equal(got, np.argsort(x, axis=axis, kind="stable"))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [1, 3, 50, 512])
def test_many_short_rows(dtype, n):
    for x in hard_inputs(dtype, 21 * n, n):
        for given_, axis in ((x.reshape(21, n), 1), (x.reshape(n, 21), 0), (x.reshape(3, n, 7), 1)):
            np.testing.assert_array_equal(jk.argsort(given_, axis=axis), np.argsort(given_, axis=axis, kind="stable"))


@pytest.mark.usefixtures("many_buckets")
def test_key_and_comparison(backend):
    x = np.random.default_rng(1).integers(-40, 40, 50)
    np.testing.assert_array_equal(jk.argsort(x, key=abs, backend=backend), order_of(abs(x)))
    np.testing.assert_array_equal(jk.argsort(x, less=by_last_digit, backend=backend), order_of(x % 10))
    both = jk.argsort(x, key=abs, less=by_last_digit, descending=True, backend=backend)
    np.testing.assert_array_equal(both, order_of(abs(x) % 10, descending=True))


def test_complex_numbers(backend):
    x = np.random.default_rng(2).integers(0, 3, (2, 50)).astype(float)
    x = x[0] + 1j * x[1]
    np.testing.assert_array_equal(jk.argsort(x, backend=backend), np.argsort(x, kind="stable"))


def test_out(backend):
    x = np.random.default_rng(3).standard_normal((4, 10))
    for out in (np.zeros((4, 10), np.int64), np.zeros((10, 4)).T):
        assert jk.argsort(x, out=out, backend=backend) is out
        np.testing.assert_array_equal(out, np.argsort(x, kind="stable"))


@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 3)])
def test_nothing_gives_nothing(shape, backend):
    got = jk.argsort(np.zeros(shape), axis=0, backend=backend)
    assert (got.shape, got.dtype) == (shape, np.int64)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: jk.argsort(x, axis=1), np.exceptions.AxisError, "axis 1 is out of bounds"),
        (lambda x: jk.argsort(x, out=np.zeros(3, int)), jk.LaunchError, "out= has the shape"),
        (lambda x: jk.argsort(x, out=np.zeros(4, bool)), jk.KernelTypeError, "cannot hold"),
        (lambda x: jk.argsort(["a", "b"]), jk.KernelTypeError, "no numbers"),
        (lambda x: jk.argsort(np.ma.masked_less(x, 2)), jk.KernelTypeError, "masks are not looked at"),
        (lambda x: jk.argsort(x, less="negative"), jk.KernelError, "no function of 2 numbers"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(np.ones(4))
