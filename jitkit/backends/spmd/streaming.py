"""Plain kernels whose results go past the cache, in whole lines.

A store reads its line of memory first, so that it can change a part of it. Where a kernel writes an array that it does not
read, and that no cache could hold, this is up to half of what moves, and of no use. Stores that fill a line at once, and
say that nobody reads it soon, leave it out.
"""

from __future__ import annotations

from collections.abc import Callable

from jitkit.backends.spmd.body import Body
from jitkit.backends.spmd.ir import Block, Function, Instruction, Value
from jitkit.backends.spmd.memory import LINE
from jitkit.backends.spmd.shapes import DROPPED, Shapes, size_of
from jitkit.backends.spmd.writer import Text

MOST = 128
"""Instructions of a point, more of which are longer than its memory takes."""
_ARITHMETIC = ("@llvm.fabs.", "@llvm.sqrt.", "@llvm.smin.", "@llvm.smax.", "@llvm.umin.", "@llvm.umax.", "@llvm.abs.")


def written(function: Function, shapes: Shapes) -> Instruction | None:
    """Return a kernel's only store, if it has neither branches nor calls, and walks through its arrays as they lie in memory.

    The array that it writes is none that it reads. Whoever calls it with one array as two arguments gets the same numbers,
    only later.
    """
    code = [item for block in function.blocks.values() for item in block.code]
    if len(function.blocks) > 1 or len(code) > MOST or not all(map(_is_plain, code)):
        return None
    accesses = [item for item in code if item.op in ("load", "store")]
    stores = [item for item in accesses if item.op == "store"]
    if len(stores) != 1:
        return None
    sources = {_origin(item.operands[0], shapes) for item in accesses if item.op == "load"}
    even = all(shapes.of(item.operands[-1]) in (0, size_of(item.accessed)) for item in accesses)
    size, pointer = size_of(stores[0].accessed), stores[0].operands[1]
    fits = even and size in (4, 8) and shapes.of(pointer) == size
    return stores[0] if fits and _origin(pointer, shapes) not in sources else None


def _is_plain(item: Instruction) -> bool:
    if item.op == "call":
        return item.callee.startswith((*_ARITHMETIC, *DROPPED))
    return item.op not in ("alloca", "atomicrmw", "cmpxchg")


def _origin(pointer: Value, shapes: Shapes) -> str:
    """Return the argument that an address belongs to."""
    made = shapes.made.get(pointer.text)
    return _origin(made.operands[0], shapes) if made and made.op in ("getelementptr", "extractvalue") else pointer.text


_METADATA = """
!0 = !{i32 1}
!1 = distinct !{!1, !3, !4}
!2 = distinct !{!2, !3, !4}
!3 = !{!"llvm.loop.vectorize.enable", i1 false}
!4 = !{!"llvm.loop.unroll.disable"}
"""
"""What marks stores that go past the cache, and two loops that stay as they are."""


def row(function: Function, shapes: Shapes, parameter: str, store: Instruction, name: str) -> str:
    """Return the LLVM text of ``name(begin, end, start, step, *parameters)``.

    It runs a point function for the last index ``start + p``, p from `begin` to `end`: first the points before and behind
    whole lines of the cache, one by one, then the lines. `parameter` is the name of that index, whose place in the
    parameters is kept and ignored.

    Raises
    ------
    UnsupportedIRError
        Where the code has something that cannot be widened.
    """
    text, size = Text(), size_of(store.accessed)
    lanes = LINE // size

    def points(shapes: Shapes, lanes: int, position: str, after: str) -> Body:
        index = text.emit(f"add nsw i64 %start, {position}")
        parameters = {p.text: p.text for p in function.parameters} | {parameter: index}
        body = Body(text, function, shapes, [], lanes, None, parameters, lambda _: text.do(f"br label {after}"))
        body.streaming = lanes > 1
        return body

    address = _address(points(shapes, lanes, "%begin", ""), store)
    missing = text.emit(f"and i64 {text.emit(f'sub i64 0, {address}')}, {LINE - 1}")
    before = text.emit(f"add nsw i64 %begin, {text.emit(f'udiv i64 {missing}, {size}')}")
    odd = text.emit(f"icmp ne i64 {text.emit(f'and i64 {address}, {size - 1}')}, 0")  # no element begins a line then
    first = text.emit(f"select i1 {odd}, i64 %end, i64 {before}")
    filled = text.emit(f"and i64 {text.emit(f'sub nsw i64 %end, {first}')}, {-lanes}")
    behind = text.emit(f"add nsw i64 {first}, {filled}")
    alone = Shapes(function, dict.fromkeys(shapes.roots, 0), alone=True)
    _loop(text, ("%begin", "%end", "1"), (first, behind), lambda place, after: points(alone, 1, place, after))
    _loop(text, (first, behind, str(lanes)), None, lambda place, after: points(shapes, lanes, place, after))
    text.do("ret void")
    listed = [f"i64 %{word}" for word in ("begin", "end", "start", "step")]
    listed += [f"{p.type} {p.text}" for p in function.parameters]
    head = f"define void @{name}({', '.join(listed)}) alwaysinline nounwind {{\nentry.row:"
    return "\n".join([head, *text.allocas, *text.lines, "}", *text.declared.values(), _METADATA])


def _address(body: Body, store: Instruction) -> str:
    """Write what it takes to know where lane 0 stores, and return that as an integer."""
    pointer = store.operands[1]
    steps: list[Instruction] = []
    needed = {pointer.text}
    for item in reversed(body.function.blocks[body.function.entry].code):
        if item.name in needed:
            needed |= {value.text for value in item.operands}
            steps.insert(0, item)
    body.straight(Block("", [*steps, Instruction("", "ret", "void", [])]))
    return body.text.emit(f"ptrtoint ptr {body.scalar(pointer)} to i64")


def _loop(
    text: Text, bounds: tuple[str, str, str], skipped: tuple[str, str] | None, inside: Callable[[str, str], Body]
) -> None:
    """Write a loop from the first of three bounds while below the second, by the third, which may skip a stretch."""
    begin, end, step = bounds
    slot, (test, again, after, done) = (
        text.alloca("i64", "position", 8),
        map(text.fresh, ("test", "again", "after", "done")),
    )
    text.do(f"store i64 {begin}, ptr {slot}")
    text.do(f"br label {test}")
    text.label(test)
    position = text.emit(f"load i64, ptr {slot}")
    if skipped is not None:
        there = text.emit(f"icmp eq i64 {position}, {skipped[0]}")
        position = text.emit(f"select i1 {there}, i64 {skipped[1]}, i64 {position}")
    more = text.emit(f"icmp slt i64 {position}, {end}")
    text.do(f"br i1 {more}, label {again}, label {done}")
    text.label(again)
    body = inside(position, after)
    body.write(body.function.entry)
    text.label(after)
    text.do(f"store i64 {text.emit(f'add nsw i64 {position}, {step}')}, ptr {slot}")
    text.do(f"br label {test}, !llvm.loop !{1 if skipped else 2}")
    text.label(done)
