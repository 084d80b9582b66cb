"""The types of PTX's instructions, and LLVM's types for them."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from .errors import EmulatorError
from .syntax import Immediate, Instruction

WIDTHS = {"i1": 1, "i8": 8, "i16": 16, "i32": 32, "i64": 64, "i128": 128, "half": 16, "float": 32, "double": 64}
FLOATS = {"half", "float", "double"}


@dataclass(frozen=True)
class Type:
    """A fundamental type: `kind` is ``"s"``, ``"u"``, ``"b"``, ``"f"``, ``"bf"`` or ``"pred"``; `packed` lanes."""

    name: str
    kind: str
    bits: int
    packed: int = 1

    @property
    def llvm(self) -> str:
        """Return LLVM's type; bfloat16 and packed types are the integer of their bits."""
        if self.kind == "pred":
            return "i1"
        if self.kind == "f" and self.packed == 1:
            return {16: "half", 32: "float", 64: "double"}[self.bits]
        return f"i{self.bits * self.packed}"

    @property
    def integer(self) -> str:
        """Return the LLVM integer of the same width."""
        return "i1" if self.kind == "pred" else f"i{self.bits * self.packed}"

    @property
    def signed(self) -> bool:
        """Return whether it is a signed integer."""
        return self.kind == "s"

    @property
    def is_float(self) -> bool:
        """Return whether it is a floating-point type."""
        return self.kind in ("f", "bf")

    @property
    def size(self) -> int:
        """Return the size in memory, in bytes."""
        return max(self.bits * self.packed // 8, 1)


TYPES = {
    **{f"{kind}{bits}": Type(f"{kind}{bits}", kind, bits) for kind in "sub" for bits in (8, 16, 32, 64)},
    "b128": Type("b128", "b", 128),
    **{f"f{bits}": Type(f"f{bits}", "f", bits) for bits in (16, 32, 64)},
    "bf16": Type("bf16", "bf", 16),
    "f16x2": Type("f16x2", "f", 16, 2),
    "bf16x2": Type("bf16x2", "bf", 16, 2),
    "s16x2": Type("s16x2", "s", 16, 2),
    "u16x2": Type("u16x2", "u", 16, 2),
    "pred": Type("pred", "pred", 1),
}

INTEGERS = frozenset("s16 s32 s64 u16 u32 u64 b16 b32 b64".split())
REALS = frozenset({"f32", "f64"})
HALVES = frozenset({"f16", "f16x2", "bf16", "bf16x2"})


def types_of(ins: Instruction) -> list[Type]:
    """Return the types among the modifiers of an instruction, in order."""
    return [TYPES[m] for m in ins.modifiers if m in TYPES]


def type_of(ins: Instruction) -> Type:
    """Return the type of an instruction, the last of those that stand."""
    found = types_of(ins)
    if not found:
        raise EmulatorError(f"{ins.text} names no type", ins.line)
    return found[-1]


def constant(value: int, kind: str) -> str:
    """Return the LLVM constant of a type whose bits are `value`."""
    bits = WIDTHS[kind]
    wrapped = value & ((1 << bits) - 1)
    if kind in FLOATS:
        return f"bitcast (i{bits} {wrapped} to {kind})"
    return ("true" if wrapped else "false") if kind == "i1" else str(wrapped)


def immediate(value: Immediate, kind: str, line: int) -> str:
    """Return the LLVM constant of an immediate operand, where the instruction reads `kind`."""
    if value.float_bits == 0:
        return constant(value.value, kind) if kind not in FLOATS else constant(_float_bits(value.value, kind), kind)
    bits = value.value
    if value.float_bits == 64 and WIDTHS[kind] == 32:
        bits = _narrowed(bits)
    elif value.float_bits != WIDTHS[kind]:
        raise EmulatorError(f"a {value.float_bits}-bit floating-point constant stands where {kind} is read", line)
    return constant(bits, kind)


def _float_bits(value: int, kind: str) -> int:
    """Return the bits of an integer that stands where a float is read, as in ``mov.f32 %f, 1``: it is the value."""
    code, integer = {"half": ("<e", 2), "float": ("<f", 4), "double": ("<d", 8)}[kind]
    return int.from_bytes(struct.pack(code, float(value))[:integer], "little")


def _narrowed(bits: int) -> int:
    return int.from_bytes(struct.pack("<f", struct.unpack("<d", bits.to_bytes(8, "little"))[0]), "little")
