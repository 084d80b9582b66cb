"""`jk.spatial.knn` and `radius_neighbors` against SciPy's k-d tree and all distances, on every backend."""

from __future__ import annotations

import functools
import sys

import numpy as np
import pytest
from hypothesis import given, settings, strategies
from scipy.spatial import cKDTree, distance

import jitkit as jk
from jitkit.spatial import _tree


def points(n, d, dtype="float32", seed=0):
    return np.random.default_rng(seed).random((n, d)).astype(dtype)


def nearest(x, q, k, own):
    """Return distances and indices by sorting all distances, equal ones by index."""
    squares = ((q[:, None].astype(np.float64) - x[None]) ** 2).sum(axis=2)
    if own:
        np.fill_diagonal(squares, np.inf)
    order = np.argsort(squares, axis=1, kind="stable")[:, :k]
    return np.sqrt(np.take_along_axis(squares, order, axis=1)), order


@pytest.mark.parametrize(("n", "d"), [(150, 3), (60, 9)])
def test_neighbours_of_queries(n, d, backend):
    x, q = points(n, d), 1.5 * points(23, d, seed=1) - 0.2
    distances, indices = out = np.empty((23, 4), np.float32), np.empty((23, 4), np.int64)
    got = jk.spatial.knn(x, q, 4, out=out, backend=backend)
    assert got[0] is distances
    assert got[1] is indices
    expected, order = nearest(x, q, 4, own=False)
    np.testing.assert_allclose(distances, expected, rtol=1e-5)
    np.testing.assert_array_equal(indices, order)


def most_apart(u, v):
    return max(abs(u[0] - v[0]), 2 * abs(u[1] - v[1]))


@pytest.mark.parametrize("own", [False, True], ids=["queries", "own"])
@pytest.mark.parametrize(
    "metric", ["sqeuclidean", "cityblock", "chebyshev", "cosine", "correlation", "braycurtis", most_apart]
)
def test_neighbours_by_other_metrics(metric, own, backend):
    x = points(70, 3, "float64") + 0.1
    q = x if own else 1.5 * points(9, 3, "float64", seed=1) - 0.2
    all_of_them = distance.cdist(q, x, metric)
    if own:
        np.fill_diagonal(all_of_them, np.inf)
    order = np.argsort(all_of_them, axis=1, kind="stable")[:, :5]
    distances, indices = jk.spatial.knn(x, None if own else q, 5, metric=metric, backend=backend)
    np.testing.assert_allclose(distances, np.take_along_axis(all_of_them, order, axis=1), rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(indices, order)


@pytest.mark.parametrize(("d", "p"), [(3, 1.5), (10, 3), (2, 0.5), (18, 4)])
def test_neighbours_by_minkowskis_metric(d, p, backend):
    x, q = points(60, d, "float64"), 1.5 * points(9, d, "float64", seed=1) - 0.2
    all_of_them = distance.cdist(q, x, "minkowski", p=p)
    order = np.argsort(all_of_them, axis=1, kind="stable")[:, :5]
    distances, indices = jk.spatial.knn(x, q, 5, metric="minkowski", p=p, backend=backend)
    np.testing.assert_allclose(distances, np.take_along_axis(all_of_them, order, axis=1), rtol=1e-12)
    np.testing.assert_array_equal(indices, order)


@pytest.mark.parametrize("metric", ["sqeuclidean", "cityblock", "chebyshev", "minkowski"])
@pytest.mark.parametrize("d", [2, 6, 12])
def test_many_neighbours_by_norms(metric, d):
    x = crowded(3_000, d, "float64")
    p = {"sqeuclidean": 2, "cityblock": 1, "chebyshev": np.inf, "minkowski": 3}[metric]
    distances, _ = jk.spatial.knn(x, k=7, metric=metric, p=3 if metric == "minkowski" else None, backend="cpu")
    expected = cKDTree(x).query(x, 8, p=p)[0][:, 1:]
    np.testing.assert_allclose(distances, expected**2 if metric == "sqeuclidean" else expected, rtol=1e-12)


@pytest.mark.parametrize("own", [False, True], ids=["queries", "own"])
@pytest.mark.parametrize(
    ("d", "metric", "p"), [(3, "euclidean", 2), (6, "euclidean", 2), (20, "euclidean", 2), (3, "cityblock", 1)]
)
def test_neighbours_nearer_than_a_bound(d, metric, p, own, backend):
    x = points(60, d, "float64")
    q = x if own else 1.5 * points(9, d, "float64", seed=1) - 0.2
    bound = np.median(distance.cdist(q, x, "minkowski", p=p), axis=1).min() / 1.5
    expected, order = cKDTree(x).query(q, 7, p=p, distance_upper_bound=bound)
    if own:
        expected, order = expected[:, 1:], order[:, 1:]
    assert np.isinf(expected).any()
    distances, indices = jk.spatial.knn(
        x, None if own else q, expected.shape[1], metric=metric, distance_upper_bound=bound, backend=backend
    )
    np.testing.assert_allclose(distances, expected, rtol=1e-12)
    np.testing.assert_array_equal(indices, order)


@pytest.mark.parametrize("metric", ["euclidean", "cityblock", most_apart])
def test_what_is_as_far_as_the_bound_is_no_neighbour(metric, backend):
    x = np.stack([np.arange(40.0), np.zeros(40)], axis=1)
    for bound, nearest_of_first in ((1.0, 40), (0.0, 40), (1.5, 1), (np.inf, 1)):
        distances, indices = jk.spatial.knn(x, k=1, metric=metric, distance_upper_bound=bound, backend=backend)
        assert indices[0, 0] == nearest_of_first
        assert distances[0, 0] == (np.inf if nearest_of_first == 40 else 1)


@settings(max_examples=30)
@given(n=strategies.integers(2, 400), k=strategies.integers(1, 70), seed=strategies.integers(0, 99))
def test_any_bound_however_the_points_lie(n, k, seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 4, (n, 3)) + (seed % 2) * rng.random((n, 3))
    q, k, bound = rng.uniform(-1, 5, (20, 3)), min(k, n), float(rng.choice([0.0, 0.3, 1.1, 9.0]))
    distances, indices = jk.spatial.knn(x, q, k, distance_upper_bound=bound, backend="cpu")
    expected, _ = nearest(x, q, k, own=False)
    np.testing.assert_allclose(distances, np.where(expected < bound, expected, np.inf), rtol=1e-13)
    np.testing.assert_array_equal(indices == n, expected >= bound)


@pytest.mark.parametrize("scale", [2.0**-90, 2.0**125])
def test_bounds_and_powers_in_range(scale):
    x, unit = points(150, 3), np.float32(scale)
    for further in ({"distance_upper_bound": 0.25}, {"metric": "minkowski", "p": 3}):
        expected, order = jk.spatial.knn(x, k=4, backend="cpu", **further)
        if "p" not in further:
            further = {"distance_upper_bound": 0.25 * scale}
        distances, indices = jk.spatial.knn(x * unit, k=4, backend="cpu", **further)
        np.testing.assert_array_equal(indices, order)
        np.testing.assert_allclose(distances, expected * unit, rtol=1e-6)


def test_what_has_no_distance_is_no_neighbour(backend):
    x = np.array([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0], [0.0, 2.0]])
    distances, indices = jk.spatial.knn(x, k=3, metric="cosine", backend=backend)
    np.testing.assert_allclose(distances[0], [1 - 0.5**0.5, 1, np.inf], rtol=1e-12)
    assert indices.tolist() == [[2, 3, 4], [4, 4, 4], [0, 3, 4], [2, 0, 4]]


def crowded(n, d, dtype, seed=0):
    """Return points of all scales from a millionth on, about a corner."""
    rng = np.random.default_rng(seed)
    return (rng.random((n, d)) * 10.0 ** rng.uniform(-6, 0, (n, 1))).astype(dtype)


def test_neighbours_of_crowded_points(backend, monkeypatch):
    monkeypatch.setattr(_tree, "BLOCK", 32)  # so that points are cut by sorting too
    monkeypatch.setattr(_tree, "_kernels_for", functools.cache(_tree._kernels_for.__wrapped__))
    x = crowded(100, 3, "float32")
    for queries in (None, crowded(20, 3, "float32", seed=1)):
        distances, indices = jk.spatial.knn(x, queries, 4, backend=backend)
        expected, order = nearest(x, x if queries is None else queries, 4, own=queries is None)
        np.testing.assert_allclose(distances, expected, rtol=1e-5)
        np.testing.assert_array_equal(indices, order)


@pytest.mark.parametrize("scale", [2.0**-90, 2.0**125])
def test_points_whose_squares_vanish_or_overflow(scale, backend):
    x, unit = points(150, 3), np.float32(scale)
    distances, indices = jk.spatial.knn(x * unit, k=4, backend=backend)
    expected, order = jk.spatial.knn(x, k=4, backend=backend)
    np.testing.assert_array_equal(indices, order)
    np.testing.assert_array_equal(distances, expected * unit)
    found = jk.spatial.radius_neighbors(x * unit, 0.125 * scale, x[:9] * unit, backend=backend)
    wanted = jk.spatial.radius_neighbors(x, 0.125, x[:9], backend=backend)
    for got, part in zip(found, (*wanted[:2], wanted[2] * unit), strict=True):
        np.testing.assert_array_equal(got, part)


@pytest.mark.parametrize("d", [3, 9])
def test_clusters_among_many_points(d):
    x = np.concatenate([crowded(9_000, d, "float64") + c for c in range(3)])
    q = x[::50] + 1e-7
    for queries in (None, q):
        distances, indices = jk.spatial.knn(x, queries, 7, backend="cpu")
        at = x if queries is None else q
        expected = cKDTree(x).query(at, 8)[0]
        np.testing.assert_allclose(distances, expected[:, 1:] if queries is None else expected[:, :7], rtol=1e-12)
        np.testing.assert_allclose(np.linalg.norm(at[:, None] - x[indices], axis=2), distances, rtol=1e-12)


def test_equal_distances_stand_by_index(backend):
    x = np.stack(np.meshgrid(*[np.arange(5.0, dtype=np.float32)] * 3), axis=-1).reshape(-1, 3)
    distances, indices = jk.spatial.knn(x, k=7, backend=backend)
    expected, order = nearest(x, x, 7, own=True)
    np.testing.assert_allclose(distances, expected, rtol=1e-6)
    np.testing.assert_array_equal(indices, order)


@settings(max_examples=40)
@given(n=strategies.integers(1, 600), k=strategies.integers(1, 90), seed=strategies.integers(0, 99))
def test_any_number_of_points_however_they_lie(n, k, seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 4, (n, 3)) + (seed % 4) * rng.random((n, 3)) * 10.0 ** rng.integers(-9, 0, (n, 1))
    if seed % 4 == 3:  # spread evenly, in space or in a plane
        x = 4 * rng.random((n, 3)) * [1, 1, seed % 8 == 3]
    q = rng.uniform(-2, 6, (30, 3))
    k = min(k, n)
    distances, indices = jk.spatial.knn(x, q, k, backend="cpu")
    expected, _ = nearest(x, q, k, own=False)
    np.testing.assert_allclose(distances, expected, rtol=1e-13)
    np.testing.assert_allclose(np.linalg.norm(q[:, None] - x[indices], axis=2), distances, rtol=1e-13)
    if k < n:
        distances, indices = jk.spatial.knn(x, k=k, backend="cpu")
        np.testing.assert_allclose(distances, nearest(x, x, k, own=True)[0], rtol=1e-13)
        assert not (indices == np.arange(n)[:, None]).any()


def test_many_coordinates_in_several_goes(monkeypatch):
    monkeypatch.setattr(sys.modules["jitkit.spatial.knn"], "AT_ONCE", 1_000)
    x = points(200, 20, "float64")
    distances, indices = jk.spatial.knn(x, k=6, backend="cpu")
    expected, order = nearest(x, x, 6, own=True)
    np.testing.assert_allclose(distances, expected, rtol=1e-12)
    np.testing.assert_array_equal(indices, order)


def test_no_queries_and_equal_points():
    x = points(40, 3, "float64")
    distances, indices = jk.spatial.knn(x, np.empty((0, 3)), 3, backend="cpu")
    assert distances.shape == indices.shape == (0, 3)
    distances, indices = jk.spatial.knn(np.zeros((40, 3)), k=2, backend="cpu")
    assert not distances.any()
    assert indices[:3].tolist() == [[1, 2], [0, 2], [0, 1]]


@pytest.mark.parametrize(("n", "d"), [(60, 3), (600, 6)])
def test_neighbours_on_a_gpu(n, d):
    x = points(n, d)
    with jk.emulate_cuda():
        distances, indices = jk.spatial.knn(jk.asarray(x, device="cuda"), k=4)
        assert not isinstance(distances, np.ndarray)
        np.testing.assert_array_equal(jk.to_numpy(indices), nearest(x, x, 4, own=True)[1])
        for missing in (np.nan, np.inf, -np.inf):
            x[7, d - 1] = missing
            with pytest.raises(jk.LaunchError, match="not finite"):
                jk.spatial.knn(jk.asarray(x, device="cuda"), k=4)


def sorted_rows(offsets, indices):
    return [sorted(row.tolist()) for row in np.split(indices, offsets[1:-1])]


@pytest.mark.parametrize("d", [2, 3])
def test_points_within_a_radius(d, backend):
    x, q = points(200, d), 1.5 * points(30, d, seed=1) - 0.2
    tree = cKDTree(x)
    offsets, indices, distances = jk.spatial.radius_neighbors(x, 0.21, q, backend=backend)
    assert (offsets.dtype, indices.dtype, distances.dtype) == (np.int64, np.int64, np.float32)
    assert sorted_rows(offsets, indices) == [sorted(row) for row in tree.query_ball_point(q, 0.21)]
    expected = np.linalg.norm(x[indices].astype(np.float64) - np.repeat(q, np.diff(offsets), axis=0), axis=1)
    np.testing.assert_allclose(distances, expected, rtol=2e-6)
    offsets, indices, _ = jk.spatial.radius_neighbors(x, 0.21, backend=backend)
    rows = tree.query_ball_point(x, 0.21)
    assert sorted_rows(offsets, indices) == [sorted({*row} - {i}) for i, row in enumerate(rows)]


def test_crowded_points_within_a_radius(backend):
    x = crowded(100, 3, "float32")
    for radius in (2e-3, 5e-4) if backend == "cpu" else (2e-3,):
        offsets, indices, _ = jk.spatial.radius_neighbors(x, radius, backend=backend)
        rows = cKDTree(x).query_ball_point(x, radius)
        assert sorted_rows(offsets, indices) == [sorted({*row} - {i}) for i, row in enumerate(rows)]


@settings(max_examples=40)
@given(n=strategies.integers(1, 500), d=strategies.integers(1, 3), seed=strategies.integers(0, 99))
def test_any_radius_however_the_points_lie(n, d, seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 4, (n, d)) + (seed % 3) * rng.random((n, d)) * 10.0 ** rng.integers(-9, 0, (n, 1))
    q, radius = rng.integers(-2, 6, (30, d)) * 1.0, float(rng.choice([0.0, 1e-7, 1.0, 2.0, 50.0]))
    offsets, indices, _ = jk.spatial.radius_neighbors(x, radius, q, backend="cpu")
    assert sorted_rows(offsets, indices) == [sorted(row) for row in cKDTree(x).query_ball_point(q, radius)]


def test_radius_with_nothing_to_find():
    x = points(10, 3)
    for given_points, queries in ((x[:0], x), (x, x[:0]), (x, x + 9)):
        offsets, indices, distances = jk.spatial.radius_neighbors(given_points, 0.5, queries, backend="cpu")
        assert offsets.tolist() == [0] * (len(queries) + 1)
        assert indices.shape == distances.shape == (0,)


def test_radius_on_a_gpu():
    x = points(60, 3)
    with jk.emulate_cuda():
        found = jk.spatial.radius_neighbors(jk.asarray(x, device="cuda"), 0.3)
        assert not any(isinstance(part, np.ndarray) for part in found)
        offsets, indices, _ = map(jk.to_numpy, found)
    rows = cKDTree(x).query_ball_point(x, 0.3)
    assert sorted_rows(offsets, indices) == [sorted({*row} - {i}) for i, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: jk.spatial.knn(x, k=20), jk.LaunchError, "k=20 neighbours; there are 19 points other"),
        (lambda x: jk.spatial.knn(x, x, 0), jk.LaunchError, "k=0; it is an integer of 1 or more"),
        (lambda x: jk.spatial.knn(x, x, 2.5), jk.LaunchError, "k=2.5"),
        (lambda x: jk.spatial.knn(x, x[:, :1]), jk.LaunchError, "points 2 and queries 1 columns"),
        (lambda x: jk.spatial.knn(x * np.nan), jk.LaunchError, "not finite"),
        (lambda x: jk.spatial.knn(x, x * np.inf), jk.LaunchError, "not finite"),
        (lambda x: jk.spatial.knn(x, metric="manhattan"), jk.LaunchError, "spatial.knn: metric='manhattan'; there are"),
        (lambda x: jk.spatial.knn(x, p=1), jk.LaunchError, "p=1 is of metric='minkowski', not of metric='euclidean'"),
        (lambda x: jk.spatial.knn(x, metric="minkowski", p=0), jk.LaunchError, "p=0; it is a number above 0"),
        (lambda x: jk.spatial.knn(x, metric="minkowski", p="2x"), jk.LaunchError, "p='2x'; it is a real number"),
        (lambda x: jk.spatial.knn(x, metric="minkowski", p="3"), jk.LaunchError, "p='3'; it is a real number"),
        (
            lambda x: jk.spatial.knn(x, distance_upper_bound=-1),
            jk.LaunchError,
            "distance_upper_bound=-1; it is a number",
        ),
        (lambda x: jk.spatial.knn(x, distance_upper_bound=np.nan), jk.LaunchError, "distance_upper_bound=nan"),
        (lambda x: jk.spatial.knn(x, distance_upper_bound="far"), jk.LaunchError, "distance_upper_bound='far'"),
        (
            lambda x: jk.spatial.knn(x, distance_upper_bound="1"),
            jk.LaunchError,
            "distance_upper_bound='1'; it is a real",
        ),
        (lambda x: jk.spatial.knn(x, metric=2), jk.KernelTypeError, "metric= is a name or a function of two points"),
        (lambda x: jk.spatial.radius_neighbors(x, -1.0), jk.LaunchError, "radius=-1.0"),
        (lambda x: jk.spatial.radius_neighbors(x, 1, x * np.nan), jk.LaunchError, "not finite"),
        (lambda x: jk.spatial.radius_neighbors(x.reshape(10, 4), 1), jk.LaunchError, "points of 4 coordinates"),
        (lambda x: jk.spatial.knn(x[:, 0]), jk.LaunchError, r"points has the shape \(20,\)"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(points(20, 2, "float64"))
