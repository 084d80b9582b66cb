"""Products with powers of two by AVX-512's instruction for them, where the exponent is at hand as a float.

LLVM's ``ldexp`` takes integers, and makes floats of them again for the instruction. exp has rounded its exponent by adding a
number so large that integers are the low bits of the sum (`lowering.elementary`): the difference is the exponent as a float.
Without the conversions bilateral takes 0.97 (float32) and 0.93 (float64) of the time, kde 0.92 and 0.94, and black_scholes in
float64 0.94.
"""

from __future__ import annotations

from collections.abc import Mapping

from llvmlite import ir

from jitkit.backends.lowering.emit import F32, F64
from jitkit.backends.spmd.ir import Instruction, Value

REGISTERS = {"float": 16, "double": 8}
"""Lanes that one instruction multiplies."""
_INSTRUCTIONS = {
    "float": ("@llvm.x86.avx512.mask.scalef.ps.512", "i16"), "double": ("@llvm.x86.avx512.mask.scalef.pd.512", "i8")
}  # fmt: skip
_SHIFTS = {"float": 1.5 * 2**23, "double": 1.5 * 2**52}
_BITS = 0x4B400000
"""The bits of float32's, which are taken off a sum's; those of float64's lie above the 32 that are kept."""


def rounded(item: Instruction, made: Mapping[str, Instruction]) -> Value | None:
    """Return the sum whose low bits are the exponent of an ``ldexp``, if it is made so."""
    power = made.get(item.operands[1].text)
    if item.type not in REGISTERS or power is None:
        return None
    wide = item.type == "double" and power.op == "trunc"
    if not wide and (power.op, power.operands[-1].text) != ("add", str(-_BITS)):
        return None
    bits = made.get(power.operands[0].text)
    if bits is None or bits.op != "bitcast" or bits.operands[0].type != item.type:
        return None
    return bits.operands[0]


def shift(kind: str) -> str:
    """Return the vector constant that takes a sum back to the exponent, to be added."""
    return f"splat ({ir.Constant(F32 if kind == 'float' else F64, -_SHIFTS[kind])})"


def product(kind: str, value: str, exponent: str) -> tuple[str, str, list[str]]:
    """Return the call that multiplies a register, its function, and the types of that function's arguments."""
    symbol, mask = _INSTRUCTIONS[kind]
    register = f"<{REGISTERS[kind]} x {kind}>"
    given = f"{register} {value}, {register} {exponent}, {register} zeroinitializer, {mask} -1, i32 4"
    return f"call {register} {symbol}({given})", symbol, [register, register, register, mask, "i32"]
