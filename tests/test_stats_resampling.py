"""`jk.stats.bootstrap` and `permutation_test` against SciPy and known distributions, on every backend."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

import jitkit as jk
from jitkit.stats._resampled_statistic import difference_of_means


def halfway(v):
    low = v[0]
    high = v[0]
    for k in range(v.shape[0]):
        low = min(low, v[k])
        high = max(high, v[k])
    return 0.5 * (low + high)


def samples(dtype="float64"):
    rng = np.random.default_rng(0)
    return rng.standard_exponential(30).astype(dtype), rng.standard_exponential(21).astype(dtype) + 1


@pytest.mark.parametrize("statistic", ["mean", "std", halfway])
def test_a_seed_gives_the_same_resamples_on_every_backend(statistic, backend):
    x, _ = samples()

    def run(on, seed=3):
        out = np.empty(40)
        assert jk.stats.bootstrap(x, statistic, 40, rng=seed, out=out, backend=on).bootstrap_distribution is out
        return out

    np.testing.assert_allclose(run(backend), run("python"), rtol=1e-12)
    assert (run(backend) != run(backend, seed=4)).any()


@pytest.mark.parametrize("statistic", ["mean", difference_of_means])
def test_a_seed_gives_the_same_splits_on_every_backend(statistic, backend):
    x, y = samples()

    def run(on, seed=3):
        out = np.empty(40)
        assert jk.stats.permutation_test(x, y, statistic, 40, rng=seed, out=out, backend=on).null_distribution is out
        return out

    np.testing.assert_allclose(run(backend), run("python"), rtol=1e-11, atol=1e-14)
    assert (run(backend) != run(backend, seed=4)).any()


def test_infinities_count_as_such(backend):
    (x, y), seed = samples(), 3
    marked, x[4] = np.where(np.arange(30) == 4, 1e9, x), np.inf
    for method in ("percentile", "BCa"):
        found = jk.stats.bootstrap(x, "mean", 40, method=method, rng=seed, backend=backend)
        like = jk.stats.bootstrap(marked, "mean", 40, rng=seed, backend=backend).bootstrap_distribution
        expected = np.where(like > 1e6, np.inf, like)
        assert np.isfinite(expected).any()
        np.testing.assert_allclose(found.bootstrap_distribution, expected, rtol=1e-6)
        assert (
            found.confidence_interval[1] == np.inf if method == "percentile" else np.isnan(found.confidence_interval[1])
        )
        assert np.isnan(found.standard_error)
    found = jk.stats.permutation_test(x, y, "mean", 40, alternative="greater", rng=seed, backend=backend)
    larger = np.count_nonzero(found.null_distribution == np.inf)
    assert larger + np.count_nonzero(found.null_distribution == -np.inf) == 40
    assert (found.statistic, found.pvalue) == (np.inf, (larger + 1) / 41)
    assert np.isnan(jk.stats.permutation_test(x, x, "mean", 40, rng=seed, backend=backend).pvalue)


@pytest.mark.parametrize("method", ["BCa", "percentile", "basic"])
@pytest.mark.parametrize(("name", "of"), [("mean", np.mean), ("std", np.std), ("var", np.var)])
def test_intervals_as_in_scipy(method, name, of):
    x, _ = samples()
    got = jk.stats.bootstrap(x, name, 2000, method=method, rng=1, backend="cpu")
    # SciPy's interval out of the same resamples, so that chance plays no part.
    expected = scipy.stats.bootstrap((x,), of, method=method, n_resamples=0, bootstrap_result=got)
    np.testing.assert_allclose(got.confidence_interval, expected.confidence_interval, rtol=1e-9)
    assert got.standard_error == pytest.approx(expected.standard_error, rel=1e-9)


def test_the_distribution_of_means_has_its_known_variance():
    x, _ = samples()
    found = jk.stats.bootstrap(x, "mean", 100_000, rng=5, backend="cpu").bootstrap_distribution
    assert found.mean() == pytest.approx(x.mean(), abs=5 * x.std() / np.sqrt(30 * 1e5))
    assert found.var() == pytest.approx(x.var() / 30, rel=0.03)


def test_one_sided_intervals_and_ddof():
    x, _ = samples()
    less = jk.stats.bootstrap(x, "mean", 500, 0.9, alternative="less", rng=1, backend="cpu").confidence_interval
    greater = jk.stats.bootstrap(x, "mean", 500, 0.9, alternative="greater", rng=1, backend="cpu").confidence_interval
    both = jk.stats.bootstrap(x, "mean", 500, 0.8, rng=1, backend="cpu").confidence_interval
    assert less == (-np.inf, both.high)
    assert greater == (both.low, np.inf)
    plain, corrected = (jk.stats.bootstrap(x, "var", 50, ddof=k, rng=1, backend="cpu")[1] for k in (0, 1))
    np.testing.assert_allclose(corrected, plain * 30 / 29, rtol=1e-12)


def test_pvalues_are_those_of_all_splits():
    x, y = np.array([1.0, 2.5, 3.0, 7.0]), np.array([4.0, 8.0, 9.0, 6.5, 7.5])

    def difference(a, b, axis):
        return a.mean(axis) - b.mean(axis)

    for alternative in ("two-sided", "less", "greater"):
        exact = scipy.stats.permutation_test((x, y), difference, alternative=alternative, vectorized=True)
        for statistic in ("mean", difference_of_means):
            got = jk.stats.permutation_test(x, y, statistic, 40_000, alternative=alternative, rng=2, backend="cpu")
            assert got.statistic == pytest.approx(exact.statistic)
            assert got.pvalue == pytest.approx(exact.pvalue, abs=0.012)
        assert set(np.round(got.null_distribution, 9)) == set(np.round(exact.null_distribution, 9))


def test_splits_that_differ_by_rounding_are_equal():
    tenths = np.array([0.1, -1.5, 1.6, 0.9])
    for x, y, less in ((tenths, tenths[::-1], 43 / 70), (tenths[:1].repeat(3), tenths[:1].repeat(5), 1)):
        for dtype in (np.float32, np.float64):
            found = jk.stats.permutation_test(
                x.astype(dtype), y.astype(dtype), "mean", 40_000, alternative="less", rng=2
            )
            assert found.pvalue == pytest.approx(less, abs=0.012)  # known by counting all splits in fractions
    assert np.isnan(jk.stats.bootstrap([1.0, 2.0], "std", 99, rng=1, backend="python").confidence_interval).all()


def shares(a, axis):
    return np.quantile(a, 0.9, axis=axis)


def test_statistics_along_an_axis_are_called_for_many_samples(backend):
    x, y = samples()
    found = jk.stats.bootstrap(x, halfway, 200, rng=3, backend=backend)
    called = []

    def along(a, axis):
        called.append(a.shape)
        return 0.5 * (a.min(axis) + a.max(axis))

    like = jk.stats.bootstrap((x,), along, 200, rng=3, backend=backend)
    np.testing.assert_allclose(like[1], found[1], rtol=1e-15)
    np.testing.assert_allclose(like[0], found[0], rtol=1e-12)
    assert sorted(called) == [(1, 30), (30, 29), (200, 30)]
    for statistic in (np.median, jk.stats.median, shares):
        drawn = jk.stats.bootstrap(x, statistic, 200, rng=3, backend=backend)
        expected = scipy.stats.bootstrap((x,), statistic, n_resamples=0, bootstrap_result=drawn)
        np.testing.assert_allclose(drawn[0], expected.confidence_interval, rtol=1e-12)
    difference = jk.stats.permutation_test(x, y, difference_of_means, 200, rng=3, backend=backend)
    same = jk.stats.permutation_test((x, y), lambda a, b, axis: a.mean(axis) - b.mean(axis), rng=3, n_resamples=200)
    np.testing.assert_allclose(same[2], difference[2], rtol=1e-9, atol=1e-12)
    assert same.pvalue == difference.pvalue


@pytest.mark.parametrize(
    ("function", "name"), [(np.mean, "mean"), (np.std, "std"), (np.var, "var"), (jk.stats.std, "std")]
)
def test_functions_that_have_a_name_here(function, name):
    x, _ = samples()
    for found, expected in zip(*(jk.stats.bootstrap([x], f, 50, rng=1) for f in (function, name)), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_float32_and_generators():
    x, y = samples("float32")
    generator = jk.random.Generator(3)
    first, second = (jk.stats.bootstrap(x, rng=generator, n_resamples=9, backend="cpu")[1] for _ in range(2))
    assert first.dtype == np.float32
    assert (first != second).any()
    np.testing.assert_array_equal(first, jk.stats.bootstrap(x, rng=3, n_resamples=9, backend="cpu")[1])
    assert jk.stats.permutation_test(x, y, rng=1, backend="cpu").pvalue < 0.01
    far = jk.stats.permutation_test(x + np.float32(1e4), y + np.float32(1e4), rng=1, n_resamples=99, backend="cpu")
    near = jk.stats.permutation_test(x.astype(float), y, rng=1, n_resamples=99, backend="cpu")
    np.testing.assert_allclose(far.null_distribution, near.null_distribution, atol=1e-3)


@pytest.mark.parametrize("statistic", ["mean", "std", "var", halfway])
def test_a_sample_on_a_gpu_stays_there(statistic, brought):
    x = np.random.default_rng(0).standard_exponential(700)
    expected = jk.stats.bootstrap(x, statistic, 20, rng=3, backend="cpu")
    with jk.emulate_cuda():
        there = jk.asarray(x, device="cuda")
        found = jk.stats.bootstrap(there, statistic, 20, rng=3)
        assert max(brought) <= 20 * 8
        assert not isinstance(found.bootstrap_distribution, np.ndarray)
        np.testing.assert_allclose(jk.to_numpy(found[1]), expected[1], rtol=1e-12)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-11)
    assert found.standard_error == pytest.approx(expected.standard_error, rel=1e-11)


@pytest.mark.parametrize("statistic", ["mean", difference_of_means])
def test_samples_on_a_gpu_stay_there(statistic, brought):
    rng = np.random.default_rng(0)
    x, y = rng.standard_exponential(300) + 1e4, rng.standard_exponential(200) + 1e4
    expected = jk.stats.permutation_test(x, y, statistic, 20, rng=3, backend="cpu")
    with jk.emulate_cuda():
        found = jk.stats.permutation_test(*(jk.asarray(a, device="cuda") for a in (x, y)), statistic, 20, rng=3)
        assert max(brought) <= 20 * 8
        assert not isinstance(found.null_distribution, np.ndarray)
        np.testing.assert_allclose(jk.to_numpy(found[2]), expected[2], rtol=1e-9)
    assert found.statistic == pytest.approx(expected.statistic, rel=1e-9)
    assert found.pvalue == expected.pvalue


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: jk.stats.bootstrap(x, "mode"), ValueError, "statistic='mode' is no function, nor one of 'mean'"),
        (lambda x: jk.stats.bootstrap(x, method="t"), ValueError, "method='t'"),
        (
            lambda x: jk.stats.bootstrap(x, lambda a, axis: np.sort(a, axis)[:, :2], 9),
            jk.LaunchError,
            r"axis=-1\) returned an array of the shape \(9, 2\) for samples of the shape \(9, \d+\): return a number",
        ),
        (lambda x: jk.stats.bootstrap(x, lambda a, axis: 1.0, 9), jk.LaunchError, r"returned 1\.0 for samples of"),
        (lambda x: jk.stats.bootstrap(x, confidence_level=95), ValueError, "confidence_level=95"),
        (lambda x: jk.stats.bootstrap(x, n_resamples=0), ValueError, "n_resamples=0"),
        (
            lambda x: jk.stats.permutation_test(x, x, n_resamples=np.inf),
            ValueError,
            "n_resamples=inf; it is an integer",
        ),
        (lambda x: jk.stats.bootstrap(x[:1]), jk.LaunchError, "a vector of at least 2 elements"),
        (lambda x: jk.stats.permutation_test(x, x.reshape(2, 2)), jk.LaunchError, "a vector of at least 1"),
        (lambda x: jk.stats.permutation_test(x, x, "std"), ValueError, "statistic='std'"),
        (lambda x: jk.stats.permutation_test(x, x, alternative="more"), ValueError, "alternative='more'"),
        (lambda x: jk.stats.permutation_test(x * 1j, x), jk.KernelTypeError, "takes real numbers"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(np.arange(4.0))


def test_one_sample_is_asked_for_another():
    x = np.arange(5.0)
    for given, said in (((x,), "1 in front"), (x, "one ndarray"), ((x, x, x), "3 in front")):
        with pytest.raises(
            jk.LaunchError, match=rf"takes two samples, x and y or \(x, y\), and got {said} of the statistic 'mean'"
        ):
            jk.stats.permutation_test(given, "mean")
