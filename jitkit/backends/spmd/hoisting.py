"""Loads that all points do sooner or later, done before lanes part: those of the same place on single ways need no mask.

Upwind differences read ``u[i, j]`` on either way and behind both, LLVM leaves three loads of it, and lanes make four of them,
two under masks. Read once at the start, an upwind step loads 8 rows of neighbours and not 11, most of which lie across two
lines of the cache and take two cycles.
"""

from __future__ import annotations

from dataclasses import replace

from jitkit.backends.spmd.ir import BINARY, CASTS, Block, Function, Instruction, Value
from jitkit.backends.spmd.shapes import DROPPED, EXIT, Shapes, is_pure, reach

_ADDRESS = (BINARY | CASTS | {"getelementptr", "extractvalue"}) - {"sdiv", "udiv", "srem", "urem"}
"""What may be computed where the function itself would not."""
_NAME = "%jk.sure."
_MOST = 8
"""Loads at the start, of more of which registers would run out."""


def hoisted(function: Function, shapes: Shapes) -> Function:
    """Return a function that loads at its start what every point loads and some load elsewhere, too, or chooses between."""
    if shapes.loop or not (shapes.divergent or shapes.chosen):
        return function
    moving = _Moving(function, shapes)
    always, name = set(), function.entry
    while name != EXIT:
        always.add(name)
        name = shapes.after[name]
    early = _before_writes(function, shapes)
    sure: list[Instruction] = []
    for item, block in early:
        if block in always and not any(moving.same(item, other) for other in sure):
            sure.append(item)
    for item in sure:
        alike = [other for other, _ in early if moving.same(item, other)]
        if (len(alike) > 1 or shapes.chosen) and len(moving.loads) < _MOST:
            moving.move(item, alike)
    return moving.result() if moving.loads else function


def loads(function: Function) -> list[str]:
    """Return the loads that `hoisted` has put at the start."""
    return [
        item.name for item in function.blocks[function.entry].code if item.op == "load" and item.name.startswith(_NAME)
    ]


def _before_writes(function: Function, shapes: Shapes) -> list[tuple[Instruction, str]]:
    """Return the loads before which no point changes memory, each with its block."""
    writing = {
        name: [k for k, item in enumerate(block.code) if _writes(item)] for name, block in function.blocks.items()
    }
    behind = {
        later for name, places in writing.items() if places for later in reach(shapes.graph, shapes.graph[name], "")
    }
    return [
        (item, name) for name, block in function.blocks.items() if name not in behind
        for item in block.code[: min(writing[name], default=None)] if item.op == "load"
    ]  # fmt: skip


def _writes(item: Instruction) -> bool:
    if item.op == "call":
        return not (is_pure(item) or item.callee.startswith(DROPPED))
    return item.op in ("store", "atomicrmw", "cmpxchg")


class _Moving:
    """A function whose first block gets loads, with what their addresses are computed from.

    Attributes
    ----------
    loads : dict
        The new load for each old one.
    """

    def __init__(self, function: Function, shapes: Shapes) -> None:
        self.function, self.shapes = function, shapes
        self.loads: dict[str, Value] = {}
        self._code: list[Instruction] = []
        self._copies: dict[str, Value] = {}

    def same(self, one: Instruction, other: Instruction) -> bool:
        """Tell whether two loads read the same."""
        return one.type == other.type and self.shapes.alike(one.operands[0], other.operands[0])

    def move(self, item: Instruction, alike: list[Instruction]) -> None:
        """Load at the start, if the address can be told there, and let others that read the same have the result."""
        kept = len(self._code)
        address = self._copy(item.operands[0])
        if address is None:
            del self._code[kept:]
            self._copies = {old: new for old, new in self._copies.items() if new.text in {i.name for i in self._code}}
            return
        name = f"{_NAME}{len(self._code)}"
        self._code.append(replace(item, name=name, operands=[address]))
        self.loads |= {other.name: Value(item.type, name) for other in alike}

    def _copy(self, value: Value) -> Value | None:
        made = self.shapes.made.get(value.text)
        if made is None:  # a parameter or a number
            return value
        if value.text not in self._copies:
            operands = [self._copy(operand) for operand in made.operands] if made.op in _ADDRESS else [None]
            known = [operand for operand in operands if operand is not None]
            if len(known) < len(operands):
                return None
            self._copies[value.text] = Value(value.type, f"{_NAME}{len(self._code)}")
            self._code.append(replace(made, name=self._copies[value.text].text, operands=known))
        return self._copies[value.text]

    def result(self) -> Function:
        """Return the function with the loads at its start."""
        blocks = {}
        for name, block in self.function.blocks.items():
            code = [
                replace(item, operands=[self.loads.get(value.text, value) for value in item.operands])
                for item in block.code if item.name not in self.loads
            ]  # fmt: skip
            blocks[name] = Block(name, [*self._code, *code] if name == self.function.entry else code)
        return replace(self.function, blocks=blocks)
