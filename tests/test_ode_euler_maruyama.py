"""`jk.ode.euler_maruyama` against solutions that are known: orders of convergence, and moments."""

from __future__ import annotations

import math

import numpy as np
import pytest

import jitkit as jk
from jitkit.cases.philox import blocks
from jitkit.cases.random_normal import _normals

DRIFT, VOLATILITY = 0.1, 0.5


def growth(t, y, p):
    return p[0] * y[0]


def noise(t, y, p):
    return p[1] * y[0]


def prices(paths, steps, rng=3, dtype="float64", **options):
    y0 = np.ones((1, paths), dtype)
    return jk.ode.euler_maruyama(growth, noise, (0, 1), y0, steps, (DRIFT, VOLATILITY), rng=rng, **options)


def test_same_paths_on_every_backend(backend):
    for dtype, tolerance in (("float64", 1e-13), ("float32", 1e-5)):
        if dtype == "float32" and backend == "cuda":
            continue  # the case runs it
        found = prices(60, 9, dtype=dtype, backend=backend, save_every=3)
        assert found.y.dtype == dtype
        assert found.t.tolist() == [0, 1 / 3, 2 / 3, 1]
        expected = prices(60, 9, dtype=dtype, backend="python", save_every=3)
        np.testing.assert_allclose(found.y, expected.y, rtol=tolerance)
        assert found.nfev.tolist() == [9] * 60
        np.testing.assert_array_equal(prices(20, 9, dtype=dtype, backend=backend).y[0, 1], found.y[0, 3, :20])


def wiener(paths, steps, key):
    """Return the Wiener process at the end, from the same numbers."""
    total = np.zeros(paths)
    for step in range(0, steps, 2):
        total += _normals(blocks(key, np.arange(paths), step // 2).astype(np.uint64), 2).sum(axis=0)
    return total / math.sqrt(steps)


def test_strong_order_one_half():
    """The mean distance from the exact path halves where steps are a quarter as long (Kloeden and Platen, 9.6)."""
    paths, distances = 4_000, []
    for steps in (16, 64, 256):
        key = int(jk.random.Generator(5).new_key())
        exact = np.exp(DRIFT - VOLATILITY**2 / 2 + VOLATILITY * wiener(paths, steps, key))
        distances.append(np.abs(prices(paths, steps, rng=5).y[0, -1] - exact).mean())
    orders = -np.diff(np.log(distances)) / np.log(4)
    assert ((orders > 0.42) & (orders < 0.58)).all(), orders


def test_moments_of_geometric_brownian_motion():
    """Weak order one: the mean is (1 + a h)^n to the letter of the scheme, the second moment that of its steps."""
    paths, steps = 200_000, 8
    y = prices(paths, steps).y[0, -1]
    mean, square = (1 + DRIFT / steps) ** steps, ((1 + DRIFT / steps) ** 2 + VOLATILITY**2 / steps) ** steps
    deviation = math.sqrt(square - mean**2)
    assert abs(y.mean() - mean) < 4 * deviation / math.sqrt(paths)
    assert abs(y.std() / deviation - 1) < 0.02
    # and the scheme's own error in the mean, of first order
    assert 1.9 < (math.exp(DRIFT) - mean) / (math.exp(DRIFT) - (1 + DRIFT / 16) ** 16) < 2.1


def pull(t, y, dydt, p):
    for k in range(3):
        dydt[k] = -p[0] * y[k]


def constant(t, y, dydt, p):
    for k in range(3):
        dydt[k] = 1.0


def test_ornstein_uhlenbeck_in_three_independent_components():
    found = jk.ode.euler_maruyama(pull, constant, (0, 3), np.zeros((3, 20_000)), 120, (2.0,), rng=1)
    h, ratio = 3 / 120, 1 - 2 * 3 / 120
    variance = h * (1 - ratio**240) / (1 - ratio**2)
    covariance = np.cov(found.y[:, -1])
    np.testing.assert_allclose(covariance, variance * np.eye(3), atol=5 * variance / math.sqrt(20_000))


def test_time_and_the_end_of_numbers():
    ramp = jk.ode.euler_maruyama(lambda t, y: t, lambda t, y: 0, (1, 2), [0.0], 100, rng=1, backend="python")
    np.testing.assert_allclose(ramp.y[0, 1, 0], sum(1 + k / 100 for k in range(100)) / 100)
    assert ramp.success
    lost = jk.ode.euler_maruyama(
        lambda t, y: y[0] ** 3, lambda t, y: 0, (0, 9), [[0.0, 9.0]], 20, rng=1, backend="python"
    )
    assert lost.status.tolist() == [0, -3]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"n_steps": 0}, ValueError, "n_steps is 0"),
        ({"n_steps": 2.5}, ValueError, "n_steps is 2.5"),
        ({"save_every": 3}, ValueError, "save_every is 3, which does not divide the 10 steps"),
        ({"t_span": (1, 0)}, ValueError, "noise runs forward"),
        ({"diffusion": lambda t, y, p: (1, 2)}, jk.KernelTypeError, "diffusion returns a tuple of 2, and y0 has 1"),
        ({"drift": lambda t: t}, jk.KernelError, "drift takes 1 argument, and params= is given"),
        ({"rng": -1}, ValueError, "seed is -1"),
        ({"y0": np.zeros((1, 2, 3))}, jk.LaunchError, "y0 has the shape"),
    ],
)
def test_mistakes_are_named(change, error, message):
    given = {"drift": growth, "diffusion": noise, "t_span": (0, 1), "y0": np.ones(1), "n_steps": 10, "params": (1, 2)}
    with pytest.raises(error, match=message):
        jk.ode.euler_maruyama(**{**given, **change})
