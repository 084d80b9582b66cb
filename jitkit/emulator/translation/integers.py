"""Integer arithmetic: add, sub, mul, mad, mul24, sad, div, rem, abs, neg, min, max."""

from __future__ import annotations

from ..syntax import Instruction
from ..types import INTEGERS, Type, type_of
from .body import Body
from .registry import instruction

NUMBERS = sorted(t for t in INTEGERS if t[0] != "b")
PACKED = ("s16x2", "u16x2")


def sources(fn: Body, ins: Instruction, kind: str) -> list[str]:
    """Return the values of all operands but the first."""
    return [fn.read(operand, kind) for operand in ins.operands[1:]]


@instruction("add sub", "sat", NUMBERS, operands=3)
def add(fn: Body, ins: Instruction) -> None:
    """Add or subtract, modulo 2**n; ``.sat`` clamps to the signed range."""
    kind = type_of(ins).llvm
    a, b = sources(fn, ins, kind)
    if ins.has("sat"):
        value = fn.call(kind, f"llvm.s{ins.opcode}.sat.{kind}", f"{kind} {a}", f"{kind} {b}")
    else:
        value = fn.emit(f"{ins.opcode} {kind} {a}, {b}")
    fn.write(ins.operands[0], value, kind)


@instruction("add sub min max", "relu", PACKED, operands=3)
def packed(fn: Body, ins: Instruction) -> None:
    """Work on the two 16-bit halves of a register by themselves."""
    kind = type_of(ins)
    a, b = (fn.emit(f"bitcast i32 {v} to <2 x i16>") for v in sources(fn, ins, "i32"))
    if ins.opcode in ("add", "sub"):
        value = fn.emit(f"{ins.opcode} <2 x i16> {a}, {b}")
    else:
        value = _extreme(fn, ins.opcode, kind.signed, a, b)
    if ins.has("relu"):
        value = _extreme(fn, "max", True, value, "zeroinitializer")
    fn.write(ins.operands[0], fn.emit(f"bitcast <2 x i16> {value} to i32"), "i32")


def _extreme(fn: Body, which: str, signed: bool, a: str, b: str) -> str:
    name = f"llvm.{'s' if signed else 'u'}{which}.v2i16"
    fn.unit.declare(f"declare <2 x i16> @{name}(<2 x i16>, <2 x i16>)")
    return fn.emit(f"call <2 x i16> @{name}(<2 x i16> {a}, <2 x i16> {b})")


@instruction("min max", "relu", NUMBERS, operands=(3, 4))
def extreme(fn: Body, ins: Instruction) -> None:
    """Return the smaller or the larger of two or three; ``.relu`` clamps negative results to 0."""
    kind = type_of(ins)
    first, *others = sources(fn, ins, kind.llvm)
    name = f"llvm.{'s' if kind.signed else 'u'}{ins.opcode}.{kind.llvm}"
    for other in others:
        first = fn.call(kind.llvm, name, f"{kind.llvm} {first}", f"{kind.llvm} {other}")
    if ins.has("relu"):
        first = fn.call(kind.llvm, f"llvm.smax.{kind.llvm}", f"{kind.llvm} {first}", f"{kind.llvm} 0")
    fn.write(ins.operands[0], first, kind.llvm)


def wide_product(fn: Body, kind: Type, a: str, b: str) -> str:
    """Return the product of two values at twice their width."""
    double, extend = f"i{2 * kind.bits}", "sext" if kind.signed else "zext"
    a, b = (fn.emit(f"{extend} {kind.llvm} {v} to {double}") for v in (a, b))
    return fn.emit(f"mul {double} {a}, {b}")


def high(fn: Body, kind: Type, product: str) -> str:
    """Return the upper half of a wide product."""
    upper = fn.emit(f"lshr i{2 * kind.bits} {product}, {kind.bits}")
    return fn.emit(f"trunc i{2 * kind.bits} {upper} to {kind.llvm}")


def product_of(fn: Body, ins: Instruction, a: str, b: str) -> tuple[str, str]:
    """Return the part of the product that ``.lo``, ``.hi`` or ``.wide`` asks for, with its LLVM type."""
    kind = type_of(ins)
    if ins.has("wide"):
        return wide_product(fn, kind, a, b), f"i{2 * kind.bits}"
    if ins.has("hi"):
        return high(fn, kind, wide_product(fn, kind, a, b)), kind.llvm
    return fn.emit(f"mul {kind.llvm} {a}, {b}"), kind.llvm


@instruction("mul", "lo hi wide", NUMBERS, operands=3)
def mul(fn: Body, ins: Instruction) -> None:
    """Multiply: the low half, the high half, or all of the product."""
    value, kind = product_of(fn, ins, *sources(fn, ins, type_of(ins).llvm))
    fn.write(ins.operands[0], value, kind)


@instruction("mad", "lo hi wide sat", NUMBERS, operands=4)
def mad(fn: Body, ins: Instruction) -> None:
    """Multiply and add; ``.hi.sat`` clamps the sum."""
    kind = type_of(ins).llvm
    product, width = product_of(fn, ins, fn.read(ins.operands[1], kind), fn.read(ins.operands[2], kind))
    addend = fn.read(ins.operands[3], width)
    if ins.has("sat"):
        value = fn.call(width, f"llvm.sadd.sat.{width}", f"{width} {product}", f"{width} {addend}")
    else:
        value = fn.emit(f"add {width} {product}, {addend}")
    fn.write(ins.operands[0], value, width)


@instruction("mul24 mad24", "lo hi sat", ("s32", "u32"), operands=(3, 4))
def mul24(fn: Body, ins: Instruction) -> None:
    """Multiply the low 24 bits: the low 32 bits of the 48-bit product, or with ``.hi`` the upper 32."""
    shift = "ashr" if type_of(ins).signed else "lshr"
    factors = []
    for operand in ins.operands[1:3]:
        value = fn.emit(f"zext i32 {fn.read(operand, 'i32')} to i64")
        factors.append(fn.emit(f"{shift} i64 {fn.emit(f'shl i64 {value}, 40')}, 40"))
    product = fn.emit(f"mul i64 {factors[0]}, {factors[1]}")
    if ins.has("hi"):
        product = fn.emit(f"lshr i64 {product}, 16")
    value = fn.emit(f"trunc i64 {product} to i32")
    if ins.opcode == "mad24":
        addend = fn.read(ins.operands[3], "i32")
        if ins.has("sat"):
            value = fn.call("i32", "llvm.sadd.sat.i32", f"i32 {value}", f"i32 {addend}")
        else:
            value = fn.emit(f"add i32 {value}, {addend}")
    fn.write(ins.operands[0], value, "i32")


@instruction("sad", types=NUMBERS, operands=4)
def sad(fn: Body, ins: Instruction) -> None:
    """Return c + abs(a - b), the difference taken without overflow."""
    kind, (a, b, c) = type_of(ins), sources(fn, ins, type_of(ins).llvm)
    less = fn.emit(f"icmp {'slt' if kind.signed else 'ult'} {kind.llvm} {a}, {b}")
    forward, backward = fn.emit(f"sub {kind.llvm} {a}, {b}"), fn.emit(f"sub {kind.llvm} {b}, {a}")
    distance = fn.select(less, kind.llvm, backward, forward)
    fn.write(ins.operands[0], fn.emit(f"add {kind.llvm} {c}, {distance}"), kind.llvm)


@instruction("div rem", types=NUMBERS, operands=3)
def divide(fn: Body, ins: Instruction) -> None:
    """Divide, towards zero. By zero PTX leaves open: all bits are set here, and the remainder is the dividend."""
    kind, (a, b) = type_of(ins), sources(fn, ins, type_of(ins).llvm)
    zero = fn.emit(f"icmp eq {kind.llvm} {b}, 0")
    special, overflow = zero, ""
    if kind.signed:
        least = fn.emit(f"icmp eq {kind.llvm} {a}, {-(1 << (kind.bits - 1))}")
        overflow = fn.emit(f"and i1 {least}, {fn.emit(f'icmp eq {kind.llvm} {b}, -1')}")
        special = fn.emit(f"or i1 {zero}, {overflow}")
    safe = fn.select(special, kind.llvm, "1", b)
    value = fn.emit(f"{'s' if kind.signed else 'u'}{ins.opcode} {kind.llvm} {a}, {safe}")
    # Divided by the 1 that stands in, the least integer overflows to itself, and its remainder is 0, as it must.
    value = fn.select(zero, kind.llvm, "-1" if ins.opcode == "div" else a, value)
    fn.write(ins.operands[0], value, kind.llvm)


@instruction("abs neg", types=("s16", "s32", "s64"), operands=2)
def absolute(fn: Body, ins: Instruction) -> None:
    """Return the absolute value or the negative; the least integer stays as it is."""
    kind, (a,) = type_of(ins).llvm, sources(fn, ins, type_of(ins).llvm)
    value = fn.emit(f"sub {kind} 0, {a}")
    if ins.opcode == "abs":
        value = fn.select(fn.emit(f"icmp slt {kind} {a}, 0"), kind, value, a)
    fn.write(ins.operands[0], value, kind)
