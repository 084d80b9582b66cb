"""Arrays that a plain kernel does nothing with but update atomically: counts, sums, maxima in bins.

Threads may update copies of their own of these, plainly, which are added up in the end: an atomic instruction waits for
all stores before it, 20 cycles or so, and for the other threads that update its line of the cache.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from jitkit.backends.spmd import gathers, plain, plan, updates
from jitkit.backends.spmd.ir import Function, Instruction
from jitkit.backends.spmd.shapes import DROPPED, Shapes, size_of

MUCH = 12
"""Operations for each update from which on points go by vectors: a histogram of ``exp(-x * x)`` takes 0.25 of the time, one of
random numbers 0.17, of distances between all pairs 0.15, numbers that are scaled and clipped 0.7 to 1; forces of neighbours on
both take 1.3 (5 operations), counts of a graph's edges 2. Numbers that are looked at before they are counted, 0.7 to 1."""
_ALIKE = {"sub": "add", "fsub": "fadd"}
"""What is taken away is added to the array in the end, as a negative number."""


class Table(NamedTuple):
    """An array that is only updated.

    Attributes
    ----------
    parameter : int
        Its position among the parameters of the point function.
    operation : str
        The ``atomicrmw`` that brings what a copy holds into the array.
    kind : str
        The type of its elements.
    """

    parameter: int
    operation: str
    kind: str

    @property
    def size(self) -> int:
        """The bytes of an element."""
        return size_of(self.kind)


class Found(NamedTuple):
    """The tables of a kernel, and the pointers into each, with the text of its parameter."""

    tables: list[Table]
    pointers: dict[str, str]


def find(function: Function, allowed: Callable[[int], bool]) -> Found:
    """Return the arrays that a kernel updates, each by one operation, and touches in no other way.

    Parameters
    ----------
    function : Function
        The kernel.
    allowed : callable
        Whether the parameter at a position is an array whose elements lie side by side.
    """
    code = _code(function)
    places = {p.text: k for k, p in enumerate(function.parameters) if allowed(k)}
    pointers = _pointers(code, places)
    read = {value.text for item in code for value in item.operands}
    wanted: dict[str, set[tuple[str, str]]] = {name: set() for name in places}
    for item in code:
        for k, value in enumerate(item.operands):
            owner = value.text if value.text in places else pointers.get(value.text)
            if owner is None or item.name in pointers or item.callee.startswith(DROPPED):
                continue
            if item.op == "atomicrmw" and k == 0 and item.name not in read and updates.known(item):
                operation = item.head.split()[-1]
                wanted[owner].add((_ALIKE.get(operation, operation), item.type))
            elif item.op != "extractvalue":
                wanted[owner].add(("", ""))
    tables = [
        Table(places[name], *next(iter(uses)))
        for name, uses in wanted.items() if len(uses) == 1 and not uses & {("", "")} and next(iter(uses))[0] != "xchg"
    ]  # fmt: skip
    kept = {function.parameters[table.parameter].text for table in tables}
    return Found(tables, {name: owner for name, owner in pointers.items() if owner in kept})


def _pointers(code: list[Instruction], places: dict[str, int]) -> dict[str, str]:
    """Return all addresses of elements of some parameters, each with the parameter."""
    found: dict[str, str] = {}
    before = -1
    while len(found) != before:  # blocks need not stand in order
        before = len(found)
        for item in code:
            first = item.operands[0].text if item.operands else ""
            if item.op == "extractvalue" and item.tail == plain.DATA and first in places:
                found[item.name] = first
            elif item.op == "getelementptr" and first in found:
                found[item.name] = found[first]
    return found


def row(function: Function, found: Found, parameter: str, unit_step: bool, fastmath: bool, name: str) -> str:
    """Return the row function of `plain` that updates tables as memory that one thread alone can see.

    LLVM does not widen a loop with updates, so that lanes are worth it where points compute much.
    """
    shapes = Shapes(function, {parameter: 1 if unit_step else None}, tables=found.pointers)
    much = _work(function, shapes) >= MUCH * sum(item.op == "atomicrmw" for item in _code(function))
    worthwhile = plan.worthwhile(function, shapes, fastmath)
    wide = worthwhile and much if shapes.loop else worthwhile or much
    lanes = plan.lanes(function, shapes) if wide else 1
    if lanes == 1:
        shapes = Shapes(function, {parameter: 0}, tables=found.pointers, alone=True)
    return plain.row(function, shapes, parameter, unit_step, lanes, name)


def _work(function: Function, shapes: Shapes) -> int:
    """Return what a point computes, in simple operations."""
    varying = (item for item in _code(function) if item.name and shapes.strides.get(item.name, 0) is None)
    return sum(map(gathers.cost, varying))


def _code(function: Function) -> list[Instruction]:
    return [item for block in function.blocks.values() for item in block.code]
