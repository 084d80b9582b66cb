"""Loops that turn a known number of times, taken apart before a kernel is cut into phases: those with barriers first.

``half = 128; while half > 0: ...; barrier(); half //= 2`` then has a phase for each turn, in which `half` is a number: what
each lane of a vector reads stands in a known place, and a network of comparators needs no gathers. Loops in such a kernel
over memory of a work-item's own go the same way, for what stands in known places of that becomes registers.
"""

from __future__ import annotations

import re

from jitkit.backends.spmd.folding import constant, fold
from jitkit.backends.spmd.graph import Loop
from jitkit.backends.spmd.ir import Block, Function
from jitkit.backends.spmd.phases import BARRIER, has_barrier
from jitkit.backends.spmd.shapes import Shapes, reach

MOST_BARRIERS = 96
"""Barriers that a group may pass on its way through unrolled loops; each is a phase to compile."""
MOST_INSTRUCTIONS = 16384
"""Instructions on the way to the end of a kernel, loops included, beyond which it is not followed."""


def unrollable(function: Function, shapes: Shapes) -> list[Loop]:
    """Return the loops to unroll: of a known number of turns, and of use when their counters are numbers.

    Parameters
    ----------
    function : Function
        A kernel before it is split at its barriers.
    shapes : Shapes
        How its values differ between lanes.
    """
    loops = {loop.header: loop for loop in shapes.loop.values()}
    barred = [loop for loop in loops.values() if has_barrier(function, loop)]
    if not any(_gains(function, loop, shapes) for loop in barred):
        return []
    endless = _Walk(function, shapes).endless()
    if endless is None:
        return []
    open_ = [loop.header for loop in barred if loop.header in endless]
    counted = [loop for loop in barred if not any(header in loop for header in open_)]
    chosen = [loop for loop in counted if _gains(function, loop, shapes)]
    own = [loop for loop in loops.values() if loop not in barred and loop.header not in endless]
    return chosen + [loop for loop in own if _is_private(function, loop, shapes) or _gathers(function, loop, shapes)]


def marked(text: str, function: Function, loops: list[Loop]) -> str:
    """Return a module's text that asks LLVM to unroll loops of one of its functions whole."""
    lines, latches = text.splitlines(), _latches(function, loops)
    block = ""
    number = 1 + max(map(int, re.findall(r"^!(\d+) = ", text, re.MULTILINE)), default=-1)
    added = []
    for k, line in enumerate(lines):
        if label := re.match(r'("[^"]+"|[-\w.$]+):', line):
            block = f"%{label.group(1)}"
        elif line.startswith("}"):
            block = ""
        elif block in latches and line.startswith("  br "):
            lines[k] = f"{re.sub(', !llvm.loop !.*', '', line)}, !llvm.loop !{number}"
            added += [
                f"!{number} = distinct !{{!{number}, !{number + 1}}}",
                f'!{number + 1} = !{{!"llvm.loop.unroll.full"}}',
            ]
            number += 2
    return "\n".join([*lines, *added, ""]).replace(" noduplicate", "")


def unmarked(text: str) -> str:
    """Return a module's text that asks for nothing any more, where a loop could not be unrolled."""
    return text.replace("llvm.loop.unroll.full", "llvm.loop.unroll.disable")


def _latches(function: Function, loops: list[Loop]) -> set[str]:
    return {name for loop in loops for name in loop.blocks if loop.header in function.blocks[name].successors}


def _gains(function: Function, loop: Loop, shapes: Shapes) -> bool:
    return _is_scattered(function, loop, shapes) or _is_narrowing(function, loop, shapes)


def _is_narrowing(function: Function, loop: Loop, shapes: Shapes) -> bool:
    """Tell whether a loop compares places with what changes from turn to turn: ``if local < half``."""
    own = {item.name for name in loop.blocks for item in function.blocks[name].code if item.name}
    tests = [item for name in loop.blocks for item in function.blocks[name].code if item.op == "icmp"]
    return any(
        shapes.of(a) not in (0, None) and shapes.of(b) == 0 and b.text in own
        for item in tests for a, b in (item.operands, item.operands[::-1])
    )  # fmt: skip


def _is_scattered(function: Function, loop: Loop, shapes: Shapes) -> bool:
    """Tell whether lanes touch shared memory in a loop in places that do not follow one another."""
    return any(
        item.op in ("load", "store") and item.operands[-1].text in shapes.shared and shapes.of(item.operands[-1]) is None
        for name in loop.blocks for item in function.blocks[name].code
    )  # fmt: skip


def _is_private(function: Function, loop: Loop, shapes: Shapes) -> bool:
    """Tell whether a loop touches memory of a work-item's own, in places that a turn computes."""
    own = {item.name for name in loop.blocks for item in function.blocks[name].code if item.name}
    return any(
        item.op in ("load", "store") and item.operands[-1].text in shapes.private and item.operands[-1].text in own
        for name in loop.blocks for item in function.blocks[name].code
    )  # fmt: skip


def _gathers(function: Function, loop: Loop, shapes: Shapes) -> bool:
    """Tell whether lanes load in a loop from places that do not follow one another: one turn may take what another has near."""
    code = (item for name in loop.blocks for item in function.blocks[name].code)
    return any(item.op == "load" and shapes.of(item.operands[0]) is None for item in code)


class _Walk:
    """Goes through a function as one work-item would, past branches whose conditions are not known."""

    def __init__(self, function: Function, shapes: Shapes) -> None:
        self.function, self.shapes = function, shapes
        self.known: dict[str, int] = {}
        self.instructions = self.barriers = 0
        self.unknown: set[str] = set()

    def endless(self) -> set[str] | None:
        """Return the headers of loops left by unknown conditions; None where the way is too long."""
        before, name = "", self.function.entry
        while self.instructions <= MOST_INSTRUCTIONS and self.barriers <= MOST_BARRIERS:
            block = self.function.blocks[name]
            self._run(block, before)
            targets = self._following(block)
            if len(targets) == 0:
                return self.unknown
            before, name = (name, targets[0]) if len(targets) == 1 else ("", self._past(block))
            if name not in self.function.blocks:
                return self.unknown
        return None

    def _run(self, block: Block, before: str) -> None:
        incoming = {item.name: item.operands[item.labels.index(before)] for item in block.phis if before}
        phis = {name: constant(value, self.known) for name, value in incoming.items()}
        for item in block.code:
            self.instructions += 1
            self.barriers += item.callee == BARRIER
            value = phis.get(item.name) if item.op == "phi" else fold(item, self.known)
            self._learn(item.name, value)

    def _learn(self, name: str, value: int | None) -> None:
        if value is None:
            self.known.pop(name, None)
        else:
            self.known[name] = value

    def _following(self, block: Block) -> list[str]:
        """Return where a block goes on: to one place, or to several where that is not known."""
        end = block.code[-1]
        if len(end.labels) < 2:
            return end.labels
        condition = constant(end.operands[0], self.known)
        return end.labels if condition is None else [end.labels[0 if condition else 1]]

    def _past(self, block: Block) -> str:
        """Return where the ways of a branch meet again, and forget what lies between."""
        meeting = self.shapes.after[block.name]
        self.unknown |= {loop.header for loop in self.shapes.left_by(block.name)}
        for name in reach(self.shapes.graph, block.successors, meeting):
            for item in self.function.blocks[name].code:
                self.known.pop(item.name, None)
                self.instructions += 1
                self.barriers += item.callee == BARRIER
        return meeting
