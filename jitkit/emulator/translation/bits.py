"""Bits: and, or, xor, not, cnot, lop3, shifts, popc, clz, brev, bfind, fns, bfe, bfi, bmsk, szext, prmt, shf."""

from __future__ import annotations

from ..errors import UnsupportedError
from ..syntax import Immediate, Instruction, Pair
from ..types import WIDTHS, type_of
from .body import Body
from .integers import sources
from .registry import instruction

LOGIC = ("pred", "b16", "b32", "b64")


@instruction("and or xor", types=LOGIC, operands=3)
def logic(fn: Body, ins: Instruction) -> None:
    """Combine bit by bit."""
    kind = type_of(ins).llvm
    a, b = sources(fn, ins, kind)
    fn.write(ins.operands[0], fn.emit(f"{ins.opcode} {kind} {a}, {b}"), kind)


@instruction("not cnot", types=LOGIC, operands=2)
def invert(fn: Body, ins: Instruction) -> None:
    """Invert each bit; ``cnot`` is 1 for 0, else 0."""
    kind, (a,) = type_of(ins).llvm, sources(fn, ins, type_of(ins).llvm)
    if ins.opcode == "not":
        value = fn.emit(f"xor {kind} {a}, {'true' if kind == 'i1' else -1}")
    else:
        value = fn.emit(f"zext i1 {fn.emit(f'icmp eq {kind} {a}, 0')} to {kind}")
    fn.write(ins.operands[0], value, kind)


@instruction("lop3", types=("b32",), operands=5)
def lop3(fn: Body, ins: Instruction) -> None:
    """Look each bit up in a table of eight, by the bits of a, b and c."""
    table = ins.operands[4]
    if not isinstance(table, Immediate) or isinstance(ins.operands[0], Pair):
        raise UnsupportedError(f"{ins.text} needs a constant table and one destination", ins.line)
    a, b, c = (fn.read(operand, "i32") for operand in ins.operands[1:4])
    inverse = {v: fn.emit(f"xor i32 {v}, -1") for v in (a, b, c)}
    value = "0"
    for row in range(8):
        if table.value >> row & 1:
            chosen = [v if row >> place & 1 else inverse[v] for v, place in ((a, 2), (b, 1), (c, 0))]
            term = fn.emit(f"and i32 {fn.emit(f'and i32 {chosen[0]}, {chosen[1]}')}, {chosen[2]}")
            value = fn.emit(f"or i32 {value}, {term}")
    fn.write(ins.operands[0], value, "i32")


@instruction("shl shr", types=("b16", "b32", "b64", "u16", "u32", "u64", "s16", "s32", "s64"), operands=3)
def shift(fn: Body, ins: Instruction) -> None:
    """Shift; a count past the width gives 0, or the sign."""
    kind, bits = type_of(ins), type_of(ins).bits
    value, count = fn.read(ins.operands[1], kind.llvm), fn.read(ins.operands[2], "i32")
    over = fn.emit(f"icmp uge i32 {count}, {bits}")
    arithmetic = ins.opcode == "shr" and kind.signed
    # The count is clamped before it is used: LLVM leaves a shift past the width undefined.
    clamped = fn.fit(fn.select(over, "i32", str(bits - 1) if arithmetic else "0", count), "i32", kind.llvm)
    name = "shl" if ins.opcode == "shl" else "ashr" if arithmetic else "lshr"
    shifted = fn.emit(f"{name} {kind.llvm} {value}, {clamped}")
    fn.write(ins.operands[0], shifted if arithmetic else fn.select(over, kind.llvm, "0", shifted), kind.llvm)


def _limited(fn: Body, ins: Instruction, count: str) -> str:
    """Return a count modulo 32 (``.wrap``), or no more than 32 (``.clamp``)."""
    if ins.has("wrap"):
        return fn.emit(f"and i32 {count}, 31")
    return fn.call("i32", "llvm.umin.i32", f"i32 {count}", "i32 32")


@instruction("shf", "l r clamp wrap", ("b32",), operands=4)
def funnel(fn: Body, ins: Instruction) -> None:
    """Shift the 64 bits ``b:a`` and keep the upper (left) or the lower (right) word."""
    low, top, count = sources(fn, ins, "i32")
    count = _limited(fn, ins, count)
    low, top, count = (fn.emit(f"zext i32 {v} to i64") for v in (low, top, count))
    both = fn.emit(f"or i64 {low}, {fn.emit(f'shl i64 {top}, 32')}")
    shifted = fn.emit(f"{'shl' if ins.has('l') else 'lshr'} i64 {both}, {count}")
    if ins.has("l"):
        shifted = fn.emit(f"lshr i64 {shifted}, 32")
    fn.write(ins.operands[0], fn.emit(f"trunc i64 {shifted} to i32"), "i32")


@instruction("popc clz brev", types=("b32", "b64"), operands=2)
def count_bits(fn: Body, ins: Instruction) -> None:
    """Count the set bits, count the leading zeros, or reverse the bits."""
    kind, (a,) = type_of(ins).llvm, sources(fn, ins, type_of(ins).llvm)
    if ins.opcode == "brev":
        fn.write(ins.operands[0], fn.call(kind, f"llvm.bitreverse.{kind}", f"{kind} {a}"), kind)
        return
    name = "ctpop" if ins.opcode == "popc" else "ctlz"
    flags = () if name == "ctpop" else ("i1 false",)
    value = fn.call(kind, f"llvm.{name}.{kind}", f"{kind} {a}", *flags)
    fn.write(ins.operands[0], fn.fit(value, kind, "i32"), "i32")


@instruction("bfind", "shiftamt", ("s32", "u32", "s64", "u64"), operands=2)
def bfind(fn: Body, ins: Instruction) -> None:
    """Find the most significant bit that is no sign, or all bits set if there is none."""
    kind, (a,) = type_of(ins), sources(fn, ins, type_of(ins).llvm)
    if kind.signed:
        a = fn.emit(f"xor {kind.llvm} {a}, {fn.emit(f'ashr {kind.llvm} {a}, {kind.bits - 1}')}")
    zeros = fn.call(kind.llvm, f"llvm.ctlz.{kind.llvm}", f"{kind.llvm} {a}", "i1 false")
    place = zeros if ins.has("shiftamt") else fn.emit(f"sub {kind.llvm} {kind.bits - 1}, {zeros}")
    value = fn.select(fn.emit(f"icmp eq {kind.llvm} {a}, 0"), kind.llvm, "-1", place)
    fn.write(ins.operands[0], fn.fit(value, kind.llvm, "i32"), "i32")


def _byte(fn: Body, value: str) -> str:
    return fn.emit(f"and i32 {value}, 255")


@instruction("bfe", types=("s32", "u32", "s64", "u64"), operands=4)
def bfe(fn: Body, ins: Instruction) -> None:
    """Extract a field; bits past the top are the sign of the field's last bit, or 0."""
    kind = type_of(ins)
    value = fn.read(ins.operands[1], kind.llvm)
    start, length = (_byte(fn, fn.read(operand, "i32")) for operand in ins.operands[2:])
    # Twice the width, so that no shift goes past it: both counts are at most 255, clamped to the width.
    wide, width = f"i{2 * kind.bits}", WIDTHS[kind.llvm]
    start, length = (fn.call("i32", "llvm.umin.i32", f"i32 {v}", f"i32 {width}") for v in (start, length))
    start, length = (fn.emit(f"zext i32 {v} to {wide}") for v in (start, length))
    whole = fn.emit(f"{'sext' if kind.signed else 'zext'} {kind.llvm} {value} to {wide}")
    field = fn.emit(f"{'ashr' if kind.signed else 'lshr'} {wide} {whole}, {start}")
    rest = fn.emit(f"sub {wide} {2 * kind.bits}, {length}")
    none = fn.emit(f"icmp eq {wide} {length}, 0")
    rest = fn.select(none, wide, "0", rest)
    field = fn.emit(f"{'ashr' if kind.signed else 'lshr'} {wide} {fn.emit(f'shl {wide} {field}, {rest}')}, {rest}")
    fn.write(ins.operands[0], fn.fit(fn.select(none, wide, "0", field), wide, kind.llvm), kind.llvm)


def _ones(fn: Body, wide: str, start: str, length: str) -> str:
    """Return `length` set bits from place `start`."""
    ones = fn.emit(f"sub {wide} {fn.emit(f'shl {wide} 1, {length}')}, 1")
    return fn.emit(f"shl {wide} {ones}, {start}")


@instruction("bfi", types=("b32", "b64"), operands=5)
def bfi(fn: Body, ins: Instruction) -> None:
    """Insert the low bits of a into b as a field."""
    kind = type_of(ins).llvm
    bits, wide = WIDTHS[kind], f"i{2 * WIDTHS[kind]}"
    a, b = (fn.emit(f"zext {kind} {fn.read(o, kind)} to {wide}") for o in ins.operands[1:3])
    counts = [_byte(fn, fn.read(o, "i32")) for o in ins.operands[3:]]
    start, length = (fn.call("i32", "llvm.umin.i32", f"i32 {v}", f"i32 {bits}") for v in counts)
    start, length = (fn.emit(f"zext i32 {v} to {wide}") for v in (start, length))
    # A shift by the whole width twice would leave the doubled type: then no bit of the field is inside.
    mask = _ones(fn, wide, fn.select(fn.emit(f"icmp eq {wide} {start}, {bits}"), wide, "0", start), length)
    mask = fn.select(fn.emit(f"icmp eq {wide} {start}, {bits}"), wide, "0", mask)
    inserted = fn.emit(f"and {wide} {fn.emit(f'shl {wide} {a}, {start}')}, {mask}")
    kept = fn.emit(f"and {wide} {b}, {fn.emit(f'xor {wide} {mask}, -1')}")
    fn.write(ins.operands[0], fn.fit(fn.emit(f"or {wide} {inserted}, {kept}"), wide, kind), kind)


@instruction("bmsk", "clamp wrap", ("b32",), operands=3)
def bmsk(fn: Body, ins: Instruction) -> None:
    """Make a mask of b set bits from place a."""
    start, length = sources(fn, ins, "i32")
    start, length = (_limited(fn, ins, v) for v in (start, length))
    start, length = (fn.emit(f"zext i32 {v} to i128") for v in (start, length))
    fn.write(ins.operands[0], fn.emit(f"trunc i128 {_ones(fn, 'i128', start, length)} to i32"), "i32")


@instruction("szext", "clamp wrap", ("s32", "u32"), operands=3)
def szext(fn: Body, ins: Instruction) -> None:
    """Extend the low n bits of a by their sign, or by 0."""
    value, length = sources(fn, ins, "i32")
    length = _limited(fn, ins, length)
    rest = fn.emit(f"sub i32 32, {length}")
    none = fn.emit(f"icmp eq i32 {length}, 0")
    rest = fn.select(none, "i32", "0", rest)
    name = "ashr" if type_of(ins).signed else "lshr"
    field = fn.emit(f"{name} i32 {fn.emit(f'shl i32 {value}, {rest}')}, {rest}")
    fn.write(ins.operands[0], fn.select(none, "i32", "0", field), "i32")


@instruction("prmt", "f4e b4e rc8 ecl ecr rc16", ("b32",), operands=4)
def prmt(fn: Body, ins: Instruction) -> None:
    """Pick four of the eight bytes ``b:a``; bit 3 of a selector spreads the sign of its byte."""
    low, top, selector = sources(fn, ins, "i32")
    low, top = (fn.emit(f"zext i32 {v} to i64") for v in (low, top))
    both = fn.emit(f"or i64 {low}, {fn.emit(f'shl i64 {top}, 32')}")
    mode = next((m for m in ins.modifiers if m != "b32"), "")
    total = "0"
    for place in range(4):
        picked = _picked(fn, both, _selector(fn, selector, place, mode), signs=not mode)
        total = fn.emit(f"or i32 {total}, {fn.emit(f'shl i32 {picked}, {8 * place}')}")
    fn.write(ins.operands[0], total, "i32")


def _selector(fn: Body, selector: str, place: int, mode: str) -> str:
    """Return the number of the byte that goes to a place, an i32."""
    if not mode:
        return fn.emit(f"and i32 {fn.emit(f'lshr i32 {selector}, {4 * place}')}, 15")
    c = fn.emit(f"and i32 {selector}, 3")
    if mode in ("f4e", "b4e"):
        moved = fn.emit(f"add i32 {c}, {place if mode == 'f4e' else 8 - place}")
        return fn.emit(f"and i32 {moved}, 7")
    if mode == "rc8":
        return c
    if mode == "rc16":
        odd = fn.emit(f"and i32 {c}, 1")
        return fn.emit(f"or i32 {fn.emit(f'shl i32 {odd}, 1')}, {place & 1}")
    which = "umax" if mode == "ecl" else "umin"
    return fn.call("i32", f"llvm.{which}.i32", f"i32 {c}", f"i32 {place}")


def _picked(fn: Body, both: str, number: str, *, signs: bool) -> str:
    """Return one byte, or its sign eight times, an i32."""
    count = fn.emit(f"shl i32 {fn.emit(f'and i32 {number}, 7')}, 3")
    moved = fn.emit(f"lshr i64 {both}, {fn.emit(f'zext i32 {count} to i64')}")
    byte = fn.emit(f"trunc i64 {moved} to i8")
    if signs:
        spread = fn.emit(f"ashr i8 {byte}, 7")
        byte = fn.select(fn.emit(f"icmp uge i32 {number}, 8"), "i8", spread, byte)
    return fn.emit(f"zext i8 {byte} to i32")


@instruction("fns", types=("b32",), operands=4)
def fns(fn: Body, ins: Instruction) -> None:
    """Find the n-th set bit from a base, upwards or downwards: a loop in a helper."""
    mask, base, offset = sources(fn, ins, "i32")
    name = fn.unit.helper("emulator.fns", lambda: FNS)
    fn.write(ins.operands[0], fn.emit(f"call i32 @{name}(i32 {mask}, i32 {base}, i32 {offset})"), "i32")


FNS = """\
define internal i32 @emulator.fns(i32 %mask, i32 %base, i32 %offset) {
entry:
  %up = icmp sgt i32 %offset, 0
  %none = icmp eq i32 %offset, 0
  %negative = sub i32 0, %offset
  %distance = select i1 %up, i32 %offset, i32 %negative
  %wanted = select i1 %none, i32 1, i32 %distance
  %step = select i1 %up, i32 1, i32 -1
  br label %loop
loop:
  %place = phi i32 [ %base, %entry ], [ %next, %on ]
  %count = phi i32 [ 0, %entry ], [ %seen, %on ]
  %inside = icmp ult i32 %place, 32
  br i1 %inside, label %look, label %missing
look:
  %moved = lshr i32 %mask, %place
  %bit = and i32 %moved, 1
  %seen = add i32 %count, %bit
  %here = icmp eq i32 %bit, 1
  %enough = icmp eq i32 %seen, %wanted
  %found = and i1 %here, %enough
  br i1 %found, label %done, label %on
on:
  %next = add i32 %place, %step
  br i1 %none, label %missing, label %loop
missing:
  ret i32 -1
done:
  ret i32 %place
}"""
