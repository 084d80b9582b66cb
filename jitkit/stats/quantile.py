"""quantile: quantiles and medians, by selection in a long array and by sorting rows."""

# The interpolation is a function of kernels, which carry no annotations.
# mypy: disable-error-code="no-untyped-call"
from __future__ import annotations

import functools
import math
from collections.abc import Hashable
from typing import Any

import numpy as np

from jitkit import operands
from jitkit.launch import choice
from jitkit.launch.ready import Calls
from jitkit.plans import remember
from jitkit.primitives import _arrays
from jitkit.primitives._sorting import Rows
from jitkit.primitives.sort import sort
from jitkit.stats import _axes, _ranks, _selection, _weighted_ranks
from jitkit.stats._axis_weights import weights_of
from jitkit.stats._statistic import Axis

Rule = tuple[int, float, float]
_LONG, _SAMPLE = 2**17, 2**15
"""Elements from which selection pays, and of the sample that bounds are taken from."""
_FEW = 8
"""Quantiles up to which each is selected by itself; one sort serves more."""
_HALF = 0.5
calls = Calls()
_known: dict[Hashable, tuple[_ranks.Plan, tuple[int, ...]] | None] = {}


def quantile(
    a: Any,
    q: Any,
    axis: Axis = None,
    *,
    method: str = "linear",
    weights: Any = None,
    out: Any = None,
    keepdims: bool = False,
    backend: str | None = None,
) -> Any:
    """Return the value below which a share of the elements lies.

    Parameters
    ----------
    a : array_like or device array
        Real numbers.
    q : float or array_like of float
        Shares from 0 to 1: 0 is the smallest element, 1 the largest.
    axis : int or tuple of int, optional
        The axis; all unless given.
    method : str, default "linear"
        What is taken where the place lies between two elements, by NumPy's names: "inverted_cdf", "averaged_inverted_cdf",
        "closest_observation", "interpolated_inverted_cdf", "hazen", "weibull", "linear", "median_unbiased",
        "normal_unbiased", "lower", "higher", "midpoint" and "nearest".
    weights : array_like, optional
        How much each element counts, in the shape of `a`, or each place along the axes, in theirs (on a GPU in the shape
        of `a`); for ``method="inverted_cdf"``.
    out : array, optional
        Where the result goes.
    keepdims : bool, default False
        Whether the axes stay, of length 1.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    float or array
        Of the dtype of `a`, float64 for integers, the shape of `q` in front; NaN where there is one, or nothing.

    Raises
    ------
    ValueError
        For a `q` outside of 0 to 1, and a method that there is not or that takes no weights; for weights below 0, infinite
        or NaN, or all 0.
    KernelTypeError
        For complex numbers.
    LaunchError
        For an `out` of another shape.

    Notes
    -----
    The definition is that of `numpy.quantile`. Long arrays are not sorted:
    R. W. Floyd, R. L. Rivest, Expected time bounds for selection, Comm. ACM 18, 165-172, 1975.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.stats.quantile(np.array([1.0, 2.0, 4.0, 8.0]), [0.25, 0.5])
    array([1.75, 3.  ])
    """
    result = calls.enter(a, q, axis, keepdims, True, method, out, weights, backend)
    if result is not None:
        return result
    if weights is not None:
        return _weighted(a, q, axis, out, keepdims, backend, "stats.quantile", True, method, weights)
    return _quantile(a, q, axis, out, keepdims, backend, "stats.quantile", True, method)


def nanquantile(
    a: Any,
    q: Any,
    axis: Axis = None,
    *,
    method: str = "linear",
    weights: Any = None,
    out: Any = None,
    keepdims: bool = False,
    backend: str | None = None,
) -> Any:
    """Return the value below which a share of the elements lies, NaN left out.

    Parameters
    ----------
    a : array_like or device array
        Real numbers.
    q : float or array_like of float
        Shares from 0 to 1: 0 is the smallest element, 1 the largest.
    axis : int or tuple of int, optional
        The axis; all unless given.
    method : str, default "linear"
        What is taken where the place lies between two elements, by NumPy's names: "inverted_cdf", "averaged_inverted_cdf",
        "closest_observation", "interpolated_inverted_cdf", "hazen", "weibull", "linear", "median_unbiased",
        "normal_unbiased", "lower", "higher", "midpoint" and "nearest".
    weights : array_like, optional
        How much each element counts, in the shape of `a`, or each place along the axes, in theirs (on a GPU in the shape
        of `a`); for ``method="inverted_cdf"``.
    out : array, optional
        Where the result goes.
    keepdims : bool, default False
        Whether the axes stay, of length 1.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    float or array
        Of the dtype of `a`, float64 for integers, the shape of `q` in front; NaN where there are no numbers.

    Raises
    ------
    ValueError
        For a `q` outside of 0 to 1, and a method that there is not or that takes no weights; for weights below 0, infinite
        or NaN, or all 0.
    KernelTypeError
        For complex numbers.
    LaunchError
        For an `out` of another shape.

    Notes
    -----
    The definition is that of `numpy.nanquantile`. Long arrays are not sorted:
    R. W. Floyd, R. L. Rivest, Expected time bounds for selection, Comm. ACM 18, 165-172, 1975.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> float(jk.stats.nanquantile(np.array([1.0, np.nan, 4.0]), 0.5))
    2.5
    """
    result = calls.enter(a, q, axis, keepdims, False, method, out, weights, backend)
    if result is not None:
        return result
    if weights is not None:
        return _weighted(a, q, axis, out, keepdims, backend, "stats.nanquantile", False, method, weights)
    return _quantile(a, q, axis, out, keepdims, backend, "stats.nanquantile", False, method)


def median(a: Any, axis: Axis = None, *, out: Any = None, keepdims: bool = False, backend: str | None = None) -> Any:
    """Return the middle of the elements in order, or the mean of the two there.

    Parameters
    ----------
    a : array_like or device array
        Real numbers.
    axis : int or tuple of int, optional
        The axis; all unless given.
    out : array, optional
        Where the result goes.
    keepdims : bool, default False
        Whether the axes stay, of length 1.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    float or array
        Of the dtype of `a`, float64 for integers; NaN where there is one, or nothing.

    Raises
    ------
    KernelTypeError
        For complex numbers.
    LaunchError
        For an `out` of another shape.

    Notes
    -----
    The definition is that of `numpy.median`. Long arrays are not sorted:
    R. W. Floyd, R. L. Rivest, Expected time bounds for selection, Comm. ACM 18, 165-172, 1975.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> float(jk.stats.median(np.array([5.0, 1.0, 2.0, 3.0])))
    2.5
    """
    result = calls.enter(a, _HALF, axis, keepdims, True, "linear", out, backend)
    if result is not None:
        return result
    return _quantile(a, _HALF, axis, out, keepdims, backend, "stats.median", True)


def nanmedian(a: Any, axis: Axis = None, *, out: Any = None, keepdims: bool = False, backend: str | None = None) -> Any:
    """Return the median of the elements that are not NaN.

    Parameters
    ----------
    a : array_like or device array
        Real numbers.
    axis : int or tuple of int, optional
        The axis; all unless given.
    out : array, optional
        Where the result goes.
    keepdims : bool, default False
        Whether the axes stay, of length 1.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    float or array
        Of the dtype of `a`, float64 for integers; NaN where there are no numbers.

    Raises
    ------
    KernelTypeError
        For complex numbers.
    LaunchError
        For an `out` of another shape.

    Notes
    -----
    The definition is that of `numpy.nanmedian`. Long arrays are not sorted:
    R. W. Floyd, R. L. Rivest, Expected time bounds for selection, Comm. ACM 18, 165-172, 1975.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> float(jk.stats.nanmedian(np.array([5.0, np.nan, 1.0, 2.0])))
    2.0
    """
    result = calls.enter(a, _HALF, axis, keepdims, False, "linear", out, backend)
    if result is not None:
        return result
    return _quantile(a, _HALF, axis, out, keepdims, backend, "stats.nanmedian", False)


def _quantile(
    a: Any, q: Any, axis: Axis, out: Any, keepdims: bool, backend: str | None, name: str, missing: bool,
    method: str = "linear",
) -> Any:  # fmt: skip
    if type(a) is np.ndarray and a.dtype.kind in "?biu":
        a = a.astype(np.float64)
    if out is None:
        found = _short(a, q, axis, keepdims, backend, name, missing, method)
        if found is not None:
            return found
    a, shares = operands.floating(a, name), _shares(q, name)
    rule, final, axes = _asked(a, q, axis, keepdims, name, method)
    dtype, device = operands.dtype_of(a), operands.device_of(a)
    if out is not None:
        operands.check_out(out, final, dtype, name)
    if 0 in tuple(a.shape):
        flat = operands.made((math.prod(final),), (dtype,), device)
        operands.assign(flat, np.nan)
    else:
        flat = _of_any(_axes.along(a, axes), shares, rule, missing, device, backend)
    return _axes.finished(flat, final, out, name)


def _weighted(
    a: Any, q: Any, axis: Axis, out: Any, keepdims: bool, backend: str | None, name: str, missing: bool, method: str,
    weights: Any,
) -> Any:  # fmt: skip
    a, shares = operands.floating(a, name), _shares(q, name)
    _, final, axes = _asked(a, q, axis, keepdims, name, method)
    if method != "inverted_cdf":
        raise ValueError(f"jk.{name}: method={method!r} takes no weights; pass method='inverted_cdf'")
    w = weights_of(weights, a, axis, name)
    if out is not None:
        operands.check_out(out, final, operands.dtype_of(a), name)
    if 0 in tuple(a.shape):
        flat = operands.made((math.prod(final),), (operands.dtype_of(a),), operands.device_of(a))
        operands.assign(flat, np.nan)
    else:
        flat = _weighted_ranks.weighted(a, w, axes, shares, missing, backend, name)
    return _axes.finished(flat, final, out, name)


def _shares(q: Any, name: str) -> np.ndarray:
    shares = np.asarray(operands.floating(q, name), np.float64)
    if not ((shares >= 0) & (shares <= 1)).all():
        raise ValueError(f"jk.{name}: q={shares} is not from 0 to 1")
    return shares.reshape(-1)


def _asked(
    a: Any, q: Any, axis: Axis, keepdims: bool, name: str, method: str
) -> tuple[Rule, tuple[int, ...], tuple[int, ...]]:
    """Return what is made of a place between two elements, the shape of the result, and the axes."""
    if method not in _selection.METHODS:
        raise ValueError(f"jk.{name}: there is no method={method!r}; there are {', '.join(_selection.METHODS)}")
    shape = tuple(a.shape)
    axes = operands.sorted_axes(axis, len(shape), name)
    return _selection.METHODS[method], (*np.shape(q), *_axes.result_shape(shape, axes, keepdims)), axes


def _short(
    a: Any, q: Any, axis: Axis, keepdims: bool, backend: str | None, name: str, missing: bool, method: str
) -> Any:
    """Return the results of one share by what is kept of such a call, or None where that is not the way.

    The median of a thousand elements takes 2 us, and all that is looked at here as many.
    """
    if type(a) is not np.ndarray or type(q) is not float or (axis is not None and type(axis) is not int):
        return None
    key = (q, axis, keepdims, missing, method, a.dtype, a.shape)
    result = calls(key, a, backend)
    if result is not None:
        return result
    if backend is None and choice.requested() == "cuda":
        return None
    kept = (key, backend)
    found = _known.get(kept)
    if found is None:
        if kept in _known:
            return None
        found = remember(_known, kept, _kept(a, q, axis, keepdims, backend, name, missing, method))
    flags = a.flags
    if found is None or not (flags.c_contiguous and flags.writeable):
        return None
    plan, final = found
    ready = plan.ready(final)
    if ready is not None:
        calls.keep(key, ready)
    flat = plan(a)
    return flat[0, 0] if final == () else flat.reshape(final)


def _kept(
    a: np.ndarray, q: float, axis: Axis, keepdims: bool, backend: str | None, name: str, missing: bool, method: str
) -> tuple[_ranks.Plan, tuple[int, ...]] | None:
    shares = _shares(q, name)
    rule, final, axes = _asked(a, q, axis, keepdims, name, method)
    if a.dtype not in _ranks.DTYPES or 0 in a.shape or backend == "cuda":
        return None
    lengths = _arrays.split(a, axes).shape
    return (
        None
        if lengths[1] == a.size >= _LONG
        else (_ranks.Plan(a.dtype, lengths, shares, rule, missing, backend), final)
    )


def _of_any(x: Any, shares: np.ndarray, rule: Rule, missing: bool, device: str | None, backend: str | None) -> Any:
    if device is None and x.size == x.shape[1] >= _LONG:
        flat = _of_one(x.reshape((-1,)), shares, rule, missing, backend)
        if flat is not None:
            return flat
    elif not operands.on_device(x, backend):
        plan = _ranks.Plan(x.dtype, x.shape, shares, rule, missing, backend)
        if plan.serves:
            return plan(x if x.flags.writeable else x.copy())
    return _of_rows(x, shares, rule, missing, device, backend)


def _of_rows(x: Any, shares: np.ndarray, rule: Rule, missing: bool, device: str | None, backend: str | None) -> Any:
    """Sort rows and interpolate: results in the order of `shares`, then of rows."""
    outer, n, inner = x.shape
    rows = sort(Rows((outer, n, inner), 1, backend).of(x).reshape((outer * inner, n)), axis=1, backend=backend)
    numbers = operands.made((outer * inner,), (np.dtype(np.int64),), device)
    _selection.numbers_of(outer * inner, backend)(rows, numbers)
    result = operands.made((shares.size, outer * inner), (operands.dtype_of(x),), device)
    share = operands.constant(shares, device)
    _selection.between((outer * inner, shares.size), backend)(rows, numbers, share, rule, missing, result)
    return result


def _of_one(x: np.ndarray, shares: np.ndarray, rule: Rule, missing: bool, backend: str | None) -> np.ndarray | None:
    """Select each quantile of a long vector; None where they are many, or the sample misleads."""
    if shares.size > _FEW:
        return None
    sample = x[_places(x.size)]
    sample = np.sort(sample[sample == sample])
    found = [_selected(x, sample, share, rule, missing, backend) for share in shares]
    return None if any(value is None for value in found) else np.array(found, x.dtype)


@functools.lru_cache(maxsize=4)
def _places(n: int) -> np.ndarray:
    return np.random.default_rng(n).integers(n, size=_SAMPLE)


def _selected(x: np.ndarray, sample: np.ndarray, share: float, rule: Rule, missing: bool, backend: str | None) -> Any:
    """Return one quantile, or None where the bounds that a sample gives are too far apart or miss it."""
    if sample.size < _SAMPLE // 8:
        return None
    expected, spread = share * (sample.size - 1), 5 * np.sqrt(sample.size * share * (1 - share)) + 1
    if expected < spread or expected + spread > sample.size - 1:
        return None
    low, high = sample[int(expected - spread)], sample[int(np.ceil(expected + spread))]
    if not np.isfinite([low, high]).all():
        return None
    centre = x.dtype.type(low / 2 + high / 2)
    reach = max(high - centre, centre - low)
    blocks = -(-x.size // _selection.BLOCK)
    counts = np.empty((3, blocks), np.int64)
    _selection.counting((blocks, 1), backend)(x, centre, reach, counts)
    below, inside, absent = (int(total) for total in counts.sum(axis=1))
    if missing and absent:
        return np.nan
    left, right, t = _selection.position(float(share), x.size - absent, rule)
    if not below <= left <= right < below + inside or (reach > 0 and inside > x.size // 4):
        return None
    if reach == 0:
        return centre
    band = np.empty(inside, x.dtype)
    _selection.taking((blocks, 1), backend)(x, centre, reach, np.cumsum(counts[1]) - counts[1], band)
    band = sort(band, backend=backend)
    return _selection.blend(band[left - below], band[right - below], t)
