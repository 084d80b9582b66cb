"""Whether the busiest code of a kernel runs better with one vector register for each value than with two."""

from __future__ import annotations

from collections.abc import Iterator

from jitkit.backends.spmd.graph import Loop, reverse_postorder
from jitkit.backends.spmd.ir import Function, Instruction, Value
from jitkit.backends.spmd.phases import BARRIER
from jitkit.backends.spmd.shapes import Shapes

Code = list[Instruction]
LATENCY = 4
"""Cycles from an operation on floats to the next that needs its result, on Intel's and AMD's cores since 2015."""
AT_ONCE = 2
"""Operations on floats that begin in a cycle."""
TURNS = 16
"""Turns that a loop is taken to make, where a block outside loops is compared with it."""
WINDOW = 96
"""Operations among which a processor finds some to begin, about."""
NO_WORK = ("phi", "br", "load", "store", "getelementptr", "freeze", "bitcast")
"""Instructions that compute no numbers."""


def crowded(function: Function, shapes: Shapes, available: int) -> bool:
    """Tell whether two registers for each value are more than the busiest innermost loop, or block, can make use of.

    They are where the values of a turn then do not fit the `available` registers, while one turn need not wait for the one
    before: the processor overlaps turns by itself, and what is spilled between them is waited for. nbody in float32 on
    AVX2: 0.69 of the time with one register. A loop that loads much of what is the same in all lanes gains by
    sharing that between two (matmul_tiled: 0.88), and one that waits for itself (mandelbrot in float64: 0.72).
    Between barriers the busiest code may stand outside loops, such as a network of comparators that is unrolled: with two
    registers bitonic takes twice the time on AVX2, and in float64 1.5 times that on Zen 4.
    """
    most = _busiest(function, shapes)
    between = max(_between_barriers(function, shapes), key=lambda code: _work(code, shapes), default=[])
    code = between if _work(between, shapes) > TURNS * _work(most, shapes) else most
    varying, alike = live(code, shapes)
    shared = sum(item.op == "load" and shapes.strides.get(item.name) == 0 for item in code)
    return 2 * varying + alike > available and not waits(code, shapes) and 4 * shared <= _work(code, shapes)


def starved(function: Function, shapes: Shapes, available: int, registers: int) -> bool:
    """Tell whether the busiest loop waits for itself with half of `registers` for each value, and has room for as many.

    mandelbrot in float64 takes 0.81 of the time with four on Zen 4, where neither additions nor products make it wait. A
    loop that loads waits for memory, which more lanes do not help.
    """
    code = _busiest(function, shapes)
    varying, alike = live(code, shapes)
    fits = registers * varying + alike <= available
    return fits and waits(code, shapes, registers // 2) and not any(item.op == "load" for item in code)


def strings_out(function: Function, shapes: Shapes) -> bool:
    """Tell whether code without loops waits for itself, and is so long that the next vector's does not overlap with it.

    philox, ten rounds of three operations that wait for one another, takes 0.89 of the time in vectors of two registers and
    more, of which LLVM takes one; on AVX2 0.91 (float32) and 0.76 (float64).
    """
    depth: dict[str, int] = {}
    work = 0
    for name in reverse_postorder(shapes.graph, function.entry):
        for item in function.blocks[name].code:
            works = _works(item, shapes)
            work += works
            depth[item.name] = works + max((depth.get(value.text, 0) for value in item.operands), default=0)
    return WINDOW < work < AT_ONCE * LATENCY * max(depth.values(), default=0)


def _busiest(function: Function, shapes: Shapes) -> Code:
    loops = [code for code in innermost(function, shapes) if not any(item.callee == BARRIER for item in code)]
    return max(loops, key=lambda code: _work(code, shapes), default=[])


def _between_barriers(function: Function, shapes: Shapes) -> list[Code]:
    """Return the blocks outside loops, if there are barriers; a plain kernel without loops keeps two registers."""
    if not any(item.callee == BARRIER for block in function.blocks.values() for item in block.code):
        return []
    return [block.code for name, block in function.blocks.items() if name not in shapes.loop]


def innermost(function: Function, shapes: Shapes) -> list[Code]:
    """Return the code of each loop without another in it, in an order in which it may run."""
    loops = {loop.header: loop for loop in shapes.loop.values()}
    around = {loop.parent.header for loop in loops.values() if loop.parent is not None}
    order = reverse_postorder(shapes.graph, function.entry)
    return [_code(function, loop, order) for header, loop in loops.items() if header not in around]


def _code(function: Function, loop: Loop, order: list[str]) -> Code:
    return [item for name in order if name in loop for item in function.blocks[name].code]


def waits(code: Code, shapes: Shapes, registers: int = 1) -> bool:
    """Tell whether a turn of a loop takes longer for results of the turn before than for its work on some registers."""
    return LATENCY * max(_chains(code, shapes), default=0) > registers * _work(code, shapes) / AT_ONCE


def _work(code: Code, shapes: Shapes) -> int:
    return sum(_works(item, shapes) for item in code)


def _works(item: Instruction, shapes: Shapes) -> bool:
    return _is_vector(item, shapes) and item.op not in NO_WORK


def _chains(code: Code, shapes: Shapes) -> Iterator[int]:
    """Yield for each value that goes from turn to turn how many operations lie between it and its next value."""
    for start in (item for item in code if item.op == "phi" and _is_vector(item, shapes)):
        depth = {start.name: 0}
        for item in code:
            before = [depth[value.text] for value in item.operands if value.text in depth]
            if item.name and item is not start and before:
                depth[item.name] = max(before) + _works(item, shapes)
        yield max((depth.get(value.text, 0) for value in start.operands), default=0)


def live(code: Code, shapes: Shapes) -> tuple[int, int]:
    """Return how many values of a loop that differ between lanes live at a time, and how many others meet them."""
    made = {item.name: k for k, item in enumerate(code) if item.name}
    last: dict[str, int] = {}
    outside: set[str] = set()
    alike: set[str] = set()
    for k, item in enumerate(code):
        if item.op == "phi":  # what the next turn begins with lives until this one ends
            last.update(
                (value.text, len(code)) for value in item.operands if value.text in made and _varies(value, shapes)
            )
        elif _works(item, shapes):
            for value in item.operands:
                if not value.local:  # constants that find no register are read from memory, within the operation
                    continue
                if not _varies(value, shapes):
                    alike.add(value.text)
                elif value.text in made:
                    last[value.text] = max(k, last.get(value.text, 0))
                else:
                    outside.add(value.text)
    spans = [(made[name], end) for name, end in last.items()]
    most = max((sum(begin <= k < end for begin, end in spans) for k in range(len(code))), default=0)
    return len(outside) + most, len(alike)


def _varies(value: Value, shapes: Shapes) -> bool:
    return value.local and shapes.of(value) is None


def _is_vector(item: Instruction, shapes: Shapes) -> bool:
    return bool(item.name) and shapes.strides.get(item.name, 0) is None
