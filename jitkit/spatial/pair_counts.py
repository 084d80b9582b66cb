"""pair_counts: how many pairs of points lie how far apart; radial_distribution: beside how many there would be by chance."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.arrays import to_numpy
from jitkit.errors import LaunchError
from jitkit.spatial import _pairs, _points, _tree
from jitkit.spatial.knn import MOST_COORDINATES


def pair_counts(points: Any, bins: Any, box: Any = None, *, backend: str | None = None) -> Any:
    """Return how many pairs of points lie at a distance within each bin.

    Parameters
    ----------
    points : array_like or device array, shape (n, d)
        Points of one to sixteen coordinates, one in each row.
    bins : array_like of float
        The ascending edges of the bins, from 0 or more.
    box : float or array_like of d floats, optional
        The lengths of a periodic box: the distance of two points is that of their closest images.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array of int64, one element less than `bins`
        Each pair counts once. Bins are half open, the last one has both its edges.

    Raises
    ------
    LaunchError
        For arrays of other shapes, edges that do not ascend from 0, coordinates that are not finite, and a last edge of
        half the box or more.
    KernelTypeError
        For complex numbers, or what are no numbers.

    Notes
    -----
    Two trees of boxes are gone down together, and pairs of boxes that lie in one bin as a whole, or too far apart, are
    counted at once (A. G. Gray, A. W. Moore, Advances in Neural Information Processing Systems 13, 2000).

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> line = np.array([[0.0], [1.0], [3.0]])
    >>> jk.spatial.pair_counts(line, [0, 1.5, 4]), jk.spatial.pair_counts(line, [0, 1.5, 2], box=4.5)
    (array([1, 2]), array([1, 2]))
    """
    name = "spatial.pair_counts"
    (x,) = _points.checked([points], ["points"], name)
    try:
        edges = np.asarray(bins, np.float64)
    except (TypeError, ValueError):
        edges = np.empty(0)
    if edges.ndim != 1 or edges.size < 2 or not edges[0] >= 0 or not (np.diff(edges) > 0).all():
        raise LaunchError(f"jk.{name}: bins={bins!r}; expected two or more ascending edges from 0")
    (n, d), device = x.shape, operands.device_of(x)
    if not 1 <= d <= MOST_COORDINATES:
        raise LaunchError(f"jk.{name}: points of {d} coordinates; takes 1 to {MOST_COORDINATES}")
    lengths = None if box is None else _lengths(box, d, float(edges[-1]), name)
    if n < 2:
        return jk.asarray(np.zeros(edges.size - 1, np.int64), device=device)
    bounds = _tree.finite(x, name)
    if lengths is not None:
        host = to_numpy(x)
        x = jk.asarray((host - np.floor(host / lengths) * lengths).astype(host.dtype), device=device)
        bounds = _tree.finite(x, name)
    (x,), unit = _points.in_range((x,), bounds, backend)
    if unit != 1:
        with np.errstate(over="ignore", under="ignore"):
            edges = np.maximum(edges / unit, np.minimum(edges, sys.float_info.min))
            lengths = None if lengths is None else lengths / unit
    return jk.asarray(_pairs.counted(x, edges, lengths, backend), device=device)


def radial_distribution(
    points: Any, r_max: float, bins: int = 100, box: Any = None, *, backend: str | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the pair correlation function g(r): how much denser points lie at a distance from others than on average.

    Parameters
    ----------
    points, box, backend
        As for `pair_counts`.
    r_max : float
        The largest distance.
    bins : int, default 100
        How many bins of equal width there are from 0 to `r_max`.

    Returns
    -------
    r : numpy.ndarray
        The middle of each bin.
    g : numpy.ndarray
        1 where points lie independently of one another. Without a box the density is that of the points' bounding box, and
        `g` falls with distance, because near its faces there are fewer points around: no correction is made.

    Raises
    ------
    LaunchError, KernelTypeError
        As `pair_counts`; also for points whose bounding box has no volume.

    Notes
    -----
    M. P. Allen, D. J. Tildesley, Computer Simulation of Liquids, 1987, section 2.6.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> r, g = jk.spatial.radial_distribution(np.random.default_rng(0).random((4000, 2)), 0.1, 4, box=1.0)
    >>> bool((abs(g - 1) < 0.05).all())
    True
    """
    name = "spatial.radial_distribution"
    if not 0 < operands.number(r_max, "r_max", name) < math.inf:
        raise LaunchError(f"jk.{name}: r_max={r_max!r}; it is a positive length")
    edges = np.linspace(0, r_max, operands.integer(bins, 1, "bins", name) + 1)
    counts = to_numpy(pair_counts(points, edges, box, backend=backend))
    host = np.asarray(to_numpy(points), np.float64)
    n, d = host.shape
    extent = np.broadcast_to(box, d) if box is not None else np.ptp(host, axis=0) if n else np.zeros(d)
    volume = math.prod(map(float, extent))
    if n < 2 or not 0 < volume < math.inf:
        raise LaunchError(
            f"jk.{name}: {n} points in a volume of {volume:g}; expected two or more that span one, or box="
        )
    shells = np.diff(math.pi ** (d / 2) / math.gamma(d / 2 + 1) * edges**d)
    return (edges[1:] + edges[:-1]) / 2, counts / (n * (n - 1) / 2 * shells / volume)


def _lengths(box: Any, d: int, farthest: float, name: str) -> np.ndarray:
    lengths = np.asarray(to_numpy(operands.floating(box, name)), np.float64)
    if lengths.shape not in ((), (d,)) or not (lengths > 0).all() or not np.isfinite(lengths).all():
        raise LaunchError(f"jk.{name}: box={box!r}; expected a positive length, or {d} of them")
    if farthest >= lengths.min() / 2:
        raise LaunchError(
            f"jk.{name}: the last edge is {farthest:g}, and half the box {lengths.min() / 2:g}: from there on, points "
            "meet more than one image of each other; expected less"
        )
    return np.broadcast_to(lengths, (d,))
