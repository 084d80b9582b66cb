"""Streams and events of the emulator: what is launched in a stream runs when something needs its result, and not before.

A GPU may run streams in any order that events allow. This is the latest of them, so that a missing wait shows.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

_lock = threading.RLock()
_waiting: set[Queue] = set()  # those with something in them, kept alive
_numbers = itertools.count(1)


class Mark:
    """A place in a queue."""

    def __init__(self, queue: Queue) -> None:
        self.queue, self.reached = queue, 0.0

    def synchronize(self) -> None:
        """Run what lies before."""
        with _lock:
            while not self.reached:
                self.queue.step()

    def done(self) -> bool:
        """Tell whether all that lies before has run."""
        return bool(self.reached)

    def seconds_since(self, earlier: Mark) -> float:
        """Return the time between two."""
        self.synchronize()
        earlier.synchronize()
        return self.reached - earlier.reached

    def reach(self) -> None:
        """Note that all before has run."""
        self.reached = time.perf_counter()


class Queue:
    """Launches that wait for their turn."""

    def __init__(self) -> None:
        self._steps: deque[Callable[[], Any]] = deque()
        self.handle = next(_numbers)

    def put(self, step: Callable[[], Any]) -> None:
        """Add something to run later."""
        with _lock:
            self._steps.append(step)
            _waiting.add(self)

    def step(self) -> None:
        """Run what comes first."""
        first = self._steps.popleft()
        if not self._steps:
            _waiting.discard(self)
        first()

    def record(self) -> Mark:
        """Return the place behind what was launched so far."""
        mark = Mark(self)
        self.put(mark.reach)
        return mark

    def wait(self, mark: Mark) -> None:
        """Let what is launched later run behind a mark."""
        self.put(mark.synchronize)

    def synchronize(self) -> None:
        """Run all that was launched."""
        with _lock:
            while self._steps:
                self.step()

    def done(self) -> bool:
        """Tell whether all that was launched has run."""
        return not self._steps


def synchronize() -> None:
    """Run what waits in any stream."""
    if not _waiting:
        return
    with _lock:
        while _waiting:
            min(_waiting, key=lambda queue: queue.handle).synchronize()


def launch(step: Callable[[], Any], queue: Queue | None) -> None:
    """Run something in a stream, or, where there is none, behind all streams and now."""
    if queue is not None:
        queue.put(step)
        return
    synchronize()
    step()
