"""Integer instructions computed here, from numbers that are known when compiling."""

from __future__ import annotations

import operator
from collections.abc import Callable

from jitkit.backends.spmd.ir import Instruction, Value

_COMPUTE: dict[str, Callable[[int, int], int]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "and": operator.and_, "or": operator.or_,
    "xor": operator.xor,
}  # fmt: skip
_SHIFT: dict[str, Callable[[int, int], int]] = {
    "shl": operator.lshift,
    "ashr": operator.rshift,
    "lshr": operator.rshift,
}
_DIVIDE: dict[str, Callable[[int, int], int]] = {
    "sdiv": lambda a, b: abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1),
    "srem": lambda a, b: abs(a) % abs(b) * (1 if a >= 0 else -1),
    "udiv": operator.floordiv,
    "urem": operator.mod,
}
_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge, "eq": operator.eq, "ne": operator.ne,
}  # fmt: skip


def fold(item: Instruction, known: dict[str, int]) -> int | None:
    """Return the value of an integer instruction as a signed number, or None where it takes more to know it.

    Parameters
    ----------
    item : Instruction
        The instruction; not a phi.
    known : dict
        The signed values of locals.
    """
    values = [constant(value, known) for value in item.operands]
    if item.op == "select" and values[0] is not None:
        return values[1] if values[0] else values[2]
    width = bits(item.type)
    if width is None or not values or any(value is None for value in values):
        return None
    numbers = [value for value in values if value is not None]
    source = bits(item.operands[0].type)
    if item.op in ("zext", "trunc", "sext", "freeze") and source is not None:
        return _signed(_unsigned(numbers[0], source) if item.op == "zext" else numbers[0], width)
    return _binary(item, numbers[0], numbers[1], width) if len(numbers) == 2 else None


def constant(value: Value, known: dict[str, int]) -> int | None:
    """Return the number that an operand is, or None."""
    if value.local:
        return known.get(value.text)
    if value.text in ("true", "false"):
        return -int(value.text == "true")
    return int(value.text) if value.text.lstrip("-").isdigit() else None


def bits(kind: str) -> int | None:
    """Return the width of an integer type, or None of another."""
    return int(kind[1:]) if kind[0] == "i" and kind[1:].isdigit() else None


def _binary(item: Instruction, a: int, b: int, width: int) -> int | None:
    own = bits(item.operands[0].type)
    if own is None:
        return None
    if item.op == "icmp":
        predicate = item.head.split()[-1]
        if predicate[0] == "u":
            a, b = _unsigned(a, own), _unsigned(b, own)
        return -int(_COMPARE[predicate[-2:]](a, b))
    if item.op in _COMPUTE:
        return _signed(_COMPUTE[item.op](a, b), width)
    if item.op in ("lshr", "udiv", "urem"):
        a, b = _unsigned(a, own), _unsigned(b, own)
    if item.op in _SHIFT and 0 <= b < width:
        return _signed(_SHIFT[item.op](a, b), width)
    if item.op in _DIVIDE and b:
        return _signed(_DIVIDE[item.op](a, b), width)
    return None


def _unsigned(value: int, width: int) -> int:
    return value % (1 << width)


def _signed(value: int, width: int) -> int:
    value = _unsigned(value, width)
    return value - (1 << width) if value >> (width - 1) else value
