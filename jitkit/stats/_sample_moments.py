"""What resampling asks of a sample as a whole, in float64: by NumPy on the host, by primitives where it lies on a GPU."""

# Functions for primitives take numbers of any type, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import operator
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.arrays import to_numpy
from jitkit.launch.launcher import Launcher
from jitkit.primitives.argmin import argmin
from jitkit.primitives.lazy import constant
from jitkit.primitives.map import map
from jitkit.primitives.map_reduce import map_reduce
from jitkit.stats._weights import wide


def _wide_and_finite(v):
    w = np.float64(v)
    return w, w if w - w == 0 else 0.0


def _add_both(a, b):
    return a[0] + b[0], a[1] + b[1]


def _square_about(v, centre):
    d = np.float64(v) - centre
    return d * d


def _powers_about(v, centre):
    d = centre - np.float64(v)
    return d * d, d * d * d


def _apart(v, centre):
    return abs(np.float64(v) - centre)


@jk.kernel
def moments_without_each(k, x, mean, squares, spread, left, out):
    """Write the mean without an element, or with `spread` 1 and 2 the variance and standard deviation of the others."""
    n = x.shape[0]
    d = np.float64(x[k]) - mean
    less = -d / (n - 1)
    if spread == 0:
        out[k] = mean + less
    else:
        # One element has no spread, and infinities have none that is a number.
        rest = squares - d * d - (n - 1) * less * less
        variance = (max(rest, 0.0) if rest == rest and n > 2 else 0 * rest) / left
        out[k] = variance if spread == 1 else np.sqrt(variance)


_without_each = Launcher(moments_without_each)


@np.errstate(over="ignore", invalid="ignore")
def total(x: Any) -> float:
    """Return the sum."""
    return float(x.sum(dtype=np.float64) if isinstance(x, np.ndarray) else map_reduce(wide, operator.add, x))


@np.errstate(over="ignore", invalid="ignore")
def finite_centre(x: Any) -> float:
    """Return the mean of the numbers that are finite, 0 where it is not: deviations from it are as finite as their sample."""
    if isinstance(x, np.ndarray):
        whole = x.sum(dtype=np.float64)
        whole = whole if np.isfinite(whole) else x[np.isfinite(x)].sum(dtype=np.float64)
    else:
        whole, finite = map_reduce(_wide_and_finite, _add_both, x)
        whole = whole if np.isfinite(whole) else finite
    return float(whole / x.shape[0]) if np.isfinite(whole) else 0.0


@np.errstate(over="ignore", invalid="ignore")
def mean_and_squares(x: Any) -> tuple[float, float]:
    """Return the mean and the sum of the squares about it."""
    n = x.shape[0]
    mean = total(x) / n
    if isinstance(x, np.ndarray):
        return mean, float(((x.astype(np.float64) - mean) ** 2).sum())
    return mean, float(map_reduce(_square_about, operator.add, x, constant(np.float64(mean), n)))


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def without_each(x: Any, spread: int, ddof: float) -> Any:
    """Return the mean without each element, or with `spread` 1 and 2 the variance and standard deviation of the others."""
    n, (mean, squares) = x.shape[0], mean_and_squares(x)
    left = np.float64(n - 1 - ddof)
    if not isinstance(x, np.ndarray):
        out = operands.made((n,), (np.dtype(np.float64),), operands.device_of(x))
        _without_each(n, "cuda")(x, mean, squares, spread, left, out)
        return out
    deviations = x.astype(np.float64) - mean
    means = -deviations / (n - 1)
    if spread == 0:
        return mean + means
    rest = squares - deviations**2 - (n - 1) * means**2
    variances = (np.maximum(rest, 0) if n > 2 else 0 * rest) / left  # one element has none
    return variances if spread == 1 else np.sqrt(variances)


@np.errstate(over="ignore", invalid="ignore")
def powers(x: Any) -> tuple[float, float]:
    """Return the sums of the squares and of the cubes of what each falls short of the mean."""
    mean = total(x) / x.shape[0]
    if isinstance(x, np.ndarray):
        short = mean - x.astype(np.float64)
        return float((short**2).sum()), float((short**3).sum())
    squares, cubes = map_reduce(_powers_about, _add_both, x, constant(np.float64(mean), x.shape[0]))
    return float(squares), float(cubes)


@np.errstate(over="ignore", invalid="ignore")
def about_an_element(x: Any) -> Any:
    """Return what each lies above the element that is nearest to the mean of all."""
    mean = total(x) / x.shape[0]
    if isinstance(x, np.ndarray):
        return x - x[np.abs(x - np.float64(mean)).argmin()]
    k = int(argmin(map(_apart, x, np.float64(mean))))
    return map(operator.sub, x, to_numpy(x[k : k + 1])[0])
