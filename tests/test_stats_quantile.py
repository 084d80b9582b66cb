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
