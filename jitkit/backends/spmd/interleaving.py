"""Stores of lanes that together fill memory: the parts of complex numbers, the columns of narrow matrices.

``out[2 * i] = x`` and ``out[2 * i + 1] = y`` one behind the other, with nothing read or written in between, leave no gap. One by
one each element is taken out of its vector and stored by itself; as whole vectors they are two shuffles and two stores: 16
transforms of 65,536 take 0.72 (complex64) and 0.87 of the time, with AVX2 0.76 and 0.89. Where rows of a power of two all begin
in the same few sets of the cache, 1,024 columns of 1,024 in complex128 take 1.0 and with AVX2 1.26; pieces of 16 bytes, which
never cross lines, still 1.17.
"""

from __future__ import annotations

from jitkit.backends.spmd.affine import affine
from jitkit.backends.spmd.ir import Block, Instruction
from jitkit.backends.spmd.places import KINDS
from jitkit.backends.spmd.shapes import Shapes, size_of
from jitkit.backends.spmd.transposing import writes
from jitkit.backends.spmd.writer import Text

COUNTS = (2, 4)
"""Stores that fill memory together: as many as elements from one lane's to the next's."""


def find(block: Block, shapes: Shapes) -> dict[int, list[Instruction]]:
    """Return the stores of a block that fill memory together, first element to last, by the identity of the last one.

    By those of the others stand no stores, since nothing of them is left to write.

    Parameters
    ----------
    block : Block
        A block that all lanes run.
    shapes : Shapes
        How values differ between lanes.
    """
    found: dict[int, list[Instruction]] = {}
    opened: dict[int, Instruction] = {}
    row: object = None
    for item in block.code:
        own, place = _row_of(item, shapes)
        if own is None:
            if item.op == "load" or writes(item):
                row = None
            continue
        if own != row or place in opened:
            row, opened = own, {}
        opened[place] = item
        size = size_of(item.accessed)
        count, places = shapes.of(item.operands[1]) // size, sorted(opened)  # type: ignore[operator]
        if places == list(range(places[0], places[0] + count * size, size)):
            found |= {id(other): [] for other in opened.values()} | {id(item): [opened[place] for place in places]}
            row = None
    return found


def _row_of(item: Instruction, shapes: Shapes) -> tuple[object, int]:
    """Return what the addresses of stores that may belong together have in common, or None, and the rest in bytes."""
    if item.op != "store" or item.accessed not in KINDS:
        return None, 0
    pointer = item.operands[1]
    stride, size = shapes.of(pointer), size_of(item.accessed)
    if (
        stride not in [count * size for count in COUNTS]
        or pointer.text in shapes.private
        or pointer.text in shapes.shared
    ):
        return None, 0
    parts = affine(pointer, shapes.made)
    place = parts.pop("", 0)
    return (item.accessed, stride, frozenset(parts.items())), place


def write(text: Text, kind: str, vectors: list[str], lanes: int) -> list[str]:
    """Write the shuffles of each store's vector; return all elements as they follow one another in memory, by vectors."""
    if len(vectors) == 1:
        return vectors
    pairs = zip(*(write(text, kind, vectors[first::2], lanes) for first in (0, 1)), strict=True)
    whole, halves = f"<{lanes} x {kind}>", (range(lanes // 2), range(lanes // 2, lanes))
    orders = [", ".join(f"i32 {k}, i32 {lanes + k}" for k in half) for half in halves]
    return [
        text.emit(f"shufflevector {whole} {a}, {whole} {b}, <{lanes} x i32> <{order}>")
        for a, b in pairs for order in orders
    ]  # fmt: skip
