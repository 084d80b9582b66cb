"""`jk.histogramdd` and `jk.histogram2d` against NumPy, on every backend."""

from __future__ import annotations

import numpy as np
import pytest
from primitives_helpers import values_of

import jitkit as jk

N = 900
UNEVEN = [-3.0, -0.5, 0.25, 0.25, 2.0]


def agree(got, want):
    np.testing.assert_allclose(got[0], want[0], rtol=1e-12)
    assert got[0].dtype == want[0].dtype
    for ours, numpys in zip(got[1], want[1], strict=True):
        np.testing.assert_array_equal(ours, numpys)
        assert ours.dtype == numpys.dtype


@pytest.mark.parametrize("dimensions", [1, 2, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_boxes_as_in_numpy(dimensions, weighted, backend):
    x = values_of("float64", (N, dimensions))
    weights = np.abs(values_of("float64", N, 9)) if weighted else None
    for bins in (4, list(range(2, 2 + dimensions)), [UNEVEN] * dimensions):
        agree(jk.histogramdd(x, bins, weights=weights, backend=backend), np.histogramdd(x, bins, weights=weights))


def test_ranges_and_densities(backend):
    x = tuple(values_of("float32", (2, N)))
    edges = [-3.0, -0.5, 0.25, 2.0]  # no empty bin, which has no density
    options = {"bins": [5, edges], "range": [(-1.0, 0.5), None]}
    agree(jk.histogramdd(x, backend=backend, **options), np.histogramdd(x, **options))
    got, edges = jk.histogramdd(x, backend=backend, density=True, **options)
    np.testing.assert_allclose(got, np.histogramdd(x, density=True, **options)[0], rtol=1e-12)
    volumes = np.multiply.outer(np.diff(edges[0]), np.diff(edges[1]))
    assert (got * volumes).sum() == pytest.approx(1)


def test_six_dimensions(backend):
    x = values_of("int64", (N, 6))
    agree(jk.histogramdd(x, 2, backend=backend), np.histogramdd(x, 2))


def test_points_on_edges_and_outside(backend):
    x, y = np.array([0.0, 0.5, 1.0, 1.0, np.nan, 2.0, -1.0]), np.array([1.0, 1.0, 0.0, 1.0, 0.5, 0.5, 0.5])
    counts, _ = jk.histogramdd((x, y), 2, range=[(0, 1), (0, 1)], backend=backend)
    assert counts.tolist() == [[0, 1], [1, 2]]


def test_no_points(backend):
    counts, edges = jk.histogramdd(np.zeros((0, 2)), 3, backend=backend)
    assert counts.tolist() == [[0, 0, 0]] * 3
    assert edges[0].tolist() == np.linspace(0, 1, 4).tolist()


@pytest.mark.parametrize("bins", [6, [4, 7], np.array(UNEVEN), [UNEVEN, 3]])
def test_the_plane_as_in_numpy(bins, backend):
    x, y = values_of("float64", (2, N))
    counts, *edges = jk.histogram2d(x, y, bins, weights=x * x, backend=backend)
    want, *numpys = np.histogram2d(x, y, bins, weights=x * x)
    agree((counts, edges), (want, numpys))


def test_lazy_coordinates(backend):
    counts, _, _ = jk.histogram2d(jk.counting(N), jk.transformed(lambda k: k % 5, jk.counting(N)), 5, backend=backend)
    np.testing.assert_array_equal(counts, np.histogram2d(np.arange(N), np.arange(N) % 5, 5)[0])


@pytest.mark.parametrize("dtype", [None, "float32"])
def test_counts_of_points_on_a_gpu_are_float64_and_stay_there(dtype):
    x, w = values_of("float64", (50, 2)), None if dtype is None else values_of(dtype, 50)
    with jk.emulate_cuda():
        columns = tuple(jk.asarray(np.ascontiguousarray(column), device="cuda") for column in x.T)
        counts, _ = jk.histogramdd(columns, 4, weights=None if w is None else jk.asarray(w, device="cuda"))
        assert not isinstance(counts, np.ndarray)
        found = jk.to_numpy(counts)
    want = np.histogramdd(x, 4, weights=w)[0]
    np.testing.assert_allclose(found, want, rtol=1e-6)
    assert found.dtype == want.dtype


def test_weighted_counts_have_the_same_bits_on_every_number_of_threads():
    x, w = values_of("float64", (20_000, 2)), values_of("float64", 20_000, 3)
    before = jk.get_num_threads()
    results = []
    for threads in (1, before):
        jk.set_num_threads(threads)
        results.append(jk.histogramdd(x, 7, weights=w, backend="cpu")[0])
    jk.set_num_threads(before)
    np.testing.assert_array_equal(*results)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: jk.histogramdd(x, [2]), jk.LaunchError, "bins= is for 1 axes, and the points have 2"),
        (lambda x: jk.histogramdd(x, 2, range=[(0, 1)]), jk.LaunchError, "range= is for 1 axes"),
        (lambda x: jk.histogramdd(x, 0), jk.LaunchError, "bins=0"),
        (lambda x: jk.histogramdd(x, [[2, 1], 3]), jk.LaunchError, "ascending edges"),
        (lambda x: jk.histogramdd(x * np.nan), jk.LaunchError, "not finite"),
        (lambda x: jk.histogramdd(x * 1j), jk.KernelTypeError, "complex numbers have no order"),
        (lambda x: jk.histogramdd((x[:, 0], x[:2, 0])), jk.LaunchError, "d vectors of one length"),
        (lambda x: jk.histogramdd(x, weights=x), jk.LaunchError, "weights have the shape"),
        (lambda x: jk.histogramdd(np.ones((4, 7))), jk.KernelTypeError, "1 to 6 arrays, not 7"),
        (lambda x: jk.histogram2d(x, x), jk.LaunchError, "vectors of one length"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(np.ones((4, 2)))
