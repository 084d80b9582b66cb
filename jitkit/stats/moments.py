"""moments: mean, variance, standard deviation, skewness and kurtosis, each element read from memory once."""

from __future__ import annotations

from typing import Any

import numpy as np

from jitkit import operands
from jitkit.arrays import to_numpy
from jitkit.stats import _moments
from jitkit.stats._chosen import moments_of_chosen
from jitkit.stats._statistic import Axis, calls, of_moments

_POLICIES = ("propagate", "omit", "raise")


def mean(
    a: Any,
    axis: Axis = None,
    *,
    out: Any = None,
    keepdims: bool = False,
    where: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the arithmetic mean of all elements, or of those along an axis.

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
        Of the dtype of `a`, float64 for integers; NaN of no elements.

    Raises
    ------
    KernelTypeError
        For complex numbers.
    LaunchError
        For an `out` of another shape.

    Notes
    -----
    The definition is that of `numpy.mean`. Blocks are added in the dtype of `a`, their sums in float64.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> float(jk.stats.mean(np.array([1.0, 2.0, 6.0])))
    3.0
    """
    result = calls.enter(a, _moments.MEAN, axis, keepdims, False, 0, True, out, where, backend)
    if result is not None:
        return result
    if where is not None:
        return moments_of_chosen(a, where, _moments.MEAN, axis, out, keepdims, backend, "stats.mean")
    return of_moments(a, _moments.MEAN, axis, out, keepdims, backend, "stats.mean")


def var(
    a: Any,
    axis: Axis = None,
    *,
    ddof: float = 0,
    out: Any = None,
    keepdims: bool = False,
    where: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the variance of all elements, or of those along an axis.

    Parameters
    ----------
    a : array_like or device array
        Real numbers.
    axis : int or tuple of int, optional
        The axis; all unless given.
    ddof : float, default 0
        The sum of squares is divided by the number of elements less this.
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
        Of the dtype of `a`, float64 for integers; NaN of no elements.

    Raises
    ------
    KernelTypeError
        For complex numbers.
    LaunchError
        For an `out` of another shape.

    Notes
    -----
    The definition is that of `numpy.var`. Each block's deviations are from its own mean, and blocks are merged about the
    common one: T. F. Chan, G. H. Golub, R. J. LeVeque, Algorithms for computing the sample variance, Am. Stat. 37,
    242-247, 1983.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.stats.var(np.array([[1.0, 3.0], [5.0, 5.0]]), axis=1, ddof=1)
    array([2., 0.])
    """
    result = calls.enter(a, _moments.VAR, axis, keepdims, False, ddof, True, out, where, backend)
    if result is not None:
        return result
    if where is not None:
        return moments_of_chosen(a, where, _moments.VAR, axis, out, keepdims, backend, "stats.var", ddof=ddof)
    return of_moments(a, _moments.VAR, axis, out, keepdims, backend, "stats.var", ddof=ddof)


def std(
    a: Any,
    axis: Axis = None,
    *,
    ddof: float = 0,
    out: Any = None,
    keepdims: bool = False,
    where: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the standard deviation: the root of `var`.

    Parameters
    ----------
    a : array_like or device array
        Real numbers.
    axis : int or tuple of int, optional
        The axis; all unless given.
    ddof : float, default 0
        The sum of squares is divided by the number of elements less this.
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
        Of the dtype of `a`, float64 for integers; NaN of no elements.

    Raises
    ------
    KernelTypeError
        For complex numbers.
    LaunchError
        For an `out` of another shape.

    Notes
    -----
    The definition is that of `numpy.std`; see `var`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> float(jk.stats.std(np.array([1.0, 3.0])))
    1.0
    """
    result = calls.enter(a, _moments.STD, axis, keepdims, False, ddof, True, out, where, backend)
    if result is not None:
        return result
    if where is not None:
        return moments_of_chosen(a, where, _moments.STD, axis, out, keepdims, backend, "stats.std", ddof=ddof)
    return of_moments(a, _moments.STD, axis, out, keepdims, backend, "stats.std", ddof=ddof)


def skew(
    a: Any,
    axis: Axis = 0,
    bias: bool = True,
    nan_policy: str = "propagate",
    *,
    keepdims: bool = False,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the skewness: the third moment about the mean over the third power of the standard deviation.

    Parameters
    ----------
    a : array_like or device array
        Real numbers.
    axis : int or tuple of int or None, default 0
        The axis; None for all.
    bias : bool, default True
        Whether the result stays as it is; False corrects for the bias of a sample.
    nan_policy : {"propagate", "omit", "raise"}
        A NaN makes the result NaN, is left out, or is an error.
    keepdims : bool, default False
        Whether the axes stay, of length 1.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    float or array
        Of the dtype of `a`, float64 for integers; NaN where all elements are equal up to rounding.

    Raises
    ------
    ValueError
        For another `nan_policy`, and for a NaN where it says "raise".
    KernelTypeError
        For complex numbers.

    Notes
    -----
    The definition is that of `scipy.stats.skew`. Moments of blocks are merged as P. Pebay, Sandia report SAND2008-6212,
    2008, describes.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> float(jk.stats.skew(np.array([1.0, 2.0, 3.0])))
    0.0
    """
    skip = _skips(a, nan_policy, "stats.skew")
    return of_moments(a, _moments.SKEW, axis, out, keepdims, backend, "stats.skew", skip=skip, bias=bias)


def kurtosis(
    a: Any,
    axis: Axis = 0,
    fisher: bool = True,
    bias: bool = True,
    nan_policy: str = "propagate",
    *,
    keepdims: bool = False,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the kurtosis: the fourth moment about the mean over the squared variance.

    Parameters
    ----------
    a : array_like or device array
        Real numbers.
    axis : int or tuple of int or None, default 0
        The axis; None for all.
    fisher : bool, default True
        Whether 3 is subtracted, so that a normal distribution has 0.
    bias : bool, default True
        Whether the result stays as it is; False corrects for the bias of a sample.
    nan_policy : {"propagate", "omit", "raise"}
        A NaN makes the result NaN, is left out, or is an error.
    keepdims : bool, default False
        Whether the axes stay, of length 1.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    float or array
        Of the dtype of `a`, float64 for integers; NaN where all elements are equal up to rounding.

    Raises
    ------
    ValueError
        For another `nan_policy`, and for a NaN where it says "raise".
    KernelTypeError
        For complex numbers.

    Notes
    -----
    The definition is that of `scipy.stats.kurtosis`; the method is that of `skew`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> float(jk.stats.kurtosis(np.array([1.0, 2.0, 3.0]), fisher=False))
    1.5
    """
    skip, less = _skips(a, nan_policy, "stats.kurtosis"), 3.0 if fisher else 0.0
    return of_moments(
        a, _moments.KURTOSIS, axis, out, keepdims, backend, "stats.kurtosis", skip=skip, ddof=less, bias=bias
    )


def _skips(a: Any, nan_policy: str, name: str) -> bool:
    """Tell whether NaN are left out; refuse them where they are errors."""
    if nan_policy not in _POLICIES:
        raise ValueError(f"jk.{name}: nan_policy={nan_policy!r}; there are {', '.join(map(repr, _POLICIES))}")
    if nan_policy == "raise":
        values = np.asarray(to_numpy(a) if operands.device_of(a) else a)
        if (values != values).any():
            raise ValueError(f"jk.{name}: there are NaN in the input, and nan_policy='raise'")
    return nan_policy == "omit"
