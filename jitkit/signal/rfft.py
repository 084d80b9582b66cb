"""rfft, irfft and their forms for two and more axes: Fourier transforms of real numbers, half of which says it all."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from jitkit import operands
from jitkit.plans import remember
from jitkit.primitives import _arrays
from jitkit.signal import _axes
from jitkit.signal._fft_plan import PARTS, Transform, complex_of, real
from jitkit.signal._rfft_plan import plan
from jitkit.signal.correlate1d import contiguous
from jitkit.signal.fft import (
    Norm,
    Plan,
    along_each,
    axes_and_lengths,
    axis_of,
    by_plan,
    fitted,
    is_plain,
    length_of,
    numbers,
    scale_of,
)


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
    key = _key(a, n, axis, norm, False, backend)
    if key is not None and (kept := _plans.get(key)) is not None and (found := by_plan(kept, a, out)) is not None:
        return found
    name = "signal.rfft"
    x = operands.floating(a, name)
    axis = axis_of(x, axis, name)
    n = length_of(x.shape[axis] if n is None else n, name)
    scale = scale_of(n, norm, False, name)
    dtype = complex_of(operands.dtype_of(x))
    if n == x.shape[axis]:
        found = _along(contiguous(x), axis, n, scale, False, dtype, out, backend, name, (key, a))
    else:
        rows = _axes.last(x, axis, n, backend)
        found = _along(rows, len(x.shape) - 1, n, scale, False, dtype, None, backend, name, (None, None))
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
    key = _key(a, n, axis, norm, True, backend)
    if key is not None and (kept := _plans.get(key)) is not None and (found := by_plan(kept, a, out)) is not None:
        return found
    name = "signal.irfft"
    x = numbers(a, name)
    axis = axis_of(x, axis, name)
    n = length_of(2 * (x.shape[axis] - 1) if n is None else n, name)
    scale = scale_of(n, norm, True, name)
    dtype = complex_of(operands.dtype_of(x))
    x = fitted(x, axis, n // 2 + 1, dtype, backend)
    found = _along(x, axis, n, scale, True, dtype, out, backend, name, (key, a))
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


_plans: dict[Hashable, Plan] = {}
"""Transforms by what they were asked for, as those of complex numbers."""


def _key(a: Any, n: Any, axis: Any, norm: Any, inverse: bool, backend: Any) -> Hashable | None:
    """Return by what a plan is looked up; None where none is kept."""
    if not is_plain(a, axis, norm, backend) or (n is not None and type(n) is not int):
        return None
    return a.shape, a.dtype, n, axis, norm, inverse, backend


def _along(
    x: Any, axis: int, n: int, scale: float, inverse: bool, dtype: np.dtype[Any], room: Any, backend: str | None,
    name: str, asked: tuple[Hashable | None, Any],
) -> Any:  # fmt: skip
    """Transform real numbers along an axis, or go back to them; keep how where they are what was `asked` for.

    Columns for which there is no plan are turned into rows and back.
    """
    parts, device = PARTS[dtype], operands.device_of(x)
    long, kind = (n, parts) if inverse else (n // 2 + 1, dtype)
    before, behind = tuple(x.shape[:axis]), tuple(x.shape[axis + 1 :])
    outer, across = math.prod(before), math.prod(behind)
    transform = plan(Transform(parts, device, inverse, backend), max(outer, 1), n, max(across, 1), scale)
    if transform is None:
        rows = _axes.last(x, axis, x.shape[axis], backend)
        found = _along(rows, len(x.shape) - 1, n, scale, inverse, dtype, None, backend, name, (None, None))
        return _axes.back(found, axis, backend)
    shape = (*before, long, *behind)
    out = _arrays.room(room, shape, (kind,), (x,), device, name)
    if outer * across:
        given, made = (real(x), out.reshape((-1,))) if inverse else (x.reshape((-1,)), real(out))
        transform(given, made)
        if asked[0] is not None and asked[1] is x:
            remember(_plans, asked[0], (transform, shape, kind, parts))
    return out
