"""The operations of the language, as definitions that both Numba's CPU and CUDA targets take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types

from jitkit.backends.lowering import arithmetic, atomics, elements, functions, groups
from jitkit.backends.lowering.emit import FLOAT16, FLOAT32, FLOAT64, I32, I64, Emitter, Mode, part_of
from jitkit.backends.lowering.typing import Definition, pure, refuse, rule, scalars
from jitkit.backends.lowering.weak import is_small, scalar_of, type_of, weak_index
from jitkit.frontend import promotion
from jitkit.frontend.operations import arity
from jitkit.frontend.promotion import BOOL, Scalar, is_weak, kind

_NUMPY_OPERATORS = {
    "add": "add", "subtract": "sub", "multiply": "mul", "divide": "truediv", "floor_divide": "floordiv",
    "remainder": "mod", "power": "pow", "bitwise_and": "and_", "bitwise_or": "or_", "bitwise_xor": "xor",
    "left_shift": "lshift", "right_shift": "rshift",
}  # fmt: skip
_NUMPY_COMPARISONS = {
    "less": "lt", "less_equal": "le", "greater": "gt", "greater_equal": "ge", "equal": "eq", "not_equal": "ne"
}  # fmt: skip
# NumPy's name -> the C library's, where they differ
_NUMPY_FUNCTIONS = {
    "arccos": "acos", "arccosh": "acosh", "arcsin": "asin", "arcsinh": "asinh", "arctan": "atan", "arctan2": "atan2",
    "arctanh": "atanh", "deg2rad": "radians", "rad2deg": "degrees",
}  # fmt: skip
_WHOLE = {"floor", "ceil", "trunc"}
_TESTS = {"isnan": functions.is_nan, "isinf": functions.is_infinite, "isfinite": functions.is_finite}


def define(name: str, mode: Mode) -> Definition:
    """Return the definition of an operation for a mode."""
    family, _, function = name.partition(".")
    return {
        "operator": _operator, "math": _math, "numpy": _numpy, "python": _python, "cast": _cast, "value": elements.value,
        "atomic": atomics.define, "group": groups.define,
    }.get(family, elements.basic)(function or family, mode)  # fmt: skip


# ---- operators


def _operator(name: str, mode: Mode) -> Definition:
    if name in ("neg", "pos", "invert"):
        return lambda typingctx, a: unary(name, mode, a)
    if name in _NUMPY_COMPARISONS.values():
        return lambda typingctx, a, b: comparison(name, mode, a, b)
    return lambda typingctx, a, b: binary(name, mode, a, b)


def binary(name: str, mode: Mode, a: types.Type, b: types.Type) -> Any:
    """Type and generate a binary arithmetic operator."""
    if _moves_index(name, a, b):
        return _moved_index(name, a, b)
    found = scalars(_symbol(name), (a, b))
    operand, result = rule(name, promotion.arithmetic, name, *found)
    if kind(operand) == "c" and name not in ("add", "sub", "mul", "truediv"):
        raise refuse(f"{_symbol(name)} is not available for complex numbers in a kernel")
    if name == "truediv" and operand is float and all(kind(scalar) in "iub" for scalar in found):
        return pure(mode, (a, b), int, float, _weak_division)
    return pure(mode, (a, b), operand, result, lambda emit, v: arithmetic.binary(emit, name, operand, *v))


def _moves_index(name: str, a: types.Type, b: types.Type) -> bool:
    """Tell whether this is an index of the point plus or minus a small literal, which still fits its 32 bits."""
    offset = {"add": b if a == weak_index else a, "sub": b}.get(name)
    index = a if offset is b else b
    return index == weak_index and offset is not None and is_small(offset)


def _moved_index(name: str, a: types.Type, b: types.Type) -> Any:
    def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: list[ir.Value]) -> ir.Value:
        values = [value if value.type == I32 else builder.trunc(value, I32) for value in args]
        return getattr(builder, name)(*values, flags=("nsw",))

    return weak_index(a, b), generate


def _weak_division(emit: Emitter, values: list[ir.Value]) -> ir.Value:
    quotient = emit.builder.fdiv(*(emit.convert(value, int, FLOAT64) for value in values))
    return emit.convert(quotient, FLOAT64, float)


def unary(name: str, mode: Mode, a: types.Type) -> Any:
    """Type and generate a unary operator."""
    (found,) = scalars(_symbol(name), (a,))
    operand, result = rule(name, promotion.arithmetic, name, found)
    code: dict[str, Callable[..., ir.Value]] = {
        "neg": lambda emit, v: arithmetic.negate(emit, operand, v[0]),
        "pos": lambda emit, v: v[0],
        "invert": lambda emit, v: emit.builder.not_(v[0]),
        "abs": lambda emit, v: arithmetic.absolute(emit, operand, v[0]),
    }
    return pure(mode, (a,), operand, result, code[name])


def comparison(name: str, mode: Mode, a: types.Type, b: types.Type) -> Any:
    """Type and generate a comparison."""
    found = scalars(_symbol(name), (a, b))
    if "c" in map(kind, found) and name not in ("eq", "ne"):
        raise refuse(f"{_symbol(name)} is not defined for complex numbers")
    if sorted(map(kind, found)) in (["i", "u"],) and np.dtype(np.uint64) in found:
        return _mixed_sign(name, mode, (a, b), found)
    operand = rule(name, promotion.comparison, *found)
    return pure(mode, (a, b), operand, BOOL, lambda emit, v: arithmetic.compare(emit, name, operand, *v))


def _mixed_sign(name: str, mode: Mode, arguments: tuple[types.Type, ...], found: list[Scalar]) -> Any:
    swapped = kind(found[0]) == "u"
    mirrored = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}.get(name, name) if swapped else name

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: list[ir.Value]) -> ir.Value:
        emit = Emitter(builder, mode)
        wide = [v if v.type == I64 else emit.convert(v, s, int) for v, s in zip(args, found, strict=True)]
        return arithmetic.compare_mixed_sign(emit, mirrored, *(wide[::-1] if swapped else wide))

    return types.boolean(*arguments), generate


def _symbol(name: str) -> str:
    symbols = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**", "and_": "&",
               "or_": "|", "xor": "^", "lshift": "<<", "rshift": ">>", "neg": "-", "pos": "+", "invert": "~", "lt": "<",
               "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}  # fmt: skip
    return symbols.get(name, name)


# ---- the math module


def _math(name: str, mode: Mode) -> Definition:
    if name == "log_base":
        return lambda typingctx, x, base: _math_log(mode, x, base)
    return _with_arity(arity(f"math.{name}"), lambda *arguments: math_function(name, mode, arguments))


def math_function(name: str, mode: Mode, arguments: tuple[types.Type, ...]) -> Any:
    """Type and generate a function of the math module."""
    found = scalars(f"math.{name}", arguments)
    if name in _WHOLE and kind(found[0]) in "iub":
        return pure(mode, arguments, int, int, lambda emit, v: v[0])
    operand = rule(name, promotion.math_function, *found)
    if name in _TESTS:
        precise = FLOAT64 if operand is float else FLOAT32 if operand == FLOAT16 else operand
        return pure(mode, arguments, precise, BOOL, lambda emit, v: _TESTS[name](emit, v[0]))
    if name in _WHOLE:
        return pure(mode, arguments, operand, int, lambda emit, v: _whole(emit, name, operand, v[0]))
    if name == "fabs":
        return pure(mode, arguments, operand, operand, lambda emit, v: arithmetic.absolute(emit, operand, v[0]))
    return pure(mode, arguments, operand, operand, lambda emit, v: functions.math_call(emit, name, operand, v))


def _whole(emit: Emitter, name: str, operand: Scalar, value: ir.Value) -> ir.Value:
    return emit.convert(functions.math_call(emit, name, operand, [value]), operand, int)


def _math_log(mode: Mode, x: types.Type, base: types.Type) -> Any:
    operand = rule("log", promotion.math_function, *scalars("math.log", (x, base)))

    def code(emit: Emitter, values: list[ir.Value]) -> ir.Value:
        logs = [functions.math_call(emit, "log", operand, [value]) for value in values]
        return arithmetic.binary(emit, "truediv", operand, *logs)

    return pure(mode, (x, base), operand, operand, code)


# ---- NumPy's scalar functions


def _numpy(name: str, mode: Mode) -> Definition:
    if name in _NUMPY_OPERATORS:
        return lambda typingctx, a, b: _strong(binary, _NUMPY_OPERATORS[name], mode, (a, b))
    if name in _NUMPY_COMPARISONS:
        return lambda typingctx, a, b: comparison(_NUMPY_COMPARISONS[name], mode, a, b)
    if name in ("negative", "positive", "invert", "absolute"):
        operator = {"negative": "neg", "positive": "pos", "absolute": "abs"}.get(name, name)
        return lambda typingctx, a: _strong(unary, operator, mode, (a,))
    if name in ("where", "clip"):
        return _where(mode) if name == "where" else _clip(mode)
    return _with_arity(arity(f"numpy.{name}"), lambda *arguments: numpy_function(name, mode, arguments))


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


def numpy_function(name: str, mode: Mode, arguments: tuple[types.Type, ...]) -> Any:
    """Type and generate a NumPy ufunc of numbers."""
    found = scalars(f"np.{name}", arguments)
    if name.startswith("logical_"):
        return pure(mode, arguments, BOOL, BOOL, lambda emit, v: _logical(emit, name, v))
    operand, result = rule(name, promotion.numpy_function, getattr(np, name), *found)
    code = _numpy_code(name, operand)
    if code is None:
        raise refuse(f"np.{name} is not available for {promotion.describe(operand)} in a kernel")
    return pure(mode, arguments, operand, result, code)


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
        return None
    if kind(operand) != "f":  # floor and its like leave integers alone
        whole = {"floor", "ceil", "trunc", "rint"}
        if name in _TESTS:
            return lambda emit, v: ir.Constant(ir.IntType(1), name == "isfinite")
        return (lambda emit, v: v[0]) if name in whole else _integer_fmod(operand) if name == "fmod" else None
    if name in _TESTS or name == "signbit":
        test = _TESTS.get(name, functions.sign_bit)
        return lambda emit, v: test(emit, *_at_least_float32(emit, operand, v))
    if name == "fabs":
        return lambda emit, v: arithmetic.absolute(emit, operand, v[0])
    return lambda emit, v: functions.math_call(emit, _NUMPY_FUNCTIONS.get(name, name), operand, v)


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


def _extreme(emit: Emitter, name: str, operand: Scalar, a: ir.Value, b: ir.Value) -> ir.Value:
    """Return np.minimum, np.maximum (NaN wins) or np.fmin, np.fmax (numbers win)."""
    builder = emit.builder
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


# ---- builtins


def _python(name: str, mode: Mode) -> Definition:
    makers: dict[str, Definition] = {
        "abs": lambda typingctx, a: unary("abs", mode, a),
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
        "pow": lambda typingctx, a, b: binary("pow", mode, a, b),
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
    return pure(mode, (a,), operand, int, lambda emit, v: _whole(emit, "rint", operand, v[0]))


def _divmod(mode: Mode, a: types.Type, b: types.Type) -> Any:
    signature, quotient = binary("floordiv", mode, a, b)
    _, remainder = binary("mod", mode, a, b)
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


# ---- casts


def _cast(dtype: str, mode: Mode) -> Definition:
    target = np.dtype(dtype)

    def definition(typingctx: Any, a: types.Type) -> Any:
        (found,) = scalars(f"np.{dtype}", (a,))
        if kind(found) == "c" and target.kind not in "bc":
            raise refuse(f"np.{dtype}() of a complex number: take its .real part")
        return pure(mode, (a,), target, target, lambda emit, v: v[0])

    return definition


# ---- signatures: Numba reads an intrinsic's arity off its definition


def _with_arity(arity: int, code: Callable[..., Any]) -> Definition:
    definitions: dict[int, Definition] = {
        1: lambda typingctx, a: code(a),
        2: lambda typingctx, a, b: code(a, b),
        3: lambda typingctx, a, b, c: code(a, b, c),
    }
    return definitions[arity]
