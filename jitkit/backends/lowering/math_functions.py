"""The functions of the math module."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import types

from jitkit.backends.lowering import arithmetic, functions
from jitkit.backends.lowering.emit import FLOAT16, FLOAT32, FLOAT64, Emitter, Mode
from jitkit.backends.lowering.typing import Definition, pure, refuse, rule, scalars, with_arity
from jitkit.backends.lowering.weak import type_of
from jitkit.frontend import promotion
from jitkit.frontend.operations import arity
from jitkit.frontend.promotion import BOOL, Scalar, kind

_WHOLE = {"floor", "ceil", "trunc"}


def define(name: str, mode: Mode) -> Definition:
    """Return the definition of a function of the math module."""
    if name == "log_base":
        return lambda typingctx, x, base: _math_log(mode, x, base)
    if name == "ldexp":
        return lambda typingctx, x, exponent: scaled("math.ldexp", mode, x, exponent, promotion.math_function)
    return with_arity(arity(f"math.{name}"), lambda *arguments: math_function(name, mode, arguments))


def math_function(name: str, mode: Mode, arguments: tuple[types.Type, ...]) -> Any:
    """Type and generate a function of the math module."""
    found = scalars(f"math.{name}", arguments)
    if name in _WHOLE and kind(found[0]) in "iub":
        return pure(mode, arguments, int, int, lambda emit, v: v[0])
    operand = rule(name, promotion.math_function, *found)
    if name in functions.TESTS:
        precise = FLOAT64 if operand is float else FLOAT32 if operand == FLOAT16 else operand
        return pure(mode, arguments, precise, BOOL, lambda emit, v: functions.TESTS[name](emit, v[0]))
    if name in _WHOLE:
        return pure(mode, arguments, operand, int, lambda emit, v: whole(emit, name, operand, v[0]))
    if name == "fabs":
        return pure(mode, arguments, operand, operand, lambda emit, v: arithmetic.absolute(emit, operand, v[0]))
    if name == "nextafter":
        return _next_after(mode, arguments, operand)
    c_name = {"gamma": "tgamma"}.get(name, name)
    return pure(mode, arguments, operand, operand, lambda emit, v: functions.math_call(emit, c_name, operand, v))


def whole(emit: Emitter, name: str, operand: Scalar, value: ir.Value) -> ir.Value:
    """Return a function's result as a Python integer."""
    return emit.convert(functions.math_call(emit, name, operand, [value]), operand, int)


def scaled(what: str, mode: Mode, x: types.Type, exponent: types.Type, result_of: Callable[..., Scalar]) -> Any:
    """Type and generate a product with a power of two; the exponent is an integer."""
    found = scalars(what, (x, exponent))
    if kind(found[1]) not in "iub":
        raise refuse(f"{what} takes an integer as the exponent, not {promotion.describe(found[1])}")
    operand = rule(what, result_of, *found)

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: list[ir.Value]) -> ir.Value:
        emit = Emitter(builder, mode)
        value, power = (emit.convert(v, s, t) for v, s, t in zip(args, found, (operand, int), strict=True))
        return functions.scaled(emit, operand, value, power)

    return type_of(operand)(x, exponent), generate


def _next_after(mode: Mode, arguments: tuple[types.Type, ...], operand: Scalar) -> Any:
    if operand == FLOAT16:
        raise refuse("math.nextafter is not available for float16 in a kernel")
    precise = FLOAT64 if operand is float else operand

    def code(emit: Emitter, v: list[ir.Value]) -> ir.Value:
        return emit.convert(functions.next_after(emit, *v), precise, operand)

    return pure(mode, arguments, precise, operand, code)


def _math_log(mode: Mode, x: types.Type, base: types.Type) -> Any:
    operand = rule("log", promotion.math_function, *scalars("math.log", (x, base)))

    def code(emit: Emitter, values: list[ir.Value]) -> ir.Value:
        logs = [functions.math_call(emit, "log", operand, [value]) for value in values]
        return arithmetic.binary(emit, "truediv", operand, *logs)

    return pure(mode, (x, base), operand, operand, code)
