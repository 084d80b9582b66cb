"""fft, ifft and their forms for two and more axes: discrete Fourier transforms of any length."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Literal

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.launch.launcher import Launcher
from jitkit.plans import remember
from jitkit.primitives._arrays import on_host
from jitkit.signal._fft_plan import PARTS, Transform, complex_of, real

Norm = Literal["backward", "ortho", "forward"] | None
Plan = tuple[Callable[[Any, Any], None], tuple[int, ...], np.dtype[Any], np.dtype[Any]]
"""What transforms vectors of parts, the shape and the dtype of the result, and the dtype of the parts."""


@jk.kernel
def fit_real(o, j, c, x, given, out):
    """Make a complex number of a real one; zeros beyond the end."""
    out[o, j, c] = complex(x[o, min(j, given - 1), c] if j < given else 0.0, 0.0)


@jk.kernel
def fit_complex(o, j, c, x, given, out):
    """Copy; zeros beyond the end."""
    out[o, j, c] = x[o, min(j, given - 1), c] if j < given else complex(0.0, 0.0)


_fit_real, _fit_complex = Launcher(fit_real), Launcher(fit_complex)
_LANES, _SMALL = 16, 1 << 15
"""Neighbours from which, in arrays of more elements than the second, a kernel copies in 0.5 to 0.85 of NumPy's time on the host;
rows take NumPy 0.07 to 0.4 of the kernel's, and nothing to compile."""


def fft(
    a: Any, n: int | None = None, axis: int = -1, norm: Norm = None, *, out: Any = None, backend: str | None = None
) -> Any:
    """Return the discrete Fourier transform along an axis.

    Parameters
    ----------
    a : array_like or device array
        Real or complex numbers, of any shape with one or more dimensions.
    n : int, optional
        The length of the transform: the axis is cut, or filled up with zeros.
    axis : int, default -1
        The axis to transform along.
    norm : {"backward", "ortho", "forward"}, optional
        Which direction is divided by `n`: the inverse one (the default), both by its root, or this one.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array
        complex64 for float32 and complex64, else complex128.

    Raises
    ------
    LaunchError
        For an `out` of another shape.
    ValueError
        For a length below 1, and a norm that there is not.

    Notes
    -----
    The definition is that of `numpy.fft.fft`. Lengths whose prime factors are 151 at most, or 283 above 8,192, go through
    Stockham's passes, long ones as the columns and rows of a matrix (D. H. Bailey 1990); others through a convolution
    (L. Bluestein 1970). Twiddle
    factors are computed in float64.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.signal.fft(np.array([1.0, 2.0, 3.0, 4.0])).round(12)
    array([10.+0.j, -2.+2.j, -2.+0.j, -2.-2.j])
    """
    return along(a, n, axis, norm, False, out, backend, "signal.fft")


def ifft(
    a: Any, n: int | None = None, axis: int = -1, norm: Norm = None, *, out: Any = None, backend: str | None = None
) -> Any:
    """Return the inverse discrete Fourier transform along an axis.

    Parameters
    ----------
    a, n, axis, norm, out, backend
        As for `fft`.

    Returns
    -------
    array
        complex64 for float32 and complex64, else complex128.

    Raises
    ------
    LaunchError, ValueError
        As for `fft`.

    Notes
    -----
    The definition is that of `numpy.fft.ifft`; see `fft`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.signal.ifft(np.array([10, -2 + 2j, -2, -2 - 2j])).real.round(12)
    array([1., 2., 3., 4.])
    """
    return along(a, n, axis, norm, True, out, backend, "signal.ifft")


def fft2(
    a: Any,
    s: Sequence[int] | None = None,
    axes: Sequence[int] = (-2, -1),
    norm: Norm = None,
    *,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the discrete Fourier transform along two axes; see `fftn`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.signal.fft2(np.eye(2)).real
    array([[2., 0.],
           [0., 2.]])
    """
    return _along_all(a, s, axes, norm, False, out, backend, "signal.fft2")


def ifft2(
    a: Any,
    s: Sequence[int] | None = None,
    axes: Sequence[int] = (-2, -1),
    norm: Norm = None,
    *,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the inverse discrete Fourier transform along two axes; see `fftn`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.signal.ifft2(2 * np.eye(2)).real
    array([[1., 0.],
           [0., 1.]])
    """
    return _along_all(a, s, axes, norm, True, out, backend, "signal.ifft2")


def fftn(
    a: Any,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: Norm = None,
    *,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the discrete Fourier transform along several axes.

    Parameters
    ----------
    a : array_like or device array
        Real or complex numbers.
    s : sequence of int, optional
        The length of the transform along each axis, as `n` of `fft`; -1 is the array's.
    axes : sequence of int, optional
        The axes; by default all, or as many of the last as `s` is long.
    norm : {"backward", "ortho", "forward"}, optional
        As for `fft`.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array
        complex64 for float32 and complex64, else complex128.

    Raises
    ------
    LaunchError
        For an `out` of another shape.
    ValueError
        For a length below 1, another number of lengths than of axes, and a norm that there is not.

    Notes
    -----
    The definition is that of `numpy.fft.fftn`; `fft` along one axis after another, the last one first.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.signal.fftn(np.ones((2, 4))).real
    array([[8., 0., 0., 0.],
           [0., 0., 0., 0.]])
    """
    return _along_all(a, s, axes, norm, False, out, backend, "signal.fftn")


def ifftn(
    a: Any,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: Norm = None,
    *,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the inverse discrete Fourier transform along several axes; see `fftn`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.signal.ifftn(jk.signal.fftn(np.ones((2, 2)))).real
    array([[1., 1.],
           [1., 1.]])
    """
    return _along_all(a, s, axes, norm, True, out, backend, "signal.ifftn")


def numbers(a: Any, name: str) -> Any:
    """Return an argument as an array of float32, float64, complex64 or complex128.

    Raises
    ------
    KernelTypeError
        Where its elements are no numbers, and for other numbers on a GPU.
    """
    x = operands.array(a, name)
    dtype = operands.dtype_of(x)
    if dtype in (np.complex64, np.complex128):
        return x
    if dtype.kind == "c":
        raise KernelTypeError(f"jk.{name}: takes complex64 or complex128, not {dtype}; convert with .astype(...)")
    return operands.floating(x, name)


def scale_of(n: int, norm: Norm, inverse: bool, name: str) -> float:
    """Return the factor of a direction.

    Raises
    ------
    ValueError
        Where there is no such norm.
    """
    if norm not in (None, "backward", "ortho", "forward"):
        raise ValueError(f"jk.{name}: norm={norm!r}; there are 'backward', 'ortho' and 'forward'")
    if norm == "ortho":
        return 1 / math.sqrt(n)
    return 1 / n if (norm == "forward") != inverse else 1.0


def length_of(n: int, name: str) -> int:
    """Return the length of a transform.

    Raises
    ------
    LaunchError
        Where it is no integer from 1.
    """
    return operands.integer(n, 1, "a transform's length", name)


def axis_of(x: Any, axis: int, name: str) -> int:
    """Return an axis, counted from the first.

    Raises
    ------
    LaunchError
        Where the array has no dimension.
    """
    if len(x.shape) == 0:
        raise LaunchError(f"jk.{name}: the array has no axis to transform along")
    return operands.axis_of(axis, len(x.shape), name)


def fitted(x: Any, axis: int, n: int, dtype: np.dtype[Any], backend: str | None) -> Any:
    """Return an array as contiguous complex numbers with so many along an axis: itself where it is that already."""
    shape, given = tuple(x.shape), x.shape[axis]
    same = operands.dtype_of(x) == dtype and given == n
    if same and (not isinstance(x, np.ndarray) or x.flags.c_contiguous):
        return x
    x = np.ascontiguousarray(x) if isinstance(x, np.ndarray) else x
    if same:
        return x
    whole = (*shape[:axis], n, *shape[axis + 1 :])
    out = operands.made(whole, (dtype,), operands.device_of(x))
    outer, inner = math.prod(shape[:axis]), math.prod(shape[axis + 1 :])
    if on_host(x, backend) and (inner < _LANES or out.size <= _SMALL):
        rows, some = out.reshape((outer, n, inner)), min(given, n)
        rows[:, :some], rows[:, some:] = x.reshape((outer, given, inner))[:, :some], 0
    elif outer * inner and given:
        launch = _fit_complex if operands.dtype_of(x).kind == "c" else _fit_real
        launch((outer, n, inner), backend)(x.reshape((outer, given, inner)), given, out.reshape((outer, n, inner)))
    elif outer * inner:
        operands.assign(out, 0)
    return out


_plans: dict[Hashable, Plan] = {}
"""Transforms by what they were asked for: those of 1,024 points take no longer than what looks at the arguments anew."""


def is_plain(a: Any, axis: Any, norm: Any, backend: Any) -> bool:
    """Tell whether arguments are of the types that a plan is kept for, and can be looked up."""
    if type(a) is not np.ndarray or type(axis) is not int or not a.flags.c_contiguous:
        return False
    return (norm is None or type(norm) is str) and (backend is None or type(backend) is str)


def by_plan(plan: Plan, a: np.ndarray, out: Any) -> Any:
    """Return what a plan makes of an array; None where `out` cannot take it as it stands."""
    transform, shape, dtype, parts = plan
    if out is None:
        out = np.empty(shape, dtype)
    elif type(out) is not np.ndarray or out.shape != shape or out.dtype != dtype:
        return None
    else:
        flags = out.flags
        if not (flags.c_contiguous and flags.writeable) or np.may_share_memory(out, a):
            return None
    transform(a.reshape(-1).view(parts), out.reshape(-1).view(parts))
    return out


def _fits(out: np.ndarray, x: np.ndarray, backend: str | None) -> bool:
    """Tell whether results may go where they belong at once.

    They may take the place of what is transformed, since vectors are read before their results are written; copies of both
    on a GPU would be two arrays.
    """
    if out is x:
        return not operands.on_device(x, backend)
    return not np.may_share_memory(out, x)


def along(a: Any, n: int | None, axis: int, norm: Norm, inverse: bool, out: Any, backend: str | None, name: str) -> Any:
    """Transform along one axis, in either direction."""
    key = None
    if n is None and is_plain(a, axis, norm, backend):
        key = a.shape, a.dtype, axis, norm, inverse, backend
        plan = _plans.get(key)
        if plan is not None and (result := by_plan(plan, a, out)) is not None:
            return result
    x = numbers(a, name)
    axis = axis_of(x, axis, name)
    n = length_of(x.shape[axis] if n is None else n, name)
    scale = scale_of(n, norm, inverse, name)
    dtype = complex_of(operands.dtype_of(x))
    x = fitted(x, axis, n, dtype, backend)
    shape, device = tuple(x.shape), operands.device_of(x)
    result = operands.result(out, shape, dtype, device, name)
    fresh = result
    if isinstance(result, np.ndarray) and not (result.flags.c_contiguous and _fits(result, x, backend)):
        fresh = np.empty(shape, dtype)
    outer, inner = math.prod(shape[:axis]), math.prod(shape[axis + 1 :])
    if outer * inner:
        transform = Transform(PARTS[dtype], device, inverse, backend).plan(outer, n, inner, scale)
        transform(real(x), real(fresh))
        if key is not None and x is a:
            remember(_plans, key, (transform, shape, dtype, PARTS[dtype]))
    if fresh is not result:
        result[...] = fresh
    return operands.delivered(result, out, name)


def _along_all(
    a: Any,
    s: Sequence[int] | None,
    axes: Sequence[int] | None,
    norm: Norm,
    inverse: bool,
    out: Any,
    backend: str | None,
    name: str,
) -> Any:
    x = numbers(a, name)
    pairs = axes_and_lengths(x, s, axes, name)
    if not pairs:
        found = x.reshape((-1, 1))
        found = fitted(found, 1, 1, complex_of(operands.dtype_of(x)), backend).reshape(tuple(x.shape))
        return operands.delivered(found, out, name)
    return along_each(x, pairs[::-1], norm, inverse, False, out, backend, name)


def along_each(
    x: Any,
    pairs: Sequence[tuple[int, int | None]],
    norm: Norm,
    inverse: bool,
    ours: bool,
    out: Any,
    backend: str | None,
    name: str,
) -> Any:
    """Transform along one axis after another.

    What is between two of them, and `x` where it is `ours`, is overwritten, since pages of new memory cost as much as a
    transform: 128 x 128 x 128 take 0.89 (complex64) and 0.66 (complex128) of the time.
    """
    for k, (axis, n) in enumerate(pairs, 1):
        into = out if k == len(pairs) else None
        if into is None and (ours or k > 1) and n in (None, x.shape[axis]):
            into = x
        x = along(x, n, axis, norm, inverse, into, backend, name)
    return x


def axes_and_lengths(
    x: Any, s: Sequence[int] | None, axes: Sequence[int] | None, name: str
) -> list[tuple[int, int | None]]:
    """Return the axes of a transform along several, each with its length; None for the array's.

    Raises
    ------
    ValueError
        Where there are not as many lengths as axes.
    TypeError
        Where either is no sequence.
    """
    for given, what in ((s, "s"), (axes, "axes")):
        if given is not None and not np.iterable(given):
            raise TypeError(f"jk.{name}: {what}={given!r}; it is a tuple, of a number for each axis")
    s, axes = (None if given is None else tuple(given) for given in (s, axes))
    if axes is None:
        if s is not None and len(s) > len(x.shape):
            raise ValueError(f"jk.{name}: s={s} has {len(s)} lengths for an array of {len(x.shape)} axes")
        axes = range(len(x.shape)) if s is None else range(-len(s), 0)
    if s is not None and len(s) != len(axes):
        raise ValueError(f"jk.{name}: s has {len(s)} lengths for {len(axes)} axes")
    lengths = [None] * len(axes) if s is None else s
    return [(axis, x.shape[axis_of(x, axis, name)] if n == -1 else n) for axis, n in zip(axes, lengths, strict=True)]
