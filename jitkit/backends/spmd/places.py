"""Where the elements of all lanes stand in a few whole vectors of memory, by what is known of their places."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from jitkit.backends.spmd import plan
from jitkit.backends.spmd.affine import affine
from jitkit.backends.spmd.ir import Block
from jitkit.backends.spmd.pattern import Pattern
from jitkit.backends.spmd.shapes import Shapes, size_of

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
