"""Comparisons: setp and set, of integers and of floats with unordered relations."""

from __future__ import annotations

from ..errors import EmulatorError
from ..syntax import Instruction, Name, Pair
from ..types import INTEGERS, REALS, Type, constant, type_of, types_of
from .body import Body
from .floats import flushed
from .registry import instruction

RELATIONS = "eq ne lt le gt ge lo ls hi hs equ neu ltu leu gtu geu num nan"
COMBINE = "and or xor"
ORDERED = {"eq": "oeq", "ne": "one", "lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge", "num": "ord", "nan": "uno"}
UNORDERED = {"equ": "ueq", "neu": "une", "ltu": "ult", "leu": "ule", "gtu": "ugt", "geu": "uge"}
UNSIGNED = {"lo": "ult", "ls": "ule", "hi": "ugt", "hs": "uge"}


def compare(fn: Body, ins: Instruction, kind: Type, a: str, b: str) -> str:
    """Return the i1 of a comparison."""
    relation = next(m for m in ins.modifiers if m in RELATIONS.split())
    if kind.is_float:
        return fn.emit(f"fcmp {(ORDERED | UNORDERED)[relation]} {kind.llvm} {a}, {b}")
    if relation in UNSIGNED:
        name = UNSIGNED[relation]
    elif relation in ("eq", "ne"):
        name = relation
    elif relation in ("lt", "le", "gt", "ge"):
        name = ("s" if kind.signed else "u") + relation
    else:
        raise EmulatorError(f"{ins.text}: {relation!r} is for floating-point values", ins.line)
    return fn.emit(f"icmp {name} {kind.llvm} {a}, {b}")


def combined(fn: Body, ins: Instruction, at: int) -> tuple[str, str]:
    """Return the result of an instruction and its complement, with a predicate combined if one is given."""
    kind = type_of(ins)
    a, b = (flushed(fn, ins, kind, fn.read(o, kind.llvm)) for o in ins.operands[at : at + 2])
    value = compare(fn, ins, kind, a, b)
    inverse = fn.emit(f"xor i1 {value}, true")
    for m in ins.modifiers:
        if m in COMBINE.split():
            other = fn.read(ins.operands[at + 2], "i1")
            value, inverse = (fn.emit(f"{m} i1 {v}, {other}") for v in (value, inverse))
    return value, inverse


@instruction("setp", f"{RELATIONS} {COMBINE} ftz", [*INTEGERS, *REALS], operands=(3, 4))
def setp(fn: Body, ins: Instruction) -> None:
    """Set a predicate, and its complement if two are given."""
    value, inverse = combined(fn, ins, 1)
    target = ins.operands[0]
    first, second = (target.first, target.second) if isinstance(target, Pair) else (target, Name("_"))
    fn.write(first, value, "i1")
    fn.write(second, inverse, "i1")


@instruction("set", f"{RELATIONS} {COMBINE} ftz", [*INTEGERS, *REALS], operands=(3, 4))
def set_(fn: Body, ins: Instruction) -> None:
    """Set a register to 1.0 or to all bits where the relation holds, else to 0."""
    kind = types_of(ins)[0]
    value, _ = combined(fn, ins, 1)
    one = constant(0x3F800000, "float") if kind.name == "f32" else "-1"
    zero = constant(0, "float") if kind.name == "f32" else "0"
    fn.write(ins.operands[0], fn.select(value, kind.llvm, one, zero), kind.llvm)
