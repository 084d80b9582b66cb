"""Mathematical functions on scalars: LLVM's own, the C library's (vectorised on the CPU), or CUDA's libdevice."""

from __future__ import annotations

import math

from llvmlite import ir

from jitkit.backends.lowering import elementary, target, vectormath
from jitkit.backends.lowering.emit import F32, FLOAT16, FLOAT32, FLOAT64, I32, I64, Emitter, llvm_type
from jitkit.backends.symbols import PREFIX
from jitkit.frontend.promotion import Scalar

_EXPONENTS = 5000
"""More than any exponent of a float64, subnormal ones and their distance from the largest included."""
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


def scaled(emit: Emitter, scalar: Scalar, value: ir.Value, exponent: ir.Value) -> ir.Value:
    """Return a float times two to the power of a 64-bit integer, rounded once."""
    if scalar is float:
        wide = scaled(emit, FLOAT64, emit.convert(value, float, FLOAT64), exponent)
        return emit.convert(wide, FLOAT64, float)
    if scalar == FLOAT16:
        return emit.float_to_half(scaled(emit, FLOAT32, emit.half_to_float(value), exponent))
    builder = emit.builder
    for test, limit in (("<", _EXPONENTS), (">", -_EXPONENTS)):  # beyond, nothing but zero and infinity is left
        bound = ir.Constant(exponent.type, limit)
        exponent = builder.select(builder.icmp_signed(test, exponent, bound), exponent, bound)
    exponent, suffix = builder.trunc(exponent, I32), "f" if scalar == FLOAT32 else ""
    if emit.mode.target == "cuda":
        return emit.call(f"__nv_ldexp{suffix}", value.type, [value, exponent])
    if "avx512f" in target.features():
        return emit.call(f"llvm.ldexp.f{64 if scalar == FLOAT64 else 32}.i32", value.type, [value, exponent])
    return emit.call(f"{PREFIX}ldexp{suffix}", value.type, [value, exponent])


def next_after(emit: Emitter, x: ir.Value, y: ir.Value) -> ir.Value:
    """Return the number of float32 or float64 beside x, on y's side: integers that are neighbours are floats that are."""
    builder, bits = emit.builder, I32 if x.type == F32 else I64
    zero, places = ir.Constant(x.type, 0.0), builder.bitcast(x, bits)
    away = builder.icmp_unsigned("==", builder.fcmp_ordered("<", x, y), builder.fcmp_ordered(">", x, zero))
    step = builder.select(away, ir.Constant(bits, 1), ir.Constant(bits, -1))
    moved = builder.bitcast(builder.add(places, step), x.type)
    smallest = emit.call_intrinsic("llvm.copysign", [builder.bitcast(ir.Constant(bits, 1), x.type), y])
    moved = builder.select(builder.fcmp_ordered("==", x, zero), smallest, moved)
    moved = builder.select(builder.fcmp_ordered("==", x, y), y, moved)
    return builder.select(builder.fcmp_unordered("uno", x, y), builder.fadd(x, y), moved)


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
