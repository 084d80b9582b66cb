"""What the emulator raises: every message names what was met, its line in the PTX, and what to do."""

from __future__ import annotations

from jitkit.errors import JitkitError


class EmulatorError(JitkitError):
    """PTX that cannot be read, translated or executed.

    Parameters
    ----------
    message : str
        What is wrong, and the remedy.
    line : int, optional
        The line of the PTX text, from 1.
    """

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message if line is None else f"PTX line {line}: {message}")
        self.line = line


class UnsupportedError(EmulatorError):
    """PTX that is well-formed, and that the emulator does not execute."""
