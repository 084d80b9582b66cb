"""`jk.argmin`, `argmax`, `minmax`, `any`, `all` and `count` against NumPy, on every backend."""

from __future__ import annotations

import numpy as np
import pytest
from primitives_helpers import SIZES, values_of

import jitkit as jk

PLACES = [(jk.argmin, np.argmin), (jk.argmax, np.argmax)]
TRUTHS = [(jk.any, np.any), (jk.all, np.all)]


@pytest.mark.parametrize(("ours", "numpys"), PLACES)
@pytest.mark.parametrize("dtype", ["float32", "int8", "bool"])
def test_the_first_of_equal_extremes(ours, numpys, dtype, backend):
    for n in SIZES:
        x = values_of(dtype, n) // 10 if dtype == "int8" else values_of(dtype, n)
        assert ours(x, backend=backend) == numpys(x)


@pytest.mark.parametrize(("ours", "numpys"), PLACES)
def test_the_first_nan(ours, numpys, backend):
    x = values_of("float64", 40)
    x[[3, 9]] = np.inf, -np.inf
    assert ours(x, backend=backend) == numpys(x)
    x[[31, 12, 38]] = np.nan
    assert ours(x, backend=backend) == 12
    assert all(np.isnan(end) for end in jk.minmax(x, backend=backend))


@pytest.mark.parametrize(("ours", "numpys"), PLACES)
def test_blocks_do_not_matter(ours, numpys):
    x = np.zeros(50_000)
    for place in (0, 16383, 16384, 32768, 49_999):
        x[place] = -1 if ours is jk.argmin else 1
        assert ours(x) == place
        x[place] = 0
    x[[20_000, 49_990]] = np.nan
    np.testing.assert_array_equal(ours(x.reshape(250, 200), keepdims=True), [[20_000]])
    x[20_000] = 0
    assert ours(x) == 49_990


@pytest.mark.parametrize("dtype", ["float32", "int64", "bool"])
@pytest.mark.parametrize(("ours", "numpys"), PLACES)
def test_rows_of_pieces(ours, numpys, dtype, backend):
    """Lengths about those of pieces and stretches; few different numbers, so that most places are those of the first of many."""
    rng = np.random.default_rng(3)
    shapes = [(3, 127), (2, 128), (2, 2, 255)]
    shapes += [(1, 16384), (2, 16385), (3, 40_000), (70, 513)] * (backend == "cpu")
    for shape in shapes:
        x = rng.integers(0, 2 if dtype == "bool" else 5, shape).astype(dtype)
        missing = x.astype(dtype, copy=True)
        if dtype[0] == "f":
            missing[..., rng.integers(0, shape[-1], 2)] = np.nan
        for given in (x, missing, x[..., ::-1], np.asfortranarray(x), np.zeros_like(x)):
            expected = numpys(given, -1)
            np.testing.assert_array_equal(ours(given, -1, backend=backend), expected)
            assert ours(given, backend=backend) == numpys(given)
            out = np.full((*shape[:-1], 1), -1, np.int64)
            assert ours(given, -1, out=out, keepdims=True, backend=backend) is out
            np.testing.assert_array_equal(out[..., 0], expected)
            assert ours(given, keepdims=True, backend=backend).shape == (1,) * x.ndim


@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("keepdims", [False, True])
def test_axes_as_in_numpy(axis, keepdims, backend):
    x = values_of("float64", (5, 200))
    options = {"axis": axis, "keepdims": keepdims}
    for ours, numpys in PLACES:
        np.testing.assert_array_equal(ours(x, backend=backend, **options), numpys(x, **options))
    low, high = jk.minmax(x, backend=backend, **options)
    np.testing.assert_array_equal(low, x.min(**options))
    np.testing.assert_array_equal(high, x.max(**options))
    got = jk.count(lambda v: v > 0, x, backend=backend, **options)
    np.testing.assert_array_equal(got, np.count_nonzero(x > 0, **options))


def test_a_transposed_matrix_counts_in_its_own_order():
    x = np.asfortranarray(values_of("float64", (20, 30)))
    assert jk.argmax(x) == np.argmax(x)


@pytest.mark.parametrize(("ours", "numpys"), TRUTHS)
def test_truth(ours, numpys, backend):
    for x in (np.zeros(40), np.ones(40, bool), np.arange(40), np.array([np.nan, 1]), np.zeros((0, 2)), np.eye(3)):
        assert ours(x, backend=backend) == numpys(x)
        assert ours(x, backend=backend).dtype == bool
    np.testing.assert_array_equal(ours(np.eye(3), axis=1, backend=backend), numpys(np.eye(3), axis=1))
    np.testing.assert_array_equal(ours(np.eye(3)[:2], 1, backend=backend), numpys(np.eye(3)[:2], 1))


def test_mistakes_are_named():
    with pytest.raises(jk.LaunchError, match=r"jk\.argmax: no elements .* of none there is no result"):
        jk.argmax(np.zeros(0))
    with pytest.raises(jk.LaunchError, match=r"jk\.minmax: no elements .* of none there is no result"):
        jk.minmax(np.zeros(0))
    with pytest.raises(jk.KernelTypeError, match="complex numbers have no order"):
        jk.argmin(np.zeros(2, complex))
    for call in (jk.minmax, lambda x: jk.reduce(max, x), lambda x: jk.scan("minimum", x)):
        with pytest.raises(jk.KernelTypeError, match="complex numbers have no order; pass their absolute"):
            call(np.zeros(2, complex))
    with pytest.raises(jk.KernelError, match=r"jk\.count: .* no function of 1 number"):
        jk.count(lambda a, b: a, np.zeros(2))
    with pytest.raises(np.exceptions.AxisError):
        jk.argmax(np.zeros(2), axis=1)
    for axis in ((0,), (), True, 1.0):
        for x in (np.zeros((2, 3)), jk.counting(0, 5)):
            with pytest.raises(TypeError, match=r"jk\.argmin: axis=.*; it is an integer"):
                jk.argmin(x, axis=axis)
    with pytest.raises(TypeError, match=r"jk\.reduce: axis=True; an axis is an integer"):
        jk.reduce("add", np.zeros((2, 3)), axis=True)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float32"])
def test_what_numpy_is_asked_about(dtype):
    """Small arrays of the host are left to NumPy's own functions."""
    arrays = [values_of(dtype, shape) for shape in (1, 7, 1000, (5, 40), (40, 5), (3, 4, 5), (2, 3000))]
    arrays += [x[::-1] for x in arrays] + [x.T for x in arrays] + [x[..., ::2] for x in arrays[:7]]
    if dtype == "float32":
        arrays += [np.where(x > 1, np.nan, x) for x in arrays]
    for x in arrays:
        for axis in (None, *range(-x.ndim, x.ndim)):
            for ours, numpys in PLACES:
                found = ours(x, axis)
                assert type(found) is (np.int64 if axis is None or x.ndim == 1 else np.ndarray)
                np.testing.assert_array_equal(found, numpys(x, axis))
                out = np.zeros(np.shape(found), np.int64)
                assert ours(x, axis, out=out) is out
                np.testing.assert_array_equal(out, found)
                narrow = np.zeros(np.shape(found), np.int32)  # NumPy's own functions refuse it
                assert ours(x, axis, out=narrow) is narrow
                np.testing.assert_array_equal(narrow, found)
                with pytest.raises(jk.LaunchError, match="out= has the shape"):
                    ours(x, axis, out=np.zeros((*np.shape(found), 2), np.int64))
        found = jk.count(bool, x)
        assert type(found) is np.int64
        assert found == np.count_nonzero(x)
        for ours, numpys in TRUTHS:
            assert ours(x) == numpys(x)
            assert type(ours(x)) is np.bool_
        mask = values_of("bool", x.shape, seed=1)
        found = jk.select(mask, x)
        assert found.dtype == x.dtype
        np.testing.assert_array_equal(found, x[mask])


@pytest.mark.parametrize("dtype", ["bool", "float32"])
def test_compiled_code_finds_the_same_in_small_arrays(dtype):
    with jk.backend("cpu"):  # asked for by name, it is not left to NumPy
        for shape in (1000, (5, 40)):
            x = values_of(dtype, shape)
            for axis in (None, 0, -1):
                for ours, numpys in PLACES:
                    np.testing.assert_array_equal(ours(x, axis), numpys(x, axis))
            mask = values_of("bool", shape, seed=1)
            np.testing.assert_array_equal(jk.select(mask, x), x[mask])


def test_predicates_of_booleans():
    x = values_of("bool", 1000)
    predicates = (lambda v: v, bool, lambda v: v == 0, lambda v: v <= 2, lambda v: v > 2)
    for _ in range(3):
        for predicate, expected in zip(predicates, (x.sum(), x.sum(), (~x).sum(), 1000, 0), strict=True):
            for given in (x, x[::-1], x.reshape(10, 100).T):
                found = jk.count(predicate, given)
                assert type(found) is np.int64
                assert found == expected
            assert jk.count(predicate, x[:0]) == 0
        for least in (0, 1):  # a function of one place that sees another number each time
            assert jk.count(lambda v, least=least: v >= least, x) == (1000, x.sum())[least]


def test_numpy_is_asked_about_nothing_that_kernels_refuse():
    for x in (np.zeros(3, "m8[s]"), np.zeros(3, "M8[s]"), np.zeros(3, object), np.zeros(3, "i4,f4"), np.zeros(3, "U2")):
        for call in (jk.argmax, jk.argmin, lambda x: jk.count(bool, x), lambda x: jk.select(np.ones(3, bool), x)):
            with pytest.raises(jk.KernelTypeError):
                call(x)
    swapped = np.array([3, 1, 2], ">i4")
    assert jk.argmax(swapped) == 0
    assert jk.count(bool, swapped) == 3
    assert jk.select(np.array([True, False, True]), swapped).dtype == np.int32
    for axis in (1.0, "0", 2, -3):
        with pytest.raises((np.exceptions.AxisError, TypeError)):
            jk.argmax(np.zeros((2, 3)), axis)
    for mask in (np.ones(2, bool), np.ones((2, 2), bool), np.ones((1, 3), bool), np.bool_(True)):
        with pytest.raises(jk.LaunchError, match="the mask has the shape"):
            jk.select(mask, np.zeros((2, 3)))
    with pytest.raises(jk.KernelTypeError, match="bool"):
        jk.count(lambda v: v + v, np.ones(3, bool))
