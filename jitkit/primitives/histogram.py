"""histogram: how many elements lie in each bin."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from jitkit import operands
from jitkit.arrays import to_numpy
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.primitives import _arrays, _even_bins
from jitkit.primitives._binning import Bins
from jitkit.primitives._even_bins import even_bin
from jitkit.primitives._operators import UNORDERED
from jitkit.primitives.bincount import checked_weights
from jitkit.primitives.histogramdd import edges_along
from jitkit.primitives.map import map as each
from jitkit.primitives.searchsorted import right_of


def _uneven_bin(value, where, bins):
    edges = where
    b = right_of(edges, value, bins + 1) - 1
    if value == edges[bins]:  # the last bin has both its edges
        b = bins - 1
    return b


def _itself(count):
    return count


_even, _uneven = Bins(even_bin), Bins(_uneven_bin)


def histogram(
    a: Any,
    bins: int | str | ArrayLike = 10,
    range: tuple[float, float] | None = None,
    density: bool | None = None,
    weights: Any = None,
    *,
    backend: str | None = None,
) -> tuple[Any, np.ndarray]:
    """Return how many elements lie in each bin, and the edges of the bins.

    Parameters
    ----------
    a : array_like or device array
        Real numbers, of any shape.
    bins : int, str or array_like, default 10
        A number of even bins, the name of a rule that `numpy.histogram_bin_edges` has for that number ("auto", "fd",
        "sturges"), or the ascending edges of uneven ones.
    range : tuple of two floats, optional
        The outer edges of even bins; by default the smallest and the largest element. Elements outside are left out.
    density : bool, optional
        Return the density whose integral is 1.
    weights : array_like or device array, optional
        The weight of each element.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    counts : array
        Of int64, or with weights what they are summed in by NumPy: floats stay what they are, integers and booleans become
        int64 or uint64. A density is float64.
    edges : numpy.ndarray
        One more than there are bins; even ones are float64, or of the type of the elements where these are floats.

    Raises
    ------
    LaunchError
        For no bins, even ones too fine for the type of the edges, edges that descend, a range that is not finite, weights of
        another shape, and a rule for elements that have weights or are on a GPU.

    Notes
    -----
    The definition is that of `numpy.histogram`: each bin but the last is half open. Counted as `bincount` does.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> counts, edges = jk.histogram(np.array([1.0, 2.0, 1.0, 4.0]), bins=3)
    >>> counts, edges
    (array([2, 1, 1]), array([1., 2., 3., 4.]))
    """
    a = _arrays.array(a, "histogram")
    if operands.dtype_of(a).kind == "c":
        raise KernelTypeError(f"jk.histogram: {UNORDERED}")
    weights = checked_weights(weights, a, "histogram")
    flat = a.reshape((-1,))
    flat_weights = None if weights is None else weights.reshape((-1,))
    device = _arrays.device_of(a)
    if isinstance(bins, str):
        bins = _number_by_rule(bins, flat, range, weights)
    edges = edges_along(flat, bins, range, backend, "histogram", operands.dtype_of(a))
    if np.ndim(bins) == 0:
        if (edges[:-1] >= edges[1:]).any():
            raise LaunchError(
                f"jk.histogram: {edges.shape[0] - 1} bins from {edges[0]} to {edges[-1]} are finer than {edges.dtype} "
                f"tells apart; {'ask for fewer' if edges.dtype == np.float64 else 'convert the elements to float64'}"
            )
        low, scale = _even_bins.even_ends(edges)
        counts = None
        if _arrays.on_host((flat,) if weights is None else (flat, flat_weights), backend):
            counts = _even_bins.counted(flat, flat_weights, (edges, low, scale), backend)
        if counts is None:
            where = operands.constant(edges, device), low, scale
            counts = _even.count(flat, flat_weights, where, edges.shape[0] - 1, backend)
    else:
        counts = _uneven.count(flat, flat_weights, operands.constant(edges, device), edges.shape[0] - 1, backend)
    if density:
        counts = to_numpy(counts)
        return counts / np.diff(edges) / counts.sum(), edges
    return (counts if weights is None else _as_sums_of(operands.dtype_of(weights), counts)), edges


def _number_by_rule(rule: str, x: Any, limits: tuple[float, float] | None, weights: Any) -> int:
    """Return how many bins a rule of NumPy's makes."""
    if weights is not None or not isinstance(x, np.ndarray):
        what = "elements on a GPU" if weights is None else "elements with weights"
        raise LaunchError(f"jk.histogram: bins={rule!r} is a rule, and there is none for {what}; give a number of bins")
    try:
        return np.histogram_bin_edges(x, rule, limits).size - 1
    except ValueError as error:
        raise LaunchError(f"jk.histogram: bins={rule!r}: {error}") from None


def _as_sums_of(weights: np.dtype[Any], counts: Any) -> Any:
    """Return counts in the type of the weights' sums: they were added up in float64, as by NumPy.

    NumPy leaves integers in the type of the weights, where the sums of short ones wrap.
    """
    dtype = np.add.reduce(np.empty(0, weights)).dtype
    if counts.dtype == dtype:
        return counts
    return counts.astype(dtype) if isinstance(counts, np.ndarray) else each(_itself, counts, dtype=dtype)
