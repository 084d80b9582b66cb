"""resampling: confidence intervals by the bootstrap, and permutation tests; equal seeds give equal results."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np

from jitkit import operands
from jitkit.arrays import asarray, to_numpy
from jitkit.errors import LaunchError
from jitkit.primitives import _arrays
from jitkit.random import default_rng
from jitkit.stats import _resampled_statistic, _resampling, _sample_moments, moments

_ELEMENTS = 2**22
"""Elements of the resamples that lie in memory at once, for a function of the user's."""
_SPREADS = {"mean": 0, "var": 1, "std": 2}
_NAMED = (
    (np.mean, "mean"), (np.var, "var"), (np.std, "std"), (moments.mean, "mean"), (moments.var, "var"), (moments.std, "std")
)  # fmt: skip
"""Functions that are known by name: their resamples need no memory."""
_ALTERNATIVES = ("two-sided", "less", "greater")
_METHODS = ("percentile", "basic", "BCa")


class ConfidenceInterval(NamedTuple):
    """The bounds of an interval."""

    low: float
    high: float


class BootstrapResult(NamedTuple):
    """What `bootstrap` returns, under SciPy's names."""

    confidence_interval: ConfidenceInterval
    bootstrap_distribution: np.ndarray
    standard_error: float


class PermutationTestResult(NamedTuple):
    """What `permutation_test` returns, under SciPy's names."""

    statistic: float
    pvalue: float
    null_distribution: np.ndarray


def bootstrap(
    x: Any,
    statistic: str | Callable[[Any], Any] = "mean",
    n_resamples: int = 9999,
    confidence_level: float = 0.95,
    *,
    alternative: str = "two-sided",
    method: str = "BCa",
    ddof: float = 0,
    rng: Any = None,
    out: Any = None,
    backend: str | None = None,
) -> BootstrapResult:
    """Return a confidence interval of a statistic, from resamples of a sample drawn with replacement.

    Parameters
    ----------
    x : array_like or device array, (n,)
        The sample; SciPy's ``(x,)``, too.
    statistic : {"mean", "std", "var"} or callable
        The statistic. A function takes a vector and returns a number, in what a kernel may contain; or it has a parameter
        ``axis``, as `numpy.median` and `jitkit.stats.quantile` have, and is called for many samples at once: it returns a
        number for each.
    n_resamples : int, default 9999
        How many resamples are drawn.
    confidence_level : float, default 0.95
        How often such intervals hold the true value.
    alternative : {"two-sided", "less", "greater"}
        The intervals of the last two begin at minus infinity and end at infinity.
    method : {"BCa", "percentile", "basic"}
        How the interval is made: bias-corrected and accelerated, from the quantiles, or from these mirrored.
    ddof : float, default 0
        For "std" and "var", what is subtracted from the number of elements.
    rng : jitkit.random.Generator, int, numpy.random.Generator or None
        What draws the resamples, or its seed.
    out : array, (n_resamples,), optional
        Where the ``bootstrap_distribution`` goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    BootstrapResult
        With ``confidence_interval`` (``low``, ``high``), ``bootstrap_distribution`` and ``standard_error``.

    Raises
    ------
    LaunchError
        Where `x` is no vector of at least two elements, for a statistic along an axis that returns anything but a number for
        each sample, and for an `out` of another shape.
    ValueError
        For another statistic, method or alternative, and a level that is not between 0 and 1.

    Notes
    -----
    The definition is that of `scipy.stats.bootstrap` for one sample. Source: B. Efron, R. J. Tibshirani, An Introduction to
    the Bootstrap, Chapman and Hall, 1993. A resample with infinities has the mean and the variance that NumPy gives it, and a
    bound between a number and an infinity is that infinity; the error, and bounds that "BCa" and "basic" take from
    differences, are NaN then.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> found = jk.stats.bootstrap(np.arange(100.0), "mean", rng=7)
    >>> bool(found.confidence_interval.low < 49.5 < found.confidence_interval.high)
    True
    """
    name = "stats.bootstrap"
    if isinstance(x, (tuple, list)) and len(x) == 1:
        x = x[0]
    x = _sample(x, 2, name)
    statistic = next((known for function, known in _NAMED if statistic is function), statistic)
    count = _checked(n_resamples, statistic, _SPREADS, alternative, name)
    if method not in _METHODS:
        raise ValueError(f"jk.{name}: method={method!r}; there are {', '.join(map(repr, _METHODS))}")
    ddof = operands.number(ddof, "ddof", name)
    confidence_level = operands.number(confidence_level, "confidence_level", name)
    if not 0 < confidence_level < 1:
        raise ValueError(f"jk.{name}: confidence_level={confidence_level} is not between 0 and 1")
    key = default_rng(rng).new_key()
    room = _arrays.room(out, (count,), (operands.dtype_of(x),), (x,), operands.device_of(x), name)
    _distribute(x, statistic, ddof, key, room, backend)
    found = to_numpy(room)
    tail = (1 - confidence_level) / (2 if alternative == "two-sided" else 1)
    observed = _observed(x, statistic, ddof, backend) if method != "percentile" else 0.0
    shares = (tail, 1 - tail)
    if method == "BCa":
        shares = _corrected(shares, found, observed, *_sample_moments.powers(_jackknife(x, statistic, ddof, backend)))
    ordered = np.sort(found)
    low, high = (_quantile(ordered, share) for share in shares)
    if method == "basic":
        low, high = 2 * observed - high, 2 * observed - low
    interval = ConfidenceInterval(
        -math.inf if alternative == "less" else low, math.inf if alternative == "greater" else high
    )
    error = _standard_error(found) if count > 1 else math.nan
    return BootstrapResult(interval, operands.delivered(room, out, name), error)


def permutation_test(
    x: Any,
    y: Any,
    statistic: str | Callable[[Any, Any], Any] = "mean",
    n_resamples: int = 9999,
    *,
    alternative: str = "two-sided",
    rng: Any = None,
    out: Any = None,
    backend: str | None = None,
) -> PermutationTestResult:
    """Test whether two samples are of one distribution, by splitting all their elements at random again and again.

    Parameters
    ----------
    x, y : array_like or device array, (n,) and (m,)
        The samples; in SciPy's order, ``((x, y), statistic)``, too.
    statistic : {"mean"} or callable
        "mean" is the difference of the means. A function takes two vectors and returns a number, in what a kernel may
        contain; or it has a parameter ``axis``, is called for many pairs of samples at once, and returns a number for each.
    n_resamples : int, default 9999
        How many random splits are made.
    alternative : {"two-sided", "less", "greater"}
        Whether the statistic is unlikely in either direction, small, or large.
    rng : jitkit.random.Generator, int, numpy.random.Generator or None
        What splits, or its seed.
    out : array, (n_resamples,), optional
        Where the ``null_distribution`` goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    PermutationTestResult
        With ``statistic``, ``pvalue`` and ``null_distribution``.

    Raises
    ------
    LaunchError
        For other than two samples, where `x` or `y` is no vector of at least one element, for a statistic along an axis that
        returns anything but a number for each pair of samples, and for an `out` of another shape.
    ValueError
        For another statistic or alternative.

    Notes
    -----
    The definition is that of `scipy.stats.permutation_test` for independent samples, with random splits even where all
    splits could be counted. Infinities count as such; where the statistic is NaN, so is the p-value. Source: B. Phipson,
    G. K. Smyth, Permutation P-values should never be zero, Stat. Appl. Genet. Mol. Biol. 9, 39, 2010.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> found = jk.stats.permutation_test(np.arange(20.0), np.arange(20.0) + 9, rng=7)
    >>> found.statistic, bool(found.pvalue < 0.001)
    (-9.0, True)
    """
    name = "stats.permutation_test"
    if callable(y) or isinstance(y, str):
        if not isinstance(x, (tuple, list)) or len(x) != 2:
            given = f"{len(x)} in front" if isinstance(x, (tuple, list)) else f"one {type(x).__name__}"
            raise LaunchError(
                f"jk.{name}: takes two samples, x and y or (x, y), and got {given} of the statistic {y!r}"
            )
        (x, y), statistic = x, y
    x, y = (_sample(part, 1, name) for part in operands.alike([x, y], name))
    count = _checked(n_resamples, statistic, ("mean",), alternative, name)
    key, device, dtype = default_rng(rng).new_key(), operands.device_of(x), operands.dtype_of(x)
    pooled, n, m = operands.joined([x, y]), x.shape[0], y.shape[0]
    null = _arrays.room(out, (count,), (dtype,), (x, y), device, name)
    # Sums in float32 would lose what samples differ by in the mean that they share. Less an element, integers stay such.
    deviations = _sample_moments.about_an_element(pooled)
    totals = [_sample_moments.total(part) for part in (deviations[:n], deviations[n:])]
    with np.errstate(over="ignore", invalid="ignore"):
        total = np.float64(sum(totals)).astype(dtype)
    if not callable(statistic) and not np.isfinite(total):
        statistic = _resampled_statistic.difference_of_means  # infinities cannot be taken from a sum again
    if callable(statistic):
        observed_at = operands.made((1,), (dtype,), device)
        _resampled_statistic.apply(statistic, (x.reshape((1, n)), y.reshape((1, m))), observed_at, backend, name)
        observed = float(to_numpy(observed_at)[0])
        for first, size in _batches(count, n + m):
            first_part, second = operands.made((size, n), (dtype,), device), operands.made((size, m), (dtype,), device)
            places = operands.made((size, n + m), (np.dtype(np.int64),), device)
            _resampling.split_sample((size, 1), backend)(pooled, key, first, places, first_part, second)
            _resampled_statistic.apply(statistic, (first_part, second), null[first : first + size], backend, name)
    else:
        observed = totals[0] / n - totals[1] / m
        _resampling.split_mean(count, backend)(deviations, n, key, 0, asarray(total.reshape(1), device=device), null)
    pvalue = float(_pvalue(observed, to_numpy(null), alternative))
    return PermutationTestResult(observed, pvalue, operands.delivered(null, out, name))


def _sample(x: Any, least: int, name: str) -> Any:
    x = operands.floating(x, name)
    if len(x.shape) != 1 or x.shape[0] < least:
        raise LaunchError(
            f"jk.{name}: a sample is a vector of at least {least} elements, not of the shape {tuple(x.shape)}"
        )
    return np.ascontiguousarray(x) if type(x) is np.ndarray else x


def _checked(n_resamples: int, statistic: Any, known: Any, alternative: str, name: str) -> int:
    if not callable(statistic) and statistic not in known:
        raise ValueError(f"jk.{name}: statistic={statistic!r} is no function, nor one of {', '.join(map(repr, known))}")
    if alternative not in _ALTERNATIVES:
        raise ValueError(f"jk.{name}: alternative={alternative!r}; there are {', '.join(map(repr, _ALTERNATIVES))}")
    return operands.integer(n_resamples, 1, "n_resamples", name)


def _batches(count: int, n: int) -> list[tuple[int, int]]:
    """Return where batches of resamples begin, and how many they are."""
    size = max(_ELEMENTS // n, 1)
    return [(first, min(size, count - first)) for first in range(0, count, size)]


def _distribute(x: Any, statistic: Any, ddof: float, key: Any, out: Any, backend: str | None) -> None:
    """Write the statistic of each resample."""
    (n,), (count,), dtype, device = x.shape, out.shape, operands.dtype_of(x), operands.device_of(x)
    if not callable(statistic):
        centre = asarray(np.array([_sample_moments.finite_centre(x)], dtype), device=device)
        _resampling.moments(count, backend)(x, key, 0, centre, _SPREADS[statistic], float(ddof), out)
        return
    for first, size in _batches(count, n):
        rows = operands.made((size, n), (dtype,), device)
        _resampling.samples((size, -(-n // 4)), backend)(x, key, first, rows)
        _resampled_statistic.apply(statistic, (rows,), out[first : first + size], backend, "stats.bootstrap")


@np.errstate(over="ignore", invalid="ignore")
def _standard_error(found: np.ndarray) -> float:
    return float(np.std(found.astype(np.float64), ddof=1))


def _observed(x: Any, statistic: Any, ddof: float, backend: str | None) -> float:
    if not callable(statistic):
        mean, squares = _sample_moments.mean_and_squares(x)
        if statistic == "mean":
            return mean
        with np.errstate(divide="ignore", invalid="ignore"):
            variance = float(np.float64(squares) / max(x.shape[0] - ddof, 0))
        return variance if statistic == "var" else math.sqrt(variance)
    out = operands.made((1,), (operands.dtype_of(x),), operands.device_of(x))
    _resampled_statistic.apply(statistic, (x.reshape((1, -1)),), out, backend, "stats.bootstrap")
    return float(to_numpy(out)[0])


def _jackknife(x: Any, statistic: Any, ddof: float, backend: str | None) -> Any:
    """Return the statistic of the sample without each of its elements."""
    (n,), dtype, device = x.shape, operands.dtype_of(x), operands.device_of(x)
    if not callable(statistic):
        return _sample_moments.without_each(x, _SPREADS[statistic], ddof)
    out = operands.made((n,), (dtype,), device)
    for first, size in _batches(n, n):
        rows = operands.made((size, n - 1), (dtype,), device)
        _resampling.left_out((size, n - 1), backend)(x, first, rows)
        _resampled_statistic.apply(statistic, (rows,), out[first : first + size], backend, "stats.bootstrap")
    return out


@np.errstate(over="ignore", invalid="ignore")
def _corrected(
    shares: tuple[float, float], found: np.ndarray, observed: float, spread: float, skew: float
) -> tuple[float, float]:
    """Return the shares at which BCa reads the distribution; NaN where it is degenerate.

    `spread` and `skew` are the sums of the squares and cubes by which the statistics without each element fall short.
    """
    normal = NormalDist()
    seen = found.astype(np.float64)
    below = float((np.count_nonzero(seen < observed) + np.count_nonzero(seen <= observed)) / (2 * seen.size))
    if not 0 < below < 1 or not spread > 0:
        return math.nan, math.nan
    bias, acceleration = normal.inv_cdf(below), skew / (6 * spread**1.5)

    def corrected(share: float) -> float:
        shifted = bias + normal.inv_cdf(share)
        return normal.cdf(bias + shifted / (1 - acceleration * shifted))

    return corrected(shares[0]), corrected(shares[1])


def _quantile(ordered: np.ndarray, share: float) -> float:
    """Return a quantile of sorted numbers; NaN where one is, or the share is."""
    if math.isnan(share) or math.isnan(ordered[-1]):
        return math.nan
    place = share * (ordered.size - 1)
    k = int(place)
    t, low, high = place - k, float(ordered[k]), float(ordered[min(k + 1, ordered.size - 1)])
    return low if t == 0 or low == high else (1 - t) * low + t * high


def _pvalue(observed: float, null: np.ndarray, alternative: str) -> float:
    """Return the p-value; the sample as it is counts as one split, and what differs by rounding as equal."""
    if math.isnan(observed):
        return math.nan
    wide = null.astype(np.float64)
    # Rounding is of the size of what was added up: splits may differ by it where the statistic is 0.
    size = max(abs(observed), float(np.abs(wide[np.isfinite(wide)]).max(initial=0)))
    gamma = 100 * float(np.finfo(null.dtype).eps) * size if math.isfinite(observed) else 0.0
    less = (np.count_nonzero(wide <= observed + gamma) + 1) / (wide.size + 1)
    greater = (np.count_nonzero(wide >= observed - gamma) + 1) / (wide.size + 1)
    return {"less": less, "greater": greater, "two-sided": min(2 * min(less, greater), 1.0)}[alternative]
