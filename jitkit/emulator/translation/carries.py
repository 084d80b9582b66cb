"""Arithmetic of more than one word, through the carry flag: add.cc, addc, sub.cc, subc, mad.cc, madc."""

from __future__ import annotations

from ..syntax import Instruction
from ..types import type_of
from .body import Body
from .integers import product_of, sources
from .registry import instruction

WORDS = ("u32", "s32", "u64", "s64", "b32", "b64")
CARRY = "%carry"


def _flag(fn: Body) -> str:
    """Return the pointer of the carry flag, which each function has for itself."""
    if CARRY not in fn.frame.registers:
        fn.frame.registers[CARRY] = (fn.alloca("i1"), "i1")
    return fn.frame.registers[CARRY][0]


def _sum(fn: Body, ins: Instruction, which: str, a: str, b: str, *, takes: bool) -> str:
    """Add or subtract with the flag as carry or borrow, and set it on ``.cc``."""
    kind = type_of(ins).llvm
    wide = f"i{type_of(ins).bits + 1}"
    a, b = (fn.emit(f"zext {kind} {v} to {wide}") for v in (a, b))
    total = fn.emit(f"{which} {wide} {a}, {b}")
    if takes:
        flag = fn.emit(f"zext i1 {fn.emit(f'load i1, ptr {_flag(fn)}')} to {wide}")
        total = fn.emit(f"{which} {wide} {total}, {flag}")
    if ins.has("cc"):
        out = fn.emit(f"lshr {wide} {total}, {type_of(ins).bits}")
        fn.run(f"store i1 {fn.emit(f'trunc {wide} {out} to i1')}, ptr {_flag(fn)}")
    return fn.emit(f"trunc {wide} {total} to {kind}")


@instruction("add sub", "cc", WORDS, operands=3)
@instruction("addc subc", "cc", WORDS, operands=3)
def add_carry(fn: Body, ins: Instruction) -> None:
    """Add or subtract; the flag is the carry, or the borrow."""
    kind, which = type_of(ins).llvm, ins.opcode[:3]
    a, b = sources(fn, ins, kind)
    fn.write(ins.operands[0], _sum(fn, ins, which, a, b, takes=ins.opcode in ("addc", "subc")), kind)


@instruction("mad", "cc lo hi", WORDS, operands=4)
@instruction("madc", "cc lo hi", WORDS, operands=4)
def mad_carry(fn: Body, ins: Instruction) -> None:
    """Multiply, and add half of the product with the carry."""
    kind = type_of(ins).llvm
    a, b, c = sources(fn, ins, kind)
    product, _ = product_of(fn, ins, a, b)
    fn.write(ins.operands[0], _sum(fn, ins, "add", product, c, takes=ins.opcode == "madc"), kind)
