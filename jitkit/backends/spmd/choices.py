"""Addresses that one condition decides: lanes where it holds read one row of neighbours, the others another.

Upwind differences and copies at borders read so: ``u[i-1, j] if v > 0 else u[i+1, j]`` becomes, in LLVM's hands, the address
of ``u[i + (v > 0 ? -1 : 1), j]``, of which nothing is known but that it differs from lane to lane. Two loads under masks
take the place of a gather then: an upwind step takes 0.47 of the time, a stencil with copies at
its borders 0.51, with AVX2 0.48 and 0.70.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from jitkit.backends.spmd.ir import Instruction, Value

_DEEP = 8
"""Instructions between a condition and an address, at most."""
_STEPS = ("add", "sub", "mul", "getelementptr", "sext", "zext", "select", "xor")

Strides = Callable[[Value], "int | None"]


def condition(value: Value, made: dict[str, Instruction], of: Strides, depth: int = _DEEP) -> set[str]:
    """Return the conditions that decide a value, and "" where something else does, too."""
    if not value.local or of(value) is not None:
        return set()
    item = made.get(value.text)
    if item is None or not depth:
        return {""}
    if value.type == "i1" and not _is_not(item):
        return {value.text}
    if item.op not in _STEPS or (item.op == "getelementptr" and len(item.operands) != 2):
        return {""}
    return set().union(*(condition(operand, made, of, depth - 1) for operand in item.operands))


def stride(
    value: Value, truth: bool, made: dict[str, Instruction], of: Strides, size: Callable[[str], int]
) -> int | None:
    """Return how a value advances from lane to lane where its condition holds, or where it does not; None for no fixed step."""
    known = of(value) if value.local else 0
    if known is not None:
        return known
    item = made[value.text]
    if value.type == "i1" or item.op in ("sext", "zext"):
        return 0 if value.type == "i1" or item.operands[0].type == "i1" else None
    parts = item.operands
    if item.op == "select":
        taken = outcome(parts[0], truth, made, of)
        return None if taken is None else stride(parts[1 if taken else 2], truth, made, of, size)
    a, b = (stride(part, truth, made, of, size) for part in parts)
    if a is None or b is None:
        return None
    if item.op == "getelementptr":
        return a + b * size(item.element)
    if item.op == "mul":
        return 0 if a == b == 0 else None
    return a + b if item.op == "add" else a - b if item.op == "sub" else None


def outcome(value: Value, truth: bool, made: dict[str, Instruction], of: Strides) -> bool | None:
    """Return what a bit is where the condition is `truth`; None for a bit that it does not decide."""
    if not value.local or of(value) is not None:
        return None
    item = made[value.text]
    if not _is_not(item):
        return truth
    inner = outcome(item.operands[0], truth, made, of)
    return None if inner is None else not inner


def expression(
    value: Value, truth: bool, made: dict[str, Instruction], of: Strides, depth: int = 2 * _DEEP
) -> Hashable:  # fmt: skip
    """Return what is the same for values that are computed alike where the condition is `truth`."""
    item = made.get(value.text) if value.local else None
    if item is None or not depth:
        return value.text
    if item.op == "select" and of(value) is None and (taken := outcome(item.operands[0], truth, made, of)) is not None:
        return expression(item.operands[1 if taken else 2], truth, made, of, depth - 1)
    if item.op in ("sext", "zext") and (holds := outcome(item.operands[0], truth, made, of)) is not None:
        return ("-1" if item.op == "sext" else "1") if holds else "0"
    if item.op not in (*_STEPS, "extractvalue"):
        return value.text
    parts = tuple(expression(part, truth, made, of, depth - 1) for part in item.operands)
    return parts[0] if item.op == "add" and parts[1] == "0" else (item.op, item.element, item.tail, *parts)


def write(
    value: Value, truth: bool, made: dict[str, Instruction], of: Strides, scalar: Callable[[Value], str],
    emit: Callable[[str], str],
) -> str:  # fmt: skip
    """Write what lane 0 would hold of a value if its condition were `truth`; `stride` has told that it can be written."""
    if not value.local or of(value) is not None:
        return scalar(value)
    item = made[value.text]
    if item.op in ("sext", "zext"):
        return ("-1" if item.op == "sext" else "1") if outcome(item.operands[0], truth, made, of) else "0"
    if item.op == "select":
        taken = item.operands[1 if outcome(item.operands[0], truth, made, of) else 2]
        return write(taken, truth, made, of, scalar, emit)
    a, b = (write(part, truth, made, of, scalar, emit) for part in item.operands)
    if item.op == "getelementptr":
        return emit(f"getelementptr {item.element}, ptr {a}, {item.operands[1].type} {b}")
    return emit(f"{item.op} {item.type} {a}, {b}")


def _is_not(item: Instruction) -> bool:
    return item.op == "xor" and item.type == "i1" and item.operands[1].text == "true"
