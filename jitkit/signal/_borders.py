"""Beyond the border: which element of an axis stands for each place outside it, as in scipy.ndimage, and padded arrays."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.launch.launcher import Launcher

MODES = {
    "reflect": "reflect", "constant": "constant", "nearest": "nearest", "mirror": "mirror", "wrap": "wrap",
    "grid-mirror": "reflect", "grid-constant": "constant", "grid-wrap": "wrap",
}  # fmt: skip
_SHORT = 4096
"""Places up to which a table of them is kept for the next call: one takes 4 us, SciPy's filters 9 for a thousand elements."""


def kind_of(mode: str, name: str) -> str:
    """Return what a mode does beyond a border, by one name.

    Raises
    ------
    ValueError
        Where there is no such mode.
    """
    kind = MODES.get(mode)
    if kind is None:
        raise ValueError(f"jk.{name}: mode={mode!r}; there are {', '.join(map(repr, MODES))}")
    return kind


def table(first: int, last: int, n: int, mode: str, name: str) -> np.ndarray:
    """Return `sources` of the places from `first` up to `last`, which is read alone: short ones are kept."""
    found = _kept if last - first <= _SHORT else _kept.__wrapped__
    return found(first, last, n, kind_of(mode, name))


def sources(places: np.ndarray, n: int, mode: str, name: str) -> np.ndarray:
    """Return the element of an axis of `n` that each place stands for; -1 where it is the constant's.

    Raises
    ------
    ValueError
        Where there is no such mode.
    """
    return _of_kind(places, n, kind_of(mode, name))


@functools.lru_cache(maxsize=256)
def _kept(first: int, last: int, n: int, kind: str) -> np.ndarray:
    return _of_kind(np.arange(first, last), n, kind)


def _of_kind(places: np.ndarray, n: int, kind: str) -> np.ndarray:
    if kind == "constant":
        return np.asarray(np.where((places >= 0) & (places < n), places, -1))
    if kind == "nearest":
        return np.asarray(np.clip(places, 0, n - 1))
    if kind == "wrap":
        return np.asarray(places % n)
    last = 2 * n - 1 if kind == "reflect" else max(2 * n - 2, 1)
    period = 2 * n if kind == "reflect" else last
    found = places % period
    return np.asarray(np.where(found < n, found, last - found))


@jk.kernel
def gather_rows(i, j, x, rows, columns, cval, out):
    """Copy an element of a padded array, whose axes but the last are one."""
    row, column = rows[i], columns[j]
    inside = row >= 0 and column >= 0
    out[i, j] = x[max(row, 0), max(column, 0)] if inside else cval


@jk.kernel
def gather_planes(k, i, j, x, rows, columns, cval, out):
    """Copy one channel of a padded image."""
    row, column = rows[i], columns[j]
    inside = row >= 0 and column >= 0
    out[k, i, j] = x[max(row, 0), max(column, 0), k] if inside else cval


_rows, _planes = Launcher(gather_rows), Launcher(gather_planes)


def places(shape: Sequence[int], *tables: np.ndarray) -> np.ndarray:
    """Return where elements lie in a C-contiguous array of this shape, for all combinations of places along its axes.

    It is -1 where any place is. Without axes there is one element.
    """
    found = np.zeros((1,) * len(shape), np.int64)
    inside = np.ones((1,) * len(shape), bool)
    for axis, (n, table) in enumerate(zip(shape, tables, strict=True)):
        along = table.reshape([-1 if k == axis else 1 for k in range(len(shape))])
        found, inside = found * n + along, inside & (along >= 0)
    return np.where(inside, found, -1).reshape(-1)


def padded(
    x: Any, sizes: Sequence[int], lefts: Sequence[int], mode: str, cval: float, backend: str | None, name: str
) -> Any:
    """Return a C-contiguous array padded for windows of these sizes, its axes but the last in one.

    Parameters
    ----------
    x : array
        The elements, of one or more dimensions.
    sizes, lefts : sequence of int
        Elements of the window along each axis, and how many of them lie before an element.
    mode, cval
        What stands for elements outside.
    backend : str or None
        The backend.
    name : str
        Who asks, for messages.
    """
    device, dtype = operands.device_of(x), operands.dtype_of(x)
    outside = _outside(cval, dtype, name)
    tables = [
        table(-left, n - left + size - 1, n, mode, name) for n, size, left in zip(x.shape, sizes, lefts, strict=True)
    ]
    rows, columns = (operands.constant(along, device) for along in (places(x.shape[:-1], *tables[:-1]), tables[-1]))
    out = operands.made((rows.shape[0], columns.shape[0]), (dtype,), device)
    _rows(tuple(out.shape), backend)(x.reshape((-1, x.shape[-1])), rows, columns, outside, out)
    return out


def _outside(cval: Any, dtype: np.dtype[Any], name: str) -> Any:
    operands.number(cval, "cval", name)
    return dtype.type(cval)


def planes(
    x: Any, sizes: Sequence[int], lefts: Sequence[int], mode: str, cval: float, backend: str | None, name: str
) -> Any:
    """Return an image (rows, columns, channels) as (channels, rows, columns), padded for windows of these sizes.

    Parameters
    ----------
    x : array, 3-D
        The image.
    sizes, lefts : sequence of two ints
        Rows and columns of the window, and how many of them lie before a pixel.
    mode, cval
        What stands for pixels outside.
    backend : str or None
        The backend.
    name : str
        Who asks, for messages.
    """
    height, width, channels = x.shape
    device, dtype = operands.device_of(x), operands.dtype_of(x)
    outside = _outside(cval, dtype, name)
    tables = [
        operands.constant(table(-left, n - left + size - 1, n, mode, name), device)
        for n, size, left in zip((height, width), sizes, lefts, strict=True)
    ]
    shape = (channels, tables[0].shape[0], tables[1].shape[0])
    out = operands.made(shape, (dtype,), device)
    if 0 not in shape:
        _planes(shape, backend)(x, *tables, outside, out)
    return out
