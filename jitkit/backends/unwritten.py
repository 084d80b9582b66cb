"""Knowing which elements of an array made by `jk.empty` nobody has written yet, so that the sanitizer can tell.

A new array is filled with a pattern (a NaN in every floating-point type). Where a whole word of 8 bytes still shows it,
nothing on the host and no compiled kernel has written there: by chance that happens once in 2**64.
"""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import numpy as np
from numpy.typing import NDArray

WORD = 8
_PATTERN = np.full(WORD // 2, 0x7FFA, np.uint16).view(np.uint8)
_SHORTEST = 4  # bytes that are enough to tell the pattern from a value
_LARGEST = 1 << 20
"""Bytes: up to here the pattern costs less than 40 us; larger arrays are filled only where everything is checked."""
_everything: ContextVar[bool] = ContextVar("jitkit_fill_every_empty_array", default=False)
_arrays: weakref.WeakValueDictionary[int, NDArray[Any]] = weakref.WeakValueDictionary()


@contextlib.contextmanager
def fill_all() -> Iterator[None]:
    """Fill arrays of any size inside the ``with`` block."""
    token = _everything.set(True)
    try:
        yield
    finally:
        _everything.reset(token)


def mark(array: NDArray[Any]) -> NDArray[Any]:
    """Fill a new, C-contiguous array with the pattern and remember it; return it."""
    if array.dtype.hasobject or array.nbytes < _SHORTEST or (array.nbytes > _LARGEST and not _everything.get()):
        return array
    data = array.reshape(-1).view(np.uint8)
    whole = data.size // WORD * WORD
    data[:whole].reshape(-1, WORD)[:] = _PATTERN
    data[whole:] = _PATTERN[: data.size - whole]
    _arrays[id(array)] = array
    return array


def unwritten(low: int, memory: NDArray[np.uint8]) -> NDArray[np.bool_] | None:
    """Return which bytes of a stretch of memory were never written, None where all were.

    Parameters
    ----------
    low : int
        The address of the first byte.
    memory : ndarray of uint8
        What is there.
    """
    found = None
    for array in list(_arrays.values()):
        start = array.__array_interface__["data"][0] - low
        first, last = max(start, 0), min(start + array.nbytes, memory.size)
        if first < last:
            if found is None:
                found = np.zeros(memory.size, np.bool_)
            found[first:last] = _untouched(array)[first - start : last - start]
    return found if found is not None and found.any() else None


def _untouched(array: NDArray[Any]) -> NDArray[np.bool_]:
    data = array.reshape(-1).view(np.uint8)
    whole = data.size // WORD * WORD
    words = (data[:whole].reshape(-1, WORD) == _PATTERN).all(axis=1)
    rest = data[whole:]
    same = bool((rest == _PATTERN[: rest.size]).all())
    alone = rest.size >= _SHORTEST or (words.size > 0 and bool(words[-1]))
    return np.concatenate([np.repeat(words, WORD), np.full(rest.size, same and alone)])
