"""Whether a kernel's loops do little but divide integers, which no CPU does by vectors.

A vector divides lane by lane, and lanes that have left a loop wait for the others: a search for divisors, which most numbers
leave early, takes eight times as long by vectors (Zen 4). Where each division waits for the one before, as in Euclid's algorithm,
lanes overlap.
"""

from __future__ import annotations

from jitkit.backends.spmd import regions
from jitkit.backends.spmd.gathers import cost
from jitkit.backends.spmd.graph import Loop, reverse_postorder
from jitkit.backends.spmd.ir import Function, Instruction
from jitkit.backends.spmd.shapes import Shapes

_DIVISIONS = {"sdiv", "udiv", "srem", "urem"}
_SHARE = 2
"""The work of a turn over that of its divisions below which lanes lose."""


def dominate(function: Function, shapes: Shapes) -> bool:
    """Tell whether all innermost loops that lanes leave one by one are little but divisions of integers.

    Parameters
    ----------
    function, shapes
        A plain kernel, and how its values differ between lanes.
    """
    found = {id(loop): loop for loop in shapes.loop.values()}.values()
    around = {id(loop.parent) for loop in found}
    inner = [loop for loop in found if id(loop) not in around]
    masked = {name for region in regions.find(shapes.graph, function.entry, shapes.divergent) for name in region.blocks}
    return bool(inner) and all(loop.header in masked and _divides(function, shapes, loop) for loop in inner)


def _divides(function: Function, shapes: Shapes, loop: Loop) -> bool:
    code = [item for name in loop.blocks for item in function.blocks[name].code]
    apart = [item for item in code if item.name and shapes.strides.get(item.name, 0) is None]
    slow = [item for item in apart if item.op in _DIVISIONS and item.operands[1].local]  # by a constant LLVM multiplies
    if _waits(function, shapes, loop, slow):
        return False
    divided = sum(map(cost, slow))
    return divided > 0 and sum(map(cost, apart)) < _SHARE * divided


def _waits(function: Function, shapes: Shapes, loop: Loop, slow: list[Instruction]) -> bool:
    """Tell whether a division waits for what the turn before has found, as Euclid's do: that is latency, which lanes share."""
    told = {phi.name for phi in function.blocks[loop.header].phis if shapes.strides[phi.name] is None}
    for name in reverse_postorder(shapes.graph, function.entry):
        if name in loop:
            told |= {i.name for i in function.blocks[name].code if any(value.text in told for value in i.operands)}
    return any(item.name in told for item in slow)
