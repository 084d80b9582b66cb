"""uniform_filter: the mean over a box around each element."""

from __future__ import annotations

from typing import Any

import numpy as np

from jitkit import operands
from jitkit.signal import _boxes
from jitkit.signal.correlate1d import Step, calls, keep, left_of, separable, step
from jitkit.signal.gaussian_filter import per_axis

WIDE = 16
"""Elements of a box from which sums are shared."""
_MEANS = "means"
"""Which filter a key is of."""


def uniform_filter(
    input: Any,
    size: Any = 3,
    mode: Any = "reflect",
    cval: float = 0.0,
    origin: Any = 0,
    *,
    axes: Any = None,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the mean over a box around each element.

    Parameters
    ----------
    input : array_like or device array
        Real numbers, of any shape.
    size : int or sequence of int, default 3
        Elements of the box, one number for all axes or one for each.
    mode : str or sequence of str, default "reflect"
        What stands for elements outside; see `correlate1d`.
    cval : float, default 0.0
        The value outside, for ``"constant"``.
    origin : int or sequence of int, default 0
        How far the box is moved.
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
        For a mode that there is not, a size below 1, and an origin outside the box.

    Notes
    -----
    The definition is that of `scipy.ndimage.uniform_filter`, but for NaN and infinities: there they spoil whatever comes
    after them on their line, here nothing outside their boxes. No sum slides, so rounding errors do not run on along an
    axis either. From a width of 16, on a CPU, boxes share their sums, and the work does not grow with `size`; a GPU adds
    up each box.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.signal.uniform_filter(np.array([0.0, 3.0, 6.0, 0.0]), 3)
    array([1., 3., 3., 2.])
    """
    result = calls.enter(input, _MEANS, size, mode, cval, origin, axes, out, backend)
    if result is not None:
        return result
    name, key = "signal.uniform_filter", None
    if (
        type(input) is np.ndarray
        and input.ndim == 1
        and type(size) is type(origin) is int  # True is equal to 1, and refused elsewhere
        and type(mode) is str
        and type(cval) is float
        and axes is None
        and out is None
    ):
        key = (_MEANS, size, mode, cval, origin, input.dtype, input.shape)
        result = calls(key, input, backend)
        if result is not None:
            return result
    x = operands.floating(input, name)
    along = operands.axes_of(axes, len(x.shape), name)
    sizes, modes = per_axis(size, along, "size", name), per_axis(mode, along, "mode", name)
    steps = []
    for axis, taps, beyond, moved in zip(along, sizes, modes, per_axis(origin, along, "origin", name), strict=True):
        taps = operands.integer(taps, 1, "size", name)
        if taps > 1:
            left = left_of(taps, moved, name)
            steps.append(_step(taps, axis, left, beyond, cval, backend, name))
            if key is not None and taps < WIDE:
                keep(key, x, np.full(taps, 1 / taps), left, beyond, cval, name)
    return separable(x, steps, out, name)


def _step(taps: int, axis: int, left: int, mode: str, cval: float, backend: str | None, name: str) -> Step:
    """Return how means along one axis are found."""
    each = step(np.full(taps, 1 / taps), axis, left, mode, cval, backend, name)

    def along(x: Any, out: Any) -> None:
        if taps < WIDE or operands.on_device(x, backend):
            each(x, out)
        else:
            _boxes.means(x, out, taps, axis, left, mode, cval, backend, name)

    return along
