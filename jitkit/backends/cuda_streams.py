"""Streams and events of a real GPU, through numba-cuda, and which stream a launch goes to."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from numba import cuda
from numba.cuda.cudadrv import driver

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


class Mark:
    """A place in a stream."""

    def __init__(self) -> None:
        self.event = cuda.event(timing=True)

    def synchronize(self) -> None:
        """Wait for it."""
        self.event.synchronize()

    def done(self) -> bool:
        """Tell whether it has been reached."""
        return bool(self.event.query())

    def seconds_since(self, earlier: Mark) -> float:
        """Return the time between two."""
        return float(cuda.event_elapsed_time(earlier.event, self.event)) / 1e3


class Queue:
    """A stream, which waits for the default stream, and for which the default stream waits."""

    def __init__(self) -> None:
        self.stream = cuda.stream()

    def record(self) -> Mark:
        """Return the place behind what was launched so far."""
        mark = Mark()
        mark.event.record(self.stream)
        return mark

    def wait(self, mark: Mark) -> None:
        """Let later launches wait."""
        mark.event.wait(self.stream)

    def synchronize(self) -> None:
        """Wait for all launches."""
        self.stream.synchronize()

    def done(self) -> bool:
        """Tell whether all launches have finished."""
        try:
            driver.driver.cuStreamQuery(self.handle)
        except driver.CudaAPIError as error:
            if error.code != driver.binding.CUresult.CUDA_ERROR_NOT_READY:
                raise
            return False
        return True

    @property
    def handle(self) -> int:
        """The stream's address."""
        return int(getattr(self.stream.handle, "value", self.stream.handle) or 0)
