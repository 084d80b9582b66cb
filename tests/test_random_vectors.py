"""The generator's draws of vectors, orders along an axis and bytes: against SciPy's distributions, and the same everywhere."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import jitkit as jk
from jitkit.random import shuffling, vectors

N = 50_000
LEAST = 1e-4  # of a p-value: seeds are fixed, so a test that passes passes always
P = np.array([0.1, 0.0, 0.25, 0.4, 0.25])
COLORS = np.array([40, 0, 160, 500, 300])
ALPHA = np.array([0.05, 1.0, 4.0, 30.0])
MEAN, COV = np.array([1.0, -2.0, 3.0]), np.array([[4.0, 1.0, 0.5], [1.0, 2.0, -0.3], [0.5, -0.3, 1.0]])
EVERYWHERE = {
    "multinomial": lambda rng, n: rng.multinomial(60, P, n),
    "multinomial of varied parameters": lambda rng, n: rng.multinomial(np.arange(n), P),
    "multivariate_hypergeometric": lambda rng, n: rng.multivariate_hypergeometric(COLORS, 70, n),
    "permuted": lambda rng, n: rng.permuted(np.arange(7 * n).reshape(n, 7), axis=1),
    "bytes": lambda rng, n: np.frombuffer(rng.bytes(n), np.uint8),
    "dirichlet": lambda rng, n: rng.dirichlet(ALPHA, n),
    "multivariate_normal": lambda rng, n: rng.multivariate_normal(MEAN, COV, n),
}


def generator(seed=7):
    return jk.random.Generator(seed)


def counts_fit(x, law):
    """p-value of counts by classes that expect ten at least."""
    k = np.arange(x.min(), x.max() + 1)
    expected, found = N * law.pmf(k), np.bincount(x - x.min())
    wide = expected >= 10
    found, expected = np.append(found[wide], found[~wide].sum()), np.append(expected[wide], N - expected[wide].sum())
    kept = expected > 1
    return stats.chisquare(found[kept], expected[kept] * found[kept].sum() / expected[kept].sum()).pvalue


@pytest.mark.parametrize("name", EVERYWHERE)
def test_the_same_on_every_backend_and_any_number_of_threads(name, backend):
    draw = EVERYWHERE[name]
    n = 300 if backend == "cpu" else 12
    with jk.backend(backend):
        found = draw(generator(), n)
    if backend != "cpu":
        np.testing.assert_allclose(found, draw(generator(), n), rtol=1e-12, atol=1e-12)
    else:  # a longer draw begins with the shorter one, however its points are spread
        longer = draw(generator(), 4000)
        np.testing.assert_allclose(found, longer[: len(found)], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("n", [5, 300])
def test_multinomial(n):
    x = generator().multinomial(n, P, N)
    assert x.dtype == np.int64
    assert (x.sum(axis=1) == n).all()
    assert (x[:, 1] == 0).all()
    for kind in (0, 2, 3, 4):
        assert counts_fit(x[:, kind], stats.binom(n, P[kind])) > LEAST
    wanted = stats.multinomial(n, P).cov()
    np.testing.assert_allclose(np.cov(x.T), wanted, atol=6 * wanted.max() / np.sqrt(N))


def test_multinomial_of_varied_parameters():
    n, p = np.array([[10], [1000]]), np.array([[0.5, 0.5], [0.1, 0.9], [1.0, 0.0]])
    x = generator().multinomial(n, p, (2000, 2, 3))
    assert x.shape == (2000, 2, 3, 2)
    assert (x.sum(axis=-1) == n).all()
    np.testing.assert_allclose(x.mean(axis=0)[..., 0] / n, np.broadcast_to(p[:, 0], (2, 3)), atol=0.02)
    assert generator().multinomial(n, p).shape == np.random.default_rng(0).multinomial(n, p).shape
    assert generator().multinomial(9, [1.0]).tolist() == [9]
    assert generator().multinomial(0, P).tolist() == [0] * 5
    assert generator().multinomial(9, P, 0).shape == (0, 5)
    thirds = generator().multinomial(9, np.full(3, 1 / 3), (2, 4))
    assert thirds.shape == (2, 4, 3)
    assert generator().multinomial(10, [0.1] * 10, 100).min() >= 0  # what they add up to is rounded


@pytest.mark.parametrize("taken", [8, 300, 999])
def test_multivariate_hypergeometric(taken):
    x = generator().multivariate_hypergeometric(COLORS, taken, N)
    assert (x.sum(axis=1) == taken).all()
    assert (x <= COLORS).all()
    for kind in (0, 2, 3, 4):
        assert counts_fit(x[:, kind], stats.hypergeom(COLORS.sum(), COLORS[kind], taken)) > LEAST
    wanted = stats.multivariate_hypergeom(COLORS, taken).cov()
    np.testing.assert_allclose(np.cov(x.T), wanted, atol=6 * wanted.max() / np.sqrt(N))
    same = generator().multivariate_hypergeometric(COLORS, taken, 50, method="count")
    np.testing.assert_array_equal(same, x[:50])
    assert generator().multivariate_hypergeometric([3, 4], 7).tolist() == [3, 4]


def test_dirichlet():
    x = generator().dirichlet(ALPHA, N)
    np.testing.assert_allclose(x.sum(axis=1), 1, rtol=1e-14)
    for kind, a in enumerate(ALPHA):
        assert stats.kstest(x[:, kind], stats.beta(a, ALPHA.sum() - a).cdf).pvalue > LEAST
    wanted = stats.dirichlet(ALPHA).cov()
    np.testing.assert_allclose(np.cov(x.T), wanted, atol=6 * wanted.max() / np.sqrt(N))
    tiny = generator().dirichlet([1e-4, 1e-4], (3, 1000))
    assert tiny.shape == (3, 1000, 2)
    np.testing.assert_allclose(tiny.sum(axis=-1), 1, rtol=1e-14)
    assert generator().dirichlet([2.0]).tolist() == [1.0]


@pytest.mark.parametrize("method", ["svd", "eigh", "cholesky"])
def test_multivariate_normal(method):
    x = generator().multivariate_normal(MEAN, COV, N, method=method)
    assert x.shape == (N, 3)
    # What is told from a normal distribution by its distance is chi-square.
    squares = np.einsum("ij,jk,ik->i", x - MEAN, np.linalg.inv(COV), x - MEAN)
    assert stats.kstest(squares, stats.chi2(3).cdf).pvalue > LEAST
    for k in range(3):
        assert stats.kstest(x[:, k], stats.norm(MEAN[k], np.sqrt(COV[k, k])).cdf).pvalue > LEAST
    np.testing.assert_allclose(np.cov(x.T), COV, atol=6 * 4 / np.sqrt(N))
    assert generator().multivariate_normal(MEAN, COV, method=method).shape == (3,)
    assert generator().multivariate_normal(MEAN, COV, (2, 5), method=method).shape == (2, 5, 3)
    if method != "cholesky":
        singular = generator().multivariate_normal([0, 0], [[1, 1], [1, 1]], 10, method=method)
        np.testing.assert_allclose(singular[:, 0], singular[:, 1], atol=1e-7)


@pytest.mark.parametrize("method", ["svd", "eigh"])
@pytest.mark.parametrize("cov", [[[1, 0], [0, -1]], [[1, 0.9], [0.5, 1]]])
def test_a_covariance_that_is_none(method, cov):
    rng = generator()
    with pytest.warns(RuntimeWarning, match="cov is not symmetric positive semidefinite; mend it") as caught:
        rng.multivariate_normal([0, 0], cov, method=method)
    assert caught[0].filename == __file__
    with pytest.raises(ValueError, match="cov is not symmetric positive semidefinite"):
        rng.multivariate_normal([0, 0], cov, check_valid="raise", method=method)
    assert rng.multivariate_normal([0, 0], cov, check_valid="ignore", method=method).shape == (2,)


def test_permuted_rows_are_in_every_order():
    x = generator().permuted(np.tile([0, 1, 2, 3], (N, 1)), axis=1)
    assert (np.sort(x, axis=1) == np.arange(4)).all()
    orders = np.unique(x, axis=0, return_counts=True)[1]
    assert orders.size == 24
    assert stats.chisquare(orders).pvalue > LEAST


def test_permuted_along_axes_and_into_out():
    x = np.arange(60).reshape(3, 4, 5)
    for axis in (0, 1, 2, -1):
        found = generator().permuted(x, axis=axis)
        assert found.shape == x.shape
        np.testing.assert_array_equal(np.sort(found, axis=axis), x)
        assert (found != x).any()
    flat = generator().permuted(x)
    np.testing.assert_array_equal(flat.ravel(), x.ravel()[generator().permutation(60)])
    same = x.copy()
    assert generator().permuted(same, out=same) is same
    np.testing.assert_array_equal(same, flat)
    out = np.empty_like(x)
    assert generator().permuted(x, axis=1, out=out) is out
    np.testing.assert_array_equal(out, generator().permuted(x, axis=1))
    names = generator().permuted(["a", "b", "c"])
    assert sorted(names.tolist()) == ["a", "b", "c"]
    for empty in ((0, 3), (3, 0)):
        assert generator().permuted(np.zeros(empty), axis=1).shape == empty


def test_bytes():
    found = generator().bytes(100_000)
    assert isinstance(found, bytes)
    assert stats.chisquare(np.bincount(np.frombuffer(found, np.uint8), minlength=256)).pvalue > LEAST
    assert generator().bytes(0) == b""
    assert generator().bytes(10) == found[:10] or len(found[:10]) == 10


REFUSED = [
    (lambda rng: rng.multinomial(5, [0.7, 0.7, 0.1]), ValueError, r"pvals but the last add up to 1.4; give probabilities"),
    (lambda rng: rng.multinomial(5, [1.5]), ValueError, r"Generator.multinomial: pvals"),
    (lambda rng: rng.multinomial(5, [-0.1, 1.1]), ValueError, r"pvals is -0.1; give numbers from 0"),
    (lambda rng: rng.multinomial(-5, [1.0]), ValueError, r"n is -5.0; give numbers from 0"),
    (lambda rng: rng.multinomial(2.5, [1.0]), ValueError, r"n is 2.5; give integers"),
    (lambda rng: rng.multinomial(5, 0.5), ValueError, r"pvals is 0.5; give a sequence"),
    (lambda rng: rng.multinomial([1, 2], [[1.0]] * 3), ValueError, r"n and pvals of the shapes \(2,\) and \(3,\) do not"),
    (lambda rng: rng.multinomial([1, 2], [1.0], 3), ValueError, r"size and the parameters of the shapes \(3,\) and \(2,\)"),
    (lambda rng: rng.multinomial([1, 2], [1.0], 1), ValueError, r"size is 1, and the parameters have the shape \(2,\)"),
    (lambda rng: rng.multivariate_hypergeometric([1, 2], 4), ValueError, r"nsample is 4, of 3; give at most"),
    (lambda rng: rng.multivariate_hypergeometric([1, 2], -1), ValueError, r"nsample is -1.0"),
    (lambda rng: rng.multivariate_hypergeometric([[1, 2]], 1), ValueError, r"give a sequence of counts"),
    (lambda rng: rng.multivariate_hypergeometric([10**9], 1), ValueError, r"there are 1000000000 in colors; give fewer"),
    (lambda rng: rng.multivariate_hypergeometric([1, 2.5], 1), ValueError, r"colors is \[1, 2.5\]; give integers"),
    (lambda rng: rng.multivariate_hypergeometric([1, 2], 1, method="m"), ValueError, r"method is 'm'; give 'marginals'"),
    (lambda rng: rng.dirichlet([1.0, 0.0]), ValueError, r"Generator.dirichlet: alpha is 0.0; give numbers above 0"),
    (lambda rng: rng.dirichlet([1.0, -1.0]), ValueError, r"alpha is -1.0; give numbers above 0"),
    (lambda rng: rng.dirichlet(1.0), ValueError, r"alpha is 1.0; give a sequence"),
    (lambda rng: rng.dirichlet([1.0, np.inf]), ValueError, r"alpha is infinite or NaN"),
    (lambda rng: rng.multivariate_normal([0], COV), ValueError, r"mean has the shape \(1,\) and cov \(3, 3\); give a vector"),
    (lambda rng: rng.multivariate_normal(MEAN, COV[0]), ValueError, r"and cov \(3,\)"),
    (lambda rng: rng.multivariate_normal(MEAN, COV, method="lu"), ValueError, r"method is 'lu'; give one of 'svd', 'eigh'"),
    (lambda rng: rng.multivariate_normal(MEAN, COV, check_valid="no"), ValueError, r"check_valid is 'no'; give one of 'warn'"),
    (lambda rng: rng.multivariate_normal(MEAN, -COV, method="cholesky"), np.linalg.LinAlgError, r"not positive definite"),
    (lambda rng: rng.permuted(5), TypeError, r"Generator.permuted: x is 5; give an array, or use permutation"),
    (lambda rng: rng.permuted([1, 2], out=[0, 0]), TypeError, r"out is a list"),
    (lambda rng: rng.permuted([1, 2], out=np.zeros(2)), ValueError, r"out is of float64 and the shape \(2,\); give one"),
    (lambda rng: rng.permuted([1, 2], out=np.broadcast_to(1, 2)), ValueError, r"out is read-only, of int64"),
    (lambda rng: rng.permuted([1, 2], axis=1), np.exceptions.AxisError, r"Generator.permuted: axis 1 is out of bounds"),
    (lambda rng: rng.bytes(-1), ValueError, r"Generator.bytes: length is -1; give an integer from 0"),
    (lambda rng: rng.bytes(1.5), TypeError, r"length is 1.5"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refusals(call, kind, message):
    rng = generator()
    with pytest.raises(kind, match=message):
        call(rng)


KEY = np.uint64(7)
LAUNCHES = [
    (vectors.fill_multinomial, (9,), (np.zeros((9, 5), np.int64), KEY, 0, np.full(1, 300.0), P[None], 0)),
    (vectors.fill_multivariate_hypergeometric, (9,), (np.zeros((9, 5), np.int64), KEY, 0, COLORS.astype(float), 70)),
    (vectors.fill_dirichlet, (9,), (np.zeros((9, 4)), KEY, 0, ALPHA)),
    (shuffling.order_rows, (9,), (np.zeros((9, 5), np.int64), KEY, 2)),
]


@pytest.mark.parametrize(("kernel", "space", "args"), LAUNCHES, ids=[launch[0].name for launch in LAUNCHES])
def test_kernels_check_clean(kernel, space, args):
    report = kernel.check[space](*args)
    assert report.ok, str(report)


def test_every_method_of_numpys_generator_is_there():
    theirs = {name for name in dir(np.random.Generator) if not name.startswith("_")} - {"bit_generator"}
    assert theirs <= set(dir(jk.random.Generator))
