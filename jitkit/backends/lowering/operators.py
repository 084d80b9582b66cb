"""Python's operators on numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types

from jitkit.backends.lowering import arithmetic, complex_functions
from jitkit.backends.lowering.emit import FLOAT64, I32, I64, Emitter, Mode
from jitkit.backends.lowering.typing import Definition, pure, refuse, rule, scalars
from jitkit.backends.lowering.weak import is_small, type_of, weak_index
from jitkit.frontend import promotion
from jitkit.frontend.promotion import BOOL, Scalar, kind

_COMPARISONS = ("lt", "le", "gt", "ge", "eq", "ne")


def define(name: str, mode: Mode) -> Definition:
    """Return the definition of an operator."""
    if name in ("neg", "pos", "invert"):
        return lambda typingctx, a: unary(name, mode, a)
    if name in _COMPARISONS:
        return lambda typingctx, a, b: comparison(name, mode, a, b)
    return lambda typingctx, a, b: binary(name, mode, a, b)


def binary(name: str, mode: Mode, a: types.Type, b: types.Type) -> Any:
    """Type and generate a binary arithmetic operator."""
    if _moves_index(name, a, b):
        return _moved_index(name, a, b)
    found = scalars(_symbol(name), (a, b))
    operand, result = rule(name, promotion.arithmetic, name, *found)
    if kind(operand) == "c" and name == "pow":
        return _complex_power(mode, (a, b), found, operand, result)
    if kind(operand) == "c" and name not in ("add", "sub", "mul", "truediv"):
        raise refuse(f"{_symbol(name)} is not available for complex numbers in a kernel")
    if name == "truediv" and operand is float and all(kind(scalar) in "iub" for scalar in found):
        return pure(mode, (a, b), int, float, _weak_division)
    return pure(mode, (a, b), operand, result, lambda emit, v: arithmetic.binary(emit, name, operand, *v))


def _complex_power(
    mode: Mode, arguments: tuple[types.Type, ...], found: list[Scalar], operand: Scalar, result: Scalar
) -> Any:
    whole = kind(found[1]) in "iub"
    makes = complex_functions.power_by_integer if whole else complex_functions.power
    wanted = operand, int if whole else operand

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: list[ir.Value]) -> ir.Value:
        emit = Emitter(builder, mode)
        values = [emit.convert(v, s, t) for v, s, t in zip(args, found, wanted, strict=True)]
        return emit.convert(makes(emit, operand, *values), operand, result)

    return type_of(result)(*arguments), generate


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
