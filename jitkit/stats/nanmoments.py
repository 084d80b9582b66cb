"""nanmoments: mean, variance, standard deviation, sum and extremes of the elements that are not NaN."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.primitives._operators import Operator, resolve
from jitkit.primitives._reducing import reduce_by
from jitkit.primitives._where import reduce_where
from jitkit.primitives.map import map
from jitkit.primitives.reduce import plan_of
from jitkit.stats import _extremes, _moments
from jitkit.stats._chosen import fitting, moments_of_chosen
from jitkit.stats._statistic import Axis, calls, of_moments

_ADD, _FMIN, _FMAX = resolve("add"), resolve("fmin"), resolve("fmax")
_FLOATS = frozenset((np.dtype(np.float32), np.dtype(np.float64)))


def nanmean(
    a: Any,
    axis: Axis = None,
    *,
    out: Any = None,
    keepdims: bool = False,
    where: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the mean of the elements that are not NaN.

    Parameters
    ----------
    a : array_like or device array
        Real numbers.
    axis : int or tuple of int, optional
        The axis to average over; all unless given.
    out : array, optional
        Where the result goes.
    keepdims : bool, default False
        Whether the axes stay, of length 1.
    where : array_like of bool, optional
        Which elements count, broadcast to `a`; all unless given.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    float or array
        Of the dtype of `a`, float64 for integers; NaN where all elements are NaN, without a warning.

    Raises
    ------
    KernelTypeError
        For complex numbers.
    LaunchError
        For an `out` of another shape.

    Notes
    -----
    The definition is that of `numpy.nanmean`; see `mean`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> float(jk.stats.nanmean(np.array([1.0, np.nan, 2.0])))
    1.5
    """
    result = calls.enter(a, _moments.MEAN, axis, keepdims, True, 0, True, out, where, backend)
    if result is not None:
        return result
    if where is not None:
        return moments_of_chosen(a, where, _moments.MEAN, axis, out, keepdims, backend, "stats.nanmean", skip=True)
    return of_moments(a, _moments.MEAN, axis, out, keepdims, backend, "stats.nanmean", skip=True)


def nanvar(
    a: Any,
    axis: Axis = None,
    *,
    ddof: float = 0,
    out: Any = None,
    keepdims: bool = False,
    where: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the variance of the elements that are not NaN.

    Parameters
    ----------
    a : array_like or device array
        Real numbers.
    axis : int or tuple of int, optional
        The axis; all unless given.
    ddof : float, default 0
        The sum of squares is divided by the number of elements less this; the result is NaN where that is not positive.
    out : array, optional
        Where the result goes.
    keepdims : bool, default False
        Whether the axes stay, of length 1.
    where : array_like of bool, optional
        Which elements count, broadcast to `a`; all unless given.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    float or array
        Of the dtype of `a`, float64 for integers.

    Raises
    ------
    KernelTypeError
        For complex numbers.
    LaunchError
        For an `out` of another shape.

    Notes
    -----
    The definition is that of `numpy.nanvar`; see `var`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> float(jk.stats.nanvar(np.array([1.0, np.nan, 3.0])))
    1.0
    """
    result = calls.enter(a, _moments.VAR, axis, keepdims, True, ddof, True, out, where, backend)
    if result is not None:
        return result
    if where is not None:
        return moments_of_chosen(
            a, where, _moments.VAR, axis, out, keepdims, backend, "stats.nanvar", skip=True, ddof=ddof
        )
    return of_moments(a, _moments.VAR, axis, out, keepdims, backend, "stats.nanvar", skip=True, ddof=ddof)


def nanstd(
    a: Any,
    axis: Axis = None,
    *,
    ddof: float = 0,
    out: Any = None,
    keepdims: bool = False,
    where: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the standard deviation of the elements that are not NaN: the root of `nanvar`.

    Parameters
    ----------
    a : array_like or device array
        Real numbers.
    axis : int or tuple of int, optional
        The axis; all unless given.
    ddof : float, default 0
        The sum of squares is divided by the number of elements less this; the result is NaN where that is not positive.
    out : array, optional
        Where the result goes.
    keepdims : bool, default False
        Whether the axes stay, of length 1.
    where : array_like of bool, optional
        Which elements count, broadcast to `a`; all unless given.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    float or array
        Of the dtype of `a`, float64 for integers.

    Raises
    ------
    KernelTypeError
        For complex numbers.
    LaunchError
        For an `out` of another shape.

    Notes
    -----
    The definition is that of `numpy.nanstd`; see `var`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> float(jk.stats.nanstd(np.array([1.0, np.nan, 3.0])))
    1.0
    """
    result = calls.enter(a, _moments.STD, axis, keepdims, True, ddof, True, out, where, backend)
    if result is not None:
        return result
    if where is not None:
        return moments_of_chosen(
            a, where, _moments.STD, axis, out, keepdims, backend, "stats.nanstd", skip=True, ddof=ddof
        )
    return of_moments(a, _moments.STD, axis, out, keepdims, backend, "stats.nanstd", skip=True, ddof=ddof)


def nansum(
    a: Any,
    axis: Axis = None,
    *,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the sum of the elements that are not NaN.

    Parameters
    ----------
    a : array_like or device array
        Real numbers.
    axis : int or tuple of int, optional
        The axis to add along; all unless given.
    out : array, optional
        Where the result goes.
    keepdims : bool, default False
        Whether the axes stay, of length 1.
    initial : number, optional
        What the result begins with, 0 unless given.
    where : array_like of bool, optional
        Which elements count, broadcast to `a`; all unless given.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    number or array
        Of the dtype of `a`; integers as `numpy.sum` gives them. 0 of no numbers.

    Raises
    ------
    KernelTypeError
        For complex numbers.
    LaunchError
        For an `out` of another shape.

    Notes
    -----
    The definition is that of `numpy.nansum`; sums are those of `mean`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> float(jk.stats.nansum(np.array([1.0, np.nan, 3.0])))
    4.0
    """
    result = calls.enter(a, _moments.SUM, axis, keepdims, True, 0, True, out, initial, where, backend)
    if result is not None:
        return result
    a = _real(a, "stats.nansum")
    if a.dtype not in _FLOATS and operands.dtype_of(a).kind in "iub":
        return _reduced(_ADD, a, axis, out, keepdims, backend, "stats.nansum", initial, where)
    if initial is None and where is None:
        return of_moments(a, _moments.SUM, axis, out, keepdims, backend, "stats.nansum", skip=True)
    where = True if where is None else where
    total = moments_of_chosen(a, where, _moments.SUM, axis, None, keepdims, backend, "stats.nansum", skip=True)
    total = total if initial is None else map(operator.add, total, initial, backend=backend)
    return total if out is None else operands.store(total, out, tuple(total.shape), "stats.nansum")


def nanmin(
    a: Any,
    axis: Axis = None,
    *,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the smallest of the elements that are not NaN.

    Parameters
    ----------
    a : array_like or device array
        Real numbers.
    axis : int or tuple of int, optional
        The axis to look along; all unless given.
    out : array, optional
        Where the result goes.
    keepdims : bool, default False
        Whether the axes stay, of length 1.
    initial : number, optional
        What the result begins with: needed where there may be no elements.
    where : array_like of bool, optional
        Which elements count, broadcast to `a`; all unless given.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    number or array
        Of the dtype of `a`; NaN where all elements are NaN, without a warning.

    Raises
    ------
    LaunchError
        For no elements.

    Notes
    -----
    The definition is that of `numpy.nanmin`: a reduction by `numpy.fmin`, of floats on a host by what NaN never pass.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> float(jk.stats.nanmin(np.array([3.0, np.nan, 1.0])))
    1.0
    """
    result = _extremes.calls.enter(a, False, axis, keepdims, out, initial, where, backend)
    if result is not None:
        return result
    return _extreme(_FMIN, a, axis, out, keepdims, initial, where, backend, "stats.nanmin")


def nanmax(
    a: Any,
    axis: Axis = None,
    *,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the largest of the elements that are not NaN.

    Parameters
    ----------
    a : array_like or device array
        Real numbers.
    axis : int or tuple of int, optional
        The axis to look along; all unless given.
    out : array, optional
        Where the result goes.
    keepdims : bool, default False
        Whether the axes stay, of length 1.
    initial : number, optional
        What the result begins with: needed where there may be no elements.
    where : array_like of bool, optional
        Which elements count, broadcast to `a`; all unless given.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    number or array
        Of the dtype of `a`; NaN where all elements are NaN, without a warning.

    Raises
    ------
    LaunchError
        For no elements.

    Notes
    -----
    The definition is that of `numpy.nanmax`: a reduction by `numpy.fmax`, of floats on a host by what NaN never pass.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> float(jk.stats.nanmax(np.array([3.0, np.nan, 1.0])))
    3.0
    """
    result = _extremes.calls.enter(a, True, axis, keepdims, out, initial, where, backend)
    if result is not None:
        return result
    return _extreme(_FMAX, a, axis, out, keepdims, initial, where, backend, "stats.nanmax")


def _extreme(
    op: Operator,
    a: Any,
    axis: Axis,
    out: Any,
    keepdims: bool,
    initial: Any,
    where: Any,
    backend: str | None,
    name: str,
) -> Any:
    if out is None and initial is None and where is None:
        found = _extremes.extreme_of(op is _FMAX, a, axis, keepdims, backend, name)
        if found is not None:
            return found
    if where is not None and initial is None:
        raise LaunchError(f"jk.{name}: where= may leave no elements, so it needs a value to begin with: pass initial=")
    return _reduced(op, _real(a, name), axis, out, keepdims, backend, name, initial, where)


def _real(a: Any, name: str) -> Any:
    """Return an argument as an array of real numbers that kernels have: other floats become float64.

    Raises
    ------
    KernelTypeError
        Where its elements are complex or no numbers.
    """
    if type(a) is np.ndarray and a.dtype in _FLOATS:
        return a
    x = operands.array(a, name)
    dtype = operands.dtype_of(x)
    return x if dtype.kind in "?biu" else operands.floating(x, name)


def _reduced(
    op: Operator,
    x: Any,
    axis: Axis,
    out: Any,
    keepdims: bool,
    backend: str | None,
    name: str,
    initial: Any = None,
    where: Any = None,
) -> Any:
    """Do what `jk.reduce` does, under the function's name in messages."""
    if where is not None:
        mask = fitting(x, where, name)
        return reduce_where(op, [x], mask, axis, initial, out, None, keepdims, backend)
    plan = plan_of(op, (operands.dtype_of(x),), None)
    return reduce_by(plan, [x], axis, initial, out, keepdims, backend, name)
