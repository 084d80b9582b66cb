"""rfft, irfft and their forms for two and more axes: Fourier transforms of real numbers, half of which says it all."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.launch.launcher import Launcher
from jitkit.primitives import _arrays
from jitkit.signal import _axes, _fft_odd
from jitkit.signal._fft_plan import PARTS, Transform, blocks_of, complex_of, real, roots
from jitkit.signal.fft import Norm, along, along_each, axes_and_lengths, axis_of, fitted, length_of, numbers, scale_of


@jk.kernel
def untangle(o, p, z, turn, half, scale, out):
    """Take apart the transforms of the even and the odd elements, and do the last butterfly; frequency p + 1."""
    k, width = p + 1, half + 1
    i, m = 2 * (o * half + k), 2 * (o * half + half - k)
    er, ei = 0.5 * (z[i] + z[m]), 0.5 * (z[i + 1] - z[m + 1])
    dr, di = 0.5 * (z[i + 1] + z[m + 1]), 0.5 * (z[m] - z[i])
    at = 2 * (o * width + k)
    out[at] = scale * (er + turn[0, k] * dr - turn[1, k] * di)
    out[at + 1] = scale * (ei + turn[0, k] * di + turn[1, k] * dr)


@jk.kernel
def untangle_ends(o, z, half, scale, out):
    """Do the lowest and the highest frequency, which are real."""
    re, im, at = z[2 * o * half], z[2 * o * half + 1], 2 * o * (half + 1)
    out[at] = scale * (re + im)
    out[at + 1] = 0
    out[at + 2 * half] = scale * (re - im)
    out[at + 2 * half + 1] = 0


@jk.kernel
def tangle(o, p, x, turn, half, out):
    """Do the first butterfly of the way back; frequency p + 1."""
    k, width = p + 1, half + 1
    i, m = 2 * (o * width + k), 2 * (o * width + half - k)
    er, ei = 0.5 * (x[i] + x[m]), 0.5 * (x[i + 1] - x[m + 1])
    dr, di = 0.5 * (x[i] - x[m]), 0.5 * (x[i + 1] + x[m + 1])
    c, s = turn[0, k], turn[1, k]
    out[2 * (o * half + k)] = er - (di * c - dr * s)
    out[2 * (o * half + k) + 1] = ei + (dr * c + di * s)


@jk.kernel
def tangle_ends(o, x, half, out):
    """Do the lowest and the highest frequency, whose imaginary parts do not count."""
    low, high = x[2 * o * (half + 1)], x[2 * (o * (half + 1) + half)]
    out[2 * o * half] = 0.5 * (low + high)
    out[2 * o * half + 1] = 0.5 * (low - high)


@jk.kernel
def mirror(o, j, c, x, n, out):
    """Write all frequencies of an odd length; those above the half are conjugates."""
    value = x[o, min(j, n - j), c]
    out[o, j, c] = complex(value.real, value.imag if 0 < j <= n // 2 else -value.imag if j > 0 else 0.0)


@jk.kernel
def complexes(i, x, out):
    """Make complex numbers of real ones."""
    out[2 * i] = x[i]
    out[2 * i + 1] = 0


@jk.kernel
def lower(o, j, x, n, length, out):
    """Keep the lower frequencies of rows."""
    i, k = 2 * (o * n + j), 2 * (o * length + j)
    out[k], out[k + 1] = x[i], x[i + 1]


@jk.kernel
def mirror_rows(o, j, x, n, length, out):
    """Write all frequencies of rows of an odd length, each with its conjugate; the lowest one's imaginary part is none."""
    k, i = 2 * (o * length + j), 2 * (o * n + j)
    out[i], out[i + 1] = x[k], x[k + 1] if j > 0 else x[k] * 0
    if j < length - 1:
        k, i = 2 * (o * length + length - 1 - j), 2 * (o * n + length + j)
        out[i], out[i + 1] = x[k], -x[k + 1]


@jk.kernel
def real_parts(i, x, out):
    """Leave out the imaginary parts, which are zero but for rounding."""
    out[i] = x[2 * i]


_mirror, _mirror_rows, _real_parts = Launcher(mirror), Launcher(mirror_rows), Launcher(real_parts)
_complexes, _lower = Launcher(complexes), Launcher(lower)
_untangle, _untangle_ends = Launcher(untangle), Launcher(untangle_ends)
_tangle, _tangle_ends = Launcher(tangle), Launcher(tangle_ends)


def rfft(
    a: Any, n: int | None = None, axis: int = -1, norm: Norm = None, *, out: Any = None, backend: str | None = None
) -> Any:
    """Return the discrete Fourier transform of real numbers along an axis, from frequency 0 to half the length.

    Parameters
    ----------
    a : array_like or device array
        Real numbers, of any shape with one or more dimensions.
    n : int, optional
        The length of the transform: the axis is cut, or filled up with zeros.
    axis : int, default -1
        The axis to transform along.
    norm : {"backward", "ortho", "forward"}, optional
        As for `fft`.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array
        ``n // 2 + 1`` numbers along the axis: complex64 for float32, else complex128.

    Raises
    ------
    KernelTypeError
        For complex numbers.
    LaunchError
        For an `out` of another shape.
    ValueError
        For a length below 1, and a norm that there is not.

    Notes
    -----
    The definition is that of `numpy.fft.rfft`. An even length is done by a complex transform of half the length; an odd one
    by passes over about half of the sequences that its first pass makes (H. V. Sorensen et al. 1987).

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.signal.rfft(np.array([1.0, 2.0, 3.0, 4.0])).round(12)
    array([10.+0.j, -2.+2.j, -2.+0.j])
    """
    name = "signal.rfft"
    x = operands.floating(a, name)
    axis = axis_of(x, axis, name)
    n = length_of(x.shape[axis] if n is None else n, name)
    scale = scale_of(n, norm, False, name)
    dtype = complex_of(operands.dtype_of(x))
    if n % 2 and axis == len(x.shape) - 1:
        found = _odd_forth(_axes.last(x, axis, n, backend), n, scale, dtype, out, backend, name)
    elif n % 2:
        found = fitted(along(x, n, axis, norm, False, None, backend, name), axis, n // 2 + 1, dtype, backend)
    else:
        room = out if axis == len(x.shape) - 1 else None
        found = _forth(_axes.last(x, axis, n, backend), n, scale, dtype, room, backend, name)
        found = _axes.back(found, axis, backend)
    return operands.delivered(found, out, name)


def irfft(
    a: Any, n: int | None = None, axis: int = -1, norm: Norm = None, *, out: Any = None, backend: str | None = None
) -> Any:
    """Return the real numbers that have a half of a Fourier transform: the inverse of `rfft`.

    Parameters
    ----------
    a : array_like or device array
        Complex numbers: frequencies 0 to ``n // 2`` along the axis.
    n : int, optional
        The length of the result; by default the even one.
    axis, norm, out, backend
        As for `rfft`.

    Returns
    -------
    array
        `n` numbers along the axis: float32 for complex64 and float32, else float64.

    Raises
    ------
    LaunchError
        For an `out` of another shape.
    ValueError
        For a length below 1, and a norm that there is not.

    Notes
    -----
    The definition is that of `numpy.fft.irfft`: imaginary parts of the lowest frequency, and of the highest of an even
    length, do not count.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.signal.irfft(np.array([10, -2 + 2j, -2])).round(12)
    array([1., 2., 3., 4.])
    """
    name = "signal.irfft"
    x = numbers(a, name)
    axis = axis_of(x, axis, name)
    n = length_of(2 * (x.shape[axis] - 1) if n is None else n, name)
    scale = scale_of(n, norm, True, name)
    dtype = complex_of(operands.dtype_of(x))
    if n % 2 == 0:
        half = fitted(_axes.last(x, axis, n // 2 + 1, backend), len(x.shape) - 1, n // 2 + 1, dtype, backend)
        room = out if axis == len(x.shape) - 1 else None
        found = _axes.back(_back(half, n, scale, dtype, room, backend, name), axis, backend)
    elif axis == len(x.shape) - 1:
        half = fitted(x, axis, n // 2 + 1, dtype, backend)
        found = _odd_back(half, n, scale, dtype, out, backend, name)
    else:
        found = _odd_back_across(fitted(x, axis, n // 2 + 1, dtype, backend), n, axis, norm, backend, name)
    return operands.delivered(found, out, name)


def rfft2(
    a: Any,
    s: Sequence[int] | None = None,
    axes: Sequence[int] = (-2, -1),
    norm: Norm = None,
    *,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the discrete Fourier transform of real numbers along two axes; see `rfftn`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.signal.rfft2(np.eye(2)).real
    array([[2., 0.],
           [0., 2.]])
    """
    return _forth_along_all(a, s, axes, norm, out, backend, "signal.rfft2")


def irfft2(
    a: Any,
    s: Sequence[int] | None = None,
    axes: Sequence[int] = (-2, -1),
    norm: Norm = None,
    *,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the real numbers that have a half of a Fourier transform along two axes; see `irfftn`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.signal.irfft2(2 * np.eye(2))
    array([[1., 0.],
           [0., 1.]])
    """
    return _back_along_all(a, s, axes, norm, out, backend, "signal.irfft2")


def rfftn(
    a: Any,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: Norm = None,
    *,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the discrete Fourier transform of real numbers along several axes, half of it along the last one.

    Parameters
    ----------
    a : array_like or device array
        Real numbers.
    s, axes, norm, out, backend
        As for `fftn`.

    Returns
    -------
    array
        ``s[-1] // 2 + 1`` numbers along the last of the axes: complex64 for float32, else complex128.

    Raises
    ------
    KernelTypeError
        For complex numbers.
    LaunchError, ValueError
        As for `fftn`, and for no axes.

    Notes
    -----
    The definition is that of `numpy.fft.rfftn`; `rfft` along the last axis, and then `fft` along one after another.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.signal.rfftn(np.ones((2, 4))).real
    array([[8., 0., 0.],
           [0., 0., 0.]])
    """
    return _forth_along_all(a, s, axes, norm, out, backend, "signal.rfftn")


def irfftn(
    a: Any,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: Norm = None,
    *,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the real numbers that have a half of a Fourier transform along several axes: the inverse of `rfftn`.

    Parameters
    ----------
    a : array_like or device array
        Complex numbers.
    s : sequence of int, optional
        The lengths of the result; by default the even one along the last axis.
    axes, norm, out, backend
        As for `fftn`.

    Returns
    -------
    array
        float32 for complex64 and float32, else float64.

    Raises
    ------
    LaunchError, ValueError
        As for `rfftn`.

    Notes
    -----
    The definition is that of `numpy.fft.irfftn`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.signal.irfftn(jk.signal.rfftn(np.ones((2, 4))))
    array([[1., 1., 1., 1.],
           [1., 1., 1., 1.]])
    """
    return _back_along_all(a, s, axes, norm, out, backend, "signal.irfftn")


def _forth_along_all(
    a: Any, s: Sequence[int] | None, axes: Sequence[int] | None, norm: Norm, out: Any, backend: str | None, name: str
) -> Any:
    x = operands.floating(a, name)
    *pairs, (axis, n) = _some(x, s, axes, name)
    shape = tuple(x.shape)  # an axis that comes again has its length from here, and not half of it
    x = rfft(x, n, axis, norm, out=None if pairs else out, backend=backend)
    rest = [(axis, shape[axis_of(x, axis, name)] if n is None else n) for axis, n in pairs[::-1]]
    return along_each(x, rest, norm, False, True, out, backend, name)


def _back_along_all(
    a: Any, s: Sequence[int] | None, axes: Sequence[int] | None, norm: Norm, out: Any, backend: str | None, name: str
) -> Any:
    x = numbers(a, name)
    *pairs, (axis, n) = _some(x, s, axes, name)
    x = along_each(x, pairs, norm, True, False, None, backend, name)
    return irfft(x, n, axis, norm, out=out, backend=backend)


def _some(x: Any, s: Sequence[int] | None, axes: Sequence[int] | None, name: str) -> list[tuple[int, int | None]]:
    pairs = axes_and_lengths(x, s, axes, name)
    if not pairs:
        raise ValueError(f"jk.{name}: takes at least one axis to transform along")
    return pairs


@functools.lru_cache(16)
def _turn(n: int, parts: np.dtype[Any]) -> np.ndarray:
    return np.ascontiguousarray(roots(n, np.arange(n // 2)).T, parts)


def _odd_forth(
    x: Any, n: int, scale: float, dtype: np.dtype[Any], room: Any, backend: str | None, name: str
) -> Any:  # fmt: skip
    """Transform rows of an odd length as complex numbers, some at a time: what is between the steps stays in the cache."""
    lead, device, parts = tuple(x.shape[:-1]), operands.device_of(x), operands.dtype_of(x)
    rows, length, transform = math.prod(lead), n // 2 + 1, Transform(parts, device, False, backend)
    out = _arrays.room(room, (*lead, length), (dtype,), (x,), device, name)
    flat, found = x.reshape((-1,)), out.reshape((-1,))
    if _fft_odd.serves(transform, rows, n):
        _fft_odd.rows(transform, flat, real(out), rows, n, scale)
        return out
    for block in blocks_of(rows, n, parts, device) if rows else ():
        count = block.stop - block.start
        z, spectra = (operands.made((count * n,), (dtype,), device) for _ in range(2))
        _complexes(count * n, backend)(flat[n * block.start : n * block.stop], real(z))
        transform(real(z), real(spectra), count, n, 1, scale)
        after = found[length * block.start : length * block.stop]
        _lower((count, length), backend)(real(spectra), n, length, real(after))
    return out


def _odd_back(
    x: Any, n: int, scale: float, dtype: np.dtype[Any], room: Any, backend: str | None, name: str
) -> Any:  # fmt: skip
    """Go back to rows of an odd length by whole transforms, some rows at a time."""
    lead, device, parts = tuple(x.shape[:-1]), operands.device_of(x), PARTS[dtype]
    rows, length, transform = math.prod(lead), n // 2 + 1, Transform(parts, device, True, backend)
    out = _arrays.room(room, (*lead, n), (parts,), (x,), device, name)
    given, flat = x.reshape((-1,)), out.reshape((-1,))
    if _fft_odd.serves(transform, rows, n):
        _fft_odd.rows(transform, real(x), flat, rows, n, scale)
        return out
    for block in blocks_of(rows, n, parts, device) if rows else ():
        count = block.stop - block.start
        whole, z = (operands.made((count * n,), (dtype,), device) for _ in range(2))
        before = given[length * block.start : length * block.stop]
        _mirror_rows((count, length), backend)(real(before), n, length, real(whole))
        transform(real(whole), real(z), count, n, 1, scale)
        _real_parts(count * n, backend)(real(z), flat[n * block.start : n * block.stop])
    return out


def _odd_back_across(x: Any, n: int, axis: int, norm: Norm, backend: str | None, name: str) -> Any:
    """Go back by a whole transform along an axis that is not the last."""
    shape, dtype, device = tuple(x.shape), operands.dtype_of(x), operands.device_of(x)
    wide = (*shape[:axis], n, *shape[axis + 1 :])
    whole, out = operands.made(wide, (dtype,), device), operands.made(wide, (PARTS[dtype],), device)
    outer, half, inner = math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])
    if outer * inner:
        _mirror((outer, n, inner), backend)(x.reshape((outer, half, inner)), n, whole.reshape((outer, n, inner)))
        whole = along(whole, None, axis, norm, True, None, backend, name)
        _real_parts(outer * n * inner, backend)(real(whole), out.reshape((-1,)))
    return out


def _forth(x: Any, n: int, scale: float, dtype: np.dtype[Any], room: Any, backend: str | None, name: str) -> Any:
    lead, half, device, parts = tuple(x.shape[:-1]), n // 2, operands.device_of(x), operands.dtype_of(x)
    rows, transform = math.prod(lead), Transform(parts, device, False, backend)
    out = _arrays.room(room, (*lead, half + 1), (dtype,), (x,), device, name)
    if rows and transform.in_one(rows, half):
        transform.half(x.reshape((-1,)), real(out), rows, half, scale)
    elif rows:
        turn, flat, found = operands.table(_turn(n, parts), device), x.reshape((-1,)), real(out)
        for block in blocks_of(rows, half, parts, device):
            count, after = block.stop - block.start, found[(n + 2) * block.start : (n + 2) * block.stop]
            z = operands.made((count * n,), (parts,), device)
            transform(flat[n * block.start : n * block.stop], z, count, half, 1, 1.0)
            if half > 1:
                _untangle((count, half - 1), backend)(z, turn, half, parts.type(scale), after)
            _untangle_ends(count, backend)(z, half, parts.type(scale), after)
    return out


def _back(x: Any, n: int, scale: float, dtype: np.dtype[Any], room: Any, backend: str | None, name: str) -> Any:
    lead, half, device = tuple(x.shape[:-1]), n // 2, operands.device_of(x)
    parts = PARTS[dtype]
    rows, transform = math.prod(lead), Transform(parts, device, True, backend)
    out = _arrays.room(room, (*lead, n), (parts,), (x,), device, name)
    if rows and transform.in_one(rows, half):
        transform.half(real(x), out.reshape((-1,)), rows, half, 2 * scale)
    elif rows:
        turn, given, flat = operands.table(_turn(n, parts), device), real(x), out.reshape((-1,))
        for block in blocks_of(rows, half, parts, device):
            count, before = block.stop - block.start, given[(n + 2) * block.start : (n + 2) * block.stop]
            z = operands.made((count * n,), (parts,), device)
            if half > 1:
                _tangle((count, half - 1), backend)(before, turn, half, z)
            _tangle_ends(count, backend)(before, half, z)
            transform(z, flat[n * block.start : n * block.stop], count, half, 1, 2 * scale)
    return out
