"""histogramdd: how many points lie in each box of a grid."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jitkit import operands
from jitkit.arrays import asarray, to_numpy
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.primitives import _arrays, _values
from jitkit.primitives._binning import Bins
from jitkit.primitives._even_bins import NEAREST, even_bin, even_ends, nearness
from jitkit.primitives.bincount import checked_weights
from jitkit.primitives.lazy import zipped
from jitkit.primitives.minmax import minmax
from jitkit.primitives.searchsorted import right_of

Edges = NDArray[Any]


def bin_along(value, edges, bins):
    """Return the bin of a value between ascending edges, or -1; the last bin has both its edges."""
    b = right_of(edges, value, bins + 1) - 1
    if value == edges[bins]:
        b = bins - 1
    return b if b < bins else -1


@functools.cache
def box_finder(count: int, even: bool) -> Callable:
    """Return ``box_of(point, where, boxes)`` for points of so many coordinates: the number of the box in C order, or -1.

    `where` holds the edges along each axis, as `even_bin` takes them where bins are even, and the numbers of bins.
    """
    along = even_bin if even else bin_along

    def joined(box, b, bins):
        return box * bins + b if box >= 0 and b >= 0 else -1

    def box1(point, where, boxes):
        return along(point[0], where[0][0], where[1][0])

    def box2(point, where, boxes):
        edges, bins = where
        return joined(box1(point, where, boxes), along(point[1], edges[1], bins[1]), bins[1])

    def box3(point, where, boxes):
        edges, bins = where
        return joined(box2(point, where, boxes), along(point[2], edges[2], bins[2]), bins[2])

    def box4(point, where, boxes):
        edges, bins = where
        return joined(box3(point, where, boxes), along(point[3], edges[3], bins[3]), bins[3])

    def box5(point, where, boxes):
        edges, bins = where
        return joined(box4(point, where, boxes), along(point[4], edges[4], bins[4]), bins[4])

    def box6(point, where, boxes):
        edges, bins = where
        return joined(box5(point, where, boxes), along(point[5], edges[5], bins[5]), bins[5])

    return (box1, box2, box3, box4, box5, box6)[count - 1]


@functools.cache
def _counter(count: int, even: bool) -> Bins:
    return Bins(box_finder(count, even))


def histogramdd(
    sample: Any,
    bins: Any = 10,
    range: Sequence[tuple[float, float] | None] | None = None,
    density: bool | None = None,
    weights: Any = None,
    *,
    backend: str | None = None,
) -> tuple[Any, tuple[Edges, ...]]:
    """Return how many points lie in each box of a grid, and the edges of the grid.

    Parameters
    ----------
    sample : array_like of shape (n, d), or sequence of d vectors
        The coordinates of n points in up to 6 dimensions; device and lazy vectors are taken as they are.
    bins : int, or sequence of d ints or vectors, default 10
        For each axis a number of even bins, or the ascending edges of uneven ones; one number is that of every axis.
    range : sequence of d pairs, optional
        The outer edges of even bins along each axis, or None for the smallest and the largest coordinate.
    density : bool, optional
        Return the density whose integral is 1.
    weights : array_like or device array, optional
        The weight of each point.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    counts : array of float64, d-D
    edges : tuple of d numpy.ndarray
        Along each axis one more than there are bins.

    Raises
    ------
    LaunchError
        For as many bins or ranges as there are no axes, edges that descend, and a range that is not finite.

    Notes
    -----
    The definition is that of `numpy.histogramdd`: each bin but the last is half open. The box of a point is found along each
    axis, by a binary search where not all bins are even, and counted as `bincount` does: no atomics, so weighted counts have
    the same bits for any number of threads.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> counts, (x, y) = jk.histogramdd((np.array([0.0, 0.2, 1.0]), np.array([0.0, 0.1, 1.0])), bins=2)
    >>> counts
    array([[2., 0.],
           [0., 1.]])
    """
    columns = _columns(sample)
    for column in columns:
        if operands.dtype_of(column).kind == "c":
            raise KernelTypeError("jk.histogramdd: complex numbers have no order; pass their parts as two coordinates")
    edges = _edges_of(columns, bins, range, backend)
    extents = tuple(len(e) - 1 for e in edges)
    device = _arrays.device_of(columns[0])
    ends = [even_ends(e) for e in edges] if np.isscalar(bins) or all(np.isscalar(b) for b in bins) else []
    even = bool(ends) and all(nearness(e, *pair) < NEAREST for e, pair in zip(edges, ends, strict=True))
    there = [operands.constant(e, device) for e in edges]
    along = tuple((e, *pair) for e, pair in zip(there, ends, strict=True)) if even else tuple(there)
    weights = checked_weights(weights, columns[0], "histogramdd")
    counts = _counter(len(columns), even).count(
        zipped(*columns), weights, (along, extents), math.prod(extents), backend
    )
    result = counts.reshape(extents)
    if density:
        return _density(to_numpy(result), edges), edges
    if operands.dtype_of(result) != np.float64:
        whole, result = result, operands.made(extents, (np.dtype(np.float64),), device)
        operands.assign(result, whole)
    return result, edges


def _columns(sample: Any) -> list[Any]:
    """Return the coordinates of the points as vectors of one length."""
    if isinstance(sample, (tuple, list)):
        given = [_arrays.array(column, "histogramdd") for column in sample]
    else:
        whole = _arrays.array(sample, "histogramdd")
        if len(whole.shape) == 1:
            whole = whole.reshape((-1, 1))
        given = [np.ascontiguousarray(column) for column in to_numpy(whole).T] if len(whole.shape) == 2 else [whole]
        given = [asarray(column, device=_arrays.device_of(whole)) for column in given]
    _values.check_count(len(given), "histogramdd")
    if any(len(column.shape) != 1 or column.shape != given[0].shape for column in given):
        raise LaunchError(
            "jk.histogramdd: the points are an array of shape (n, d), or d vectors of one length, not of the shapes "
            + " and ".join(str(tuple(column.shape)) for column in given)
        )
    return given


def _edges_of(columns: list[Any], bins: Any, limits: Any, backend: str | None) -> tuple[Edges, ...]:
    count = len(columns)
    each = [bins] * count if isinstance(bins, str) or not np.iterable(bins) else list(bins)
    if limits is not None and not np.iterable(limits):
        raise LaunchError(f"jk.histogramdd: range={limits!r}; it is a pair (low, high) for each axis, or None")
    ends = [None] * count if limits is None else list(limits)
    for what, values in (("bins", each), ("range", ends)):
        if len(values) != count:
            raise LaunchError(f"jk.histogramdd: {what}= is for {len(values)} axes, and the points have {count}")
    triples = zip(columns, each, ends, strict=True)
    return tuple(edges_along(column, own, pair, backend, "histogramdd") for column, own, pair in triples)


def edges_along(
    x: Any,
    bins: int | ArrayLike,
    limits: tuple[float, float] | None,
    backend: str | None,
    name: str,
    beside: np.dtype[Any] | None = None,
) -> Edges:
    """Return the edges of bins: those that are given, or even ones between limits or the extremes of a vector.

    Even ones are of the type of the limits as floats, together with a type `beside` them.

    Raises
    ------
    LaunchError
        For no bins, edges that descend, and a range that is not finite.
    """
    if isinstance(bins, (list, tuple)) or np.ndim(bins):
        edges: Edges = operands.array(bins, name)
        if edges.ndim != 1 or edges.shape[0] < 2 or (edges[1:] < edges[:-1]).any():
            raise LaunchError(f"jk.{name}: bins= is a vector of at least two ascending edges")
        return edges
    if not isinstance(bins, (int, np.integer)) or isinstance(bins, bool) or bins < 1:
        raise LaunchError(f"jk.{name}: bins={bins!r}; give a number of bins from 1, or an array of edges")
    low: Any
    high: Any
    if limits is not None:
        low, high = _limits(limits, name)
    elif x.shape[0] == 0:
        low, high = 0, 1
    else:
        low, high = (to_numpy(end)[()] + 0 for end in minmax(x, backend=backend))  # an integer where it is a boolean
    if not (np.isfinite(low) and np.isfinite(high) and low <= high):
        raise LaunchError(f"jk.{name}: the range from {low} to {high} is not finite and ascending; pass range=")
    if low == high:
        low, high = low - 0.5, high + 0.5
    dtype = None if beside is None else np.result_type(low, high, beside)
    if dtype is not None and dtype.kind != "f":
        dtype = np.dtype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        edges = np.linspace(low, high, int(bins) + 1, dtype=dtype)
    if not np.isfinite(edges).all():
        raise LaunchError(f"jk.{name}: the range from {low} to {high} is wider than {edges.dtype} reaches; pass range=")
    return edges


def _limits(given: Any, name: str) -> tuple[Any, Any]:
    """Return the two ends of a range."""
    try:
        low, high = given
        np.isfinite(low), np.isfinite(high)
    except (TypeError, ValueError):
        raise LaunchError(f"jk.{name}: range={given!r}; a range is two numbers, the lower first") from None
    return low, high


def _density(counts: NDArray[Any], edges: tuple[Edges, ...]) -> NDArray[np.float64]:
    volumes = functools.reduce(np.multiply.outer, map(np.diff, edges))
    return counts / counts.sum() / volumes  # type: ignore[no-any-return]
