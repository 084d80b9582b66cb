"""average: the mean of elements that count as much as their weights say."""

# Functions for primitives take numbers of any type, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from typing import Any

import numpy as np

from jitkit import operands
from jitkit.arrays import to_numpy
from jitkit.primitives.map import map
from jitkit.primitives.map_reduce import map_reduce
from jitkit.stats import _axes
from jitkit.stats._axis_weights import weights_of
from jitkit.stats._statistic import Axis
from jitkit.stats._weights import wide
from jitkit.stats.moments import mean


def weighed(v, w):
    """Return an element times its weight."""
    return np.float64(v) * np.float64(w)


def narrow_quotient(a, b):
    """Return a quotient as float32."""
    return np.float32(a / b)


def quotient(a, b):
    """Return a quotient."""
    return a / b


_quotients = {np.dtype(np.float32): narrow_quotient, np.dtype(np.float64): quotient}


def average(
    a: Any,
    axis: Axis = None,
    weights: Any = None,
    returned: bool = False,
    *,
    out: Any = None,
    keepdims: bool = False,
    backend: str | None = None,
) -> Any:
    """Return the weighted mean of all elements, or of those along an axis.

    Parameters
    ----------
    a : array_like or device array
        Real numbers.
    axis : int or tuple of int, optional
        The axis to average over; all unless given.
    weights : array_like, optional
        How much each element counts, in the shape of `a`, or each place along the axes, in theirs (on a GPU in the shape
        of `a`); all the same unless given.
    returned : bool, default False
        Also return the sum of the weights of each result.
    out : array, optional
        Where the result goes.
    keepdims : bool, default False
        Whether the axes stay, of length 1.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    float or array, or a tuple of it and the sums of weights
        Of the dtype that `a` and `weights` promote to, float64 for integers.

    Raises
    ------
    ZeroDivisionError
        For weights that add up to 0.
    LaunchError
        For weights or an `out` of another shape.
    KernelTypeError
        For complex numbers.

    Notes
    -----
    The definition is that of `numpy.average`. Products and weights are added up in float64.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> float(jk.stats.average(np.array([1.0, 2.0, 6.0]), weights=[2, 1, 1]))
    2.5
    """
    name = "stats.average"
    if weights is None:
        result = mean(a, axis, out=out, keepdims=keepdims, backend=backend)
        if not returned:
            return result
        shape = tuple(operands.array(a, name).shape)
        count = _axes.length(shape, operands.sorted_axes(axis, len(shape), name))
        total = operands.made(tuple(result.shape), (operands.dtype_of(result),), operands.device_of(result))
        operands.assign(total, count)
        return result, total[()] if total.shape == () else total
    x = operands.floating(a, name)
    w = weights_of(weights, x, axis, name)
    dtype = np.result_type(operands.dtype_of(x), _given(weights))
    options: dict[str, Any] = {"axis": axis, "keepdims": keepdims, "backend": backend}
    total = map_reduce(wide, "add", w, **options)
    if not np.all(to_numpy(total)):
        raise ZeroDivisionError(f"jk.{name}: weights= add up to 0, and a mean is divided by their sum")
    result = map(_quotients[dtype], map_reduce(weighed, "add", x, w, **options), total, backend=backend)
    result = result[()] if result.shape == () else result
    if out is not None:
        result = operands.store(result, out, tuple(result.shape), name)
    if not returned:
        return result
    total = map(dtype.type, total, backend=backend)
    return result, total[()] if total.shape == () else total


def _given(weights: Any) -> np.dtype[Any]:
    """Return the dtype of weights as they were given."""
    return operands.dtype_of(operands.array(weights, "stats.average"))
