"""Small arrays of the host's that calls send to a GPU again and again: filters, edges of bins, tables of places.

A copy to the GPU waits for all that was launched before it. Each GPU keeps the arrays that were sent last, by content.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

from numba import cuda
from numpy.typing import NDArray

from jitkit.backends import cuda_memory

LARGEST = 1 << 16
"""Bytes of an array that is kept. To look up one of this size takes 40 us, and about as long as to copy it."""
MOST = 256
"""Arrays that a GPU keeps: at most 16 MiB."""
_lock = threading.Lock()


def constant(x: NDArray[Any]) -> Any:
    """Return a copy of a C-contiguous array on the current GPU, which nobody may write to."""
    if not 0 < x.nbytes <= LARGEST:
        return cuda_memory.to_device(x)
    held: OrderedDict[tuple[Any, ...], Any] = cuda.current_context().extras.setdefault(constant, OrderedDict())
    key = x.dtype, x.shape, x.tobytes()
    with _lock:
        found = held.get(key)
        if found is not None:
            held.move_to_end(key)
            return found
        if len(held) == MOST:
            cuda.synchronize()  # whatever stream the oldest is used in: a library's do not wait for that of its memory
            held.popitem(last=False)
        found = held[key] = cuda_memory.to_device(x)
        cuda.default_stream().synchronize()  # which a library's stream does not wait for
    return found
