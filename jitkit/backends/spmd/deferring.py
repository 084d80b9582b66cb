"""Updates of shared memory that wait until all vectors of a phase have told where theirs go.

Zen 4 takes 1.2 cycles for an update whose address it loads from memory, 2.2 where the address leaves a vector register just
before; loaded again at once, what was stored is not at hand yet. So a phase whose work-items each add a constant to one
element of shared memory first stores all their places, and then goes through these: group_histogram takes
0.65 (float32) and 0.72 (float64) of the time, 0.75 and 0.90 with AVX2.
"""

from __future__ import annotations

from jitkit.backends.spmd import updates
from jitkit.backends.spmd.group_shape import Shape
from jitkit.backends.spmd.ir import Instruction
from jitkit.backends.spmd.shapes import Shapes

FEWEST = 64
"""Work-items of a group from which on places have arrived in memory when they are read: 32 took 1.1 of the time."""


def late(shapes: Shapes, shape: Shape, dynamic: set[str]) -> Instruction | None:
    """Return the only access of a phase to shared memory where it may wait until the end of the phase.

    Parameters
    ----------
    shapes : Shapes
        The phase's function, and how its values differ between the lanes of a vector.
    shape : Shape
        How the group's work-items become vectors.
    dynamic : set of str
        The shared arrays whose size only a launch tells.
    """
    if shape.vectors * shape.lanes < FEWEST or shape.lanes == 1:
        return None
    items = [(block.name, item) for block in shapes.function.blocks.values() for item in block.code]
    found = [(name, item) for name, item in items if item.op != "getelementptr" and _touches(item, shapes)]
    # An array that is chosen by a branch would be touched by another name.
    if len(found) != 1 or any(item.op in ("phi", "select") and _touches(item, shapes) for item in shapes.made.values()):
        return None
    block, item = found[0]
    used = any(v.text == item.name for _, other in items for v in other.operands)
    plain = item.op == "atomicrmw" and updates.known(item) and not item.operands[1].local
    once = block not in shapes.loop and shapes.of(item.operands[0]) != 0
    if not plain or used or not once or shapes.shared[item.operands[0].text] in dynamic:
        return None
    return item


def _touches(item: Instruction, shapes: Shapes) -> bool:
    return any(value.text in shapes.shared for value in item.operands)
