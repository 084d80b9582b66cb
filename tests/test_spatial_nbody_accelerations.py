"""`jk.spatial.nbody_accelerations` and `nbody_energies` against all pairs in NumPy, on every backend."""

from __future__ import annotations

import numpy as np
import pytest

import jitkit as jk


def bodies(n, d, dtype="float64"):
    rng = np.random.default_rng(n)
    x, v, m = rng.standard_normal((n, d)), rng.standard_normal((n, d)), rng.random(n) / n
    return [part.astype(dtype) for part in (x, v, m)]


def directly(x, v, m, softening, G):
    """Return accelerations, kinetic and potential energy, pair by pair."""
    a, potential = np.zeros(x.shape), 0.0
    for i in range(len(x)):
        for j in range(len(x)):
            square = float(((x[j] - x[i]) ** 2).sum()) + softening**2
            if i != j and square > 0:
                a[i] += G * m[j] * (x[j] - x[i]) / square**1.5
                potential -= G * m[i] * m[j] / square**0.5 / 2
    return a, float((m * (v**2).sum(axis=1)).sum() / 2), potential


@pytest.mark.parametrize(("d", "softening"), [(2, 0.0), (3, 0.3)])
def test_bodies_as_pair_by_pair(d, softening, backend):
    x, v, m = bodies(30, d, "float32")
    x[3] = x[7]  # at one place
    expected, kinetic, potential = directly(x, v, m, softening, 2.5)
    got = jk.spatial.nbody_accelerations(x, m, softening, 2.5, backend=backend)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())
    energies = jk.spatial.nbody_energies(x, v, m, softening, 2.5, backend=backend)
    np.testing.assert_allclose(energies, (kinetic, potential), rtol=1e-5)


def test_more_bodies_than_a_tile():
    x, v, m = bodies(700, 3)
    apart = x[None] - x[:, None]
    pull = m * ((apart**2).sum(axis=2) + 0.01) ** -1.5
    got = jk.spatial.nbody_accelerations(x, m, 0.1, backend="cpu")
    np.testing.assert_allclose(got, np.einsum("ij,ijk->ik", pull, apart), rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(m @ got, 0, atol=1e-14)
    potential = jk.spatial.nbody_energies(x, v, m, 0.1, backend="cpu")[1]
    inverse = ((apart**2).sum(axis=2) + 0.01) ** -0.5
    np.fill_diagonal(inverse, 0)
    np.testing.assert_allclose(potential, -(m @ inverse @ m) / 2, rtol=1e-12)


def test_no_bodies_and_one_dimension():
    assert jk.spatial.nbody_accelerations(np.zeros((0, 3)), np.zeros(0), backend="cpu").shape == (0, 3)
    assert jk.spatial.nbody_energies(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0), backend="cpu") == (0, 0)
    out = np.empty((2, 1))
    assert jk.spatial.nbody_accelerations([[0], [2]], [1, 4], out=out, backend="cpu") is out
    assert out.tolist() == [[1], [-0.25]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x, m: jk.spatial.nbody_accelerations(x, m[:2]), r"masses have the shape \(2,\); expected \(4,\)"),
        (lambda x, m: jk.spatial.nbody_accelerations(x, m, -1.0), "softening=-1.0"),
        (lambda x, m: jk.spatial.nbody_accelerations(np.ones((4, 4)), m), "of 4 coordinates; expected 1 to 3"),
        (lambda x, m: jk.spatial.nbody_energies(x, x[:2], m), "4 positions and 2 velocities"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(jk.LaunchError, match=message):
        call(np.ones((4, 3)), np.ones(4))
