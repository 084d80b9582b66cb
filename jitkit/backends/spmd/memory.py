"""Loads and stores of all lanes: of a row of neighbours, of clamped neighbours, of scattered places, under masks."""

from __future__ import annotations

import functools
from collections.abc import Hashable

from jitkit.backends.spmd import choices, hoisting, interleaving, plan, strided, transposing
from jitkit.backends.spmd.ir import Instruction, Value
from jitkit.backends.spmd.shapes import size_of
from jitkit.backends.spmd.windows import Windows
from jitkit.backends.spmd.writer import aggregate

LINE = 64
"""Bytes of a line of the cache."""


class Memory(Windows):
    """Widens loads and stores."""

    def _load(self, item: Instruction, mask: str | None) -> None:
        pointer = item.operands[0]
        stride = self._step(pointer)
        if (place := self.body.lent_place(item)) is not None:
            align = str(size_of(item.type))  # a row of the array may begin anywhere
            if stride == 0:
                self._define_uniform(item, self.text.emit(f"load {item.type}, ptr {place}, align {align}"))
            else:
                self.body.define(item, self._load_row(item.type, place, align, mask))
        elif stride == 0:
            self._define_uniform(
                item, self.text.emit(f"load {item.type}, ptr {self.body.scalar(pointer)}, align {item.tail}")
            )
        elif aggregate(item.type):
            self._each_lane(item, mask)
        elif mask is None and item.name in self.body.tiles:
            self.body.define(item, self._load_tile(item, pointer))
        elif beside := self.body.beside.get(item.name):
            self.body.define(item, self._load_window(item.type, pointer, beside, item.tail))
        elif self.body.fresh and (found := self.window(pointer, item.type)):
            self.body.define(item, self._load_window(item.type, pointer, found, item.tail))
        elif stride == size_of(item.type) and item.type != "i1":
            own = pointer.text in self.body.shapes.private
            self.body.define(item, self._load_row(item.type, self._address(pointer), item.tail, None if own else mask))
            self._fetch_ahead(pointer, item.type)
        elif self.body.shapes.bounded.get(pointer.text) == size_of(item.type):
            self.body.define(item, self._load_clamped(item, pointer, mask))
            self._fetch_ahead(pointer, item.type)
        elif found := self.window(pointer, item.type):
            self.body.define(item, self._load_window(item.type, pointer, found, item.tail))
        elif pointer.text in self.body.shapes.chosen:
            self.body.define(item, self._load_chosen(item, pointer, mask))
        elif mask is None and (apart := transposing.distance(pointer, self.body.shapes)) is not None:
            self.body.define(item, self._load_apart(item, self.body.end(pointer, last=False), apart))
        else:
            self.body.define(
                item, self._gather(item.type, self._addresses(pointer), self._alignment(item, pointer), mask)
            )

    def _load_tile(self, item: Instruction, pointer: Value) -> str:
        """Load all of a tile where its first load stands."""
        tile, loaded = self.body.tiles[item.name], self.body.loaded
        if item.name not in loaded:
            start = self.body.end(pointer, last=False)
            first = self.text.emit(f"getelementptr i8, ptr {start}, i64 {-tile.starts[item.name]}")
            vectors = transposing.write(self.text, tile, first, item.tail, self.body.lanes)
            for column, vector in zip(tile.columns, vectors, strict=True):
                loaded |= {load.name: vector for load in column}
        return loaded[item.name]

    def loads_row(self, item: Instruction) -> bool:
        """Tell whether a load takes a row of neighbours, of which those outside a mask are left alone at no cost.

        Only where others were hoisted: an upwind step then takes 0.9 of the time with no test whether any lane goes a way.
        """
        shapes, kind = self.body.shapes, item.type
        if not hoisting.loads(shapes.function) or not plan.masked_stores_are_fast() or aggregate(kind):
            return False
        return shapes.of(item.operands[0]) == size_of(kind)

    def _load_apart(self, item: Instruction, address: str, stride: int) -> str:
        """Load elements at a fixed distance, near ones as whole vectors of memory.

        Others one by one: a gather would compute a vector of addresses first.
        """
        step = strided.elements_apart(item.type, stride)
        if step is not None:
            return strided.load(
                self.text, item.type, address, step, item.tail, self.body.lanes, plan.register_lanes(item.type)
            )
        vector = "poison"
        for k in range(self.body.lanes):
            place = self.text.emit(f"getelementptr i8, ptr {address}, i64 {k * stride}")
            element = self.text.emit(f"load {item.type}, ptr {place}, align {item.tail}")
            vector = self.vector.set_lane(item.type, vector, element, k)
        return vector

    def _load_chosen(self, item: Instruction, pointer: Value, mask: str | None) -> str:
        """Load the row of neighbours that a condition says where it holds, and the other one elsewhere."""
        shapes, whole = self.body.shapes, self.vector.type(item.type)
        holds = self.body.whole(Value("i1", shapes.chosen[pointer.text]))
        rows = []
        for truth, lanes in ((True, holds), (False, self.vector.others(holds))):
            known = self._sure.get((item.type, choices.expression(pointer, truth, shapes.made, shapes.of)))
            if known is not None:
                rows.append(self.body.whole(known))
                continue
            address = choices.write(pointer, truth, shapes.made, shapes.of, self.body.scalar, self.text.emit)
            under = lanes if mask is None else self.vector.both(mask, lanes)
            rows.append(self._load_row(item.type, address, item.tail, under))
        return self.text.emit(f"select {self.vector.mask_type} {holds}, {whole} {rows[0]}, {whole} {rows[1]}")

    @functools.cached_property
    def _sure(self) -> dict[tuple[str, Hashable], Value]:
        """What all lanes loaded at the start, by its type and by how its address is computed."""
        shapes = self.body.shapes
        found: dict[tuple[str, Hashable], Value] = {}
        for name in hoisting.loads(shapes.function):
            made = shapes.made[name]
            place = choices.expression(made.operands[0], True, shapes.made, shapes.of)
            found.setdefault((made.type, place), Value(made.type, name))
        return found

    def _define_uniform(self, item: Instruction, code: str) -> None:
        varying = self.body.shapes.strides[item.name] is None
        self.body.define(item, self.vector.splat(item.type, code) if varying else code)

    def _load_row(self, kind: str, address: str, align: str, mask: str | None) -> str:
        whole = self.vector.type(kind)
        if mask is None:
            return self.text.emit(f"load {whole}, ptr {address}, align {align}")
        name = f"@llvm.masked.load.v{self.body.lanes}{_suffix(kind)}.p0"
        self.text.declare(name, whole, ["ptr", self.vector.mask_type, whole])
        return self.text.emit(
            f"call {whole} {name}(ptr align {align} {address}, {self.vector.mask_type} {mask}, {whole} poison)"
        )

    def _fetch_ahead(self, pointer: Value, kind: str, *, to_write: bool = False) -> None:
        """Ask for what the next group will load or store to here, while this one computes.

        The rows of a tile, or the parts of a block that work-items read a group's width apart, are no stream that the
        processor would see coming. transpose in float32 takes 0.76 of the time where it asks for the lines it writes too.

        They come as far as L2: L1 has no place for two tiles. A row that begins within a line ends in one more. transpose
        takes 0.85 of the time by both in float32, 0.82 with AVX2, matmul_tiled 0.96 and 0.99; by either alone 0.95 and 1.
        """
        address = self.body.ahead(pointer, size_of(kind), to_write)
        if address is not None:
            self.text.declare("@llvm.prefetch.p0", "void", ["ptr", "i32", "i32", "i32"])
            whole = self.body.lanes * size_of(kind)
            for byte in (*range(0, whole, LINE), whole - 1):
                place = self.text.emit(f"getelementptr i8, ptr {address}, i64 {byte}")
                self.text.do(f"call void @llvm.prefetch.p0(ptr {place}, i32 {int(to_write)}, i32 2, i32 1)")

    def _load_clamped(self, item: Instruction, pointer: Value, mask: str | None) -> str:
        """Load from addresses that stand side by side wherever nothing was clamped.

        Each lane's address lies between 0 and one element behind the one before, so the first and the last tell.
        """
        kind, reach = self.vector.type(item.type), (self.body.lanes - 1) * size_of(item.type)
        first, last = (self.body.end(pointer, last) for last in (False, True))
        ends = [self.text.emit(f"ptrtoint ptr {end} to i64") for end in (first, last)]
        apart = self.text.emit(f"sub i64 {ends[1]}, {ends[0]}")
        straight = self.text.emit(f"icmp eq i64 {apart}, {reach}")
        slot, row, scattered, done = (
            self.text.alloca(kind, "clamped"),
            *map(self.text.fresh, ("row", "scattered", "done")),
        )
        addresses = self._addresses(pointer)
        self.text.do(f"br i1 {straight}, label {row}, label {scattered}")
        for label, load, source in ((row, self._load_row, first), (scattered, self._gather, addresses)):
            self.text.label(label)
            self.text.do(f"store {kind} {load(item.type, source, item.tail, mask)}, ptr {slot}")
            self.text.do(f"br label {done}")
        self.text.label(done)
        return self.text.emit(f"load {kind}, ptr {slot}")

    def _gather(self, kind: str, addresses: str, align: str, mask: str | None) -> str:
        """Load from scattered places.

        Without a mask single loads take 0.75 to 0.95 of the time of Zen 4's gathers, with one 0.8 to 1.4.
        """
        whole, pointers = self.vector.type(kind), self.vector.type("ptr")
        if plan.gathers_are_fast() or (mask is not None and plan.masked_stores_are_fast()):
            name = f"@llvm.masked.gather.v{self.body.lanes}{_suffix(kind)}.v{self.body.lanes}p0"
            self.text.declare(name, whole, [pointers, self.vector.mask_type, whole])
            masked = f"{self.vector.mask_type} {mask or 'splat (i1 true)'}, {whole} poison"
            return self.text.emit(f"call {whole} {name}({pointers} align {align} {addresses}, {masked})")
        places, vector = self._harmless(addresses, mask), "poison"
        for k in range(self.body.lanes):
            element = self.text.emit(f"load {kind}, ptr {self.vector.lane('ptr', places, k)}, align {align}")
            vector = self.vector.set_lane(kind, vector, element, k)
        return vector

    def _scatter(self, value: Value, addresses: str, align: str, mask: str | None) -> None:
        whole, pointers, vector = self.vector.type(value.type), self.vector.type("ptr"), self.body.whole(value)
        if plan.masked_stores_are_fast():
            name = f"@llvm.masked.scatter.v{self.body.lanes}{_suffix(value.type)}.v{self.body.lanes}p0"
            self.text.declare(name, "void", [whole, pointers, self.vector.mask_type])
            masked = f"{self.vector.mask_type} {mask or 'splat (i1 true)'}"
            self.text.do(f"call void {name}({whole} {vector}, {pointers} align {align} {addresses}, {masked})")
            return
        places = self._harmless(addresses, mask)
        for k in range(self.body.lanes):
            element, place = self.vector.lane(value.type, vector, k), self.vector.lane("ptr", places, k)
            self.text.do(f"store {value.type} {element}, ptr {place}, align {align}")

    def _harmless(self, addresses: str, mask: str | None) -> str:
        """Return addresses of which those of lanes outside a mask point to memory that nobody reads.

        LLVM would branch around each lane instead, which costs a misprediction wherever masks are not regular.
        """
        if mask is None:
            return addresses
        nowhere = self.vector.splat("ptr", self.text.alloca("[16 x i8]", "nowhere"))
        return self.vector.select("ptr", mask, addresses, nowhere)

    def _store(self, item: Instruction, mask: str | None) -> None:
        value, pointer = item.operands
        stride, whole = self._step(pointer), self.vector.type(value.type)
        if self.body.is_lent(item):
            return
        if stride == 0 and self.body.shapes.of(value) == 0:
            self.text.do(
                f"store {value.type} {self.body.scalar(value)}, ptr {self.body.scalar(pointer)}, align {item.tail}"
            )
        elif aggregate(value.type) or value.type == "i1":
            self._each_lane(item, mask)
        elif stride == size_of(value.type):
            shapes, own = self.body.shapes, pointer.text in self.body.shapes.private
            if mask is None and (place := self.body.row_place(item)) is not None:
                self._join_row(value, self._address(pointer), place)
            elif own and mask == self.body.mask:
                # Points past the end have memory of their own too, which nobody reads again: no mask is needed.
                self._store_row(value, whole, self._address(pointer), item.tail, None)
            elif mask is not None and (pointer.text in shapes.shared or own):
                self._blend_row(value, whole, self._address(pointer), item.tail, mask)
            else:
                places = self.body.row_places(item)
                if places is not None and places[1] > 1:
                    self.text.do(f"call void @jitkit.rows.leave(ptr {places[0]}, i64 {places[1]})")
                self._store_row(value, whole, self._address(pointer), item.tail, mask)
                if not own and pointer.text not in shapes.shared:
                    self._fetch_ahead(pointer, value.type, to_write=True)
        elif (found := self.window(pointer, value.type)) and found.distinct:
            self._store_window(value, pointer, found, item.tail, mask)
        elif (together := self.body.together.get(id(item))) is not None:
            if together:
                self._store_together(together)
        elif stride is not None and mask is None:
            self._store_apart(value, self._address(pointer), stride, item.tail)
        else:
            self._scatter(value, self._addresses(pointer), self._alignment(item, pointer), mask)

    def _store_together(self, together: list[Instruction]) -> None:
        """Store what several stores fill, where the last of them stands."""
        kind, first = together[0].accessed, together[0].operands[1]
        vectors = [self.body.whole(store.operands[0]) for store in together]
        address, size = self._address(first), self.body.lanes * size_of(kind)
        for number, vector in enumerate(interleaving.write(self.text, kind, vectors, self.body.lanes)):
            place = self.text.emit(f"getelementptr i8, ptr {address}, i64 {number * size}")
            self.text.do(f"store {self.vector.type(kind)} {vector}, ptr {place}, align {together[0].tail}")

    def _store_apart(self, value: Value, address: str, stride: int, align: str) -> None:
        vector = self.body.whole(value)
        for k in range(self.body.lanes):
            place = self.text.emit(f"getelementptr i8, ptr {address}, i64 {k * stride}")
            element = self.vector.lane(value.type, vector, k)
            self.text.do(f"store {value.type} {element}, ptr {place}, align {align}")

    def _store_row(self, value: Value, whole: str, address: str, align: str, mask: str | None) -> None:
        if mask is None:
            how = f"align {LINE}, !nontemporal !0" if self.body.streaming else f"align {align}"
            self.text.do(f"store {whole} {self.body.whole(value)}, ptr {address}, {how}")
            return
        vector, lanes = self.body.whole(value), plan.register_lanes(value.type)
        if self.body.streaming:
            self._store_past(value.type, vector, address, align, mask)
            return
        if lanes >= self.body.lanes or plan.masked_stores_are_fast():
            self._store_part(value.type, self.body.lanes, vector, address, align, mask)
            return
        for first in range(0, self.body.lanes, lanes):
            place = self.text.emit(f"getelementptr {value.type}, ptr {address}, i64 {first}")
            part = self._slice(value.type, vector, first, lanes)
            self._store_by_test(value.type, lanes, part, place, align, self._slice("i1", mask, first, lanes))

    def _join_row(self, value: Value, address: str, place: str) -> None:
        """Store lines past the cache, together with what waits of the row."""
        vector, lanes, words = self.body.whole(value), LINE // size_of(value.type), f"<{LINE // 4} x i32>"
        parts = [self._slice(value.type, vector, first, lanes) for first in range(0, self.body.lanes, lanes)]
        lines = [self.text.emit(f"bitcast <{lanes} x {value.type}> {part} to {words}") for part in parts]
        given = ", ".join(f"{words} {line}" for line in lines)
        self.text.do(f"call void @jitkit.row.join(ptr {place}, ptr {address}, {given})")

    def _blend_row(self, value: Value, whole: str, address: str, align: str, mask: str) -> None:
        """Store under a mask into memory that no other thread sees: what stays is written back."""
        old = self.text.emit(f"load {whole}, ptr {address}, align {align}")
        new = self.vector.select(value.type, mask, self.body.whole(value), old)
        self.text.do(f"store {whole} {new}, ptr {address}, align {align}")

    def _store_by_test(self, kind: str, lanes: int, vector: str, address: str, align: str, mask: str) -> None:
        """Store whole registers plainly, and of others one lane after the other.

        AVX2's masked stores are for rare cases: where a lane is left out they cost Zen 3 some 300 cycles (stencil_tiled
        spent a third of its time in 34 of them a tile).
        """
        bits = self.text.emit(f"bitcast <{lanes} x i1> {mask} to i{lanes}")
        full = self.text.emit(f"icmp eq i{lanes} {bits}, -1")
        plain, partly, done = map(self.text.fresh, ("plain", "partly", "done"))
        self.text.do(f"br i1 {full}, label {plain}, label {partly}")
        self.text.label(plain)
        self.text.do(f"store <{lanes} x {kind}> {vector}, ptr {address}, align {align}")
        self.text.do(f"br label {done}")
        self.text.label(partly)
        self._store_set_bits(kind, lanes, vector, address, align, bits, done)
        self.text.label(done)

    def _store_past(self, kind: str, vector: str, address: str, align: str, mask: str) -> None:
        lanes, whole, done = self.body.lanes, f"i{8 * size_of(kind)}", self.text.fresh("done")
        words = self.text.emit(f"bitcast <{lanes} x {kind}> {vector} to <{lanes} x {whole}>")
        bits = self.text.emit(f"bitcast <{lanes} x i1> {mask} to i{lanes}")
        self._store_set_bits(whole, lanes, words, address, f"{align}, !nontemporal !0", bits, done)
        self.text.label(done)

    def _store_set_bits(
        self, kind: str, lanes: int, vector: str, address: str, align: str, bits: str, done: str
    ) -> None:
        slot, left = self.text.alloca(f"<{lanes} x {kind}>", "lanes"), self.text.alloca(f"i{lanes}", "left", 8)
        again, one = self.text.fresh("again"), self.text.fresh("one")
        self.text.do(f"store <{lanes} x {kind}> {vector}, ptr {slot}")
        self.text.do(f"store i{lanes} {bits}, ptr {left}")
        self.text.do(f"br label {again}")
        self.text.label(again)
        now = self.text.emit(f"load i{lanes}, ptr {left}")
        some = self.text.emit(f"icmp ne i{lanes} {now}, 0")
        self.text.do(f"br i1 {some}, label {one}, label {done}")
        self.text.label(one)
        count = self.text.declare(f"@llvm.cttz.i{lanes}", f"i{lanes}", [f"i{lanes}", "i1"])
        place = self.text.emit(f"call i{lanes} {count}(i{lanes} {now}, i1 true)")
        place = self.text.emit(f"zext i{lanes} {place} to i64")
        source = self.text.emit(f"getelementptr {kind}, ptr {slot}, i64 {place}")
        item = self.text.emit(f"load {kind}, ptr {source}")
        target = self.text.emit(f"getelementptr {kind}, ptr {address}, i64 {place}")
        self.text.do(f"store {kind} {item}, ptr {target}, align {align}")
        less = self.text.emit(f"add i{lanes} {now}, -1")
        self.text.do(f"store i{lanes} {self.text.emit(f'and i{lanes} {now}, {less}')}, ptr {left}")
        self.text.do(f"br label {again}")

    def _store_part(self, kind: str, lanes: int, vector: str, address: str, align: str, mask: str) -> None:
        name, whole, masks = f"@llvm.masked.store.v{lanes}{_suffix(kind)}.p0", f"<{lanes} x {kind}>", f"<{lanes} x i1>"
        self.text.declare(name, "void", [whole, "ptr", masks])
        self.text.do(f"call void {name}({whole} {vector}, ptr align {align} {address}, {masks} {mask})")

    def _slice(self, kind: str, vector: str, first: int, count: int) -> str:
        if count == self.body.lanes:
            return vector
        order = ", ".join(f"i32 {first + k}" for k in range(count))
        whole = self.vector.type(kind)
        return self.text.emit(f"shufflevector {whole} {vector}, {whole} poison, <{count} x i32> <{order}>")


def _suffix(kind: str) -> str:
    return {"float": "f32", "double": "f64", "half": "f16", "ptr": "p0"}.get(kind, kind)
