"""Integers and addresses as sums: what a value is made of, each part with its factor."""

from __future__ import annotations

from collections.abc import Mapping

from jitkit.backends.spmd.folding import constant
from jitkit.backends.spmd.ir import Instruction, Value
from jitkit.backends.spmd.shapes import spacing_of

Sum = dict[str, int]
"""The factor of each local; that of "" is a number by itself."""


def affine(value: Value, made: Mapping[str, Instruction]) -> Sum:
    """Return a value as a sum of locals that are none; addresses in bytes.

    Parameters
    ----------
    value : Value
        An i64 or an address.
    made : mapping
        The instruction that makes each local.
    """
    number = constant(value, {})
    if number is not None:
        return {"": number}
    item = made.get(value.text)
    parts = None if item is None else _parts(item, made)
    return {value.text: 1} if parts is None else parts


def _parts(item: Instruction, made: Mapping[str, Instruction]) -> Sum | None:
    """Return an instruction's result as a sum, or None where it is none."""
    if item.op == "getelementptr" and len(item.operands) == 2 and item.operands[1].type == "i64":
        base, index = (affine(part, made) for part in item.operands)
        size = spacing_of(item.element)
        return None if size is None else _added(base, index, size)
    if item.type != "i64":
        return None
    if item.op in ("add", "sub") or (item.op == "or" and "disjoint" in item.head):
        a, b = (affine(v, made) for v in item.operands)
        return _added(a, b, -1 if item.op == "sub" else 1)
    factor = constant(item.operands[-1], {}) if item.op in ("mul", "shl") else None
    if factor is None or (item.op == "shl" and not 0 <= factor < 64):
        return None
    return _added({}, affine(item.operands[0], made), factor if item.op == "mul" else 1 << factor)


def _added(a: Sum, b: Sum, factor: int) -> Sum:
    """Return `a` and `factor` times `b` together."""
    both = {name: a.get(name, 0) + factor * b.get(name, 0) for name in a | b}
    return {name: count for name, count in both.items() if count}
