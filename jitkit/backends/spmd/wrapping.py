"""Periodic neighbours: ``u[(i + 1) % n]``, whose remainder only the points at the ends of a row need.

A division takes a dozen cycles, and of its result LLVM knows nothing: it loads the neighbours one by one. All points between the
first and last few have their remainder at hand, the index itself. They run in code without it, which LLVM widens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from jitkit.backends.spmd.affine import affine
from jitkit.backends.spmd.folding import constant
from jitkit.backends.spmd.ir import Block, Function, Instruction, Value
from jitkit.backends.spmd.streaming import is_plain

_SHAPE = "5, "
"""Where Numba's arrays hold their extents."""


class Wrap(NamedTuple):
    """A remainder of an index and a number by an extent: ``(index + offset) % extent``.

    Attributes
    ----------
    offset : int
        The number.
    parameter : int
        The place of the parameter that is the extent, or of the array whose it is.
    axis : int or None
        Which extent of the array.
    """

    offset: int
    parameter: int
    axis: int | None


class Unwrapped(NamedTuple):
    """A kernel for the points whose remainders are the numbers themselves, and these remainders."""

    function: Function
    wraps: list[Wrap]


def unwrapped(function: Function, index: str) -> Unwrapped | None:
    """Return a kernel without the remainders of an index, or None where it has none, or calls functions.

    A function may give other last bits in vectors than alone, and which points run in vectors would depend on the threads.
    """
    code = [item for block in function.blocks.values() for item in block.code]
    made = {item.name: item for item in code if item.name}
    if not all(is_plain(item) for item in code if item.op == "call"):
        return None
    wraps: list[Wrap] = []
    known: dict[str, Value] = {}
    for item in code:
        if item.op == "srem" and item.type == "i64":
            divisor = _extent(item.operands[1], made)
            place = _place(divisor, function, made)
            sum_of = affine(item.operands[0], made)
            offset = sum_of.pop("", 0)
            if place is None or sum_of.pop(index, 0) != 1 or sum_of not in ({}, {divisor.text: 1}):
                continue
            wraps.append(Wrap(offset, *place))
            known |= _known(code, item, divisor)
            known[item.name] = Value("i64", f"%jk.wrap.{len(wraps)}")
    if not wraps:
        return None
    places = [
        Instruction(f"%jk.wrap.{k}", "add", "i64", [Value("i64", index), Value("i64", str(wrap.offset))], head="nsw")
        for k, wrap in enumerate(wraps, 1)
    ]  # fmt: skip
    return Unwrapped(_replaced(function, known, places), list(dict.fromkeys(wraps)))


def _extent(value: Value, made: Mapping[str, Instruction]) -> Value:
    """Return what a divisor is made of: by zero a remainder is 0, so that it is divided by at least 1."""
    item = made.get(value.text)
    if item is not None and item.op == "call" and item.callee.startswith("@llvm.umax."):
        a, b = item.operands
        return a if constant(b, {}) == 1 else value
    return value


def _place(extent: Value, function: Function, made: Mapping[str, Instruction]) -> tuple[int, int | None] | None:
    """Return the parameter that an extent is, or the array and the axis that it is the extent of."""
    places = {p.text: k for k, p in enumerate(function.parameters)}
    if extent.text in places:
        return (places[extent.text], None) if extent.type == "i64" else None
    item = made.get(extent.text)
    if item is not None and item.op == "extractvalue" and item.tail.startswith(_SHAPE):
        array = places.get(item.operands[0].text)
        return None if array is None else (array, int(item.tail.removeprefix(_SHAPE)))
    return None


def _known(code: list[Instruction], remainder: Instruction, extent: Value) -> dict[str, Value]:
    """Return the comparisons of a remainder and its extent that are false: it has the extent's sign, and that is not zero."""
    no, name = Value("i1", "false"), remainder.name
    signs = {item.name for item in code if item.op == "xor" and item.operands[0].text == name}
    found = {
        item.name: no for item in code
        if item.op == "icmp" and item.head.split()[-1] == "slt" and item.operands[0].text in signs
        and constant(item.operands[1], {}) == 0
    }  # fmt: skip
    zero = {
        item.name: no for item in code
        if item.op == "icmp" and item.head.split()[-1] == "eq" and item.operands[0].text == extent.text
        and constant(item.operands[1], {}) == 0
    }  # fmt: skip
    return found | zero


def _replaced(function: Function, known: dict[str, Value], places: list[Instruction]) -> Function:
    """Return a function with some values known, and the selections that they decide made."""

    def final(value: Value) -> Value:
        while value.text in known:
            value = known[value.text]
        return value

    blocks: dict[str, Block] = {}
    for block in function.blocks.values():
        code = [*places] if block.name == function.entry else []
        for item in block.code:
            operands = [final(value) for value in item.operands]
            if item.name in known:
                continue
            if item.op == "select" and operands[0].text == "false":
                known[item.name] = operands[2]
            else:
                code.append(replace(item, operands=operands))
        blocks[block.name] = Block(block.name, code)
    for block in blocks.values():  # phis read what stands behind them
        block.code = [replace(item, operands=[final(value) for value in item.operands]) for item in block.code]
    return replace(function, blocks=blocks)
