"""Comparisons that most often come out the same in all lanes, and what is known of them before a phase runs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from jitkit.backends.spmd.folding import fold
from jitkit.backends.spmd.graph import Graph, chain, dominators
from jitkit.backends.spmd.ir import BINARY, CASTS, Block, Function, Instruction, Value
from jitkit.backends.spmd.shapes import Shapes, reach

_PURE = (
    (BINARY - {"sdiv", "udiv", "srem", "urem", "frem"})
    | CASTS
    | {"icmp", "select", "getelementptr", "extractvalue", "freeze"}
)
PLACES = ("@jk.local_index.", "@jk.group_index.", '@"jk.shared.', "@jk.shared.")
_LIMITS = ("@llvm.smin.", "@llvm.smax.", "@llvm.umin.", "@llvm.umax.", "@llvm.abs.")


@dataclass
class Span:
    """A comparison of a value that moves within a group.

    Attributes
    ----------
    least, most : int
        How far below and above that of work-item 0 the values reach in a group.
    outcome : bool or None
        How it comes out where code runs that may be skipped, ``i < n`` in a group inside of an array.
    """

    least: int
    most: int
    outcome: bool | None


@dataclass
class Run:
    """Neighbouring vectors of a group for which comparisons of places come out alike.

    Attributes
    ----------
    first, count : int
        The vectors.
    outcomes : dict or None
        How each comparison comes out; None where one differs between lanes.
    """

    first: int
    count: int
    outcomes: dict[str, bool] | None


def cheap(item: Instruction) -> bool:
    """Tell whether to compute a value anew rather than keep it: places, addresses, arguments taken apart."""
    if item.op == "call":
        return item.callee.startswith((*PLACES, *_LIMITS))
    floating = item.type in ("float", "double", "half") and item.op != "extractvalue"
    return item.op in _PURE and not floating


def local_value(steps: list[Instruction], places: tuple[int, ...]) -> int | None:
    """Return the value of the last of some steps at a place in the group, or None where it takes more to know it."""
    known: dict[str, int] = {}
    for item in steps:
        if item.callee.startswith("@jk.local_index."):
            known[item.name] = places[int(item.callee.rsplit(".", 1)[1])]
            continue
        value = fold(item, known)
        if value is None:
            return None
        known[item.name] = value
    return known[steps[-1].name]


def affine_tests(function: Function, shapes: Shapes, given: set[str]) -> dict[str, list[Instruction]]:
    """Return the comparisons of a value of known places with a uniform one that can be made at the start of a phase.

    ``i < n`` is one: it differs between the lanes of a vector only where the array ends. Each comes with the instructions
    to compute it from what is given, itself last.
    """
    origins = Origins(function, shapes.graph, given)
    tests = {}
    for block in function.blocks.values():
        for item in block.code:
            if item.op == "icmp" and item.operands[0].type == "i64" and shapes.strides[item.name] is None:
                moving = [v for v in item.operands if shapes.of(v) != 0]
                if len(moving) == 1 and (
                    (shapes.of(moving[0]) or 0) > 0 or shapes.patterns.get(moving[0].text) is not None
                ):
                    steps = origins.computed(item, block.name)
                    if steps is not None:
                        tests[item.name] = steps
    return tests


def unclamped(
    function: Function, shapes: Shapes, given: set[str], settled: set[str]
) -> tuple[Function, dict[str, list[Instruction]]]:
    """Return a phase in which no index is clamped that needs only what is settled, and the comparisons that say so.

    ``min(max(column, 0), m - 1)`` is ``column`` but for the vectors at the edges of an array. The comparisons are as those
    of `affine_tests`.
    """
    origins = Origins(function, shapes.graph, given)
    stands: dict[str, Value] = {}
    tests: dict[str, list[Instruction]] = {}
    blocks = {}
    for block in function.blocks.values():
        code = []
        for item in block.code:
            below = item.op == "call" and item.type == "i64" and item.callee.startswith("@llvm.smin.")
            if below or (item.op == "call" and item.type == "i64" and item.callee.startswith("@llvm.smax.")):
                operands = [stands.get(value.text, value) for value in item.operands]
                moving = [value for value in operands if shapes.of(value) != 0]
                if len(moving) == 1 and (shapes.of(moving[0]) or 0) > 0:
                    other = operands[operands.index(moving[0]) - 1]
                    test = Instruction(
                        f"%<inside {item.name}>", "icmp", "i1", [moving[0], other], "sle" if below else "sge"
                    )
                    steps = origins.computed(test, block.name)
                    if steps is not None and needs(steps) <= settled:
                        tests[test.name], stands[item.name] = steps, moving[0]
                        shapes.strides[test.name], shapes.made[test.name] = None, test
                        item = Instruction(item.name, "add", "i64", [moving[0], Value("i64", "0")])
            code.append(item)
        blocks[block.name] = Block(block.name, code)
    return Function(function.name, function.parameters, blocks, function.globals), tests


def needs(steps: list[Instruction]) -> set[str]:
    """Return the locals that some steps need and do not make."""
    return {v.text for item in steps for v in item.operands if v.local} - {item.name for item in steps}


class Origins:
    """What it takes to compute a value of a phase at its start.

    A phase that goes round a loop begins with one turn's counter and goes on with the next: the header's phi, left with one
    way to it, has the name of what is kept from before. Which of the two an instruction means, its block tells.
    """

    def __init__(self, function: Function, graph: Graph, given: set[str]) -> None:
        self.graph, self.given = graph, given | {p.text for p in function.parameters}
        self.made = {item.name: (item, block.name) for block in function.blocks.values() for item in block.code}
        self.above = dominators(graph, function.entry)
        self.reached: dict[str, set[str]] = {}

    def of(self, value: Value, at: str) -> tuple[list[Instruction], Value] | None:
        """Return the instructions that compute what a value is at a block, and its name there; None where it takes more."""
        return self._origin(value, at)

    def computed(self, item: Instruction, at: str) -> list[Instruction] | None:
        """Return the instructions that compute an instruction of a block, itself last, or None where that takes more."""
        steps: list[Instruction] = []
        operands = []
        for value in item.operands:
            before = self._origin(value, at)
            if before is None:
                return None
            steps += [step for step in before[0] if step not in steps]
            operands.append(before[1])
        return [*steps, item if operands == item.operands else replace(item, operands=operands)]

    def _origin(self, value: Value, at: str) -> tuple[list[Instruction], Value] | None:
        if not value.local or value.text in self.given:
            return [], value
        item, place = self.made.get(value.text, (None, ""))
        if item is None:
            return None
        if place not in chain(at, self.above):
            return ([], value) if at not in self._behind(place) else None
        if item.op == "phi" and len(item.operands) == 1 and place not in self._behind(place):
            return self._origin(item.operands[0], item.labels[0])
        steps = self.computed(item, place) if cheap(item) else None
        return None if steps is None else (steps, value)

    def _behind(self, block: str) -> set[str]:
        """Return the blocks that may follow a block."""
        if block not in self.reached:
            self.reached[block] = reach(self.graph, self.graph[block], "")
        return self.reached[block]


def outcome(shapes: Shapes, name: str) -> bool | None:
    """Return how a condition comes out where its branches run what they might skip; None where they do not say."""
    found = set()
    for block in shapes.function.blocks.values():
        end = block.code[-1]
        if len(end.labels) == 2:
            taken = [label != shapes.after[block.name] for label in end.labels]
            if taken[0] != taken[1]:
                found.add(_needed_for(shapes, end.operands[0].text, taken[0], name))
    found.discard(None)
    return found.pop() if len(found) == 1 else None


def _needed_for(shapes: Shapes, condition: str, value: bool, name: str) -> bool | None:
    """Return what a condition must be for another, made of it by ``and`` or ``or``, to have a value."""
    if condition == name:
        return value
    item = shapes.made.get(condition)
    if item is None or item.type != "i1" or item.op not in ("and", "or", "select"):
        return None
    is_and = item.op == "and" or (item.op == "select" and item.operands[2].text == "false")
    is_or = item.op == "or" or (item.op == "select" and item.operands[1].text == "true")
    if (is_and and value) or (is_or and not value):
        parts = (_needed_for(shapes, operand.text, value, name) for operand in item.operands if operand.local)
        return next((part for part in parts if part is not None), None)
    return None
