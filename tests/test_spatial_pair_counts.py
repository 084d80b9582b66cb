"""`jk.spatial.pair_counts` and `radial_distribution` against all distances, on every backend."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import pdist

import jitkit as jk


def counted(x, edges, box=None):
    if box is None:
        return np.histogram(pdist(x), edges)[0]
    apart = x[:, None].astype(np.float64) - x[None]
    apart -= np.round(apart / box) * box
    return np.histogram(np.linalg.norm(apart, axis=2)[np.triu_indices(len(x), 1)], edges)[0]


@pytest.mark.parametrize("box", [None, (1.0, 2.0, 1.5)])
def test_counts_of_all_pairs(box, backend):
    x = (np.random.default_rng(1).random((70, 3)) * 3 - 1).astype(np.float32)
    edges = [0.05, 0.2, 0.3, 0.49]
    got = jk.spatial.pair_counts(x, edges, box, backend=backend)
    assert got.dtype == np.int64
    np.testing.assert_array_equal(got, counted(x, edges, box))


def test_crowded_points_and_many_bins(monkeypatch, backend):
    monkeypatch.setattr("jitkit.spatial._pairs.ITEMS", 2)
    monkeypatch.setattr("jitkit.spatial._pairs.TABLES", 0)
    monkeypatch.setattr("jitkit.spatial._pairs.FEWEST", 2)
    x = np.round(np.random.default_rng(2).random((150, 3)) ** 4 * 64).astype(np.float32) / 64  # many are equal
    for places in (np.array([0.0, 3.5]), np.arange(0.5, 5000, 40), np.append(np.arange(0.25, 90, 0.5), np.inf)):
        edges = np.sqrt(places) / 64
        np.testing.assert_array_equal(jk.spatial.pair_counts(x, edges, backend=backend), counted(x, edges))
    assert jk.spatial.pair_counts(x[:1], [0, 1], backend=backend).tolist() == [0]


def test_last_nodes_of_fewer_points_than_a_leaf(backend):
    """Such a node is the smaller one beside any full leaf, which has no children that it could be split into."""
    for n in (65, 66, 130):
        x = np.random.default_rng(n).random((n, 3)).astype(np.float32)
        edges = np.linspace(0, 0.45, 21)
        np.testing.assert_array_equal(jk.spatial.pair_counts(x, edges, 1.0, backend=backend), counted(x, edges, 1.0))


def test_edges_of_any_size():
    x = np.array([[0.0, 0.0, 0.0, 0.0], [1e-200, 0.0, 0.0, 0.0], [0.0, 3e150, 4e150, 0.0], [0.0, 0.0, 0.0, 1e160]])
    edges = np.concatenate([[0.0], np.geomspace(1e-170, 1e150, 33), [4.9e150, 6e150, 1e200]])
    got = jk.spatial.pair_counts(x, edges, backend="python")
    assert {k: int(got[k]) for k in np.flatnonzero(got)} == {0: 1, 34: 2, 35: 3}
    for nearest in (x[:2] * 0, x[:2] + 1e-300, x[:2] + np.array([0, 0, 0, 1e200])):
        assert jk.spatial.pair_counts(nearest, [0, 1e-310, 1e-199], backend="python").sum() == 1
    assert jk.spatial.pair_counts(x[:2], [0, 9e-201, 2e-200], 1.0, backend="python").tolist() == [0, 1]


def test_a_lattice_has_its_shells():
    x = np.stack(np.meshgrid(*[np.arange(8.0)] * 2), axis=-1).reshape(-1, 2)
    r, g = jk.spatial.radial_distribution(x, 2.5, 25, box=8.0, backend="cpu")
    shell = 2 * np.pi * r * 0.1 * 63 / 64
    np.testing.assert_allclose((g * shell)[[10, 14, 20, 22]], [4, 4, 4, 8], rtol=1e-12)
    assert np.count_nonzero(g) == 4


def test_points_of_truths():
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], bool)
    for given in (corners, corners.tolist()):
        found = jk.spatial.radial_distribution(given, 2, 4, backend="python")
        expected = jk.spatial.radial_distribution(corners.astype(float), 2, 4, backend="python")
        np.testing.assert_array_equal(found, expected)


def test_points_by_chance_do_not_correlate():
    r, g = jk.spatial.radial_distribution(np.random.default_rng(3).random((2_000, 3)), 0.1, 5, backend="cpu")
    np.testing.assert_allclose(r, [0.01, 0.03, 0.05, 0.07, 0.09])
    np.testing.assert_allclose(
        g[2:], 1 - 1.5 * r[2:], atol=0.08
    )  # a face cuts a sphere of radius r by 3 r / 2 on average


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: jk.spatial.pair_counts(x, [0.2, 0.1]), "ascending edges"),
        (lambda x: jk.spatial.pair_counts(x, [0, 0.6], 1.0), "half the box 0.5"),
        (lambda x: jk.spatial.pair_counts(x, [0, 0.5], 1.0), "more than one image"),
        (lambda x: jk.spatial.pair_counts(x, [0, 0.1], (1, 2, 3)), "or 2 of them"),
        (lambda x: jk.spatial.pair_counts(x * np.nan, [0, 0.1]), "not finite"),
        (lambda x: jk.spatial.pair_counts(x[:, :0], [0, 0.1]), "of 0 coordinates; takes 1 to 16"),
        (lambda x: jk.spatial.radial_distribution(x, 0), "r_max=0"),
        (lambda x: jk.spatial.radial_distribution(x, 0.1), "4 points in a volume of 0"),
        (lambda x: jk.spatial.radial_distribution(np.diag([1e200, 1e200]), 0.1), "2 points in a volume of inf"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(jk.LaunchError, match=message):
        call(np.ones((4, 2)))
