"""median_filter: the median of a window around each pixel."""

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
from jitkit.signal import _borders
from jitkit.signal.correlate1d import left_of
from jitkit.signal.gaussian_filter import per_axis

NETWORK = 64
"""Elements of a window that a network of comparators takes; larger windows are searched."""


@jk.kernel
def by_network(i, j, x, offsets, pairs, rank, out):
    """Sort a window by a network as far as its median, in memory of the work-item's own."""
    window = jk.local(NETWORK, x.dtype)
    for k in range(offsets.shape[0]):
        window[k] = x[0, i + offsets[k, 0], j + offsets[k, 1]]
    for k in range(pairs.shape[0]):
        low, high = pairs[k, 0], pairs[k, 1]
        a, b = window[low], window[high]
        window[low] = b if b < a else a
        window[high] = a if b < a else b
    out[i, j] = window[rank]


@jk.kernel
def by_bisection(i, j, x, rows, columns, rank, out):
    """Halve the range of values until the median is the largest below the middle, or the smallest above.

    Both ends are elements of the window, and each turn takes one of them out at least.
    """
    low, high = x[0, i, j], x[0, i, j]
    for a in range(rows):
        for b in range(columns):
            value = x[0, i + a, j + b]
            low = value if value < low else low
            high = value if value > high else high
    while low < high:
        middle = low * 0.5 + high * 0.5
        if not (low <= middle < high):  # between infinities, or neighbours
            middle = low
        below, count, under, over = 0, 0, low, high
        for a in range(rows):
            for b in range(columns):
                value = x[0, i + a, j + b]
                if value <= middle:
                    count += 1
                    under = value if value > under else under
                else:
                    over = value if value < over else over
        below = count
        if below > rank:
            high = under
        else:
            low = over
    out[i, j] = low


_network, _bisection = Launcher(by_network), Launcher(by_bisection)


@functools.cache
def comparators(n: int, rank: int) -> np.ndarray:
    """Return the comparators (low, high) of Batcher's merge exchange on n elements that the element of a rank depends on.

    Reference: D. E. Knuth, "The Art of Computer Programming", vol. 3, 5.2.2, algorithm M.
    """
    pairs: list[tuple[int, int]] = []
    top = 1 << max(n - 1, 1).bit_length() - 1
    p = top
    while p > 0:
        q, r, d = top, 0, p
        while True:
            pairs += [(i, i + d) for i in range(n - d) if i & p == r]
            if q == p:
                break
            d, q, r = q - p, q >> 1, p
        p >>= 1
    needed, kept = {rank}, []
    for low, high in reversed(pairs):
        if low in needed or high in needed:
            needed |= {low, high}
            kept.append((low, high))
    return np.array(kept[::-1], np.int64).reshape(-1, 2)


def median_filter(
    input: Any,
    size: Any = 3,
    mode: str = "reflect",
    cval: float = 0.0,
    origin: Any = 0,
    *,
    footprint: Any = None,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the median of a window around each pixel of an image, or each element of a vector.

    Parameters
    ----------
    input : array_like or device array, 1-D or 2-D
        Real numbers, none of them NaN.
    size : int or tuple of two ints, default 3
        Rows and columns of the window.
    mode : {"reflect", "constant", "nearest", "mirror", "wrap"}
        What stands for elements outside; see `correlate1d`.
    cval : float, default 0.0
        The value outside, for ``"constant"``.
    origin : int or tuple of two ints, default 0
        How far the window is moved.
    footprint : array_like of bool, optional
        Which elements of a window of its shape count, 64 of them at most; instead of `size`.
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
        For other dimensions, a footprint of too many elements or none, and an `out` of another shape.
    ValueError
        For a mode that there is not, a size below 1, and an origin outside the window.

    Notes
    -----
    The definition is that of `scipy.ndimage.median_filter`: of an even number of elements the upper of the middle two.
    Windows of up to 64 elements are sorted by K. Batcher's network (AFIPS 1968), less what the median does not need;
    larger ones are searched by bisection of their values.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.signal.median_filter(np.array([1.0, 9.0, 2.0, 3.0, 2.0]), 3)
    array([1., 2., 3., 2., 2.])
    """
    name = "signal.median_filter"
    x = operands.floating(input, name)
    if len(x.shape) not in (1, 2):
        raise LaunchError(f"jk.{name}: takes a vector or an image, not {len(x.shape)} dimensions")
    shape, dtype, device = tuple(x.shape), operands.dtype_of(x), operands.device_of(x)
    window = _window(size, footprint, len(shape), name)
    axes = tuple(range(len(shape)))
    lefts = [left_of(n, o, name) for n, o in zip(window.shape, per_axis(origin, axes, "origin", name), strict=True)]
    if len(shape) == 1:
        window, lefts = window[None], [0, *lefts]
    result = operands.result(out, shape, dtype, device, name)
    if 0 not in shape:
        image = x.reshape((1, *shape, 1)[-3:])
        padded = _borders.planes(image, window.shape, lefts, mode, cval, backend, name)
        _filter(padded, window, result.reshape(image.shape[:2]), device, backend)
    else:
        _borders.sources(np.arange(1), 1, mode, name)
    return operands.delivered(result, out, name)


def _filter(padded: Any, window: np.ndarray, out: Any, device: str | None, backend: str | None) -> None:
    count = int(window.sum())
    if count > NETWORK:
        _bisection(tuple(out.shape), backend)(padded, *window.shape, count // 2, out)
        return
    offsets, pairs = np.argwhere(window), comparators(count, count // 2)
    there = (jk.asarray(a, device=device) for a in (offsets, pairs))
    _network(tuple(out.shape), backend)(padded, *there, count // 2, out)


def _window(size: Any, footprint: Any, ndim: int, name: str) -> np.ndarray:
    """Return which elements of a window count."""
    if footprint is not None:
        window = np.asarray(footprint, bool)
        if window.ndim != ndim or not 1 <= window.sum() <= NETWORK:
            raise LaunchError(
                f"jk.{name}: footprint= has {window.ndim} dimensions and {window.sum()} elements; "
                f"it has {ndim}, and 1 to {NETWORK} elements"
            )
        return window
    sizes = per_axis(size, tuple(range(ndim)), "size", name)
    if any(n != int(n) or n < 1 for n in sizes):
        raise ValueError(f"jk.{name}: size={size!r}; a window has an integer number of elements, 1 or more")
    return np.ones([int(n) for n in sizes], bool)
