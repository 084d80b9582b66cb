"""NumPy's functions of numbers."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types

from jitkit.backends.lowering import arithmetic, complex_functions, functions, math_functions, operators
from jitkit.backends.lowering.emit import FLOAT16, FLOAT32, FLOAT64, I64, Emitter, Mode
from jitkit.backends.lowering.typing import Definition, pure, refuse, rule, scalars, with_arity
from jitkit.backends.lowering.weak import scalar_of, type_of
from jitkit.frontend import promotion
from jitkit.frontend.operations import arity
from jitkit.frontend.promotion import BOOL, Scalar, is_weak, kind

_OPERATORS = {
    "add": "add", "subtract": "sub", "multiply": "mul", "divide": "truediv", "floor_divide": "floordiv",
    "remainder": "mod", "power": "pow", "bitwise_and": "and_", "bitwise_or": "or_", "bitwise_xor": "xor",
    "left_shift": "lshift", "right_shift": "rshift",
}  # fmt: skip
_COMPARISONS = {
    "less": "lt", "less_equal": "le", "greater": "gt", "greater_equal": "ge", "equal": "eq", "not_equal": "ne"
}  # fmt: skip
# NumPy's name -> the C library's, where they differ
_C_NAMES = {
    "arccos": "acos", "arccosh": "acosh", "arcsin": "asin", "arcsinh": "asinh", "arctan": "atan", "arctan2": "atan2",
    "arctanh": "atanh", "deg2rad": "radians", "float_power": "pow", "rad2deg": "degrees",
}  # fmt: skip


def define(name: str, mode: Mode) -> Definition:
    """Return the definition of a NumPy ufunc, of `np.where` or `np.clip`."""
    if name in _OPERATORS:
        return lambda typingctx, a, b: _strong(operators.binary, _OPERATORS[name], mode, (a, b))
    if name in _COMPARISONS:
        return lambda typingctx, a, b: operators.comparison(_COMPARISONS[name], mode, a, b)
    if name in ("negative", "positive", "invert", "absolute"):
        operator = {"negative": "neg", "positive": "pos", "absolute": "abs"}.get(name, name)
        return lambda typingctx, a: _strong(operators.unary, operator, mode, (a,))
    if name == "ldexp":
        return lambda typingctx, x, exponent: math_functions.scaled("np.ldexp", mode, x, exponent, _scaled_type)
    if name in ("where", "clip"):
        return _where(mode) if name == "where" else _clip(mode)
    return with_arity(arity(f"numpy.{name}"), lambda *arguments: numpy_function(name, mode, arguments))


def _strong(make: Callable[..., Any], operator: str, mode: Mode, arguments: tuple[types.Type, ...]) -> Any:
    """Make NumPy's version of an operator: of Python numbers alone it gives a NumPy scalar."""
    signature, generate = make(operator, mode, *arguments)
    weak = scalar_of(signature.return_type)
    if weak is None or not is_weak(weak):
        return signature, generate
    strong = {int: np.dtype(np.int64), float: FLOAT64, complex: np.dtype(np.complex128)}[weak]

    def generate_strong(context: Any, builder: ir.IRBuilder, _: Any, args: list[ir.Value]) -> ir.Value:
        return Emitter(builder, mode).convert(generate(context, builder, signature, args), weak, strong)

    return type_of(strong)(*arguments), generate_strong


_OF_NEIGHBOURS = frozenset(("nextafter", "spacing"))
"""Functions whose results tell of the numbers next to one of its dtype."""


def numpy_function(name: str, mode: Mode, arguments: tuple[types.Type, ...]) -> Any:
    """Type and generate a NumPy ufunc of numbers."""
    found = scalars(f"np.{name}", arguments)
    if name.startswith("logical_"):
        return pure(mode, arguments, BOOL, BOOL, lambda emit, v: _logical(emit, name, v))
    operand, result = rule(name, promotion.numpy_function, getattr(np, name), *found)
    code = _numpy_code(name, operand)
    if code is None:
        instead = ""
        if operand == FLOAT16 and name in _OF_NEIGHBOURS:
            instead = ": its neighbours are not those of np.float32(x), so call NumPy's function before the launch"
        elif operand == FLOAT16:
            instead = f": NumPy's result would be float16, so write np.{name} of np.float32(x)"
        raise refuse(f"np.{name} is not available for {promotion.describe(operand)} in a kernel{instead}")
    return pure(mode, arguments, operand, result, code)


def _scaled_type(x: Scalar, exponent: Scalar) -> Scalar:
    return promotion.numpy_function(np.ldexp, x, exponent)[1]


def _logical(emit: Emitter, name: str, values: list[ir.Value]) -> ir.Value:
    if name == "logical_not":
        return emit.builder.not_(values[0])
    return getattr(emit.builder, {"logical_and": "and_", "logical_or": "or_", "logical_xor": "xor"}[name])(*values)


def _numpy_code(name: str, operand: Scalar) -> Callable[[Emitter, list[ir.Value]], ir.Value] | None:
    if name in ("conjugate", "square", "reciprocal", "sign"):
        return {"conjugate": _conjugate, "square": _square, "reciprocal": _reciprocal, "sign": _sign}[name](operand)
    if name in ("minimum", "maximum", "fmin", "fmax"):
        return None if kind(operand) == "c" else lambda emit, v: _extreme(emit, name, operand, *v)
    if kind(operand) == "c":
        return complex_functions.code(name)
    if name == "bitwise_count":
        return _bit_count(operand)
    if kind(operand) != "f":  # floor and its like leave integers alone
        whole = {"floor", "ceil", "trunc", "rint"}
        if name in functions.TESTS:
            return lambda emit, v: ir.Constant(ir.IntType(1), name == "isfinite")
        return (lambda emit, v: v[0]) if name in whole else _integer_fmod(operand) if name == "fmod" else None
    if name in functions.TESTS or name == "signbit":
        test = functions.TESTS.get(name, functions.sign_bit)
        return lambda emit, v: test(emit, *_at_least_float32(emit, operand, v))
    if name in _STEPS:
        return _STEPS[name] if operand != FLOAT16 else None
    if name in _FORMULAS:
        return lambda emit, v: _FORMULAS[name](emit, operand, *v)
    if name == "fabs":
        return lambda emit, v: arithmetic.absolute(emit, operand, v[0])
    return lambda emit, v: functions.math_call(emit, _C_NAMES.get(name, name), operand, v)


def _at_least_float32(emit: Emitter, operand: Scalar, values: list[ir.Value]) -> list[ir.Value]:
    return [emit.half_to_float(value) for value in values] if operand == FLOAT16 else values


def _integer_fmod(operand: Scalar) -> Callable[[Emitter, list[ir.Value]], ir.Value]:
    def code(emit: Emitter, values: list[ir.Value]) -> ir.Value:
        # C's remainder has the sign of the dividend: Python's, corrected back where the signs differ.
        builder, (a, b) = emit.builder, values
        remainder = arithmetic.binary(emit, "mod", operand, a, b)
        if kind(operand) == "u":
            return remainder
        zero = ir.Constant(a.type, 0)
        wrong = builder.and_(
            builder.icmp_signed("!=", remainder, zero),
            builder.icmp_signed("<", builder.xor(remainder, a), zero),
        )
        return builder.select(wrong, builder.sub(remainder, b), remainder)

    return code


def _bit_count(operand: Scalar) -> Callable[[Emitter, list[ir.Value]], ir.Value]:
    """Count the bits of the magnitude, as NumPy does."""

    def code(emit: Emitter, values: list[ir.Value]) -> ir.Value:
        count = emit.builder.ctpop(arithmetic.absolute(emit, operand, values[0]))
        return count if count.type.width == 8 else emit.builder.trunc(count, ir.IntType(8))

    return code


def _conjugate(operand: Scalar) -> Callable[[Emitter, list[ir.Value]], ir.Value]:
    def code(emit: Emitter, values: list[ir.Value]) -> ir.Value:
        if kind(operand) != "c":
            return values[0]
        parts = [emit.builder.extract_value(values[0], k) for k in (0, 1)]
        return emit.pair(parts[0], emit.negated(parts[1]))

    return code


def _square(operand: Scalar) -> Callable[[Emitter, list[ir.Value]], ir.Value]:
    return lambda emit, v: arithmetic.binary(emit, "mul", operand, v[0], v[0])


def _reciprocal(operand: Scalar) -> Callable[[Emitter, list[ir.Value]], ir.Value]:
    def code(emit: Emitter, values: list[ir.Value]) -> ir.Value:
        one, minus, zero = (emit.convert(ir.Constant(I64, k), int, operand) for k in (1, -1, 0))
        if kind(operand) in "fc":
            return arithmetic.binary(emit, "truediv", operand, one, values[0])
        unit = arithmetic.compare(emit, "eq", operand, values[0], one)
        if kind(operand) == "i":
            unit = emit.builder.or_(unit, arithmetic.compare(emit, "eq", operand, values[0], minus))
        return emit.builder.select(unit, values[0], zero)  # C's division, which truncates

    return code


def _sign(operand: Scalar) -> Callable[[Emitter, list[ir.Value]], ir.Value] | None:
    if kind(operand) == "c":
        return None

    def code(emit: Emitter, values: list[ir.Value]) -> ir.Value:
        zero, one, minus = (emit.convert(ir.Constant(I64, k), int, operand) for k in (0, 1, -1))
        positive = arithmetic.compare(emit, "gt", operand, values[0], zero)
        if kind(operand) in "ub":
            return emit.builder.select(positive, one, zero)
        negative = arithmetic.compare(emit, "lt", operand, values[0], zero)
        rest = zero  # for -0.0 too
        if kind(operand) == "f":
            invalid = functions.is_nan(emit, _at_least_float32(emit, operand, values)[0])
            rest = emit.builder.select(invalid, values[0], zero)
        return emit.builder.select(positive, one, emit.builder.select(negative, minus, rest))

    return code


def _spacing(emit: Emitter, v: list[ir.Value]) -> ir.Value:
    zero, infinity = ir.Constant(v[0].type, 0.0), ir.Constant(v[0].type, math.inf)
    away = emit.builder.select(emit.builder.fcmp_ordered("<", v[0], zero), emit.negated(infinity), infinity)
    return emit.builder.fsub(functions.next_after(emit, v[0], away), v[0])


_STEPS: dict[str, Callable[[Emitter, list[ir.Value]], ir.Value]] = {
    "nextafter": lambda emit, v: functions.next_after(emit, *v),
    "spacing": _spacing,
}
"""Functions of where the neighbours of a float32 or float64 lie."""


def _heaviside(emit: Emitter, operand: Scalar, x: ir.Value, at_zero: ir.Value) -> ir.Value:
    builder, zero, one = emit.builder, *(emit.convert(ir.Constant(I64, k), int, operand) for k in (0, 1))
    compared = {test: arithmetic.compare(emit, test, operand, x, zero) for test in ("lt", "eq", "gt")}
    rest = builder.select(compared["gt"], one, builder.select(compared["lt"], zero, x))  # NaN stays
    return builder.select(compared["eq"], at_zero, rest)


def _log_of_sum(emit: Emitter, operand: Scalar, x: ir.Value, y: ir.Value, *, base: float) -> ir.Value:
    """Return the logarithm of the sum of two powers, without a power that overflows."""
    if operand == FLOAT16:
        wide = [emit.half_to_float(value) for value in (x, y)]
        return emit.float_to_half(_log_of_sum(emit, FLOAT32, *wide, base=base))
    builder, kind_of = emit.builder, x.type
    larger = builder.select(builder.fcmp_ordered(">", x, y), x, y)
    apart = emit.negated(emit.call_intrinsic("llvm.fabs", [builder.fsub(x, y)]))
    small = functions.math_call(emit, "exp" if base == math.e else "exp2", operand, [apart])
    more = builder.fmul(functions.math_call(emit, "log1p", operand, [small]), ir.Constant(kind_of, 1 / math.log(base)))
    alike = builder.fadd(x, ir.Constant(kind_of, math.log(2) / math.log(base)))  # infinities, too
    return builder.select(builder.fcmp_ordered("==", x, y), alike, builder.fadd(larger, more))


_FORMULAS: dict[str, Callable[..., ir.Value]] = {
    "heaviside": _heaviside,
    "logaddexp": functools.partial(_log_of_sum, base=math.e),
    "logaddexp2": functools.partial(_log_of_sum, base=2.0),
}


def _extreme(emit: Emitter, name: str, operand: Scalar, a: ir.Value, b: ir.Value) -> ir.Value:
    """Return np.minimum, np.maximum (NaN wins) or np.fmin, np.fmax (numbers win)."""
    builder = emit.builder
    if (
        name in ("minimum", "maximum")
        and isinstance(a.type, (ir.FloatType, ir.DoubleType))
        and emit.mode.target == "cpu"
    ):
        # The second operand first: that is the one which is tested for NaN, and in a reduction it has not been waited for.
        # Of zeros of both signs either is returned, as NumPy's vectors do; LLVM would spend three instructions on +0.0.
        function = builder.module.declare_intrinsic(f"llvm.{name}", [a.type], ir.FunctionType(a.type, [a.type] * 2))
        return builder.call(function, (b, a), fastmath=("nsz",))
    first = arithmetic.compare(emit, "le" if "min" in name else "ge", operand, a, b)
    if kind(operand) == "f":
        deciding = a if name in ("minimum", "maximum") else b
        first = builder.or_(first, functions.is_nan(emit, _at_least_float32(emit, operand, [deciding])[0]))
    return builder.select(first, a, b)


def _where(mode: Mode) -> Definition:
    def definition(typingctx: Any, condition: types.Type, a: types.Type, b: types.Type) -> Any:
        found = scalars("np.where", (condition, a, b))
        result = promotion.numpy_common(*found[1:])

        def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: list[ir.Value]) -> ir.Value:
            emit = Emitter(builder, mode)
            values = [emit.convert(v, s, result) for v, s in zip(args[1:], found[1:], strict=True)]
            return builder.select(emit.truth(args[0], found[0]), *values)

        return type_of(result)(condition, a, b), generate

    return definition


def _clip(mode: Mode) -> Definition:
    def definition(typingctx: Any, x: types.Type, low: types.Type, high: types.Type) -> Any:
        found = scalars("np.clip", (x, low, high))
        operand = promotion.numpy_common(*found)
        if kind(operand) == "c":
            raise refuse("np.clip is not available for complex numbers in a kernel")

        def code(emit: Emitter, v: list[ir.Value]) -> ir.Value:
            return _extreme(emit, "minimum", operand, _extreme(emit, "maximum", operand, v[0], v[1]), v[2])

        return pure(mode, (x, low, high), operand, operand, code)

    return definition
