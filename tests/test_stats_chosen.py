"""`where=` and `initial=` of `jk.stats` against NumPy, on every backend."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import jitkit as jk

SHAPES = {"python": [(4, 5)], "cpu": [(4, 5), (3, 200, 9)], "cuda": [(3, 40)]}


def values(dtype, shape, missing=0.0):
    rng = np.random.default_rng(3)
    x = rng.integers(-50, 50, shape).astype(dtype)
    if missing:
        x[rng.random(shape) < missing] = np.nan
    return x, rng.random(shape) < 0.5


def numpys(name, *args, **options):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # NumPy warns of no elements
        return getattr(np, name)(*args, **options)


@pytest.mark.parametrize("name", ["mean", "var", "std", "nanmean", "nanvar", "nanstd", "nansum"])
def test_moments_of_chosen_elements(name, backend):
    options = {"ddof": 1} if name[-3:] in ("var", "std") else {}
    for shape in SHAPES[backend]:
        for dtype, missing in (("float64", 0.0), ("float64", 0.2), ("float32", 0.1), ("int32", 0.0)):
            x, where = values(dtype, shape, missing)
            where[0] = False  # so that some results are of nothing
            where[..., 1] = False
            where[-1, ..., 1] = True  # or of one
            for axis in (None, 0, -1, (0, 1)) if backend == "cpu" else (None, -1):
                expected = numpys(name, x, axis, where=where, **options)
                got = getattr(jk.stats, name)(x, axis, where=where, backend=backend, **options)
                tolerance = 1e-4 if dtype == "float32" else 1e-12
                np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance)
                assert np.shape(got) == np.shape(expected)
                assert got.dtype == expected.dtype


@pytest.mark.parametrize("name", ["nanmin", "nanmax", "nansum"])
def test_values_to_begin_with(name, backend):
    for shape in SHAPES[backend]:
        for dtype, missing in (("float64", 0.3), ("int32", 0.0)):
            x, where = values(dtype, shape, missing)
            where[0] = False
            for initial in (-60, 3, 60):
                for axis in (None, 0, -1) if backend == "cpu" else (-1,):
                    for options in ({}, {"where": where}, {"where": where[-1]}, {"keepdims": True, "where": where}):
                        expected = numpys(name, x, axis, initial=initial, **options)
                        got = getattr(jk.stats, name)(x, axis, initial=initial, backend=backend, **options)
                        np.testing.assert_array_equal(got, expected)
                        assert got.dtype == expected.dtype


def test_masks_broadcast_and_results_go_where_they_are_to():
    x, where = values("float64", (4, 6), 0.0)
    for mask in (True, where[0], where[:, :1], where.tolist()):
        for axis in (None, 0, 1):
            expected = numpys("var", x, axis, where=mask, keepdims=True)
            np.testing.assert_allclose(jk.stats.var(x, axis, where=mask, keepdims=True), expected, rtol=1e-12)
    out = np.empty(6)
    assert jk.stats.mean(x, 0, where=where, out=out) is out
    np.testing.assert_allclose(out, numpys("mean", x, 0, where=where))
    assert jk.stats.nansum(x, 0, where=where, initial=2, out=out) is out
    np.testing.assert_allclose(out, numpys("nansum", x, 0, where=where, initial=2))
    assert np.isnan(jk.stats.mean(np.zeros(0), where=True))


def test_chosen_elements_of_a_gpu_stay_there():
    x, where = values("float32", (5, 40), 0.1)
    with jk.emulate_cuda():
        there, mask = jk.asarray(x, device="cuda"), jk.asarray(where, device="cuda")
        for name in ("nanmean", "std"):
            got = getattr(jk.stats, name)(there, 1, where=mask)
            assert not isinstance(got, np.ndarray)
            np.testing.assert_allclose(jk.to_numpy(got), numpys(name, x, 1, where=where), rtol=1e-5)
        with pytest.raises(
            jk.LaunchError, match=r"on a GPU where= has the shape of the array, \(5, 40\), not \(1, 40\)"
        ):
            jk.stats.mean(there, where=mask[:1])
        with pytest.raises(jk.LaunchError, match="different devices"):
            jk.stats.mean(there, where=where)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: jk.stats.mean(x, where=x), jk.KernelTypeError, "where= is an array of bool, not of float64"),
        (lambda x: jk.stats.var(x, where=[True] * 3), jk.LaunchError, r"jk.stats.var: where= has the shape \(3,\)"),
        (lambda x: jk.stats.nanmin(x, where=x > 1), jk.LaunchError, "jk.stats.nanmin: where= .* pass initial="),
        (lambda x: jk.stats.std(x, ddof="a", where=x > 1), jk.LaunchError, "jk.stats.std: ddof='a'"),
        (lambda x: jk.stats.mean(x, where=x > 1, out=np.zeros(3)), jk.LaunchError, r"out= has the shape \(3,\)"),
        (lambda x: jk.stats.nansum(x * 1j, where=x > 1), jk.KernelTypeError, "takes real numbers"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(np.arange(4.0))
