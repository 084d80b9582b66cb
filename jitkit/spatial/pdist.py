"""pdist: the distances between all points of one set, each pair once; squareform: the same as a matrix, and back."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.spatial import _metrics, _points
from jitkit.spatial.cdist import centred, row_sizes

ROWS = 4
"""Points that share each load of those behind them, as in `cdist`."""
WIDTH = 128
"""Points behind them in a tile: a unit of the CPU's scheduler."""
FEW = 8
"""Coordinates up to which the loop over them is unrolled: 1.6 to 2 times faster with 3."""
BANDS = 16
"""Launches for the pairs above the diagonal: a launch is a rectangle, and so one in thirty-two points has nothing to do."""
_REMEMBERED = 64


def pairs_kernel(metric: _metrics.Metric, few: int) -> Kernel:
    """Return the kernel that computes a tile of pairs: the points `ROWS * block` to the next, and `WIDTH` behind them.

    A tile away from the diagonal and from the last point needs no test for each pair. `few` is how many coordinates there
    are, where the loop over them is to be unrolled, else 0.
    """
    add, finish = metric.add, metric.finish

    def accumulate(first, j, a, b, totals):
        last = a.shape[0] - 1
        for r in range(ROWS):
            totals[r] = 0
        for k in range(few if few else a.shape[1]):
            y = b[k, j]
            for r in range(ROWS):
                totals[r] = add(totals[r], a[min(first + r, last), k], y)

    @jk.kernel
    def pairs(block, c, q, a, b, sizes, out):
        n, first = a.shape[0], block * ROWS
        start = first + 1 + c * WIDTH
        j = start + q
        totals = jk.local(ROWS, out.dtype)
        if start >= first + ROWS and start + WIDTH <= n:
            accumulate(first, j, a, b, totals)
            for r in range(ROWS):
                out[place(first + r, n) + j] = finish(totals[r], sizes[first + r], sizes[j])
        elif j < n:
            accumulate(first, j, a, b, totals)
            for r in range(ROWS):
                if first + r < j:
                    out[place(first + r, n) + j] = finish(totals[r], sizes[first + r], sizes[j])

    return pairs


def function_kernel(metric: Callable, d: int) -> Kernel:
    """Return the kernel that computes the pair (i, j) by a user's function where i < j; both count from `top`."""

    @jk.kernel
    def apply(p, q, top, a, b, out):
        i, j = top + p, top + q
        if i < j:
            u, v = jk.local(d, a.dtype), jk.local(d, a.dtype)
            for k in range(d):
                u[k] = a[i, k]
                v[k] = b[k, j]
            out[place(i, a.shape[0]) + j] = metric(u, v)

    return apply


def place(i, n):
    """Return where the pairs of point i begin among those of n points, less the first second point's index."""
    return i * n - i * (i + 1) // 2 - i - 1


@jk.kernel
def _square(i, j, condensed, out):
    if i == j:
        out[i, j] = 0
    else:
        out[i, j] = condensed[place(min(i, j), out.shape[0]) + max(i, j)]


@jk.kernel
def _condense(p, q, top, square, out):
    i, j = top + p, top + q
    if i < j:
        out[place(i, square.shape[0]) + j] = square[i, j]


_squared, _condensed = Launcher(_square), Launcher(_condense)


@functools.lru_cache(_REMEMBERED)
def _launcher(metric: _metrics.Metric, few: int) -> Launcher:
    return Launcher(pairs_kernel(metric, few))


@functools.lru_cache(_REMEMBERED)
def _launcher_of(metric: Callable, d: int) -> Launcher:
    return Launcher(function_kernel(metric, d))


def pdist(
    X: Any, metric: Any = "euclidean", *, p: float | None = None, out: Any = None, backend: str | None = None
) -> Any:
    """Return the distance of each pair of points of one set.

    Parameters
    ----------
    X : array_like or device array, shape (n, d)
        Points, one in each row.
    metric : str or callable
        As for `cdist`.
    p : float, default 2 for "minkowski"
        As for `cdist`.
    out : array, shape (n * (n - 1) / 2,), optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array of shape (n * (n - 1) / 2,)
        The pairs (0, 1), (0, 2), ..., (1, 2), ...: the upper triangle of the matrix, row by row.

    Raises
    ------
    LaunchError, KernelTypeError
        As `cdist`.

    Notes
    -----
    The definition is that of `scipy.spatial.distance.pdist`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.spatial.pdist(np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 0.0]]))
    array([5., 3., 4.])
    """
    chosen = _metrics.checked(metric, p, "spatial.pdist")
    (x,) = _points.checked([X], ["X"], "spatial.pdist")
    n, d = x.shape
    dtype, device = operands.dtype_of(x), operands.device_of(x)
    result = operands.result(out, (n * (n - 1) // 2,), dtype, device, "spatial.pdist", (x,))
    if n > 1 and isinstance(chosen, _metrics.Metric):
        x = centred(x, chosen, backend)
        launcher = _launcher(chosen, d if d <= FEW else 0)
        launcher((-(-n // ROWS), -(-(n - 1) // WIDTH), WIDTH), backend)(
            x, operands.columns(x), row_sizes(x, chosen, backend), result
        )
    elif n > 1:
        across = operands.columns(x)
        for top, rows in bands(n):
            _launcher_of(chosen, d)((rows, n - top), backend)(top, x, across, result)
    return operands.delivered(result, out, "spatial.pdist")


def bands(n: int) -> list[tuple[int, int]]:
    """Return rows of pairs, as the first and how many, that together cover those of n points."""
    height = max(-(-n // BANDS), 128)
    return [(top, min(height, n - top)) for top in range(0, n, height)]


def squareform(X: Any, *, out: Any = None, backend: str | None = None) -> Any:
    """Return the symmetric matrix of distances that `pdist` gave, or from such a matrix the distances of the pairs.

    Parameters
    ----------
    X : array_like or device array
        The distances of the pairs, or a square matrix, of which the upper triangle is read.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array
        Of shape (n, n) for a vector, of n * (n - 1) / 2 elements for a matrix.

    Raises
    ------
    LaunchError
        For a vector of another length, and a matrix that is not square.

    Notes
    -----
    The definition is that of `scipy.spatial.distance.squareform` without its checks: symmetry is taken for granted.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.spatial.squareform(np.array([5.0, 3.0, 4.0]))
    array([[0., 5., 3.],
           [5., 0., 4.],
           [3., 4., 0.]])
    """
    x, name = operands.floating(X, "spatial.squareform"), "spatial.squareform"
    x = np.ascontiguousarray(x) if isinstance(x, np.ndarray) else x
    dtype, device, shape = operands.dtype_of(x), operands.device_of(x), tuple(x.shape)
    if len(shape) == 2 and shape[0] == shape[1]:
        result = operands.result(out, (shape[0] * (shape[0] - 1) // 2,), dtype, device, name, (x,))
        for top, rows in bands(shape[0]):
            _condensed((rows, shape[0] - top), backend)(top, x, result)
        return operands.delivered(result, out, name)
    n = (1 + math.isqrt(1 + 8 * shape[0])) // 2 if len(shape) == 1 else 0
    if len(shape) != 1 or n * (n - 1) // 2 != shape[0]:
        raise LaunchError(
            f"jk.{name}: X has the shape {shape}; expected a square matrix, or a vector of n * (n - 1) / 2 distances, "
            "as jk.spatial.pdist gives them"
        )
    result = operands.result(out, (n, n), dtype, device, name, (x,))
    if shape[0]:
        _squared((n, n), backend)(x, result)
    else:
        operands.assign(result, 0)
    return operands.delivered(result, out, name)
