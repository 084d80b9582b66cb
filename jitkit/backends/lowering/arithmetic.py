"""Operators on scalars of one type: NumPy's results where C's differ (division by zero, floor, shifts past the width)."""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir

from jitkit.backends.lowering.emit import F32, FLOAT16, FLOAT32, FLOAT64, I1, Emitter, is_signed
from jitkit.backends.lowering.functions import math_call
from jitkit.frontend.promotion import BOOL, Scalar, kind

_FLOAT = {"add": "fadd", "sub": "fsub", "mul": "fmul", "truediv": "fdiv"}
_INTEGER = {"add": "add", "sub": "sub", "mul": "mul", "and_": "and_", "or_": "or_", "xor": "xor"}
_COMPARISON = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}


def binary(emit: Emitter, name: str, scalar: Scalar, a: ir.Value, b: ir.Value) -> ir.Value:
    """Return ``a <name> b`` for two values of one scalar type, in that type."""
    if scalar is float:
        wide = binary(emit, name, FLOAT64, emit.convert(a, float, FLOAT64), emit.convert(b, float, FLOAT64))
        return emit.convert(wide, FLOAT64, float)
    if kind(scalar) == "c":
        return _complex(emit, name, a, b)
    if scalar == FLOAT16:
        result = binary(emit, name, FLOAT32, emit.half_to_float(a), emit.half_to_float(b))
        return emit.float_to_half(result)
    if kind(scalar) == "f":
        return _float(emit, name, scalar, a, b)
    return _integer(emit, name, scalar, a, b)


def _float(emit: Emitter, name: str, scalar: Scalar, a: ir.Value, b: ir.Value) -> ir.Value:
    if name in _FLOAT:
        return getattr(emit.builder, _FLOAT[name])(a, b, flags=emit.flags)
    if name == "pow":
        return math_call(emit, "pow", scalar, [a, b])
    return _float_divmod(emit, scalar, a, b)[name == "mod"]


def _float_divmod(emit: Emitter, scalar: Scalar, a: ir.Value, b: ir.Value) -> tuple[ir.Value, ir.Value]:
    """Return floor(a / b) and the remainder with the sign of b, as npy_divmod defines them."""
    builder, zero = emit.builder, ir.Constant(a.type, 0.0)
    remainder = math_call(emit, "fmod", scalar, [a, b])
    quotient = builder.fdiv(builder.fsub(a, remainder), b)
    inexact = builder.fcmp_unordered("!=", remainder, zero)
    opposite = builder.xor(builder.fcmp_ordered("<", b, zero), builder.fcmp_ordered("<", remainder, zero))
    adjust = builder.and_(inexact, opposite)
    copysign = emit.call_intrinsic("llvm.copysign", [zero, b])
    signed = builder.select(inexact, remainder, copysign)
    remainder = builder.select(adjust, builder.fadd(remainder, b), signed)
    quotient = builder.select(adjust, builder.fsub(quotient, ir.Constant(a.type, 1.0)), quotient)
    floor = emit.call_intrinsic("llvm.floor", [quotient])
    # The quotient of exact integers may round down by one.
    one_less = builder.fcmp_ordered(">", builder.fsub(quotient, floor), ir.Constant(a.type, 0.5))
    floor = builder.select(one_less, builder.fadd(floor, ir.Constant(a.type, 1.0)), floor)
    ratio = builder.fdiv(a, b)
    signed_zero = emit.call_intrinsic("llvm.copysign", [zero, ratio])
    floor = builder.select(builder.fcmp_ordered("==", quotient, zero), signed_zero, floor)
    return builder.select(builder.fcmp_ordered("==", b, zero), ratio, floor), remainder


def _integer(emit: Emitter, name: str, scalar: Scalar, a: ir.Value, b: ir.Value) -> ir.Value:
    builder = emit.builder
    if scalar == BOOL:
        name = {"add": "or_", "mul": "and_"}.get(name, name)
    if name in _INTEGER:
        # Python's own integers do not overflow, so LLVM may assume that ours do not: it then sees strides through i - 1.
        flags = ("nsw",) if scalar is int and name in ("add", "sub", "mul") else ()
        method = getattr(builder, _INTEGER[name])
        return method(a, b, flags=flags) if flags else method(a, b)
    if name in ("lshift", "rshift"):
        return _shift(emit, name, scalar, a, b)
    if name == "pow":
        return _integer_power(emit, a, b, is_signed(scalar))
    return _integer_divmod(emit, scalar, a, b)[name == "mod"]


def _shift(emit: Emitter, name: str, scalar: Scalar, a: ir.Value, b: ir.Value) -> ir.Value:
    builder, width = emit.builder, ir.Constant(a.type, a.type.width)
    past = builder.icmp_unsigned(">=", b, width)
    if name == "rshift" and is_signed(scalar):
        last = ir.Constant(a.type, a.type.width - 1)
        return builder.ashr(a, builder.select(past, last, b))
    shifted = (builder.shl if name == "lshift" else builder.lshr)(a, builder.select(past, ir.Constant(a.type, 0), b))
    return builder.select(past, ir.Constant(a.type, 0), shifted)


def _integer_divmod(emit: Emitter, scalar: Scalar, a: ir.Value, b: ir.Value) -> tuple[ir.Value, ir.Value]:
    """Return floor division and modulo; by zero both are 0 (NumPy), and the machine's divide must not trap."""
    builder, zero, one = emit.builder, ir.Constant(a.type, 0), ir.Constant(a.type, 1)
    by_zero = builder.icmp_unsigned("==", b, zero)
    safe = builder.select(by_zero, one, b)
    if not is_signed(scalar):
        quotient, remainder = builder.udiv(a, safe), builder.urem(a, safe)
    else:
        minus_one = ir.Constant(a.type, -1)
        lowest = ir.Constant(a.type, -(2 ** (a.type.width - 1)))
        overflow = builder.and_(builder.icmp_signed("==", b, minus_one), builder.icmp_signed("==", a, lowest))
        safe = builder.select(overflow, one, safe)  # lowest // -1 wraps to lowest, and its remainder is 0
        quotient, remainder = builder.sdiv(a, safe), builder.srem(a, safe)
        opposite = builder.icmp_signed("<", builder.xor(remainder, safe), zero)
        adjust = builder.and_(builder.icmp_signed("!=", remainder, zero), opposite)
        quotient = builder.select(adjust, builder.sub(quotient, one), quotient)
        remainder = builder.select(adjust, builder.add(remainder, safe), remainder)
    return builder.select(by_zero, zero, quotient), builder.select(by_zero, zero, remainder)


def _integer_power(emit: Emitter, base: ir.Value, exponent: ir.Value, signed: bool) -> ir.Value:
    """Return base ** exponent by squaring; a negative exponent, which NumPy refuses, gives 0."""
    builder, zero, one = emit.builder, ir.Constant(base.type, 0), ir.Constant(base.type, 1)
    negative = builder.icmp_signed("<", exponent, zero) if signed else ir.Constant(I1, 0)
    power = by_squaring(emit, one, base, builder.select(negative, zero, exponent), builder.mul, builder.select)
    return builder.select(negative, zero, power)


def by_squaring(
    emit: Emitter,
    one: ir.Value,
    base: ir.Value,
    exponent: ir.Value,
    product: Callable[[ir.Value, ir.Value], ir.Value],
    select: Callable[[ir.Value, ir.Value, ir.Value], ir.Value],
) -> ir.Value:
    """Return a power of what has a product and a `one`; the exponent is an integer that is not negative."""
    builder, start, bits = emit.builder, emit.builder.block, exponent.type
    loop, done = builder.append_basic_block("power.loop"), builder.append_basic_block("power.done")
    builder.branch(loop)
    builder.position_at_end(loop)
    result, square, left = (builder.phi(kind) for kind in (base.type, base.type, bits))
    power = select(builder.trunc(left, I1), product(result, square), result)
    later = power, product(square, square), builder.lshr(left, ir.Constant(bits, 1))
    for phi, first, following in zip((result, square, left), (one, base, exponent), later, strict=True):
        phi.add_incoming(first, start)
        phi.add_incoming(following, builder.block)
    builder.cbranch(builder.icmp_unsigned("==", later[2], ir.Constant(bits, 0)), done, loop)
    builder.position_at_end(done)
    return power


def power_literal(emit: Emitter, scalar: Scalar, base: ir.Value, exponent: int) -> ir.Value:
    """Return ``base ** exponent`` for a small literal exponent as a chain of products."""
    result: ir.Value | None = None
    square, left = base, abs(exponent)
    while left:
        if left & 1:
            result = square if result is None else binary(emit, "mul", scalar, result, square)
        left >>= 1
        if left:
            square = binary(emit, "mul", scalar, square, square)
    one = emit.convert(ir.Constant(ir.IntType(64), 1), int, scalar)
    if result is None:
        return one
    return result if exponent > 0 else binary(emit, "truediv", scalar, one, result)


def _complex(emit: Emitter, name: str, a: ir.Value, b: ir.Value) -> ir.Value:
    builder = emit.builder
    (ar, ai), (br, bi) = ([builder.extract_value(value, k) for k in (0, 1)] for value in (a, b))
    add, sub, mul = (lambda x, y, m=m: getattr(builder, m)(x, y, flags=emit.flags) for m in ("fadd", "fsub", "fmul"))
    if name in ("add", "sub"):
        operation = add if name == "add" else sub
        return emit.pair(operation(ar, br), operation(ai, bi))
    if name == "mul":
        return emit.pair(sub(mul(ar, br), mul(ai, bi)), add(mul(ar, bi), mul(ai, br)))
    if name == "truediv":
        return _complex_division(emit, ar, ai, br, bi)
    raise NotImplementedError(name)


def _complex_division(emit: Emitter, ar: ir.Value, ai: ir.Value, br: ir.Value, bi: ir.Value) -> ir.Value:
    """Divide by Smith's method (Communications of the ACM 5(8), 1962), which does not overflow where the result fits."""
    builder = emit.builder
    fabs = [emit.call_intrinsic("llvm.fabs", [part]) for part in (br, bi)]
    real_larger = builder.fcmp_ordered(">=", *fabs)
    pick: Callable[..., ir.Value] = lambda x, y: builder.select(real_larger, x, y)  # noqa: E731
    large, small = pick(br, bi), pick(bi, br)
    ratio = builder.fdiv(small, large)
    denominator = builder.fadd(large, builder.fmul(small, ratio))
    x, y = pick(ar, ai), pick(ai, ar)
    real = builder.fdiv(builder.fadd(x, builder.fmul(y, ratio)), denominator)
    numerator = builder.fsub(y, builder.fmul(x, ratio))
    imaginary = builder.fdiv(pick(numerator, emit.negated(numerator)), denominator)
    # NumPy divides both parts by the zero without its sign.
    by_zero = builder.fcmp_ordered("==", pick(*fabs), ir.Constant(br.type, 0.0))
    parts = ((real, ar), (imaginary, ai))
    return emit.pair(*(builder.select(by_zero, builder.fdiv(part, fabs[0]), quotient) for quotient, part in parts))


def negate(emit: Emitter, scalar: Scalar, value: ir.Value) -> ir.Value:
    """Return ``-value``."""
    builder = emit.builder
    if scalar is float:
        return emit.pair(*(emit.negated(builder.extract_value(value, k)) for k in (0, 1)))  # both precisions, exactly
    if kind(scalar) == "c":
        return emit.pair(*(emit.negated(builder.extract_value(value, k)) for k in (0, 1)))
    if scalar == FLOAT16:
        return builder.xor(value, ir.Constant(value.type, 0x8000))
    return emit.negated(value) if kind(scalar) == "f" else builder.neg(value)


def absolute(emit: Emitter, scalar: Scalar, value: ir.Value) -> ir.Value:
    """Return the magnitude; of a complex number in its real type."""
    builder = emit.builder
    if scalar is float:
        return emit.pair(*(emit.call_intrinsic("llvm.fabs", [builder.extract_value(value, k)]) for k in (0, 1)))
    if kind(scalar) == "c":
        parts = [builder.extract_value(value, k) for k in (0, 1)]
        part = FLOAT32 if parts[0].type == F32 else FLOAT64
        size = math_call(emit, "hypot", part, parts)
        return emit.convert(size, FLOAT64, float) if scalar is complex else size
    if scalar == FLOAT16:
        return builder.and_(value, ir.Constant(value.type, 0x7FFF))
    if kind(scalar) == "f":
        return emit.call_intrinsic("llvm.fabs", [value])
    if not is_signed(scalar):
        return value
    return builder.select(builder.icmp_signed("<", value, ir.Constant(value.type, 0)), builder.neg(value), value)


def compare(emit: Emitter, name: str, scalar: Scalar, a: ir.Value, b: ir.Value) -> ir.Value:
    """Return ``a <name> b`` as a boolean."""
    builder, symbol = emit.builder, _COMPARISON[name]
    if scalar is float:
        a, b, scalar = emit.convert(a, float, FLOAT64), emit.convert(b, float, FLOAT64), FLOAT64
    if scalar == FLOAT16:
        a, b, scalar = emit.half_to_float(a), emit.half_to_float(b), FLOAT32
    if kind(scalar) == "c":
        return _compare_complex(emit, symbol, a, b)
    if kind(scalar) == "f":
        return (builder.fcmp_unordered if name == "ne" else builder.fcmp_ordered)(symbol, a, b)
    return (builder.icmp_signed if is_signed(scalar) else builder.icmp_unsigned)(symbol, a, b)


def _compare_complex(emit: Emitter, symbol: str, a: ir.Value, b: ir.Value) -> ir.Value:
    builder = emit.builder
    compare_part = builder.fcmp_unordered if symbol == "!=" else builder.fcmp_ordered
    parts = [compare_part(symbol, builder.extract_value(a, k), builder.extract_value(b, k)) for k in (0, 1)]
    return builder.or_(*parts) if symbol == "!=" else builder.and_(*parts)


def compare_mixed_sign(emit: Emitter, name: str, signed: ir.Value, unsigned: ir.Value) -> ir.Value:
    """Compare an int64 with a uint64 by value (NumPy 2): a negative one is less than any unsigned."""
    builder = emit.builder
    negative = builder.icmp_signed("<", signed, ir.Constant(signed.type, 0))
    answer = ir.Constant(I1, name in ("lt", "le", "ne"))
    return builder.select(negative, answer, builder.icmp_unsigned(_COMPARISON[name], signed, unsigned))
