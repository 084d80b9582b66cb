"""Conversions of floats whose integers fit 32 bits because a test before says so: ``if 0 <= x < 256: own[int(x)]``.

AVX2 converts eight floats to 32-bit integers at once, and to 64-bit integers one by one.
"""

from __future__ import annotations

import struct

from jitkit.backends.spmd.graph import reversed_graph
from jitkit.backends.spmd.ir import Value
from jitkit.backends.spmd.shapes import Shapes

_LEAST, _MOST = -(2.0**31), 2.0**31 - 1
_TURNED = {"oge": "ole", "ogt": "olt", "ole": "oge", "olt": "ogt"}


def narrow(shapes: Shapes) -> set[str]:
    """Return the conversions to 64-bit integers that run only where the float was found to lie in the range of 32 bits."""
    function, before = shapes.function, reversed_graph(shapes.graph)
    found = set()
    for block in function.blocks.values():
        for item in block.code:
            if item.op == "fptosi" and item.type == "i64" and len(before[block.name]) == 1:
                end = function.blocks[before[block.name][0]].code[-1]
                holds = len(set(end.labels)) == 2 and end.labels[0] == block.name
                if holds and _bounds(shapes, end.operands[0], item.operands[0].text) == {"ole", "oge"}:
                    found.add(item.name)
    return found


def _bounds(shapes: Shapes, condition: Value, name: str) -> set[str]:
    """Return on which sides a condition keeps a float within the range: "ole" above, "oge" below."""
    item = shapes.made.get(condition.text)
    if item is None:
        return set()
    if item.op == "and" or (item.op == "select" and item.operands[2].text == "false"):
        return _bounds(shapes, item.operands[0], name) | _bounds(shapes, item.operands[1], name)
    if item.op != "fcmp":
        return set()
    predicate, (a, b) = item.head.split()[-1], item.operands
    if b.text == name:
        a, b, predicate = b, a, _TURNED.get(predicate, "")
    bound = _number(b.text)
    if a.text != name or bound is None or not _LEAST <= bound <= _MOST:
        return set()
    return {predicate[:2] + "e"} if predicate in _TURNED else set()


def _number(text: str) -> float | None:
    """Return the value of a constant as LLVM writes it, or None."""
    try:
        return struct.unpack(">d", bytes.fromhex(text[2:].zfill(16)))[0] if text.startswith("0x") else float(text)
    except ValueError:  # no constant, or one of half: 0xH5C00
        return None
