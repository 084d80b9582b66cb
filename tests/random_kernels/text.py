"""Source under construction: lines with their indentation, and names that are not taken."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


class Text:
    """The body of a function, line by line."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._depth = 1
        self._taken: dict[str, int] = {}

    def line(self, text: str) -> None:
        self.lines.append("    " * self._depth + text)

    @contextlib.contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Write a statement with a block; what is written inside is its body."""
        self.line(head)
        self._depth += 1
        before = len(self.lines)
        yield
        if len(self.lines) == before:
            self.line("pass")
        self._depth -= 1

    def name(self, stem: str) -> str:
        """Return a new name."""
        self._taken[stem] = self._taken.get(stem, -1) + 1
        return f"{stem}{self._taken[stem]}"

    def __str__(self) -> str:
        return "\n".join(self.lines) + "\n"
