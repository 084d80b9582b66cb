"""A matrix mirrored along its diagonal past the cache: rows of lines read as streams, and whole lines of the result stored.

A group's tile is a row of a few lines, of which a processor sees none coming, and its results are stored through the cache,
which reads their lines first. Known to be elements that only change places (`mirrored`), they take another order: `ROWS`
rows at a time, `WIDTH` columns of each, with the next rows asked for meanwhile, and each line that is stored whole. No
element comes by the tile: squares of a register's length are turned by shuffles. On Zen 3 transpose takes 0.58 (float32) and
0.64 (float64) of the time that groups take, and has 0.85 to 0.97 of the speed of a copy past the cache. Point by point
`out[j, i] = x[i, j]` takes 0.11 to 0.18 of the time. What stays in the cache is read and stored so as well, by plain stores.
"""

from __future__ import annotations

from collections.abc import Callable

from jitkit.backends.spmd import plan
from jitkit.backends.spmd.memory import LINE
from jitkit.backends.spmd.mirrored import Mirrored, Side
from jitkit.backends.spmd.polynomials import Polynomial
from jitkit.backends.spmd.shapes import size_of
from jitkit.backends.spmd.transposing import square
from jitkit.backends.spmd.writer import Text

ROWS = 16
"""Rows that are read at a time: one line of each row of the result in float32, two in float64. Eight, one line of float64,
take 1.06 to 1.1 of the time, 32 1.1 to 1.2."""
WIDTH = 512
"""Columns of these rows: 128 take 1.1 to 1.2 of the time, 256 1.02, 1,024 0.98."""
HEIGHT, HEIGHT_THROUGH = 256, 64
"""Rows of a piece, of which each is some thread's, past the cache and through it."""
LEAST = 16
"""Rows and columns of a matrix, fewer of which are run as any other's."""


_METADATA = """
!0 = !{i32 1}
!1 = distinct !{!1, !2, !3}
!2 = !{!"llvm.loop.vectorize.enable", i1 false}
!3 = !{!"llvm.loop.unroll.disable"}
"""
"""What marks stores that go past the cache, and loops that stay as they are."""


def write(found: Mirrored, parameters: list[str], past: bool, name: str) -> str:
    """Return the LLVM text of ``name(begin, end, units, least, most, groups, starts, steps, parameters)``.

    It runs the pieces that begin in [begin, end) of so many units, and returns whether it does: not for a result of fewer or
    more bytes, nor where elements that are not loaded would be stored, nor for indices that do not count from 0; past the cache
    not where the rows of the result begin lines at different places.

    Parameters
    ----------
    found : Mirrored
        The kernel.
    parameters : list of str
        The types and names of its arguments.
    past : bool
        Whether the result goes past the cache.
    name : str
        The function's.
    """
    return _Writer(found, past).write(parameters, name)


class _Writer:
    def __init__(self, found: Mirrored, past: bool) -> None:
        self.found, self.text, self.past = found, Text(), past
        self.size = size_of(found.kind)
        self.lanes = min(plan.vector_bits(), 256) // (8 * self.size)
        self.vector = f"<{self.lanes} x {found.kind}>"
        self.known: dict[str, str] = {}

    def write(self, parameters: list[str], name: str) -> str:
        text = self.text
        taken, left = text.fresh("taken"), text.fresh("left")
        extents = self._extent(0), self._extent(1)
        sides = self.found.source, self.found.target
        (source, apart), (target, pitch) = ((self._base(side), self._sum(side.pitch)) for side in sides)
        text.do(f"br i1 {self._fits(extents, target, pitch)}, label {taken}, label {left}")
        text.label(left)
        text.do("ret i1 false")
        text.label(taken)
        self.extents, self.source, self.apart, self.target, self.pitch = extents, source, apart, target, pitch
        self.rows = [self._op("mul", apart, k) for k in range(2 * ROWS)]
        self.columns = [self._op("mul", pitch, k) for k in range(self.lanes)]
        self._pieces()
        text.do("fence seq_cst")
        text.do("ret i1 true")
        listed = [f"i64 %{word}" for word in ("begin", "end", "units", "least", "most")]
        listed += [f"i64 %{word}.{axis}" for word in ("groups", "start", "step") for axis in range(2)] + parameters
        head = f"define i1 @{name}({', '.join(listed)}) noinline nounwind {{\nentry:"
        return "\n".join([head, *text.allocas, *text.lines, "}", *text.declared.values(), _METADATA])

    # ---- what it is given

    def _value(self, name: str) -> str:
        item = self.found.made.get(name)
        if item is None:
            return name
        if name not in self.known:
            value = item.operands[0]
            self.known[name] = self.text.emit(f"extractvalue {value.type} {value.text}, {item.tail}")
        return self.known[name]

    def _kind(self, name: str) -> str:
        item = self.found.made.get(name)
        return "i64" if item is None else item.type

    def _sum(self, parts: Polynomial) -> str:
        """Return what a sum of products is."""
        total = str(parts.get((), 0))
        for term, factor in parts.items():
            if term:
                product = str(factor)
                for name in term:
                    product = self._op("mul", product, self._value(name))
                total = self._op("add", total, product)
        return total

    def _base(self, side: Side) -> str:
        """Return the address of a matrix' first element."""
        ((pointer,),) = (term for term in side.base if len(term) == 1 and self._kind(term[0]) == "ptr")
        rest = {term: factor for term, factor in side.base.items() if term != (pointer,)}
        return self._at(self._value(pointer), self._sum(rest))

    def _extent(self, k: int) -> str:
        """Return how many values p or q takes: those of all groups that are below the bounds of what is stored."""
        whole = self._op("mul", f"%groups.{self.found.axes[k]}", self.found.tile[k])
        for bound in self.found.written[k]:
            whole = self._least(whole, self._sum(bound))
        return whole

    def _fits(self, extents: tuple[str, str], target: str, pitch: str) -> str:
        tests = [self.text.emit(f"icmp sge i64 {extent}, {LEAST}") for extent in extents]
        for bounds, extent in zip(self.found.read, extents, strict=True):
            tests += [self.text.emit(f"icmp sge i64 {self._sum(bound)}, {extent}") for bound in bounds]
        if self.past:
            for number, multiple in ((self._number(target), self.size), (pitch, LINE)):
                tests.append(self.text.emit(f"icmp eq i64 {self._op('and', number, multiple - 1)}, 0"))
        for axis in self.found.indices:
            tests += [self.text.emit(f"icmp eq i64 %{word}.{axis}, {own}") for word, own in (("start", 0), ("step", 1))]
        bytes_ = self._op("mul", self._op("mul", *extents), self.size)
        tests += [self.text.emit(f"icmp {test}") for test in (f"uge i64 {bytes_}, %least", f"ule i64 {bytes_}, %most")]
        held = tests[0]
        for test in tests[1:]:
            held = self.text.emit(f"and i1 {held}, {test}")
        return held

    # ---- what it does

    def _pieces(self) -> None:
        """Write the loop over the pieces; a piece is its strip of columns' next, so that one's rows follow the other's."""
        high, wide = self.extents
        height, before = HEIGHT_THROUGH, "0"
        if self.past:
            height, to_line = HEIGHT, self._op("and", self._op("sub", 0, self._number(self.target)), LINE - 1)
            before = self._op("udiv", to_line, self.size)
        down, across = (self._pieces_of(extent, step) for extent, step in ((high, height), (wide, WIDTH)))
        pieces = self._op("mul", down, across)
        run = self._op("udiv", "%units", pieces)  # a unit is a smaller part of the matrix
        first, behind = (
            self._op("udiv", self._op("add", at, self._op("sub", run, 1)), run) for at in ("%begin", "%end")
        )

        def piece(number: str) -> None:
            strip, place = self._op("udiv", number, down), self._op("urem", number, down)
            left = self._least(self._op("mul", strip, WIDTH), self._op("sub", wide, self.lanes))
            right = self._least(self._op("add", left, WIDTH), wide)
            line = self._op("add", self._op("mul", place, height), before)
            begin, end = self._least(line, high), self._least(self._op("add", line, height), high)
            top = self._choose(self.text.emit(f"icmp eq i64 {place}, 0"), "0", begin)
            last = self.text.emit(f"icmp eq i64 {self._op('add', place, 1)}, {down}")
            bottom = self._choose(last, high, end)
            whole = self._op("add", begin, self._op("and", self._op("sub", bottom, begin), -ROWS))
            self._one_by_one((top, begin), (left, right))
            self._one_by_one((whole, bottom), (left, right))
            self._loop(
                begin,
                whole,
                ROWS,
                lambda row: self._loop(left, right, LINE // self.size, lambda c: self._lines(row, c, right)),
            )

        self._loop(first, self._least(behind, pieces), 1, piece)

    def _pieces_of(self, extent: str, step: int) -> str:
        return self._op("udiv", self._op("add", extent, step - 1), step)

    def _one_by_one(self, rows: tuple[str, str], columns: tuple[str, str]) -> None:
        """Write the copy of elements one by one, through the cache: before the first whole line, and behind the last."""

        def element(row: str, column: str) -> None:
            value = self.text.emit(f"load {self.found.kind}, ptr {self._read_at(row, column)}, align {self.size}")
            self.text.do(f"store {self.found.kind} {value}, ptr {self._written_at(row, column)}, align {self.size}")

        self._loop(*columns, 1, lambda column: self._loop(*rows, 1, lambda row: element(row, column)))

    def _lines(self, row: str, column: str, right: str) -> None:
        """Write the copy of a line of each of `ROWS` rows, the last one's elements perhaps once more."""
        if self.size == 4:
            # Lines of float64 take 1.05 to 1.3 of the time if they are asked for.
            self._ask(row, column)
        last = self._op("sub", right, self.lanes)
        for start in range(0, LINE // self.size, self.lanes):
            begin = self._least(self._op("add", column, start), last)
            squares = []
            first, target = self._read_at(row, begin), self._written_at(row, begin)
            for k in range(0, ROWS, self.lanes):
                places = [self._at(first, self.rows[k + other]) for other in range(self.lanes)]
                loaded = [self.text.emit(f"load {self.vector}, ptr {place}, align {self.size}") for place in places]
                squares.append(square(self.text, self.found.kind, loaded))
            for k in range(self.lanes):
                place = self._at(target, self.columns[k])
                for number, turned in enumerate(squares):
                    at = self._at(place, str(number * self.lanes * self.size))
                    how = f"align {self.lanes * self.size}, !nontemporal !0" if self.past else f"align {self.size}"
                    self.text.do(f"store {self.vector} {turned[k]}, ptr {at}, {how}")

    def _ask(self, row: str, column: str) -> None:
        """Ask for the same line of the next rows."""
        self.text.declare("@llvm.prefetch.p0", "void", ["ptr", "i32", "i32", "i32"])
        first = self._read_at(row, column)
        for distance in self.rows[ROWS:]:
            place = self._at(first, distance)
            self.text.do(f"call void @llvm.prefetch.p0(ptr {place}, i32 0, i32 2, i32 1)")

    def _read_at(self, row: str, column: str) -> str:
        return self._element(self.source, self.apart, row, column)

    def _written_at(self, row: str, column: str) -> str:
        return self._element(self.target, self.pitch, column, row)

    def _element(self, base: str, apart: str, down: str, along: str) -> str:
        return self._at(self._at(base, self._op("mul", down, apart)), self._op("mul", along, self.size))

    def _number(self, address: str) -> str:
        return self.text.emit(f"ptrtoint ptr {address} to i64")

    def _at(self, base: str, distance: str) -> str:
        return self.text.emit(f"getelementptr i8, ptr {base}, i64 {distance}")

    def _op(self, op: str, a: str | int, b: str | int) -> str:
        return self.text.emit(f"{op} i64 {a}, {b}")

    def _least(self, a: str, b: str) -> str:
        return self._choose(self.text.emit(f"icmp slt i64 {a}, {b}"), a, b)

    def _choose(self, condition: str, yes: str, no: str) -> str:
        return self.text.emit(f"select i1 {condition}, i64 {yes}, i64 {no}")

    def _loop(self, first: str, behind: str, step: int, inside: Callable[[str], None]) -> None:
        """Write a loop from `first` on while below `behind`."""
        slot = self.text.alloca("i64", "place", 8)
        test, again, done = map(self.text.fresh, ("test", "again", "done"))
        self.text.do(f"store i64 {first}, ptr {slot}")
        self.text.do(f"br label {test}")
        self.text.label(test)
        place = self.text.emit(f"load i64, ptr {slot}")
        self.text.do(f"br i1 {self.text.emit(f'icmp slt i64 {place}, {behind}')}, label {again}, label {done}")
        self.text.label(again)
        inside(place)
        self.text.do(f"store i64 {self._op('add', place, step)}, ptr {slot}")
        self.text.do(f"br label {test}, !llvm.loop !1")
        self.text.label(done)
