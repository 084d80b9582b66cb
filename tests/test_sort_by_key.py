"""`jk.sort_by_key` against NumPy's stable argsort and indexing, on every backend."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from primitives_helpers import largest, values_of
from sorting_helpers import DTYPES, around_boundaries, hard_inputs, many_buckets, order_of, same_bits  # noqa: F401

import jitkit as jk

EXAMPLES = 12
VALUES = [*DTYPES, "complex64", "complex128"]


@pytest.mark.parametrize("dtype", VALUES)
def test_values_of_every_dtype(dtype, backend):
    for n in (1, 31, 100):
        keys, values = values_of("int32", n, n), values_of(dtype, n)
        found, moved = jk.sort_by_key(keys, values, backend=backend)
        places = np.argsort(keys, kind="stable")
        same_bits(found, keys[places])
        same_bits(moved, values[places])


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "uint16"])
@pytest.mark.parametrize("n", [5000, 16_385, 150_001])
def test_hard_keys(dtype, n):
    values = np.arange(n, dtype=np.uint32)
    for keys in hard_inputs(dtype, n):
        found, moved = jk.sort_by_key(keys, values)
        same_bits(found, np.sort(keys, kind="stable"))
        np.testing.assert_array_equal(moved, np.argsort(keys, kind="stable"))


@pytest.mark.usefixtures("many_buckets")
def test_buckets_on_every_backend(backend):
    n = 300
    for keys in hard_inputs("int32", n):
        _, moved = jk.sort_by_key(keys, np.arange(n), backend=backend)
        np.testing.assert_array_equal(moved, np.argsort(keys, kind="stable"))


def test_several_values_and_directions(backend):
    @settings(max_examples=EXAMPLES)
    @given(around_boundaries(largest(backend)))
    def check(n):
        keys = values_of("float32", n, n).round()
        values = values_of("int8", n), np.arange(n), values_of("complex128", n)
        for descending in (False, True):
            places = order_of(keys, descending=descending)
            found, moved = jk.sort_by_key(keys, values, descending=descending, backend=backend)
            np.testing.assert_array_equal(found, keys[places])
            assert type(moved) is tuple
            for ours, expected in zip(moved, values, strict=True):
                same_bits(ours, expected[places])

    check()


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_axes(axis, backend):
    keys, values = values_of("int16", (6, 40)), np.arange(240.0).reshape(6, 40)
    found, moved = jk.sort_by_key(keys, values, axis=axis, backend=backend)
    places = np.argsort(keys, axis=axis, kind="stable")
    np.testing.assert_array_equal(found, np.sort(keys, axis=axis))
    np.testing.assert_array_equal(moved, np.take_along_axis(values, places, axis))


@pytest.mark.parametrize("dtype", ["int32", "float64"])
@pytest.mark.parametrize("axis", [0, 1])
def test_many_short_rows(dtype, axis):
    values = np.arange(21 * 50, dtype=np.uint32).reshape((21, 50))
    for x in hard_inputs(dtype, values.size):
        keys = x.reshape(values.shape)
        places = order_of(keys, axis, descending=True)
        found, moved = jk.sort_by_key(keys, values, axis=axis, descending=True)
        same_bits(found, np.take_along_axis(keys, places, axis))
        np.testing.assert_array_equal(moved, np.take_along_axis(values, places, axis))
        assert jk.sort_by_key(keys, values.T.copy().T, axis=axis)[1].shape == values.shape


def test_comparison(backend):
    keys = values_of("int32", 50)
    found, (moved,) = jk.sort_by_key(keys, (np.arange(50),), less=lambda a, b: a % 7 < b % 7, backend=backend)
    np.testing.assert_array_equal(moved, order_of(keys % 7))
    np.testing.assert_array_equal(found, keys[moved])


def test_complex_keys(backend):
    keys = np.array([1 + 2j, 1 + 1j, 0 + 5j])
    found, moved = jk.sort_by_key(keys, np.arange(3), backend=backend)
    np.testing.assert_array_equal(moved, [2, 1, 0])
    np.testing.assert_array_equal(found, keys[::-1])


def test_out_may_be_the_inputs(backend):
    keys, values = values_of("int64", 60), np.arange(60)
    expected = jk.sort_by_key(keys, values, backend=backend)
    got = jk.sort_by_key(keys, values, out=(keys, values), backend=backend)
    assert got[0] is keys
    assert got[1] is values
    for ours, other in zip(got, expected, strict=True):
        np.testing.assert_array_equal(ours, other)


def test_nothing_gives_nothing(backend):
    found, (first, second) = jk.sort_by_key(np.zeros(0), (np.zeros(0, int), np.zeros(0, bool)), backend=backend)
    assert (found.size, first.dtype, second.dtype) == (0, np.int64, np.bool_)


def test_device_arrays(backend):
    if backend != "cuda":
        pytest.skip("for arrays on a GPU")
    keys, values = values_of("float32", 40), np.arange(40)
    found, moved = jk.sort_by_key(jk.asarray(keys, device="cuda"), jk.asarray(values, device="cuda"))
    np.testing.assert_array_equal(jk.to_numpy(found), np.sort(keys))
    np.testing.assert_array_equal(jk.to_numpy(moved), np.argsort(keys, kind="stable"))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: jk.sort_by_key(x, x[:3]), jk.LaunchError, "one value goes with each key"),
        (lambda x: jk.sort_by_key(x, (x, x.reshape(2, 2))), jk.LaunchError, "one value goes with each key"),
        (lambda x: jk.sort_by_key(x, ()), jk.KernelTypeError, "no values"),
        (lambda x: jk.sort_by_key(x, x, out=x), jk.KernelTypeError, r"out= is a tuple \(keys, values\)"),
        (lambda x: jk.sort_by_key(x, (x,), out=(x, x)), jk.KernelTypeError, r"\(keys, \(values, ...\)\)"),
        (lambda x: jk.sort_by_key(x, x, out=(x, x[:2])), jk.LaunchError, "out= has the shape"),
        (lambda x: jk.sort_by_key(x, x.astype(object)), jk.KernelTypeError, "dtype object"),
        (lambda x: jk.sort_by_key(x, x, axis=1), np.exceptions.AxisError, "axis 1 is out of bounds"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(np.ones(4))
