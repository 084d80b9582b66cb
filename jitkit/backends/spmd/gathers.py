"""Whether a kernel's loops do little but touch memory all over the place, which lanes without good gathers do one by one.

On AVX2 an element of a gather costs 2 to 4 cycles, for its address leaves a vector and its value enters one, where a point
by itself reads it in half a cycle beside all else. Forces from a list of neighbours take 0.15 to 0.4 of the time point by point,
products with sparse matrices 0.5, an insertion sort of rows 0.45. On Zen 4 gathers of AVX-512 cost 1.5 cycles an element:
products with sparse matrices take 0.3, sums over a list of neighbours 0.2, dot products of rows of 16 0.13 to 0.4 of the time.
Searches, hash tables and walks, in which each turn waits for what the one before has read, are latency that lanes share: a
binary search takes 0.1 to 0.25 of the time by vectors.
"""

from __future__ import annotations

from jitkit.backends.spmd import regions
from jitkit.backends.spmd.graph import Loop, chain, dominators, reverse_postorder
from jitkit.backends.spmd.ir import Function, Instruction
from jitkit.backends.spmd.pressure import NO_WORK
from jitkit.backends.spmd.shapes import DROPPED, Shapes

UNDER_MASK, IN_STEP = 4.0, 1.5
"""Operations for each gather below which lanes lose, in a loop that lanes leave one by one, and in one that all leave at once."""
_COSTS = {"fdiv": 5, "sdiv": 20, "udiv": 20, "srem": 20, "urem": 20, "frem": 20}
_CALL = 20


def dominate(function: Function, shapes: Shapes, masks: bool) -> bool:
    """Tell whether all innermost loops of a plain kernel that lanes run are little but gathers.

    Parameters
    ----------
    function, shapes
        The kernel, and how its values differ between lanes.
    masks : bool
        Whether the CPU has mask registers. Then lanes keep loops with code that only some turns run, since a branch that is
        guessed wrong costs more than gathers do: on Zen 4 forces within a cutoff that half the pairs are in take 0.31
        (float32) and 0.41 (float64) of the time by lanes, 0.6 and 0.75 for a fifth, 1.1 and 1.5 for all. (On AVX2: 0.5 and 0.9,
        1.0 and 1.8, 1.7 and 2.7.)
    """
    found = {id(loop): loop for loop in shapes.loop.values()}.values()
    around = {id(loop.parent) for loop in found}
    masked = {name for region in regions.find(shapes.graph, function.entry, shapes.divergent) for name in region.blocks}
    return all(
        _is_light(function, shapes, loop, UNDER_MASK if loop.header in masked else IN_STEP, masks)
        for loop in found if id(loop) not in around
    )  # fmt: skip


def is_gather(item: Instruction, shapes: Shapes) -> bool:
    """Tell whether lanes touch memory in places of their own."""
    pointer = item.operands[-1] if item.op in ("load", "store") else None
    return pointer is not None and shapes.of(pointer) is None and pointer.text not in shapes.bounded


def _is_light(function: Function, shapes: Shapes, loop: Loop, least: float, masks: bool) -> bool:
    before = dominators(shapes.graph, function.entry)
    latches = [name for name in loop.blocks if loop.header in shapes.graph[name]]
    always = set(loop.blocks).intersection(*(chain(latch, before) for latch in latches))
    if masks and len(always) < len(loop.blocks):
        return False
    code = [item for name in always for item in function.blocks[name].code]
    gathers = sum(is_gather(item, shapes) for item in code)
    work = sum(cost(item) for item in code if item.name and shapes.strides.get(item.name, 0) is None)
    return gathers > 0 and work < least * gathers and not _follows(function, shapes, loop)


def cost(item: Instruction) -> int:
    """Return what an instruction costs, in simple operations."""
    if item.op == "call":
        return 0 if item.callee.startswith(DROPPED) else 1 if item.callee.startswith("@llvm.") else _CALL
    return 0 if item.op in NO_WORK else _COSTS.get(item.op, 1)


def _follows(function: Function, shapes: Shapes, loop: Loop) -> bool:
    """Tell whether a turn touches memory where the turn before told it to, other than a fixed distance on."""
    order = reverse_postorder(shapes.graph, function.entry)
    told = {
        phi.name for phi in function.blocks[loop.header].phis
        if shapes.strides[phi.name] is None and not _advances(phi, shapes, loop)
    }  # fmt: skip
    for item in (item for name in order if name in loop for item in function.blocks[name].code):
        if any(value.text in told for value in item.operands):
            if is_gather(item, shapes) and item.operands[-1].text in told:
                return True
            told.add(item.name)
    return False


def _advances(phi: Instruction, shapes: Shapes, loop: Loop) -> bool:
    """Tell whether a loop adds the same to a value in each of its turns."""
    following = [value for value, label in zip(phi.operands, phi.labels, strict=True) if label in loop]
    made = [shapes.made.get(value.text) for value in following]
    return all(
        item is not None and item.op in ("add", "sub", "fadd", "fsub", "getelementptr")
        and item.operands[0].text == phi.name and shapes.of(item.operands[1]) == 0
        for item in made
    )  # fmt: skip
