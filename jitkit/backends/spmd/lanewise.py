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
        # A group runs in one thread, so nobody else sees its shared memory.
        alone = bool(item.operands) and item.operands[0].text in self.body.shapes.shared and updates.known(item)
        done = ""
        if alone and mask is not None:
            done = self._all_lanes(mask, lambda: self._lanes(item, whole, uniform, slot, alone, None))
        self._lanes(item, whole, uniform, slot, alone, mask)
        if done:
            self.text.do(f"br label {done}")
            self.text.label(done)
        if item.name:
            result = self.text.emit(f"load {self.vector.type(item.type)}, ptr {slot}")
            varying = self.body.shapes.strides[item.name] is None
            self.body.define(item, result if varying else self.vector.lane(item.type, result, 0))

    def _all_lanes(self, mask: str, write: Callable[[], None]) -> str:
        """Write code without masks for where all lanes take part, which needs no branch for each; return where both meet.

        A histogram is 0.6 times as slow that way.
        """
        every, some, done = map(self.text.fresh, ("every", "some", "done"))
        bits = self.text.emit(f"bitcast {self.vector.mask_type} {mask} to i{self.body.lanes}")
        full = self.text.emit(f"icmp eq i{self.body.lanes} {bits}, -1")
        self.text.do(f"br i1 {full}, label {every}, label {some}")
        self.text.label(every)
        write()
        self.text.do(f"br label {done}")
        self.text.label(some)
        return done

    def _lanes(
        self, item: Instruction, whole: list[str], uniform: list[bool], slot: str, alone: bool, mask: str | None
    ) -> None:
        for k in range(self.body.lanes):
            after = self._enter(mask, k)
            texts = [
                text if same else self.vector.lane(v.type, text, k)
                for v, text, same in zip(item.operands, whole, uniform, strict=True)
            ]
            code = "" if alone else self._single(item, texts)
            if item.name:
                value = updates.alone(self.text, item, texts) if alone else self.text.emit(code)
                held = self.text.emit(f"load {self.vector.type(item.type)}, ptr {slot}")
                changed = self.vector.set_lane(item.type, held, value, k)
                self.text.do(f"store {self.vector.type(item.type)} {changed}, ptr {slot}")
            else:
                self.text.do(code)
            if after:
                self.text.do(f"br label {after}")
                self.text.label(after)

    def _lane_source(self, value: Value) -> str:
        return self._addresses(value) if value.text in self.body.shapes.private else self.body.whole(value)

    def _enter(self, mask: str | None, k: int) -> str:
        if mask is None:
            return ""
        inside, after = self.text.fresh("lane"), self.text.fresh("past")
        bit = self.text.emit(f"extractelement {self.vector.mask_type} {mask}, i64 {k}")
        self.text.do(f"br i1 {bit}, label {inside}, label {after}")
        self.text.label(inside)
        return after

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
