"""Python's builtins for numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types

from jitkit.backends.lowering import arithmetic, elements, math_functions, operators
from jitkit.backends.lowering.emit import FLOAT64, Emitter, Mode, part_of
from jitkit.backends.lowering.typing import Definition, pure, refuse, rule, scalars
from jitkit.backends.lowering.weak import type_of
from jitkit.frontend import promotion
from jitkit.frontend.promotion import BOOL, Scalar, kind


def define(name: str, mode: Mode) -> Definition:
    """Return the definition of a builtin."""
    makers: dict[str, Definition] = {
        "abs": lambda typingctx, a: operators.unary("abs", mode, a),
        "int": lambda typingctx, a: _convert("int", mode, a, int),
        "float": lambda typingctx, a: _convert("float", mode, a, float),
        "bool": lambda typingctx, a: _convert("bool", mode, a, BOOL),
        "complex": lambda typingctx, a: _convert("complex", mode, a, complex),
        "complex_of": lambda typingctx, re, im: _complex(mode, re, im),
        "min": lambda typingctx, a, b: extreme("min", mode, a, b),
        "max": lambda typingctx, a, b: extreme("max", mode, a, b),
        "min_of": lambda typingctx, a: _extreme_of_tuple("min", mode, a),
        "max_of": lambda typingctx, a: _extreme_of_tuple("max", mode, a),
        "round": lambda typingctx, a: _round(mode, a),
        "pow": lambda typingctx, a, b: operators.binary("pow", mode, a, b),
        "divmod": lambda typingctx, a, b: _divmod(mode, a, b),
        "len": lambda typingctx, a: elements.length(mode, a),
    }
    return makers[name]


def _convert(what: str, mode: Mode, a: types.Type, target: Scalar) -> Any:
    (found,) = scalars(what, (a,))
    if kind(found) == "c" and target in (int, float):
        raise refuse(f"{what}() of a complex number: take its .real part")
    return pure(mode, (a,), target, target, lambda emit, v: v[0])


def _complex(mode: Mode, re: types.Type, im: types.Type) -> Any:
    found = scalars("complex", (re, im))
    real = rule("complex", promotion.math_function, *found)
    result = complex if real is float else np.result_type(real, np.complex64)
    part = FLOAT64 if real is float else part_of(result)
    return pure(mode, (re, im), part, result, lambda emit, v: emit.pair(*v))


def _round(mode: Mode, a: types.Type) -> Any:
    (found,) = scalars("round", (a,))
    if kind(found) in "iub":
        return pure(mode, (a,), int, int, lambda emit, v: v[0])
    operand = rule("round", promotion.math_function, found)
    return pure(mode, (a,), operand, int, lambda emit, v: math_functions.whole(emit, "rint", operand, v[0]))


def _divmod(mode: Mode, a: types.Type, b: types.Type) -> Any:
    signature, quotient = operators.binary("floordiv", mode, a, b)
    _, remainder = operators.binary("mod", mode, a, b)
    result = types.UniTuple(signature.return_type, 2)

    def generate(context: Any, builder: ir.IRBuilder, _: Any, args: list[ir.Value]) -> ir.Value:
        parts = [part(context, builder, signature, args) for part in (quotient, remainder)]
        return context.make_tuple(builder, result, parts)

    return result(a, b), generate


def extreme(name: str, mode: Mode, a: types.Type, b: types.Type) -> Any:
    """Type and generate Python's min or max: the first of the smallest, so NaN is kept only in the first place."""
    operand = rule(name, promotion.common, *scalars(name, (a, b)))
    return pure(mode, (a, b), operand, operand, lambda emit, v: _first_extreme(emit, name, operand, v))


def _extreme_of_tuple(name: str, mode: Mode, group: types.Type) -> Any:
    if not isinstance(group, types.BaseTuple) or len(group) == 0:
        raise refuse(f"{name}() takes two or more numbers, or a tuple of them")
    found = scalars(name, tuple(group))
    operand = rule(name, promotion.common, *found)

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: list[ir.Value]) -> ir.Value:
        emit = Emitter(builder, mode)
        values = [emit.convert(v, s, operand) for v, s in zip(elements.members(builder, args[0]), found, strict=True)]
        return _first_extreme(emit, name, operand, values)

    return type_of(operand)(group), generate


def _first_extreme(emit: Emitter, name: str, operand: Scalar, values: list[ir.Value]) -> ir.Value:
    best = values[0]
    for value in values[1:]:
        better = arithmetic.compare(emit, "lt" if name == "min" else "gt", operand, value, best)
        best = emit.builder.select(better, value, best)
    return best
