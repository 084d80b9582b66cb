"""gaussian_filter: an array blurred by a Gaussian, or its derivatives, along each axis."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.signal.correlate1d import calls, keep, separable, step

_BELL = "bell"
"""Which filter a key is of."""


def gaussian_filter(
    input: Any,
    sigma: Any,
    order: Any = 0,
    mode: Any = "reflect",
    cval: float = 0.0,
    truncate: float = 4.0,
    *,
    radius: Any = None,
    axes: Any = None,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Blur an array by a Gaussian along each axis.

    Parameters
    ----------
    input : array_like or device array
        Real numbers, of any shape.
    sigma : float or sequence of float
        The standard deviation, one for all axes or one for each.
    order : int or sequence of int, default 0
        Which derivative of the Gaussian to filter with; 0 is the Gaussian itself.
    mode : str or sequence of str, default "reflect"
        What stands for elements outside; see `correlate1d`.
    cval : float, default 0.0
        The value outside, for ``"constant"``.
    truncate : float, default 4.0
        Where the filter ends, in standard deviations.
    radius : None, int or sequence of int, optional
        Where the filter ends, in elements; instead of `truncate`.
    axes : None, int or tuple of int, optional
        The axes to filter along, in the order of the sequences above; all by default.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array
        Of the shape of `input`, float32 or float64.

    Raises
    ------
    LaunchError
        For a sequence that is not as long as there are axes, and an `out` of another shape.
    ValueError
        For a mode that there is not, a negative order or radius, and a sigma that is negative or not finite.

    Notes
    -----
    The definition is that of `scipy.ndimage.gaussian_filter`; sums are in the array's own type.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> x = np.zeros(7, np.float32)
    >>> x[3] = 1
    >>> jk.signal.gaussian_filter(x, 1.0, radius=2).round(3)
    array([0.   , 0.054, 0.244, 0.403, 0.244, 0.054, 0.   ], dtype=float32)
    """
    result = calls.enter(input, _BELL, sigma, order, mode, cval, truncate, radius, axes, out, backend)
    if result is not None:
        return result
    name, key = "signal.gaussian_filter", None
    if (
        type(input) is np.ndarray
        and input.ndim == 1
        and (type(sigma) is float or type(sigma) is int)  # True is equal to 1
        and type(order) is int
        and type(mode) is str
        and type(cval) is type(truncate) is float
        and radius is axes is out is None
    ):
        key = (_BELL, sigma, order, mode, cval, truncate, input.dtype, input.shape)
        result = calls(key, input, backend)
        if result is not None:
            return result
    x = operands.floating(input, name)
    along = operands.axes_of(axes, len(x.shape), name)
    each = zip(
        along,
        per_axis(sigma, along, "sigma", name),
        per_axis(order, along, "order", name),
        per_axis(mode, along, "mode", name),
        per_axis(radius, along, "radius", name),
        strict=True,
    )
    steps = []
    truncate = operands.number(truncate, "truncate", name)
    if not 0 <= truncate < math.inf:
        raise ValueError(f"jk.{name}: truncate={truncate}; it is a finite number from 0")
    for axis, given, derivative, beyond, reach in each:
        width = operands.number(given, "sigma", name)
        if not 0 <= width < math.inf:
            raise ValueError(f"jk.{name}: sigma={width}; it is a finite number from 0")
        if width > 1e-15:
            reach = int(truncate * width + 0.5) if reach is None else reach
            taps = gaussian_taps(width, derivative, reach, name)
            steps.append(step(taps, axis, reach, beyond, cval, backend, name))
            if key is not None:
                keep(key, x, taps, reach, beyond, cval, name)
    return separable(x, steps, out, name)


def gaussian_taps(sigma: float, order: int, radius: int, name: str) -> np.ndarray:
    """Return the taps of a correlation with a Gaussian of sum 1, or with a derivative of it.

    A derivative is the Gaussian times a polynomial q; differentiating once more turns q into q' - q x / sigma^2.

    Raises
    ------
    ValueError
        Where the order or the radius is no integer from 0.
    """
    return _taps(sigma, operands.integer(order, 0, "order", name), operands.integer(radius, 0, "radius", name))


@functools.lru_cache(maxsize=64)
def _taps(sigma: float, order: int, radius: int) -> np.ndarray:
    x = np.arange(-radius, radius + 1)
    bell = np.exp(-0.5 / (sigma * sigma) * x**2)
    q = np.polynomial.Polynomial([1.0])
    for _ in range(order):
        q = q.deriv() - q * np.polynomial.Polynomial([0.0, 1.0 / (sigma * sigma)])
    taps: np.ndarray = (q(x) * (bell / bell.sum()))[::-1]
    return taps


def per_axis(value: Any, axes: tuple[int, ...], what: str, name: str) -> list[Any]:
    """Return a value for each axis: the one given, or those of a sequence.

    Raises
    ------
    LaunchError
        Where a sequence is not as long as there are axes.
    """
    if value is None or isinstance(value, (str, int, float)) or np.ndim(value) == 0:
        return [value] * len(axes)
    if len(value) != len(axes):
        raise LaunchError(f"jk.{name}: {what} has {len(value)} values for {len(axes)} axes; give one, or one for each")
    return list(value)
