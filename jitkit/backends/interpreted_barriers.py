"""Saying which work-items of a group wait at which barrier, where not all wait at the same one."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any, NamedTuple

from jitkit import frontend
from jitkit.errors import at_source

_SHOWN = 4  # work-items that a message names one by one
_COLLECTIVES = str(Path(frontend.__file__).with_name("collectives.py"))


class Place(NamedTuple):
    """Where a work-item waits.

    Attributes
    ----------
    filename, lineno
        The barrier in the user's source.
    through : tuple
        The calls on the way there.
    """

    filename: str
    lineno: int
    through: tuple[tuple[str, int], ...]


class Stop(NamedTuple):
    """A work-item and where it waits, None where it has ended."""

    member: Any
    place: Place | None


class Divergence(NamedTuple):
    """A barrier that part of a group has reached: what to say, and one work-item of each side."""

    kernel: str
    place: Place
    message: str
    waiting: Any
    other: Any

    def __str__(self) -> str:
        return at_source(f"{self.kernel}: {self.message}", self.place.filename, self.place.lineno)


def waiting_at(generator: Generator) -> Place | None:
    """Return where a suspended work-item stands, None where it has ended."""
    through: list[tuple[str, int]] = []
    place = None
    inner: Any = generator
    while inner is not None and getattr(inner, "gi_frame", None) is not None:
        frame = inner.gi_frame
        if frame.f_code.co_filename != _COLLECTIVES:  # group_reduce's own barriers are no lines of the user's
            place = frame.f_code.co_filename, frame.f_lineno
        through.append((frame.f_code.co_filename, frame.f_lasti))
        inner = inner.gi_yieldfrom
    return None if place is None else Place(*place, tuple(through))


def divergence(kernel: str, group: Any, stops: list[Stop]) -> Divergence:
    """Return what to say of a barrier that only part of a group reaches."""
    sides: dict[Place | None, list[Any]] = {}
    for stop in sorted(stops, key=lambda stop: stop.member.number):
        sides.setdefault(stop.place, []).append(stop.member)
    place = min(side for side in sides if side is not None)
    others = [f"{_members(sides[side])} {_doing(side, place)}" for side in sides if side != place]
    message = (
        f"only part of group {group} reaches this barrier: {_members(sides[place])} "
        f"{'waits' if len(sides[place]) == 1 else 'wait'} here, {', '.join(others)}; every work-item of a group must reach "
        "the same barriers: take it out of the branch, or make the condition the same for the whole group"
    )
    other = next(sides[side][0] for side in sides if side != place)
    return Divergence(kernel, place, message, sides[place][0], other)


def _doing(side: Place | None, waiting: Place) -> str:
    if side is None:
        return "ended without it"
    if side[:2] == waiting[:2]:
        return "came to it through another call"
    file = "" if side.filename == waiting.filename else f" of {side.filename}"
    return f"at line {side.lineno}{file}"


def _members(members: list[Any]) -> str:
    """Name work-items: a run of consecutive numbers by its ends, others one by one."""
    names = [member.position for member in members]
    if len(names) == 1:
        return f"work-item {names[0]}"
    numbers = [member.number for member in members]
    if numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"work-items {names[0]} to {names[-1]}"
    shown = ", ".join(map(str, names[:_SHOWN]))
    return f"work-items {shown}{f' and {len(names) - _SHOWN} more' if len(names) > _SHOWN else ''}"
