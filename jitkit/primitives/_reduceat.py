"""Reductions over slices that begin at given indices, as `numpy.ufunc.reduceat` defines them."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jitkit import operands
from jitkit.arrays import asarray, to_numpy
from jitkit.errors import LaunchError
from jitkit.primitives import _arrays
from jitkit.primitives._arrays import PLAIN
from jitkit.primitives.lazy import permuted_within, transformed
from jitkit.primitives.segment_reduce import filled_segments, segment_reduce

INT64 = np.dtype(np.int64)
_FEW, _SHORT = 64, 4096
"""Indices, and elements, of which the segments are kept."""
Segments = tuple[NDArray[np.int64], NDArray[np.int64] | None]


def reduceat(op: Any, x: Any, indices: Any, axis: int, dtype: Any, out: Any, backend: str | None) -> Any:
    """Combine the elements from each index to the next along an axis; see `Vectorized.reduceat`.

    Slices may overlap and go back: those are read through a table of where each of their elements lies.
    """
    if type(indices) in PLAIN:
        begins = np.asarray(indices, None if len(indices) else INT64)  # of no numbers NumPy makes floats
    else:
        begins = indices if type(indices) is np.ndarray else to_numpy(indices)
    if begins.ndim == 1 and (begins.dtype is INT64 or begins.dtype.kind in "iu"):
        begins = begins if begins.dtype is INT64 else begins.astype(INT64)
        new = begins is not indices  # of others `Vectorized.reduceat` has asked
        if new and dtype is None and out is None and axis == 0 and type(x) is np.ndarray and x.ndim == 1:
            found = filled_segments(op, x, begins, backend)  # as mostly: compiled code finds where it is not so
            if found is not None:
                return found
    x = _arrays.array(x, "reduceat")
    if not x.shape:
        raise LaunchError("jk.vectorize: reduceat takes an array of one dimension or more, not a number")
    axis = operands.axis_of(axis, len(x.shape), "vectorize")
    n, device, ndim = x.shape[axis], _arrays.device_of(x), len(x.shape)
    shape = tuple(x.shape[:axis]) + tuple(x.shape[axis + 1 :])
    rows, segments, across = math.prod(shape), None, device is not None and axis != ndim - 1
    if begins.ndim == 1 and begins.dtype == INT64:
        known = begins.size <= _FEW and rows * n <= _SHORT
        segments = _known(begins.tobytes(), rows, n) if known else _segments(begins, rows, n)
    if segments is None:
        raise LaunchError(f"jk.vectorize: reduceat takes a vector of indices from 0 to {n - 1}, not {indices}")
    if across:
        segments = _across(begins, math.prod(shape[:axis]), n, math.prod(shape[axis:]))
    elif axis != ndim - 1:
        x = x.transpose(*range(axis), *range(axis + 1, ndim), axis)
    ends, places = segments
    elements = x if ndim == 1 else x.reshape((-1,))
    if places is not None:
        elements = permuted_within(elements, asarray(places, device=device))
    if dtype is not None:
        elements = transformed(np.dtype(dtype).type, elements)
    result = segment_reduce(op, elements, ends if device is None else asarray(ends, device=device), backend=backend)
    if across:
        result = result.reshape((*shape[:axis], begins.size, *shape[axis:]))
    elif ndim > 1:
        result = result.reshape((*shape, begins.size))
        result = result if axis == ndim - 1 else np.moveaxis(result, -1, axis)
    return result if out is None else operands.store(result, out, tuple(result.shape), "vectorize")


@functools.lru_cache(maxsize=64)
def _known(begins: bytes, rows: int, n: int) -> Segments | None:
    """Return `_segments` of few indices and elements, for which NumPy takes twenty times as long as for the sums."""
    return _segments(np.frombuffer(begins, np.int64), rows, n)


def _segments(begins: NDArray[np.int64], rows: int, n: int) -> Segments | None:
    """Return where segments end in rows one after another, and the places of their elements; None for faulty indices.

    Slices that follow one another, as most do, are segments of the rows themselves, without a table of places.
    """
    if not ((begins >= 0) & (begins < n)).all():
        return None
    row = np.arange(rows)[:, np.newaxis]
    if begins.size and (begins[0] == 0 or rows == 1) and bool((begins[1:] > begins[:-1]).all()):
        return np.append((row * n + begins).reshape(-1), rows * n), None
    places, offsets = _slices(begins, n)
    ends = np.append((row * offsets[-1] + offsets[:-1]).reshape(-1), rows * offsets[-1])
    return ends, (row * n + places).reshape(-1)


def _across(begins: NDArray[np.int64], outer: int, n: int, inner: int) -> Segments:
    """Return where segments end along the middle axis of (outer, n, inner), as results lie, and the places of their elements.

    An array on a GPU is read through that table: it cannot be turned.
    """
    places, offsets = _slices(begins, n)
    column = np.arange(inner)[:, np.newaxis]
    each = [(part * inner + column).reshape(-1) for part in np.split(places, offsets[1:-1])]
    block = np.arange(outer)[:, np.newaxis] * (n * inner)
    lengths = np.tile(np.repeat(np.diff(offsets), inner), outer)
    return np.append(0, np.cumsum(lengths)), (block + np.concatenate(each)).reshape(-1)


def _slices(begins: NDArray[np.int64], n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where each element of the slices lies, one slice after another, and where slices begin in that."""
    ends = np.append(begins[1:], n)
    lengths = np.where(begins < ends, ends - begins, 1)
    offsets = np.append(0, np.cumsum(lengths))
    return np.arange(offsets[-1]) + np.repeat(begins - offsets[:-1], lengths), offsets
