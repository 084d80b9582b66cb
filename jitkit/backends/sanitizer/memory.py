"""The shadow of a block of memory: for each granule the last accesses that a later one may race with.

Work-items run group by group, and a group phase by phase, so few events are enough to find a race if there is one: the last
write; and of reads, as of atomic updates, the last one, the last by another work-item in the same phase, and the last by
another group.

Reference: C. Flanagan, S. N. Freund, FastTrack: efficient and precise dynamic race detection, PLDI 2009, which keeps one
epoch in place of a vector clock in the same way.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jitkit.backends.sanitizer.state import EPOCH, ITEM_SHIFT, SITE_BITS, Elements, State

_ROWS = 7
_PENDING = 4096  # reads of unwritten elements kept until it is clear whether they race


class Memory:
    """A block of memory in granules: the unit of which all elements and offsets in it are multiples.

    Parameters
    ----------
    state : State
    size : int
        Granules.
    unwritten : ndarray of bool, optional
        Granules that hold nothing yet; by default all hold something.
    visible : bool, default True
        Whether other work-items see it, and so may race.
    """

    def __init__(
        self, state: State, size: int, unwritten: NDArray[np.bool_] | None = None, visible: bool = True
    ) -> None:
        self.state, self.visible = state, visible
        self.unwritten = None if unwritten is None else memoryview(unwritten.view(np.uint8))
        # Fresh pages from the system, zero until they are touched: an array that is barely used costs nothing.
        views: list[Any] = [memoryview(row) for row in np.zeros((_ROWS if visible else 0, max(size, 1)), np.int64)]
        self._write: Any = views[0] if visible else None
        self._read: Any = views[1] if visible else None
        self._reads, self._updates = views[1:4], views[4:7]
        self._updated = False

    def written_by(self, k: int) -> int:
        """Return the event of the last plain write of a granule, 0 where there is none."""
        return self._write[k] if self.visible else 0

    def read(self, k: int, site: int, array: Elements, index: Any) -> None:
        """Take note of a plain read."""
        if self.unwritten is not None and self.unwritten[k]:
            self._is_unwritten(k, site, array, index)
        if not self.visible:
            return
        state = self.state
        base = state.base
        event = self._write[k]
        if event and (event ^ base) >> ITEM_SHIFT and state.unordered(event):
            state.race(event, site, array, index, "read", "written")
        if self._updated:
            self._against(self._updates, k, site, array, index, "read", "updated atomically")
        if (self._read[k] ^ base) >> SITE_BITS:
            self._remember(self._reads, k, base | site)

    def write(self, k: int, site: int, array: Elements, index: Any) -> None:
        """Take note of a plain write."""
        if self.unwritten is not None:
            self.unwritten[k] = 0
        if not self.visible:
            return
        state = self.state
        event = self._write[k]
        if event and (event ^ state.base) >> ITEM_SHIFT and state.unordered(event):
            state.race(event, site, array, index, "written", "written")
        if self._read[k]:
            self._against(self._reads, k, site, array, index, "written", "read")
        if self._updated:
            self._against(self._updates, k, site, array, index, "written", "updated atomically")
        self._write[k] = state.base | site

    def update(self, k: int, site: int, array: Elements, index: Any) -> None:
        """Take note of an atomic read-modify-write."""
        if self.unwritten is not None and self.unwritten[k]:
            self._is_unwritten(k, site, array, index)
            self.unwritten[k] = 0
        if not self.visible:
            return
        self._updated = True
        event = self._write[k]
        if event and self.state.unordered(event):
            self.state.race(event, site, array, index, "updated atomically", "written")
        self._against(self._reads, k, site, array, index, "updated atomically", "read")
        self._remember(self._updates, k, self.state.base | site)

    def _against(self, events: Any, k: int, site: int, array: Elements, index: Any, now: str, before: str) -> None:
        for row in events:
            event = row[k]
            if event and self.state.unordered(event):
                self.state.race(event, site, array, index, now, before)
                return

    def _remember(self, events: Any, k: int, event: int) -> None:
        last, second, foreign = events
        before = last[k]
        if before:
            item = before >> ITEM_SHIFT
            if (item - 1) // self.state.per_group != self.state.group:
                foreign[k], second[k] = before, 0
            elif (before >> SITE_BITS) & EPOCH != self.state.epoch & EPOCH:
                second[k] = 0
            elif item != event >> ITEM_SHIFT:
                second[k] = before
        last[k] = event

    def _is_unwritten(self, k: int, site: int, array: Elements, index: Any) -> None:
        if self.visible and len(self.state.pending) < _PENDING:
            self.state.pending.append((self, k, self.state.base | site, array, index))
        elif not self.visible:
            self.state.find_at("uninitialized-read", site, array, index, "is read and was never written")
