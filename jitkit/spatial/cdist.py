"""cdist: the distances of all points of one set to all points of another."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.spatial import _metrics, _points

ROWS = 4
"""Points of the first set that share each load of the second: 4 sums, 4 parts and a vector fit into 16 registers."""
TERMS = 64
"""Coordinates whose terms are summed on their own: the rounding of a sum grows with TERMS, not with all coordinates."""
_REMEMBERED = 64


def distances_kernel(metric: _metrics.Metric) -> Kernel:
    """Return the kernel of a metric: neighbouring points of the launch are neighbouring points of the second set."""
    add, join, finish = metric.add, metric.join, metric.finish

    @jk.kernel
    def distances(p, j, a, b, size_a, size_b, out):
        n, d = a.shape
        first = p * ROWS
        totals, parts = jk.local(ROWS, out.dtype), jk.local(ROWS, out.dtype)
        for r in range(ROWS):
            totals[r] = 0
        for start in range(0, d, TERMS):
            for r in range(ROWS):
                parts[r] = 0
            for k in range(start, min(start + TERMS, d)):
                y = b[k, j]
                for r in range(ROWS):
                    parts[r] = add(parts[r], a[min(first + r, n - 1), k], y)
            for r in range(ROWS):
                totals[r] = join(totals[r], parts[r])
        for r in range(ROWS):
            if first + r < n:
                out[first + r, j] = finish(totals[r], size_a[first + r], size_b[j])

    return distances


def sizes_kernel(size: Callable) -> Kernel:
    """Return the kernel of what a metric asks about each point."""

    @jk.kernel(fastmath=True)
    def sizes(i, points, out):
        out[i] = size(points, i)

    return sizes


@jk.kernel
def _centre(i, points, out):
    n = points.shape[1]
    total = 0.0
    for k in range(n):
        total += points[i, k]
    for k in range(n):
        out[i, k] = points[i, k] - total / n


def function_kernel(metric: Callable, d: int) -> Kernel:
    """Return the kernel of a user's function of two points, which it finds in arrays of their `d` coordinates."""

    @jk.kernel
    def apply(i, j, a, b, out):
        u, v = jk.local(d, a.dtype), jk.local(d, a.dtype)
        for k in range(d):
            u[k] = a[i, k]
            v[k] = b[k, j]
        out[i, j] = metric(u, v)

    return apply


@functools.lru_cache(_REMEMBERED)
def _launcher(metric: _metrics.Metric) -> Launcher:
    return Launcher(distances_kernel(metric))


@functools.lru_cache(_REMEMBERED)
def _launcher_of(metric: Callable, d: int) -> Launcher:
    return Launcher(function_kernel(metric, d))


@functools.lru_cache(_REMEMBERED)
def _sizes(size: Callable) -> Launcher:
    return Launcher(sizes_kernel(size))


_centred = Launcher(_centre)


def cdist(
    XA: Any,
    XB: Any,
    metric: Any = "euclidean",
    *,
    p: float | None = None,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the distance of each point of one set to each point of another.

    Parameters
    ----------
    XA : array_like or device array, shape (n, d)
        Points, one in each row.
    XB : array_like or device array, shape (m, d)
        Points with as many coordinates.
    metric : {"euclidean", "sqeuclidean", "cityblock", "chebyshev", "minkowski", "cosine", "correlation", "canberra", \
            "braycurtis", "hamming", "jaccard"} or callable
        The distance, or a function of two points that kernels can call. It gets two vectors of d coordinates and reads
        them by index: ``lambda u, v: abs(u[0] - v[0])``.
    p : float, default 2 for "minkowski"
        Which power of differences Minkowski's metric sums, before it takes the root; above 0. Each is compiled for itself.
    out : array, shape (n, m), optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array of shape (n, m)
        float32 where the points are, else float64.

    Raises
    ------
    LaunchError
        For arrays that are not 2-D, that differ in columns, for an unknown metric, and a `p` that is not above 0 or of
        another metric.
    KernelTypeError
        For complex numbers, or what are no numbers.

    Notes
    -----
    The definition is that of `scipy.spatial.distance.cdist`, in the type of the points. Differences are squared as they
    are, not by ``x*x - 2*x*y + y*y``, which would lose the digits of points close together. In float32 the squares of
    differences below 1e-19 vanish and those from 2e19 on are infinite, and higher powers sooner, where SciPy computes in
    float64: convert such points.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> corners = np.array([[0.0, 0.0], [3.0, 4.0]])
    >>> jk.spatial.cdist(corners, corners)
    array([[0., 5.],
           [5., 0.]])
    >>> jk.spatial.cdist(corners, corners, lambda u, v: abs(u[0] - v[0]))
    array([[0., 3.],
           [3., 0.]])
    >>> jk.spatial.cdist(corners, corners, "minkowski", p=1)
    array([[0., 7.],
           [7., 0.]])
    """
    chosen = _metrics.checked(metric, p, "spatial.cdist")
    a, b = _points.checked([XA, XB], ["XA", "XB"], "spatial.cdist")
    shape = (a.shape[0], b.shape[0])
    dtype, device = operands.dtype_of(a), operands.device_of(a)
    result = operands.result(out, shape, dtype, device, "spatial.cdist", (a, b))
    if 0 not in shape:
        a, b = (centred(x, chosen, backend) for x in (a, b))
        fill(chosen, a, b, operands.columns(b), result, backend)
    return operands.delivered(result, out, "spatial.cdist")


def fill(metric: Any, a: Any, b: Any, columns: Any, out: Any, backend: str | None) -> None:
    """Write the distances of the points `a` to the points `b`, which are given by rows and by columns, centred as need be."""
    n, m = out.shape
    if not isinstance(metric, _metrics.Metric):
        _launcher_of(metric, a.shape[1])((n, m), backend)(a, columns, out)
        return
    sizes = [row_sizes(x, metric, backend) for x in (a, b)]
    _launcher(metric)((-(-n // ROWS), m), backend)(a, columns, *sizes, out)


def row_sizes(points: Any, metric: _metrics.Metric, backend: str | None) -> Any:
    """Return what the metric asks about each point, else room that is not read."""
    n, dtype, device = points.shape[0], operands.dtype_of(points), operands.device_of(points)
    sizes = operands.made((n,), (np.dtype(dtype),), device)
    if metric.size is not None:
        _sizes(metric.size)((n,), backend)(points, sizes)
    return sizes


def centred(points: Any, metric: Any, backend: str | None) -> Any:
    """Return points less the mean of their coordinates, each, where the metric asks for that."""
    if not isinstance(metric, _metrics.Metric) or not metric.centred:
        return points
    out = operands.made(tuple(points.shape), (operands.dtype_of(points),), operands.device_of(points))
    _centred((points.shape[0],), backend)(points, out)
    return out
