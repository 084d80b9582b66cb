"""rolling: sum, mean, variance, extremes and median of a window that moves along an axis."""

from __future__ import annotations

from typing import Any

from jitkit import operands
from jitkit.stats import _centred, _rolling, _windows

_SUMS, _MEANS = _rolling.running(_windows.sums, 0, 0), _rolling.running(_windows.sums, 1, 0)
_NONE = 0
_VARIANCES, _DEVIATIONS = (_rolling.running(_windows.squares, what, float(_NONE)) for what in (0, 1))
_SMALLEST, _LARGEST = _rolling.extreme(1), _rolling.extreme(-1)


def move_sum(
    a: Any,
    window: int,
    min_count: int | None = None,
    axis: int = -1,
    *,
    center: bool = False,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the sum of each window of elements along an axis.

    Parameters
    ----------
    a : array_like or device array
        Real numbers.
    window : int
        Elements of a window: a result is of its own element and those before it.
    min_count : int, optional
        The numbers that a window must have, or its result is NaN; `window` unless given, so that the first
        ``window - 1`` results are NaN.
    axis : int, default -1
        The axis along which the window moves.
    center : bool, default False
        Whether a result is of the elements about its own, of an even number one more before it than behind it; at both ends
        of the axis of those that there are, if they are `min_count`. As in ``pandas.DataFrame.rolling``.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array
        Of the shape of `a`, and its dtype; float64 for integers.

    Raises
    ------
    ValueError
        For a window longer than the axis, and for a `min_count` that is not from 1 to `window`.
    KernelTypeError
        For complex numbers.

    Notes
    -----
    The definition is that of `bottleneck.move_sum`: NaN do not count. Stretches of a row begin anew, with sums in float64: no
    rounding builds up, and an infinite or far larger element leaves no trace when it leaves the window.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.stats.move_sum(np.array([1.0, 2.0, 6.0, 1.0]), 2)
    array([nan,  3.,  8.,  7.])
    """
    if center is not False:
        return _centred.centred(_SUMS, a, window, min_count, axis, center, out, backend, "stats.move_sum")
    result = _rolling.calls.enter(a, _SUMS, window, min_count, axis, out, backend)
    if result is not None:
        return result
    return _rolling.rolled(_SUMS, a, window, min_count, axis, out, backend, "stats.move_sum")


def move_mean(
    a: Any,
    window: int,
    min_count: int | None = None,
    axis: int = -1,
    *,
    center: bool = False,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the mean of each window of elements along an axis.

    Parameters
    ----------
    a : array_like or device array
        Real numbers.
    window : int
        Elements of a window: a result is of its own element and those before it.
    min_count : int, optional
        The numbers that a window must have, or its result is NaN; `window` unless given, so that the first
        ``window - 1`` results are NaN.
    axis : int, default -1
        The axis along which the window moves.
    center : bool, default False
        Whether a result is of the elements about its own, of an even number one more before it than behind it; at both ends
        of the axis of those that there are, if they are `min_count`. As in ``pandas.DataFrame.rolling``.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array
        Of the shape of `a`, and its dtype; float64 for integers.

    Raises
    ------
    ValueError
        For a window longer than the axis, and for a `min_count` that is not from 1 to `window`.
    KernelTypeError
        For complex numbers.

    Notes
    -----
    The definition is that of `bottleneck.move_mean`: NaN do not count. Stretches of a row begin anew, with sums in float64: no
    rounding builds up, and an infinite or far larger element leaves no trace when it leaves the window.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.stats.move_mean(np.array([1.0, 2.0, 6.0, 1.0]), 2)
    array([nan, 1.5, 4. , 3.5])
    """
    if center is not False:
        return _centred.centred(_MEANS, a, window, min_count, axis, center, out, backend, "stats.move_mean")
    result = _rolling.calls.enter(a, _MEANS, window, min_count, axis, out, backend)
    if result is not None:
        return result
    return _rolling.rolled(_MEANS, a, window, min_count, axis, out, backend, "stats.move_mean")


def move_var(
    a: Any,
    window: int,
    min_count: int | None = None,
    axis: int = -1,
    ddof: int = 0,
    *,
    center: bool = False,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the variance of each window of elements along an axis.

    Parameters
    ----------
    a : array_like or device array
        Real numbers.
    window : int
        Elements of a window: a result is of its own element and those before it.
    min_count : int, optional
        The numbers that a window must have, or its result is NaN; `window` unless given, so that the first
        ``window - 1`` results are NaN.
    axis : int, default -1
        The axis along which the window moves.
    ddof : int, default 0
        The sum of squares is divided by the number of elements less this.
    center : bool, default False
        Whether a result is of the elements about its own, of an even number one more before it than behind it; at both ends
        of the axis of those that there are, if they are `min_count`. As in ``pandas.DataFrame.rolling``.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array
        Of the shape of `a`, and its dtype; float64 for integers.

    Raises
    ------
    ValueError
        For a window longer than the axis, and for a `min_count` that is not from 1 to `window`.
    KernelTypeError
        For complex numbers.

    Notes
    -----
    The definition is that of `bottleneck.move_var`: NaN do not count. An element in and one out change mean and sum of squares:
    B. P. Welford, Technometrics 4, 419-420, 1962; where NaN are near,
    sums of squares about a number close to those of the window.
    A far larger element leaves no trace when it leaves the window.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.stats.move_var(np.array([1.0, 2.0, 6.0, 1.0]), 2)
    array([ nan, 0.25, 4.  , 6.25])
    """
    if ddof is _NONE and center is False:
        result = _rolling.calls.enter(a, _VARIANCES, window, min_count, axis, out, backend)
        if result is not None:
            return result
    make = _rolling.running(_windows.squares, 0, operands.number(ddof, "ddof", "stats.move_var"))
    if center is not False:
        return _centred.centred(make, a, window, min_count, axis, center, out, backend, "stats.move_var")
    return _rolling.rolled(make, a, window, min_count, axis, out, backend, "stats.move_var")


def move_std(
    a: Any,
    window: int,
    min_count: int | None = None,
    axis: int = -1,
    ddof: int = 0,
    *,
    center: bool = False,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the standard deviation of each window of elements along an axis.

    Parameters
    ----------
    a : array_like or device array
        Real numbers.
    window : int
        Elements of a window: a result is of its own element and those before it.
    min_count : int, optional
        The numbers that a window must have, or its result is NaN; `window` unless given, so that the first
        ``window - 1`` results are NaN.
    axis : int, default -1
        The axis along which the window moves.
    ddof : int, default 0
        The sum of squares is divided by the number of elements less this.
    center : bool, default False
        Whether a result is of the elements about its own, of an even number one more before it than behind it; at both ends
        of the axis of those that there are, if they are `min_count`. As in ``pandas.DataFrame.rolling``.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array
        Of the shape of `a`, and its dtype; float64 for integers.

    Raises
    ------
    ValueError
        For a window longer than the axis, and for a `min_count` that is not from 1 to `window`.
    KernelTypeError
        For complex numbers.

    Notes
    -----
    The definition is that of `bottleneck.move_std`: NaN do not count. An element in and one out change mean and sum of squares:
    B. P. Welford, Technometrics 4, 419-420, 1962; where NaN are near,
    sums of squares about a number close to those of the window.
    A far larger element leaves no trace when it leaves the window.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.stats.move_std(np.array([1.0, 2.0, 6.0, 1.0]), 2)
    array([nan, 0.5, 2. , 2.5])
    """
    if ddof is _NONE and center is False:
        result = _rolling.calls.enter(a, _DEVIATIONS, window, min_count, axis, out, backend)
        if result is not None:
            return result
    make = _rolling.running(_windows.squares, 1, operands.number(ddof, "ddof", "stats.move_std"))
    if center is not False:
        return _centred.centred(make, a, window, min_count, axis, center, out, backend, "stats.move_std")
    return _rolling.rolled(make, a, window, min_count, axis, out, backend, "stats.move_std")


def move_min(
    a: Any,
    window: int,
    min_count: int | None = None,
    axis: int = -1,
    *,
    center: bool = False,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the smallest element of each window of elements along an axis.

    Parameters
    ----------
    a : array_like or device array
        Real numbers.
    window : int
        Elements of a window: a result is of its own element and those before it.
    min_count : int, optional
        The numbers that a window must have, or its result is NaN; `window` unless given, so that the first
        ``window - 1`` results are NaN.
    axis : int, default -1
        The axis along which the window moves.
    center : bool, default False
        Whether a result is of the elements about its own, of an even number one more before it than behind it; at both ends
        of the axis of those that there are, if they are `min_count`. As in ``pandas.DataFrame.rolling``.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array
        Of the shape of `a`, and its dtype; float64 for integers.

    Raises
    ------
    ValueError
        For a window longer than the axis, and for a `min_count` that is not from 1 to `window`.
    KernelTypeError
        For complex numbers.

    Notes
    -----
    The definition is that of `bottleneck.move_min`: NaN do not count. Windows of 1, 2, 4, ... elements are made of one another.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.stats.move_min(np.array([1.0, 2.0, 6.0, 1.0]), 2)
    array([nan,  1.,  2.,  1.])
    """
    if center is not False:
        return _centred.centred(_SMALLEST, a, window, min_count, axis, center, out, backend, "stats.move_min")
    result = _rolling.calls.enter(a, _SMALLEST, window, min_count, axis, out, backend)
    if result is not None:
        return result
    return _rolling.rolled(_SMALLEST, a, window, min_count, axis, out, backend, "stats.move_min")


def move_max(
    a: Any,
    window: int,
    min_count: int | None = None,
    axis: int = -1,
    *,
    center: bool = False,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the largest element of each window of elements along an axis.

    Parameters
    ----------
    a : array_like or device array
        Real numbers.
    window : int
        Elements of a window: a result is of its own element and those before it.
    min_count : int, optional
        The numbers that a window must have, or its result is NaN; `window` unless given, so that the first
        ``window - 1`` results are NaN.
    axis : int, default -1
        The axis along which the window moves.
    center : bool, default False
        Whether a result is of the elements about its own, of an even number one more before it than behind it; at both ends
        of the axis of those that there are, if they are `min_count`. As in ``pandas.DataFrame.rolling``.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array
        Of the shape of `a`, and its dtype; float64 for integers.

    Raises
    ------
    ValueError
        For a window longer than the axis, and for a `min_count` that is not from 1 to `window`.
    KernelTypeError
        For complex numbers.

    Notes
    -----
    The definition is that of `bottleneck.move_max`: NaN do not count. Windows of 1, 2, 4, ... elements are made of one another.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.stats.move_max(np.array([1.0, 2.0, 6.0, 1.0]), 2)
    array([nan,  2.,  6.,  6.])
    """
    if center is not False:
        return _centred.centred(_LARGEST, a, window, min_count, axis, center, out, backend, "stats.move_max")
    result = _rolling.calls.enter(a, _LARGEST, window, min_count, axis, out, backend)
    if result is not None:
        return result
    return _rolling.rolled(_LARGEST, a, window, min_count, axis, out, backend, "stats.move_max")


def move_median(
    a: Any,
    window: int,
    min_count: int | None = None,
    axis: int = -1,
    *,
    center: bool = False,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the median of each window of elements along an axis.

    Parameters
    ----------
    a : array_like or device array
        Real numbers.
    window : int
        Elements of a window: a result is of its own element and those before it.
    min_count : int, optional
        The numbers that a window must have, or its result is NaN; `window` unless given, so that the first
        ``window - 1`` results are NaN.
    axis : int, default -1
        The axis along which the window moves.
    center : bool, default False
        Whether a result is of the elements about its own, of an even number one more before it than behind it; at both ends
        of the axis of those that there are, if they are `min_count`. As in ``pandas.DataFrame.rolling``.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array
        Of the shape of `a`, and its dtype; float64 for integers.

    Raises
    ------
    ValueError
        For a window longer than the axis, and for a `min_count` that is not from 1 to `window`.
    KernelTypeError
        For complex numbers.

    Notes
    -----
    The definition is that of `bottleneck.move_median`: NaN do not count. The window is kept sorted, a wide one in blocks, which
    on a GPU it is not: there its time grows with the window beyond some thousands of elements.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.stats.move_median(np.array([1.0, 2.0, 6.0, 1.0]), 2)
    array([nan, 1.5, 4. , 3.5])
    """
    if center is not False:
        return _centred.centred(
            _rolling.median, a, window, min_count, axis, center, out, backend, "stats.move_median", turn=True
        )
    result = _rolling.calls.enter(a, _rolling.median, window, min_count, axis, out, backend)
    if result is not None:
        return result
    return _rolling.rolled(_rolling.median, a, window, min_count, axis, out, backend, "stats.move_median", turn=True)
