"""`jk.stats.kde` against SciPy, on every backend."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

import jitkit as jk


def values(shape, dtype="float64"):
    rng = np.random.default_rng(0)
    return (rng.standard_normal(shape) * 2 + rng.standard_normal(shape[-1]) + 5).astype(dtype)


@pytest.mark.parametrize("options", [{}, {"bandwidth": "silverman"}, {"bandwidth": 0.3}])
def test_as_in_scipy(options, backend):
    for d in (1, 3) if backend != "cuda" else (1,):
        x, at = values((d, 60)), values((d, 40))
        far = np.concatenate([at, np.diag([-np.inf, np.inf, np.nan])[:d]], axis=1)  # infinities beside numbers
        weights = np.random.default_rng(1).random(60)
        for w in (None, weights):
            expected = scipy.stats.gaussian_kde(x, options.get("bandwidth"), w)(at)
            got = jk.stats.kde(x, far, weights=w, backend=backend, **options)
            np.testing.assert_allclose(got[:40], expected, rtol=1e-11)
            np.testing.assert_array_equal(got[40:], [0, 0, np.nan] if d == 3 else [0, got[41], got[41]])


@pytest.mark.parametrize(("d", "dtype", "tolerance"), [(2, "float64", 1e-11), (1, "float32", 1e-5)])
def test_points_on_a_gpu_stay_there(d, dtype, tolerance, brought):
    x, at = values((d, 700), dtype), values((d, 40), dtype)
    at[:, 0] = np.inf
    weights = np.random.default_rng(1).random(700)
    with jk.emulate_cuda():
        points, places, shares = (jk.asarray(a, device="cuda") for a in (x, at, weights))
        for given, w in ((None, None), (shares, weights)):
            brought.clear()
            found = jk.stats.kde(points, places, weights=given)
            assert max(brought) <= d * d * 8
            expected = scipy.stats.gaussian_kde(x.astype(np.float64), None, w)(at[:, 1:].astype(np.float64))
            np.testing.assert_allclose(jk.to_numpy(found)[1:], expected, rtol=tolerance)
            assert jk.to_numpy(found)[0] == 0
        for wrong in (-weights, weights[:2], np.where(np.arange(700) == 3, 1.0, 0.0)):
            with pytest.raises((ValueError, jk.LaunchError), match="weights="):
                jk.stats.kde(points, places, weights=jk.asarray(wrong, device="cuda"))


def test_float32_many_points_and_out():
    x, at = values((9000,), "float32"), values((200,), "float32")
    expected = scipy.stats.gaussian_kde(x.astype(np.float64))(at.astype(np.float64))
    out = np.zeros(200, np.float32)
    assert jk.stats.kde(x, at, out=out, backend="cpu") is out
    np.testing.assert_allclose(out, expected, rtol=2e-4)


def test_one_place_of_several_coordinates_and_none():
    x = values((3, 50))
    one = jk.stats.kde(x, x[:, 0], backend="python")
    np.testing.assert_allclose(one, scipy.stats.gaussian_kde(x)(x[:, 0]), rtol=1e-11)
    assert jk.stats.kde(x[0], np.zeros(0)).shape == (0,)
    np.testing.assert_allclose(jk.stats.kde([1, 2, 4], [2]), scipy.stats.gaussian_kde([1, 2, 4])(2), rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: jk.stats.kde(x, x, "cosine"), ValueError, "bandwidth='cosine' is neither"),
        (lambda x: jk.stats.kde(x, x, -1.0), ValueError, "bandwidth=-1.0"),
        (lambda x: jk.stats.kde(x[:1], x), ValueError, "1 points have no covariance"),
        (lambda x: jk.stats.kde(np.stack([x, x]), np.stack([x, x])), ValueError, "lie in a subspace"),
        (lambda x: jk.stats.kde(x, np.stack([x, x])), jk.LaunchError, "points have 1 coordinates, and places have 2"),
        (lambda x: jk.stats.kde(x, x, weights=x[:2]), jk.LaunchError, "weights= has the shape"),
        (lambda x: jk.stats.kde(x, x, weights=-x), ValueError, "weights= are finite, not negative"),
        (lambda x: jk.stats.kde(x, x, weights=np.where(x == 1, np.inf, 1)), ValueError, "weights= are finite"),
        (lambda x: jk.stats.kde(x, x, weights=np.where(x == 1, 1, 0)), ValueError, "two or more are not zero"),
        (lambda x: jk.stats.kde(x, x, np.inf), ValueError, "bandwidth=inf is neither"),
        (
            lambda x: jk.stats.kde(np.where(x == 1, np.inf, x), x),
            ValueError,
            "the points, or their covariance, are not",
        ),
        (lambda x: jk.stats.kde(x * 1e300, x), ValueError, "the points, or their covariance, are not finite"),
        (lambda x: jk.stats.kde(x * 1j, x), jk.KernelTypeError, "takes real numbers"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(np.arange(4.0))
