"""Loads and stores of shared memory whose lanes stand in known places of a few whole vectors: those vectors and shuffles."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from jitkit.backends.spmd import plan
from jitkit.backends.spmd.affine import affine
from jitkit.backends.spmd.ir import Block, Instruction, Value
from jitkit.backends.spmd.lanewise import LaneByLane
from jitkit.backends.spmd.pattern import Pattern
from jitkit.backends.spmd.shapes import Shapes, size_of
from jitkit.backends.spmd.writer import aggregate

REGISTER = 64
"""Bytes of an AVX-512 register, and of a line of the cache."""
KINDS = ("i32", "i64", "float", "double")
MOST_VECTORS = 4
"""Vectors of a window; a gather of what lies further apart costs less."""


@dataclass(frozen=True)
class Window:
    """The vectors that hold the elements of all lanes.

    Attributes
    ----------
    first : int
        Bytes from lane 0's address to the first vector.
    count : int
        Vectors.
    places : tuple of int
        The place of each lane's element, counted from the first element of the first vector.
    """

    first: int
    count: int
    places: tuple[int, ...]

    @property
    def distinct(self) -> bool:
        """Whether no two lanes stand in one place."""
        return len(set(self.places)) == len(self.places)


def window(pattern: Pattern, lanes: int, size: int, fresh: bool) -> Window | None:
    """Return the window of a pattern of addresses of elements of some size, or None where there is none.

    What is fresh, stored a moment ago as whole vectors, is loaded as such: a load of parts of two that the cache does not
    hold yet waits until it does, which takes block_sum a third of its time.
    """
    if any(offset % size for offset in pattern.offsets):
        return None
    places = [offset // size for offset in pattern.offsets]
    found = _from(min(places), places, lanes, size)
    if pattern.modulus >= lanes * size and pattern.residue % size == 0:
        # Whole vectors of the memory: what is stored there is what another pattern of lanes loads.
        ahead = pattern.residue // size
        aligned = _from((min(places) + ahead) // lanes * lanes - ahead, places, lanes, size)
        found = aligned if fresh or aligned.count <= found.count else found
    return found if found.count <= MOST_VECTORS else None


def _from(start: int, places: list[int], lanes: int, size: int) -> Window:
    moved = tuple(place - start for place in places)
    return Window(start * size, max(moved) // lanes + 1, moved)


def beside_whole(block: Block, shapes: Shapes, lanes: int) -> dict[str, Window]:
    """Return the windows of loads of rows of shared memory that begin beside whole vectors which the block loads as well.

    Such as ``row[c - 1]`` and ``row[c + 1]`` beside ``row[c]``. A load that crosses lines of the cache costs Zen 4 1.55 cycles,
    and AVX-512 takes a vector out of two by one instruction: stencil_tiled takes 0.94 (float32) and 0.85 of the time.
    """
    whole: set[Hashable] = set()
    beside: list[tuple[str, int, int, Hashable]] = []
    for item in block.code if plan.registers_are_many() else ():
        pointer = item.operands[0] if item.op == "load" else None
        pattern = None if pointer is None else shapes.patterns.get(pointer.text)
        if pointer is None or pattern is None or pointer.text not in shapes.shared or item.type not in KINDS:
            continue
        size = size_of(item.type)
        if shapes.of(pointer) != size or pattern.modulus < REGISTER:
            continue
        parts = affine(pointer, shapes.made)
        place, row = parts.pop("", 0), (item.type, frozenset(parts.items()))
        if pattern.residue % REGISTER == 0:
            whole.add((row, place))
        elif place % size == 0:
            beside.append((item.name, size, place, row))
    found: dict[str, Window] = {}
    for name, size, place, own in beside:
        for ahead in range(size, lanes * size, size):  # of the whole vector that it begins in
            if (own, place - ahead) in whole or (own, place - ahead + lanes * size) in whole:
                places = tuple(ahead // size + k for k in range(lanes))
                found[name] = Window(-ahead, 2, places)
                break
    return found


class Windows(LaneByLane):
    """Widens loads and stores of shared memory by patterns."""

    def window(self, pointer: Value, kind: str) -> Window | None:
        """Return the window of an address in shared memory, for elements of a type."""
        pattern = self.body.shapes.patterns.get(pointer.text)
        if pattern is None or pointer.text not in self.body.shapes.shared or aggregate(kind) or kind == "i1":
            return None
        return window(pattern, self.body.lanes, size_of(kind), self.body.fresh)

    def blends(self, item: Instruction) -> bool:
        """Tell whether a load or a store of shared memory touches whole vectors, whatever its mask."""
        pointer, kind = item.operands[-1], item.accessed
        if pointer.text not in self.body.shapes.shared or aggregate(kind) or kind == "i1":
            return False
        if self.body.shapes.of(pointer) == size_of(kind):
            return True
        found = self.window(pointer, kind)
        return found is not None and found.distinct

    def _load_window(self, kind: str, pointer: Value, found: Window, align: str) -> str:
        return self._taken(kind, self._vectors(kind, pointer, found, align)[1], found)

    def _store_window(self, value: Value, pointer: Value, found: Window, align: str, mask: str | None) -> None:
        whole, lanes = self.vector.type(value.type), self.body.lanes
        places, vectors = self._vectors(value.type, pointer, found, align)
        new = self.body.whole(value)
        if mask is not None:
            new = self.vector.select(value.type, mask, new, self._taken(value.type, vectors, found))
        for number, (place, old) in enumerate(zip(places, vectors, strict=True)):
            order = list(range(lanes))
            for lane, position in enumerate(found.places):
                if position // lanes == number:
                    order[position % lanes] = lanes + lane
            if order != list(range(lanes)):
                self.text.do(f"store {whole} {self._shuffled(value.type, old, new, order)}, ptr {place}, align {align}")

    def _vectors(self, kind: str, pointer: Value, found: Window, align: str) -> tuple[list[str], list[str]]:
        """Return the addresses of a window's vectors and what they hold."""
        start, step = self.body.end(pointer, last=False), self.body.lanes * size_of(kind)
        places = [
            self.text.emit(f"getelementptr i8, ptr {start}, i64 {found.first + k * step}") for k in range(found.count)
        ]
        return places, [
            self.text.emit(f"load {self.vector.type(kind)}, ptr {place}, align {align}") for place in places
        ]

    def _taken(self, kind: str, vectors: list[str], found: Window) -> str:
        """Return the element of each lane."""
        lanes = self.body.lanes
        padded = [*vectors, *["poison"] * (len(vectors) % 2)]
        if len(vectors) <= 2:
            return self._shuffled(kind, padded[0], padded[1], list(found.places))
        within = [place % (2 * lanes) for place in found.places]
        low, high = (self._shuffled(kind, padded[k], padded[k + 1], within) for k in (0, 2))
        return self._shuffled(
            kind, low, high, [k + lanes * (place >= 2 * lanes) for k, place in enumerate(found.places)]
        )

    def _shuffled(self, kind: str, a: str, b: str, order: list[int]) -> str:
        if order == list(range(self.body.lanes)):
            return a
        whole, places = self.vector.type(kind), ", ".join(f"i32 {k}" for k in order)
        return self.text.emit(f"shufflevector {whole} {a}, {whole} {b}, <{self.body.lanes} x i32> <{places}>")
