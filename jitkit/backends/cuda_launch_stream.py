"""Which stream of a GPU a launch goes to, and the memory that it works on belongs to."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from numba import cuda

from jitkit import streams

_LIBRARIES = ("torch", "cupy")
_DEFAULT = (0, 1)  # null and CU_STREAM_LEGACY, which are one stream


def stream_of(flat: Iterable[Any]) -> int:
    """Return the stream for a launch on these leaves.

    That of a ``with`` block, else the one on which the arrays' own library works (CuPy, torch), else that of `borrowed`.
    """
    chosen = streams.current()
    if chosen is not None:
        return int(chosen.queue.handle)
    for leaf in flat:
        library = type(leaf).__module__.partition(".")[0]
        if library in _LIBRARIES:
            return _address(_current(library))
    found = borrowed()
    return 0 if found is None else _address(found)


def borrowed() -> Any | None:
    """Return the stream on which a library that is imported works in this thread, unless that is the default stream.

    A primitive's first launch has a tensor among its arguments and goes there; the next has only arrays of ours. The
    libraries' streams do not wait for the default stream, so these launches have to go there too.
    """
    for library in _LIBRARIES:
        if library in sys.modules and _at_work(library):
            found = _current(library)
            if _address(found) not in _DEFAULT:
                return found
    return None


def _at_work(library: str) -> bool:
    """Tell whether a library has begun to use the GPU: asking torch for its stream would make it begin."""
    cuda_of = getattr(sys.modules[library], "cuda", None)  # None while another thread is importing it
    return cuda_of is not None and (library != "torch" or bool(cuda_of.is_initialized()))


def _current(library: str) -> Any:
    if library == "cupy":
        import cupy

        return cupy.cuda.get_current_stream()
    import torch

    return torch.cuda.current_stream()


def _address(stream: Any) -> int:
    return int(stream.cuda_stream if hasattr(stream, "cuda_stream") else stream.ptr)


def external(stream: Any) -> Any:
    """Return a library's stream as numba-cuda's arrays take it; it keeps the stream alive."""
    found = cuda.external_stream(_address(stream))
    found.owner = stream
    return found
