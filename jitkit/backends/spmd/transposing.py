"""Loads of neighbouring elements whose lanes stand a fixed distance apart: rows of a tile, transposed in registers.

``tile[column, first + r]`` for eight values of r reads eight elements of a row for each lane. One by one each element is a load
and an insertion; loaded as rows, they take four shuffles for each vector. On Zen 4 transpose takes 0.92 of the time (float32),
bitonic 0.8 (float32) and 0.88, with AVX2 0.95 and 1.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jitkit.backends.spmd import plan
from jitkit.backends.spmd.affine import affine
from jitkit.backends.spmd.ir import Block, Instruction, Value
from jitkit.backends.spmd.shapes import DROPPED, Shapes, is_pure, size_of
from jitkit.backends.spmd.writer import Text

SEGMENT = 16
"""Bytes of a vector that shuffles of neighbours stay within: as many elements of a row are worth a transposition."""
KINDS = {"i32", "i64", "float", "double"}
Labels = tuple[tuple[int, int], ...]
"""What the elements of a register are: each element's row and column."""


@dataclass
class Tile:
    """Loads of one block, of elements that follow one another, or every other one.

    Attributes
    ----------
    kind : str
        The type of an element.
    stride : int
        Bytes from one lane's elements to the next lane's.
    gap : int
        Elements from one load to the next: 1 or 2.
    columns : list of list of Instruction
        The loads of each element, first to last.
    starts : dict
        How many bytes behind the first element each load's is.
    """

    kind: str
    stride: int
    gap: int
    columns: list[list[Instruction]]
    starts: dict[str, int]


def find(block: Block, shapes: Shapes, lanes: int) -> dict[str, Tile]:
    """Return the tiles of a block by the names of their loads.

    Parameters
    ----------
    block : Block
        A block that all lanes run.
    shapes : Shapes
        How values differ between lanes.
    lanes : int
        Work-items a vector.
    """
    tiles: dict[str, Tile] = {}
    for (kind, distance, *_), places in _families(block, shapes, lanes):
        for gap, run in _runs(sorted(places), size_of(kind), lanes):
            starts = {item.name: place - run[0] for place in run for item in places[place]}
            tile = Tile(kind, distance, gap, [places[place] for place in run], starts)
            tiles |= dict.fromkeys(starts, tile)
    return tiles


def distance(pointer: Value, shapes: Shapes) -> int | None:
    """Return how many bytes the addresses of neighbouring lanes lie apart, or None where it is not one number for all."""
    stride = shapes.of(pointer)
    pattern = shapes.patterns.get(pointer.text) if stride is None else None
    if pattern is not None and len({b - a for a, b in itertools.pairwise(pattern.offsets)}) == 1:
        return pattern.offsets[1]
    return stride


def _families(block: Block, shapes: Shapes, lanes: int) -> Iterator[tuple[tuple, dict[int, list[Instruction]]]]:
    """Yield loads that nothing is stored between, and that differ by a number alone, by that number."""
    opened: dict[tuple, dict[int, list[Instruction]]] = {}
    for item in block.code:
        if writes(item):
            pointer = item.operands[-1] if item.op == "store" else None
            home = shapes.shared.get(pointer.text, "") if pointer is not None else None
            if pointer is not None and pointer.text in shapes.private:
                continue
            # What a group shares lies in no array, and no other array that it shares lies there.
            for key in [key for key in opened if home is None or key[2] == home]:
                yield key, opened.pop(key)
        elif item.op == "load" and item.type in KINDS and item.operands[0].text not in shapes.private:
            pointer = item.operands[0]
            apart = distance(pointer, shapes)
            if apart is None or abs(apart) <= lanes * size_of(item.type) // 2:
                continue  # one element, a row, or so near that whole vectors of the memory serve
            parts = affine(pointer, shapes.made)
            place = parts.pop("", 0)
            key = (item.type, apart, shapes.shared.get(pointer.text, ""), frozenset(parts.items()))
            opened.setdefault(key, {}).setdefault(place, []).append(item)
    yield from opened.items()


def writes(item: Instruction) -> bool:
    """Tell whether an instruction may store to memory."""
    if item.op == "call":
        return not (is_pure(item) or item.callee.startswith(DROPPED))
    return item.op in ("store", "atomicrmw", "cmpxchg")


def _runs(places: list[int], size: int, lanes: int) -> Iterator[tuple[int, list[int]]]:
    """Yield stretches of places that lie 1 or 2 elements apart, each of a power of two; with that distance."""
    least, most = SEGMENT // size, min(lanes, plan.vector_bits() // (8 * size))
    while len(places) >= least:
        found = None
        for gap in (1, 2):
            run = next(k for k in range(len(places) + 1) if k == len(places) or places[k] != places[0] + k * gap * size)
            if run >= least:
                found = gap, min(1 << run.bit_length() - 1, most)
                break
        if found is None:
            places = places[1:]
            continue
        yield found[0], places[: found[1]]
        places = places[found[1] :]


def write(text: Text, tile: Tile, first: str, align: str, lanes: int) -> list[str]:
    """Write the loads of a tile; return each column's vector.

    Parameters
    ----------
    text : Text
        Where the code goes.
    tile : Tile
        The tile.
    first : str
        The address of lane 0's first element.
    align : str
        The alignment of an element.
    lanes : int
        Work-items a vector.
    """
    width, count = min(lanes, plan.register_lanes(tile.kind)), len(tile.columns)
    parts = []
    for start in range(0, lanes, width):
        rows = [_row(text, tile, first, start + k, align) for k in range(width)]
        parts.append(_transposed(text, tile.kind, rows, count, width))
    return [_joined(text, tile.kind, [part[column] for part in parts], width) for column in range(count)]


def square(text: Text, kind: str, rows: Sequence[str]) -> list[str]:
    """Return the columns of as many rows as each has elements, which fill a register.

    Parameters
    ----------
    text : Text
        Where the code goes.
    kind : str
        The type of an element.
    rows : sequence of str
        The rows, as vectors.
    """
    return _transposed(text, kind, rows, len(rows), len(rows))


def _row(text: Text, tile: Tile, first: str, row: int, align: str) -> str:
    """Load a lane's elements side by side."""
    count, size = len(tile.columns), size_of(tile.kind)
    whole = f"<{count} x {tile.kind}>"

    def load(element: int) -> str:
        place = text.emit(f"getelementptr i8, ptr {first}, i64 {row * tile.stride + element * size}")
        return text.emit(f"load {whole}, ptr {place}, align {align}")

    if tile.gap == 1:
        return load(0)
    # The second vector ends with the last element: what follows that may be no memory.
    order = [2 * k if 2 * k < count else 2 * k + 1 for k in range(count)]
    return _shuffled(text, tile.kind, count, load(0), load(count - 1), order)


def _transposed(text: Text, kind: str, rows: Sequence[str], count: int, width: int) -> list[str]:
    """Return the columns of `width` rows of `count` elements.

    Rows are first joined until they fill a register. Each step then exchanges one bit of the number of a register for one
    of an element's place: neighbours within segments, then whole segments.
    """
    segment = SEGMENT // size_of(kind)
    joined = width // count
    registers: dict[Labels, str] = {}
    for k in (k for k in range(width) if k // segment % joined == 0):
        together = [k + j * segment for j in range(joined)]
        labels = tuple((row, column) for row in together for column in range(count))
        registers[labels] = _joined(text, kind, [rows[row] for row in together], count)
    unit = 1
    while unit < segment:
        registers = _exchanged(text, kind, registers, unit, _interleaved(width, segment, unit))
        unit *= 2
    bit = segment * joined
    while bit < width:
        registers = _exchanged(text, kind, registers, bit, _parted(width, segment))
        bit *= 2
    found = {labels[0][1]: value for labels, value in registers.items()}
    assert all(labels == tuple((row, labels[0][1]) for row in range(width)) for labels in registers)
    return [found[column] for column in range(count)]


def _joined(text: Text, kind: str, parts: list[str], count: int) -> str:
    """Return vectors one behind the other."""
    while len(parts) > 1:
        whole, order = f"<{count} x {kind}>", ", ".join(f"i32 {k}" for k in range(2 * count))
        parts = [
            text.emit(f"shufflevector {whole} {a}, {whole} {b}, <{2 * count} x i32> <{order}>")
            for a, b in zip(parts[::2], parts[1::2], strict=True)
        ]
        count *= 2
    return parts[0]


def _exchanged(
    text: Text, kind: str, registers: dict[Labels, str], bit: int, orders: tuple[list[int], list[int]]
) -> dict[Labels, str]:
    """Shuffle each two registers whose rows differ in one bit."""
    after: dict[Labels, str] = {}
    for labels, value in registers.items():
        if labels[0][0] & bit:
            continue
        others = tuple((row | bit, column) for row, column in labels)
        for order in orders:
            both = labels + others
            shuffled = _shuffled(text, kind, len(labels), value, registers[others], order)
            after[tuple(both[k] for k in order)] = shuffled
    return after


def _interleaved(width: int, segment: int, unit: int) -> tuple[list[int], list[int]]:
    """Return the orders that take units from either register in turn, of the first and of the second half of each segment."""
    low, high = (
        [
            source + base + half + k + within
            for base in range(0, width, segment)
            for k in range(0, segment // 2, unit)
            for source in (0, width)
            for within in range(unit)
        ]
        for half in (0, segment // 2)
    )
    return low, high


def _parted(width: int, segment: int) -> tuple[list[int], list[int]]:
    """Return the orders that take the even segments of both registers, and the odd ones."""
    even, odd = (
        [
            source + base + k
            for source in (0, width)
            for base in range(first, width, 2 * segment)
            for k in range(segment)
        ]
        for first in (0, segment)
    )
    return even, odd


def _shuffled(text: Text, kind: str, count: int, a: str, b: str, order: list[int]) -> str:
    whole, places = f"<{count} x {kind}>", ", ".join(f"i32 {k}" for k in order)
    return text.emit(f"shufflevector {whole} {a}, {whole} {b}, <{count} x i32> <{places}>")
