"""`jk.stats.average` and weighted quantiles against NumPy, on every backend."""

from __future__ import annotations

import numpy as np
import pytest

import jitkit as jk

SHAPES = {"python": [(3, 4, 5)], "cpu": [(3, 4, 5), (2, 700, 3)], "cuda": [(3, 4, 5)]}


def values(shape, dtype="float64", missing=0.0):
    rng = np.random.default_rng(4)
    x = rng.standard_normal(shape).astype(dtype)
    x[rng.random(shape) < missing] = np.nan
    return x, rng.integers(0, 5, shape) + (rng.random(shape) < 0.1)


def test_average_as_in_numpy(backend):
    for shape in SHAPES[backend]:
        x, w = values(shape)
        for axis in (None, 0, 1, (0, 2)):
            for keepdims in (False, True):
                for weights in (None, w + 1.0, w + 1):
                    got = jk.stats.average(x, axis, weights, True, keepdims=keepdims, backend=backend)
                    expected = np.average(x, axis, weights, True, keepdims=keepdims)
                    for ours, numpys in zip(got, expected, strict=True):
                        np.testing.assert_allclose(ours, numpys, rtol=1e-11)
                        assert (ours.dtype, ours.shape) == (numpys.dtype, numpys.shape)
        for axis in (0, 1, (2, 0)):
            places = np.arange(1.0, np.prod([shape[k] for k in np.atleast_1d(axis)]) + 1)
            places = places.reshape([shape[k] for k in np.atleast_1d(axis)])
            got = jk.stats.average(x, axis, places, backend=backend)
            np.testing.assert_allclose(got, np.average(x, axis, places), rtol=1e-11)
        narrow = jk.stats.average(x.astype("f4"), 1, w.astype("f4") + 1, backend=backend)
        assert narrow.dtype == np.float32
        np.testing.assert_allclose(narrow, np.average(x, 1, w + 1), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_weighted_quantiles_as_in_numpy(missing, backend):
    for shape in SHAPES[backend]:
        x, w = values(shape, missing=missing)
        w[0, 0] = 1
        x = np.round(x, 1)  # some are equal
        for axis in (None, 1, (0, 2)):
            for q in (0.3, [0.0, 0.25, 0.5, 1.0]):
                for name in ("quantile", "nanquantile"):
                    options = {"axis": axis, "method": "inverted_cdf", "weights": w + (axis == 1)}
                    expected = getattr(np, name)(x, q, **options)
                    got = getattr(jk.stats, name)(x, q, backend=backend, **options)
                    np.testing.assert_array_equal(got, expected)
                    assert np.shape(got) == np.shape(expected)


def test_weights_of_places_and_out():
    x, _ = values((5, 6), "float32")
    places = np.array([0, 0, 1, 5, 0, 2])
    options = {"axis": 1, "method": "inverted_cdf", "weights": places}
    for q in (0.0, 0.2, 0.9, 1.0):
        expected = np.quantile(x, q, **options)
        np.testing.assert_array_equal(jk.stats.quantile(x, q, **options), expected)
        out = np.empty((5, 1), np.float32)
        assert jk.stats.quantile(x, q, keepdims=True, out=out, **options) is out
        np.testing.assert_array_equal(out[:, 0], expected)
    out = np.empty(5)
    assert jk.stats.average(x, 1, places, out=out) is out
    np.testing.assert_allclose(out, np.average(x, 1, places), rtol=1e-6)
    only = jk.stats.nanquantile([1.0, np.nan], 0.5, method="inverted_cdf", weights=[0, 1])
    assert np.isnan(only)  # all that is a number weighs nothing


def test_weights_on_a_gpu_stay_there():
    x, w = values((4, 30), "float32")
    w = (w + 1).astype("float32")
    with jk.emulate_cuda():
        there, weights = jk.asarray(x, device="cuda"), jk.asarray(w, device="cuda")
        got = jk.stats.average(there, 1, weights)
        assert not isinstance(got, np.ndarray)
        np.testing.assert_allclose(jk.to_numpy(got), np.average(x, 1, w), rtol=1e-5, atol=1e-6)
        got = jk.stats.quantile(there, 0.4, 1, method="inverted_cdf", weights=weights)
        np.testing.assert_array_equal(jk.to_numpy(got), np.quantile(x, 0.4, 1, method="inverted_cdf", weights=w))
        with pytest.raises(jk.LaunchError, match="on a GPU weights= has the shape of the array"):
            jk.stats.average(there, 1, weights[0])
        with pytest.raises(jk.LaunchError, match="different devices"):
            jk.stats.average(there, 1, w)


CDF = {"method": "inverted_cdf"}


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: jk.stats.average(x, weights=[0] * 4), ZeroDivisionError, "jk.stats.average: weights= add up to 0"),
        (lambda x: jk.stats.average(x, weights=[1]), jk.LaunchError, r"has the shape \(1,\); it is \(4,\)"),
        (lambda x: jk.stats.average(x * 1j, weights=x), jk.KernelTypeError, "takes real numbers"),
        (lambda x: jk.stats.quantile(x, 0.5, weights=x), ValueError, "method='linear' takes no weights; pass method="),
        (lambda x: jk.stats.quantile(x, 0.5, weights=-x, **CDF), ValueError, "a weight is a number from 0"),
        (lambda x: jk.stats.quantile(x, 0.5, weights=x + np.inf, **CDF), ValueError, "infinite or NaN"),
        (lambda x: jk.stats.nanquantile(x, 0.5, weights=x * 0, **CDF), ValueError, "weights= are all 0"),
        (lambda x: jk.stats.quantile(x[None], 0.5, weights=x, **CDF), jk.LaunchError, "pass axis="),
        (lambda x: jk.stats.quantile(x[None], 0.5, 1, weights=x[:2], **CDF), jk.LaunchError, "that of the axes"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(np.arange(4.0))
