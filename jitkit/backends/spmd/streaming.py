"""Plain kernels whose results go past the cache, in whole lines.

A store reads its line of memory first, so that it can change a part of it. Where a kernel writes arrays that it does not
read, and that no cache could hold, this is up to half of what moves, and of no use. Stores that fill a line at once, and
say that nobody reads it soon, leave it out. Several results begin their lines at the same points if they lie alike in
memory, as large arrays of one shape do; where they do not, vectors are stored as ever.
"""

from __future__ import annotations

from collections.abc import Callable

from jitkit.backends.spmd.affine import affine
from jitkit.backends.spmd.body import Body
from jitkit.backends.spmd.ir import Block, Function, Instruction, Value
from jitkit.backends.spmd.memory import LINE
from jitkit.backends.spmd.shapes import DROPPED, Shapes, size_of
from jitkit.backends.spmd.writer import Lanes, Text

MOST = 128
"""Instructions of a point, more of which are longer than its memory takes."""
RESULTS = 4
"""Results of a point, more of which are more lines at once than a processor has room to fill."""
_ARITHMETIC = ("@llvm.fabs.", "@llvm.sqrt.", "@llvm.smin.", "@llvm.smax.", "@llvm.umin.", "@llvm.umax.", "@llvm.abs.")


def written(function: Function, shapes: Shapes) -> list[Instruction]:
    """Return a kernel's stores, if it has neither branches nor calls, and walks through its arrays as they lie in memory.

    The arrays that it writes are none that it reads. Whoever calls it with one array as two arguments gets the same numbers,
    only later.
    """
    code = [item for block in function.blocks.values() for item in block.code]
    if len(function.blocks) > 1 or len(code) > MOST or not all(map(is_plain, code)):
        return []
    accesses = [item for item in code if item.op in ("load", "store")]
    stores = [item for item in accesses if item.op == "store"]
    if not 0 < len(stores) <= RESULTS:
        return []
    sources = {origin(item.operands[0], shapes) for item in accesses if item.op == "load"}
    even = all(shapes.of(item.operands[-1]) in (0, size_of(item.accessed)) for item in accesses)
    size, pointers = size_of(stores[0].accessed), [item.operands[1] for item in stores]
    alike = all(size_of(item.accessed) == size for item in stores) and all(shapes.of(item) == size for item in pointers)
    fits = even and size in (4, 8) and alike
    return stores if fits and sources.isdisjoint(origin(item, shapes) for item in pointers) else []


def is_plain(item: Instruction) -> bool:
    """Tell whether an instruction neither calls a function nor keeps memory of its own, nor updates any."""
    if item.op == "call":
        return item.callee.startswith((*_ARITHMETIC, *DROPPED))
    return item.op not in ("alloca", "atomicrmw", "cmpxchg")


def reads_several_rows(function: Function, shapes: Shapes) -> bool:
    """Tell whether a kernel that has no branches reads elements of an array in several rows for a point, as stencils do."""
    rows: dict[str, set[frozenset[tuple[str, int]]]] = {}
    for item in function.blocks[function.entry].code:
        if item.op == "load" and shapes.of(item.operands[0]) == size_of(item.accessed):
            parts = affine(item.operands[0], shapes.made).items()
            row = frozenset((name, factor) for name, factor in parts if name)
            rows.setdefault(origin(item.operands[0], shapes), set()).add(row)
    return any(len(found) > 1 for found in rows.values())


def origin(pointer: Value, shapes: Shapes) -> str:
    """Return the argument that an address belongs to."""
    made = shapes.made.get(pointer.text)
    return origin(made.operands[0], shapes) if made and made.op in ("getelementptr", "extractvalue") else pointer.text


_METADATA = """
!0 = !{i32 1}
!1 = distinct !{!1, !3, !4}
!2 = distinct !{!2, !3, !4}
!3 = !{!"llvm.loop.vectorize.enable", i1 false}
!4 = !{!"llvm.loop.unroll.disable"}
"""
"""What marks stores that go past the cache, and loops that stay as they are."""


def row(function: Function, shapes: Shapes, parameter: str, stores: list[Instruction], in_turn: bool, name: str) -> str:
    """Return the LLVM text of ``name(begin, end, start, step, low, high, *parameters)``.

    It runs a point function for the last index ``start + p``, p from `low` to `high`, in pieces from one `begin` to one
    `end`: the points before and behind whole lines of the cache one by one, with the first and the last piece, and with each
    the lines that begin in it. `stores` are those of `written`; `parameter` is the name of that index, whose place in the
    parameters is kept and ignored. Where rows are stored in turn, whole ones, the points before and behind go past the cache
    as well (`_in_order`).

    Raises
    ------
    UnsupportedIRError
        Where the code has something that cannot be widened.
    """
    text, size = Text(), size_of(stores[0].accessed)
    lanes = LINE // size

    def points(shapes: Shapes, lanes: int, position: str, after: str, mask: str | None = None) -> Body:
        index = text.emit(f"add nsw i64 %start, {position}")
        parameters = {p.text: p.text for p in function.parameters} | {parameter: index}
        body = Body(text, function, shapes, [], lanes, mask, parameters, lambda _: text.do(f"br label {after}"))
        return body

    def lines(position: str, after: str, mask: str | None = None) -> Body:
        body = points(shapes, lanes, position, after, mask)
        body.streaming = True
        return body

    def whole() -> None:
        past = _together(text, address, others, first, behind)
        _loop(text, (first, past, str(lanes)), None, lines)
        if others:
            _loop(text, (past, behind, str(lanes)), None, lambda place, after: points(shapes, lanes, place, after))

    address, *others = _addresses(points(shapes, lanes, "%begin", ""), stores)
    (first, behind), ends = _lines(text, address, size)
    if in_turn:
        _in_order(text, ends, (first, behind), lanes, whole, lines)
    else:
        single = Shapes(function, dict.fromkeys(shapes.roots, 0), alone=True)
        _loop(text, (*ends, "1"), (first, behind), lambda place, after: points(single, 1, place, after))
        whole()
    text.do("ret void")
    listed = [f"i64 %{word}" for word in ("begin", "end", "start", "step", "low", "high")]
    listed += [f"{p.type} {p.text}" for p in function.parameters]
    head = f"define void @{name}({', '.join(listed)}) alwaysinline nounwind {{\nentry.row:"
    return "\n".join([head, *text.allocas, *text.lines, "}", *text.declared.values(), _METADATA])


def _lines(text: Text, address: str, size: int) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return the first point of a piece's lines and the one behind them, and from where to where points run one by one.

    A piece has the lines that begin in it, up to the last that the row fills. `address` is where the element of its first
    point lies. Where none begins a line, all of a piece's points run one by one.
    """
    smallest = text.declare("@llvm.smin.i64", "i64", ["i64", "i64"])
    start = text.emit(f"sub i64 {address}, {text.emit(f'mul nsw i64 %begin, {size}')}")

    def line_from(place: str, limit: str) -> str:
        there = text.emit(f"add i64 {start}, {text.emit(f'mul nsw i64 {place}, {size}')}")
        missing = text.emit(f"and i64 {text.emit(f'sub i64 0, {there}')}, {LINE - 1}")
        line = text.emit(f"add nsw i64 {place}, {text.emit(f'udiv i64 {missing}, {size}')}")
        return text.emit(f"call i64 {smallest}(i64 {line}, i64 {limit})")

    first_of_row = line_from("%low", "%high")
    filled = text.emit(f"and i64 {text.emit(f'sub nsw i64 %high, {first_of_row}')}, {-(LINE // size)}")
    last_of_row = text.emit(f"add nsw i64 {first_of_row}, {filled}")
    odd = text.emit(f"icmp ne i64 {text.emit(f'and i64 {address}, {size - 1}')}, 0")
    lines, ends = [], []
    for place, of_row in (("%begin", "%low"), ("%end", "%high")):
        line = text.emit(f"select i1 {odd}, i64 %end, i64 {line_from(place, last_of_row)}")
        alone = text.emit(f"or i1 {odd}, {text.emit(f'icmp eq i64 {place}, {of_row}')}")
        ends.append(text.emit(f"select i1 {alone}, i64 {place}, i64 {line}"))
        lines.append(line)
    return (lines[0], lines[1]), (ends[0], ends[1])


def _addresses(body: Body, stores: list[Instruction]) -> list[str]:
    """Write what it takes to know where lane 0 stores, and return that as integers."""
    pointers = [store.operands[1] for store in stores]
    steps: list[Instruction] = []
    needed = {pointer.text for pointer in pointers}
    for item in reversed(body.function.blocks[body.function.entry].code):
        if item.name in needed:
            needed |= {value.text for value in item.operands}
            steps.insert(0, item)
    body.straight(Block("", [*steps, Instruction("", "ret", "void", [])]))
    return [body.text.emit(f"ptrtoint ptr {body.scalar(pointer)} to i64") for pointer in pointers]


def _together(text: Text, address: str, others: list[str], first: str, behind: str) -> str:
    """Return up to where lines are filled: `behind`, or `first` if the others do not begin theirs where `address` does."""
    for other in others:
        apart = text.emit(f"and i64 {text.emit(f'sub i64 {other}, {address}')}, {LINE - 1}")
        behind = text.emit(f"select i1 {text.emit(f'icmp eq i64 {apart}, 0')}, i64 {behind}, i64 {first}")
    return behind


def _in_order(
    text: Text, ends: tuple[str, str], lines: tuple[str, str], lanes: int, whole: Callable[[], None],
    inside: Callable[[str, str, str], Body],
) -> None:  # fmt: skip
    """Write the run of all points of a piece: those before its whole lines, these, which `whole` writes, and those behind.

    What a row leaves of its last line is filled up by the next one at once, while the processor still gathers it: no line of
    memory is read to be written. wave, whose rows are 1.3 KB long, takes 0.86 of the time that it takes with stores through
    the cache; where the points behind came before the lines 1.3. In C it takes 0.87 (float64) and 0.95 so, 0.94 and 1.1
    where the points before and behind are stored through the cache.
    """
    smallest = text.declare("@llvm.smin.i64", "i64", ["i64", "i64"])
    vector, slot = Lanes(text, lanes), text.alloca("i64", "place", 8)
    test, filled, rest, again, after, done = map(text.fresh, ("test", "filled", "rest", "again", "after", "done"))
    text.do(f"store i64 {ends[0]}, ptr {slot}")
    text.do(f"br label {test}")
    text.label(test)
    there = text.emit(f"icmp eq i64 {text.emit(f'load i64, ptr {slot}')}, {lines[0]}")
    text.do(f"br i1 {there}, label {filled}, label {rest}")
    text.label(filled)
    whole()
    text.do(f"store i64 {lines[1]}, ptr {slot}")
    text.do(f"br label {rest}")
    text.label(rest)
    position = text.emit(f"load i64, ptr {slot}")
    text.do(f"br i1 {text.emit(f'icmp slt i64 {position}, {ends[1]}')}, label {again}, label {done}")
    text.label(again)
    before = text.emit(f"icmp slt i64 {position}, {lines[0]}")
    limit = text.emit(f"select i1 {before}, i64 {lines[0]}, i64 {ends[1]}")
    left = text.emit(f"sub nsw i64 {limit}, {position}")
    mask = text.emit(f"icmp slt {vector.type('i64')} {vector.multiples('i64')}, {vector.splat('i64', left)}")
    body = inside(position, after, mask)
    body.write(body.function.entry)
    text.label(after)
    following = text.emit(f"add nsw i64 {position}, {lanes}")
    text.do(f"store i64 {text.emit(f'call i64 {smallest}(i64 {following}, i64 {limit})')}, ptr {slot}")
    text.do(f"br label {test}, !llvm.loop !1")
    text.label(done)


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
