"""Streams and events of a real GPU, through numba-cuda."""

from __future__ import annotations

from numba import cuda
from numba.cuda.cudadrv import driver


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
