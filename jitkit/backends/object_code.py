"""What compiling for the CPU gives."""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """A driver as it is kept: an object file, the driver's name in it, and the names that it calls."""

    symbol: str
    calls: tuple[str, ...]
    text: bytes
