"""Looking for mistakes in a kernel: the sanitizer's report and its findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jitkit.errors import JitkitError, at_source
from jitkit.language import Position

if TYPE_CHECKING:
    from jitkit.launch.definition import Call

KINDS = (
    "race", "out-of-bounds", "uninitialized-read", "barrier-divergence", "integer-overflow", "division-by-zero", "nan",
)  # fmt: skip


class FindingsError(JitkitError):
    """A check found mistakes in a kernel; the message lists them."""


@dataclass(frozen=True)
class Finding:
    """One mistake, at one line.

    Attributes
    ----------
    kind : str
        ``"race"``, ``"out-of-bounds"``, ``"uninitialized-read"``, ``"barrier-divergence"``, ``"integer-overflow"``,
        ``"division-by-zero"`` or ``"nan"``.
    array : str or None
        The parameter (``"u"``, ``"p[0]"``, ``"p.mass"``) or the local name of the array.
    index : int, tuple of int or None
        The element; an int in one dimension.
    work_items : tuple
        The global indices of those that took part: two for a race or a barrier, otherwise one.
    filename, lineno
        The place in the user's source.
    message : str
        What happened there.
    column, end_column : int or None
        The part of the line, counted from 0.
    other_filename, other_lineno
        The place of the other access, for a race.
    count : int
        How often this happened at this line; the other attributes are of the first time.
    """

    kind: str
    array: str | None
    index: Position | None
    work_items: tuple[Position, ...]
    filename: str
    lineno: int
    message: str
    column: int | None = None
    end_column: int | None = None
    other_filename: str | None = None
    other_lineno: int | None = None
    count: int = 1

    def __str__(self) -> str:
        times = f" ({self.count:,} times; this is the first)" if self.count > 1 else ""
        text = at_source(f"{self.kind}: {self.message}{times}", self.filename, self.lineno, self.column)
        if self.column is not None and self.end_column is not None and text.endswith("^"):
            text += "~" * (self.end_column - self.column - 1)
        if self.other_lineno is not None and (self.other_filename, self.other_lineno) != (self.filename, self.lineno):
            text += "\n" + at_source("the other access", str(self.other_filename), self.other_lineno)
        return text


@dataclass(frozen=True)
class Report:
    """What a check found.

    Attributes
    ----------
    kernel : str
        The kernel's name.
    work_items : int
        How many work-items ran.
    findings : tuple of Finding
        In the order in which they were met; one for each kind, line and array.
    """

    kernel: str
    work_items: int
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def __str__(self) -> str:
        ran = f"{self.work_items:,} work-item{'' if self.work_items == 1 else 's'}"
        if self.ok:
            return f"{self.kernel}: nothing found in {ran}"
        count = len(self.findings)
        head = f"{self.kernel}: {count} finding{'' if count == 1 else 's'} in {ran}"
        return "\n\n".join([head, *map(str, self.findings)])

    def raise_if_any(self) -> None:
        """Raise `FindingsError` with the report as its message, unless nothing was found.

        Raises
        ------
        FindingsError
        """
        if not self.ok:
            raise FindingsError(str(self))


def check(call: Call, values: tuple[Any, ...], *, seed: int | None = None) -> Report:
    """Interpret a launch under the sanitizer, on copies of the arguments: the caller's arrays stay as they are.

    Found are: two work-items that touch one element, at least one of them writing, with no atomic and no barrier of their
    group between (``"race"``; work-items of different groups are never ordered); an index outside an array's extent, or
    negative (a literal such as ``x[-1]`` counts from the end and is fine); a read of memory that nothing has written:
    `jk.shared`, `jk.local`, and arrays made by `jk.empty`; a barrier that only part of a group reaches; integers that
    wrap (signed ones, and unsigned ones of 8 and 16 bits: arithmetic of uint32 and uint64 is modular, as hashes and random
    generators need it), conversions out of range and shifts past the width; division by zero; a NaN made from numbers.

    The kernel runs on after a finding: a read outside an array gives 0 and a write is dropped. A work-item that does so a
    thousand times is ended, since it may never end by itself.

    Parameters
    ----------
    call : Call
        The kernel and its space.
    values : tuple
        One for each parameter behind the indices; device arrays are copied to the host.
    seed : int, optional
        Shuffles the order of a group's work-items; by default ``JITKIT_SHUFFLE``, or the order of the indices.

    Returns
    -------
    Report

    Raises
    ------
    LaunchError
        For spaces of over 33 million work-items.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> @jk.kernel
    ... def shift(i, x):
    ...     x[i] = x[i + 1]
    >>> report = shift.check[4](np.arange(4.0))
    >>> sorted({finding.kind for finding in report.findings})
    ['out-of-bounds', 'race']
    """
    from jitkit.backends import sanitizer

    return sanitizer.check(call, values, seed)
