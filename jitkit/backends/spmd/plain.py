"""A plain kernel's row function: the points of the last index, a vector of them at a time."""

from __future__ import annotations

from jitkit.backends.spmd import regions
from jitkit.backends.spmd.body import Body
from jitkit.backends.spmd.ir import Block, Function
from jitkit.backends.spmd.shapes import Shapes
from jitkit.backends.spmd.writer import Lanes, Text

DATA = "4"
"""Where Numba's arrays hold the address of their elements."""
MARGIN = 256
"""Bytes before an array that one thread has to itself, in which lanes outside a mask change what nobody reads: eight each."""


def row(function: Function, shapes: Shapes, parameter: str, unit_step: bool, lanes: int, name: str) -> str:
    """Return the LLVM text of ``name(begin, end, start, step, *parameters)``.

    It runs a point function for the last index ``start + step * p``, p from `begin` to `end`; `parameter` is the name of
    that index, whose place in the parameters is kept and ignored. Before the tables of `shapes` lie `MARGIN` bytes.

    Raises
    ------
    UnsupportedIRError
        Where the code has something that cannot be widened.
    """
    found = regions.find(shapes.graph, function.entry, sorted(shapes.divergent))
    text = Text()
    _loop(text, function, shapes, found, lanes, parameter, unit_step)
    listed = [f"i64 %{name}" for name in ("begin", "end", "start", "step")]
    listed += [f"{p.type} {p.text}" for p in function.parameters]
    head = f"define void @{name}({', '.join(listed)}) alwaysinline nounwind {{\nentry.row:"
    return "\n".join([head, *text.allocas, *text.lines, "}", *text.declared.values(), ""])


def _loop(
    text: Text, function: Function, shapes: Shapes, found: list[regions.Region], lanes: int, parameter: str, unit: bool
) -> None:
    """Write the loop over full vectors and the masked vector of what is left."""
    slot = text.alloca("i64", "position", 8)
    text.do(f"store i64 %begin, ptr {slot}")
    text.do("br label %full.test")
    text.label("%full.test")
    position = text.emit(f"load i64, ptr {slot}")
    end = text.emit(f"add nsw i64 {position}, {lanes}")
    fits = text.emit(f"icmp sle i64 {end}, %end")
    text.do(f"br i1 {fits}, label %full, label %rest.test")
    text.label("%full")
    _vector(text, function, shapes, found, lanes, parameter, unit, position, None, "%full.next")
    text.label("%full.next")
    text.do(f"store i64 {end}, ptr {slot}")
    text.do("br label %full.test")
    text.label("%rest.test")
    if lanes == 1:
        text.do("ret void")
        return
    some = text.emit(f"icmp slt i64 {position}, %end")
    text.do(f"br i1 {some}, label %rest, label %done")
    text.label("%rest")
    vector = Lanes(text, lanes)
    left = text.emit(f"sub nsw i64 %end, {position}")
    mask = text.emit(f"icmp slt {vector.type('i64')} {vector.multiples('i64')}, {vector.splat('i64', left)}")
    _vector(text, function, shapes, found, lanes, parameter, unit, position, mask, "%done")
    text.label("%done")
    text.do("ret void")


def _vector(
    text: Text, function: Function, shapes: Shapes, found: list[regions.Region], lanes: int, parameter: str, unit: bool,
    position: str, mask: str | None, after: str,
) -> None:  # fmt: skip
    def leave(block: Block) -> None:
        text.do(f"br label {after}" if block.code[-1].op == "ret" else "unreachable")

    if unit:
        index = text.emit(f"add nsw i64 %start, {position}")
    else:
        first = text.emit(f"mul nsw i64 %step, {position}")
        first = text.emit(f"add nsw i64 %start, {first}")
        index = first if lanes == 1 else Lanes(text, lanes).indices(first, "%step")
    parameters = {p.text: p.text for p in function.parameters} | {parameter: index}
    _Points(text, function, shapes, found, lanes, mask, parameters, leave).write(function.entry)


class _Points(Body):
    """The code of points that are no group, some of whose arrays their thread may have to itself."""

    def shared_memory(self, site: str) -> tuple[str, int]:
        """Return the address of an array that the thread has to itself, and how many bytes before it belong to it."""
        kind = next(p.type for p in self.function.parameters if p.text == site)
        return self.text.emit(f"extractvalue {kind} {site}, {DATA}"), MARGIN
