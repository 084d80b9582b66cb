"""A group kernel cut at its barriers: phases, each run for all work-items of a group before the next begins.

A phase starts at the entry or behind a barrier and ends at the next barrier or at the end. All work-items of a group
come to the same barrier, so after a phase one of them says where to go on, whatever loops and branches lie between.
What lives across a barrier waits in the group's frame: one value for the group where it is uniform, else one for each
work-item. Places and addresses that need only the arguments are computed anew instead.

Reference: P. Jaaskelainen et al., "pocl: a performance-portable OpenCL implementation", Int. J. Parallel Prog. 43, 2015.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace

from jitkit.backends.spmd.graph import loops
from jitkit.backends.spmd.reader import BINARY, CASTS, Block, Function, Instruction, Value
from jitkit.backends.spmd.shapes import Shapes, graph_of, reach

BARRIER = "@jk.barrier"
START = "%<phase>"
_PURE = (BINARY - {"sdiv", "udiv", "srem", "urem", "frem"}) | CASTS | {"icmp", "select", "getelementptr", "extractvalue"}
_PLACES = ("@jk.local_index.", "@jk.group_index.", '@"jk.shared.', "@jk.shared.")
_LIMITS = ("@llvm.smin.", "@llvm.smax.", "@llvm.umin.", "@llvm.umax.", "@llvm.abs.")


class DivergentBarrier(Exception):
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
        The whole kernel's, with the control flow of this phase.
    exits : list of str
        The blocks behind the barriers that it may come to.
    """

    function: Function
    shapes: Shapes
    exits: list[str]


def split_at_barriers(function: Function) -> Function:
    """Return a function whose blocks end at their barriers, by a terminator ``barrier`` to the block behind."""
    blocks: dict[str, Block] = {}
    last: dict[str, str] = {}
    for block in function.blocks.values():
        current = Block(block.name)
        blocks[current.name] = current
        for item in block.code:
            if item.op == "call" and item.callee == BARRIER:
                following = f'%"{block.name[1:].strip(chr(34))}.after{len(blocks)}"'
                current.code.append(Instruction("", "barrier", "void", [], labels=[following], tail=item.operands[0].text))
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
    DivergentBarrier
        For one that stands in a branch or loop whose condition may differ within a group.
    """
    for branch in shapes.divergent:
        for name in reach(shapes.graph, shapes.graph[branch], shapes.after[branch]):
            end = shapes.function.blocks[name].code[-1]
            if end.op == "barrier":
                raise DivergentBarrier(end.tail)


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
    """

    def __init__(self, function: Function, shapes: Shapes, group: Shapes) -> None:
        self.function, self.shapes, self.group = function, shapes, group
        self.types = {item.name: item.type for block in function.blocks.values() for item in block.code if item.name}
        self.anew = self._recomputable()
        self.live = _live_at_start(function)

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
        shapes = copy.copy(self.shapes)
        shapes.graph = graph_of(function)
        shapes.loop = loops(shapes.graph, START)
        shapes.bounded = self._still_bounded(kept)
        return Phase(function, shapes, sorted(set(exits)))

    def _still_bounded(self, kept: set[str]) -> dict[str, int]:
        """Return the bounded values of a phase: not those that come, or are made of what comes, from a phase before."""
        found: dict[str, int] = {}
        for block in self.function.blocks.values():
            for item in block.code:
                made_of = [v.text for v in item.operands if v.text in self.shapes.bounded]
                if item.name in self.shapes.bounded and item.name not in kept and all(n in found for n in made_of):
                    found[item.name] = self.shapes.bounded[item.name]
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
        if start == self.function.entry:
            return set(), set()
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
                if item.name and self._cheap(item):
                    needs = [v.text for v in item.operands if v.local and v.text not in parameters]
                    if all(name in found or self.shapes.private.get(name) == name for name in needs):
                        found[item.name] = item
        return found

    def _cheap(self, item: Instruction) -> bool:
        if item.op == "call":
            return item.callee.startswith((*_PLACES, *_LIMITS))
        floating = item.type in ("float", "double", "half") and item.op != "extractvalue"
        return item.op in _PURE and not floating


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


def value_of(name: str, kind: str) -> Value:
    """Return a local as an operand."""
    return Value(kind, name)
