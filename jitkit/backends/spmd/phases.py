"""A group kernel cut at its barriers: phases, each run for all work-items of a group before the next begins.

A phase starts at the entry or behind a barrier and ends at the next barrier or at the end. All work-items of a group
come to the same barrier, so after a phase one of them says where to go on, whatever loops and branches lie between.
What lives across a barrier waits in the group's frame: one value for the group where it is uniform, else one for each
work-item. Places and addresses that need only the arguments are computed anew instead.

Reference: P. Jaaskelainen et al., "pocl: a performance-portable OpenCL implementation", Int. J. Parallel Prog. 43, 2015.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, replace

from jitkit.backends.spmd.graph import Graph, chain, dominators
from jitkit.backends.spmd.ir import BINARY, CASTS, Block, Function, Instruction, Value
from jitkit.backends.spmd.shapes import Shapes, Stride, reach

BARRIER = "@jk.barrier"
START = "%<phase>"
_PURE = (
    (BINARY - {"sdiv", "udiv", "srem", "urem", "frem"})
    | CASTS
    | {"icmp", "select", "getelementptr", "extractvalue", "freeze"}
)
_PLACES = ("@jk.local_index.", "@jk.group_index.", '@"jk.shared.', "@jk.shared.")
_COMPUTE = {"add": operator.add, "sub": operator.sub, "mul": operator.mul, "shl": operator.lshift, "or": operator.or_}
_COMPARE = {
    "slt": operator.lt, "sle": operator.le, "sgt": operator.gt, "sge": operator.ge, "eq": operator.eq, "ne": operator.ne,
    "ult": operator.lt, "ule": operator.le, "ugt": operator.gt, "uge": operator.ge,
}  # fmt: skip
_LIMITS = ("@llvm.smin.", "@llvm.smax.", "@llvm.umin.", "@llvm.umax.", "@llvm.abs.")


class DivergentBarrierError(Exception):
    """A barrier that not all work-items of a group would reach; `line` is its line, as the frontend encodes it."""

    def __init__(self, line: str) -> None:
        self.line = line
        super().__init__(f"jk.barrier at {line} stands in a branch or loop that differs between work-items")


@dataclass
class Phase:
    """One phase.

    Attributes
    ----------
    function : Function
        Its blocks; the first reloads what it needs. A block that ends it at a barrier has the opcode ``barrier``.
    shapes : Shapes
        How its values differ between the lanes of a vector.
    exits : list of str
        The blocks behind the barriers that it may come to.
    guessed : dict
        The comparisons that most often come out the same in all lanes, with what it takes to compute them at the start.
    kept : list of str
        Truth values from before the phase of which the same is guessed, such as whether a point is inside.
    likely : Shapes or None
        The shapes where all guesses hold.
    """

    function: Function
    shapes: Shapes
    exits: list[str]
    guessed: dict[str, list[Instruction]]
    kept: list[str]
    likely: Shapes | None


def split_at_barriers(function: Function) -> Function:
    """Return a function whose blocks end at their barriers, by a terminator ``barrier`` to the block behind."""
    blocks: dict[str, Block] = {}
    last: dict[str, str] = {}
    for block in function.blocks.values():
        current = Block(block.name)
        blocks[current.name] = current
        for item in block.code:
            if item.op == "call" and item.callee == BARRIER:
                following = f"%<after barrier {len(blocks)}>"
                current.code.append(
                    Instruction("", "barrier", "void", [], labels=[following], tail=item.operands[0].text)
                )
                current = Block(following)
                blocks[following] = current
            else:
                current.code.append(item)
        last[block.name] = current.name
    for block in blocks.values():
        block.code = [
            replace(item, labels=[last[label] for label in item.labels]) if item.op == "phi" else item
            for item in block.code
        ]
    return Function(function.name, function.parameters, blocks)


def refuse_divergent(shapes: Shapes) -> None:
    """Check, on shapes in which every work-item's index varies, that whole groups come to each barrier.

    Raises
    ------
    DivergentBarrierError
        For one that stands in a branch or loop whose condition may differ within a group.
    """
    for branch in sorted(shapes.divergent):
        for name in reach(shapes.graph, shapes.graph[branch], shapes.after[branch]):
            end = shapes.function.blocks[name].code[-1]
            if end.op == "barrier":
                raise DivergentBarrierError(end.tail)


class Cutter:
    """Cuts a function that went through `split_at_barriers`.

    Parameters
    ----------
    function : Function
        The whole kernel.
    shapes : Shapes
        How its values differ between the lanes of a vector.
    group : Shapes
        How they differ between the work-items of a group.
    vectors : list of list of tuple of int
        The places of the work-items of each vector.
    """

    def __init__(self, function: Function, shapes: Shapes, group: Shapes, vectors: list[list[tuple[int, ...]]]) -> None:
        self.function, self.shapes, self.group, self.vectors = function, shapes, group, vectors
        self.types = {item.name: item.type for block in function.blocks.values() for item in block.code if item.name}
        self.anew = self._recomputable()
        self.live = _live_at_start(function)
        self._needs: dict[str, tuple[set[str], set[str]]] = {}

    def phases(self) -> dict[str, Phase]:
        """Return the phases by the block each starts with, the first first."""
        found: dict[str, Phase] = {}
        pending = [self.function.entry]
        while pending:
            start = pending.pop()
            if start not in found:
                found[start] = self._phase(start)
                pending += found[start].exits
        return found

    def kept(self, start: str) -> list[str]:
        """Return the values that wait in the frame while a group is between the phase before `start` and `start`."""
        return sorted(self._closure(start)[0])

    def _phase(self, start: str) -> Phase:
        inside, pending, exits = set(), [start], []
        while pending:
            name = pending.pop()
            if name in inside:
                continue
            inside.add(name)
            end = self.function.blocks[name].code[-1]
            if end.op == "barrier":
                exits.append(end.labels[0])
            else:
                pending += end.labels
        kept, anew = self._closure(start)
        preamble = [Instruction(name, "reload", self.types[name], []) for name in sorted(kept)]
        preamble += [item for item in self.anew.values() if item.name in anew]
        blocks = {START: Block(START, [*preamble, Instruction("", "br", "void", [], labels=[start])])}
        for name, block in self.function.blocks.items():
            if name in inside:
                end = block.code[-1]
                code = [self._trimmed(item, inside) for item in block.code[:-1]]
                blocks[name] = Block(name, [*code, replace(end, labels=[]) if end.op == "barrier" else end])
        function = Function(self.function.name, self.function.parameters, blocks)
        fixed = {name: self.shapes.strides[name] for name in kept}
        shapes = Shapes(function, self.shapes.roots, fixed, self.function, self.shapes.alone)
        # What a phase that goes round a loop computes once more is not what it began with: a guess tests the latter.
        lasting = kept - {item.name for block in list(function.blocks.values())[1:] for item in block.code}
        tests = affine_tests(function, shapes, lasting | anew)
        guessed = self._likely({name: steps for name, steps in tests.items() if name not in kept})
        truths = [
            name for name in sorted(lasting & _used(function)) if self.types[name] == "i1" and fixed[name] is None
        ]
        uniform: dict[str, Stride] = dict.fromkeys([*guessed, *truths], 0)
        likely = Shapes(function, self.shapes.roots, fixed | uniform, self.function) if uniform else None
        return Phase(function, shapes, sorted(set(exits)), guessed, truths, likely)

    def _likely(self, tests: dict[str, list[Instruction]]) -> dict[str, list[Instruction]]:
        """Return the comparisons that come out the same in all lanes for most vectors, as far as places alone decide it."""
        chosen: dict[str, list[Instruction]] = {}
        failing: set[int] = set()
        for name, steps in tests.items():
            differing = failing | self._differing(steps)
            if 4 * len(differing) <= len(self.vectors):
                chosen[name], failing = steps, differing
        return chosen

    def _differing(self, steps: list[Instruction]) -> set[int]:
        """Return the vectors in which a comparison of places differs between lanes; none where it takes more to know."""
        steps = self._from_the_start(steps)
        if local_value(steps, self.vectors[0][0] if self.vectors else (0,) * 3) is None:
            return set()
        return {
            number for number, places in enumerate(self.vectors)
            if len({local_value(steps, place) for place in places}) > 1
        }  # fmt: skip

    def _from_the_start(self, steps: list[Instruction]) -> list[Instruction]:
        """Return steps with those before them that compute anew what they start from."""
        found: list[Instruction] = []
        for item in steps:
            for value in item.operands:
                if value.text in self.anew and all(step.name != value.text for step in [*found, *steps]):
                    found += [s for s in self._from_the_start([self.anew[value.text]]) if s not in found]
            found.append(item)
        return found

    @staticmethod
    def _trimmed(item: Instruction, inside: set[str]) -> Instruction:
        """Return a phi without the values that come from other phases."""
        if item.op != "phi":
            return item
        pairs = [(v, label) for v, label in zip(item.operands, item.labels, strict=True) if label in inside]
        return replace(item, operands=[v for v, _ in pairs], labels=[label for _, label in pairs])

    def _closure(self, start: str) -> tuple[set[str], set[str]]:
        """Return what must be kept for a phase, and what it computes anew."""
        if start not in self._needs:
            self._needs[start] = (set(), set()) if start == self.function.entry else self._find_needs(start)
        return self._needs[start]

    def _find_needs(self, start: str) -> tuple[set[str], set[str]]:
        kept, anew, pending = set(), set(), list(self.live[start])
        while pending:
            name = pending.pop()
            if name in self.anew:
                if name not in anew:
                    anew.add(name)
                    pending += [v.text for v in self.anew[name].operands if v.text in self.types]
            elif name not in self.shapes.private or self.shapes.private[name] != name:
                kept.add(name)
        return kept, anew

    def _recomputable(self) -> dict[str, Instruction]:
        """Return the instructions that need only arguments and the work-item's place, in an order to run them."""
        found: dict[str, Instruction] = {}
        parameters = {p.text for p in self.function.parameters}
        for block in self.function.blocks.values():
            for item in block.code:
                if item.name and cheap(item):
                    needs = [v.text for v in item.operands if v.local and v.text not in parameters]
                    if all(name in found or self.shapes.private.get(name) == name for name in needs):
                        found[item.name] = item
        return found


def cheap(item: Instruction) -> bool:
    """Tell whether to compute a value anew rather than keep it: places, addresses, arguments taken apart."""
    if item.op == "call":
        return item.callee.startswith((*_PLACES, *_LIMITS))
    floating = item.type in ("float", "double", "half") and item.op != "extractvalue"
    return item.op in _PURE and not floating


def local_value(steps: list[Instruction], places: tuple[int, ...]) -> int | None:
    """Return the value of the last of some steps at a place in the group, or None where it takes more to know it."""
    known: dict[str, int] = {}
    for item in steps:
        if item.callee.startswith("@jk.local_index."):
            known[item.name] = places[int(item.callee.rsplit(".", 1)[1])]
            continue
        values = [
            known.get(v.text) if v.local else int(v.text) if v.text.lstrip("-").isdigit() else None
            for v in item.operands
        ]
        compute = _COMPARE.get(item.head.split()[-1]) if item.op == "icmp" else _COMPUTE.get(item.op)
        numbers = [value for value in values if value is not None]
        if compute is None or len(values) != 2 or len(numbers) != 2:
            return None
        if item.op == "icmp" and item.head.split()[-1].startswith("u"):
            numbers = [number % 2**64 for number in numbers]
        known[item.name] = int(compute(*numbers))
    return known[steps[-1].name]


def affine_tests(function: Function, shapes: Shapes, given: set[str]) -> dict[str, list[Instruction]]:
    """Return the comparisons of a strided value with a uniform one that can be made at the start of a phase.

    ``i < n`` is one: it differs between the lanes of a vector only where the array ends. Each comes with the instructions
    to compute it from what is given, itself last.
    """
    origins = _Origins(function, shapes.graph, given)
    tests = {}
    for block in function.blocks.values():
        for item in block.code:
            if item.op == "icmp" and item.operands[0].type == "i64" and shapes.strides[item.name] is None:
                strides = sorted((shapes.of(v) is None, shapes.of(v) or 0) for v in item.operands)
                if strides[0] == (False, 0) and strides[1][0] is False and strides[1][1] > 0:
                    steps = origins.computed(item, block.name)
                    if steps is not None:
                        tests[item.name] = steps
    return tests


class _Origins:
    """What it takes to compute a value of a phase at its start.

    A phase that goes round a loop begins with one turn's counter and goes on with the next: the header's phi, left with one
    way to it, has the name of what is kept from before. Which of the two an instruction means, its block tells.
    """

    def __init__(self, function: Function, graph: Graph, given: set[str]) -> None:
        self.graph, self.given = graph, given | {p.text for p in function.parameters}
        self.made = {item.name: (item, block.name) for block in function.blocks.values() for item in block.code}
        self.above = dominators(graph, START)
        self.reached: dict[str, set[str]] = {}

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


def _used(function: Function) -> set[str]:
    return {value.text for block in function.blocks.values() for item in block.code for value in item.operands}


def _live_at_start(function: Function) -> dict[str, set[str]]:
    """Return the values of instructions that are needed at the start of each block or after it."""
    defined = {item.name for block in function.blocks.values() for item in block.code if item.name}
    live: dict[str, set[str]] = {name: set() for name in function.blocks}
    changed = True
    while changed:
        changed = False
        for block in reversed(function.blocks.values()):
            alive: set[str] = set()
            for name in block.successors:
                alive |= live[name]
                for phi in function.blocks[name].phis:
                    alive.discard(phi.name)
                for phi in function.blocks[name].phis:
                    value = phi.operands[phi.labels.index(block.name)]
                    alive |= {value.text} & defined
            for item in reversed(block.code):
                alive.discard(item.name)
                if item.op != "phi":
                    alive |= {v.text for v in item.operands} & defined
            if alive != live[block.name]:
                live[block.name], changed = alive, True
    return live
