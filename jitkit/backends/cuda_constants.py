"""Arrays of the host's that calls send to a GPU again and again: filters, edges of bins, tables of places and of factors.

A copy to the GPU waits for all that was launched before it. Each GPU keeps the arrays that were sent last: those of
users' by content, if they are small, and the tables that jitkit keeps by which they are.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

from numba import cuda
from numpy.typing import NDArray

from jitkit.backends import cuda_memory

LARGEST = 1 << 16
"""Bytes of an array that is kept by content. To look up one of this size takes 40 us, and about as long as to copy it."""
LARGEST_TABLE = 1 << 26
"""Bytes of a table that is kept: the turns between the two steps of a transform of 2^24 complex128 numbers."""
MOST, MOST_TABLES = 256, 64
"""Arrays that a GPU keeps by content, and tables: at most 16 MiB, and 4 GiB were all tables the largest; of the eight that a
transform has, one is large."""
_lock = threading.Lock()


def constant(x: NDArray[Any]) -> Any:
    """Return a copy of a C-contiguous array on the current GPU, which nobody may write to."""
    if 0 < x.nbytes <= LARGEST:
        return _kept(constant, MOST, (x.dtype, x.shape, x.tobytes()), x)[0]
    return cuda_memory.to_device(x)


def table(x: NDArray[Any]) -> Any:
    """Return the same of an array that stays as it is: while it is kept, no other has its identity."""
    if x.nbytes > LARGEST_TABLE:
        return cuda_memory.to_device(x)
    return _kept(table, MOST_TABLES, id(x), x, x)[0]


def _kept(store: Hashable, most: int, key: Hashable, x: NDArray[Any], *beside: Any) -> tuple[Any, ...]:
    """Return what a store of the current GPU has under a key: the copy of an array, and what is kept beside it."""
    held: OrderedDict[Hashable, tuple[Any, ...]] = cuda.current_context().extras.setdefault(store, OrderedDict())
    with _lock:
        found = held.get(key)
        if found is not None:
            held.move_to_end(key)
            return found
        if len(held) == most:
            cuda.synchronize()  # whatever stream the oldest is used in: a library's do not wait for that of its memory
            held.popitem(last=False)
        found = held[key] = cuda_memory.to_device(x), *beside
        cuda.default_stream().synchronize()  # which a library's stream does not wait for
    return found
