"""cvt to and from pairs of narrow floats, and tf32: cvt.rn.f16x2.f32, cvt.rna.tf32.f32, cvt.rn.satfinite.e4m3x2.f32."""

from __future__ import annotations

from ..errors import EmulatorError
from ..syntax import Instruction
from ..types import TYPES
from .body import Body
from .conversions import relu
from .formats import FORMATS, narrowed
from .halves import joined, lanes
from .registry import instruction
from .rounding import mode_of

EIGHT = ("e4m3", "e5m2")


def _double(fn: Body, value: str) -> str:
    return fn.emit(f"fpext float {value} to double")


def _relued(fn: Body, ins: Instruction, value: str) -> str:
    return relu(fn, value) if ins.has("relu") else value


@instruction("cvt", "rn rz relu satfinite f32", ("f16x2", "bf16x2"), operands=3)
def pair(fn: Body, ins: Instruction) -> None:
    """Convert two values; the first goes to the upper half."""
    form = FORMATS["bf16" if ins.has("bf16x2") else "f16"]
    parts = []
    for operand in reversed(ins.operands[1:]):
        value = _relued(fn, ins, _double(fn, fn.read(operand, "float")))
        parts.append(narrowed(fn, form, mode_of(ins), value, finite=ins.has("satfinite")))
    fn.write(ins.operands[0], joined(fn, parts), "i32")


@instruction("cvt", "rn rz rna relu satfinite tf32 f32", operands=2)
def tf32(fn: Body, ins: Instruction) -> None:
    """Round to tf32, which a register of 32 bits holds."""
    if ins.modifiers[-2:] != ("tf32", "f32"):
        raise EmulatorError(f"{ins.text} is not a conversion to tf32", ins.line)
    value = _relued(fn, ins, _double(fn, fn.read(ins.operands[1], "float")))
    mode = "rna" if ins.has("rna") else mode_of(ins)
    fn.write(ins.operands[0], narrowed(fn, FORMATS["tf32"], mode, value, finite=ins.has("satfinite")), "i32")


@instruction("cvt", "rn relu satfinite e4m3x2 e5m2x2 f32 f16x2", operands=(2, 3))
def eight(fn: Body, ins: Instruction) -> None:
    """Convert between two 8-bit floats and two wider ones; the first goes to the upper half."""
    target, source = ins.modifiers[-2:]
    if target == "f16x2":
        _from_eight(fn, ins, source[:4])
        return
    if source == "f32":
        values = [fn.read(operand, "float") for operand in reversed(ins.operands[1:])]
    else:
        values = lanes(fn, TYPES["f16x2"], fn.read(ins.operands[1], "i32"))
    doubles = [_relued(fn, ins, _double(fn, v)) for v in values]
    low, high = (narrowed(fn, FORMATS[target[:4]], "rn", v, finite=ins.has("satfinite")) for v in doubles)
    low, high = (fn.emit(f"zext i8 {v} to i16") for v in (low, high))
    fn.write(ins.operands[0], fn.emit(f"or i16 {low}, {fn.emit(f'shl i16 {high}, 8')}"), "i16")


def _from_eight(fn: Body, ins: Instruction, name: str) -> None:
    both = fn.read(ins.operands[1], "i16")
    parts = []
    for v in (both, fn.emit(f"lshr i16 {both}, 8")):
        part = _half(fn, name, fn.emit(f"and i16 {v}, 255"))
        parts.append(_relu_bits(fn, part) if ins.has("relu") else part)
    fn.write(ins.operands[0], joined(fn, parts), "i32")


def _half(fn: Body, name: str, byte: str) -> str:
    """Return the float16 of an 8-bit float, both as integers: its bits moved, and for e4m3 its exponent's bias mended."""
    if name == "e5m2":
        value = fn.emit(f"shl i16 {byte}, 8")
        isnan = fn.emit(f"icmp ugt i16 {fn.emit(f'and i16 {byte}, 127')}, 124")
        return fn.select(isnan, "i16", "32767", value)
    sign = fn.emit(f"shl i16 {fn.emit(f'and i16 {byte}, 128')}, 8")
    magnitude = fn.emit(f"and i16 {byte}, 127")
    # As float16 bits, shifted by 7, the number is 2**-8 of itself: the biases are 15 and 7. The product is exact.
    moved = fn.emit(f"bitcast i16 {fn.emit(f'shl i16 {magnitude}, 7')} to half")
    wide = fn.emit(f"fmul float {fn.emit(f'fpext half {moved} to float')}, 256.0")
    value = fn.emit(f"bitcast half {fn.emit(f'fptrunc float {wide} to half')} to i16")
    value = fn.emit(f"or i16 {value}, {sign}")
    return fn.select(fn.emit(f"icmp eq i16 {magnitude}, 127"), "i16", "32767", value)


def _relu_bits(fn: Body, bits: str) -> str:
    """Return the bits of a float16, those of a negative number made 0; a NaN stays."""
    negative = fn.emit(f"fcmp ole half {fn.emit(f'bitcast i16 {bits} to half')}, 0xH0000")
    return fn.select(negative, "i16", "0", bits)
