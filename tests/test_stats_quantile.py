"""`jk.stats.quantile` and its kin against NumPy, on every backend."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import jitkit as jk

pytestmark = pytest.mark.filterwarnings("ignore:All-NaN slice")  # of NumPy, about its own side

SHAPES = {"python": [(60,), (2, 9, 4)], "cpu": [(60,), (3, 70, 5)], "cuda": [(50,), (2, 9, 4)]}
SHARES = [0.5, [0.0, 0.21, 1.0], np.array([[0.3, 0.9]])]


def values(dtype, shape, missing=0.0):
    rng = np.random.default_rng(3)
    x = rng.standard_normal(shape).astype(dtype)
    x[rng.random(shape) < missing] = np.nan
    return x


def agrees(got, expected, dtype):
    eps = 8 * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(got, expected, rtol=eps, atol=eps)
    assert np.shape(got) == np.shape(expected)
    assert np.asarray(got).dtype == dtype


@pytest.mark.parametrize("missing", [0, 0.2])
def test_rows_as_in_numpy(missing, backend):
    dtype = "float64" if backend == "python" else "float32"
    for shape in SHAPES[backend]:
        x = values(dtype, shape, missing)
        wide = x.astype(np.float64)
        for axis in (None, *range(x.ndim)):
            for q in SHARES:
                agrees(jk.stats.quantile(x, q, axis, backend=backend), np.quantile(wide, q, axis), dtype)
                got = jk.stats.nanquantile(x, q, axis, keepdims=True, backend=backend)
                agrees(got, np.nanquantile(wide, q, axis, keepdims=True), dtype)
            agrees(jk.stats.median(x, axis, backend=backend), np.median(wide, axis), dtype)
            agrees(jk.stats.nanmedian(x, axis, backend=backend), np.nanmedian(wide, axis), dtype)


METHODS = [
    *("inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen", "weibull"),
    *("linear", "median_unbiased", "normal_unbiased", "lower", "higher", "midpoint", "nearest"),
]


@pytest.mark.parametrize("method", METHODS)
def test_methods_as_in_numpy(method, backend):
    q = np.linspace(0, 1, 41)  # hits elements, the middles between them, and neither
    for x in (values("float64", (2, 20)), values("float64", (3, 21), 0.2), values("float64", (2, 1))):
        got = jk.stats.quantile(x, q, 1, method=method, backend=backend)
        agrees(got, np.quantile(x, q, 1, method=method), "float64")
        got = jk.stats.nanquantile(x, q, 1, method=method, backend=backend)
        agrees(got, np.nanquantile(x, q, 1, method=method), "float64")


@pytest.mark.parametrize("method", METHODS)
def test_methods_of_selection_as_in_numpy(method):
    x = values("float64", 140_000)
    q = [0.1, 0.25, 1 / 3, 0.5, 0.70001]
    agrees(jk.stats.quantile(x, q, method=method, backend="cpu"), np.quantile(x, q, method=method), "float64")


LONG = 140_000


@pytest.mark.parametrize(
    "kind", ["normal", "few values", "two values", "constant", "sorted", "heavy tails", "infinities", "a late crowd"]
)
def test_selection_as_in_numpy(kind):
    rng = np.random.default_rng(4)
    x = rng.standard_normal(LONG)
    x = {
        "normal": lambda: x,
        "few values": lambda: np.round(x),
        "two values": lambda: (x > 0.1).astype(float),
        "constant": lambda: np.full(LONG, 2.5),
        "sorted": lambda: np.sort(x),
        "heavy tails": lambda: np.exp(20 * x),
        "infinities": lambda: np.where(np.abs(x) > 0.5, x * np.inf, x),
        "a late crowd": lambda: np.where(np.arange(LONG) > LONG - 100, 0.0, x),
    }[kind]()
    for q in (0.5, [0.0, 1e-5, 0.1, 0.25, 0.999, 1.0]):
        with np.errstate(invalid="ignore"):
            expected = np.quantile(x, q)
        known = ~np.isnan(expected)  # NumPy's own interpolation between equal infinities
        got = jk.stats.quantile(x, q, backend="cpu")
        np.testing.assert_allclose(np.asarray(got)[known], np.asarray(expected)[known], rtol=1e-14)


def test_selection_without_nan():
    x = values("float64", LONG, 0.3)
    agrees(jk.stats.nanquantile(x, [0.2, 0.5], backend="cpu"), np.nanquantile(x, [0.2, 0.5]), "float64")
    assert np.isnan(jk.stats.quantile(x, 0.2, backend="cpu"))


EDGES = [np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324, -5e-324, 1.5, 1.5, -2.0, 1.7e308, -1.7e308]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows_of_any_length_as_in_numpy(dtype):
    # one row, few rows, rows for lanes, columns for lanes, few columns, and rows beyond those that a network sorts
    rng = np.random.default_rng(5)
    few = [
        (1, 1, 1),
        (1, 7, 1),
        (3, 300, 1),
        (40, 9, 1),
        (2, 9, 40),
        (20, 11, 3),
        (9, 256, 1),
        (9, 257, 1),
        (2, 300, 9),
    ]
    for shape in few:
        for kind in ("normal", "few values", "edges"):
            x = rng.standard_normal(shape)
            x = {"normal": x, "few values": np.round(x), "edges": rng.choice(EDGES, shape)}[kind]
            with np.errstate(over="ignore"):
                x = x.astype(dtype)
            x[rng.random(shape) < 0.1] = np.nan
            for method in ("lower", "higher"):  # elements themselves: nothing is interpolated, or rounded
                for q in (0.0, 0.3, 0.5, 1.0):
                    got = jk.stats.nanquantile(x, q, 1, method=method, backend="cpu")
                    np.testing.assert_array_equal(got, np.nanquantile(x, q, 1, method=method))
                    got = jk.stats.quantile(x, q, 1, method=method, backend="cpu")
                    np.testing.assert_array_equal(got, np.quantile(x, q, 1, method=method))


def test_many_shares_of_longer_rows():
    x, q = values("float64", (3, 400)), np.linspace(0, 1, 21)
    agrees(jk.stats.quantile(x, q, 1, backend="cpu"), np.quantile(x, q, 1), "float64")


def test_calls_that_are_kept_look_at_what_is_given():
    x = values("float64", (4, 300))
    with pytest.raises(ValueError, match=r"q=2\.0"):
        jk.stats.quantile(x, 2.0)
    for _ in range(2):
        agrees(jk.stats.median(x, 1), np.median(x, 1), "float64")
        agrees(jk.stats.median(x[:, ::2], 1), np.median(x[:, ::2], 1), "float64")
        agrees(jk.stats.median(x.T, 0), np.median(x.T, 0), "float64")
        frozen = x.copy()
        frozen.flags.writeable = False
        agrees(jk.stats.median(frozen, 1, keepdims=True), np.median(x, 1, keepdims=True), "float64")
        agrees(jk.stats.median(x.astype(int), 1), np.median(x.astype(int), 1), "float64")
        out = x[:, 0]  # lies over what is read
        expected = np.median(x, 1)
        assert jk.stats.median(x, 1, out=out) is out
        agrees(out, expected, "float64")
        with pytest.raises(jk.LaunchError, match="out= has the shape"):
            jk.stats.median(x, 1, out=np.zeros(3))


def test_nothing_numbers_and_out():
    assert np.isnan(jk.stats.median(np.zeros(0)))
    assert np.isnan(jk.stats.quantile(np.zeros((0, 2)), [0.1, 0.2], axis=0)).all()
    assert jk.stats.median([3, 1, 2, 10], backend="cpu") == 2.5
    assert jk.stats.median([1.0, np.inf], backend="cpu") == np.inf
    assert jk.stats.median([-1.5e308, 1.75e308], backend="cpu") == pytest.approx(1.25e307)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(jk.stats.nanmedian(np.full(3, np.nan), backend="python"))
    out = np.zeros((2, 3))
    x = values("float64", (5, 3))
    assert jk.stats.quantile(x, [0.1, 0.2], 0, out=out, backend="python") is out
    agrees(out, np.quantile(x, [0.1, 0.2], 0), "float64")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda x: jk.stats.quantile(x, "a"),
            jk.KernelTypeError,
            "jk.stats.quantile: elements of dtype <U1 are no numbers",
        ),
        (lambda x: jk.stats.quantile(x, 1.5), ValueError, "jk.stats.quantile: q=1.5 is not from 0 to 1"),
        (lambda x: jk.stats.quantile(x, np.nan), ValueError, "q=nan"),
        (lambda x: jk.stats.quantile(x, 0.5, method="next"), ValueError, "there is no method='next'"),
        (lambda x: jk.stats.median(x * 1j), jk.KernelTypeError, "takes real numbers"),
        (lambda x: jk.stats.median(x, 2), np.exceptions.AxisError, "axis 2"),
        (lambda x: jk.stats.median(x, out=np.zeros(3)), jk.LaunchError, "out= has the shape"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(np.arange(4.0))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_middle_two_lie_far_below_and_above_zero(dtype, backend):
    rng = np.random.default_rng(8)
    for gap in (0.0, 3.0, 1e3, 1e30):
        for n in (2, 6, 20, 26, 40):
            below, above = -gap - 50 * rng.random(n // 2), gap + 50 * rng.random(n // 2)
            x = rng.permutation(np.concatenate([below, above])).astype(dtype)
            np.testing.assert_allclose(jk.stats.median(x, backend=backend), np.median(x), rtol=1e-5, atol=1e-5 * gap)
            x = np.concatenate([x, np.full(3, np.nan, dtype), np.array([-np.inf, np.inf], dtype)])
            np.testing.assert_allclose(
                jk.stats.nanmedian(x, backend=backend), np.nanmedian(x), rtol=1e-5, atol=1e-5 * gap
            )
            np.testing.assert_array_equal(
                jk.stats.nanquantile(x, 0.5, method="higher", backend=backend), above.min().astype(dtype)
            )
