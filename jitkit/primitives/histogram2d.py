"""histogram2d: how many points of the plane lie in each rectangle of a grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from jitkit.errors import LaunchError
from jitkit.primitives.histogramdd import Edges, histogramdd


def histogram2d(
    x: Any,
    y: Any,
    bins: Any = 10,
    range: Sequence[tuple[float, float] | None] | None = None,
    density: bool | None = None,
    weights: Any = None,
    *,
    backend: str | None = None,
) -> tuple[Any, Edges, Edges]:
    """Return how many points of the plane lie in each rectangle of a grid, and the edges of the grid.

    Parameters
    ----------
    x, y : array_like, device array or lazy array, 1-D
        The coordinates of the points.
    bins : int, vector, or pair of them, default 10
        A number of even bins or the ascending edges of uneven ones, for both axes or one for each.
    range, density, weights, backend
        As for `histogramdd`.

    Returns
    -------
    counts : array of float64, 2-D
        The first axis is that of `x`.
    x_edges, y_edges : numpy.ndarray

    Raises
    ------
    LaunchError
        As `histogramdd`.

    Notes
    -----
    The definition is that of `numpy.histogram2d`, the method that of `histogramdd`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> counts, _, _ = jk.histogram2d(np.array([0.0, 1.0, 1.0]), np.array([0.0, 0.0, 1.0]), bins=2)
    >>> counts
    array([[1., 0.],
           [1., 1.]])
    """
    if np.ndim(x) != 1 or np.shape(x) != np.shape(y):
        raise LaunchError(f"jk.histogram2d: x and y are vectors of one length, not of {np.shape(x)} and {np.shape(y)}")
    # One vector of edges is that of both axes; two numbers are a number each.
    if isinstance(bins, str) or not np.iterable(bins) or len(list(bins)) != 2:
        bins = [bins, bins]
    counts, (x_edges, y_edges) = histogramdd((x, y), bins, range, density, weights, backend=backend)
    return counts, x_edges, y_edges
