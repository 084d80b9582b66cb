"""bincount: how often each small integer occurs."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from typing import Any

import numpy as np

from jitkit import operands
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.primitives import _arrays
from jitkit.primitives._binning import Bins
from jitkit.primitives._counting import ALONE, counted, of_few
from jitkit.primitives.minmax import minmax


def _value_itself(value, where, bins):
    return value


_ndarray = np.ndarray
_bins = Bins(_value_itself)


def bincount(x: Any, weights: Any = None, minlength: int = 0, *, backend: str | None = None) -> Any:
    """Return how often each integer from 0 to the largest occurs, or the sum of the weights where it does.

    Parameters
    ----------
    x : array_like or device array of int, 1-D
        Integers from 0.
    weights : array_like or device array, optional
        As many weights.
    minlength : int, default 0
        The least length of the result.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array of int64, or of float64 where there are weights and elements

    Raises
    ------
    LaunchError
        For negative integers, and weights of another length.
    KernelTypeError
        For anything but integers.

    Notes
    -----
    The definition is that of `numpy.bincount`. Stretches of `x` are counted into tables of their own, added in order:
    weighted counts have the same bits for any number of threads. On a host `x` is read once, unless it holds few elements
    far larger than all others.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.bincount(np.array([0, 3, 3]))
    array([1, 0, 0, 2])
    """
    few = type(x) is _ndarray and x.ndim == 1 and type(minlength) is int and minlength >= 0 < x.size <= ALONE
    if few and (weights is None or (type(weights) is _ndarray and weights.shape == x.shape)):
        found = of_few(x, weights, minlength, backend, True)
        if found is not None:
            return found
    x = _arrays.array(x, "bincount")
    if operands.dtype_of(x).kind not in "iub" and x.shape != (0,):
        raise KernelTypeError(f"jk.bincount: counts integers, not {operands.dtype_of(x)}")
    if len(x.shape) != 1:
        raise LaunchError(f"jk.bincount: takes a vector, not the shape {tuple(x.shape)}: pass x.ravel()")
    minlength = operands.integer(minlength, 0, "minlength", "bincount")
    if weights is not None:
        weights = checked_weights(weights, x, "bincount")
        if not x.shape[0]:  # NumPy counts then, in integers
            weights = None
    if x.shape[0] and _arrays.on_host(x if weights is None else (x, weights), backend):
        found = counted(x, weights, minlength, backend)
        if found is not None:
            return found
    bins = minlength
    if x.shape[0]:
        low, high = minmax(x, backend=backend)
        if low < 0:
            raise LaunchError(f"jk.bincount: the integers count from 0, and {low} is among them")
        bins = max(int(high) + 1, minlength)
    return _bins.count(x, weights, 0, bins, backend)


def checked_weights(weights: Any, x: Any, name: str) -> Any:
    """Return weights as an array; refuse those that are not as many as the elements."""
    if weights is None:
        return None
    weights = _arrays.array(weights, name)
    if weights.shape != x.shape and tuple(weights.shape) != tuple(x.shape):
        raise LaunchError(
            f"jk.{name}: weights have the shape {tuple(weights.shape)}, and the elements {tuple(x.shape)}"
        )
    return weights
