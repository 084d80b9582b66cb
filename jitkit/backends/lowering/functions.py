"""Mathematical functions on scalars: LLVM's own, the C library's (vectorised on the CPU), or CUDA's libdevice."""

from __future__ import annotations

import math

from llvmlite import ir

from jitkit.backends.lowering import elementary, vectormath
from jitkit.backends.lowering.emit import FLOAT16, FLOAT32, FLOAT64, Emitter, llvm_type
from jitkit.backends.symbols import PREFIX
from jitkit.frontend.promotion import Scalar

_FACTORS = {"degrees": 180 / math.pi, "radians": math.pi / 180}


def math_call(emit: Emitter, name: str, scalar: Scalar, args: list[ir.Value]) -> ir.Value:
    """Return a function of the C library (its name without the type suffix) of floats of one type, in that type."""
    if scalar is float:
        wide = math_call(emit, name, FLOAT64, [emit.convert(arg, float, FLOAT64) for arg in args])
        return emit.convert(wide, FLOAT64, float)
    if scalar == FLOAT16:
        return emit.float_to_half(math_call(emit, name, FLOAT32, [emit.half_to_float(arg) for arg in args]))
    if name in _FACTORS:
        return emit.builder.fmul(args[0], ir.Constant(args[0].type, _FACTORS[name]), flags=emit.flags)
    if name in vectormath.LLVM_FUNCTIONS:
        return emit.call_intrinsic(f"llvm.{name}", args)
    suffix = "f" if scalar == FLOAT32 else ""
    if emit.mode.target == "cuda":
        return emit.call(f"__nv_{name}{suffix}", llvm_type(scalar), args)
    inline = elementary.arithmetic(name, args[0].type)
    if inline is not None:
        return inline(emit, args[0])
    attributes = vectormath.variants(emit.builder.module, name + suffix, args)
    return emit.call(PREFIX + name + suffix, llvm_type(scalar), args, attributes)


def is_nan(emit: Emitter, value: ir.Value) -> ir.Value:
    """Return whether a float is NaN."""
    return emit.builder.fcmp_unordered("uno", value, value)


def is_infinite(emit: Emitter, value: ir.Value) -> ir.Value:
    """Return whether a float is an infinity of either sign."""
    size = emit.call_intrinsic("llvm.fabs", [value])
    return emit.builder.fcmp_ordered("==", size, ir.Constant(value.type, math.inf))


def is_finite(emit: Emitter, value: ir.Value) -> ir.Value:
    """Return whether a float is neither NaN nor infinite."""
    size = emit.call_intrinsic("llvm.fabs", [value])
    return emit.builder.fcmp_ordered("<", size, ir.Constant(value.type, math.inf))


def sign_bit(emit: Emitter, value: ir.Value) -> ir.Value:
    """Return whether the sign bit of a float is set."""
    bits = ir.IntType(32 if value.type == llvm_type(FLOAT32) else 64)
    return emit.builder.icmp_signed("<", emit.builder.bitcast(value, bits), ir.Constant(bits, 0))


TESTS = {"isnan": is_nan, "isinf": is_infinite, "isfinite": is_finite}
