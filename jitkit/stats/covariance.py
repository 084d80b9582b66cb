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
from jitkit.stats.moments import mean

_CHUNK = 4096
"""Observations whose products are added in the dtype of the variables before the sum joins others in float64."""
MANY = 1024
"""Bytes of an observation from which the matrix product, and so NumPy's BLAS, is ahead of the kernel: 1.7 times with 300
variables, 1.3 times with 128 of float64. With 128 of float32 the kernel is 1.3 times as fast."""


@jk.kernel(fastmath=True)
def multiply_tiles(t, s, one, x, y, m, sums, out):
    """Add up, over a chunk of observations, the products of two variables with four: a tile of the matrix."""
    variables, n = x.shape
    tiles = (variables + 3) // 4
    i, j = t // tiles * 2, t % tiles * 4
    if i < j + 4:  # the matrix is symmetric: below the diagonal there is nothing to do
        i1 = min(i + 1, variables - 1)
        j1, j2, j3 = min(j + 1, variables - 1), min(j + 2, variables - 1), min(j + 3, variables - 1)
        mi, mi1, mj, mj1, mj2, mj3 = m[i], m[i1], m[j], m[j1], m[j2], m[j3]
        a0 = 0.0
        a1 = 0.0
        a2 = 0.0
        a3 = 0.0
        b0 = 0.0
        b1 = 0.0
        b2 = 0.0
        b3 = 0.0
        total = 0.0
        total1 = 0.0
        for k in range(s * _CHUNK, min(n, s * _CHUNK + _CHUNK)):
            u, v = y[i, k] - mi, y[i1, k] - mi1
            c0, c1, c2, c3 = x[j, k] - mj, x[j1, k] - mj1, x[j2, k] - mj2, x[j3, k] - mj3
            a0 += u * c0
            a1 += u * c1
            a2 += u * c2
            a3 += u * c3
            b0 += v * c0
            b1 += v * c1
            b2 += v * c2
            b3 += v * c3
            total += u
            total1 += v
        if i >= j:  # once for each variable: the tile on the diagonal
            sums[s, i] = total
            sums[s, i1] = total1
        put_row(out, s, i, j, variables, a0, a1, a2, a3)
        if i + 1 < variables:
            put_row(out, s, i + 1, j, variables, b0, b1, b2, b3)


def put_row(out, s, i, j, variables, a, b, c, d):
    """Write four neighbours of a row, those that there are."""
    out[s, i, j] = a
    if j + 1 < variables:
        out[s, i, j + 1] = b
    if j + 2 < variables:
        out[s, i, j + 2] = c
    if j + 3 < variables:
        out[s, i, j + 3] = d


@jk.kernel
def add_chunks(i, j, part, sums, weight, scale, out):
    """Add up the products of all chunks, above the diagonal, and write both halves.

    They are about means that were rounded, which the sums of the deviations tell of.
    """
    if i <= j:
        total, left, right = np.float64(0.0), np.float64(0.0), np.float64(0.0)
        for s in range(part.shape[0]):
            total += part[s, i, j]
            left += sums[s, i]
            right += sums[s, j]
        product = (total - left * right / weight) * scale
        out[i, j] = product
        out[j, i] = product


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


_weigh = Launcher(weigh_deviations)
_multiply, _add, _normalise = Launcher(multiply_tiles), Launcher(add_chunks), Launcher(normalise)


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
    if ddof is not None and ddof != int(ddof):
        raise ValueError(f"jk.stats.cov: ddof={ddof} is no integer")
    less = ddof if ddof is not None else 0 if bias else 1
    weights = _weights(fweights, aweights, x.shape[1], "stats.cov")
    result = _covariances(x, weights, aweights, less, backend)
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
    covariances = _covariances(variables, None, None, 1, backend)
    if not _in_range(covariances):
        covariances = _covariances(_levelled(variables), None, None, 1, backend)
    result = operands.made(tuple(covariances.shape), (operands.dtype_of(variables),), operands.device_of(variables))
    if variables.shape[0]:
        _normalise(tuple(result.shape), backend)(covariances, result)
    result = result.reshape(()) if variables.shape[0] == 1 else result
    return result if out is None else operands.store(result, out, tuple(result.shape), "stats.corrcoef")


def _in_range(covariances: Any) -> bool:
    """Return whether no sum of squares overflowed, or was made of what is too small for the digits of a square."""
    variances, limits = np.diagonal(to_numpy(covariances)), np.finfo(operands.dtype_of(covariances))
    return bool(((variances > limits.tiny / limits.eps**2) & (variances < limits.max * limits.eps)).all())


def _levelled(x: Any) -> Any:
    """Return variables divided by powers of two, so that the largest number of each is near 1."""
    host = to_numpy(x)
    exponents = np.frexp(np.abs(host).max(axis=1, initial=0))[1]
    return asarray(np.ldexp(host, -exponents[:, None]), device=operands.device_of(x))


def _variables(m: Any, y: Any, rowvar: bool, name: str) -> Any:
    found = [_matrix(part, rowvar, name) for part in operands.alike([m] if y is None else [m, y], name)]
    if len(found) == 1:
        return found[0]
    if found[0].shape[1] != found[1].shape[1]:
        raise LaunchError(f"jk.{name}: {found[0].shape[1]} observations of m, and {found[1].shape[1]} of y")
    if operands.device_of(found[0]) is not None:
        return asarray(np.concatenate([to_numpy(part) for part in found]), device="cuda")
    return np.concatenate(found)


def _matrix(x: Any, rowvar: bool, name: str) -> Any:
    x = operands.floating(x, name)
    if len(x.shape) > 2:
        raise LaunchError(f"jk.{name}: variables are a matrix or a vector, not of {len(x.shape)} dimensions")
    if len(x.shape) < 2:
        return x.reshape((1, -1))
    if not rowvar and operands.device_of(x) is not None:
        return asarray(np.ascontiguousarray(to_numpy(x).T), device="cuda")
    return np.ascontiguousarray(x if rowvar else x.T) if isinstance(x, np.ndarray) else x


def _weights(fweights: Any, aweights: Any, n: int, name: str) -> np.ndarray | None:
    found = None
    for given, what in ((fweights, "fweights"), (aweights, "aweights")):
        if given is None:
            continue
        w = to_numpy(given) if operands.device_of(given) else np.asarray(given)
        if w.shape != (n,):
            raise LaunchError(
                f"jk.{name}: {what}= has the shape {w.shape}; it takes a weight for each of {n} observations"
            )
        if (w < 0).any():
            raise ValueError(f"jk.{name}: {what}= has negative weights")
        if what == "fweights" and w.dtype.kind not in "iu" and (w != np.round(w)).any():
            raise KernelTypeError(f"jk.{name}: fweights= are integers, not {w.dtype}")
        found = w.astype(np.float64) if found is None else found * w
    if found is not None and n and found.sum() == 0:
        raise ValueError(f"jk.{name}: the weights add up to 0, so there is no mean; give some observation a weight")
    return found


def _covariances(x: Any, weights: Any, aweights: Any, less: float, backend: str | None) -> Any:
    """Return the matrix for contiguous rows; the divisor is NumPy's."""
    (variables, n), dtype, device = x.shape, operands.dtype_of(x), operands.device_of(x)
    result = operands.made((variables, variables), (dtype,), device)
    if not n or not variables:
        operands.assign(result, np.nan)
        return result
    total = float(n) if weights is None else float(weights.sum())
    spread = float(less)
    if aweights is not None and less:
        host = to_numpy(aweights) if operands.device_of(aweights) else np.asarray(aweights)
        spread = less * float((weights * host).sum()) / total
    divisor = max(total - spread, 0.0)
    scale = 1 / divisor if divisor > 0 else math.inf
    centre, y = mean(x, 1, backend=backend), x
    if weights is None and _to_blas(variables * dtype.itemsize, device, backend):
        with np.errstate(all="ignore"):  # NaN, infinities and too few observations give NaN, as in the kernel
            result[...] = _by_products(x, centre) * scale
        return result
    if weights is not None:
        if device is None:
            x, y, centre = _weighted(x, weights, total)
        else:
            x, y, centre = _weighted_there(x, centre, weights, total, device, backend)
    chunks, tiles = -(-n // _CHUNK), -(-variables // 2) * -(-variables // 4)
    part = operands.made((chunks, variables, variables), (np.dtype(np.float64),), device)
    sums = operands.made((chunks, variables), (np.dtype(np.float64),), device)
    _multiply((tiles, chunks, 1), backend)(x, y, centre, sums, part)
    _add((variables, variables), backend)(part, sums, total, scale, result)
    return result


def _to_blas(observation: int, device: str | None, backend: str | None) -> bool:
    return observation >= MANY and device is None and (backend or choice.requested() or "cpu") == "cpu"


def _by_products(x: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Return the sums of products of deviations in float64, each chunk's by a symmetric matrix product."""
    variables, n = x.shape
    total, sums = np.zeros((variables, variables)), np.zeros(variables)
    room = np.empty((variables, min(n, _CHUNK)), x.dtype)
    for first in range(0, n, _CHUNK):
        chunk = x[:, first : first + _CHUNK]
        deviations = np.subtract(chunk, centre[:, None], out=room[:, : chunk.shape[1]])
        total += matmul(deviations, deviations.T)
        sums += deviations.sum(axis=1)
    total -= np.outer(sums, sums) / n  # as in `add_chunks`
    return total


def _weighted(x: np.ndarray, weights: np.ndarray, total: float) -> tuple[Any, Any, Any]:
    """Return deviations from the weighted means, these times the weights, and the means that are left: zeros."""
    deviations = x - ((x @ weights) / total).astype(x.dtype)[:, None]
    return deviations, (deviations * weights).astype(x.dtype), np.zeros(x.shape[0], x.dtype)


def _weighted_there(
    x: Any, centre: Any, weights: np.ndarray, total: float, device: str, backend: str | None
) -> tuple[Any, Any, Any]:
    """Return the same on a GPU: about the plain means first, of which the products give those with weights."""
    dtype = operands.dtype_of(x)
    there = asarray(weights.astype(dtype), device=device)
    deviations, products = (operands.made(x.shape, (dtype,), device) for _ in range(2))
    weigh = _weigh(x.shape, backend)
    weigh(x, centre, centre, 0.0, there, deviations, products)
    weigh(x, centre, mean(products, 1, backend=backend), x.shape[1] / total, there, deviations, products)
    left = operands.made((x.shape[0],), (dtype,), device)
    operands.assign(left, 0.0)
    return deviations, products, left
