"""A group kernel's group function: its phases one after another, in each the work-items by vectors along the last axis."""

from __future__ import annotations

from collections.abc import Callable

from jitkit.backends.spmd import regions
from jitkit.backends.spmd.body import Body
from jitkit.backends.spmd.group_shape import Shape, roots, shared_sites, varying
from jitkit.backends.spmd.ir import Block, Function, Instruction, Value
from jitkit.backends.spmd.phases import START, Cutter, Phase, refuse_divergent, split_at_barriers
from jitkit.backends.spmd.shapes import Shapes
from jitkit.backends.spmd.writer import Lanes, Text, aligned, wide


class GroupWriter:
    """Writes ``name(group indices, starts, steps, parameters)``, which runs one group."""

    def __init__(self, function: Function, shape: Shape, unit_step: bool) -> None:
        self.shape, self.unit_step = shape, unit_step
        self.function = split_at_barriers(function)
        everyone = Shapes(self.function, varying(self.function, shape.group))
        refuse_divergent(everyone)
        self.shapes = self._shapes()
        self.cutter = Cutter(self.function, self.shapes, everyone, shape.places())
        self.phases = self.cutter.phases()
        self.text = Text()
        self.vector = Lanes(self.text, shape.lanes)
        self.frames = self._frames()
        self.private = {
            item.name: self.text.alloca(f"[{shape.vectors} x {aligned(f'[{shape.lanes} x {item.element}]')}]", "own")
            for block in self.function.blocks.values() for item in block.code if item.op == "alloca"
        }  # fmt: skip
        self.next = self.text.alloca("i32", "next", 4)

    def _shapes(self) -> Shapes:
        alone = self.shape.lanes == 1
        if alone:
            everywhere = dict.fromkeys(varying(self.function, self.shape.group), 0)
            return Shapes(self.function, everywhere, alone=True)
        return Shapes(self.function, roots(self.function, self.shape.group, 1 if self.unit_step else None))

    def _frames(self) -> dict[str, str]:
        """Reserve memory for every value that lives across a barrier."""
        kept = sorted({name for start in self.phases for name in self.cutter.kept(start)})
        return {
            name: self.text.alloca(
                self.held(name) if self.common(name) else f"[{self.shape.vectors} x {self.held(name)}]", "frame"
            )
            for name in kept
        }

    def common(self, name: str) -> bool:
        """Tell whether a value is the same for the whole group."""
        return self.cutter.group.strides[name] == 0

    def held(self, name: str) -> str:
        """Return the type that holds a value for one vector of work-items."""
        kind = self.cutter.types[name]
        return wide(kind, self.shape.lanes) if self.shapes.strides[name] is None else kind

    def write(self, name: str) -> str:
        """Return the module's text."""
        self._shared()
        for number, (start, phase) in enumerate(self.phases.items()):
            _PhaseWriter(self, number, start, phase).write()
        self.text.label("%finished")
        self.text.do("ret void")
        dimensions = range(len(self.shape.group))
        listed = [f"i64 %{letter}{k}" for letter in ("group.", "start.", "step.") for k in dimensions]
        listed += [f"{p.type} {p.text}" for p in self.function.parameters]
        dynamic = any(item.operands[0].local for item in shared_sites(self.function))
        inline = "" if dynamic else "alwaysinline "
        head = f"define void @{name}({', '.join(listed)}) {inline}nounwind {{\nentry.group:"
        return "\n".join([head, *self.text.allocas, *self.text.lines, "}", *self.text.declared.values(), ""])

    @property
    def margin(self) -> int:
        """Bytes before and behind a shared array: stores under a mask write back what lies beside it."""
        return 64 * -(-8 * self.shape.lanes // 64)

    def _shared(self) -> None:
        """Reserve shared memory; of a size known only here, when the first work-item asks for it."""
        self.sites: dict[str, str] = {}
        for item in shared_sites(self.function):
            if item.callee not in self.sites:
                size = item.operands[0]
                if size.local:
                    self.sites[item.callee] = self.text.alloca("ptr", "dynamic", 8)
                    self.text.do(f"store ptr null, ptr {self.sites[item.callee]}")
                else:
                    memory = self.text.alloca(f"[{int(size.text) + 2 * self.margin} x i8]", "shared")
                    self.sites[item.callee] = self.text.emit(f"getelementptr i8, ptr {memory}, i64 {self.margin}")
        self.text.do("br label %phase.0")


class _PhaseWriter:
    """Writes the loops over the vectors of a group around one phase."""

    def __init__(self, writer: GroupWriter, number: int, start: str, phase: Phase) -> None:
        self.writer, self.number, self.start, self.phase = writer, number, start, phase
        self.text, self.shape = writer.text, writer.shape
        self.reloaded: dict[str, str] = {}

    def write(self) -> None:
        """Write the phase and the way to the next."""
        self.text.label(f"%phase.{self.number}")
        for name in self.writer.cutter.kept(self.start):
            if self.writer.common(name):
                self.reloaded[name] = self.text.emit(f"load {self.writer.held(name)}, ptr {self.writer.frames[name]}")
        self._axis(0, [], "0")
        self._go_on()

    def _go_on(self) -> None:
        numbers = {start: number for number, start in enumerate(self.writer.phases)}
        ends = any(block.code[-1].op == "ret" for block in self.phase.function.blocks.values())
        targets = [f"%phase.{numbers[name]}" for name in self.phase.exits]
        if not targets:
            self.text.do("br label %finished")
        elif len(targets) == 1 and not ends:
            self.text.do(f"br label {targets[0]}")
        else:
            following = self.text.emit(f"load i32, ptr {self.writer.next}")
            cases = " ".join(
                f"i32 {numbers[name]}, label {t}" for name, t in zip(self.phase.exits, targets, strict=True)
            )
            self.text.do(f"switch i32 {following}, label %finished [{cases}]")

    def _axis(self, axis: int, places: list[str], before: str) -> None:
        """Write the loop along one axis; `before` numbers the vectors that came before, in units of this axis."""
        group = self.shape.group
        if axis < len(group) - 1:

            def inside(place: str) -> None:
                self._axis(axis + 1, [*places, place], self._number(before, group[axis], place))

            self._loop(group[axis], inside)
            return
        columns = self.shape.full + (self.shape.rest > 0)
        if self.shape.full:
            self._loop(
                self.shape.full,
                lambda k: self._vectors([*places, self._scaled(k)], self._number(before, columns, k), None),
            )
        if self.shape.rest:
            bits = ", ".join(f"i1 {'true' if k < self.shape.rest else 'false'}" for k in range(self.shape.lanes))
            first = str(self.shape.full * self.shape.lanes)
            self._vectors([*places, first], self._number(before, columns, str(self.shape.full)), f"<{bits}>")

    def _number(self, before: str, count: int, place: str) -> str:
        if before == "0":
            return place
        whole = self.text.emit(f"mul nuw nsw i64 {before}, {count}")
        return self.text.emit(f"add nuw nsw i64 {whole}, {place}")

    def _scaled(self, k: str) -> str:
        return self.text.emit(f"mul nuw nsw i64 {k}, {self.shape.lanes}")

    def _loop(self, count: int, inside: Callable[[str], None]) -> None:
        if count == 1:
            inside("0")
            return
        slot = self.text.alloca("i64", "counter", 8)
        again, done = self.text.fresh("again"), self.text.fresh("done")
        self.text.do(f"store i64 0, ptr {slot}")
        self.text.do(f"br label {again}")
        self.text.label(again)
        place = self.text.emit(f"load i64, ptr {slot}")
        inside(place)
        following = self.text.emit(f"add nuw nsw i64 {place}, 1")
        self.text.do(f"store i64 {following}, ptr {slot}")
        more = self.text.emit(f"icmp ult i64 {following}, {count}")
        self.text.do(f"br i1 {more}, label {again}, label {done}")
        self.text.label(done)

    def _vectors(self, places: list[str], number: str, mask: str | None) -> None:
        """Write the phase for one vector: twice where a test at its start tells that guesses hold."""
        after = self.text.fresh("after")
        if mask is None and self.phase.likely is not None:
            likely, unlikely = self.text.fresh("likely"), self.text.fresh("unlikely")
            holds = self._guesses_hold(places, number)
            self.text.do(f"br i1 {holds}, label {likely}, label {unlikely}")
            self.text.label(likely)
            _PhaseBody(self, self.phase.function, self.phase.likely, places, number, mask, after).write(START)
            self.text.label(unlikely)
        _PhaseBody(self, self.phase.function, self.phase.shapes, places, number, mask, after).write(START)
        self.text.label(after)

    def _guesses_hold(self, places: list[str], number: str) -> str:
        """Write the test whether each guessed comparison comes out the same in all lanes."""
        steps: list[Instruction] = []
        for needed in self.phase.guessed.values():
            steps += [item for item in needed if item not in steps]
        start = self.phase.function.blocks[START].code[:-1]
        block = Block(
            START, [*start, *(item for item in steps if item not in start), Instruction("", "ret", "void", [])]
        )
        function = Function("", self.phase.function.parameters, {START: block})
        body = _PhaseBody(self, function, self.phase.shapes, places, number, None, "")
        return body.agreement([self.phase.guessed[name][-1] for name in self.phase.guessed], self.phase.kept, block)

    def parameters(self, places: list[str]) -> dict[str, str]:
        """Return what stands for the indices and places of the work-items of one vector."""
        function, group = self.writer.function, self.shape.group
        found = {p.text: p.text for p in function.parameters}
        for axis, place in enumerate(places):
            found[f"@jk.local_index.{axis}"] = place
            found[f"@jk.group_index.{axis}"] = f"%group.{axis}"
            first = self.text.emit(f"mul nsw i64 %group.{axis}, {group[axis]}")
            position = self.text.emit(f"add nsw i64 {first}, {place}")
            last = axis == len(group) - 1
            if last and self.writer.unit_step:
                found[function.parameters[axis].text] = self.text.emit(f"add nsw i64 %start.{axis}, {position}")
                continue
            scaled = self.text.emit(f"mul nsw i64 %step.{axis}, {position}")
            index = self.text.emit(f"add nsw i64 %start.{axis}, {scaled}")
            if last and self.shape.lanes > 1:
                index = self.writer.vector.indices(index, f"%step.{axis}")
            found[function.parameters[axis].text] = index
        return found


class _PhaseBody(Body):
    """The code of one phase for one vector of work-items."""

    def __init__(
        self,
        phase: _PhaseWriter,
        function: Function,
        shapes: Shapes,
        places: list[str],
        number: str,
        mask: str | None,
        after: str,
    ) -> None:
        self.phase, self.number, self.after = phase, number, after
        found = regions.find(shapes.graph, START, sorted(shapes.divergent))
        super().__init__(
            phase.text, function, shapes, found, phase.shape.lanes, mask, phase.parameters(places), self._leave
        )
        self._slots(function)

    def _slots(self, function: Function) -> None:
        """Reserve slots for what comes from other phases and what goes to them."""
        writer = self.phase.writer
        for start in (self.phase.start, *self.phase.phase.exits):
            for name in writer.cutter.kept(start):
                if name in self.definitions:
                    self._slot(name, writer.cutter.types[name])
        for item in function.blocks[START].code[:-1]:
            self._slot(item.name, item.type)

    def agreement(self, tests: list[Instruction], kept: list[str], block: Block) -> str:
        """Write a block in place and return whether its comparisons, and what is kept, are the same in all lanes."""
        self.straight(block)
        held = "true"
        for same in (*map(self._agree, tests), *map(self._equal, kept)):
            held = self.text.emit(f"and i1 {held}, {same}")
        return held

    def _equal(self, name: str) -> str:
        bits = self.text.emit(f"bitcast {self.vector.mask_type} {self.whole(Value('i1', name))} to i{self.lanes}")
        # All bits or none: one more is 0 or 1.
        return self.text.emit(f"icmp ult i{self.lanes} {self.text.emit(f'add i{self.lanes} {bits}, 1')}, 2")

    def _agree(self, test: Instruction) -> str:
        """Return whether a comparison of a rising value with a uniform one comes out the same in all lanes.

        Its ends tell where the values between do not wrap: LLVM writes ``2 <= c < 5`` as ``c - 2`` below 3, unsigned,
        which is false for the first and the last of c = 0 to 7 and true between.
        """
        moving, fixed = sorted(test.operands, key=lambda v: self.shapes.of(v) == 0)
        first, last, bound = self.end(moving, last=False), self.end(moving, last=True), self.scalar(fixed)
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
        rising = self.text.emit(f"icmp {predicate[0]}le i64 {first}, {last}")
        return self.text.emit(f"and i1 {same}, {rising}")

    def private_memory(self, item: Instruction, kind: str) -> str:
        own = self.phase.writer.private[item.name]
        return self.text.emit(f"getelementptr {aligned(kind)}, ptr {own}, i64 {self.number}")

    def special(self, item: Instruction) -> str | None:
        """Return the value of a reload or of a shared array."""
        if item.op == "reload":
            if item.name in self.phase.reloaded:
                return self.phase.reloaded[item.name]
            kind = self.phase.writer.held(item.name)
            value = self.text.emit(f"load {kind}, ptr {self._frame(item.name, kind)}")
            alike = item.name in self.phase.phase.kept and self.shapes.strides[item.name] == 0
            return self.vector.lane(item.type, value, 0) if alike else value
        site = self.phase.writer.sites.get(item.callee)
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
        margin = self.phase.writer.margin
        whole = self.text.emit(f"add i64 {size}, {2 * margin}")
        memory = self.text.emit(f"alloca i8, i64 {whole}, align 64")
        inner = self.text.emit(f"getelementptr i8, ptr {memory}, i64 {margin}")
        self.text.do(f"store ptr {inner}, ptr {site}")
        self.text.do(f"br label {ready}")
        self.text.label(ready)
        return self.text.emit(f"load ptr, ptr {site}")

    def _frame(self, name: str, kind: str) -> str:
        return self.text.emit(f"getelementptr {kind}, ptr {self.phase.writer.frames[name]}, i64 {self.number}")

    def _leave(self, block: Block) -> None:
        end, writer = block.code[-1], self.phase.writer
        number = -1
        if end.op == "barrier":
            target = writer.function.blocks[block.name].code[-1].labels[0]
            number = list(writer.phases).index(target)
            for name in writer.cutter.kept(target):
                self._keep(name)
        self.text.do(f"store i32 {number}, ptr {writer.next}")
        self.text.do(f"br label {self.after}" if end.op in ("ret", "barrier") else "unreachable")

    def _keep(self, name: str) -> None:
        writer = self.phase.writer
        value, kind = Value(writer.cutter.types[name], name), writer.held(name)
        text = self.whole(value) if writer.shapes.strides[name] is None else self.scalar(value)
        place = writer.frames[name] if writer.common(name) else self._frame(name, kind)
        self.text.do(f"store {kind} {text}, ptr {place}")
