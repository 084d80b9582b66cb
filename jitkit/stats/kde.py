"""kde: the density of points in one or several dimensions, as a sum of Gaussians."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
import math
import operator
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.arrays import asarray, full, to_numpy
from jitkit.errors import LaunchError
from jitkit.launch.launcher import Launcher
from jitkit.primitives.map import map
from jitkit.primitives.map_reduce import map_reduce
from jitkit.stats import _weights
from jitkit.stats.covariance import cov

_RUN = 128
"""Gaussians that are added before their sum joins the total."""
_CHUNK, _MANY = 4096, 4096
"""Points that a chunk has where there are fewer places than that: the chunks are then computed at the same time."""


@functools.cache
def _gaussians(dimensions: int) -> Launcher:
    @jk.kernel(fastmath=True)
    def add_gaussians(s, j, at, points, weights, chunk, out):
        total = 0.0
        last = min(points.shape[1], s * chunk + chunk)
        for first in range(s * chunk, last, _RUN):
            part = 0.0
            for i in range(first, min(last, first + _RUN)):
                square = 0.0
                for a in range(dimensions):
                    d = at[a, j] - points[a, i]
                    square += d * d
                part += weights[i] * math.exp(-square)
            total += part
        out[s, j] = total

    return Launcher(add_gaussians)


@jk.kernel
def add_parts(j, part, scale, out):
    """Add up the chunks."""
    total = np.float64(0.0)
    for s in range(part.shape[0]):
        total += part[s, j]
    out[j] = total * scale


_add_parts = Launcher(add_parts)


def kde(
    points: Any,
    at: Any,
    bandwidth: str | float = "scott",
    weights: Any = None,
    *,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the density of points at places: a Gaussian about each point, of the covariance of all, scaled.

    Parameters
    ----------
    points : array_like or device array, (n,) or (d, n)
        The points, a coordinate in each row.
    at : array_like or device array, (m,) or (d, m)
        Where the density is wanted.
    bandwidth : {"scott", "silverman"} or float
        The rule for the factor by which the standard deviation of the points is scaled, or that factor.
    weights : array_like or device array, (n,), optional
        How much each point counts; equal unless given.
    out : array, (m,), optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array, (m,)
        Of the dtype of the points and places; float64 for integers.

    Raises
    ------
    LaunchError
        For points and places that do not have the same number of coordinates, and weights of another length.
    ValueError
        For another bandwidth, negative weights, and points that lie in a subspace, or are not finite.
    KernelTypeError
        For complex numbers.

    Notes
    -----
    The definition is that of `scipy.stats.gaussian_kde`. Every Gaussian is added at every place. Sources: D. W. Scott,
    Multivariate Density Estimation, Wiley, 1992; B. W. Silverman, Density Estimation, Chapman and Hall, 1986. The density at
    infinity is 0, and at NaN it is NaN.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.stats.kde(np.array([-1.0, 0.0, 1.0]), np.array([0.0, 5.0])).round(3)
    array([0.318, 0.   ])
    """
    points, at = (_matrix(x) for x in operands.alike([points, at], "stats.kde"))
    dimensions, n = points.shape
    if at.shape[0] != dimensions and at.shape[0] * at.shape[1] == dimensions:
        at = at.reshape((dimensions, 1))
    if at.shape[0] != dimensions:
        raise LaunchError(f"jk.stats.kde: points have {dimensions} coordinates, and places have {at.shape[0]}")
    if n < 2:
        raise ValueError(f"jk.stats.kde: {n} points have no covariance; pass at least two")
    dtype, device = operands.dtype_of(points), operands.device_of(points)
    share, squares = _shares(weights, n, device)
    factor = _factor(bandwidth, dimensions, 1 / squares)
    centre, covariance = _centre(points), _covariance(points, share, squares)
    whiten, scale = _whitening(covariance * factor**2)
    m = at.shape[1]
    result = operands.result(out, (m,), dtype, device, "stats.kde")
    chunk = n if m >= _MANY else min(n, _CHUNK)
    if m:
        if device is not None:
            centre, whiten = (asarray(few, device=device) for few in (centre, whiten))
        moved, places = (_moved(x, centre, whiten, backend) for x in (points, at))
        part = operands.made((-(-n // chunk), m), (dtype,), device)
        _gaussians(dimensions)((part.shape[0], m), backend)(
            places, moved, _relative(share, n, dtype, device), chunk, part
        )
        _add_parts(m, backend)(part, scale / n, result)
    return operands.delivered(result, out, "stats.kde")


def _matrix(x: Any) -> Any:
    if len(x.shape) > 2:
        raise LaunchError(f"jk.stats.kde: points are a matrix or a vector, not of {len(x.shape)} dimensions")
    return x if len(x.shape) == 2 else x.reshape((1, -1))


def _shares(weights: Any, n: int, device: str | None) -> tuple[Any, float]:
    """Return weights whose sum is 1, where the points lie, and the sum of their squares; None for equal weights."""
    if weights is None:
        return None, 1 / n
    shape = np.shape(weights) if operands.device_of(weights) is None else tuple(weights.shape)
    if shape != (n,):
        raise LaunchError(f"jk.stats.kde: weights= has the shape {shape}, and there are {n} points")
    found = _weights.looked_at(weights, device)
    if found.negative or not found.total < math.inf or found.some < 2:
        raise ValueError("jk.stats.kde: weights= are finite, not negative, and two or more are not zero")
    share = found.each / found.total if device is None else map(operator.truediv, found.each, found.total)
    return share, _weights.total_of_products(share, share)


def _relative(share: Any, n: int, dtype: np.dtype[Any], device: str | None) -> Any:
    """Return how many points each counts for, as the kernel of the sum takes it."""
    if share is None:
        return full(n, 1, dtype, device=device)
    return (share * n).astype(dtype) if device is None else map(_times(dtype), share, float(n))


@functools.cache
def _times(dtype: np.dtype[Any]) -> Any:
    kind = dtype.type

    def times(a, b):
        return kind(a * b)

    return times


def _factor(bandwidth: str | float, dimensions: int, effective: float) -> float:
    """Return the factor of a rule, for the number of points that equal weights would make as certain."""
    if bandwidth == "scott":
        return float(effective ** (-1 / (dimensions + 4)))
    if bandwidth == "silverman":
        return float((effective * (dimensions + 2) / 4) ** (-1 / (dimensions + 4)))
    if not isinstance(bandwidth, int | float | np.number) or not 0 < bandwidth < math.inf:
        raise ValueError(
            f"jk.stats.kde: bandwidth={bandwidth!r} is neither 'scott', 'silverman' nor a finite number above 0"
        )
    return float(bandwidth)


def _centre(x: Any) -> np.ndarray:
    """Return where points lie on average, in float64."""
    if isinstance(x, np.ndarray):
        return np.asarray(x.mean(axis=1, dtype=np.float64))
    return np.asarray(to_numpy(map_reduce(_weights.wide, operator.add, x, axis=1)) / x.shape[1])


@jk.kernel
def move_points(a, i, x, centre, whiten, out):
    """Write a coordinate of a point about the centre, as the matrix moves it; those at infinity stay there."""
    total = np.float64(0.0)
    infinite, missing = False, False
    for b in range(x.shape[0]):
        v = np.float64(x[b, i])
        total += whiten[a, b] * (v - centre[b])
        infinite = infinite or math.isinf(v)
        missing = missing or math.isnan(v)
    out[a, i] = math.inf if infinite and not missing else total


_move = Launcher(move_points)


@np.errstate(over="ignore", invalid="ignore")
def _moved(x: Any, centre: Any, whiten: Any, backend: str | None) -> Any:
    """Return where points lie after that; centre and matrix lie where they do."""
    dtype = operands.dtype_of(x)
    if not isinstance(x, np.ndarray):
        out = operands.made(tuple(x.shape), (dtype,), operands.device_of(x))
        _move(out.shape, backend)(x, centre, whiten, out)
        return out
    found = np.asarray(whiten @ (x - centre[:, None]))
    found[:, np.isinf(x).any(axis=0) & ~np.isnan(x).any(axis=0)] = math.inf
    return found.astype(dtype)


@np.errstate(over="ignore", invalid="ignore")
def _covariance(x: Any, share: Any, squares: float) -> np.ndarray:
    """Return the covariance matrix of points, in float64."""
    if not isinstance(x, np.ndarray):
        return to_numpy(cov(map(_weights.wide, x), aweights=share)).reshape((x.shape[0],) * 2)
    share = np.full(x.shape[1], 1 / x.shape[1]) if share is None else share
    deviations = x - (x @ share)[:, None]
    return np.asarray((deviations * share) @ deviations.T / (1 - squares))


def _whitening(covariance: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the matrix after which a Gaussian is exp(-r^2), and the factor that makes its integral 1."""
    if not np.isfinite(covariance).all():
        raise ValueError("jk.stats.kde: the points, or their covariance, are not finite: leave out those that are not")
    try:
        root = np.linalg.cholesky(2 * covariance)
    except np.linalg.LinAlgError:
        raise ValueError(
            "jk.stats.kde: the points lie in a subspace, where there is no density: leave coordinates out"
        ) from None
    return np.linalg.inv(root), 1 / float(np.prod(np.diag(root)) * math.pi ** (covariance.shape[0] / 2))
