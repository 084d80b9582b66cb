"""Loads of shared memory back beside their neighbours, where LLVM had let one of a row sink into the branch that needs it."""

from __future__ import annotations

from jitkit.backends.spmd.affine import affine
from jitkit.backends.spmd.ir import BINARY, Block, Function, Instruction
from jitkit.backends.spmd.shapes import shared_pointers, size_of
from jitkit.backends.spmd.transposing import KINDS, writes

NEAR = 16
"""Elements from one that is loaded in any case, within which there is memory: shared arrays have margins."""
_ADDRESSES = BINARY | {"getelementptr", "sext", "zext"}


def risen(function: Function) -> Function:
    """Return a group kernel whose loads stand in the block before where nothing is written in between.

    Moved is what lies near an element that this block loads from the same array anyway, so that it touches no other memory.
    """
    shared = shared_pointers(function)
    made = {item.name: item for block in function.blocks.values() for item in block.code if item.name}
    before: dict[str, list[str]] = {}
    for block in function.blocks.values():
        for name in block.successors:
            before.setdefault(name, []).append(block.name)
    blocks = {name: Block(name, list(block.code)) for name, block in function.blocks.items()}
    for name, block in blocks.items():
        if len(before.get(name, [])) == 1:
            above = blocks[before[name][0]]
            for item in _first_loads(block, shared):
                if any(_are_near(item, other, shared, made) for other in above.code):
                    _move(item, block, above)
    return Function(function.name, function.parameters, blocks, function.globals)


def _first_loads(block: Block, shared: dict[str, str]) -> list[Instruction]:
    found = []
    for item in block.code:
        if writes(item):
            break
        if item.op == "load" and item.type in KINDS and item.operands[0].text in shared:
            found.append(item)
    return found


def _are_near(item: Instruction, other: Instruction, shared: dict[str, str], made: dict[str, Instruction]) -> bool:
    if other.op != "load" or other.type != item.type:
        return False
    here, there = item.operands[0], other.operands[0]
    if shared.get(here.text) != shared.get(there.text):
        return False
    a, b = affine(here, made), affine(there, made)
    apart = a.pop("", 0) - b.pop("", 0)
    return a == b and 0 < abs(apart) <= NEAR * size_of(item.type)


def _move(item: Instruction, block: Block, above: Block) -> None:
    """Move a load to the end of the block above, with what its address is computed from."""
    own = {other.name: other for other in block.code if other.name}
    wanted, pending = {item.name}, [item]
    while pending:
        for value in pending.pop().operands:
            needed = own.get(value.text)
            if needed is None or needed.name in wanted:
                continue
            if needed.op not in _ADDRESSES:
                return
            wanted.add(needed.name)
            pending.append(needed)
    moved = [other for other in block.code if other.name in wanted]
    block.code = [other for other in block.code if other.name not in wanted]
    above.code[-1:-1] = moved
