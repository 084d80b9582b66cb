"""Who runs now, in the form in which shadows remember it: one number for each access.

An event packs the work-item (its number plus one, so that 0 means nobody), the barriers that its group had passed, and the
place in the source. Two events with equal upper parts come from one work-item between two barriers.
"""

from __future__ import annotations

import itertools
import traceback
from typing import Any, Protocol

from jitkit.backends.sanitizer.log import Log
from jitkit.errors import LaunchError
from jitkit.findings import Finding
from jitkit.language import Position
from jitkit.launch.space import Space

SITE_BITS, EPOCH_BITS, ITEM_BITS = 20, 18, 25
SITE = (1 << SITE_BITS) - 1
EPOCH = (1 << EPOCH_BITS) - 1
ITEM_SHIFT = SITE_BITS + EPOCH_BITS


_ENOUGH = 1000


class Elements(Protocol):
    """An array, as findings name it."""

    name: str

    def element(self, index: Any) -> str:
        """Name an element."""

    def full(self, index: Any) -> Position:
        """Return an element's index in the argument that the array is a part of."""


class Written(Protocol):
    """Memory, as far as it knows who wrote."""

    def written_by(self, k: int) -> int:
        """Return the event that wrote an element, or 0."""


class LostError(Exception):
    """A work-item that reads outside an array over and over will not find what its loop waits for."""


class State:
    """One check.

    Parameters
    ----------
    name : str
        The kernel's name.
    space : Space
    group : tuple of int or None
    """

    def __init__(self, name: str, space: Space, group: tuple[int, ...] | None) -> None:
        self.name, self.space, self.log = name, space, Log()
        self.group_shape = group or (1,) * len(space.counts)
        self.grouped = group is not None
        self.grid = tuple(-(-count // size) for count, size in zip(space.counts, self.group_shape, strict=True))
        self.per_group = _product(self.group_shape)
        self.work_items = _product(self.grid) * self.per_group
        if self.work_items >= 1 << ITEM_BITS:
            raise LaunchError(
                f"{name}.check: {self.work_items:,} work-items; the sanitizer takes at most {(1 << ITEM_BITS) - 1:,}: "
                "check a smaller space"
            )
        self.number = self.group = self.epoch = self.base = 0
        self._outside = 0
        self.pending: list[tuple[Written, int, int, Elements, Position]] = []

    def enter(self, number: int) -> None:
        """Let a work-item be the one that runs."""
        self.number, self._outside = number, 0
        self.base = ((number + 1) << ITEM_SHIFT) | ((self.epoch & EPOCH) << SITE_BITS)

    def unordered(self, event: int) -> bool:
        """Tell whether an earlier event is another work-item's, with no barrier of their group since."""
        number = (event >> ITEM_SHIFT) - 1
        if number == self.number:
            return False
        return number // self.per_group != self.group or (event >> SITE_BITS) & EPOCH == self.epoch & EPOCH

    def index(self, number: int) -> Position:
        """Return the global index of a work-item."""
        group, local = divmod(number, self.per_group)
        sizes = zip(_unravel(group, self.grid), self.group_shape, _unravel(local, self.group_shape), strict=True)
        points = (g * n + offset for g, n, offset in sizes)
        found = tuple(s + p * d for s, p, d in zip(self.space.starts, points, self.space.steps, strict=True))
        return found[0] if len(found) == 1 else found

    def describe(self, number: int) -> str:
        """Name a work-item."""
        text = f"work-item {self.index(number)}"
        if self.grouped:
            group, local = divmod(number, self.per_group)
            text += f" ({_plain(_unravel(local, self.group_shape))} of group {_plain(_unravel(group, self.grid))})"
        return text

    def find(self, kind: str, site: int, text: str) -> None:
        """Log a finding of the work-item that runs, which concerns no array."""
        self.log.add(kind, site, lambda: f"{text}, in {self.describe(self.number)}", lambda: (self.index(self.number),))

    def find_at(self, kind: str, site: int, array: Elements, index: Any, text: str) -> None:
        """Log a finding of the work-item that runs, at an element."""
        say = lambda: f"{array.element(index)} {text}, in {self.describe(self.number)}"  # noqa: E731
        self.log.add(kind, site, say, lambda: (self.index(self.number),), array.name, array.full(index))

    def unbound(self, error: UnboundLocalError) -> None:
        """Log a variable that the work-item that runs reads and has not set; compiled code would go on with any value."""
        name = str(error).split("'")[1]
        frame, lineno = list(traceback.walk_tb(error.__traceback__))[-1]
        message = f"variable {name!r} is read before anything is assigned to it, in {self.describe(self.number)}"
        items = (self.index(self.number),)
        self.log.add_finding(
            Finding("uninitialized-read", None, None, items, frame.f_code.co_filename, lineno, message)
        )

    def outside(self) -> None:
        """Count an access outside an array; end a work-item that does nothing else.

        Raises
        ------
        LostError
            After a thousand of them.
        """
        self._outside += 1
        if self._outside > _ENOUGH:
            raise LostError

    def race(self, event: int, site: int, array: Elements, index: Any, now: str, before: str) -> None:
        """Log that the access under way and an earlier one are not ordered."""
        other = (event >> ITEM_SHIFT) - 1
        between = "no barrier between" if self._same_group(other) else "nothing orders them"

        def say() -> str:
            lines = f"{array.element(index)} is {now} by {self.describe(self.number)} and {before} by {self.describe(other)}"
            return f"{lines}, {between}"

        items = lambda: (self.index(self.number), self.index(other))  # noqa: E731
        self.log.add("race", site, say, items, array.name, array.full(index), event & SITE)

    def _same_group(self, other: int) -> bool:
        return self.grouped and other // self.per_group == self.group

    def settle(self) -> None:
        """Log the reads of unwritten elements, but for those that another work-item writes unordered: they are races."""
        kept, self.pending = self.pending, []
        running = self.number, self.group, self.epoch
        for memory, k, event, array, index in kept:
            self.number = (event >> ITEM_SHIFT) - 1
            self.group, self.epoch = self.number // self.per_group, (event >> SITE_BITS) & EPOCH
            if not (memory.written_by(k) and self.unordered(memory.written_by(k))):
                self.find_at("uninitialized-read", event & SITE, array, index, "is read and was never written")
        self.number, self.group, self.epoch = running


def _product(values: tuple[int, ...]) -> int:
    return int(list(itertools.accumulate(values, int.__mul__))[-1])


def _unravel(number: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    found = []
    for extent in reversed(shape):
        number, position = divmod(number, extent) if extent else (0, 0)
        found.append(position)
    return tuple(reversed(found))


def _plain(index: tuple[int, ...]) -> Position:
    return index[0] if len(index) == 1 else index
