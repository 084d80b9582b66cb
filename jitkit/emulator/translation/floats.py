"""Floating-point arithmetic: add, sub, mul, fma, div, rcp, sqrt, neg, abs, min, max, copysign, testp."""

from __future__ import annotations

from ..syntax import Instruction
from ..types import REALS, Type, constant, type_of
from .body import Body
from .flushing import COVERED
from .integers import sources
from .registry import instruction
from .rounding import rounded

ROUNDING = "rn rz rm rp"
NAN = {"float": 0x7FFFFFFF, "double": 0x7FF8000000000000}


def flushed(fn: Body, ins: Instruction, kind: Type, value: str) -> str:
    """Return a value with a float32 subnormal made 0 of its sign, if the instruction has ``.ftz``."""
    if not ins.has("ftz") or kind.name != "f32" or (fn.unit.flushing and ins.opcode in COVERED):
        return value
    return flush(fn, value)


def flush(fn: Body, value: str) -> str:
    """Return a float with a subnormal made 0 of its sign."""
    size = fn.call("float", "llvm.fabs.f32", f"float {value}")
    tiny = fn.emit(f"fcmp olt float {size}, {constant(0x00800000, 'float')}")
    zero = fn.call("float", "llvm.copysign.f32", "float 0.0", f"float {value}")
    return fn.select(tiny, "float", zero, value)


def suffix(kind: str) -> str:
    """Return how LLVM's intrinsics name a floating-point type."""
    return {"half": "f16", "float": "f32", "double": "f64"}[kind]


def saturated(fn: Body, kind: str, value: str) -> str:
    """Return a value clamped to [0, 1]; a NaN becomes +0."""
    zero, one = constant(0, kind), {"half": "0xH3C00", "float": "1.0", "double": "1.0"}[kind]
    positive = fn.select(fn.emit(f"fcmp ogt {kind} {value}, {zero}"), kind, value, zero)
    return fn.select(fn.emit(f"fcmp olt {kind} {positive}, {one}"), kind, positive, one)


def finish(fn: Body, ins: Instruction, value: str) -> None:
    """Flush and clamp a result as the modifiers say, and write it."""
    kind = type_of(ins)
    value = flushed(fn, ins, kind, value)
    if ins.has("sat"):
        value = saturated(fn, kind.llvm, value)
    fn.write(ins.operands[0], value, kind.llvm)


def _inputs(fn: Body, ins: Instruction) -> list[str]:
    kind = type_of(ins)
    return [flushed(fn, ins, kind, v) for v in sources(fn, ins, kind.llvm)]


@instruction("add sub mul", f"{ROUNDING} ftz sat", REALS, operands=3)
def binary(fn: Body, ins: Instruction) -> None:
    """Add, subtract or multiply, rounded once."""
    finish(fn, ins, rounded(fn, ins, f"f{ins.opcode}", type_of(ins).llvm, *_inputs(fn, ins)))


@instruction("fma mad", f"{ROUNDING} ftz sat", REALS, operands=4)
def fma(fn: Body, ins: Instruction) -> None:
    """Multiply and add in one rounding (``mad`` too, on every GPU since sm_20)."""
    finish(fn, ins, rounded(fn, ins, "fma", type_of(ins).llvm, *_inputs(fn, ins)))


@instruction("div", f"{ROUNDING} approx full ftz", REALS, operands=3)
def div(fn: Body, ins: Instruction) -> None:
    """Divide. The approximate forms are rounded correctly here, which is within their 2 ULP."""
    finish(fn, ins, rounded(fn, ins, "fdiv", type_of(ins).llvm, *_inputs(fn, ins)))


@instruction("rcp", f"{ROUNDING} approx ftz", REALS, operands=2)
def rcp(fn: Body, ins: Instruction) -> None:
    """Return 1 / x; the approximate forms are rounded correctly here."""
    finish(fn, ins, rounded(fn, ins, "fdiv", type_of(ins).llvm, "1.0", *_inputs(fn, ins)))


@instruction("sqrt", f"{ROUNDING} approx ftz", REALS, operands=2)
def sqrt(fn: Body, ins: Instruction) -> None:
    """Return the square root; the approximate form is rounded correctly here."""
    finish(fn, ins, rounded(fn, ins, "sqrt", type_of(ins).llvm, *_inputs(fn, ins)))


@instruction("neg abs", "ftz", REALS, operands=2)
def sign(fn: Body, ins: Instruction) -> None:
    """Change the sign bit, or clear it."""
    kind, (a,) = type_of(ins).llvm, _inputs(fn, ins)
    if ins.opcode == "neg":
        finish(fn, ins, fn.emit(f"fneg {kind} {a}"))
    else:
        finish(fn, ins, fn.call(kind, f"llvm.fabs.{suffix(kind)}", f"{kind} {a}"))


@instruction("copysign", types=REALS, operands=3)
def copysign(fn: Body, ins: Instruction) -> None:
    """Return b with the sign of a."""
    kind, (a, b) = type_of(ins).llvm, _inputs(fn, ins)
    finish(fn, ins, fn.call(kind, f"llvm.copysign.{suffix(kind)}", f"{kind} {b}", f"{kind} {a}"))


@instruction("min max", "ftz NaN xorsign abs", REALS, operands=(3, 4))
def extreme(fn: Body, ins: Instruction) -> None:
    """Return the smaller or the larger; -0 is less than +0; a NaN loses, or with ``.NaN`` wins."""
    values = _inputs(fn, ins)
    finish(fn, ins, extreme_of(fn, ins, type_of(ins).llvm, values))


def extreme_of(fn: Body, ins: Instruction, kind: str, values: list[str]) -> str:
    """Return the extreme of two or three values; the result's NaN is PTX's canonical one."""
    sign_bits = (
        [fn.bitcast(v, kind, "i64" if kind == "double" else "i32") for v in values] if ins.has("xorsign") else []
    )
    if ins.has("abs"):
        values = [fn.call(kind, f"llvm.fabs.{suffix(kind)}", f"{kind} {v}") for v in values]
    name = ("minimum" if ins.opcode == "min" else "maximum") + ("" if ins.has("NaN") else "num")
    first, *others = values
    for other in others:
        first = fn.call(kind, f"llvm.{name}.{suffix(kind)}", f"{kind} {first}", f"{kind} {other}")
    first = fn.select(fn.emit(f"fcmp uno {kind} {first}, {first}"), kind, constant(NAN[kind], kind), first)
    if sign_bits:
        mixed = fn.emit(f"xor i32 {sign_bits[0]}, {sign_bits[1]}")
        first = fn.call(
            kind, f"llvm.copysign.{suffix(kind)}", f"{kind} {first}", f"{kind} {fn.bitcast(mixed, 'i32', kind)}"
        )
    return first


# llvm.is.fpclass: 1 and 2 NaNs, 4 and 512 infinities, 8 and 256 normal, 16 and 128 subnormal, 32 and 64 zeros.
CLASSES = {"finite": 504, "infinite": 516, "number": 1020, "notanumber": 3, "normal": 264, "subnormal": 144}


@instruction("testp", " ".join(CLASSES), REALS, operands=2)
def testp(fn: Body, ins: Instruction) -> None:
    """Test what kind of number a value is."""
    kind, (a,) = type_of(ins).llvm, sources(fn, ins, type_of(ins).llvm)
    mask = next(CLASSES[m] for m in ins.modifiers if m in CLASSES)
    value = fn.call("i1", f"llvm.is.fpclass.{suffix(kind)}", f"{kind} {a}", f"i32 {mask}")
    fn.write(ins.operands[0], value, "i1")
