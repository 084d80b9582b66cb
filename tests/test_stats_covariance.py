"""`jk.stats.cov` and `corrcoef` against NumPy, on every backend."""

from __future__ import annotations

import numpy as np
import pytest

import jitkit as jk


def values(shape, dtype="float64", seed=0):
    rng = np.random.default_rng(seed)
    return (rng.standard_normal(shape) + rng.standard_normal(shape[-1]) + 10).astype(dtype)


@pytest.mark.parametrize("variables", [1, 2, 5])
def test_as_in_numpy(variables, backend):
    x = values((variables, 5000 if backend == "cpu" else 40))
    for got, expected in (
        (jk.stats.cov(x, backend=backend), np.cov(x)),
        (jk.stats.cov(x.T, rowvar=False, bias=True, backend=backend), np.cov(x.T, rowvar=False, bias=True)),
        (jk.stats.cov(x, x[:1] ** 2, ddof=3, backend=backend), np.cov(x, x[:1] ** 2, ddof=3)),
        (jk.stats.corrcoef(x, backend=backend), np.corrcoef(x)),
    ):
        np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-12)
        assert np.shape(got) == np.shape(expected)


def test_columns_of_one_row_are_variables():
    x = np.array([[1.0, 2.0, 4.0]])
    np.testing.assert_array_equal(jk.stats.cov(x, x, rowvar=False, bias=True, backend="python"), np.zeros((6, 6)))
    assert np.isnan(jk.stats.corrcoef(x, rowvar=False, backend="python")).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_far_from_zero(dtype, backend):
    """Means are rounded to a number that may be as far off as the variables scatter."""
    if backend != "cpu" and dtype == "float32":
        return  # float64 is compiled already
    far = 1 / np.finfo(dtype).eps / 64
    x = np.round(values((2, 40)) * 8) / 64 + far  # exact
    want = np.cov(x - far)
    for options in ({}, {"fweights": np.ones(40, int)}):
        np.testing.assert_allclose(jk.stats.cov(x.astype(dtype), backend=backend, **options), want, rtol=1e-5)
    many = jk.stats.cov(np.tile(x, (130, 1)).astype(dtype), backend=backend) if backend == "cpu" else want
    np.testing.assert_allclose(many[:2, :2], want, rtol=1e-5)


def test_correlations_do_not_depend_on_the_unit():
    x = values((3, 50))
    for dtype, unit in (("float32", 1e25), ("float32", 1e-30), ("float64", 1e200), ("float64", 1e-170)):
        scaled = (x * np.array([[unit], [1], [unit]])).astype(dtype)
        np.testing.assert_allclose(jk.stats.corrcoef(scaled, backend="cpu"), np.corrcoef(x), rtol=1e-4)


def test_weights():
    x, rng = values((3, 50)), np.random.default_rng(1)
    often, weight = rng.integers(0, 4, 50), rng.random(50)
    for options in ({"fweights": often}, {"aweights": weight}, {"fweights": often, "aweights": weight, "ddof": 2}):
        np.testing.assert_allclose(jk.stats.cov(x, backend="cpu", **options), np.cov(x, **options), rtol=1e-12)


def test_many_variables_float32_and_out():
    x = values((37, 300), "float32")
    out = np.zeros((37, 37), np.float32)
    assert jk.stats.corrcoef(x, out=out, backend="cpu") is out
    np.testing.assert_allclose(out, np.corrcoef(x.astype(np.float64)), rtol=2e-5)
    assert (np.abs(out) <= 1).all()


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-13)])
def test_enough_variables_for_a_matrix_product(dtype, tolerance):
    x = values((260, 4100), dtype)
    got, want = jk.stats.cov(x, backend="cpu"), np.cov(x.astype(np.float64))
    assert got.dtype == dtype
    np.testing.assert_allclose(got, want, rtol=tolerance, atol=10 * tolerance)
    np.testing.assert_array_equal(got, got.T)
    x[3, 7] = np.inf
    broken = np.isnan(jk.stats.cov(x, backend="cpu"))
    assert broken[3].all()
    assert broken.sum() == 2 * 260 - 1
    assert np.isnan(jk.stats.cov(x[:, :1], backend="cpu")).all()


def test_few_observations_and_constants():
    assert np.isnan(jk.stats.cov(np.zeros((2, 0)), backend="cpu")).all()
    assert np.isnan(jk.stats.cov(np.ones((2, 1)), backend="cpu")).all()
    assert jk.stats.cov([1, 2, 3], backend="cpu") == 1
    assert np.isnan(jk.stats.corrcoef(np.ones((2, 4)), backend="cpu")).all()


def test_device_arrays_stay_on_the_device(backend):
    if backend == "cuda":
        x = values((3, 40))
        got = jk.stats.cov(jk.asarray(x, device="cuda"))
        assert not isinstance(got, np.ndarray)
        np.testing.assert_allclose(jk.to_numpy(got), np.cov(x), rtol=1e-11)


def test_weights_of_observations_on_a_gpu():
    rng = np.random.default_rng(4)
    x = values((3, 5000)) + 1000
    weights, counts = rng.random(5000) ** 4, rng.integers(0, 4, 5000)
    weights[:5] = 1000  # far from the plain means
    with jk.emulate_cuda(check=True):
        there, aweights, fweights = (jk.asarray(a, device="cuda") for a in (x, weights, counts))
        for given in ({"aweights": weights}, {"fweights": counts}, {"aweights": weights, "fweights": counts}):
            found = jk.stats.cov(there, **{name: {"aweights": aweights, "fweights": fweights}[name] for name in given})
            assert not isinstance(found, np.ndarray)
            np.testing.assert_allclose(jk.to_numpy(found), np.cov(x, **given), rtol=1e-10)


def test_variables_on_a_gpu_stay_there(brought):
    x, y = values((3, 900)), values((2, 900), seed=1)
    with jk.emulate_cuda(check=True):
        by_rows, by_columns = ([jk.asarray(np.array(a), device="cuda") for a in pair] for pair in ((x, y), (x.T, y.T)))
        weights = jk.asarray(x[0] ** 2, device="cuda")
        for call, expected in (
            (lambda: jk.stats.cov(*by_rows), np.cov(x, y)),
            (lambda: jk.stats.cov(*by_columns, rowvar=False), np.cov(x, y)),
            (lambda: jk.stats.cov(by_rows[0], aweights=weights), np.cov(x, aweights=x[0] ** 2)),
            (lambda: jk.stats.corrcoef(*by_columns, rowvar=False), np.corrcoef(x, y)),
        ):
            brought.clear()
            found = call()
            assert max(brought, default=0) <= 5 * 8
            np.testing.assert_allclose(jk.to_numpy(found), expected, rtol=1e-11)
        tiny = jk.asarray(np.array([x[0] * 1e-170, x[1]]), device="cuda")
        np.testing.assert_allclose(jk.to_numpy(jk.stats.corrcoef(tiny)), np.corrcoef(x[:2]), rtol=1e-11)
        for wrong, error in ((-weights_of(900), ValueError), (weights_of(900) + 0.5, jk.KernelTypeError)):
            with pytest.raises(error, match="fweights="):
                jk.stats.cov(by_rows[0], fweights=jk.asarray(wrong, device="cuda"))


def weights_of(n):
    return np.arange(n, dtype=float)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda x: jk.stats.cov(x.reshape(2, 2, 1)),
            jk.LaunchError,
            "jk.stats.cov: variables are a matrix or a vector",
        ),
        (lambda x: jk.stats.cov(x, x[:2]), jk.LaunchError, "4 observations of m, and 2 of y"),
        (lambda x: jk.stats.cov(x, aweights=x[:2]), jk.LaunchError, "aweights= has the shape"),
        (lambda x: jk.stats.cov(x, aweights=-x), ValueError, "negative weights"),
        (lambda x: jk.stats.cov(x, aweights=0 * x), ValueError, "the weights add up to 0"),
        (lambda x: jk.stats.cov(x, fweights=x + 0.5), jk.KernelTypeError, "fweights= are integers"),
        (lambda x: jk.stats.corrcoef(x * 1j), jk.KernelTypeError, "takes real numbers"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(np.arange(4.0))


@pytest.mark.parametrize("observations", [300, 4096, 9000, 17000])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_many_variables_go_to_blas_in_rows_and_in_columns(observations, dtype):
    x = values((260, observations), dtype) + 90  # means whose rounding must be taken out again
    wide = x.astype(np.float64)
    eps = 300 * np.finfo(dtype).eps
    for got in (jk.stats.cov(x), jk.stats.cov(np.ascontiguousarray(x.T), rowvar=False)):
        np.testing.assert_allclose(got, np.cov(wide), rtol=eps, atol=eps)
        np.testing.assert_array_equal(got, got.T)
        assert got.dtype == dtype
    np.testing.assert_allclose(jk.stats.corrcoef(x.T, rowvar=False), np.corrcoef(wide), rtol=eps, atol=eps)
    x[3, 5] = np.nan
    assert np.isnan(jk.stats.cov(x)[3]).all()
    assert np.isnan(jk.stats.cov(x)).sum() == 2 * 260 - 1
