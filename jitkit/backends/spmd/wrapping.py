"""Rows whose first and last points differ from all others: periodic neighbours, borders, clamped indices.

Only at the ends of a row does ``u[(i + 1) % n]`` need a remainder, ``u[i - 1 if i > 0 else n - 1]`` its condition,
``u[max(i - 1, 0)]`` its maximum, and ``if 0 < i < n - 1`` a decision. A division takes a dozen cycles, and of its result and of
a choice LLVM knows nothing: it loads neighbours one by one. All points in between have remainders, conditions and limits at
hand. They run in code without these, which LLVM widens.
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
_NEAR = 16
"""Points at either end of a row that conditions may tell apart."""
_TURNED = {"slt": "sgt", "sle": "sge", "sgt": "slt", "sge": "sle", "eq": "eq", "ne": "ne"}
"""What a comparison is when its sides change places."""
_FIRST = {"sgt": (True, 1), "sge": (True, 0), "slt": (False, 0), "sle": (False, 1), "eq": (False, 1), "ne": (True, 1)}
"""What a comparison with a number says of all indices but the first, and by how much that number is below these."""
_LAST = {"slt": (True, 0), "sle": (True, 1), "sge": (False, 0), "sgt": (False, 1), "eq": (False, 0), "ne": (True, 0)}
"""What a comparison with an extent says of all indices but the last, and by how much it is above these, and one."""


class End(NamedTuple):
    """What indices between the ends are below: ``extent + offset``.

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


class Interior(NamedTuple):
    """A kernel for the points between the ends of a row.

    Attributes
    ----------
    function : Function
        The kernel.
    first : int or None
        The first of their indices, where a number says that.
    ends : list of End
        What their indices are below.
    """

    function: Function
    first: int | None
    ends: list[End]


def interior(function: Function, index: str) -> Interior | None:
    """Return a kernel without what an index needs at the ends of a row, or None where it has nothing such, or calls functions.

    A function may give other last bits in vectors than alone, and which points run in vectors would depend on the threads.
    """
    code = [item for block in function.blocks.values() for item in block.code]
    if not all(is_plain(item) for item in code if item.op == "call"):
        return None
    found = _Finder(function, code, index)
    for item in code:
        if item.op == "srem" and item.type == "i64":
            found.remainder(item)
        elif item.op == "icmp" and item.operands[0].type == "i64":
            found.comparison(item)
        elif item.op == "call" and item.callee.startswith(("@llvm.smin.i64", "@llvm.smax.i64")):
            found.limit(item)
    if not found.known:
        return None
    first = max(found.firsts, default=None)
    return Interior(_replaced(function, found.known, found.places), first, list(dict.fromkeys(found.ends)))


class _Finder:
    """What is known of a kernel's values between the ends of a row.

    Attributes
    ----------
    known : dict
        These values.
    places : list of Instruction
        What computes those that are no operands.
    firsts : list of int
        What the index is at least.
    ends : list of End
        What it is below.
    """

    def __init__(self, function: Function, code: list[Instruction], index: str) -> None:
        self.function, self.code, self.index = function, code, index
        self.made = {item.name: item for item in code if item.name}
        self.known: dict[str, Value] = {}
        self.places: list[Instruction] = []
        self.firsts: list[int] = []
        self.ends: list[End] = []

    def remainder(self, item: Instruction) -> None:
        """Look at a remainder: ``(index + offset) % extent`` is the number itself."""
        divisor = _extent(item.operands[1], self.made)
        place = _place(divisor, self.function, self.made)
        sum_of = affine(item.operands[0], self.made)
        offset = sum_of.pop("", 0)
        if place is None or sum_of.pop(self.index, 0) != 1 or sum_of not in ({}, {divisor.text: 1}):
            return
        name = f"%jk.wrap.{len(self.places)}"
        operands = [Value("i64", self.index), Value("i64", str(offset))]
        self.places.append(Instruction(name, "add", "i64", operands, head="nsw"))
        self.firsts.append(-offset)
        self.ends.append(End(-offset, *place))
        self.known |= _known(self.code, item, divisor)
        self.known[item.name] = Value("i64", name)

    def comparison(self, item: Instruction) -> None:
        """Look at a comparison of the index and a small number, or an extent and one."""
        how, (a, b) = item.head.split()[-1], item.operands
        if how == "ult":  # LLVM's form of two: it is not below zero, and below the extent
            offset, limit = self._offset(a), self._limit(b)
            if offset is not None and limit is not None and limit[0] is not None:
                self.firsts.append(-offset)
                self._below(limit[0], limit[1] - offset)
                self._know(item, True)
            return
        if how not in _TURNED:
            return
        offset, limit = self._offset(a), self._limit(b)
        if offset is None:
            offset, limit, how = self._offset(b), self._limit(a), _TURNED[how]
        if offset is None or limit is None:
            return
        place, number = limit[0], limit[1] - offset
        truth, more = (_FIRST if place is None else _LAST)[how]
        if not -_NEAR <= number <= _NEAR:
            return
        if place is None:
            self.firsts.append(number + more)
        else:
            self._below(place, number + more)
        self._know(item, truth)

    def limit(self, item: Instruction) -> None:
        """Look at the larger of the index and a small number, or the smaller of it and an extent and a number."""
        a, b = item.operands
        value = self.known.get(a.text, a)
        offset, limit = self._offset(value), self._limit(b)
        if offset is None or limit is None or not -_NEAR <= limit[1] - offset <= _NEAR:
            return
        place, number = limit[0], limit[1] - offset
        if "smax" in item.callee and place is None:
            self.firsts.append(number)
        elif "smin" in item.callee and place is not None:
            self._below(place, number + 1)
        else:
            return
        self.known[item.name] = value

    def _know(self, item: Instruction, truth: bool) -> None:
        self.known[item.name] = Value("i1", str(truth).lower())

    def _below(self, place: tuple[int, int | None], offset: int) -> None:
        self.ends.append(End(offset, *place))

    def _offset(self, value: Value) -> int | None:
        """Return the number in a sum of it and the index."""
        sum_of = affine(value, self.made)
        offset = sum_of.pop("", 0)
        return offset if sum_of == {self.index: 1} else None

    def _limit(self, value: Value) -> tuple[tuple[int, int | None] | None, int] | None:
        """Return an array's extent, or None for zero, and the number in a sum of both."""
        sum_of = affine(value, self.made)
        number = sum_of.pop("", 0)
        if not sum_of:
            return None, number
        (name, factor), *others = sum_of.items()
        place = _place(Value("i64", name), self.function, self.made)
        return None if others or factor != 1 or place is None else (place, number)


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
            if item.op == "select" and operands[0].text in ("true", "false"):
                known[item.name] = operands[1 if operands[0].text == "true" else 2]
            else:
                code.append(replace(item, operands=operands))
        blocks[block.name] = Block(block.name, code)
    for block in blocks.values():  # phis read what stands behind them
        block.code = [replace(item, operands=[final(value) for value in item.operands]) for item in block.code]
    return replace(function, blocks=blocks)
