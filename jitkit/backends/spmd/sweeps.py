"""Barriers put in where the vectors of a group go on together, so that the group reads memory from one end to the other.

``for k in range(8): total += x[group * 2048 + k * 256 + local]`` reads 8 KiB in order where each turn is made by all
work-items before the next. A vector that made all its turns by itself would read a line of every KiB, which no
processor sees coming: block_sum takes 0.72 of the time this way, group_histogram half. What a vector carries from turn to
turn waits in the frame meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from jitkit.backends.spmd.affine import affine
from jitkit.backends.spmd.folding import constant
from jitkit.backends.spmd.graph import Loop, chain, dominators, reverse_postorder
from jitkit.backends.spmd.group_shape import Shape
from jitkit.backends.spmd.ir import Block, Function, Instruction, UnsupportedIRError
from jitkit.backends.spmd.shapes import Shapes, reach, size_of

FEWEST = 4
"""Vectors of a group from which on it is worth it."""

Place = tuple[str, int]
"""A block, and how many of its instructions come before."""


def swept(function: Function, shapes: Shapes, everyone: Shapes, shape: Shape) -> tuple[Function, set[str]]:
    """Return a function with a barrier more wherever the group goes on in memory just behind what it touched before.

    With it come the addresses that the group then touches in order, which the processor sees coming by itself.

    Parameters
    ----------
    function : Function
        A kernel whose blocks end at its barriers.
    shapes, everyone : Shapes
        How its values differ between the lanes of a vector, and between the work-items of a group.
    shape : Shape
        How the group's work-items become vectors.
    """
    if len(shape.group) > 1 or shape.lanes == 1 or shape.full < FEWEST:
        return function, set()
    finder = _Finder(function, shapes, everyone, shape.group[0])
    places = {*finder.between_turns(), *finder.between_accesses()}
    return _cut(function, places), finder.in_order


@dataclass
class _Access:
    """A load or a store of a row of the arrays' memory: where it stands, its address in parts, and an element's bytes."""

    block: str
    index: int
    address: str
    parts: dict[str, int]
    size: int


class _Finder:
    def __init__(self, function: Function, shapes: Shapes, everyone: Shapes, width: int) -> None:
        self.function, self.shapes, self.everyone, self.width = function, shapes, everyone, width
        self.before = dominators(shapes.graph, function.entry)
        self.in_order: set[str] = set()
        # Where part of a group may be.
        self.parted = {
            name for branch in everyone.divergent
            for name in reach(everyone.graph, everyone.graph[branch], everyone.after[branch])
        }  # fmt: skip

    def between_turns(self) -> Iterator[Place]:
        """Yield where the turns begin of loops in which each turn touches what lies behind the one before."""
        loops = {loop.header: loop for loop in self.shapes.loop.values()}
        for header, loop in loops.items():
            barred = any(self.function.blocks[name].code[-1].op == "barrier" for name in loop.blocks)
            found = set() if header in self.parted or barred else self._following(loop)
            if found:
                self.in_order |= found
                yield header, len(self.function.blocks[header].phis)

    def _following(self, loop: Loop) -> set[str]:
        """Return the addresses that go on from turn to turn behind what the group touched in the turn before."""
        steps = {phi.name: self._step(phi) for phi in self.function.blocks[loop.header].phis}
        return {
            access.address for name in loop.blocks if self.shapes.loop[name] is loop for access in self._accesses(name)
            if sum(factor * steps.get(part, 0) for part, factor in access.parts.items()) == self.width * access.size
        }  # fmt: skip

    def _step(self, phi: Instruction) -> int:
        """Return what is added to a loop's counter in each turn, 0 where that is no number."""
        for value in phi.operands:
            made = self.shapes.made.get(value.text)
            if made is not None and made.op == "add" and made.operands[0].text == phi.name:
                return constant(made.operands[1], {}) or 0
        return 0

    def between_accesses(self) -> Iterator[Place]:
        """Yield a place between any two accesses of which the second touches what lies behind the first."""
        last: dict[tuple[object, ...], _Access] = {}
        for name in reverse_postorder(self.shapes.graph, self.function.entry):
            for access in self._accesses(name):
                key = (id(self.shapes.loop.get(name)), access.size, *sorted(p for p in access.parts.items() if p[0]))
                earlier = last.get(key)
                last[key] = access
                if earlier is not None and self._distance(earlier, access) == self.width * access.size:
                    place = self._between(earlier, access)
                    if place is not None:
                        self.in_order |= {earlier.address, access.address}
                        yield place

    @staticmethod
    def _distance(a: _Access, b: _Access) -> int:
        return b.parts.get("", 0) - a.parts.get("", 0)

    def _accesses(self, name: str) -> Iterator[_Access]:
        """Yield the accesses of a block."""
        for index, item in enumerate(self.function.blocks[name].code):
            if item.op in ("load", "store"):
                pointer = item.operands[-1]
                own = pointer.text in self.shapes.shared or pointer.text in self.shapes.private
                try:
                    size = size_of(item.accessed)
                except UnsupportedIRError:  # structures
                    continue
                if not own and self.shapes.of(pointer) == size:
                    yield _Access(name, index, pointer.text, affine(pointer, self.shapes.made), size)

    def _between(self, a: _Access, b: _Access) -> Place | None:
        """Return a place that a group comes to whole between two accesses, or None."""
        if a.block in self.parted:
            entry = next(name for name in chain(a.block, self.before) if name not in self.parted)
            place = (self.everyone.after[entry], 0)
            if place[0] in self.function.blocks:
                place = (place[0], len(self.function.blocks[place[0]].phis))
        else:
            entry = next(name for name in chain(b.block, self.before) if name not in self.parted)
            place = (entry, b.index if entry == b.block else len(self.function.blocks[entry].code) - 1)
        return place if place[0] not in self.parted and place[0] in chain(b.block, self.before) else None


def _cut(function: Function, places: set[Place]) -> Function:
    """Return a function with barriers at some places."""
    if not places:
        return function
    blocks: dict[str, Block] = {}
    last: dict[str, str] = {}
    for name, block in function.blocks.items():
        cuts = [0, *sorted(index for other, index in places if other == name), len(block.code)]
        names = [name, *(f"%<sweep {len(blocks) + k}>" for k in range(1, len(cuts) - 1))]
        for k, own in enumerate(names):
            code = block.code[cuts[k] : cuts[k + 1]]
            if k + 1 < len(names):
                code.append(Instruction("", "barrier", "void", [], labels=[names[k + 1]]))
            blocks[own] = Block(own, code)
        last[name] = names[-1]
    for block in blocks.values():
        block.code = [
            replace(item, labels=[last[label] for label in item.labels]) if item.op == "phi" else item
            for item in block.code
        ]
    return Function(function.name, function.parameters, blocks, function.globals)
