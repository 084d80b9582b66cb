"""The blocks of a body, flattened: a name that an inner block declares is told apart by the block's number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from .syntax import (
    Address,
    Group,
    Instruction,
    Label,
    Name,
    Negated,
    Operand,
    Pair,
    Prototype,
    Statement,
    Targets,
    Variable,
    Vector,
)


@dataclass
class Block:
    """The statements between braces, with the blocks inside."""

    items: list[Statement | Block]


def flatten(block: Block, function: str) -> tuple[Statement, ...]:
    """Return the statements of a body in order, with every name unique."""
    return tuple(_Flattener().run(block, {}, outermost=True))


class _Flattener:
    def __init__(self) -> None:
        self.count = 0

    def run(self, block: Block, outer: Mapping[str, str], *, outermost: bool = False) -> list[Statement]:
        names = dict(outer)
        if not outermost:
            self.count += 1
            declared = [s.name for s in block.items if not isinstance(s, Instruction | Block)]
            names |= {name: f"{name}@{self.count}" for name in declared}
        out: list[Statement] = []
        for item in block.items:
            out.extend(self.run(item, names) if isinstance(item, Block) else [_renamed(item, names)])
        return out


def _renamed(item: Statement, names: Mapping[str, str]) -> Statement:
    if not names:
        return item
    if isinstance(item, Instruction):
        predicate = None if item.predicate is None else operand(item.predicate, names)
        operands = tuple(operand(o, names) for o in item.operands)
        return replace(item, predicate=predicate, operands=operands)  # type: ignore[arg-type]
    name = names.get(item.name, item.name)
    if isinstance(item, Targets):
        return replace(item, name=name, names=tuple(names.get(n, n) for n in item.names))
    if isinstance(item, Variable | Label | Prototype):
        return replace(item, name=name)
    raise TypeError(item)


def operand(item: Operand, names: Mapping[str, str]) -> Operand:
    """Return an operand with its names replaced."""
    if isinstance(item, Name):
        base, dot, part = item.name.partition(".")
        return replace(item, name=names.get(base, base) + dot + part)
    if isinstance(item, Address):
        return item if item.base is None else Address(operand(item.base, names), item.offset)  # type: ignore[arg-type]
    if isinstance(item, Vector):
        return Vector(tuple(operand(i, names) for i in item.items))
    if isinstance(item, Group):
        return Group(tuple(operand(i, names) for i in item.items))
    if isinstance(item, Pair):
        return Pair(operand(item.first, names), operand(item.second, names))
    if isinstance(item, Negated):
        return Negated(operand(item.operand, names))
    return item
