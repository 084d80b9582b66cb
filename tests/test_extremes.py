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


def test_mistakes_are_named():
    with pytest.raises(jk.LaunchError, match=r"jk\.argmax: no elements"):
        jk.argmax(np.zeros(0))
    with pytest.raises(jk.LaunchError, match=r"jk\.minmax: no elements"):
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
