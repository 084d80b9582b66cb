"""`jk.spatial.cdist`, `pdist` and `squareform` against SciPy, on every backend."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies
from scipy.spatial import distance

import jitkit as jk

POWERS = ("euclidean", "sqeuclidean", "cityblock", "chebyshev")
METRICS = (*POWERS, "cosine", "correlation", "canberra", "braycurtis", "hamming", "jaccard")


def points(n, d, dtype="float32", seed=0):
    return np.random.default_rng(seed).standard_normal((n, d)).astype(dtype)


def canberra(u, v):
    total = 0.0
    for k in range(len(u)):
        total += abs(u[k] - v[k]) / (abs(u[k]) + abs(v[k]))
    return total


@pytest.mark.parametrize("metric", METRICS)
def test_distances_as_in_scipy(metric, backend):
    a, b = points(9, 70), points(21, 70, seed=1)
    got = jk.spatial.cdist(a, b, metric, backend=backend)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, distance.cdist(a, b, metric), rtol=2e-6, atol=1e-6)
    if metric not in POWERS[1:]:  # the others are the same terms, and another kernel to compile
        got = jk.spatial.pdist(a, metric, backend=backend)
        np.testing.assert_allclose(got, distance.pdist(a, metric), rtol=4e-6, atol=1e-6)


@pytest.mark.parametrize("p", [0.5, 1, 1.5, 3, np.inf])
def test_minkowskis_distances_as_in_scipy(p, backend):
    a, b = points(9, 6, "float64"), points(21, 6, "float64", seed=1)
    got = jk.spatial.cdist(a, b, "minkowski", p=p, backend=backend)
    np.testing.assert_allclose(got, distance.cdist(a, b, "minkowski", p=p), rtol=1e-13)
    got = jk.spatial.pdist(a, "minkowski", p=p, backend=backend)
    np.testing.assert_allclose(got, distance.pdist(a, "minkowski", p=p), rtol=1e-13)


def test_minkowskis_distances_are_euclidean_by_default():
    a = points(9, 6, "float64")
    np.testing.assert_array_equal(jk.spatial.cdist(a, a, "minkowski", backend="cpu"), jk.spatial.cdist(a, a))
    powers = [jk.spatial.pdist(a, "minkowski", p=p, backend="cpu") for p in (2.5, 3, 80.0)]
    for got, p in zip(powers, (2.5, 3, 80.0), strict=True):
        np.testing.assert_allclose(got, distance.pdist(a, "minkowski", p=p), rtol=1e-13)


def test_a_function_of_two_points(backend):
    a, b = points(5, 3), points(8, 3, seed=1)
    got = jk.spatial.cdist(a, b, canberra, backend=backend)
    np.testing.assert_allclose(got, distance.cdist(a, b, canberra), rtol=1e-6)
    np.testing.assert_allclose(jk.spatial.pdist(b, canberra, backend=backend), distance.pdist(b, "canberra"), rtol=1e-6)


COUNTED = ("canberra", "braycurtis", "hamming", "jaccard")


@pytest.mark.parametrize("metric", COUNTED)
def test_points_with_zeros_and_equal_coordinates(metric, backend):
    a = np.random.default_rng(3).integers(-1, 2, (14, 5)).astype(np.float64)
    a[:3] = 0
    with np.errstate(invalid="ignore"):
        want = distance.cdist(a, a, metric)
    np.testing.assert_allclose(jk.spatial.cdist(a, a, metric, backend=backend), want, rtol=1e-14)
    np.testing.assert_allclose(
        jk.spatial.pdist(a, metric, backend=backend), distance.squareform(want, checks=False), rtol=1e-14
    )


@pytest.mark.parametrize("metric", [*COUNTED, "correlation"])
def test_nan_and_infinity_as_in_scipy(metric):
    a = points(12, 3, "float64")
    a[0, 1], a[1, 2], a[2, 0], a[3] = np.nan, np.inf, -np.inf, 1.0  # the last is the mean of its coordinates throughout
    with np.errstate(invalid="ignore", divide="ignore"):
        want = distance.cdist(a, a, metric)
    np.testing.assert_allclose(jk.spatial.cdist(a, a, metric, backend="cpu"), want, rtol=1e-12, atol=1e-15)


def test_correlations_of_points_far_from_zero():
    a = points(20, 8, "float64")
    np.testing.assert_allclose(
        jk.spatial.cdist(a + 1e6, a, "correlation", backend="cpu"), distance.cdist(a, a, "correlation"), atol=1e-8
    )


def test_square_and_back(backend):
    x = points(7, 3)
    pairs = jk.spatial.pdist(x, backend=backend)
    square = jk.spatial.squareform(pairs, backend=backend)
    np.testing.assert_array_equal(square, distance.squareform(pairs))
    np.testing.assert_array_equal(jk.spatial.squareform(square, backend=backend), pairs)


@settings(max_examples=40)
@given(
    n=strategies.integers(0, 300),
    m=strategies.integers(0, 300),
    d=strategies.integers(0, 6),
    metric=strategies.sampled_from(METRICS[:2]),
)
def test_any_shape(n, m, d, metric):
    a, b = points(n, d, "float64"), points(m, d, "float64", seed=1)
    got = jk.spatial.cdist(a, b, metric, backend="cpu")
    assert got.shape == (n, m)
    if d and n and m:
        np.testing.assert_allclose(got, distance.cdist(a, b, metric), rtol=1e-13)
        if n > 1:
            np.testing.assert_allclose(
                jk.spatial.pdist(a, metric, backend="cpu"), distance.pdist(a, metric), rtol=1e-13
            )
    else:
        assert not got.any()


def test_many_points_in_bands():
    x = points(400, 2, "float64")
    pairs = jk.spatial.pdist(x, backend="cpu")
    np.testing.assert_allclose(pairs, distance.pdist(x), rtol=1e-13)
    np.testing.assert_array_equal(jk.spatial.squareform(pairs, backend="cpu"), distance.squareform(pairs))
    np.testing.assert_array_equal(jk.spatial.squareform(distance.squareform(pairs), backend="cpu"), pairs)


def test_whatever_the_arrays_are():
    a = points(6, 4, "float64")
    expected = distance.cdist(a, a)
    frozen = np.asfortranarray(a)
    frozen.flags.writeable = False
    np.testing.assert_allclose(jk.spatial.cdist(frozen, a.tolist(), backend="cpu"), expected, rtol=1e-13)
    np.testing.assert_allclose(jk.spatial.cdist(a[::-1], a, backend="cpu"), expected[::-1], rtol=1e-13)
    out = np.empty((6, 6))
    assert jk.spatial.cdist(a, a, out=out, backend="cpu") is out
    np.testing.assert_allclose(out, expected, rtol=1e-13)
    integers = np.array([[0, 3], [4, 0]])
    assert jk.spatial.cdist(integers, integers, backend="cpu").tolist() == [[0, 5], [5, 0]]
    a[0, 0], a[1, 1] = np.nan, np.inf
    np.testing.assert_allclose(jk.spatial.cdist(a[:2], a[2:], backend="cpu"), distance.cdist(a[:2], a[2:]))
    assert np.isnan(jk.spatial.cdist(np.zeros((1, 2)), np.ones((1, 2)), "cosine", backend="cpu")).all()
    assert jk.spatial.pdist(a[:1], backend="cpu").shape == (0,)
    np.testing.assert_array_equal(jk.spatial.squareform(np.zeros(0), backend="cpu"), np.zeros((1, 1)))


def test_points_on_a_gpu():
    a, b = points(5, 3), points(8, 3, seed=1)
    with jk.emulate_cuda():
        on_gpu = [jk.asarray(x, device="cuda") for x in (a, b)]
        found = jk.spatial.cdist(*on_gpu)
        assert not isinstance(found, np.ndarray)
        np.testing.assert_allclose(jk.to_numpy(found), distance.cdist(a, b), rtol=2e-6)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: jk.spatial.cdist(x[0], x), jk.LaunchError, r"XA has the shape \(3,\)"),
        (lambda x: jk.spatial.cdist(x, x[:, :2]), jk.LaunchError, "XA 3 and XB 2 columns"),
        (lambda x: jk.spatial.cdist(x, x, "euclid"), jk.LaunchError, "metric='euclid'; there are 'euclidean'"),
        (
            lambda x: jk.spatial.cdist(x, x, p=3),
            jk.LaunchError,
            "p=3 is of metric='minkowski', not of metric='euclidean'",
        ),
        (
            lambda x: jk.spatial.pdist(x, "minkowski", p=-1),
            jk.LaunchError,
            "p=-1; it is a number above 0, math.inf for",
        ),
        (lambda x: jk.spatial.pdist(x, 3), jk.KernelTypeError, "a name or a function"),
        (lambda x: jk.spatial.cdist(x * 1j, x), jk.KernelTypeError, "real numbers"),
        (lambda x: jk.spatial.cdist(x, x, out=np.empty((2, 2))), jk.LaunchError, "out= has the shape"),
        (lambda x: jk.spatial.squareform(x), jk.LaunchError, "a square matrix, or a vector"),
        (lambda x: jk.spatial.squareform(x[0, :2]), jk.LaunchError, "n \\* \\(n - 1\\) / 2"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(np.arange(12.0).reshape(4, 3))
