"""covariance: covariances and correlations of variables, their means taken out first."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.arrays import asarray, to_numpy
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.launch import choice
from jitkit.launch.launcher import Launcher
from jitkit.linalg.matmul import matmul
from jitkit.primitives.map import map
from jitkit.primitives.map_reduce import map_reduce
from jitkit.stats import _weights
from jitkit.stats._deviations import CHUNK, add_products
from jitkit.stats._weights import Weights
from jitkit.stats.moments import mean

MANY = 1024
"""Bytes of an observation from which the matrix product, and so NumPy's BLAS, is ahead of the kernel: 1.7 times with 300
variables, 1.3 times with 128 of float64. With 128 of float32 the kernel is 1.3 times as fast."""

LARGER = 4 * CHUNK
"""Observations whose products in float64 are one matrix product."""


@jk.kernel(fastmath=True)
def centre_row(i, one, x, centre, deviations, sums):
    """Write the deviations of a variable, and add them up; `one` is the only place along its axis."""
    own, total = centre[i], 0.0
    for k in range(x.shape[1]):
        deviation = x[i, k] - own
        deviations[i, k] = deviation
        total += deviation
    sums[i] += total


@jk.kernel
def settle_products(i, j, products, sums, share, scale, out):
    """Take from products of deviations what is due to the rounding of means, as `_deviations.add_chunks` does, and scale them."""
    out[i, j] = (products[i, j] - sums[i] * sums[j] * share) * scale


@jk.kernel
def normalise(i, j, c, out):
    """Divide by both standard deviations; rounding is kept from leading past 1."""
    r = c[i, j] / math.sqrt(c[i, i]) / math.sqrt(c[j, j])
    out[i, j] = r if r != r else min(max(r, -1.0), 1.0)


@jk.kernel
def weigh_deviations(i, k, x, centre, further, share, weights, deviations, products):
    """Write deviations from a centre and a share of something further, and these times the weights."""
    d = x[i, k] - (centre[i] + share * further[i])
    deviations[i, k] = d
    products[i, k] = d * weights[k]


@jk.kernel
def take_diagonal(i, c, out):
    """Copy the diagonal of a matrix."""
    out[i] = c[i, i]


@jk.kernel
def scale_rows(i, k, x, factors, out):
    """Write each row times two numbers."""
    out[i, k] = x[i, k] * factors[i, 0] * factors[i, 1]


_weigh, _take, _scale = Launcher(weigh_deviations), Launcher(take_diagonal), Launcher(scale_rows)
_normalise, _settle, _centre = Launcher(normalise), Launcher(settle_products), Launcher(centre_row)


def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the covariance matrix of variables.

    Parameters
    ----------
    m : array_like or device array, 1-D or 2-D
        A variable in each row, an observation in each column; a vector is one variable.
    y : array_like, optional
        More variables, in the same form.
    rowvar : bool, default True
        False where variables are columns.
    bias : bool, default False
        Whether the number of observations is divided by, and not one less.
    ddof : int, optional
        Subtracted from the number of observations instead of what `bias` says.
    fweights : array_like of int, optional
        How often each observation counts.
    aweights : array_like, optional
        Weights of observations, from 0.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array
        Of the dtype of `m`, float64 for integers; a number without dimensions for one variable, as in NumPy.

    Raises
    ------
    LaunchError
        For more than two dimensions, and for variables or weights of different lengths.
    ValueError
        For negative weights, and for those that add up to 0.
    KernelTypeError
        For complex numbers, and for `fweights` that are no integers.

    Notes
    -----
    The definition is that of `numpy.cov`; the means are subtracted before anything is multiplied.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.stats.cov(np.array([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    x = _variables(m, y, rowvar, "stats.cov")
    if ddof is not None and not operands.number(ddof, "ddof", "stats.cov").is_integer():
        raise ValueError(f"jk.stats.cov: ddof={ddof} is no integer")
    less = ddof if ddof is not None else 0 if bias else 1
    device = operands.device_of(x)
    often, share = (
        None if w is None else _checked(w, what, x.shape[1], device, "stats.cov")
        for w, what in ((fweights, "fweights"), (aweights, "aweights"))
    )
    result = _covariances(x, often, share, less, backend, "stats.cov")
    result = result.reshape(()) if x.shape[0] == 1 else result
    return result if out is None else operands.store(result, out, tuple(result.shape), "stats.cov")


def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, out: Any = None, backend: str | None = None) -> Any:
    """Return the matrix of Pearson's correlation coefficients of variables.

    Parameters
    ----------
    x : array_like or device array, 1-D or 2-D
        A variable in each row, an observation in each column; a vector is one variable.
    y : array_like, optional
        More variables, in the same form.
    rowvar : bool, default True
        False where variables are columns.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array
        Of the dtype of `x`, float64 for integers; a number without dimensions for one variable. NaN for a constant one.

    Raises
    ------
    LaunchError
        For more than two dimensions, and for variables of different lengths.
    KernelTypeError
        For complex numbers.

    Notes
    -----
    The definition is that of `numpy.corrcoef`; see `cov`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.stats.corrcoef(np.array([0.0, 1.0, 2.0]), np.array([2.0, 1.0, 0.0]))
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    variables = _variables(x, y, rowvar, "stats.corrcoef")
    covariances = _covariances(variables, None, None, 1, backend, "stats.corrcoef")
    if not _in_range(covariances):
        covariances = _covariances(_levelled(variables, backend), None, None, 1, backend, "stats.corrcoef")
    result = operands.made(tuple(covariances.shape), (operands.dtype_of(variables),), operands.device_of(variables))
    if variables.shape[0]:
        _normalise(tuple(result.shape), backend)(covariances, result)
    result = result.reshape(()) if variables.shape[0] == 1 else result
    return result if out is None else operands.store(result, out, tuple(result.shape), "stats.corrcoef")


def _in_range(covariances: Any) -> bool:
    """Return whether no sum of squares overflowed, or was made of what is too small for the digits of a square."""
    variances, limits = _diagonal(covariances), np.finfo(operands.dtype_of(covariances))
    return bool(((variances > limits.tiny / limits.eps**2) & (variances < limits.max * limits.eps)).all())


def _diagonal(c: Any) -> np.ndarray:
    if isinstance(c, np.ndarray):
        return np.diagonal(c)
    found = operands.made((c.shape[0],), (operands.dtype_of(c),), operands.device_of(c))
    if c.shape[0]:
        _take(c.shape[0], "cuda")(c, found)
    return to_numpy(found)


def _levelled(x: Any, backend: str | None) -> Any:
    """Return variables divided by powers of two, so that the largest number of each is near 1."""
    if isinstance(x, np.ndarray):
        return np.ldexp(x, -np.frexp(np.abs(x).max(axis=1, initial=0))[1][:, None])
    exponents = -np.frexp(to_numpy(map_reduce(abs, "maximum", x, axis=1, backend=backend)))[1]
    halves = np.stack([exponents // 2, exponents - exponents // 2], axis=1)  # the power itself may overflow
    dtype, device = operands.dtype_of(x), operands.device_of(x)
    out = operands.made(x.shape, (dtype,), device)
    _scale(x.shape, backend)(x, asarray(np.ldexp(dtype.type(1), halves), device=device), out)
    return out


def _variables(m: Any, y: Any, rowvar: bool, name: str) -> Any:
    found = [_matrix(part, rowvar, name) for part in operands.alike([m] if y is None else [m, y], name)]
    if len(found) == 1:
        return found[0]
    if found[0].shape[1] != found[1].shape[1]:
        raise LaunchError(f"jk.{name}: {found[0].shape[1]} observations of m, and {found[1].shape[1]} of y")
    return operands.joined(found)


def _matrix(x: Any, rowvar: bool, name: str) -> Any:
    x = operands.floating(x, name)
    if len(x.shape) > 2:
        raise LaunchError(f"jk.{name}: variables are a matrix or a vector, not of {len(x.shape)} dimensions")
    if len(x.shape) < 2:
        return x.reshape((1, -1))
    if isinstance(x, np.ndarray):
        return x if rowvar else x.T
    return x if rowvar else operands.columns(x)


def _checked(given: Any, what: str, n: int, device: str | None, name: str) -> Weights:
    shape = np.shape(given) if operands.device_of(given) is None else tuple(given.shape)
    if shape != (n,):
        raise LaunchError(f"jk.{name}: {what}= has the shape {shape}; it takes a weight for each of {n} observations")
    found = _weights.looked_at(given, device)
    if found.negative:
        raise ValueError(f"jk.{name}: {what}= has negative weights")
    if what == "fweights" and found.fractional:
        dtype = operands.dtype_of(given) if hasattr(given, "dtype") else np.asarray(given).dtype
        raise KernelTypeError(f"jk.{name}: fweights= are integers, not {dtype}")
    return found


def _covariances(
    x: Any, often: Weights | None, share: Weights | None, less: float, backend: str | None, name: str
) -> Any:
    """Return the matrix for contiguous rows; the divisor is NumPy's.

    Raises
    ------
    ValueError
        Where the weights add up to 0.
    """
    (variables, n), dtype, device = x.shape, operands.dtype_of(x), operands.device_of(x)
    weights, total = None, float(n)
    if often is not None and share is not None:
        weights, total = _weights.product(often.each, share.each), _weights.total_of_products(often.each, share.each)
    elif often is not None:
        weights, total = often.each, often.total
    elif share is not None:
        weights, total = share.each, share.total
    if n and total == 0:
        raise ValueError(f"jk.{name}: the weights add up to 0, so there is no mean; give some observation a weight")
    if not n or not variables:
        result = operands.made((variables, variables), (dtype,), device)
        operands.assign(result, np.nan)
        return result
    spread = float(less)
    if share is not None and less:
        spread = less * _weights.total_of_products(weights, share.each) / total
    divisor = max(total - spread, 0.0)
    scale = 1 / divisor if divisor > 0 else math.inf
    centre = mean(x, 1, backend=backend)
    if weights is None and _to_blas(variables * dtype.itemsize, device, backend):
        with np.errstate(all="ignore"):  # NaN, infinities and too few observations give NaN, as in the kernel
            return _by_products(x, centre, scale, backend)
    result = operands.made((variables, variables), (dtype,), device)
    x = np.ascontiguousarray(x) if device is None else x
    y = x
    if weights is not None:
        if device is None:
            x, y, centre = _weighted(x, weights, total)
        else:
            x, y, centre = _weighted_there(x, centre, weights, total, device, backend)
    add_products(x, y, centre, total, scale, result, backend)
    return result


def _to_blas(observation: int, device: str | None, backend: str | None) -> bool:
    return observation >= MANY and device is None and (backend or choice.requested() or "cpu") == "cpu"


def _by_products(x: np.ndarray, centre: np.ndarray, scale: float, backend: str | None) -> np.ndarray:
    """Return covariances by symmetric matrix products of deviations, one for each chunk; what several give adds up in float64."""
    (variables, n), products = x.shape, None
    sums, chunk = np.zeros(variables), CHUNK if x.dtype == np.float32 else LARGER
    room = np.empty((variables, min(n, chunk)), x.dtype) if x.strides[1] == x.itemsize else None
    for first in range(0, n, chunk):
        part = x[:, first : first + chunk]
        if room is None:  # in the order of the part: no column is made a row
            deviations = part - centre[:, None]
            sums += part.shape[1] * mean(deviations, 1, backend=backend)
        else:
            deviations = room[:, : part.shape[1]]
            _centre.run((variables, 1), backend, (part, centre, deviations, sums))
        found = matmul(deviations, deviations.T)
        products = found if products is None else np.add(products, found, dtype=np.float64)
    result = found if n <= chunk else np.empty_like(products, x.dtype)
    _settle((variables, variables), backend)(products, sums, 1 / n, scale, result)
    return result


def _weighted(x: np.ndarray, weights: np.ndarray, total: float) -> tuple[Any, Any, Any]:
    """Return deviations from the weighted means, these times the weights, and the means that are left: zeros."""
    deviations = x - ((x @ weights) / total).astype(x.dtype)[:, None]
    return deviations, (deviations * weights).astype(x.dtype), np.zeros(x.shape[0], x.dtype)


def _weighted_there(
    x: Any, centre: Any, weights: Any, total: float, device: str, backend: str | None
) -> tuple[Any, Any, Any]:
    """Return the same on a GPU: about the plain means first, of which the products give those with weights."""
    dtype = operands.dtype_of(x)
    there = weights if dtype == np.float64 else map(dtype.type, weights, backend=backend)
    deviations, products = (operands.made(x.shape, (dtype,), device) for _ in range(2))
    weigh = _weigh(x.shape, backend)
    weigh(x, centre, centre, 0.0, there, deviations, products)
    weigh(x, centre, mean(products, 1, backend=backend), x.shape[1] / total, there, deviations, products)
    left = operands.made((x.shape[0],), (dtype,), device)
    operands.assign(left, 0.0)
    return deviations, products, left
