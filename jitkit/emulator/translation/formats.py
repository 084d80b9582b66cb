"""Narrow floating-point formats, made from float64 by exact arithmetic: float16, bfloat16, tf32, e4m3, e5m2."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ..types import constant
from .body import Body

ROUNDING = {"rn": "roundeven", "rz": "trunc", "rm": "floor", "rp": "ceil", "rna": "round"}


@dataclass(frozen=True)
class Format:
    """A format: `digits` of significand, the hidden one included, the least normal exponent, and special bits.

    `nan` is the canonical NaN and `infinity` the infinity of the encoding; e4m3 has none, and an overflow is a NaN.
    """

    name: str
    bits: int
    digits: int
    least: int
    largest: float
    infinity: int
    nan: int

    @property
    def stored(self) -> int:
        """Return how many bits of the significand are stored."""
        return self.digits - 1


FORMATS = {
    "f16": Format("f16", 16, 11, -14, 65504.0, 0x7C00, 0x7FFF),
    "bf16": Format("bf16", 16, 8, -126, float.fromhex("0x1.fep127"), 0x7F80, 0x7FFF),
    "tf32": Format("tf32", 19, 11, -126, float.fromhex("0x1.ffcp127"), 0x3FC00, 0x3FFFF),
    "e4m3": Format("e4m3", 8, 4, -6, 448.0, 0x7F, 0x7F),
    "e5m2": Format("e5m2", 8, 3, -14, 57344.0, 0x7C, 0x7F),
}


def narrowed(fn: Body, form: Format, mode: str, value: str, *, finite: bool = False) -> str:
    """Return a double in a narrow format, as an integer of `form.bits` (i32 for tf32); `finite` clamps overflows."""
    suffix = ".finite" if finite else ""
    name = f"emulator.narrow.{form.name}.{mode}{suffix}"
    fn.unit.helper(name, lambda: _helper(fn, name, form, mode, finite=finite))
    return fn.emit(f"call i{32 if form.name == 'tf32' else form.bits} @{name}(double {value})")


def _overflow(form: Format, mode: str, *, finite: bool) -> tuple[int, int]:
    """Return the magnitude that an overflow gives, for positive and for negative values."""
    top = (form.infinity if form.infinity != form.nan else form.nan) - 1
    if finite:
        return top, top
    infinite = form.infinity
    return {"rz": (top, top), "rm": (top, infinite), "rp": (infinite, top)}.get(mode, (infinite, infinite))


def _helper(fn: Body, name: str, form: Format, mode: str, *, finite: bool) -> str:
    """Round to a multiple of the unit in the last place, in float64 where that is exact; then pick the bits."""
    fn.unit.declare(f"declare double @llvm.{ROUNDING[mode]}.f64(double)")
    fn.unit.declare("declare i64 @llvm.smax.i64(i64, i64)")
    positive, negative = _overflow(form, mode, finite=finite)
    out = f"i{32 if form.name == 'tf32' else form.bits}"
    infinite = (positive, negative) if finite else (form.infinity, form.infinity)
    # A value v = significand * 2**unit; its bits are those of the significand plus the exponent's steps above `least`.
    return f"""\
define internal {out} @{name}(double %x) {{
  %bits = bitcast double %x to i64
  %sign = lshr i64 %bits, 63
  %negative = icmp eq i64 %sign, 1
  %placed = shl i64 %sign, {form.bits - 1}
  %field = lshr i64 %bits, 52
  %biased = and i64 %field, 2047
  %exponent = sub i64 %biased, 1023
  %scale = call i64 @llvm.smax.i64(i64 %exponent, i64 {form.least})
  %unit = sub i64 %scale, {form.stored}
  %down = sub i64 1023, %unit
  %downbits = shl i64 %down, 52
  %factor = bitcast i64 %downbits to double
  %scaled = fmul double %x, %factor
  %whole = call double @llvm.{ROUNDING[mode]}.f64(double %scaled)
  %upbits = add i64 %unit, 1023
  %upshifted = shl i64 %upbits, 52
  %back = bitcast i64 %upshifted to double
  %rounded = fmul double %whole, %back
  %flipped = fneg double %rounded
  %magnitude = select i1 %negative, double %flipped, double %rounded
  %flippedwhole = fneg double %whole
  %steps = select i1 %negative, double %flippedwhole, double %whole
  %special = icmp eq i64 %biased, 2047
  %safesteps = select i1 %special, double 0.0, double %steps
  %significand = fptosi double %safesteps to i64
  %above = sub i64 %scale, {form.least}
  %exponentbits = shl i64 %above, {form.stored}
  %encoded = add i64 %significand, %exponentbits
  %over = fcmp ogt double %magnitude, {constant_double(form.largest)}
  %toomuch = select i1 %negative, i64 {negative}, i64 {positive}
  %finite = select i1 %over, i64 %toomuch, i64 %encoded
  %infinite = select i1 %negative, i64 {infinite[1]}, i64 {infinite[0]}
  %numeric = select i1 %special, i64 %infinite, i64 %finite
  %signed = or i64 %numeric, %placed
  %isnan = fcmp uno double %x, %x
  %result = select i1 %isnan, i64 {form.nan}, i64 %signed
  %narrow = {"trunc i64 %result to " + out if form.name != "tf32" else "trunc i64 %tf32 to i32"}
  ret {out} %narrow
}}""".replace("  %narrow = trunc i64 %tf32", "  %tf32 = shl i64 %result, 13\n  %narrow = trunc i64 %tf32")


def constant_double(value: float) -> str:
    """Return an LLVM constant of exactly this value."""
    return constant(_bits(value), "double")


def _bits(value: float) -> int:
    return int.from_bytes(struct.pack("<d", value), "little")


def to_half(fn: Body, bits: str) -> str:
    """Return an i16 as a half."""
    return fn.emit(f"bitcast i16 {bits} to half")


def from_bfloat16(fn: Body, bits: str) -> str:
    """Return the float32 of a bfloat16."""
    wide = fn.emit(f"zext i16 {bits} to i32")
    return fn.emit(f"bitcast i32 {fn.emit(f'shl i32 {wide}, 16')} to float")
