"""Barriers that a vector of work-items need not wait at, because no other touches what it touches on either side.

The layers of a network of comparators that stay inside the elements of one vector are run one after the other for that
vector, and LLVM keeps the elements in registers between them: a bitonic sort of rows of keys takes 0.89 of the time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from jitkit.backends.spmd.group_shape import Shape
from jitkit.backends.spmd.guesses import PLACES
from jitkit.backends.spmd.ir import Block, Function, Instruction
from jitkit.backends.spmd.shapes import Shapes, is_pure, size_of


@dataclass
class Stretch:
    """The code from one barrier to the next.

    Attributes
    ----------
    ends : list of str
        The blocks whose barriers end it.
    targets : set of str
        The blocks behind these barriers.
    strides : dict
        How many bytes of each row of a shared array belong to one vector, where the stretch touches none of another's. An
        element for each work-item of the group makes a row; an array may have many.
    """

    ends: list[str]
    targets: set[str]
    strides: dict[str, int]


def fused(function: Function, shapes: Shapes, shape: Shape) -> Function:
    """Return a function without the barriers between vectors that have nothing to do with one another.

    Parameters
    ----------
    function : Function
        A kernel whose blocks end at its barriers, of one-dimensional groups.
    shapes : Shapes
        How its values differ between lanes, patterns included.
    shape : Shape
        How the group's work-items become vectors.
    """
    barred = {name: block.code[-1] for name, block in function.blocks.items() if block.code[-1].op == "barrier"}
    starts = dict.fromkeys(end.labels[0] for end in barred.values())
    found = {start: _stretch(function, shapes, shape, start) for start in starts}
    stretches = {start: stretch for start, stretch in found.items() if stretch is not None}
    gone: set[str] = set()
    absorbed: set[str] = set()
    for start in starts:
        while start not in absorbed and (target := _next(stretches, barred, start)) is not None:
            mine, following = stretches[start], stretches[target]
            gone.update(mine.ends)
            absorbed.add(target)
            stretches[start] = Stretch(following.ends, following.targets, mine.strides | following.strides)
    return Function(
        function.name, function.parameters,
        {name: _without_barrier(block) if name in gone else block for name, block in function.blocks.items()},
        function.globals,
    )  # fmt: skip


def _next(stretches: dict[str, Stretch], barred: dict[str, Instruction], start: str) -> str | None:
    """Return the stretch that alone follows one, which alone leads there, where the two agree whose memory is whose."""
    mine = stretches.get(start)
    if mine is None or len(mine.targets) != 1:
        return None
    (target,) = mine.targets
    following = stretches.get(target)
    before = sorted(name for name, end in barred.items() if end.labels[0] == target)
    if target == start or following is None or before != sorted(mine.ends):
        return None
    alike = mine.strides.keys() & following.strides.keys()
    return target if all(mine.strides[site] == following.strides[site] for site in alike) else None


def _without_barrier(block: Block) -> Block:
    end = block.code[-1]
    return Block(block.name, [*block.code[:-1], replace(end, op="br", tail="")])


def _stretch(function: Function, shapes: Shapes, shape: Shape, start: str) -> Stretch | None:
    """Return the code from a block to the next barriers; None where vectors may meet in memory, or that ends the kernel."""
    found, seen, pending = Stretch([], set(), {}), set(), [start]
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        block = function.blocks[name]
        if not all(_stays(item, shapes, shape, found.strides) for item in block.code):
            return None
        end = block.code[-1]
        if end.op == "barrier":
            found.ends.append(name)
            found.targets.add(end.labels[0])
        elif end.op == "br":
            pending += end.labels
        else:
            return None
    return found


def _stays(item: Instruction, shapes: Shapes, shape: Shape, strides: dict[str, int]) -> bool:
    """Tell whether an instruction touches nothing that another vector may change or look at."""
    if item.op == "call":
        return item.callee.startswith(PLACES) or is_pure(item)
    if item.op in ("atomicrmw", "cmpxchg"):
        return False
    if item.op not in ("load", "store"):
        return True
    pointer = item.operands[-1].text
    if pointer not in shapes.shared:
        return item.op == "load" or pointer in shapes.private
    pattern, size = shapes.patterns.get(pointer), size_of(item.accessed)
    if pattern is None or pattern.line is None:
        return False
    slope, first = pattern.line
    if slope <= 0:
        return False
    stride, places = slope * shape.lanes, [first + offset for offset in pattern.offsets]
    if shape.rest == 0:  # what lies at the places of one vector in any row, no other vector touches
        places = [place % (slope * shape.group[0]) for place in places]
    own = min(places) >= 0 and max(places) + size <= stride
    return own and strides.setdefault(shapes.shared[pointer], stride) == stride
