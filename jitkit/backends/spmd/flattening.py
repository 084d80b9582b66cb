"""Branches that do nothing but choose a place, flattened: both places are computed, and the condition selects one.

Of ``u[i, j] - u[i-1, j] if v > 0 else u[i+1, j] - u[i, j]`` LLVM moves the loads and the difference behind the place where the
ways meet, and leaves on the ways the numbers of rows, which are a multiplication too many for it to compute both. Lanes
would gather from where they have been sent; of a selection it is known which two rows there are to choose from.
"""

from __future__ import annotations

from dataclasses import replace

from jitkit.backends.spmd.ir import Block, Function, Instruction, Value
from jitkit.backends.spmd.shapes import Shapes

_CHEAP = {"add", "sub", "mul", "shl", "sext", "zext", "getelementptr", "extractvalue"}
_MOST = 8
"""Instructions on a way, more of which a branch may be worth."""
_PLACES = ("i64", "ptr")


def flattened(function: Function, shapes: Shapes) -> Function:
    """Return a function without the branches in which lanes part only for an index or an address."""
    blocks = {name: Block(name, list(block.code)) for name, block in function.blocks.items()}
    parting, same = set(shapes.divergent), dict[str, Value]()
    while any(_flatten(blocks, name, parting, same, shapes) for name in list(blocks) if name in blocks):
        pass
    if len(blocks) == len(function.blocks):
        return function
    for block in blocks.values():
        block.code = [replace(item, operands=[_final(v, same) for v in item.operands]) for item in block.code]
    return replace(function, blocks=blocks)


def _flatten(blocks: dict[str, Block], name: str, parting: set[str], same: dict[str, Value], shapes: Shapes) -> bool:
    """Take what two ways from a block do, and what follows where they meet, into that block, if they only choose a place."""
    end = blocks[name].code[-1]
    if name not in parting or end.op != "br" or not end.operands or len(set(end.labels)) < 2:
        return False
    ways = [way for way in end.labels if _is_way(blocks, way)]
    meeting = {blocks[way].code[-1].labels[0] for way in ways} | {label for label in end.labels if label not in ways}
    if not ways or len(meeting) != 1 or name in meeting:
        return False
    join = blocks[meeting.pop()]
    coming = [label if label in ways else name for label in end.labels]
    if sorted(_before(blocks, join.name)) != sorted(coming) or not join.phis:
        return False
    if any(item.type not in _PLACES for item in join.phis):
        return False
    selects = []
    for phi in join.phis:
        given = dict(zip(phi.labels, phi.operands, strict=True))
        yes, no = (given[label] for label in coming)
        if shapes.alike(yes, no):
            same[phi.name] = yes
        else:
            selects.append(Instruction(phi.name, "select", phi.type, [end.operands[0], yes, no]))
    taken = [item for way in ways for item in blocks.pop(way).code[:-1]]
    del blocks[join.name]
    blocks[name].code[-1:] = [*taken, *selects, *join.code[len(join.phis) :]]
    parting.discard(name)
    if join.name in parting:
        parting.add(name)
    for block in blocks.values():
        block.code = [
            replace(item, labels=[name if label == join.name else label for label in item.labels])
            if item.op == "phi" else item for item in block.code
        ]  # fmt: skip
    return True


def _is_way(blocks: dict[str, Block], name: str) -> bool:
    """Tell whether a block, which one other leads to, computes a few places and goes on to the next."""
    *code, end = blocks[name].code
    cheap = len(code) <= _MOST and all(item.op in _CHEAP for item in code)
    return cheap and end.op == "br" and not end.operands and len(_before(blocks, name)) == 1


def _before(blocks: dict[str, Block], name: str) -> list[str]:
    return [block.name for block in blocks.values() for label in block.successors if label == name]


def _final(value: Value, same: dict[str, Value]) -> Value:
    while value.text in same:
        value = same[value.text]
    return value
