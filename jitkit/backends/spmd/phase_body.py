"""The code of one phase for one vector of work-items."""

from __future__ import annotations

import math
from collections.abc import Iterator

from jitkit.backends.spmd import regions
from jitkit.backends.spmd.body import Body
from jitkit.backends.spmd.carrying import PLACE
from jitkit.backends.spmd.folding import constant
from jitkit.backends.spmd.graph import Loop
from jitkit.backends.spmd.guesses import Span, cheap
from jitkit.backends.spmd.ir import Block, Function, Instruction, Value
from jitkit.backends.spmd.layout import NOTED, PhaseLayout
from jitkit.backends.spmd.phases import START
from jitkit.backends.spmd.polynomials import Polynomial
from jitkit.backends.spmd.shapes import Shapes
from jitkit.backends.spmd.writer import aligned

AHEAD = 2560
"""Bytes that a group's rows of an array are asked for before they are read, where a turn reads fewer.

In rows of 768 two turns take 0.95 of the time of one, three and four 0.92; in rows of 1,536 two take 0.98 to 1.04.
"""

MOST_TURNS = 4
"""Turns ahead, more of which none was measured."""


class PhaseBody(Body):
    """The code of one phase for one vector of work-items."""

    def __init__(
        self,
        phase: PhaseLayout,
        function: Function,
        shapes: Shapes,
        places: list[str],
        number: str,
        mask: str | None,
        after: str,
    ) -> None:
        self.phase, self.places, self.number, self.after = phase, places, number, after
        computing = (block for block in function.blocks.values() if block.name != START)
        self.fresh = phase.fresh
        self.is_once = False
        self.turning: Loop | None = None
        self.turns = 1
        self.outcomes = (phase.outcomes or {}) if shapes is phase.phase.likely else {}
        self.note = phase.note if shapes is phase.phase.likely else None
        self.changed = {item.name for block in computing for item in block.code}
        found = regions.find(shapes.graph, START, sorted(shapes.divergent))
        super().__init__(
            phase.text, function, shapes, found, phase.shape.lanes, mask, phase.parameters(places), self._leave
        )
        self._slots(function)

    def _slots(self, function: Function) -> None:
        """Reserve slots for what comes from other phases and what goes to them."""
        layout = self.phase.layout
        for start in (self.phase.start, *self.phase.phase.exits):
            for name in layout.cutter.kept(start):
                if name in self.definitions:
                    self._slot(name, layout.cutter.types[name])
        for item in function.blocks[START].code[:-1]:
            self._slot(item.name, item.type)

    def agreement(self, tests: list[Instruction], kept: list[str], block: Block, spans: dict[str, Span]) -> str:
        """Write a block in place and return whether its comparisons, and what is kept, are the same in all lanes."""
        self.straight(block)
        held = "true"
        for same in (*(self._agree(test, spans.get(test.name)) for test in tests), *map(self._equal, kept)):
            held = self.text.emit(f"and i1 {held}, {same}")
        return held

    def note_of(self, tests: list[Instruction], kept: list[str], block: Block) -> str:
        """Write a block in place and return the vector's note: whether all that is guessed holds, and how each comes out."""
        total = self.text.emit(f"zext i1 {self.agreement(tests, kept, block, {})} to i{NOTED}")
        outcomes = [self._of_first_lane(test) for test in tests]
        outcomes += [self.vector.lane("i1", self.whole(Value("i1", name)), 0) for name in kept]
        for k, outcome in enumerate(outcomes):
            bit = self.text.emit(f"shl i{NOTED} {self.text.emit(f'zext i1 {outcome} to i{NOTED}')}, {k + 1}")
            total = self.text.emit(f"or i{NOTED} {total}, {bit}")
        return total

    def _of_first_lane(self, test: Instruction) -> str:
        first = [self._ends(v, None)[0] if self.shapes.of(v) != 0 else self.scalar(v) for v in test.operands]
        return self.text.emit(f"icmp {test.head} i64 {first[0]}, {first[1]}")

    def _equal(self, name: str) -> str:
        bits = self.text.emit(f"bitcast {self.vector.mask_type} {self.whole(Value('i1', name))} to i{self.lanes}")
        # All bits or none: one more is 0 or 1.
        return self.text.emit(f"icmp ult i{self.lanes} {self.text.emit(f'add i{self.lanes} {bits}, 1')}, 2")

    def _agree(self, test: Instruction, span: Span | None) -> str:
        """Return whether a comparison of a value of known places with a uniform one comes out the same in all lanes.

        Its ends tell where the values between do not wrap: LLVM writes ``2 <= c < 5`` as ``c - 2`` below 3, unsigned,
        which is false for the first and the last of c = 0 to 7 and true between.
        """
        moving, fixed = sorted(test.operands, key=lambda v: self.shapes.of(v) == 0)
        (first, last), bound = self._ends(moving, span), self.scalar(fixed)
        predicate = test.head.split()[-1]
        if predicate in ("eq", "ne"):
            length = self.text.emit(f"sub i64 {last}, {first}")
            distance = self.text.emit(f"sub i64 {bound}, {first}")
            return self.text.emit(f"icmp ugt i64 {distance}, {length}")
        ends = []
        for end in (first, last):
            pair = f"{end}, {bound}" if moving is test.operands[0] else f"{bound}, {end}"
            ends.append(self.text.emit(f"icmp {predicate} i64 {pair}"))
        same = self.text.emit(f"icmp eq i1 {ends[0]}, {ends[1]}")
        wanted_outcome = self.phase.phase.expected.get(test.name) if span is None else span.outcome
        if wanted_outcome is not None:
            wanted = self.text.emit(f"icmp eq i1 {ends[0]}, {str(wanted_outcome).lower()}")
            same = self.text.emit(f"and i1 {same}, {wanted}")
        rising = self.text.emit(f"icmp {predicate[0]}le i64 {first}, {last}")
        return self.text.emit(f"and i1 {same}, {rising}")

    def _ends(self, value: Value, span: Span | None) -> tuple[str, str]:
        """Return the least and the largest value of all lanes, or of a group from work-item 0 on, where none wraps."""
        first, pattern = self.scalar(value), self.shapes.patterns.get(value.text)
        if span is not None:
            reach = (span.least, span.most)
        elif self.shapes.of(value) is None and pattern is not None:
            reach = (min(pattern.offsets), max(pattern.offsets))
        else:
            return first, self.end(value, last=True)
        least, most = (self.text.emit(f"add i64 {first}, {offset}") for offset in reach)
        return least, most

    def _read_by(self, item: Instruction) -> Iterator[Value]:
        yield from super()._read_by(item)
        if item.op == "load" and item.operands[0].text not in self.shapes.shared:
            yield from self._sources(item.operands[0])

    def _sources(self, value: Value) -> Iterator[Value]:
        """Yield what an address is computed from, for the next group's."""
        item = self.definitions.get(value.text)
        if item is not None and cheap(item):
            for operand in item.operands:
                yield operand
                yield from self._sources(operand)

    def _code(self, block: Block, mask: str | None) -> None:
        # What runs once for each group is worth asking for ahead of time: loops that begin with it fill the cache anew.
        self.is_once = mask is None and block.name not in self.shapes.loop and self.phase.is_once
        self.turning = None if mask is not None or self.phase.is_once else self._loop_of_all(block.name)
        super()._code(block, mask)

    def _loop_of_all(self, block: str) -> Loop | None:
        """Return the innermost loop around a block whose turns the vectors of a group make together."""
        whole = self.phase.layout.function.blocks
        loop = self.phase.layout.shapes.loop.get(block)
        while loop is not None and not any(whole[name].code[-1].op == "barrier" for name in loop.blocks):
            loop = loop.parent
        return loop

    def ahead(self, value: Value, size: int, to_write: bool) -> str | None:
        """Return what lane 0 will hold of an address the next time that this code runs, or some turns later.

        The next time is in the next group, or in the next turn of a loop around barriers: matmul_tiled takes 0.9 of the
        time where the next tiles come from memory while the sums of these are added up. What another loop loads is a
        stream, which the processor sees coming: asked for ahead of time, a sum takes 1.2 of its time. Clamped rows count
        as well: stencil_tiled, which goes down its tiles by a short row a turn, takes 0.83 of the time. Turns that read so little
        are over before memory answers: asked for `AHEAD` bytes before, it takes 0.92 (float32, three turns).
        """
        shapes, layout = self.shapes, self.phase.layout
        if not value.local or value.text in shapes.shared or value.text in layout.in_order:
            return None
        # Rows that are read where they lie, for several turns at once, are a stream.
        if self.phase.lending and layout.longer is not None:
            return None
        if any(value.text in loan.sources for loan in self.phase.asked.values()):
            return None
        # Behind a loop around barriers it is too early: matmul_tiled took 1.07 of the time. Within, stencil_tiled takes 0.85
        # (float32) and 0.89 (float64) of the time, with AVX2 0.81 and 0.87.
        if to_write and layout.turns and self.turning is None:
            return None
        self.turns = min(MOST_TURNS, max(1, AHEAD // (size * math.prod(self.phase.shape.group))))
        found = self._ahead(value) if self.is_once or self.turning is not None else None
        return found if found != self._base(value) else None

    def _step_of(self, phi: Instruction) -> int | None:
        """Return what is added to a loop's counter in each turn."""
        for value in phi.operands:
            made = self.shapes.made.get(value.text)
            if made is not None and made.op == "add" and made.operands[0].text == phi.name:
                return constant(made.operands[1], {})
        return None

    def _distance(self, item: Instruction) -> int | None:
        """Return how much more a counter will be then; None where that is not known."""
        if self.turning is None:
            return None
        phis = self.phase.layout.function.blocks[self.turning.header].phis
        counter = next((phi for phi in phis if phi.name == item.name), None)
        if counter is None:  # of a loop within: the same as now
            return 0 if item.op == "phi" else None
        step = self._step_of(counter)
        return None if step is None else step * self.turns

    def _base(self, value: Value) -> str | None:
        """Return what lane 0 holds now, or None where that is not known: in a vector, or in another block alone."""
        here = not value.local or value.text in self.parameters or value.text in self.operations.frames
        here = here or value.text in self.slots or (value.text, "scalar") in self.known
        if (value.text, "first") in self.known:  # of a clamped value, whose end lanes its load has computed
            return self.end(value, last=False)
        return self.scalar(value) if here and self.shapes.of(value) is not None else None

    def next_group(self, value: Value) -> str:
        """Return what an address is in the group that is asked for now; what it is here where that is not known."""
        return self._ahead(value) or self.scalar(value)

    def _ahead(self, value: Value) -> str | None:
        """Return lane 0's value in the next group; its own text where it does not depend on the group."""
        key = (value.text, "ahead" if self.turning is None else f"{self.turns} turns on")
        if not value.local or value.text not in self.definitions:
            return self._parameter_ahead(value)
        if key not in self.known:
            item = self.definitions[value.text]
            if item.op in ("phi", "reload"):
                distance = self._distance(item)
                if not distance or self._base(value) is None:
                    return self._base(value) if distance == 0 else None
                self.known[key] = self.text.emit(f"add {item.type} {self.scalar(value)}, {distance}")
            elif item.callee.startswith(("@jk.local_index.", "@jk.group_index.")):
                _, kind, axis = item.callee.split(".")
                groups = self.phase.ahead(int(axis)) if self.is_once and kind == "group_index" else None
                if groups is None:
                    return self._base(value)
                self.known[key] = self.text.emit(f"add nsw i64 %group.{axis}, {groups}")
            elif not cheap(item) or (parts := [self._ahead(v) for v in item.operands]).count(None):
                return None
            elif parts == [self._base(v) for v in item.operands]:
                return self._base(value)
            else:
                self.known[key] = self.operations.computed(item, [part for part in parts if part is not None])
        return self.known[key]

    def _parameter_ahead(self, value: Value) -> str | None:
        group = self.phase.shape.group
        indices = [parameter.text for parameter in self.function.parameters[: len(group)]]
        if not value.local or value.text not in indices or not self.is_once:
            return self._base(value)
        axis, last = indices.index(value.text), len(group) - 1
        groups = self.phase.ahead(axis)
        if groups is None:
            return self._base(value)
        if axis == last and not self.phase.layout.unit_step:
            return None
        step = "1" if axis == last else f"%step.{axis}"
        distance = self.text.emit(f"mul nsw i64 {self.text.emit(f'mul nsw i64 {groups}, {group[axis]}')}, {step}")
        return self.text.emit(f"add nsw i64 {self.scalar(value)}, {distance}")

    def private_memory(self, item: Instruction, kind: str) -> str:
        """Return the memory of an alloca for the lanes of one vector."""
        own = self.phase.layout.private[item.name]
        return self.text.emit(f"getelementptr {aligned(kind)}, ptr {own}, i64 {self.number}")

    def row_place(self, item: Instruction) -> str | None:
        """Return the place where the end of a store's row waits for the next group, or None for a plain store."""
        places = self.row_places(item)
        carried = self.phase.layout.carried
        if places is None or carried is None:
            return None
        return self.text.emit(f"getelementptr [{PLACE} x i8], ptr {places[0]}, i64 {carried.number(item)}")

    def row_places(self, item: Instruction) -> tuple[str, int] | None:
        """Return where the ends wait of all rows that a vector's work-items store, and their number, or None likewise."""
        carried = self.phase.layout.carried if self.phase.carrying else None
        if carried is None or carried.number(item) is None:
            return None
        row, count = "0", len(carried.stores)
        for size, place in zip(self.phase.shape.group[:-1], self.places[:-1], strict=True):
            row = self.text.emit(f"add i64 {self.text.emit(f'mul i64 {row}, {size}')}, {place}")
        first = self.text.emit(f"mul i64 {row}, {count}")
        return self.text.emit(f"getelementptr [{PLACE} x i8], ptr %carried, i64 {first}"), count

    def lent_place(self, item: Instruction) -> str | None:
        """Return where a load of a shared array reads in lane 0 if rows of an array may stand for it, or None."""
        site = self.shapes.shared.get(item.operands[0].text, "")
        if site not in self.phase.layout.lent:
            return None
        (rows, pitch), read = self.phase.layout.rows[site], self.phase.layout.lent[site].reads[item.name]
        down, across = map(self._sum, read)
        distance = self.text.emit(f"load i64, ptr {pitch}")
        row = self.text.emit(f"getelementptr i8, ptr {self.text.emit(f'load ptr, ptr {rows}')}, i64 {across}")
        return self.text.emit(f"getelementptr i8, ptr {row}, i64 {self.text.emit(f'mul i64 {down}, {distance}')}")

    def _sum(self, parts: Polynomial) -> str:
        """Return what a sum of places and counters is in lane 0."""
        total = str(parts.get((), 0))
        for term, factor in parts.items():
            if term:
                value = self.parameters.get(term[0]) or self.scalar(Value("i64", term[0]))
                total = self.text.emit(f"add i64 {total}, {self.text.emit(f'mul i64 {value}, {factor}')}")
        return total

    def is_lent(self, item: Instruction) -> bool:
        """Tell whether a store is of a copy that is not made, for what it copies is read instead."""
        return self.phase.lending and self.shapes.shared.get(item.operands[1].text) in self.phase.loans

    def late_place(self, item: Instruction) -> str | None:
        """Return where a vector's places wait that an update changes at the end of the phase, or None."""
        return None if item is not self.phase.late or self.shapes.of(item.operands[0]) == 0 else self.phase.going

    def shared_memory(self, site: str) -> tuple[str, int]:
        """Return the address of a shared array that has been asked for, and how many bytes before it belong to it."""
        layout = self.phase.layout
        memory = layout.sites[site]
        return self.text.emit(f"load ptr, ptr {memory}") if site in layout.dynamic else memory, layout.margin

    def special(self, item: Instruction) -> str | None:
        """Return the value of a reload, of a shared array, or of a comparison whose outcome or other side is known."""
        if self.note is not None and item.name in self.phase.noted:
            bit = self.text.emit(f"lshr i{NOTED} {self.note}, {self.phase.noted[item.name]}")
            return self.text.emit(f"trunc i{NOTED} {bit} to i1")
        if item.op == "reload":
            if item.name in self.phase.reloaded:
                return self.phase.reloaded[item.name]
            kind = self.phase.layout.held(item.name)
            value = self.text.emit(f"load {kind}, ptr {self._frame(item.name, kind)}")
            alike = item.name in self.phase.phase.kept and self.shapes.strides[item.name] == 0
            return self.vector.lane(item.type, value, 0) if alike else value
        if item.op == "icmp":
            if (longer := self.phase.layout.longer) is not None and item.name == longer.test:
                depth = self.text.emit(f"load i64, ptr {self.phase.layout.depth}")
                return self.text.emit(f"icmp eq i64 {self.scalar(longer.following)}, {depth}")
            return str(self.outcomes[item.name]).lower() if item.name in self.outcomes else None
        site = self.phase.layout.sites.get(item.callee)
        if site is None or not item.operands[0].local:
            return site
        return self._dynamic(site, self.scalar(item.operands[0]))

    def _dynamic(self, site: str, size: str) -> str:
        present, first, ready = (
            self.text.emit(f"load ptr, ptr {site}"),
            self.text.fresh("first"),
            self.text.fresh("ready"),
        )
        missing = self.text.emit(f"icmp eq ptr {present}, null")
        self.text.do(f"br i1 {missing}, label {first}, label {ready}")
        self.text.label(first)
        margin = self.phase.layout.margin
        whole = self.text.emit(f"add i64 {size}, {2 * margin}")
        memory = self.text.emit(f"alloca i8, i64 {whole}, align 64")
        inner = self.text.emit(f"getelementptr i8, ptr {memory}, i64 {margin}")
        self.text.do(f"store ptr {inner}, ptr {site}")
        self.text.do(f"br label {ready}")
        self.text.label(ready)
        return self.text.emit(f"load ptr, ptr {site}")

    def _frame(self, name: str, kind: str) -> str:
        return self.text.emit(f"getelementptr {kind}, ptr {self.phase.layout.frames[name]}, i64 {self.number}")

    def _leave(self, block: Block) -> None:
        end, layout = block.code[-1], self.phase.layout
        number = -1
        if end.op == "barrier":
            target = layout.function.blocks[block.name].code[-1].labels[0]
            number = list(layout.phases).index(target)
            for name in layout.cutter.kept(target):
                if name in self.changed:  # what else is kept is in its place
                    self._keep(name)
        self.text.do(f"store i32 {number}, ptr {layout.next}")
        self.text.do(f"br label {self.after}" if end.op in ("ret", "barrier") else "unreachable")

    def _keep(self, name: str) -> None:
        layout = self.phase.layout
        value, kind = Value(layout.cutter.types[name], name), layout.held(name)
        text = self.whole(value) if layout.shapes.strides[name] is None else self.scalar(value)
        place = layout.frames[name] if layout.common(name) else self._frame(name, kind)
        self.text.do(f"store {kind} {text}, ptr {place}")
