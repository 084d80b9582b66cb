"""Memory of a work-item's own: element k of all lanes side by side, so that lanes at one k touch one vector."""

from __future__ import annotations

from jitkit.backends.spmd.ir import Instruction, UnsupportedIRError, Value
from jitkit.backends.spmd.shapes import DROPPED, size_of
from jitkit.backends.spmd.values import Values


class PrivateMemory:
    """What a body holds in allocas: laid out for all lanes, and addressed."""

    def __init__(self, body: Values) -> None:
        self.body, self.text, self.vector = body, body.text, body.vector
        self.frames: dict[str, str] = {}
        self.element: dict[str, int] = {}
        if body.shapes.private:
            self._lay_out_private()

    def _lay_out_private(self) -> None:
        if not self.body.shapes.alone:
            self._check_elements()
        for block in self.body.shapes.whole.blocks.values():
            for item in block.code:
                if item.op == "alloca":
                    kind = f"[{self.body.lanes} x {item.element}]"
                    self.frames[item.name] = self.body.private_memory(item, kind)

    def _check_elements(self) -> None:
        for block in self.body.shapes.whole.blocks.values():
            for item in block.code:
                if item.op in ("load", "store"):
                    kind = item.accessed
                    home = self.body.shapes.private.get(item.operands[-1].text)
                    if home is not None and self.element.setdefault(home, size_of(kind)) != size_of(kind):
                        raise UnsupportedIRError("private memory used with elements of two sizes")
                    if item.op == "store" and item.operands[0].text in self.body.shapes.private:
                        raise UnsupportedIRError("the address of private memory stored")
                elif (
                    item.op == "call"
                    and any(v.text in self.body.shapes.private for v in item.operands)
                    and not item.callee.startswith((*DROPPED, "@llvm.memset"))
                ):
                    raise UnsupportedIRError(f"private memory given to {item.callee}")
                elif item.op not in ("getelementptr", "call") and any(
                    v.text in self.body.shapes.private for v in item.operands
                ):
                    raise UnsupportedIRError(f"private memory whose address is used by {item.op}")

    def _private_address(self, item: Instruction) -> None:
        """Write an offset into private memory: `lanes` times the bytes that the scalar code says."""
        base, lanes = item.operands[0], self.body.lanes
        if len(item.operands) != 2 or not (item.element in ("i8",) or item.element[0] not in "{["):
            raise UnsupportedIRError("private memory of structures")
        size = size_of(item.element) * lanes
        index = item.operands[1]
        if self.body.shapes.of(index) == 0 and self.body.shapes.strides[item.name] == 0:
            bytes_ = self.text.emit(f"mul {index.type} {self.body.scalar(index)}, {size}")
            self.body.define(
                item, self.text.emit(f"getelementptr i8, ptr {self._private_base(base)}, {index.type} {bytes_}")
            )
            return
        kind = self.vector.type(index.type)
        bytes_ = self.text.emit(f"mul {kind} {self.body.whole(index)}, {self.vector.splat(index.type, str(size))}")
        varying = self.body.shapes.of(base) != 0
        start = f"{self.vector.type('ptr')} {self.body.whole(base)}" if varying else f"ptr {self._private_base(base)}"
        self.body.define(item, self.text.emit(f"getelementptr i8, {start}, {kind} {bytes_}"))

    def _private_base(self, value: Value) -> str:
        return self.frames[value.text] if value.text in self.frames else self.body.scalar(value)

    def _step(self, pointer: Value) -> int | None:
        """Return how far apart neighbouring lanes' elements lie in memory."""
        stride = self.body.shapes.of(pointer)
        if self.body.shapes.alone:
            return stride
        home = self.body.shapes.private.get(pointer.text)
        if home is None:
            return stride
        return self.element[home] if stride == 0 else None

    def _address(self, pointer: Value) -> str:
        return self._private_base(pointer) if pointer.text in self.frames else self.body.scalar(pointer)

    def _addresses(self, pointer: Value) -> str:
        home = self.body.shapes.private.get(pointer.text)
        if home is None:
            return self.body.whole(pointer)
        steps = ", ".join(f"i64 {k * self.element[home]}" for k in range(self.body.lanes))
        return self.text.emit(
            f"getelementptr i8, {self.vector.type('ptr')} {self.body.whole(pointer)}, {self.vector.type('i64')} <{steps}>"
        )

    def _alignment(self, item: Instruction, pointer: Value) -> str:
        """Return the alignment of every lane's address: in private memory lanes lie an element apart."""
        home = self.body.shapes.private.get(pointer.text)
        return item.tail if home is None else str(min(int(item.tail), self.element[home]))

    def _fill_private(self, item: Instruction, mask: str | None) -> None:
        if mask is not None:  # it would clear what belongs to the other lanes
            raise UnsupportedIRError("private memory filled by some lanes only")
        pointer, value, count = item.operands[:3]
        if self.body.shapes.of(pointer) != 0 or self.body.shapes.of(value) != 0 or self.body.shapes.of(count) != 0:
            raise UnsupportedIRError("private memory filled by different amounts")
        length = self.text.emit(f"mul {count.type} {self.body.scalar(count)}, {self.body.lanes}")
        self.text.declare(item.callee, "void", [v.type for v in item.operands])
        filled = f"ptr {self._address(pointer)}, i8 {self.body.scalar(value)}, {count.type} {length}"
        self.text.do(f"call void {item.callee}({filled}, i1 false)")
