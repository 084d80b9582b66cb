"""What an operation's typing says: its signature and code, or why the types do not fit."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.errors import TypingError

from jitkit.backends.lowering.emit import Emitter, Mode
from jitkit.backends.lowering.weak import scalar_of, type_of
from jitkit.frontend.promotion import PromotionError, Scalar, describe

Definition = Callable[..., Any]
"""``definition(typing context, *argument types) -> (signature, code generator)``, as Numba's `intrinsic` takes it."""
_MARK = re.compile("\x02(.*?)\x03", re.DOTALL)


def refuse(message: str) -> TypingError:
    """Return the error for types that do not fit, marked so that the message can be found again in Numba's report."""
    return TypingError(f"\x02{message}\x03")


def refusal_in(report: str) -> str | None:
    """Return jitkit's own message from the text of Numba's report, or None."""
    found = _MARK.search(
        report
    )  # the first: Numba tries literal types first, which name the types as the user wrote them
    return " ".join(found[1].split()) if found else None


def name_of(numba_type: types.Type) -> str:
    """Name a type in the user's words."""
    scalar = scalar_of(numba_type)
    if scalar is not None:
        return describe(scalar)
    if isinstance(numba_type, types.Array):
        return f"{numba_type.ndim}-D array of {name_of(numba_type.dtype)}"
    if isinstance(numba_type, types.BaseTuple):
        return f"tuple of {len(numba_type)}"
    return str(numba_type)


def scalars(what: str, arguments: tuple[types.Type, ...]) -> list[Scalar]:
    """Return the scalar types of an operation's arguments; refuse arrays and tuples."""
    found = [scalar_of(argument) for argument in arguments]
    if any(scalar is None for scalar in found):
        names = " and ".join(map(name_of, arguments))
        number = any(isinstance(argument, types.Array) and argument.ndim == 0 for argument in arguments)
        hint = "; a kernel works on one element at a time: index the array" + number * " (of no dimensions: a[()])"
        raise refuse(f"{what} is not defined for {names}{hint if 'array' in names else ''}")
    return found  # type: ignore[return-value]


def rule(what: str, function: Callable[..., Any], *args: Any) -> Any:
    """Apply a promotion rule; its refusal becomes a typing error."""
    try:
        return function(*args)
    except PromotionError as error:
        raise refuse(str(error)) from None


def pure(
    mode: Mode,
    arguments: tuple[types.Type, ...],
    operand: Scalar,
    result: types.Type | Scalar,
    code: Callable[..., ir.Value],
) -> Any:
    """Return the signature and code of a function of scalars whose arguments are all converted to one type first.

    `code(emit, values)` gets the converted values.
    """
    result_type = result if isinstance(result, types.Type) else type_of(result)
    found = [scalar_of(argument) for argument in arguments]

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: list[ir.Value]) -> ir.Value:
        emit = Emitter(builder, mode)
        values = [emit.convert(value, source, operand) for value, source in zip(args, found, strict=True)]
        return code(emit, values)

    return result_type(*arguments), generate


def with_arity(arity: int, code: Callable[..., Any]) -> Definition:
    """Return a definition with so many parameters: Numba reads an intrinsic's arity off it."""
    definitions: dict[int, Definition] = {
        1: lambda typingctx, a: code(a),
        2: lambda typingctx, a, b: code(a, b),
        3: lambda typingctx, a, b, c: code(a, b, c),
    }
    return definitions[arity]
