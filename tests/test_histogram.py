"""`jk.searchsorted`, `jk.bincount` and `jk.histogram` against NumPy, on every backend."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from primitives_helpers import values_of

import jitkit as jk

N = 3_000
MANY = 4_500
"""Elements that are counted in blocks."""


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("dtype", ["float32", "int16"])
def test_searches_as_in_numpy(side, dtype, backend):
    a, v = np.sort(values_of(dtype, 30, 1)), values_of(dtype, (5, 8), 2)
    if dtype == "float32":
        a[-2:], v[0, :3] = np.nan, [np.nan, np.inf, -np.inf]
    np.testing.assert_array_equal(jk.searchsorted(a, v, side, backend=backend), np.searchsorted(a, v, side))
    assert jk.searchsorted(a, a[3], side, backend=backend) == np.searchsorted(a, a[3], side)
    np.testing.assert_array_equal(jk.searchsorted(a[:0], v, side, backend=backend), np.zeros((5, 8)))
    order = np.arange(30)[::-1]
    got = jk.searchsorted(a[::-1], v, side, sorter=order, backend=backend)
    np.testing.assert_array_equal(got, np.searchsorted(a, v, side))


@pytest.mark.parametrize("dtype", ["uint8", "int64"])
def test_counts_as_in_numpy(dtype, backend):
    x = np.random.default_rng(1).integers(0, 20, N).astype(dtype)
    w = values_of("float64", N)
    for options in ({}, {"minlength": 40}, {"weights": w}):
        got, expected = jk.bincount(x, backend=backend, **options), np.bincount(x, **options)
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)
        assert got.dtype == expected.dtype
    assert jk.bincount(x[:0], minlength=3, backend=backend).tolist() == [0, 0, 0]
    assert jk.bincount(x[:0], weights=np.zeros(0), minlength=3, backend=backend).dtype == np.int64  # as NumPy's


@pytest.mark.parametrize("weighted", [False, True])
def test_counts_what_no_sample_shows(weighted, backend):
    x = np.random.default_rng(2).integers(0, 20, N)
    w = values_of("float64", N) if weighted else None
    x[1] = 700
    np.testing.assert_allclose(jk.bincount(x, w, backend=backend), np.bincount(x, w), rtol=1e-12, atol=1e-12)
    x[1] = -3
    with pytest.raises(jk.LaunchError, match="count from 0, and -3"):
        jk.bincount(x, w, backend=backend)


@pytest.mark.parametrize(
    "options",
    [{}, {"bins": 7, "range": (-1, 0.5)}, {"bins": [-1, -0.3, 0.2, 0.2, 1.5]}, {"density": True}, {"bins": 300}],
)
@pytest.mark.parametrize("weighted", [False, True])
def test_histograms_as_in_numpy(options, weighted, backend):
    x = values_of("float64" if weighted else "float32", MANY)
    weights = np.abs(values_of("float64", MANY, 9)) if weighted else None
    counts, edges = jk.histogram(x, weights=weights, backend=backend, **options)
    expected, numpys = np.histogram(x, weights=weights, **options)
    np.testing.assert_allclose(counts, expected, rtol=1e-12)
    np.testing.assert_array_equal(edges, numpys)
    assert edges.dtype == numpys.dtype


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "int64", "float32", "float64", "complex64"])
@pytest.mark.parametrize("bins", [5, [-1.0, 0.0, 2.0]])
def test_weights_are_summed_in_the_type_of_their_sum(dtype, bins, backend):
    x, weights = values_of("float32", 600), (np.arange(600) % 100).astype(dtype)
    counts, edges = jk.histogram(x, bins, weights=weights, backend=backend)
    inside = [(x >= a) & ((x < b) | ((b == edges[-1]) & (x == b))) for a, b in itertools.pairwise(edges)]
    expected = np.array([weights[chosen].sum() for chosen in inside])
    assert counts.dtype == expected.dtype
    np.testing.assert_array_equal(counts, expected)
    if dtype == "float32":
        assert counts.dtype == np.histogram(x, bins, weights=weights)[0].dtype
        given = [jk.asarray(a, device="cuda") for a in (x, weights)] if backend == "cuda" else [x, weights]
        found = jk.histogram(given[0], bins, weights=given[1])[0]
        assert found.dtype == dtype
        np.testing.assert_array_equal(jk.to_numpy(found), expected)


def test_elements_on_edges(backend):
    x = np.linspace(0, 1, 11)
    for bins in (10, 3, np.linspace(0, 1, 11)):
        for values in (x, np.resize(x, MANY)):
            got, _ = jk.histogram(values, bins, backend=backend)
            np.testing.assert_array_equal(got, np.histogram(values, bins)[0])
    x = np.concatenate([x, np.nextafter(x, -1), np.nextafter(x, 2), [np.nan, np.inf, -np.inf]])
    for dtype in ("float32", "float64"):
        values = np.resize(x, MANY).astype(dtype)
        got, _ = jk.histogram(values, 10, (0, 1), backend=backend)
        np.testing.assert_array_equal(got, np.histogram(values, 10, (0, 1))[0])
    fine = np.resize(np.linspace(0, 1, 20_001, dtype=np.float32)[::7], MANY)  # more edges than are looked at together
    got, _ = jk.histogram(np.nextafter(fine, np.float32(0)), 20_000, (0, 1), backend=backend)
    np.testing.assert_array_equal(got, np.histogram(np.nextafter(fine, np.float32(0)), 20_000, (0, 1))[0])
    got, _ = jk.histogram(np.array([np.nan, np.inf, 0.5]), 4, (0, 1), backend=backend)
    assert got.tolist() == [0, 0, 1, 0]
    assert jk.histogram(np.zeros(0), 2, backend=backend)[0].tolist() == [0, 0]


@pytest.mark.parametrize("rule", ["auto", "fd", "sturges", "sqrt"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_bins_by_a_rule(rule, dtype):
    x = (20 * np.random.default_rng(3).normal(size=(20, 30))).astype(dtype)
    for options in ({}, {"range": (-10, 15)}, {"density": True}):
        for got, expected in zip(jk.histogram(x, rule, **options), np.histogram(x, rule, **options), strict=True):
            np.testing.assert_allclose(got, expected, rtol=1e-6)
    with jk.emulate_cuda(), pytest.raises(jk.LaunchError, match="is a rule, and there is none for elements on a GPU"):
        jk.histogram(jk.asarray(x, device="cuda"), rule)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: jk.searchsorted(x, x, "middle"), jk.LaunchError, "side='middle'"),
        (lambda x: jk.searchsorted(x.reshape(2, 2), x), jk.LaunchError, "one dimension, not 2"),
        (
            lambda x: jk.searchsorted(x, x, sorter=[0, 1, 2, 4]),
            jk.LaunchError,
            "sorter= has the index 4, and .* 4 elements",
        ),
        (lambda x: jk.searchsorted(x, x, sorter=[0, 1, -1, 2]), jk.LaunchError, "sorter= has the index -1"),
        (lambda x: jk.searchsorted(x, x, sorter=[0, 1]), jk.LaunchError, r"sorter= has the shape \(2,\)"),
        (lambda x: jk.bincount(x), jk.KernelTypeError, "counts integers, not float64"),
        (lambda x: jk.bincount(x.astype(int) - 2), jk.LaunchError, "count from 0, and -2"),
        (lambda x: jk.bincount(x.astype(int), x[:2]), jk.LaunchError, "weights have the shape"),
        (lambda x: jk.histogram(x, 0), jk.LaunchError, "bins=0"),
        (lambda x: jk.histogram(np.array([1, np.nextafter(1, 2)]), 10), jk.LaunchError, "finer than float64"),
        (lambda x: jk.histogram(x, 3, (2, 1, 4)), jk.LaunchError, "a range is two numbers"),
        (lambda x: jk.histogram(x, 3, ("a", "b")), jk.LaunchError, "a range is two numbers"),
        (lambda x: jk.histogram(x, 3, (-1e308, 1e308)), jk.LaunchError, "wider than float64 reaches"),
        (lambda x: jk.histogram(x, [2, 1]), jk.LaunchError, "ascending edges"),
        (lambda x: jk.histogram(x * np.nan), jk.LaunchError, "not finite"),
        (lambda x: jk.histogram(x, "auto", weights=x), jk.LaunchError, "bins='auto' is a rule.*elements with weights"),
        (lambda x: jk.histogram(x, "square"), jk.LaunchError, "bins='square': .*not a valid estimator"),
        (lambda x: jk.histogram(x * 1j), jk.KernelTypeError, "complex numbers have no order"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(np.arange(4.0))
