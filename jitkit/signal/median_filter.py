"""median_filter: the median of a window around each element."""

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
from jitkit.primitives import _arrays
from jitkit.signal import _borders
from jitkit.signal.correlate1d import contiguous, left_of
from jitkit.signal.gaussian_filter import per_axis

NETWORK = 64
"""Elements of a window that a network of comparators takes; larger windows are searched."""
_FEW = 4096
"""Rows up to which it is kept where their windows begin."""


@jk.kernel
def by_network(i, j, x, starts, offsets, pairs, rank, out):
    """Sort a window by a network as far as its median, in memory of the work-item's own.

    All axes but the last are one: row `i` of the result sees rows from ``starts[i]`` of the padded array.
    """
    window, row = jk.local(NETWORK, x.dtype), starts[i]
    for k in range(offsets.shape[0]):
        window[k] = x[row + offsets[k, 0], j + offsets[k, 1]]
    for k in range(pairs.shape[0]):
        low, high = pairs[k, 0], pairs[k, 1]
        a, b = window[low], window[high]
        window[low] = b if b < a else a
        window[high] = a if b < a else b
    out[i, j] = window[rank]


@jk.kernel
def by_bisection(i, j, x, starts, offsets, rank, out):
    """Halve the range of values until the median is the largest below the middle, or the smallest above.

    Both ends are elements of the window, and each turn takes one of them out at least.
    """
    row = starts[i]
    low = x[row + offsets[0, 0], j + offsets[0, 1]]
    high = low
    for k in range(offsets.shape[0]):
        value = x[row + offsets[k, 0], j + offsets[k, 1]]
        low = value if value < low else low
        high = value if value > high else high
    while low < high:
        middle = low * 0.5 + high * 0.5
        if not (low <= middle < high):  # between infinities, or neighbours
            middle = low
        below, under, over = 0, low, high
        for k in range(offsets.shape[0]):
            value = x[row + offsets[k, 0], j + offsets[k, 1]]
            if value <= middle:
                below += 1
                under = value if value > under else under
            else:
                over = value if value < over else over
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
    *,
    mode: str = "reflect",
    cval: float = 0.0,
    origin: Any = 0,
    footprint: Any = None,
    axes: Any = None,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the median of a window around each element.

    Parameters
    ----------
    input : array_like or device array
        Real numbers, none of them NaN, of any shape.
    size : int or sequence of int, default 3
        Elements of the window, one number for all axes or one for each.
    mode : {"reflect", "constant", "nearest", "mirror", "wrap"}
        What stands for elements outside; see `correlate1d`.
    cval : float, default 0.0
        The value outside, for ``"constant"``.
    origin : int or sequence of int, default 0
        How far the window is moved.
    footprint : array_like of bool, optional
        Which elements of a window of its shape count; instead of `size`.
    axes : None, int or tuple of int, optional
        The axes to filter along, in the order of `size`, `origin` and the axes of `footprint`; all by default.
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
        For a footprint of other dimensions or of no elements, a sequence that is not as long as there are axes, and an
        `out` of another shape.
    ValueError
        For a mode that there is not, a size below 1, and an origin outside the window.

    Notes
    -----
    The definition is that of `scipy.ndimage.median_filter`: of an even number of elements the upper of the middle two.
    SciPy 1.17 takes `size` and `footprint` for axes that are sorted, though not `origin` (scipy/scipy#22576); here all are
    in the order of `axes`, as its documentation says.
    Windows of up to 64 elements are sorted by K. Batcher's network (AFIPS 1968), less what the median does not need;
    larger ones are searched by bisection of their values.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.signal.median_filter(np.array([1.0, 9.0, 2.0, 3.0, 2.0]), 3)
    array([1., 2., 3., 2., 2.])
    """
    name = "signal.median_filter"
    x = contiguous(operands.floating(input, name))
    shape, dtype = tuple(x.shape), operands.dtype_of(x)
    along = operands.axes_of(axes, len(shape), name)
    window = _window(size, footprint, along, name)
    lefts = [0] * len(shape)
    for axis, n, moved in zip(along, window.shape, per_axis(origin, along, "origin", name), strict=True):
        lefts[axis] = left_of(n, moved, name)
    window = np.expand_dims(window.transpose(np.argsort(along)), [k for k in range(len(shape)) if k not in along])
    _borders.kind_of(mode, name)
    result = _arrays.room(out, shape, (dtype,), (x,), operands.device_of(x), name)
    if 0 not in shape:
        # A number is a vector of one.
        seen, window, lefts = (shape, window, lefts) if shape else ((1,), window.reshape(1), [0])
        _filter(x.reshape(seen), window, lefts, mode, cval, result, backend, name)
    return operands.delivered(result, out, name)


def _filter(
    x: Any, window: np.ndarray, lefts: list[int], mode: str, cval: float, out: Any, backend: str | None, name: str
) -> None:
    shape, device, count = tuple(x.shape), operands.device_of(x), int(window.sum())
    padded = _borders.padded(x, window.shape, lefts, mode, cval, backend, name)
    tables_of = _places if math.prod(shape[:-1]) <= _FEW else _places.__wrapped__
    starts, offsets = tables_of(shape[:-1], window.shape, window.tobytes())
    tables = [starts, offsets] if count > NETWORK else [starts, offsets, comparators(count, count // 2)]
    launch = _bisection if count > NETWORK else _network
    rows = (starts.size, shape[-1])
    there = (operands.constant(table, device) for table in tables)
    launch(rows, backend)(padded, *there, count // 2, out.reshape(rows))


@functools.lru_cache(maxsize=64)
def _places(shape: tuple[int, ...], sizes: tuple[int, ...], window: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Return where the windows of rows begin in a padded array, and where the elements of a window lie from there."""
    taller = [n + size - 1 for n, size in zip(shape, sizes[:-1], strict=True)]
    starts = _borders.places(taller, *map(np.arange, shape))
    *above, columns = np.nonzero(np.frombuffer(window, bool).reshape(sizes))
    return starts, np.stack([np.ravel_multi_index(above, taller) if taller else 0 * columns, columns], axis=1)


def _window(size: Any, footprint: Any, axes: tuple[int, ...], name: str) -> np.ndarray:
    """Return which elements of a window count."""
    if footprint is not None:
        window = np.asarray(footprint, bool)
        if window.ndim != len(axes) or not window.any():
            raise LaunchError(
                f"jk.{name}: footprint= has {window.ndim} dimensions and {window.sum()} elements; "
                f"it has {len(axes)}, and 1 element or more"
            )
        return window
    return np.ones([operands.integer(n, 1, "size", name) for n in per_axis(size, axes, "size", name)], bool)
