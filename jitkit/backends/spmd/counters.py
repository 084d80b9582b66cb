"""Counters of loops that go from one number up to another, as LLVM leaves them: tested when they have advanced."""

from __future__ import annotations

from collections.abc import Mapping

from jitkit.backends.spmd.folding import constant
from jitkit.backends.spmd.graph import Loop
from jitkit.backends.spmd.ir import Function, Instruction


def counted(
    function: Function, made: Mapping[str, Instruction], loop: Loop, phi: Instruction
) -> tuple[int, int] | None:
    """Return the least and the largest value of a loop's counter, or None where they are not known.

    Parameters
    ----------
    function : Function
        The function, or a part of it.
    made : mapping
        The instruction that makes each local.
    loop : Loop
        A loop.
    phi : Instruction
        One of its header's.
    """
    ways = dict(zip(phi.labels, phi.operands, strict=True))
    latches = [label for label in ways if label in loop]
    if len(ways) != 2 or len(latches) != 1:
        return None
    following, last = ways.pop(latches[0]), function.blocks[latches[0]].code[-1]
    add = made.get(following.text)
    test = made.get(last.operands[0].text) if len(last.labels) == 2 else None
    if add is None or add.op != "add" or add.operands[0].text != phi.name:
        return None
    if test is None or test.op != "icmp" or test.head.split()[-1] != "eq" or test.operands[0] != following:
        return None
    first, step, end = (constant(v, {}) for v in (*ways.values(), add.operands[1], test.operands[1]))
    if first is None or step is None or end is None or step <= 0 or end <= first or (end - first) % step:
        return None
    return (first, end - step) if last.labels[0] not in loop and last.labels[1] in loop else None
