"""rfft and irfft: discrete Fourier transforms of real numbers, half of which says it all."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.launch.launcher import Launcher
from jitkit.signal._fft_plan import PARTS, Transform, complex_of, real, roots
from jitkit.signal.fft import Norm, along, axis_of, fitted, length_of, numbers, scale_of


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
        For an `out` of another shape; on a GPU for other axes than the last, odd lengths, and an `n` that is not the axis'.
    ValueError
        For a length below 1, and a norm that there is not.

    Notes
    -----
    The definition is that of `numpy.fft.rfft`. An even length is done by a complex transform of half the length.

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
    dtype = np.dtype(np.complex64 if operands.dtype_of(x) == np.float32 else np.complex128)
    x, moved = _last(x, axis, name)
    if n % 2:
        if not isinstance(x, np.ndarray):
            raise LaunchError(f"jk.{name}: takes even lengths on a GPU, not {n}; use jk.signal.fft")
        found = np.ascontiguousarray(along(x, n, -1, norm, False, None, backend, name)[..., : n // 2 + 1])
    else:
        found = _forth(_real_of_length(x, n, dtype, backend), n, scale, dtype, backend)
    return _deliver(found, moved, out, name)


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
        For an `out` of another shape, and on a GPU for other axes than the last and odd lengths.
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
    x, moved = _last(x, axis, name)
    x = fitted(x, len(x.shape) - 1, n // 2 + 1, dtype, backend)
    if n % 2 == 0:
        return _deliver(_back(x, n, scale, dtype, backend), moved, out, name)
    if not isinstance(x, np.ndarray):
        raise LaunchError(f"jk.{name}: takes even lengths on a GPU, not {n}; use jk.signal.ifft")
    whole = np.concatenate([x, x[..., :0:-1].conj()], axis=-1)
    whole[..., 0].imag = 0
    found = along(whole, None, -1, norm, True, None, backend, name)
    return _deliver(np.ascontiguousarray(found.real), moved, out, name)


@functools.lru_cache(16)
def _turn(n: int, parts: np.dtype[Any]) -> np.ndarray:
    return np.ascontiguousarray(roots(n, np.arange(n // 2)).T, parts)


def _last(x: Any, axis: int, name: str) -> tuple[Any, int | None]:
    """Return an array with an axis moved to the end, and where it came from; None where it was there."""
    if axis == len(x.shape) - 1:
        return (np.ascontiguousarray(x) if isinstance(x, np.ndarray) else x), None
    if not isinstance(x, np.ndarray):
        raise LaunchError(f"jk.{name}: goes along the last axis on a GPU, not axis {axis}; use jk.signal.fft")
    return np.ascontiguousarray(np.moveaxis(x, axis, -1)), axis


def _deliver(found: Any, moved: int | None, out: Any, name: str) -> Any:
    found = found if moved is None else np.ascontiguousarray(np.moveaxis(found, -1, moved))
    return found if out is None else operands.store(found, out, tuple(found.shape), name)


def _real_of_length(x: Any, n: int, dtype: np.dtype[Any], backend: str | None) -> Any:
    """Return real numbers with n along the last axis."""
    given = x.shape[-1]
    if given == n:
        return x
    if isinstance(x, np.ndarray):
        some = np.zeros((*x.shape[:-1], n), x.dtype)
        some[..., : min(n, given)] = x[..., :n]
        return some
    raise LaunchError("jk.signal.rfft: takes the whole axis on a GPU; leave n out")


def _forth(x: Any, n: int, scale: float, dtype: np.dtype[Any], backend: str | None) -> Any:
    lead, half, device, parts = tuple(x.shape[:-1]), n // 2, operands.device_of(x), operands.dtype_of(x)
    rows, turn = math.prod(lead), jk.asarray(_turn(n, parts), device=device)
    out = operands.made((*lead, half + 1), (dtype,), device)
    if rows:
        z = operands.made((rows * n,), (parts,), device)
        Transform(parts, device, False, backend)(x.reshape((-1,)), z, rows, half, 1, 1.0)
        if half > 1:
            _untangle((rows, half - 1), backend)(z, turn, half, parts.type(scale), real(out))
        _untangle_ends(rows, backend)(z, half, parts.type(scale), real(out))
    return out


def _back(x: Any, n: int, scale: float, dtype: np.dtype[Any], backend: str | None) -> Any:
    lead, half, device = tuple(x.shape[:-1]), n // 2, operands.device_of(x)
    parts = PARTS[dtype]
    rows, turn = math.prod(lead), jk.asarray(_turn(n, parts), device=device)
    out = operands.made((*lead, n), (parts,), device)
    if rows:
        z = operands.made((rows * n,), (parts,), device)
        if half > 1:
            _tangle((rows, half - 1), backend)(real(x), turn, half, z)
        _tangle_ends(rows, backend)(real(x), half, z)
        Transform(parts, device, True, backend)(z, out.reshape((-1,)), rows, half, 1, 2 * scale)
    return out
