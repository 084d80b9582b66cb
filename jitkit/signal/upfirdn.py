"""upfirdn: a signal raised to a higher rate, filtered, and brought down to a lower one, in one step."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
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
def part(o, i, x, down, width, out):
    """Bring every `down`-th element of a signal together; what fills up the last part is never read."""
    for q in range(down):
        out[o, q * width + i] = x[o, min(i * down + q, x.shape[1] - 1)]


@jk.kernel
def phase_inside(o, r, p, parts, phases, places, start, out, first):
    """Sum up what a phase of the filter sees, the r-th of each period of `up` results, where all of it is inside."""
    a, b = 0.0, 0.0
    taps = phases.shape[0]
    for m in range(0, taps - 1, 2):
        a += phases[m, r] * parts[o, places[m, r] + start + p]
        b += phases[m + 1, r] * parts[o, places[m + 1, r] + start + p]
    if taps % 2:
        a += phases[taps - 1, r] * parts[o, places[taps - 1, r] + start + p]
    out[o, r, first + p] = a + b


@jk.kernel
def join(o, p, phased, begin, out):
    """Put a period of results together; the first of all is at `begin`, and those before the array begins are left out."""
    up = phased.shape[1]
    for r in range(up):
        if begin + p * up + r >= 0:
            out[o, begin + p * up + r] = phased[o, r, p]


@jk.kernel
def phase_at_rim(o, r, p, x, phases, firsts, start, up, down, skipped, out):
    """Sum up what is inside."""
    b = start + p
    k = b * up + r - skipped
    if 0 <= k < out.shape[1]:
        first, total = b * down + firsts[r], 0.0
        n = x.shape[1]
        for m in range(phases.shape[0]):
            place = first - m
            term = phases[m, r] * x[o, min(max(place, 0), n - 1)]
            total += term if 0 <= place < n else 0.0
        out[o, k] = total


@jk.kernel
def phase_beyond(o, r, p, x, phases, firsts, start, up, down, skipped, out, margins):
    """Sum up what is inside, and what stands before and behind a signal."""
    b = start + p
    k = b * up + r - skipped
    if 0 <= k < out.shape[1]:
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


_part, _inside, _join = Launcher(part), Launcher(phase_inside), Launcher(join)
_at_rim, _beyond = Launcher(phase_at_rim), Launcher(phase_beyond)
_FEW_TAPS = 4096
"""Taps up to which they are kept in the order in which results meet them: a thousand results take as long as that, 5 us."""
_TOGETHER = 1 << 17
"""Results that wait for their places on a CPU: they are still in a cache then, and their memory is no new one each time."""


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
    axis = operands.axes_of(axis, len(x.shape), name)[0]
    if 0 in x.shape:
        raise ValueError(f"jk.{name}: the array has no elements: its shape is {tuple(x.shape)}")
    count = ((x.shape[axis] - 1) * up + taps.size - 1) // down + 1
    return filtered(taps, x, up, down, axis, mode, cval, 0, count, out, backend, name)


def filtered(
    taps: np.ndarray,
    x: Any,
    up: int,
    down: int,
    axis: int,
    mode: str,
    cval: float,
    skipped: int,
    count: int,
    out: Any,
    backend: str | None,
    name: str,
) -> Any:
    """Return `count` results of `upfirdn` behind the first `skipped` ones; the arguments are checked."""
    dtype, device = operands.dtype_of(x), operands.device_of(x)
    room = out if axis == len(x.shape) - 1 else None
    x = _axes.last(x, axis, x.shape[axis], backend)
    lead, n = tuple(x.shape[:-1]), x.shape[-1]
    result = _arrays.room(room, (*lead, count), (dtype,), (x,), device, name)
    rows, found = x.reshape((-1, n)), result.reshape((-1, count))
    phases, firsts = (_phases if taps.size <= _FEW_TAPS else _phases.__wrapped__)(taps.tobytes(), up, down)
    reach = phases.shape[0]
    before, periods = skipped // up, -(-(skipped + count) // up)
    begin = min(max(-(-(reach - 1) // down), before), periods)
    end = max(begin, min((n - 1 - (up - 1) * down // up) // down + 1, (skipped + count) // up))
    phases = operands.constant(phases.astype(dtype), device)
    if end > begin:
        _periods(rows, phases, firsts, begin, end, down, skipped, found, backend)
    firsts = operands.constant(firsts, device)
    beyond: tuple[Any, ...] = ()
    if mode != "constant" or cval != 0:
        beyond = (_extensions.margins(rows, reach, mode, cval, backend),)
    at_rim = _beyond if beyond else _at_rim
    for start, stop in ((before, begin), (end, periods)):
        if stop > start:
            space = (rows.shape[0], up, stop - start)
            at_rim(space, backend)(rows, phases, firsts, start, up, down, skipped, found, *beyond)
    return operands.delivered(_axes.back(result, axis, backend), out, name)


def _periods(
    rows: Any,
    phases: Any,
    firsts: np.ndarray,
    begin: int,
    end: int,
    down: int,
    skipped: int,
    found: Any,
    backend: str | None,
) -> None:
    """Write the periods of results that meet elements alone.

    Neighbouring results of a phase meet elements that are `down` apart and lie `up` apart: with those brought together
    before and these put in their places afterwards, sums read and write whole vectors.
    """
    signals, device, dtype = rows.shape[0], operands.device_of(rows), operands.dtype_of(rows)
    reach, up = phases.shape
    width, parts = -(-rows.shape[1] // down), rows
    if down > 1:
        parts = operands.made((signals, down * width), (dtype,), device)
        _part((signals, width), backend)(rows, down, width, parts)
    first = firsts - np.arange(reach)[:, None]
    places = operands.constant(first % down * width + first // down, device)
    if up == 1:
        phased = found.reshape((signals, 1, found.shape[1]))
        _inside((signals, 1, end - begin), backend)(parts, phases, places, begin, phased, begin - skipped)
        return
    several = end - begin if operands.on_device(rows, backend) else max(_TOGETHER // (signals * up), 64)
    phased = operands.made((signals, up, min(several, end - begin)), (dtype,), device)
    for start in range(begin, end, several):
        some = min(several, end - start)
        _inside((signals, up, some), backend)(parts, phases, places, start, phased, 0)
        _join((signals, some), backend)(phased, start * up - skipped, found)


@functools.lru_cache(maxsize=64)
def _phases(bytes_of_taps: bytes, up: int, down: int) -> tuple[np.ndarray, np.ndarray]:
    """Return for each result of a period the taps that meet elements, and the element that the first of them meets."""
    taps, places = np.frombuffer(bytes_of_taps), np.arange(up) * down
    reach = np.arange(-(-taps.size // up))[:, None] * up + places % up
    phases = np.where(reach < taps.size, taps[np.minimum(reach, taps.size - 1)], 0.0)
    return phases, places // up
