"""Dot products of bytes: dp4a and dp2a."""

from __future__ import annotations

from ..syntax import Instruction
from ..types import types_of
from .body import Body
from .registry import instruction


def _part(fn: Body, value: str, place: int, bits: int, signed: bool) -> str:
    moved = fn.emit(f"lshr i32 {value}, {place * bits}")
    part = fn.emit(f"trunc i32 {moved} to i{bits}")
    return fn.emit(f"{'sext' if signed else 'zext'} i{bits} {part} to i32")


@instruction("dp4a dp2a", "lo hi", ("s32", "u32"), operands=4)
def dot(fn: Body, ins: Instruction) -> None:
    """Add the products of four bytes with four, or of two halves with two bytes, to c."""
    first, second = types_of(ins)
    a, b, total = (fn.read(operand, "i32") for operand in ins.operands[1:])
    count, width = (4, 8) if ins.opcode == "dp4a" else (2, 16)
    start = 2 if ins.has("hi") else 0
    for i in range(count):
        x, y = _part(fn, a, i, width, first.signed), _part(fn, b, start + i, 8, second.signed)
        total = fn.emit(f"add i32 {total}, {fn.emit(f'mul i32 {x}, {y}')}")
    fn.write(ins.operands[0], total, "i32")
