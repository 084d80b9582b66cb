"""Statistics: moments with and without NaN, moving windows, order statistics, densities and resampling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import cases
from jitkit.cases import Case, Problem
from jitkit.cases.case import Arrays

from .row import Row, own, shaped, within

WINDOW = 50
RESAMPLES = 2_000


def _one(function: Callable[..., Any]) -> Callable[..., Any]:
    def run(backend: str | None, x: Any, found: Any) -> None:
        found[0] = function(x, backend=backend)

    return run


def vector(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a skewed vector, and room for one number."""
    return Problem(size, (rng.standard_exponential(size, dtype=dtype), np.zeros(1, dtype)), ("found",))


def with_nan(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return a vector of which one element in ten is NaN, and room for one number."""
    x = rng.standard_exponential(size, dtype=dtype)
    x[rng.random(size) < 0.1] = np.nan
    return Problem(size, (x, np.zeros(1, dtype)), ("found",))


def _single(name: str, function: Any, expected: Any, large: int, make: Any = vector) -> Case:
    def reference(problem: Problem) -> Arrays:
        x, found = problem.args
        return {"found": np.array([expected(x.astype(np.float64))]).astype(found.dtype)}

    return own(name, _one(function), make, reference, {"tiny": 1_000, "large": large}, within(256, 256))


def _kurtosis(x: Any) -> Any:
    deviation = x - x.mean()
    return np.mean(deviation**4) / np.mean(deviation**2) ** 2 - 3


def _moving(name: str, function: Any, expected: Any) -> Case:
    def run(backend: str | None, x: Any, found: Any) -> None:
        function(x, WINDOW, out=found, backend=backend)

    def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
        return Problem(size, (rng.random(size, dtype=dtype) + 1, np.zeros(size, dtype)), ("found",))

    def reference(problem: Problem) -> Arrays:
        x, found = problem.args
        windows = np.lib.stride_tricks.sliding_window_view(x.astype(np.float64), WINDOW)
        # Some at a time: all windows together would be copied, fifty times the vector.
        blocks = np.array_split(windows, 1 + len(windows) // 100_000)
        return {
            "found": np.concatenate([np.zeros(WINDOW - 1), *(expected(b, axis=1) for b in blocks)]).astype(found.dtype)
        }

    return own(name, _filled(run), make, reference, {"tiny": 1_000, "large": 1_000_000}, within(1024))


def _filled(run: Callable[..., None]) -> Callable[..., None]:
    """Put zeros in place of the NaN of windows that are not full, because NaN equals nothing."""

    def filled(backend: str | None, x: Any, found: Any) -> None:
        run(backend, x, found)
        found[: WINDOW - 1] = 0

    return filled


def variables(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return 300 variables that have something in common."""
    own_part, common = rng.random((300, size), dtype=dtype), rng.random(size, dtype=dtype)
    return Problem(size, (own_part + common, np.zeros((300, 300), dtype)), ("c",))


def _bootstrap(backend: str | None, x: Any, found: Any) -> None:
    found[...] = jk.stats.bootstrap(
        x, "mean", RESAMPLES, method="percentile", rng=0, backend=backend
    ).bootstrap_distribution


def _sample(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    return Problem(size, (rng.standard_exponential(size, dtype=dtype), np.zeros(RESAMPLES, dtype)), ("found",))


def _bootstrapped(problem: Problem) -> Arrays:
    x, found = problem.args
    rng = np.random.default_rng(1)
    return {"found": np.array([rng.choice(x, x.size).mean() for _ in range(RESAMPLES)], found.dtype)}


def _permutation(backend: str | None, x: Any, y: Any, found: Any) -> None:
    found[...] = jk.stats.permutation_test(x, y, "mean", RESAMPLES, rng=0, backend=backend).null_distribution


def _samples(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    return Problem(size, (*rng.standard_exponential((2, size), dtype=dtype), np.zeros(RESAMPLES, dtype)), ("found",))


def _permuted(problem: Problem) -> Arrays:
    x, y, found = problem.args
    rng, both = np.random.default_rng(1), np.concatenate([x, y])
    shuffled = (rng.permutation(both) for _ in range(RESAMPLES))
    return {"found": np.array([one[: x.size].mean() - one[x.size :].mean() for one in shuffled], found.dtype)}


SIZES = {"tiny": 100, "large": 1_000}
VAR = _single("stats_var", jk.stats.var, np.var, 2**22)
NANVAR = _single("stats_nanvar", jk.stats.nanvar, np.nanvar, 2**22, with_nan)
KURTOSIS = _single("stats_kurtosis", jk.stats.kurtosis, _kurtosis, 1_000_000)
MEDIAN = _single("stats_median", jk.stats.median, np.median, 1_000_000)
MOVE_MEAN = _moving("stats_move_mean", jk.stats.move_mean, np.mean)
MOVE_MIN = _moving("stats_move_min", jk.stats.move_min, np.min)
MOVE_MEDIAN = _moving("stats_move_median", jk.stats.move_median, np.median)
COV_300 = shaped("stats_covariance", variables, {"tiny": 50, "large": 10_000}, tolerance=within(256, 16))
BOOTSTRAP = own("stats_bootstrap", _bootstrap, _sample, _bootstrapped, SIZES, within(0))
PERMUTATION = own("stats_permutation_test", _permutation, _samples, _permuted, SIZES, within(0))

ROWS = (
    Row("stats_var", "`stats.var`, 4 million", VAR, ("NumPy", "JAX", "PyTorch")),
    Row("stats_nanvar", "`stats.nanvar`, 4 million", NANVAR, ("NumPy", "bottleneck", "numbagg")),
    Row("stats_kurtosis", "`stats.kurtosis`, a million", KURTOSIS, ("SciPy",)),
    Row("stats_move_mean", "`stats.move_mean`, a million, window 50", MOVE_MEAN, ("bottleneck", "numbagg", "pandas")),
    Row("stats_move_min", "`stats.move_min`, a million, window 50", MOVE_MIN, ("bottleneck", "pandas")),
    Row("stats_move_median", "`stats.move_median`, a million, window 50", MOVE_MEDIAN, ("bottleneck", "pandas")),
    Row("stats_median", "`stats.median`, a million", MEDIAN, ("NumPy", "bottleneck", "PyTorch")),
    Row("stats_quantile", "`stats.quantile`, three of 4 million", cases.load("stats_quantile"), ("NumPy", "PyTorch")),
    Row(
        "stats_covariance", "`stats.cov`, 12 variables, a million", cases.load("stats_covariance"), ("NumPy", "PyTorch")
    ),
    Row("stats_covariance_300", "`stats.cov`, 300 variables, 10,000", COV_300, ("NumPy", "PyTorch")),
    Row("stats_kde", "`stats.kde`, 10,000 points at 1,024 places", cases.load("stats_kde"), ("SciPy",), "small"),
    Row("stats_bootstrap", "`stats.bootstrap`, 2,000 means of 1,000", BOOTSTRAP, ("SciPy",), is_drawn=True),
    Row(
        "stats_permutation_test",
        "`stats.permutation_test`, 2,000 of 1,000 and 1,000",
        PERMUTATION,
        ("SciPy",),
        is_drawn=True,
    ),
)
