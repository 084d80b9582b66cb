"""One instruction widened: arithmetic and addresses on vectors, or on lane 0 alone where the stride is known."""

from __future__ import annotations

import re
from collections.abc import Callable

from jitkit.backends.spmd import plan, powers, roots
from jitkit.backends.spmd.calls import Calls
from jitkit.backends.spmd.ir import BINARY, CASTS, Instruction, UnsupportedIRError
from jitkit.backends.spmd.writer import aggregate

_WRAPPING = re.compile(r"\b(nuw|nsw|nusw|inbounds|exact|disjoint|nneg|samesign)\b")


class Operations(Calls):
    """Widens instructions for a `Body`."""

    def write(self, item: Instruction, mask: str | None) -> None:
        """Write one instruction for the lanes of a mask."""
        if item.op == "alloca" or item.name in self.body.parts:
            return
        if item.op in ("reload", "call", "icmp"):
            value = self.body.special(item)
            if value is not None:
                self.body.define(item, value)
                return
        if item.op in ("load", "store"):
            (self._load if item.op == "load" else self._store)(item, mask)
        elif item.op == "call":
            self._call(item, mask)
        elif item.op in ("atomicrmw", "cmpxchg"):
            self._each_lane(item, mask)
        elif item.name in self.body.shapes.private:
            self._private_address(item)
        elif self.body.shapes.strides[item.name] is None:
            self.body.define(item, self.text.emit(self._widened(item, mask)))
        else:
            self.body.define(item, self._on_base(item))

    # ---- arithmetic

    def _on_base(self, item: Instruction) -> str:
        """Write an operation on uniform values, or on strided values of lane 0."""
        head = item.head
        if self.body.shapes.strides[item.name] != 0 or item.op == "getelementptr":
            head = _WRAPPING.sub("", head)  # lane 0 may not take part
        return self.text.emit(self._code(item, head, [self.body.scalar(v) for v in item.operands], item.type, str))

    def _widened(self, item: Instruction, mask: str | None) -> str:
        values = item.operands
        if item.op == "getelementptr":
            return self._vector_address(item)
        if item.name in self.body.powers:
            return self._power(self.body.powers[item.name])
        texts = [self.body.whole(v) for v in values]
        if item.op == "select" and self.body.shapes.of(values[0]) == 0:
            condition = self.body.scalar(values[0])
            kind = self.vector.type(item.type)
            return f"select {item.head} i1 {condition}, {kind} {texts[1]}, {kind} {texts[2]}"
        if item.op == "select" and aggregate(item.type):
            result = self.vector.select(item.type, *texts)
            return f"freeze {self.vector.type(item.type)} {result}"
        if item.name in self.body.narrow:
            narrow = self.text.emit(
                f"fptosi {self.vector.type(values[0].type)} {texts[0]} to {self.vector.type('i32')}"
            )
            return f"sext {self.vector.type('i32')} {narrow} to {self.vector.type('i64')}"
        if item.op == "trunc" and (values[0].type, item.type) == ("i64", "i32") and self._cuts_by_pairs(item):
            return self._lower_halves(texts[0])
        root = roots.root_below(item, self.body.shapes.made)
        if root is not None:
            how = roots.estimate_of(item.type, self.body.lanes)
            if how is not None:
                return self._reciprocal_root(how, self.body.whole(root.operands[0]))
        if item.op in ("sdiv", "udiv", "srem", "urem") and mask is not None and values[1].local:
            # A lane that does not take part may hold a zero, and a division by zero is a trap.
            texts[1] = self.vector.select(item.type, mask, texts[1], self.vector.splat(item.type, "1"))
        return self._code(item, item.head, texts, item.type, self.vector.type)

    def _reciprocal_root(self, how: roots.Estimate, x: str) -> str:
        return f"freeze {self.vector.type(how.kind)} {roots.reciprocal(self.vector, how, x, self._estimates(how, x))}"

    def _power(self, power: powers.Power) -> str:
        x, kinds = self.body.whole(power.of), [self.body.shapes.of(value) == 0 for value in power.others]
        alike = [self.body.scalar(value) for value, same in zip(power.others, kinds, strict=True) if same]
        others = [self.body.whole(value) for value, same in zip(power.others, kinds, strict=True) if not same]
        result = powers.product(self.vector, x, self._estimates(roots.PRECISE, x), power.times, alike, others)
        return f"freeze {self.vector.type('float')} {result}"

    def _estimates(self, how: roots.Estimate, x: str) -> str:
        parts = [self._slice(how.kind, x, first, how.lanes) for first in range(0, self.body.lanes, how.lanes)]
        return roots.estimates(self.vector, how, parts, lambda pieces: self._join(how.kind, pieces, how.lanes))

    def _cuts_by_pairs(self, item: Instruction) -> bool:
        """Tell whether two registers are cut at a time; not for exponents, which meet 64-bit lanes again."""
        blocks = self.body.shapes.function.blocks.values()
        users = (other for block in blocks for other in block.code if any(v.text == item.name for v in other.operands))
        return (
            plan.registers_are_many() and self.body.lanes % 16 == 0 and not any(other.op == "call" for other in users)
        )

    def _lower_halves(self, whole: str) -> str:
        """Return the lower halves of 64-bit lanes, two registers by one permutation: LLVM cuts each, and joins them.

        philox takes 0.93 of the time.
        """
        evens = ", ".join(f"i32 {k}" for k in range(0, 32, 2))
        pieces = []
        for first in range(0, self.body.lanes, 16):
            registers = [self._slice("i64", whole, k, 8) for k in (first, first + 8)]
            words = [self.text.emit(f"bitcast <8 x i64> {register} to <16 x i32>") for register in registers]
            pieces.append(
                self.text.emit(f"shufflevector <16 x i32> {words[0]}, <16 x i32> {words[1]}, <16 x i32> <{evens}>")
            )
        return f"freeze {self.vector.type('i32')} {self._join('i32', pieces, 16)}"

    def on_end(self, item: Instruction, last: bool) -> str:
        """Write an operation on what its operands hold in the first or the last lane."""
        return self.computed(item, [self.body.end(v, last) for v in item.operands])

    def computed(self, item: Instruction, texts: list[str]) -> str:
        """Write an operation on scalars."""
        if item.op == "call":
            return self.text.emit(self._call_text(item, texts))
        return self.text.emit(self._code(item, _WRAPPING.sub("", item.head), texts, item.type, str))

    def _code(self, item: Instruction, head: str, texts: list[str], kind: str, of: Callable[[str], str]) -> str:
        """Return an operation's text on operands whose types are `of(scalar type)`."""
        op = f"{item.op} {head}".rstrip()
        types = [of(v.type) for v in item.operands]
        if item.op in BINARY or item.op in ("icmp", "fcmp", "fneg"):
            return f"{op} {types[0]} {', '.join(texts)}"
        if item.op in CASTS:
            return f"{op} {types[0]} {texts[0]} to {of(kind)}"
        pairs = ", ".join(f"{t} {x}" for t, x in zip(types, texts, strict=True))
        if item.op == "getelementptr":
            return f"{op} {item.element}, {pairs}"
        if item.op in ("select", "freeze", "extractvalue", "insertvalue"):
            return f"{op} {pairs}" + (f", {item.tail}" if item.tail else "")
        raise UnsupportedIRError(f"{item.op} on vectors")

    def _vector_address(self, item: Instruction) -> str:
        """Return the address of each lane; what is uniform stays scalar, which LLVM addresses better."""
        parts = []
        for value in item.operands:
            if self.body.shapes.of(value) == 0:
                parts.append(f"{value.type} {self.body.scalar(value)}")
            else:
                parts.append(f"{self.vector.type(value.type)} {self.body.whole(value)}")
        return f"getelementptr {item.element}, {', '.join(parts)}"
