"""Instructions that have no vector form, lane by lane under the mask: atomics, and calls with effects."""

from __future__ import annotations

from collections.abc import Callable

from jitkit.backends.spmd import updates
from jitkit.backends.spmd.ir import Instruction, Value
from jitkit.backends.spmd.private import PrivateMemory


class LaneByLane(PrivateMemory):
    """Writes an instruction once for each lane."""

    def _each_lane(self, item: Instruction, mask: str | None) -> None:
        """Write an instruction once for each lane, in the order of the lanes, past those outside the mask."""
        # Read before the first branch: what a lane's block reads, no other block can use.
        uniform = [self.body.shapes.of(v) == 0 and v.text not in self.body.shapes.private for v in item.operands]
        whole = [
            self.body.scalar(v) if same else self._lane_source(v)
            for v, same in zip(item.operands, uniform, strict=True)
        ]
        slot = self.text.alloca(self.vector.type(item.type), "lanes") if item.name else ""
        place: Callable[[int], str] | None = None
        if (later := self.body.late_place(item)) is not None:
            _, distances = self._distances(item.operands[0], whole[0], mask)
            self.text.do(f"store {self.vector.type('i32')} {distances}, ptr {later}")
            return
        if self.evades(item):
            place, mask = self._near(item.operands[0], whole[0], mask), None
        for k in range(self.body.lanes):
            texts = [
                text if same else self.vector.lane(v.type, text, k)
                for v, text, same in zip(item.operands, whole, uniform, strict=True)
            ]
            if place is not None:
                texts[0] = place(k)
            self._lane(item, texts, slot, mask, k)
        if item.name:
            result = self.text.emit(f"load {self.vector.type(item.type)}, ptr {slot}")
            varying = self.body.shapes.strides[item.name] is None
            self.body.define(item, result if varying else self.vector.lane(item.type, result, 0))

    def _lane(self, item: Instruction, texts: list[str], slot: str, mask: str | None, k: int) -> None:
        """Write an instruction for one lane, and its result into the slot."""
        bit = None if mask is None else self.text.emit(f"extractelement {self.vector.mask_type} {mask}, i64 {k}")
        if self._is_alone(item):
            self._keep(item, slot, updates.alone(self.text, item, texts, bit), k)
            return
        after = self._enter(bit)
        if item.name:
            self._keep(item, slot, self.text.emit(self._single(item, texts)), k)
        else:
            self.text.do(self._single(item, texts))
        if after:
            self.text.do(f"br label {after}")
            self.text.label(after)

    def _keep(self, item: Instruction, slot: str, value: str, k: int) -> None:
        held = self.text.emit(f"load {self.vector.type(item.type)}, ptr {slot}")
        changed = self.vector.set_lane(item.type, held, value, k)
        self.text.do(f"store {self.vector.type(item.type)} {changed}, ptr {slot}")

    def _enter(self, bit: str | None) -> str:
        """Go past what follows where a bit is not set; return the label behind it."""
        if bit is None:
            return ""
        inside, after = self.text.fresh("lane"), self.text.fresh("past")
        self.text.do(f"br i1 {bit}, label {inside}, label {after}")
        self.text.label(inside)
        return after

    def _is_alone(self, item: Instruction) -> bool:
        """Tell whether an atomic instruction may be a plain one: a group runs in one thread, nobody else sees its memory."""
        return bool(item.operands) and item.operands[0].text in self.body.shapes.shared and updates.known(item)

    def evades(self, item: Instruction) -> bool:
        """Tell whether an instruction under a mask runs for all lanes, those outside of it in memory that nobody reads.

        A histogram takes 0.3 of the time that a branch for each lane costs, and 0.7 of that with a test for each vector.
        """
        return self._is_alone(item) and self.body.shapes.of(item.operands[0]) != 0

    def _near(self, pointer: Value, addresses: str, mask: str | None) -> Callable[[int], str]:
        """Return what writes a lane's address in shared memory; outside the mask, in the margin before it, which nobody reads.

        Addresses leave vectors two at a time, as distances of 32 bits, and are told apart outside. Zen 4 guesses which of
        the stores before a load reads from: where the elements of vector registers are at once the addresses of 16 or 32
        updates in a row, wrong guesses go on for good, by the luck of the instructions' lengths, and a histogram takes 6
        times as long.
        """
        lanes, kind = self.body.lanes, self.vector.type("i32")
        array, distances = self._distances(pointer, addresses, mask)
        pairs = self.text.emit(f"bitcast {kind} {distances} to <{lanes // 2} x i64>")

        def address(k: int) -> str:
            pair = self.text.emit(f"extractelement <{lanes // 2} x i64> {pairs}, i64 {k // 2}")
            high = pair if k % 2 else self.text.emit(f"shl i64 {pair}, 32")
            return self.text.emit(f"getelementptr i8, ptr {array}, i64 {self.text.emit(f'ashr i64 {high}, 32')}")

        return address

    def _distances(self, pointer: Value, addresses: str, mask: str | None) -> tuple[str, str]:
        """Return a shared array, and how many bytes from its beginning on each lane's address lies, in 32 bits."""
        kind = self.vector.type("i32")
        array, margin = self.body.shared_memory(self.body.shapes.shared[pointer.text])
        first = self.vector.splat("i32", self.text.emit(f"ptrtoint ptr {array} to i32"))
        places = self.text.emit(f"ptrtoint {self.vector.type('ptr')} {addresses} to {kind}")
        distances = self.text.emit(f"sub {kind} {places}, {first}")
        if mask is not None:
            # A place for each lane: one for all would make each wait for what the one before stored.
            distances = self.vector.select("i32", mask, distances, self.vector.multiples("i32", 8, -margin))
        return array, distances

    def _lane_source(self, value: Value) -> str:
        return self._addresses(value) if value.text in self.body.shapes.private else self.body.whole(value)

    def _single(self, item: Instruction, texts: list[str]) -> str:
        pairs = ", ".join(f"{v.type} {text}" for v, text in zip(item.operands, texts, strict=True))
        if item.op == "load":
            return f"load {item.type}, {pairs}, align {item.tail}"
        if item.op == "store":
            return f"store {pairs}, align {item.tail}"
        if item.op in ("atomicrmw", "cmpxchg"):
            return f"{item.op} {item.head} {pairs} {item.tail}"
        return self._call_text(item, texts)

    def _call_text(self, item: Instruction, texts: list[str]) -> str:
        self.text.declare(item.callee, item.type, [v.type for v in item.operands])
        listed = ", ".join(f"{v.type} {text}" for v, text in zip(item.operands, texts, strict=True))
        return f"call {item.head} {item.type} {item.callee}({listed})"
