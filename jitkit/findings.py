"""What a check finds: findings, one for each kind, line and array, and the report of them all."""

from __future__ import annotations

from dataclasses import dataclass

from jitkit.errors import JitkitError, at_source
from jitkit.language import Position

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
        ``"division-by-zero"`` or ``"nan"``; from ``kernel.check(backend="cuda")`` also ``"misaligned"`` and ``"trap"``.
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

    def __repr__(self) -> str:
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
