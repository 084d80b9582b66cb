"""The generator: distributions against SciPy, the same numbers wherever they are drawn, and what is refused."""

from __future__ import annotations

import copy
import importlib.util
import itertools
import pickle
import platform
import subprocess
import sys
import threading

import numpy as np
import pytest
from scipy import special, stats

import jitkit as jk
from jitkit.cases.philox import blocks
from jitkit.random import bounded, elements, fills, formulas, rejection, shuffling, trials, urns
from jitkit.random.bounded import wide_product
from jitkit.random.rejection import log_factorial

N = 200_000
LEAST = 1e-4  # of a p-value: seeds are fixed, so a test that passes passes always

# name, method with arguments, frozen distribution, and whether it takes float32
CONTINUOUS = [
    ("random", ("random",), stats.uniform()),
    ("uniform", ("uniform", -3.0, 5.0), stats.uniform(-3, 8)),
    ("standard_normal", ("standard_normal",), stats.norm()),
    ("normal", ("normal", 10.0, 0.5), stats.norm(10, 0.5)),
    ("standard_exponential", ("standard_exponential",), stats.expon()),
    ("exponential", ("exponential", 3.0), stats.expon(scale=3)),
    *[(f"gamma {k}", ("gamma", k, 2.0), stats.gamma(k, scale=2)) for k in (0.05, 0.5, 1.0, 3.0, 200.0)],
]
# The moments of some of these are infinite.
FURTHER = [
    (("lognormal", 0.5, 0.5), stats.lognorm(0.5, scale=np.exp(0.5))),
    (("laplace", 1.0, 2.0), stats.laplace(1, 2)),
    (("logistic", 1.0, 2.0), stats.logistic(1, 2)),
    (("gumbel", 1.0, 2.0), stats.gumbel_r(1, 2)),
    (("rayleigh", 2.0), stats.rayleigh(scale=2)),
    (("weibull", 1.5), stats.weibull_min(1.5)),
    (("pareto", 3.0), stats.lomax(3)),
    (("triangular", -1.0, 0.0, 3.0), stats.triang(0.25, -1, 4)),
    (("triangular", 0.0, 2.0, 2.0), stats.triang(1, 0, 2)),
    (("standard_cauchy",), stats.cauchy()),
    (("standard_gamma", 2.5), stats.gamma(2.5)),
    (("chisquare", 3.0), stats.chi2(3)),
    (("standard_t", 4.0), stats.t(4)),
    (("f", 4.0, 9.0), stats.f(4, 9)),
    (("power", 3.0), stats.powerlaw(3)),
    *[(("noncentral_chisquare", df, nonc), stats.ncx2(df, nonc)) for df, nonc in [(3.0, 2.0), (0.5, 30.0)]],
    (("noncentral_f", 4.0, 9.0, 2.0), stats.ncf(4, 9, 2)),
    *[(("wald", mean, scale), stats.invgauss(mean / scale, scale=scale)) for mean, scale in [(3.0, 2.0), (1.0, 1e-3)]],
    *[(("vonmises", 0.0, kappa), stats.vonmises(kappa)) for kappa in (1e-10, 0.7, 4.0, 300.0, 1e7)],
    (("beta", 2.0, 5.0), stats.beta(2, 5)),
    (("beta", 0.05, 0.4), stats.beta(0.05, 0.4)),
]
COUNTS = [
    *[(("binomial", n, p), stats.binom(n, p)) for n, p in
      [(1, 0.5), (20, 0.25), (20, 0.9), (39, 0.5), (40, 0.25), (1000, 0.004), (1000, 0.7), (10**6, 0.3), (10**15, 1e-13)]],
    *[(("geometric", p), stats.geom(p)) for p in (0.01, 0.5, 0.97)],
    *[(("negative_binomial", n, p), stats.nbinom(n, p)) for n, p in [(0.3, 0.1), (3, 0.25), (50, 0.5)]],
    (("zipf", 4.0), stats.zipf(4)),
    *[(("logseries", p), stats.logser(p)) for p in (0.1, 0.6, 0.99)],
    *[(("hypergeometric", *given), stats.hypergeom(given[0] + given[1], given[0], given[2])) for given in
      [(30, 70, 4), (70, 30, 95), (30, 70, 20), (70, 30, 80), (5000, 2000, 3000), (12, 10**6, 10**5), (10**8, 10**8, 10**4)]],
]  # fmt: skip
every_continuous = pytest.mark.parametrize(
    ("call", "law"), [row[1:] for row in CONTINUOUS], ids=[row[0] for row in CONTINUOUS]
)
EXACT = {
    "random": lambda rng, n: rng.random(n),
    "random float32": lambda rng, n: rng.random(n, dtype=np.float32),
    "die": lambda rng, n: rng.integers(1, 7, n),
    "bytes": lambda rng, n: rng.integers(0, 256, n, dtype=np.uint8),
    "three quarters of 32 bits": lambda rng, n: rng.integers(0, 3 * 2**30, n),
    "all 64 bits": lambda rng, n: rng.integers(-(2**63), 2**63, n),
    "most of 64 bits": lambda rng, n: rng.integers(0, 3 * 2**62, n, dtype=np.uint64),
    "poisson": lambda rng, n: rng.poisson(4.5, n),
    "permutation": lambda rng, n: rng.permutation(n),
    "choice": lambda rng, n: rng.choice(n, n // 2, replace=False),
    "weighted choice": lambda rng, n: rng.choice(4, n, p=[0.1, 0.2, 0.3, 0.4]),
    "binomial by gaps": lambda rng, n: rng.binomial(20, 0.75, n),
    "binomial by rejection": lambda rng, n: rng.binomial(1000, 0.3, n),
    "geometric": lambda rng, n: rng.geometric(0.2, n),
    "negative binomial": lambda rng, n: rng.negative_binomial(4, 0.3, n),
    "zipf": lambda rng, n: rng.zipf(2.5, n),
    "logseries": lambda rng, n: rng.logseries(0.8, n),
    "hypergeometric one by one": lambda rng, n: rng.hypergeometric(20, 30, 5, n),
    "hypergeometric by rejection": lambda rng, n: rng.hypergeometric(200, 300, 50, n),
    "weighted sample": lambda rng, n: rng.choice(n, n // 3, replace=False, p=np.arange(1, n + 1) / (n * (n + 1) / 2)),
}
ELEMENTWISE = [name for name in EXACT if name not in ("permutation", "choice", "weighted sample")]
ROUNDED = {
    "uniform": lambda rng, n: rng.uniform(-1, 3, n),
    "normal": lambda rng, n: rng.normal(1, 2, n),
    "normal float32": lambda rng, n: rng.standard_normal(n, dtype=np.float32),
    "exponential": lambda rng, n: rng.exponential(2, n),
    "exponential float32": lambda rng, n: rng.standard_exponential(n, dtype=np.float32),
    "gamma": lambda rng, n: rng.gamma(2.5, 3, n),
    "gamma below one": lambda rng, n: rng.gamma(0.3, 1, n),
    "lognormal": lambda rng, n: rng.lognormal(0.1, 0.25, n),
    "logistic": lambda rng, n: rng.logistic(1, 2, n),
    "weibull": lambda rng, n: rng.weibull(2, n),
    "triangular": lambda rng, n: rng.triangular(1, 2, 4, n),
    "standard_t": lambda rng, n: rng.standard_t(4, n),
    "beta": lambda rng, n: rng.beta(2, 0.5, n),
    "power": lambda rng, n: rng.power(3, n),
    "f": lambda rng, n: rng.f(4, 9, n),
    "noncentral_f": lambda rng, n: rng.noncentral_f(4, 9, 2, n),
    "noncentral_chisquare": lambda rng, n: rng.noncentral_chisquare(3, 40, n),
    "wald": lambda rng, n: rng.wald(3, 2, n),
    "vonmises": lambda rng, n: rng.vonmises(1, 4, n),
}
FIRST_RANDOM = [0.23036871294948158, 0.44345577636909395, 0.25616432163199987]
FIRST_INTEGERS = [741289761, 683741795, 470174154]
FIRST_ORDER = [4, 2, 0, 1, 3, 5]
SEVERAL = 1500


def generator(seed=7):
    return jk.random.Generator(seed)


def drawn(call, size, seed=7, **options):
    method, *arguments = call
    return getattr(generator(seed), method)(*arguments, size=size, **options)


def chi_square(counts, expected):
    """p-value of counts; classes are joined until each expects ten."""
    bins, total = [], [0.0, 0.0]
    for pair in zip(counts, expected, strict=True):
        total = [total[0] + pair[0], total[1] + pair[1]]
        if total[1] >= 10:
            bins.append(total)
            total = [0.0, 0.0]
    bins[-1] = [bins[-1][0] + total[0], bins[-1][1] + total[1]]
    observed, wanted = np.array(bins).T
    return stats.chisquare(observed, wanted * observed.sum() / wanted.sum()).pvalue


# ---- distributions


@every_continuous
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_kolmogorov_smirnov(call, law, dtype):
    x = drawn(call, N, dtype=dtype)
    assert x.dtype == dtype
    if call[:2] == ("gamma", 0.05) and dtype == "float32":
        x = x[x > 1e-30]  # what float32 can hold; one number in thirty is below
        p = stats.kstest(x, lambda t: (law.cdf(t) - law.cdf(1e-30)) / law.sf(1e-30)).pvalue
    else:
        p = stats.kstest(x, law.cdf).pvalue
    assert p > LEAST


@pytest.mark.parametrize(("call", "law"), FURTHER, ids=[row[0][0] for row in FURTHER])
def test_further_distributions(call, law):
    x = drawn(call, N, seed=11)
    assert stats.kstest(x, law.cdf).pvalue > LEAST
    assert drawn(call, 3, dtype="float32").dtype == np.float32
    assert np.ndim(drawn(call, None)) == 0
    arrays = (call[0], *(np.full((4, 5), value) for value in call[1:]))
    if len(arrays) > 1:  # arrays as parameters, and the shape that they give
        np.testing.assert_allclose(drawn(arrays, None, seed=11).ravel(), x[:20], rtol=1e-13)


@pytest.mark.parametrize(("call", "law"), COUNTS, ids=[str(row[0]) for row in COUNTS])
def test_counts_of_trials(call, law):
    x = drawn(call, N, seed=12)
    assert x.dtype == np.int64
    least, most = (int(law.ppf(q)) for q in (1e-6, 1 - 1e-6))
    edges = np.unique(np.linspace(least, most, 60).astype(np.int64))
    p = np.diff(law.cdf(edges), prepend=0.0, append=1.0)
    if len(edges) == most - least + 1 and law.support()[0] == least:
        edges, p = edges[:-1], np.append(p[:-2], p[-2] + p[-1])  # the last of all there are has none above
    counts = np.bincount(np.searchsorted(edges, x), minlength=p.size)
    assert chi_square(counts, N * p) > LEAST
    arrays = (call[0], *(np.full(20, value) for value in call[1:]))
    np.testing.assert_array_equal(drawn(arrays, None, seed=12), x[:20])


@pytest.mark.parametrize("a", [1.1, 1.5, 2.5, 900.0])
def test_zipf_with_long_tails(a):
    x = generator().zipf(a, N)
    edges = np.unique(np.geomspace(1, 1e6, 40).astype(np.int64))
    beyond = special.zeta(a, 2.0**63)  # what int64 does not hold is drawn again, as in NumPy
    above = (special.zeta(a, edges + 1.0) - beyond) / (
        special.zeta(a) - beyond
    )  # SciPy's own cdf adds up all the terms
    p = np.diff(1 - above, prepend=0.0, append=1.0)
    counts = np.bincount(np.searchsorted(edges, x), minlength=p.size)
    assert x.min() == 1
    assert chi_square(counts, N * p) > LEAST if a < 900 else (x == 1).all()


def test_extreme_counts():
    rng = generator()
    assert rng.zipf(5000.0, 5).tolist() == rng.logseries(0.0, 5).tolist() == [1] * 5
    assert (rng.zipf(1 + 1e-9, 1000) > 0).all()
    assert rng.hypergeometric(0, 9, 5, 5).tolist() == rng.hypergeometric(9, 0, 0, 5).tolist() == [0] * 5
    assert rng.hypergeometric(50, 0, 20, 5).tolist() == rng.hypergeometric(20, 30, 50, 5).tolist() == [20] * 5
    assert rng.binomial(0, 0.3, 5).tolist() == rng.binomial(9, 0.0, 5).tolist() == [0] * 5
    assert rng.binomial(9, 1.0, 5).tolist() == [9] * 5
    assert rng.geometric(1.0, 5).tolist() == [1] * 5
    assert rng.negative_binomial(3, 1.0, 5).tolist() == [0] * 5
    assert rng.geometric(1e-300, 5).tolist() == [2**63 - 1024] * 5
    x = rng.binomial(2**53, 0.5, 1000)
    assert abs(x.mean() - 2**52) < 5 * 2**25.5 / np.sqrt(1000)
    assert 0.8 < x.std() / 2**25.5 < 1.2


@every_continuous
def test_chi_square_and_moments(call, law):
    x = drawn(call, N, seed=8)
    edges = law.ppf(np.linspace(0, 1, 201))
    counts = np.bincount(np.clip(np.searchsorted(edges, x) - 1, 0, 199), minlength=200)
    assert stats.chisquare(counts).pvalue > LEAST
    mean, variance, kurtosis = law.stats("mvk")
    assert abs(x.mean() - mean) < 5 * np.sqrt(variance / N)
    assert abs(x.var() - variance) < 5 * variance * np.sqrt((kurtosis + 2) / N)


@every_continuous
def test_no_serial_correlation(call, law):
    u = law.cdf(drawn(call, N, seed=9)) - 0.5
    for lag in (1, 2, 3, 255, 256, 257, 512, 768, 1024):
        r = np.mean(u[:-lag] * u[lag:]) * 12
        assert abs(r) < 5 / np.sqrt(N - lag), lag


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_pairs_of_neighbours_and_of_rows_fill_the_square(dtype):
    u = drawn(("random",), N, seed=10, dtype=dtype)
    for lag in (1, fills.LANES):
        pairs = 16 * (16 * u[:-lag]).astype(int) + (16 * u[lag:]).astype(int)
        assert stats.chisquare(np.bincount(pairs, minlength=256)).pvalue > LEAST


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_both_numbers_of_a_transform_are_independent(dtype):
    rows = 4 if dtype == "float32" else 2
    z = drawn(("standard_normal",), rows * fills.LANES * 200, dtype=dtype).reshape(-1, rows, fills.LANES)
    for first, second in itertools.combinations(range(rows), 2):
        for power in (1, 2):
            r = stats.pearsonr(z[:, first].ravel() ** power, z[:, second].ravel() ** power).statistic
            assert abs(r) < 5 / np.sqrt(200 * fills.LANES)


def test_every_bit_is_fair():
    x = generator().integers(0, 2**64, N, dtype=np.uint64)
    ones = np.array([np.count_nonzero(x >> np.uint64(bit) & np.uint64(1)) for bit in range(64)])
    assert stats.chi2.sf(np.sum((ones - N / 2) ** 2) / (N / 4), 64) > LEAST


@pytest.mark.parametrize(
    ("low", "high", "dtype"),
    [(0, 6, "int64"), (-3, 4, "int8"), (0, 256, "uint8"), (0, 1000, "int32"), (10, 11, "int64"), (0, 2, "uint64")],
)
def test_integers_are_equally_likely(low, high, dtype):
    x = generator().integers(low, high, N, dtype=dtype)
    assert x.dtype == dtype
    assert (x.min(), x.max()) == (low, high - 1)
    assert high - low == 1 or stats.chisquare(np.bincount(x.astype(np.int64) - low)).pvalue > LEAST


@pytest.mark.parametrize("count", [3 * 2**30, 2**32 - 1, 2**32, 2**32 + 1, 3 * 2**61, 2**63 + 1])
def test_large_ranges_have_no_bias(count):
    """A remainder of 32 bits would give the lower quarter of 3 * 2**30 twice as often as the others."""
    x = generator().integers(0, count, N, dtype=np.uint64)
    parts = np.array([int(value) * 48 // count for value in x])
    assert int(x.max()) < count
    assert stats.chisquare(np.bincount(parts, minlength=48)).pvalue > LEAST


@pytest.mark.parametrize("lam", [0.0, 0.01, 1.0, 9.99, 10.0, 12.5, 100.0, 3e4])
def test_poisson(lam):
    x = generator().poisson(lam, N)
    assert x.dtype == np.int64
    law = stats.poisson(lam)
    if lam == 0:
        assert not x.any()
        return
    low, high = int(law.ppf(1e-7)), int(law.ppf(1 - 1e-7)) + 1
    counts = np.bincount(np.clip(x, low, high) - low, minlength=high - low + 1)
    assert chi_square(counts, N * law.pmf(np.arange(low, high + 1))) > LEAST


def test_a_mean_that_fills_64_bits():
    x = generator().poisson(9e18, 1000)
    assert abs(x.mean() / 9e18 - 1) < 1e-8
    assert x.min() > 0


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_every_permutation_is_equally_likely(n):
    rng, counts = generator(), {order: 0 for order in itertools.permutations(range(n))}
    for _ in range(20 * len(counts)):
        counts[tuple(rng.permutation(n).tolist())] += 1
    assert stats.chisquare(list(counts.values())).pvalue > LEAST


@pytest.mark.parametrize("n", [1000, 10_000, 100_000])
def test_long_permutations(n):
    order = generator().permutation(n)
    np.testing.assert_array_equal(np.sort(order), np.arange(n))
    table = np.histogram2d(np.arange(n), order, bins=20)[0]
    assert stats.chi2.sf(np.sum((table - n / 400) ** 2) / (n / 400), 19 * 19) > LEAST
    assert stats.chi2.cdf(np.sum((table - n / 400) ** 2) / (n / 400), 19 * 19) > LEAST
    assert abs(stats.pearsonr(order[:-1], order[1:]).statistic) < 5 / np.sqrt(n)


def test_weighted_samples():
    p = np.array([0.5, 0.25, 0.15, 0.1, 0.0])
    rng = generator()
    assert chi_square(np.bincount(rng.choice(5, N, p=p), minlength=5)[:4], N * p[:4]) > LEAST
    counts = dict.fromkeys(itertools.permutations(range(4), 2), 0)
    for _ in range(4000):
        counts[tuple(rng.choice(5, 2, replace=False, p=p).tolist())] += 1
    expected = [4000 * p[a] * p[b] / (1 - p[a]) for a, b in counts]
    assert chi_square(list(counts.values()), expected) > LEAST


# ---- the same numbers everywhere


@pytest.mark.parametrize("name", EXACT)
def test_exact_on_every_backend(name, backend):
    with jk.backend("python"):
        expected = EXACT[name](generator(), SEVERAL)
    with jk.backend(backend):
        got = EXACT[name](generator(), SEVERAL)
    assert got.dtype == expected.dtype
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("name", ROUNDED)
def test_within_rounding_on_every_backend(name, backend):
    with jk.backend("python"):
        expected = ROUNDED[name](generator(), SEVERAL)
    with jk.backend(backend):
        got = ROUNDED[name](generator(), SEVERAL)
    assert got.dtype == expected.dtype
    eps = np.finfo(got.dtype).eps
    np.testing.assert_allclose(got, expected, rtol=16 * eps, atol=8 * eps)


@pytest.mark.parametrize("name", [*EXACT, *ROUNDED])
def test_threads_change_not_a_bit(name):
    draw, before, found = {**EXACT, **ROUNDED}[name], jk.get_num_threads(), []
    try:
        for threads in (1, 2, before):
            jk.set_num_threads(threads)
            found.append(draw(generator(), 70_001))
    finally:
        jk.set_num_threads(before)
    for other in found[1:]:
        np.testing.assert_array_equal(found[0], other)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_elements_are_those_of_their_blocks(dtype):
    rng = generator()
    x = rng.random(5000, dtype=dtype)
    key, rows = int(rng._key), 2 if dtype == "float64" else 4
    words = blocks(key, np.arange(-(-5000 // (rows * fills.LANES)) * fills.LANES)).astype(np.uint64)
    five, six, eight = (np.uint64(bits) for bits in (5, 6, 8))
    if rows == 2:
        numbers = np.stack([(words[k + 1] >> five) * 2.0**26 + (words[k] >> six) for k in (0, 2)]) / 2.0**53
    else:
        numbers = (words >> eight) / 2.0**24
    expected = numbers.reshape(rows, -1, fills.LANES).swapaxes(0, 1).ravel()[:5000]
    np.testing.assert_array_equal(x, expected.astype(dtype))


@pytest.mark.parametrize("name", [*ELEMENTWISE, *ROUNDED])
def test_a_shorter_call_is_the_beginning_of_a_longer(name):
    draw, rounding = (EXACT[name], 0) if name in EXACT else (ROUNDED[name], 16)
    longer = draw(generator(), 3000)
    for n in (1, 255, 256, 257, 511, 512, 513, 1023, 1024, 1025, 2048):
        shorter = draw(generator(), n)
        eps = rounding * np.finfo(shorter.dtype).eps if rounding else 0
        np.testing.assert_allclose(shorter, longer[:n], rtol=eps, atol=eps)


def test_numbers_as_parameters_draw_what_arrays_of_them_do(backend):
    with jk.backend(backend):
        for n in (3, 300):
            ones = np.ones(n)
            np.testing.assert_allclose(
                generator().gamma(0.7, 2.0, n), generator().gamma(0.7 * ones, 2.0 * ones), rtol=1e-14
            )
            for mean in (3.0, 30.0):
                np.testing.assert_array_equal(generator().poisson(mean, n), generator().poisson(mean * ones))


@pytest.mark.parametrize("n", [1, 2, 255, 256, 257])
def test_short_orders_are_durstenfelds(n, backend):
    rng = generator()
    with jk.backend(backend):
        found = rng.permutation(n)
    expected = np.arange(n)
    for last in range(n - 1, 0, -1):  # of row r of a chunk of 1024, lane l is from word r of block l
        row, lane = divmod(last, fills.LANES)
        word = int(blocks(int(rng._key), np.arange(lane, lane + 1), 1)[row][0])
        chosen = word * (last + 1) >> 32  # none of these words is too low
        expected[[last, chosen]] = expected[[chosen, last]]
    np.testing.assert_array_equal(found, expected)


def test_a_new_process_draws_the_same():
    script = "import jitkit as jk; print(jk.random.Generator([1, 2]).integers(0, 2**62, 5).tolist())"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert said.strip() == str(generator([1, 2]).integers(0, 2**62, 5).tolist())


def test_numbers_are_those_of_the_first_release():
    """Changing any of these changes every result that anybody has published."""
    rng = generator(2026)
    assert rng.random(3).tolist() == FIRST_RANDOM
    assert rng.integers(0, 10**9, 3).tolist() == FIRST_INTEGERS
    assert rng.permutation(6).tolist() == FIRST_ORDER


SINGLE = {
    "random": lambda rng, size: rng.random(size),
    "normal": lambda rng, size: rng.normal(1, 2, size),
    "exponential float32": lambda rng, size: rng.standard_exponential(size, dtype="float32"),
    "gamma": lambda rng, size: rng.gamma(2.5, 3, size),
    "poisson": lambda rng, size: rng.poisson(4.5, size),
    "die": lambda rng, size: rng.integers(1, 7, size),
    "all 64 bits": lambda rng, size: rng.integers(-(2**63), 2**63, size),
}


def test_a_number_is_that_of_an_array_of_one_whatever_was_drawn_with_it(backend):
    """Numbers that follow one another are drawn ahead, which nobody sees."""
    several, alone, draws = generator(), generator(), list(SINGLE.values())
    with jk.backend(backend):
        for call in range(30 if backend == "python" else 180):
            draw = draws[call * call % 7 if call % 20 > 9 else 0]
            found, expected = draw(several, None), draw(alone, 1)[0]
            assert (found, type(found)) == (expected, type(expected))
            if call % 50 == 49:
                several = copy.copy(several) if call > 50 else pickle.loads(pickle.dumps(several))


def test_a_number_is_drawn_where_the_backend_says():
    rng, other = generator(), generator()
    numbers = [rng.normal() for _ in range(3)]
    with jk.backend("python"):
        interpreted = [rng.normal() for _ in range(3)]
        expected = other.normal(size=1), *(other.normal(size=1) for _ in range(5))
    np.testing.assert_allclose([*numbers, *interpreted], np.concatenate(expected), rtol=1e-14)
    assert interpreted == [float(x[0]) for x in expected[3:]]


def test_calls_keys_and_children_differ():
    rng = generator()
    children = rng.spawn(2)
    found = [rng.random(100), rng.random(100), generator(8).random(100), *(child.random(100) for child in children)]
    for a, b in itertools.combinations(found, 2):
        assert not np.intersect1d(a, b).size
    np.testing.assert_array_equal(generator().spawn(2)[1].random(100), found[-1])
    assert rng.spawn(0) == []
    assert len({int(rng.new_key()) for _ in range(100)}) == 100
    assert rng.new_key().dtype == np.uint64


def test_copies_and_pickles_go_on_alike():
    rng = generator()
    rng.random(3)
    twins = [copy.deepcopy(rng), pickle.loads(pickle.dumps(rng))]
    expected = rng.random(5)
    for twin in twins:
        np.testing.assert_array_equal(twin.random(5), expected)
        assert repr(twin) == repr(rng)
    assert repr(rng).endswith("2 calls made>")


def test_threads_that_share_a_generator_get_calls_of_their_own():
    rng, found = generator(), []
    threads = [
        threading.Thread(target=lambda: found.extend(rng.random(4).tolist() for _ in range(50))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other = generator()
    assert sorted(found) == sorted(other.random(4).tolist() for _ in range(200))


def test_default_rng_takes_what_a_library_function_gets():
    rng = generator()
    assert jk.random.default_rng(rng) is rng
    assert jk.random.default_rng(7).random() == generator().random()
    assert jk.random.default_rng().random() != jk.random.default_rng(None).random()
    theirs = np.random.default_rng(3), np.random.default_rng(3)
    assert jk.random.default_rng(theirs[0]).random() == jk.random.default_rng(theirs[1]).random()
    assert theirs[0].random() != np.random.default_rng(3).random()
    sequence = np.random.SeedSequence(7)
    assert jk.random.default_rng(sequence).random() == generator().random()


# ---- shapes, types, and where the numbers go


def test_sizes_and_scalars():
    rng = generator()
    assert isinstance(rng.random(), float)
    assert isinstance(rng.integers(5), np.int64)
    assert isinstance(rng.poisson(), np.int64)
    assert rng.random(()).shape == ()
    assert isinstance(rng.random(()), np.ndarray)
    for size in (0, 3, (2, 3), (2, 0), [2, 2]):
        for draw in (rng.random, rng.standard_normal, rng.standard_exponential):
            assert draw(size).shape == np.empty(size).shape
        assert rng.gamma(2.0, size=size).shape == rng.poisson(3.0, size).shape == np.empty(size).shape
        assert rng.integers(3, size=size).shape == np.empty(size).shape


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_out_is_filled_and_returned(dtype):
    out = np.zeros((3, 500), dtype)
    assert generator().random(out=out) is out
    np.testing.assert_array_equal(out, generator().random((3, 500), dtype=dtype))
    for few in (np.zeros(9, dtype), np.zeros((3, 3), dtype), np.zeros(18, dtype)[3:12]):
        assert generator().random(out=few) is few
        np.testing.assert_array_equal(few, generator().random(few.shape, dtype=dtype))
    part = np.zeros((4, 10), dtype)
    generator().standard_normal(out=part[1:3])
    assert part[1:3].all()
    assert not part[[0, 3]].any()
    assert generator().integers(9, out=np.zeros(4, np.int16)).dtype == np.int16


def test_device_arrays_are_filled_where_they_are(backend):
    if backend != "cuda":
        pytest.skip("device arrays")
    for dtype, n in ((np.float32, 30), (np.float64, 3)):
        out = jk.empty(n, dtype, device="cuda")
        assert generator().random(out=out) is out
        np.testing.assert_array_equal(jk.to_numpy(out), generator().random(n, dtype=dtype))
    out = jk.empty(4, np.float64, device="cuda")
    generator().gamma([1.0, 2.0, 3.0, 4.0], out=out)
    np.testing.assert_allclose(jk.to_numpy(out), generator().gamma([1.0, 2.0, 3.0, 4.0]), rtol=1e-14)


def test_parameters_broadcast():
    loc, scale = np.array([[0.0], [100.0]]), np.array([1.0, 2.0, 3.0])
    z = generator().standard_normal((2, 3))
    np.testing.assert_allclose(generator().normal(loc, scale), loc + scale * z, rtol=1e-14)
    np.testing.assert_allclose(
        generator().normal(loc, scale, (5, 2, 3))[0], (loc + scale * generator().standard_normal((5, 2, 3)))[0]
    )
    low = np.array([0, 10])
    x = generator().uniform(low, low + 1, (1000, 2))
    assert (x >= low).all()
    assert (x <= low + 1).all()
    np.testing.assert_allclose(generator().exponential(scale), scale * generator().standard_exponential(3), rtol=1e-14)
    np.testing.assert_array_equal(generator().gamma([2.0, 0.0], 3.0) > 0, [True, False])
    assert generator().poisson([1.0, 1e6, 0.0], (50, 3)).mean(axis=0).round(-5).tolist() == [0, 1e6, 0]


def test_permutation_shuffle_and_choice_move_whole_slices():
    x = np.arange(12).reshape(4, 3)
    order = generator().permutation(4)
    np.testing.assert_array_equal(generator().permutation(x), x[order])
    shuffled = x.copy()
    generator().shuffle(shuffled)
    np.testing.assert_array_equal(shuffled, x[order])
    np.testing.assert_array_equal(generator().permutation(x, axis=1), x[:, generator().permutation(3)])
    names = np.array(["a", "b", "c"])
    assert generator().choice(names, (2, 5)).shape == (2, 5)
    assert set(generator().choice(names, 3, replace=False).tolist()) == {"a", "b", "c"}
    assert generator().choice(x, 2, axis=1).shape == (4, 2)
    assert isinstance(generator().choice(5), np.int64)
    assert generator().choice(names) in names
    assert generator().choice(0, 0).shape == (0,)
    assert generator().choice(3, p=np.full(3, 1 / 3, np.float32)) in (0, 1, 2)  # they add up to 1.00000003
    assert generator().choice(3, 0, p=[0.2, 0.3, 0.5]).shape == (0,)


def test_extreme_parameters():
    assert (generator().normal(3, 0, 10) == 3).all()
    assert (generator().exponential(0, 10) == 0).all()
    assert (generator().uniform(2, 2, 10) == 2).all()
    assert (generator().normal(np.inf, 1, 3) == np.inf).all()
    assert (generator().gamma(0.0, 2.0, 10) == 0).all()
    tiny = generator().gamma(1e-3, 1.0, 1000)
    assert np.isfinite(tiny).all()
    assert (tiny >= 0).all()
    assert abs(generator().poisson(1e18, 2000).std() / 1e9 - 1) < 0.1


def test_wide_product_and_log_factorial():
    rng = np.random.default_rng(0)
    for a, b in [*rng.integers(0, 2**64, (200, 2), dtype=np.uint64), (np.uint64(2**64 - 1),) * 2]:
        low, high = wide_product(a, b)
        assert int(a) * int(b) == int(low) + (int(high) << 64)
    k = np.concatenate([np.arange(50), 10.0 ** np.arange(2, 15)])
    np.testing.assert_allclose(
        [log_factorial(float(value)) for value in k], special.gammaln(k + 1), rtol=1e-14, atol=1e-11
    )


# ---- refusals


@pytest.mark.parametrize("seed", [1.5, "seed", True, [1, 2.5], [True], {1}, object(), [[1, 2]]])
def test_what_is_no_seed(seed):
    with pytest.raises(TypeError, match=r"the seed is .*; give None, an integer from 0"):
        jk.random.Generator(seed)
    with pytest.raises(TypeError, match="the seed is"):
        jk.random.default_rng(seed)


@pytest.mark.parametrize("seed", [-1, [3, -1]])
def test_negative_seeds(seed):
    with pytest.raises(ValueError, match=r"the seed is .*; give integers from 0"):
        jk.random.Generator(seed)


REFUSED = [
    (lambda rng: rng.random(-1), ValueError, r"Generator.random: size is -1; extents are integers from 0"),
    (lambda rng: rng.random((2, -3)), ValueError, r"size is \(2, -3\)"),
    (lambda rng: rng.random(2.5), TypeError, r"size is 2.5; give an integer"),
    (lambda rng: rng.random("3"), TypeError, r"size is '3'"),
    (lambda rng: rng.random(3, dtype="int32"), TypeError, r"dtype is int32; give one of float64, float32"),
    (lambda rng: rng.standard_normal(3, dtype="float16"), TypeError, r"Generator.standard_normal: dtype is float16"),
    (lambda rng: rng.random(out=[1.0]), TypeError, r"out is a list; give a NumPy or device array"),
    (lambda rng: rng.random(out=np.zeros(3, int)), TypeError, r"dtype is int64; give one of float64"),
    (lambda rng: rng.random(dtype="float32", out=np.zeros(3)), TypeError, r"dtype is float32, and out an array of float64"),
    (lambda rng: rng.random(4, out=np.zeros(3)), ValueError, r"size is 4, and out has the shape \(3,\)"),
    (lambda rng: rng.random(out=np.zeros((4, 4))[:, 1]), ValueError, r"out is not contiguous"),
    (lambda rng: rng.random(out=np.broadcast_to(0.0, 1)), ValueError, r"out is read-only"),
    (lambda rng: rng.normal(0, -1), ValueError, r"Generator.normal: scale is -1.0; give numbers from 0"),
    (lambda rng: rng.normal(0, [1, -2.5]), ValueError, r"scale is -2.5"),
    (lambda rng: rng.normal(0, np.nan), ValueError, r"scale is nan"),
    (lambda rng: rng.normal("a"), TypeError, r"loc is 'a'; give a number or an array"),
    (lambda rng: rng.normal([0, 1], 1, 3), ValueError, r"a parameter of shape \(2,\) does not broadcast to the numbers' \(3,\)"),
    (lambda rng: rng.normal([0, 1], 1, 1), ValueError, r"does not broadcast"),
    (lambda rng: rng.exponential(-1), ValueError, r"Generator.exponential: scale is -1.0"),
    (lambda rng: rng.gamma(-1), ValueError, r"Generator.gamma: shape is -1.0"),
    (lambda rng: rng.gamma(np.inf), ValueError, r"shape is infinite"),
    (lambda rng: rng.gamma(1, -1), ValueError, r"Generator.gamma: scale is -1.0"),
    (lambda rng: rng.uniform(0, np.inf), ValueError, r"Generator.uniform: .*finite bounds"),
    (lambda rng: rng.uniform(-1e308, 1e308), ValueError, r"finite difference"),
    (lambda rng: rng.beta(0, 1), ValueError, r"Generator.beta: a is 0.0; give numbers above 0"),
    (lambda rng: rng.beta(1, [1, -2.0]), ValueError, r"Generator.beta: b is -2.0; give numbers above 0"),
    (lambda rng: rng.standard_t(np.inf), ValueError, r"Generator.standard_t: df is infinite or NaN"),
    (lambda rng: rng.laplace(np.nan), ValueError, r"Generator.laplace: loc is infinite or NaN"),
    (lambda rng: rng.lognormal(0, -1), ValueError, r"Generator.lognormal: sigma is -1.0"),
    (lambda rng: rng.triangular(0, 3, 2), ValueError, r"left is 0, mode 3 and right 2; give left <= mode <= right"),
    (lambda rng: rng.triangular(1, 1, 1), ValueError, r"and left < right"),
    (lambda rng: rng.binomial(2.5, 0.5), ValueError, r"Generator.binomial: n is 2.5; give integers up to 2\*\*53"),
    (lambda rng: rng.binomial(3, 1.5), ValueError, r"Generator.binomial: p is 1.5; give probabilities"),
    (lambda rng: rng.geometric(0), ValueError, r"Generator.geometric: p is 0.0; give numbers above 0"),
    (lambda rng: rng.negative_binomial(3, 1e-300), ValueError, r"at most 1e15"),
    (lambda rng: rng.binomial(3, 0.5, 2, dtype="int32"), TypeError, r"dtype is int32; give one of int64"),
    (lambda rng: rng.power(0), ValueError, r"Generator.power: a is 0.0; give numbers above 0"),
    (lambda rng: rng.f(1, -1), ValueError, r"Generator.f: dfden is -1.0; give numbers above 0"),
    (lambda rng: rng.noncentral_chisquare(1, 1e16), ValueError, r"nonc is 1e\+16; give numbers up to 1e15"),
    (lambda rng: rng.noncentral_f(1, 1, -1), ValueError, r"Generator.noncentral_f: nonc is -1.0"),
    (lambda rng: rng.wald(0, 1), ValueError, r"Generator.wald: mean is 0.0; give numbers above 0"),
    (lambda rng: rng.wald([1, -2.0], 1), ValueError, r"Generator.wald: mean is -2.0; give numbers above 0"),
    (lambda rng: rng.wald(1, np.nan), ValueError, r"Generator.wald: scale is nan; give numbers above 0"),
    (lambda rng: rng.vonmises(0, -1), ValueError, r"Generator.vonmises: kappa is -1.0; give numbers from 0"),
    (lambda rng: rng.vonmises(np.inf, 1), ValueError, r"mu is infinite or NaN"),
    (lambda rng: rng.zipf(1), ValueError, r"Generator.zipf: a is 1; give numbers above 1"),
    (lambda rng: rng.logseries(1.0), ValueError, r"Generator.logseries: p is 1.0; give numbers below 1"),
    (lambda rng: rng.hypergeometric(3, 4, 8), ValueError, r"nsample is 8, of 3 and 4; give at most their sum"),
    (lambda rng: rng.hypergeometric(3, 10**9, 1), ValueError, r"give numbers below 10\*\*9"),
    (lambda rng: rng.hypergeometric(3, 4, 1.5), ValueError, r"nsample is 1.5; give integers"),
    (lambda rng: rng.poisson(-0.5), ValueError, r"Generator.poisson: lam is -0.5"),
    (lambda rng: rng.poisson(1e19), ValueError, r"lam is 1e\+19; give means up to 9.22e\+18"),
    (lambda rng: rng.poisson(1, 3, dtype="int32"), TypeError, r"dtype is int32; give one of int64"),
    (lambda rng: rng.integers(0), ValueError, r"no integer lies in 0 <= x < 0; give low < high"),
    (lambda rng: rng.integers(5, 2), ValueError, r"5 <= x < 2"),
    (lambda rng: rng.integers(1.5), TypeError, r"the bounds are 1.5 and None; give two integers"),
    (lambda rng: rng.integers([1, 2]), TypeError, r"arrays of bounds"),
    (lambda rng: rng.integers(300, dtype="uint8"), ValueError, r"0 <= x < 300 reaches beyond uint8"),
    (lambda rng: rng.integers(-1, 1, dtype="uint64"), ValueError, r"reaches beyond uint64"),
    (lambda rng: rng.integers(3, dtype="float64"), TypeError, r"dtype is float64; give one of int64"),
    (lambda rng: rng.permutation(-1), ValueError, r"there are no -1 elements"),
    (lambda rng: rng.permutation(1.5), TypeError, r"1.5 is neither an array nor the number of elements"),
    (lambda rng: rng.permutation(np.zeros(3), axis=1), np.exceptions.AxisError, r"Generator.permutation: axis 1 is out"),
    (lambda rng: rng.shuffle(np.zeros(3), axis=1), np.exceptions.AxisError, r"Generator.shuffle: axis 1 is out"),
    (lambda rng: rng.choice([1, 2], axis=-2), np.exceptions.AxisError, r"Generator.choice: axis -2 is out"),
    (lambda rng: rng.permutation(np.zeros(3), axis=1.5), TypeError, r"Generator.permutation: axis is 1.5; give an integer"),
    (lambda rng: rng.shuffle([1, 2]), TypeError, r"x is a list; give a NumPy array"),
    (lambda rng: rng.shuffle(np.broadcast_to(1, 3)), ValueError, r"x is read-only; use permutation"),
    (lambda rng: rng.shuffle(np.array(1)), ValueError, r"x has no dimension"),
    (lambda rng: rng.choice(0), ValueError, r"1 of 0 elements"),
    (lambda rng: rng.choice(3, 4, replace=False), ValueError, r"4 of 3 elements without replacement"),
    (lambda rng: rng.choice(3, p=[0.5, 0.5]), ValueError, r"p has the shape \(2,\); give one probability for each of the 3"),
    (lambda rng: rng.choice(2, p=[0.5, 0.6]), ValueError, r"p adds up to 1.1"),
    (lambda rng: rng.choice(2, p=[1.5, -0.5]), ValueError, r"its least is -0.5"),
    (lambda rng: rng.choice(3, 2, replace=False, p=[1, 0, 0]), ValueError, r"2 elements without replacement, and 1 have"),
    (lambda rng: rng.spawn(-1), ValueError, r"n_children is -1"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refusals_name_what_was_given_and_what_to_give(call, kind, message):
    rng = generator()
    with pytest.raises(kind, match=message):
        call(rng)


def test_an_unknown_name():
    with pytest.raises(AttributeError, match=r"module 'jitkit.random' has no attribute 'rand'"):
        jk.random.rand  # noqa: B018
    assert "Generator" in dir(jk.random)


def test_kernels_that_draw_need_no_generator():
    script = "import sys, jitkit as jk; jk.random.uniform(1, 2); sys.exit('jitkit.random.generator' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


# ---- the kernels


def varied(draw):
    return elements._varied(draw).kernel


KEY, ONES, MEANS = np.uint64(7), np.ones(700), np.linspace(0, 300, 700)
LAUNCHES = [
    (fills.fill_words, (1, 256), (np.zeros(1024, np.uint32), KEY, 0, 0)),
    (fills.fill_double_words, (1, 256), (np.zeros(512, np.uint64), KEY, 0, 0)),
    (fills.fill_uniform, (1, 128), (np.zeros(512), KEY, 0, 0, 0.0, 1.0)),
    (fills.fill_uniform32, (1, 256), (np.zeros(1024, np.float32), KEY, 0, 0, 0.0, 1.0)),
    (fills.fill_normal, (1, 256), (np.zeros(512), KEY, 0, 0, 0.0, 1.0)),
    (fills.fill_normal32, (1, 256), (np.zeros(1024, np.float32), KEY, 0, 0, 0.0, 1.0)),
    (fills.fill_exponential, (1, 256), (np.zeros(512), KEY, 0, 0, 1.0)),
    (fills.fill_exponential32, (1, 256), (np.zeros(1024, np.float32), KEY, 0, 0, 1.0)),
    (bounded.fill_below, (1, 256), (np.zeros(1024, np.int64), KEY, 0, 0, KEY, np.uint64(3 * 2**30), np.uint64(2**30))),
    (bounded.fill_far_below, (1, 256), (np.zeros(512, np.int64), KEY, 0, 0, KEY, np.uint64(3 * 2**61), np.uint64(2**62))),
    (varied(rejection.draw_gamma), (60,), (ONES.copy(), KEY, 0, jk.zipped(np.linspace(0, 5, 700), ONES))),
    (varied(rejection.draw_poisson), (60,), (np.zeros(700, np.int64), KEY, 0, jk.zipped(MEANS, np.exp(-MEANS)))),
    (varied(formulas.draw_beta), (60,), (ONES.copy(), KEY, 0, jk.zipped(ONES, np.linspace(0.01, 5, 700)))),
    (varied(trials.draw_binomial), (60,), (np.zeros(700, np.int64), KEY, 0, jk.zipped(MEANS.round(), ONES / 3))),
    (varied(urns.draw_hypergeometric), (60,), (np.zeros(700, np.int64), KEY, 0, jk.zipped(*[MEANS.round()] * 3))),
    (rejection.rescale, (60,), (ONES.copy(), ONES, ONES)),
    (shuffling.order_few, (1,), (np.empty(100, np.int64), KEY, 2)),
    (shuffling.shuffle_buckets, (2,), (np.arange(300), np.array([0, 100, 300]), np.arange(300, dtype=np.uint32) << 23, KEY, 0)),
]  # fmt: skip
every_launch = pytest.mark.parametrize(
    ("kernel", "space", "args"), LAUNCHES, ids=[launch[0].name for launch in LAUNCHES]
)


@every_launch
def test_kernels_check_clean(kernel, space, args):
    report = kernel.check[space](*args)
    assert report.ok, str(report)


@every_launch
def test_fills_are_vector_code(kernel, space, args):
    found = kernel.inspect(*args, space=space, backend="cpu")
    if len(space) == 2 or kernel in (varied(rejection.draw_gamma), varied(rejection.draw_poisson)):
        assert found.vector_types
    if "uniform" in kernel.name and platform.machine() == "x86_64":
        assert "pmuludq" in found.asm
        assert ("cvtdq2ps" if kernel.name.endswith("32") else "cvtdq2pd") in found.asm  # not through scalar registers
    if kernel.name.endswith("32"):
        assert not any("double" in text for text in found.vector_types)


@pytest.mark.skipif(importlib.util.find_spec("numba_cuda") is None, reason="numba-cuda is not installed")
@every_launch
def test_kernels_compile_for_the_gpu(kernel, space, args):
    found = kernel.inspect(*args, space=space, backend="cuda")
    assert ".target sm_90" in found.ptx
    if kernel.name == "fill_uniform32":
        assert ".f64" not in found.ptx
