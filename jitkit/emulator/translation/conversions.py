"""cvt between integers, float16, bfloat16, float32 and float64."""

from __future__ import annotations

from ..errors import EmulatorError
from ..syntax import Instruction
from ..types import TYPES, Type, types_of
from .body import Body
from .floats import flush, saturated, suffix
from .formats import FORMATS, from_bfloat16, narrowed, to_half
from .registry import instruction
from .rounding import directed, mode_of

INTEGRAL = {"rni": "roundeven", "rzi": "trunc", "rmi": "floor", "rpi": "ceil"}
PLAIN = [t for t in TYPES if TYPES[t].kind in "sufbf" and TYPES[t].packed == 1 and t[0] != "b"] + ["bf16"]


@instruction("cvt", "rn rz rm rp rni rzi rmi rpi ftz sat relu satfinite", PLAIN, operands=2)
def cvt(fn: Body, ins: Instruction) -> None:
    """Convert one value."""
    if len(types_of(ins)) != 2:
        raise EmulatorError(f"{ins.text} must name two types", ins.line)
    target, source = types_of(ins)
    value = fn.read(ins.operands[1], source.llvm)
    if source.is_float and target.is_float:
        value = between_floats(fn, ins, value)
    elif source.is_float:
        value = to_integer(fn, ins, value)
    elif target.is_float:
        value = from_integer(fn, ins, value)
    else:
        value = between_integers(fn, ins, value)
    fn.write(ins.operands[0], value, target.llvm, signed=target.signed)


def between_integers(fn: Body, ins: Instruction, value: str) -> str:
    """Extend, cut, or with ``.sat`` clamp."""
    target, source = types_of(ins)
    if not ins.has("sat"):
        return fn.fit(value, source.llvm, target.llvm, signed=source.signed)
    return clamped(fn, value, source, target)


def clamped(fn: Body, value: str, source: Type, target: Type) -> str:
    """Return an integer clamped to the range of a type."""
    # One bit more than either, so that both ranges are signed ones.
    bits = max(source.bits, target.bits) + 1
    wide = f"i{bits}"
    low = -(1 << (target.bits - 1)) if target.signed else 0
    high = (1 << (target.bits - (1 if target.signed else 0))) - 1
    value = fn.emit(f"{'sext' if source.signed else 'zext'} {source.llvm} {value} to {wide}")
    value = fn.call(wide, f"llvm.smax.{wide}", f"{wide} {value}", f"{wide} {low}")
    value = fn.call(wide, f"llvm.smin.{wide}", f"{wide} {value}", f"{wide} {high}")
    return fn.emit(f"trunc {wide} {value} to {target.llvm}")


def widened(fn: Body, value: str, source: Type) -> tuple[str, str]:
    """Return a 16-bit float as a float32, others as they are, with the LLVM type."""
    if source.kind == "bf":
        return from_bfloat16(fn, value), "float"
    if source.bits == 16:
        return fn.emit(f"fpext half {value} to float"), "float"
    return value, source.llvm


def to_integer(fn: Body, ins: Instruction, value: str) -> str:
    """Round to an integer and clamp; a NaN becomes 0, or for 64 bits on either side the top bit alone."""
    target, source = types_of(ins)
    value, kind = widened(fn, value, source)
    if ins.has("ftz") and kind == "float":
        value = flush(fn, value)
    which = next((INTEGRAL[m] for m in ins.modifiers if m in INTEGRAL), "trunc")
    value = fn.call(kind, f"llvm.{which}.{suffix(kind)}", f"{kind} {value}")
    name = f"llvm.fpto{'s' if target.signed else 'u'}i.sat.{target.llvm}.{suffix(kind)}"
    result = fn.call(target.llvm, name, f"{kind} {value}")
    if source.bits == 64 or target.bits == 64:
        unordered = fn.emit(f"fcmp uno {kind} {value}, {value}")
        result = fn.select(unordered, target.llvm, str(1 << (target.bits - 1)), result)
    return result


def from_integer(fn: Body, ins: Instruction, value: str) -> str:
    """Convert an integer, rounded once."""
    target, source = types_of(ins)
    operation = "sitofp" if source.signed else "uitofp"
    mode = mode_of(ins)
    if target.bits == 16:
        value = narrowed(fn, FORMATS[target.name], mode, sticky_double(fn, operation, source, value))
        return value if target.kind == "bf" else to_half(fn, value)
    if mode == "rn":
        value = fn.emit(f"{operation} {source.llvm} {value} to {target.llvm}")
    else:
        value = directed(fn, operation, mode, source.llvm, target.llvm, [f"{source.llvm} {value}"])
        # Rounded down, 0 converts to +0; LLVM's lowering of unsigned integers makes a -0 of a difference.
        value = (
            fn.call(target.llvm, f"llvm.fabs.{suffix(target.llvm)}", f"{target.llvm} {value}")
            if not source.signed
            else value
        )
    return saturated(fn, target.llvm, value) if ins.has("sat") else value


def sticky_double(fn: Body, operation: str, source: Type, value: str) -> str:
    """Return an integer as a double; where bits are lost, the last one is set, so that a second rounding is right."""
    if source.bits < 64:
        return fn.emit(f"{operation} {source.llvm} {value} to double")
    result = directed(fn, operation, "rz", source.llvm, "double", [f"{source.llvm} {value}"])
    back = fn.emit(f"{'fptosi' if source.signed else 'fptoui'} double {result} to i64")
    lost = fn.emit(f"zext i1 {fn.emit(f'icmp ne i64 {back}, {value}')} to i64")
    bits = fn.emit(f"or i64 {fn.emit(f'bitcast double {result} to i64')}, {lost}")
    return fn.emit(f"bitcast i64 {bits} to double")


def between_floats(fn: Body, ins: Instruction, value: str) -> str:
    """Widen, narrow, or round to an integral value."""
    _, source = types_of(ins)
    value, kind = widened(fn, value, source)
    if ins.has("ftz") and source.name == "f32":
        value = flush(fn, value)
    which = next((INTEGRAL[m] for m in ins.modifiers if m in INTEGRAL), "")
    if which:
        value = fn.call(kind, f"llvm.{which}.{suffix(kind)}", f"{kind} {value}")
    value = resized(fn, ins, value, kind)
    return value


def resized(fn: Body, ins: Instruction, value: str, kind: str) -> str:
    """Return a float of the target's type; `kind` is ``float`` or ``double``."""
    target, _ = types_of(ins)
    if target.bits == 16:
        return sixteen(fn, ins, value, kind)
    if kind == "float" and target.bits == 64:
        value = fn.emit(f"fpext float {value} to double")
    elif kind == "double" and target.bits == 32:
        mode = mode_of(ins)
        if mode == "rn":
            value = fn.emit(f"fptrunc double {value} to float")
        else:
            value = directed(fn, "fptrunc", mode, "double", "float", [f"double {value}"])
    if ins.has("ftz") and target.bits == 32:
        value = flush(fn, value)
    return saturated(fn, target.llvm, value) if ins.has("sat") else value


def sixteen(fn: Body, ins: Instruction, value: str, kind: str) -> str:
    """Return a float16 or a bfloat16, the latter as an i16."""
    target, _ = types_of(ins)
    if kind == "float":
        value = fn.emit(f"fpext float {value} to double")
    if ins.has("sat"):
        value = saturated(fn, "double", value)
    if ins.has("relu"):
        value = relu(fn, value)
    bits = narrowed(fn, FORMATS[target.name], mode_of(ins), value, finite=ins.has("satfinite"))
    return bits if target.kind == "bf" else to_half(fn, bits)


def relu(fn: Body, value: str) -> str:
    """Return a double with negative values made +0; a NaN stays."""
    return fn.select(fn.emit(f"fcmp ole double {value}, 0.0"), "double", "0.0", value)
