"""Values moved as they are: mov, selp, slct, cvta, isspacep."""

from __future__ import annotations

from ..errors import UnsupportedError
from ..syntax import Instruction, Vector
from ..types import INTEGERS, REALS, TYPES, WIDTHS, type_of
from .body import Body
from .registry import instruction


@instruction("mov", types=[*INTEGERS, *REALS, "f16", "bf16", "f16x2", "bf16x2", "pred", "b128"], operands=2)
def mov(fn: Body, ins: Instruction) -> None:
    """Copy a value, a variable's address, or the parts of a vector."""
    kind = type_of(ins).llvm
    if isinstance(ins.operands[0], Vector) or isinstance(ins.operands[1], Vector):
        kind = type_of(ins).integer
    fn.write(ins.operands[0], fn.read(ins.operands[1], kind), kind)


@instruction("selp", types=[*INTEGERS, *REALS, "f16", "bf16"], operands=4)
def selp(fn: Body, ins: Instruction) -> None:
    """Choose by a predicate."""
    kind = type_of(ins).llvm
    then, otherwise = fn.read(ins.operands[1], kind), fn.read(ins.operands[2], kind)
    fn.write(ins.operands[0], fn.select(fn.read(ins.operands[3], "i1"), kind, then, otherwise), kind)


@instruction("slct", "ftz", types=[*INTEGERS, *REALS], operands=4)
def slct(fn: Body, ins: Instruction) -> None:
    """Choose by the sign of the last operand; a NaN chooses the second value, -0 the first."""
    kind, control = (TYPES[m].llvm for m in ins.modifiers if m in TYPES)
    value = fn.read(ins.operands[3], control)
    chosen = f"fcmp oge {control} {value}, 0.0" if control == "float" else f"icmp sge {control} {value}, 0"
    # A subnormal that is flushed keeps to the side of zero.
    if control == "float" and ins.has("ftz"):
        chosen = f"fcmp ogt {control} {value}, bitcast (i32 {0x80800000} to float)"
    then, otherwise = fn.read(ins.operands[1], kind), fn.read(ins.operands[2], kind)
    fn.write(ins.operands[0], fn.select(fn.emit(chosen), kind, then, otherwise), kind)


@instruction("cvta", "to global shared shared::cta local const param", types=["u64", "u32"], operands=2)
def cvta(fn: Body, ins: Instruction) -> None:
    """Make an address generic, or specific with ``.to``: they differ for shared memory alone."""
    kind = type_of(ins).llvm
    if WIDTHS[kind] != 64:
        raise UnsupportedError(f"{ins.text}: addresses have 64 bits here", ins.line)
    value = fn.read(ins.operands[1], kind)
    if ins.has("shared", "shared::cta"):
        base = fn.emit(f"ptrtoint ptr {fn.block_field('shared')} to i64")
        value = fn.emit(f"{'sub' if ins.has('to') else 'add'} i64 {value}, {base}")
    fn.write(ins.operands[0], value, kind)


@instruction("isspacep", "global shared shared::cta local const param", operands=2)
def isspacep(fn: Body, ins: Instruction) -> None:
    """Say whether a generic address lies in a space; only shared memory has bounds that a thread knows."""
    address = fn.read(ins.operands[1], "i64")
    if ins.has("local", "const", "param"):
        raise UnsupportedError(f"{ins.text}: only .shared and .global are told apart", ins.line)
    base = fn.emit(f"ptrtoint ptr {fn.block_field('shared')} to i64")
    size = fn.emit(f"zext i32 {fn.block_field('shared_size')} to i64")
    inside = fn.emit(f"icmp ult i64 {fn.emit(f'sub i64 {address}, {base}')}, {size}")
    fn.write(ins.operands[0], fn.emit(f"xor i1 {inside}, true") if ins.has("global") else inside, "i1")
