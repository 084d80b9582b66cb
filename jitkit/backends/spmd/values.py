"""What the widening of one instruction needs of the body around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from jitkit.backends.spmd.ir import Instruction, Value
from jitkit.backends.spmd.powers import Power
from jitkit.backends.spmd.shapes import Shapes
from jitkit.backends.spmd.transposing import Tile
from jitkit.backends.spmd.writer import Lanes, Text

if TYPE_CHECKING:
    from jitkit.backends.spmd.places import Window


class Values(Protocol):
    """Where the values of a body come from and go to."""

    text: Text
    vector: Lanes
    shapes: Shapes
    lanes: int
    mask: str | None
    parameters: dict[str, str]
    fresh: bool
    streaming: bool
    narrow: set[str]
    powers: dict[str, Power]
    parts: set[str]
    tiles: dict[str, Tile]
    loaded: dict[str, str]
    beside: dict[str, Window]
    together: dict[int, list[Instruction]]

    def scalar(self, value: Value) -> str:
        """Return a uniform value, or a strided or patterned one of lane 0."""

    def whole(self, value: Value) -> str:
        """Return a value as a vector."""

    def end(self, value: Value, last: bool) -> str:
        """Return what the first or the last lane holds of a value of known or bounded stride, or of a pattern."""

    def define(self, item: Instruction, code: str) -> None:
        """Keep what an instruction's result is."""

    def special(self, item: Instruction) -> str | None:
        """Return the value of an instruction that has a meaning of its own here, or None."""

    def row_place(self, item: Instruction) -> str | None:
        """Return the place where the end of a store's row waits for the next group, or None for a plain store."""

    def row_places(self, item: Instruction) -> tuple[str, int] | None:
        """Return where the ends wait of all rows that a vector's work-items store, and their number, or None likewise."""

    def late_place(self, item: Instruction) -> str | None:
        """Return where the places wait that an update changes at the end of the phase, or None where it changes them now."""

    def private_memory(self, item: Instruction, kind: str) -> str:
        """Return the memory of an alloca for the lanes of one vector."""

    def shared_memory(self, site: str) -> tuple[str, int]:
        """Return the address of a group's shared array, and how many bytes before it belong to it."""

    def lent_place(self, item: Instruction) -> str | None:
        """Return where a load of a shared array reads in lane 0 if rows of an array may stand for it, or None."""

    def is_lent(self, item: Instruction) -> bool:
        """Tell whether a store is of a copy that is not made, for what it copies is read instead."""

    def ahead(self, value: Value, size: int, to_write: bool) -> str | None:
        """Return what lane 0 will hold of a value in the next group or turn, or None where that is not known."""
