"""upfirdn: a signal raised to a higher rate, filtered, and brought down to a lower one, in one step."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.launch.launcher import Launcher
from jitkit.primitives import _arrays
from jitkit.signal import _axes, _extensions
from jitkit.signal._extensions import Extension


@jk.kernel
def phase_inside(o, r, p, x, phases, firsts, start, up, down, out):
    """Sum up what a phase of the filter sees, the r-th of each period of `up` results, where all of it is inside."""
    first, a, b = (start + p) * down + firsts[r], 0.0, 0.0
    taps = phases.shape[0]
    for m in range(0, taps - 1, 2):
        a += phases[m, r] * x[o, first - m]
        b += phases[m + 1, r] * x[o, first - m - 1]
    if taps % 2:
        a += phases[taps - 1, r] * x[o, first - taps + 1]
    out[o, (start + p) * up + r] = a + b


@jk.kernel
def phase_at_rim(o, r, p, x, phases, firsts, start, up, down, out):
    """Sum up what is inside."""
    b = start + p
    k = b * up + r
    if k < out.shape[1]:
        first, total = b * down + firsts[r], 0.0
        n = x.shape[1]
        for m in range(phases.shape[0]):
            place = first - m
            term = phases[m, r] * x[o, min(max(place, 0), n - 1)]
            total += term if 0 <= place < n else 0.0
        out[o, k] = total


@jk.kernel
def phase_beyond(o, r, p, x, phases, firsts, start, up, down, out, margins):
    """Sum up what is inside, and what stands before and behind a signal."""
    b = start + p
    k = b * up + r
    if k < out.shape[1]:
        first, total = b * down + firsts[r], 0.0
        n, reach = x.shape[1], margins.shape[1] // 2
        for m in range(phases.shape[0]):
            place = first - m
            if place < 0:
                total += phases[m, r] * margins[o, place + reach]
            elif place < n:
                total += phases[m, r] * x[o, place]
            else:
                total += phases[m, r] * margins[o, place - n + reach]
        out[o, k] = total


_inside, _at_rim, _beyond = Launcher(phase_inside), Launcher(phase_at_rim), Launcher(phase_beyond)


def upfirdn(
    h: Any,
    x: Any,
    up: int = 1,
    down: int = 1,
    axis: int = -1,
    mode: Extension = "constant",
    cval: float = 0.0,
    *,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Put ``up - 1`` zeros behind each element, filter, and keep every `down`-th.

    Parameters
    ----------
    h : array_like, 1-D
        The filter.
    x : array_like or device array
        Real numbers.
    up, down : int, default 1
        The factors.
    axis : int, default -1
        The axis of time.
    mode : str, default "constant"
        What stands before and behind a signal: "constant" for `cval`, "edge" for the element at the end, "wrap" for the
        signal again, "symmetric" for its mirror image and "reflect" for that without the element at the end,
        "antisymmetric" and "antireflect" for mirror images turned about 0 and about that element, "smooth" for the line
        through the two elements at the end, and "line" for that through the first and the last.
    cval : float, default 0
        What "constant" stands for.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array
        ``((n - 1) * up + len(h) - 1) // down + 1`` numbers along the axis.

    Raises
    ------
    LaunchError
        For a filter that is no vector, and an `out` of another shape.
    ValueError
        For factors below 1, for no elements, and for a mode that there is not.

    Notes
    -----
    The definition is that of `scipy.signal.upfirdn`. Beyond a single element all modes but "constant" and "antisymmetric" have
    that element. Zeros are never multiplied: each result takes the taps of its phase
    (F. J. Harris, "Multirate Signal Processing for Communication Systems", 2004).

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.signal.upfirdn([1, 1], np.array([1.0, 2.0, 3.0]), up=2)
    array([1., 1., 2., 2., 3., 3.])
    """
    name = "signal.upfirdn"
    x = operands.floating(x, name)
    taps = np.asarray(jk.to_numpy(operands.floating(h, name)), np.float64)
    if taps.ndim != 1 or taps.size == 0 or len(x.shape) == 0:
        raise LaunchError(f"jk.{name}: takes a filter that is a vector, and an array; given the shape {taps.shape}")
    up, down = operands.integer(up, 1, "up", name), operands.integer(down, 1, "down", name)
    _extensions.check(mode, name, "mode")
    cval = operands.number(cval, "cval", name)
    dtype, device = operands.dtype_of(x), operands.device_of(x)
    axis = operands.axes_of(axis, len(x.shape), name)[0]
    if 0 in x.shape:
        raise ValueError(f"jk.{name}: the array has no elements: its shape is {tuple(x.shape)}")
    room = out if axis == len(x.shape) - 1 else None
    x = _axes.last(x, axis, x.shape[axis], backend)
    lead, n = tuple(x.shape[:-1]), x.shape[-1]
    count = ((n - 1) * up + taps.size - 1) // down + 1
    result = _arrays.room(room, (*lead, count), (dtype,), (x,), device, name)
    rows, found = x.reshape((-1, n)), result.reshape((-1, count))
    phases, firsts = _phases(taps, up, down)
    phases, firsts = (operands.constant(a, device) for a in (phases.astype(dtype), firsts))
    periods = -(-count // up)
    begin = min(-(-(phases.shape[0] - 1) // down), periods)
    end = max(begin, min((n - 1 - (up - 1) * down // up) // down + 1, count // up))
    beyond: tuple[Any, ...] = ()
    if mode != "constant" or cval != 0:
        beyond = (_extensions.margins(rows, phases.shape[0], mode, cval, backend),)
    at_rim = _beyond if beyond else _at_rim
    for launch, start, stop, more in (
        (_inside, begin, end, ()),
        (at_rim, 0, begin, beyond),
        (at_rim, end, periods, beyond),
    ):
        if stop > start:
            launch((rows.shape[0], up, stop - start), backend)(rows, phases, firsts, start, up, down, found, *more)
    return operands.delivered(_axes.back(result, axis, backend), out, name)


def _phases(taps: np.ndarray, up: int, down: int) -> tuple[np.ndarray, np.ndarray]:
    """Return for each result of a period the taps that meet elements, and the element that the first of them meets."""
    places = np.arange(up) * down
    reach = np.arange(-(-taps.size // up))[:, None] * up + places % up
    phases = np.where(reach < taps.size, taps[np.minimum(reach, taps.size - 1)], 0.0)
    return phases, places // up
