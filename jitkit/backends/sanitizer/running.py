"""Running a kernel with every access watched."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from jitkit.backends.interpreted_barriers import Stop, divergence
from jitkit.backends.interpreted_groups import Member, Schedule, plain, shuffle_seed
from jitkit.backends.sanitizer.access import Access, new_array
from jitkit.backends.sanitizer.arithmetic import Arithmetic
from jitkit.backends.sanitizer.copies import Copies
from jitkit.backends.sanitizer.functions import Functions
from jitkit.backends.sanitizer.instrument import Watched
from jitkit.backends.sanitizer.sites import site as place_of
from jitkit.backends.sanitizer.state import LostError, State
from jitkit.backends.unified import Unified
from jitkit.findings import Finding, Report
from jitkit.language import Point, Shape, entered
from jitkit.launch.definition import Call


def run(call: Call, values: tuple[Any, ...], seed: int | None, keep: bool) -> Report:
    """Run a launch on copies; see `jitkit.backends.sanitizer.check`."""
    kernel, group = call.kernel, call.kernel.group
    state = State(kernel.name, call.space, group)
    copies = Copies(state, call.argument_names, values)
    arithmetic = Arithmetic(state)
    schedule = WatchedSchedule(state, shuffle_seed(seed))
    access = Access(state, arithmetic, schedule.shared)
    functions = Functions(state, arithmetic)
    hooks: dict[str, Callable[..., Any]] = {
        **access.names(),
        **arithmetic.binary,
        "neg": arithmetic.neg,
        "call": functions.call,
    }
    watched = Watched(state.group_shape, {**hooks, "shared_of": schedule.shared_of})
    access.watched = watched.kernel
    function = watched.kernel(kernel.func)
    if group is None:
        _run_points(state, function, copies.values)
    else:
        schedule.run(function, copies.values)
    state.settle()
    if keep:
        copies.give_back(kernel.program.written)
    return Report(kernel.name, state.work_items, state.log.findings())


def _run_points(state: State, function: Callable, values: tuple[Any, ...]) -> None:
    indices: tuple[int, ...] = ()
    with np.errstate(all="ignore"), entered(Point()):
        try:
            for number, indices in enumerate(itertools.product(*state.space.ranges())):
                state.group = number
                state.enter(number)
                try:
                    function(*indices, *values)
                except LostError:
                    pass
                except UnboundLocalError as error:
                    state.unbound(error)
        except Exception as error:
            error.add_note(f"in kernel {state.name} at point {indices}")
            raise


class WatchedSchedule(Schedule):
    """The order of a group kernel's work-items, told to the shadows."""

    def __init__(self, state: State, seed: int | None) -> None:
        super().__init__(state.name, state.space, state.group_shape, seed)
        self.state, self._first = state, 0

    def begin(self, group: tuple[int, ...]) -> None:
        """Begin a group: its barriers count from 0."""
        self.state.settle()
        super().begin(group)
        self.state.group = int(np.ravel_multi_index(group, self.state.grid))
        self.state.epoch, self._first = 0, self.state.group * self.state.per_group

    def lost(self, error: Exception) -> bool:
        """Tell whether a group ends here, because one of its work-items would never end or has no value to go on with."""
        if isinstance(error, UnboundLocalError):
            self.state.unbound(error)
        return isinstance(error, LostError | UnboundLocalError)

    def enter(self, member: Member) -> None:
        """Let a member be the one that runs."""
        super().enter(member)
        self.state.enter(self._first + member.number)

    def passed(self) -> None:
        """Begin the next phase."""
        super().passed()
        self.state.settle()
        self.state.epoch += 1

    def diverged(self, stops: list[Stop]) -> None:
        """Log a barrier that only part of the group reaches; the group goes no further."""
        found = divergence(self.name, self.position, stops)
        items = plain(found.waiting.index), plain(found.other.index)
        place = found.place
        self.state.log.add_finding(
            Finding("barrier-divergence", None, None, items, place.filename, place.lineno, found.message)
        )

    def shared(self, site: int, name: str, shape: Shape, dtype: Any) -> Any:
        """Return the group's array of a place."""
        key: Hashable = site, shape, np.dtype(dtype)
        if key not in self.memory:
            self.memory[key] = new_array(self.state, name, shape, dtype, visible=True)
        return self.memory[key]

    def shared_of(self, site: int, name: str, shape: int, value: Any) -> Any:
        """Return the group's array of a place, with a dtype for this number and the other work-items'."""
        key: Hashable = site, shape
        phase, types, array = self.memory.get(key, (None, None, None))
        if phase != self.phase:
            types, array = Unified(), new_array(self.state, place_of(site).text, shape, np.bool_, visible=True)
            self.memory[key] = self.phase, types, array
        array.widen(types.with_(value))
        return array
