"""A group kernel's group function: its phases one after another, in each the work-items by vectors along the last axis."""

from __future__ import annotations

from collections.abc import Callable

from jitkit.backends.spmd import carrying, roots, updates
from jitkit.backends.spmd.group_shape import shared_sites
from jitkit.backends.spmd.guesses import Span
from jitkit.backends.spmd.ir import Block, Function, Instruction
from jitkit.backends.spmd.layout import NOTED, GroupLayout, PhaseLayout
from jitkit.backends.spmd.lent import Loan
from jitkit.backends.spmd.memory import LINE
from jitkit.backends.spmd.phase_body import PhaseBody
from jitkit.backends.spmd.phases import START


class GroupWriter(GroupLayout):
    """Writes ``name(group indices, starts, steps, parameters)``, which runs one group."""

    def write(self, name: str) -> str:
        """Return the module's text."""
        self._shared()
        for number, (start, phase) in enumerate(self.phases.items()):
            PhaseWriter(self, number, start, phase).write()
        self.text.label("%finished")
        self.text.do("ret void")
        dimensions = range(len(self.shape.group))
        listed = [f"i64 %{letter}{k}" for letter in ("group.", "start.", "step.") for k in dimensions]
        listed += [f"{p.type} {p.text}" for p in self.function.parameters]
        if self.carried is not None:
            listed += ["ptr %carried", *(f"i64 %ahead.{k}" for k in dimensions)]
        inline = "" if self.dynamic else "alwaysinline "
        head = f"define void @{name}({', '.join(listed)}) {inline}nounwind {roots.EXACT} {{\nentry.group:"
        ends = []
        if self.carried is not None:
            ends = [carrying.functions(self.carried, f"{name}_end")]
            self.text.declare(*carrying.STORE)
        return "\n".join([head, *self.text.allocas, *self.text.lines, "}", *self.text.declared.values(), *ends, ""])

    def _shared(self) -> None:
        """Reserve shared memory; of a size known only here, when the first work-item asks for it."""
        for item in shared_sites(self.function):
            if item.callee not in self.sites:
                size = item.operands[0]
                if size.local:
                    self.sites[item.callee] = self.text.alloca("ptr", "dynamic", 8)
                    self.text.do(f"store ptr null, ptr {self.sites[item.callee]}")
                else:
                    memory = self.text.alloca(f"[{int(size.text) + 2 * self.margin} x i8]", "shared")
                    self.sites[item.callee] = self.text.emit(f"getelementptr i8, ptr {memory}, i64 {self.margin}")
        for site in self.lent:
            self.own_rows(site)
        self.one_turn()
        self.text.do("br label %phase.0")


class PhaseWriter(PhaseLayout):
    """Writes the loops over the vectors of a group around one phase."""

    def write(self) -> None:
        """Write the phase and the way to the next."""
        self.text.label(f"%phase.{self.number}")
        if self.noted:
            self._reload()
            self._axis(0, [], "0", self._note)
            self.text.do(f"br label {self._again()}")
            self.text.label(self._again())
        self._reload()
        for site, loan in self.asked.items():
            self._look_ahead(site, loan)
        if self.phase.spans is None:
            self._whole()
        else:
            self._whole_or_parts(self.phase.spans)
        if self.late is not None:
            self._update(self.late)
        self._go_on()

    def _again(self) -> str:
        return f"%phase.{self.number}.again" if self.noted else f"%phase.{self.number}"

    def _reload(self) -> None:
        for name in self.layout.cutter.kept(self.start):
            if self.layout.common(name):
                self.reloaded[name] = self.text.emit(f"load {self.layout.held(name)}, ptr {self.layout.frames[name]}")

    def _note(self, places: list[str], number: str, mask: str | None) -> None:
        """Note of a vector what is guessed: it is not asked again in each turn of the loop around the phase.

        stencil_tiled spent 0.4 of its instructions so.
        """
        if mask is None:
            steps = [item for needed in self.phase.guessed.values() for item in needed]
            body, block = self._beginning(places, number, steps)
            note = body.note_of([needed[-1] for needed in self.phase.guessed.values()], self.phase.kept, block)
            self.text.do(f"store i{NOTED} {note}, ptr {self._place_of_note(number)}")

    def _place_of_note(self, number: str) -> str:
        return self.text.emit(f"getelementptr i{NOTED}, ptr {self.notes}, i64 {number}")

    def _update(self, item: Instruction) -> None:
        """Go through the elements that the phase updates, in the order of the work-items."""
        array, kind = self.layout.sites[self.phase.shapes.shared[item.operands[0].text]], self.layout.vector.type("i32")

        def update(number: str) -> None:
            first = self.text.emit(f"getelementptr {kind}, ptr {self.places}, i64 {number}")
            for lane in range(self.shape.lanes):
                place = self.text.emit(f"getelementptr i32, ptr {first}, i64 {lane}")
                distance = self.text.emit(f"sext i32 {self.text.emit(f'load i32, ptr {place}')} to i64")
                address = self.text.emit(f"getelementptr i8, ptr {array}, i64 {distance}")
                updates.alone(self.text, item, [address, item.operands[1].text])

        self._loop(self.shape.vectors, update)

    def _whole_or_parts(self, spans: dict[str, Span]) -> None:
        """Write the phase twice: for groups in which all guesses hold, by one test, and for others."""
        whole, parts, past = map(self.text.fresh, ("whole", "parts", "past"))
        tests = dict(self.phase.guessed)
        for loan in self.loans.values():
            tests, spans = tests | loan.tests, spans | loan.spans
        holds = self._guesses_hold(["0"] * len(self.shape.group), "0", tests, spans)
        self.text.do(f"br i1 {holds}, label {whole}, label {parts}")
        known = {name: span.outcome for name, span in spans.items() if span.outcome is not None}
        self.text.label(whole)
        for site, loan in self.loans.items():
            self._lend(site, loan)
        further = self._lengthen()
        self.outcomes, self.lending = known, True
        self._whole()
        self._go_further(further)
        self.text.do(f"br label {past}")
        self.text.label(parts)
        for site in self.loans:
            self.layout.own_rows(site)
        self.layout.one_turn()
        self.outcomes, self.lending = None, False
        self._plainly()
        self.text.do(f"br label {past}")
        self.text.label(past)

    def _plainly(self) -> None:
        self._axis(0, [], "0", self._vectors)

    def _whole(self) -> None:
        """Write the phase; one that stores rows which the next group goes on with twice, to store them past the cache."""
        items = [item for block in self.phase.function.blocks.values() for item in block.code]
        if self.layout.carried is None or all(self.layout.carried.number(item) is None for item in items):
            self._plainly()
            return
        lines, plainly, done = map(self.text.fresh, ("lines", "plainly", "done"))
        test = self.text.emit("icmp ne ptr %carried, null")
        self.text.do(f"br i1 {test}, label {lines}, label {plainly}")
        for label, self.carrying in ((lines, True), (plainly, False)):
            self.text.label(label)
            self._plainly()
            self.text.do(f"br label {done}")
        self.text.label(done)

    def _go_on(self) -> None:
        numbers = {start: number for number, start in enumerate(self.layout.phases)}
        ends = any(block.code[-1].op == "ret" for block in self.phase.function.blocks.values())
        targets = [self._again() if name == self.start else f"%phase.{numbers[name]}" for name in self.phase.exits]
        if not targets:
            self.text.do("br label %finished")
        elif len(targets) == 1 and not ends:
            self.text.do(f"br label {targets[0]}")
        else:
            following = self.text.emit(f"load i32, ptr {self.layout.next}")
            cases = " ".join(
                f"i32 {numbers[name]}, label {t}" for name, t in zip(self.phase.exits, targets, strict=True)
            )
            self.text.do(f"switch i32 {following}, label %finished [{cases}]")

    def _axis(
        self, axis: int, places: list[str], before: str, inside: Callable[[list[str], str, str | None], None]
    ) -> None:
        """Write the loop along one axis, with what is `inside` for each vector.

        `before` numbers the vectors that came before, in units of this axis.
        """
        group = self.shape.group
        if axis < len(group) - 1:

            def along(place: str) -> None:
                self._axis(axis + 1, [*places, place], self._number(before, group[axis], place), inside)

            self._loop(group[axis], along)
            return
        columns = self.shape.full + (self.shape.rest > 0)
        if self.phase.runs is not None:
            for run in self.phase.runs:
                self.outcomes = run.outcomes
                self._loop(run.count, lambda k: inside([self._scaled(k)], k, None), run.first)
        elif self.shape.full:
            self._loop(
                self.shape.full,
                lambda k: inside([*places, self._scaled(k)], self._number(before, columns, k), None),
            )
        if self.shape.rest:
            bits = ", ".join(f"i1 {'true' if k < self.shape.rest else 'false'}" for k in range(self.shape.lanes))
            first = str(self.shape.full * self.shape.lanes)
            inside([*places, first], self._number(before, columns, str(self.shape.full)), f"<{bits}>")

    def _number(self, before: str, count: int, place: str) -> str:
        if before == "0":
            return place
        whole = self.text.emit(f"mul nuw nsw i64 {before}, {count}")
        return self.text.emit(f"add nuw nsw i64 {whole}, {place}")

    def _scaled(self, k: str) -> str:
        return self.text.emit(f"mul nuw nsw i64 {k}, {self.shape.lanes}")

    def _loop(self, count: int, inside: Callable[[str], None], first: int = 0) -> None:
        if count == 1:
            inside(str(first))
            return
        slot = self.text.alloca("i64", "counter", 8)
        again, done = self.text.fresh("again"), self.text.fresh("done")
        self.text.do(f"store i64 {first}, ptr {slot}")
        self.text.do(f"br label {again}")
        self.text.label(again)
        place = self.text.emit(f"load i64, ptr {slot}")
        inside(place)
        following = self.text.emit(f"add nuw nsw i64 {place}, 1")
        self.text.do(f"store i64 {following}, ptr {slot}")
        more = self.text.emit(f"icmp ult i64 {following}, {first + count}")
        self.text.do(f"br i1 {more}, label {again}, label {done}")
        self.text.label(done)

    def _vectors(self, places: list[str], number: str, mask: str | None) -> None:
        """Write the phase for one vector, and what it asks for."""
        if self.carrying:
            for site in self.layout.coming:
                self._ask_for_rows(site, number)
        self._vector_and_late(places, number, mask)
        if self.asked and not self.carrying:
            self._ask_unless_past(number)

    def _vector_and_late(self, places: list[str], number: str, mask: str | None) -> None:
        """Write the phase for one vector, and where its late updates go.

        Those that no work-item comes to go to the margin before the array, which nobody reads. That is told apart in
        registers: group_histogram took 1.1 times the time where all places went there first.
        """
        if self.late is None:
            self._vector(places, number, mask)
            return
        vector = self.layout.vector
        kind = vector.type("i32")
        self.text.do(f"store {kind} {vector.multiples('i32', 8, -self.layout.margin)}, ptr {self.going}")
        self._vector(places, number, mask)
        own = self.text.emit(f"getelementptr {kind}, ptr {self.places}, i64 {number}")
        self.text.do(f"store {kind} {self.text.emit(f'load {kind}, ptr {self.going}')}, ptr {own}")

    def _vector(self, places: list[str], number: str, mask: str | None) -> None:
        """Write the phase for one vector: twice where a test at its start tells that guesses hold."""
        after = self.text.fresh("after")
        if mask is None and self.outcomes is not None and self.phase.likely is not None:
            PhaseBody(self, self.phase.function, self.phase.likely, places, number, mask, after).write(START)
            self.text.label(after)
            return
        if mask is None and self.phase.likely is not None and self.phase.runs is None:
            likely, unlikely = self.text.fresh("likely"), self.text.fresh("unlikely")
            if self.noted:
                self.note = self.text.emit(f"load i{NOTED}, ptr {self._place_of_note(number)}")
                holds = self.text.emit(f"trunc i{NOTED} {self.note} to i1")
            else:
                holds = self._guesses_hold(places, number, self.phase.guessed, {})
            self.text.do(f"br i1 {holds}, label {likely}, label {unlikely}")
            self.text.label(likely)
            PhaseBody(self, self.phase.probable, self.phase.likely, places, number, mask, after).write(START)
            self.text.label(unlikely)
        PhaseBody(self, self.phase.function, self.phase.shapes, places, number, mask, after).write(START)
        self.text.label(after)

    def _guesses_hold(
        self, places: list[str], number: str, tests: dict[str, list[Instruction]], spans: dict[str, Span]
    ) -> str:
        """Write the test whether each guessed comparison comes out the same in all lanes, or in all of a group."""
        body, block = self._beginning(places, number, [item for needed in tests.values() for item in needed])
        return body.agreement([needed[-1] for needed in tests.values()], self.phase.kept, block, spans)

    def _look_ahead(self, site: str, loan: Loan) -> None:
        """Find the rows that a coming group will copy."""
        body, block = self._beginning(["0"] * len(self.shape.group), "0", loan.steps)
        body.straight(block)
        coming, apart = self.layout.coming[site]
        self.text.do(f"store ptr {body.next_group(loan.first)}, ptr {coming}")
        self.text.do(f"store i64 {self.text.emit(f'mul i64 {body.scalar(loan.pitch)}, {loan.times}')}, ptr {apart}")

    def _ask_unless_past(self, number: str) -> None:
        """Ask for a vector's part of the rows where they are copied, but in launches that store past the cache.

        Plain stores ask for lines themselves: beside them the rows came later, and transpose of 2,048 rows took 1.2 of the time.
        """
        asking, asked = self.text.fresh("asking"), self.text.fresh("asked")
        plain = self.text.emit("icmp eq ptr %carried, null")
        self.text.do(f"br i1 {plain}, label {asking}, label {asked}")
        self.text.label(asking)
        for site in self.asked:
            self._ask_for_rows(site, number)
        self.text.do(f"br label {asked}")
        self.text.label(asked)

    def _ask_for_rows(self, site: str, number: str) -> None:
        """Ask for a vector's part of the rows that a coming group will copy.

        Asked for all at once, where a group copies its own, they are more than can be under way, and nothing is while it stores
        past the cache: spread over its stores, transpose takes 0.87 (float32) and 0.92 (float64) of the time.
        """
        array = self.layout.copied[site]
        several = -(-array.rows // self.shape.vectors)
        coming, pitch = (
            self.text.emit(f"load {kind}, ptr {slot}")
            for kind, slot in zip(("ptr", "i64"), self.layout.coming[site], strict=True)
        )
        self.text.declare("@llvm.prefetch.p0", "void", ["ptr", "i32", "i32", "i32"])
        first = self.text.emit(f"mul i64 {number}, {several}")
        for k in range(several):
            row = self.text.emit(f"mul i64 {self.text.emit(f'add i64 {first}, {k}')}, {pitch}")
            for byte in (*range(0, array.width, LINE), array.width - 1):
                place = self.text.emit(
                    f"getelementptr i8, ptr {coming}, i64 {self.text.emit(f'add i64 {row}, {byte}')}"
                )
                self.text.do(f"call void @llvm.prefetch.p0(ptr {place}, i32 0, i32 2, i32 1)")

    def _lend(self, site: str, loan: Loan) -> None:
        """Let the rows that a phase would copy be what is read of a shared array."""
        body, block = self._beginning(["0"] * len(self.shape.group), "0", loan.steps)
        body.straight(block)
        rows, pitch = self.layout.rows[site]
        self.text.do(f"store ptr {body.scalar(loan.first)}, ptr {rows}")
        self.text.do(f"store i64 {self.text.emit(f'mul i64 {body.scalar(loan.pitch)}, {loan.times}')}, ptr {pitch}")

    def _lengthen(self) -> str | None:
        """Let the loop down the tiles go on for as many turns as will be lent too; return how far the counter goes on."""
        longer = self.layout.longer
        if longer is None or self.start not in longer.limits:
            return None
        steps, limits = longer.limits[self.start]
        turns = "1"
        for number in longer.numbers:
            body, block = self._beginning(["0"] * len(self.shape.group), "0", steps)
            spans = {limit.test.name: limit.after(number - 1) for limit in limits}
            holds = body.agreement([limit.test for limit in limits], [], block, spans)
            turns = self.text.emit(f"select i1 {holds}, i64 {number}, i64 {turns}")
        self.text.do(f"store i64 {self.text.emit(f'mul i64 {turns}, {longer.depth}')}, ptr {self.layout.depth}")
        return self.text.emit(f"mul i64 {self.text.emit(f'sub i64 {turns}, 1')}, {longer.step}")

    def _go_further(self, further: str | None) -> None:
        """Let the counter of turns be what it is in the last of those that are made as one."""
        if further is not None and self.layout.longer is not None:
            frame = self.layout.frames[self.layout.longer.counter]
            counter = self.text.emit(f"add i64 {self.text.emit(f'load i64, ptr {frame}')}, {further}")
            self.text.do(f"store i64 {counter}, ptr {frame}")

    def _beginning(self, places: list[str], number: str, steps: list[Instruction]) -> tuple[PhaseBody, Block]:
        """Return a body for one vector, and a block with what is known at the start of the phase and some steps more."""
        start = self.phase.function.blocks[START].code[:-1]
        more: list[Instruction] = []
        for item in steps:
            if item not in start and item not in more:
                more.append(item)
        block = Block(START, [*start, *more, Instruction("", "ret", "void", [])])
        function = Function("", self.phase.function.parameters, {START: block})
        return PhaseBody(self, function, self.phase.shapes, places, number, None, ""), block
