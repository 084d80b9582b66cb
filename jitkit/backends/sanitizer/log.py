"""Collecting findings: the first of each kind, line and array is kept, the others are counted."""

from __future__ import annotations

import dataclasses
import linecache
import sys
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

from jitkit import frontend
from jitkit.backends.sanitizer.sites import Site, site
from jitkit.findings import Finding
from jitkit.language import Position

_COLLECTIVES = str(Path(frontend.__file__).with_name("collectives.py"))
_HERE = str(Path(__file__).parent)


class Log:
    """The findings of one check."""

    def __init__(self) -> None:
        self._first: dict[Hashable, Finding] = {}
        self._counts: dict[Hashable, int] = {}

    def findings(self) -> tuple[Finding, ...]:
        """Return what was found, with the counts."""
        return tuple(dataclasses.replace(first, count=self._counts[key]) for key, first in self._first.items())

    def add(
        self,
        kind: str,
        number: int,
        say: Callable[[], str],
        work_items: Callable[[], tuple[Position, ...]],
        array: str | None = None,
        index: Position | None = None,
        other: int | None = None,
    ) -> None:
        """Count a finding; texts are made for the first of its kind, line and array only."""
        place, there = _users(site(number)), None if other is None else site(other)
        lines = {(place.filename, place.lineno)} | ({(there.filename, there.lineno)} if there else set())
        key = kind, array, frozenset(lines)
        self._counts[key] = self._counts.get(key, 0) + 1
        if key not in self._first:
            column, end_column = _characters(place)
            self._first[key] = Finding(
                kind=kind, array=array, index=index, work_items=work_items(), message=say(),
                filename=place.filename, lineno=place.lineno, column=column, end_column=end_column,
                other_filename=there and there.filename, other_lineno=there and there.lineno,
            )  # fmt: skip

    def add_finding(self, finding: Finding) -> None:
        """Count a finding that is made already."""
        key = finding.kind, finding.filename, finding.lineno
        self._counts[key] = self._counts.get(key, 0) + 1
        self._first.setdefault(key, finding)


def _users(place: Site) -> Site:
    """Return the place itself, or for one in jitkit's own group functions the user's line that called them."""
    if place.filename != _COLLECTIVES:
        return place
    frame: Any = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith((_COLLECTIVES, _HERE)):
        frame = frame.f_back
    return Site(frame.f_code.co_filename, frame.f_lineno, 0, None, "")


def _characters(place: Site) -> tuple[int, int | None]:
    """Return the columns of a place in characters: syntax trees count bytes."""
    line = linecache.getline(place.filename, place.lineno).encode()
    end = place.end_column
    return len(line[: place.column].decode()), None if end is None else len(line[:end].decode())
