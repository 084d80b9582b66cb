"""Streams and events: queues of launches on a GPU, and places in them."""

from __future__ import annotations

from contextvars import ContextVar, Token
from typing import Any

from jitkit.backends import gpu

_current: ContextVar[Stream | None] = ContextVar("jitkit_stream", default=None)


def current() -> Stream | None:
    """Return the stream of the innermost ``with`` block, or None."""
    return _current.get()


class Stream:
    """A queue of launches on the GPU: they run in order, while other streams and the host go on.

    Inside ``with stream:`` launches on device arrays go there. Elsewhere they go to the stream that the arrays' own
    library works on (CuPy, torch), and where none is a library's, to the one on which torch or CuPy works in this thread;
    else to the default stream, which waits for all others of jitkit's and which those wait for. Arrays made while torch
    or CuPy works on a stream of its own belong there, as these libraries' own do: before one is given up that was used on
    another such stream, wait for that.
    NumPy arrays are copied in and back, so a launch on them returns when it has run.

    In the emulator a launch waits in its stream until something needs its result: an event that another stream waits for,
    `synchronize`, the default stream, or a copy to the host. A missing `wait` therefore shows.

    Raises
    ------
    BackendError
        Where there is no GPU.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> @jk.kernel
    ... def double(i, x):
    ...     x[i] = 2 * x[i]
    >>> with jk.emulate_cuda():
    ...     x, one, other = jk.asarray(np.arange(3.0), device="cuda"), jk.Stream(), jk.Stream()
    ...     with one:
    ...         double[3](x)
    ...     other.wait(one.record())
    ...     with other:
    ...         double[3](x)
    ...     other.synchronize()
    ...     jk.to_numpy(x)
    array([0., 4., 8.])
    """

    def __init__(self) -> None:
        gpu.require("jk.Stream")
        self._queue: Any = _backend().Queue()
        self._tokens: list[Token[Stream | None]] = []

    @property
    def queue(self) -> Any:
        """The queue itself, for the backend."""
        return self._queue

    def __enter__(self) -> Stream:
        self._tokens.append(_current.set(self))
        return self

    def __exit__(self, *_: object) -> None:
        _current.reset(self._tokens.pop())

    def record(self) -> Event:
        """Return an event behind everything launched so far."""
        return Event(self._queue.record())

    def wait(self, event: Event) -> None:
        """Let what is launched from now on begin when an event has happened; the host goes on."""
        self._queue.wait(event.mark)

    def synchronize(self) -> None:
        """Wait until every launch has finished."""
        self._queue.synchronize()

    @property
    def done(self) -> bool:
        """Whether every launch has finished."""
        return bool(self._queue.done())

    def __cuda_stream__(self) -> tuple[int, int]:
        """Return the version of the protocol and the stream's address, by which CuPy and torch take it."""
        return 0, self._queue.handle


class Event:
    """A place in a stream, made by `Stream.record`.

    Parameters
    ----------
    mark : object
        The backend's own.
    """

    def __init__(self, mark: Any) -> None:
        self.mark = mark

    def synchronize(self) -> None:
        """Wait until everything before the event has finished."""
        self.mark.synchronize()

    @property
    def done(self) -> bool:
        """Whether everything before the event has finished."""
        return bool(self.mark.done())

    def seconds_since(self, earlier: Event) -> float:
        """Return the time between two events that have happened."""
        return float(self.mark.seconds_since(earlier.mark))


def _backend() -> Any:
    if gpu.emulated():
        from jitkit.backends import emulated_streams

        return emulated_streams
    from jitkit.backends import cuda_streams

    return cuda_streams
