"""Arithmetic of float16 and bfloat16, alone and in pairs.

Sums, products and quotients are taken in float32 and rounded once more, which gives the correctly rounded result: its
24 digits are more than twice 11 plus 2 (Figueroa, "When is double rounding innocuous?", SIGNUM Newsletter 30, 1995).
A fused multiplication and addition is rounded to odd in float64 first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..syntax import Instruction, Name, Pair
from ..types import HALVES, TYPES, Type, constant, type_of, types_of
from .approximate import FUNCTIONS
from .body import Body
from .comparisons import COMBINE, RELATIONS, compare
from .floats import extreme_of, flush, saturated
from .formats import FORMATS, from_bfloat16, narrowed
from .integers import sources
from .registry import instruction

Lane = Callable[[list[str]], str]


def lanes(fn: Body, kind: Type, value: str) -> list[str]:
    """Return the float32 values of the one or two lanes of an integer."""
    parts = [value]
    if kind.packed == 2:
        parts = [fn.emit(f"trunc i32 {v} to i16") for v in (value, fn.emit(f"lshr i32 {value}, 16"))]
    if kind.kind == "bf":
        return [from_bfloat16(fn, part) for part in parts]
    return [fn.emit(f"fpext half {fn.emit(f'bitcast i16 {part} to half')} to float") for part in parts]


def joined(fn: Body, parts: Sequence[str]) -> str:
    """Return one or two i16 as the integer of a register."""
    if len(parts) == 1:
        return parts[0]
    low, high = (fn.emit(f"zext i16 {part} to i32") for part in parts)
    return fn.emit(f"or i32 {low}, {fn.emit(f'shl i32 {high}, 16')}")


def rounded_lane(fn: Body, kind: Type, value: str, source: str = "float") -> str:
    """Return a float32 or float64 as the i16 of a 16-bit format."""
    if source == "float":
        value = fn.emit(f"fpext float {value} to double")
    return narrowed(fn, FORMATS["bf16" if kind.kind == "bf" else "f16"], "rn", value)


def map_lanes(fn: Body, ins: Instruction, function: Lane) -> None:
    """Apply a function of float32 values to each lane, and round."""
    kind = type_of(ins)
    inputs = [lanes(fn, kind, v) for v in sources(fn, ins, kind.integer)]
    out = []
    for values in zip(*inputs, strict=True):
        value = function([flushed16(fn, ins, kind, v) for v in values])
        value = saturated(fn, "float", value) if ins.has("sat") else value
        value = _relu(fn, value) if ins.has("relu") else value
        out.append(flushed_bits(fn, ins, kind, rounded_lane(fn, kind, value)))
    fn.write(ins.operands[0], joined(fn, out), kind.integer)


def flushed16(fn: Body, ins: Instruction, kind: Type, value: str) -> str:
    """Return a value with a subnormal of its 16-bit format made 0 of its sign, on ``.ftz``."""
    if not ins.has("ftz"):
        return value
    if kind.kind == "bf":
        return flush(fn, value)
    tiny = fn.emit(
        f"fcmp olt float {fn.call('float', 'llvm.fabs.f32', f'float {value}')}, {constant(0x38800000, 'float')}"
    )
    return fn.select(tiny, "float", fn.call("float", "llvm.copysign.f32", "float 0.0", f"float {value}"), value)


def flushed_bits(fn: Body, ins: Instruction, kind: Type, bits: str) -> str:
    """Return a rounded result with a subnormal made 0 of its sign, on ``.ftz``."""
    if not ins.has("ftz"):
        return bits
    field = fn.emit(f"and i16 {bits}, {FORMATS['bf16' if kind.kind == 'bf' else 'f16'].infinity}")
    return fn.select(fn.emit(f"icmp eq i16 {field}, 0"), "i16", fn.emit(f"and i16 {bits}, -32768"), bits)


def _relu(fn: Body, value: str) -> str:
    return fn.select(fn.emit(f"fcmp ole float {value}, 0.0"), "float", constant(0, "float"), value)


@instruction("add sub mul", "rn ftz sat", HALVES, operands=3)
def binary(fn: Body, ins: Instruction) -> None:
    """Add, subtract or multiply."""
    map_lanes(fn, ins, lambda v: fn.emit(f"f{ins.opcode} float {v[0]}, {v[1]}"))


def packed_add(fn: Body, kind: Type, a: str, b: str) -> str:
    """Return the sum of two registers of 16-bit floats, lane by lane."""
    pairs = zip(lanes(fn, kind, a), lanes(fn, kind, b), strict=True)
    return joined(fn, [rounded_lane(fn, kind, fn.emit(f"fadd float {x}, {y}")) for x, y in pairs])


@instruction("neg abs", "ftz", HALVES, operands=2)
def sign(fn: Body, ins: Instruction) -> None:
    """Change the sign bits, or clear them."""
    kind = type_of(ins)
    if ins.has("ftz"):
        map_lanes(fn, ins, lambda v: fn.emit(f"fneg float {v[0]}") if ins.opcode == "neg" else _abs(fn, v[0]))
        return
    (value,) = sources(fn, ins, kind.integer)
    mask = 0x80008000 if kind.packed == 2 else 0x8000
    name, bits = ("xor", mask) if ins.opcode == "neg" else ("and", mask ^ ((1 << 16 * kind.packed) - 1))
    fn.write(ins.operands[0], fn.emit(f"{name} {kind.integer} {value}, {bits}"), kind.integer)


def _abs(fn: Body, value: str) -> str:
    return fn.call("float", "llvm.fabs.f32", f"float {value}")


@instruction("min max", "ftz NaN xorsign abs", HALVES, operands=(3, 4))
def extreme(fn: Body, ins: Instruction) -> None:
    """Return the smaller or the larger lane by lane."""
    map_lanes(fn, ins, lambda v: extreme_of(fn, ins, "float", v))


@instruction("fma", "rn ftz sat relu oob", HALVES, operands=4)
def fma(fn: Body, ins: Instruction) -> None:
    """Multiply and add in one rounding."""
    kind = type_of(ins)
    inputs = [lanes(fn, kind, v) for v in sources(fn, ins, kind.integer)]
    out = [
        fma_lane(fn, ins, kind, [flushed16(fn, ins, kind, v) for v in values]) for values in zip(*inputs, strict=True)
    ]
    fn.write(ins.operands[0], joined(fn, out), kind.integer)


def fma_lane(fn: Body, ins: Instruction, kind: Type, values: list[str]) -> str:
    """Return a * b + c: the product is exact in float64, and the sum is rounded to odd before the last rounding."""
    a, b, c = (fn.emit(f"fpext float {v} to double") for v in values)
    product = fn.emit(f"fmul double {a}, {b}")
    total = _odd_sum(fn, product, c)
    if ins.has("sat"):
        total = saturated(fn, "double", total)
    if ins.has("relu"):
        total = fn.select(fn.emit(f"fcmp ole double {total}, 0.0"), "double", "0.0", total)
    return flushed_bits(fn, ins, kind, rounded_lane(fn, kind, total, "double"))


def _odd_sum(fn: Body, a: str, b: str) -> str:
    """Return a + b rounded to odd: Knuth's two-sum finds what was lost; its sign says which neighbour is odd."""
    total = fn.emit(f"fadd double {a}, {b}")
    back = fn.emit(f"fsub double {total}, {a}")
    other = fn.emit(f"fsub double {total}, {back}")
    lost = fn.emit(f"fadd double {fn.emit(f'fsub double {a}, {other}')}, {fn.emit(f'fsub double {b}, {back}')}")
    bits = fn.emit(f"bitcast double {total} to i64")
    inexact = fn.emit(f"fcmp one double {lost}, 0.0")
    even = fn.emit(f"icmp eq i64 {fn.emit(f'and i64 {bits}, 1')}, 0")
    # Towards the exact sum: away from zero if what was lost has the sign of the total.
    signs = fn.emit(f"xor i64 {bits}, {fn.emit(f'bitcast double {lost} to i64')}")
    step = fn.select(fn.emit(f"icmp slt i64 {signs}, 0"), "i64", "-1", "1")
    moved = fn.emit(f"bitcast i64 {fn.emit(f'add i64 {bits}, {step}')} to double")
    return fn.select(fn.emit(f"and i1 {inexact}, {even}"), "double", moved, total)


@instruction("ex2 tanh", "approx ftz", HALVES, operands=2)
def function(fn: Body, ins: Instruction) -> None:
    """Call the function in float32."""
    map_lanes(fn, ins, lambda v: fn.call("float", f"llvm.{FUNCTIONS[ins.opcode]}.f32", f"float {v[0]}"))


def _compared(fn: Body, ins: Instruction, at: int) -> list[str]:
    kind = types_of(ins)[-1]
    inputs = [lanes(fn, kind, fn.read(o, kind.integer)) for o in ins.operands[at : at + 2]]
    pairs = zip(*inputs, strict=True)
    return [compare(fn, ins, TYPES["f32"], *(flushed16(fn, ins, kind, v) for v in pair)) for pair in pairs]


def _combine(fn: Body, ins: Instruction, value: str, at: int) -> str:
    for m in ins.modifiers:
        if m in COMBINE.split():
            value = fn.emit(f"{m} i1 {value}, {fn.read(ins.operands[at], 'i1')}")
    return value


@instruction("setp", f"{RELATIONS} {COMBINE} ftz", HALVES, operands=(3, 4))
def setp(fn: Body, ins: Instruction) -> None:
    """Set a predicate for each lane; for one lane the second is the complement."""
    values = _compared(fn, ins, 1)
    if len(values) == 1:
        values.append(fn.emit(f"xor i1 {values[0]}, true"))
    target = ins.operands[0]
    targets = (target.first, target.second) if isinstance(target, Pair) else (target, Name("_"))
    for operand, value in zip(targets, values, strict=True):
        fn.write(operand, _combine(fn, ins, value, 3), "i1")


@instruction("set", f"{RELATIONS} {COMBINE} ftz", [*HALVES, "u16", "s16", "u32", "s32"], operands=(3, 4))
def set_(fn: Body, ins: Instruction) -> None:
    """Set each lane to 1.0, or an integer to all bits, where the relation holds, else to 0."""
    target, source = types_of(ins)
    values = [_combine(fn, ins, v, 3) for v in _compared(fn, ins, 1)]
    ones = {"f": "15360", "bf": "16256"}.get(target.kind, "-1")
    width = "i16" if target.is_float or source.packed == 2 else target.llvm
    parts = [fn.select(value, width, ones, "0") for value in values]
    fn.write(ins.operands[0], joined(fn, parts), target.integer)
