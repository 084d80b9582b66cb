"""Whether a plain kernel is worth widening across its points, and by how many lanes."""

from __future__ import annotations

import itertools
from collections import Counter

from jitkit.backends.lowering import target, vectormath
from jitkit.backends.spmd import divisions, gathers, logarithm, pressure, strided
from jitkit.backends.spmd.affine import affine
from jitkit.backends.spmd.ir import Function
from jitkit.backends.spmd.shapes import Shapes, size_of

REGISTERS = 2
"""Vector registers for each value: two hide the latency of one (mandelbrot: 1.4 times faster in float64)."""
MANY = 2 * REGISTERS
"""The same, where two are not enough."""
PAGE = 4096
"""Bytes."""
MOST = 32
"""Lanes of so many registers: 64 take 0.95 of the time of 32 in a large picture of mandelbrot, in a small one 1.3."""


def worthwhile(function: Function, shapes: Shapes, fastmath: bool) -> bool:
    """Tell whether to widen across points rather than let LLVM widen the innermost loop.

    LLVM does straight-line code as well, but for logarithms, addresses that a condition chooses, views of every other
    element and long chains of operations, and loops over contiguous memory where sums may be reassociated. Where the CPU
    has no fast instruction for it, gathers cost lanes more than they save.
    """
    if not shapes.loop and not shapes.divergent:
        code = (item for block in function.blocks.values() for item in block.code)
        if shapes.chosen or any(item.callee in logarithm.CALLS for item in code):
            return True
        if strided.leaves_gaps("load", shapes):
            return not strided.leaves_gaps("store", shapes)
        return pressure.strings_out(function, shapes) and not _fills_pages(function, shapes)
    if divisions.dominate(function, shapes):
        return False
    scattered = any(gathers.is_gather(item, shapes) for name in shapes.loop for item in function.blocks[name].code)
    return not scattered or not (
        fastmath or (not gathers_are_fast() and gathers.dominate(function, shapes, masked_stores_are_fast()))
    )


def _fills_pages(function: Function, shapes: Shapes) -> bool:
    """Tell whether a point stores several elements into one page.

    Where memory limits it, several lines at a time of each of such rows take longer than one: fills of random numbers, whose
    rows are of 256 elements, 1.05 (float32) and 1.19 (float64) times as long.
    """
    code = [item for block in function.blocks.values() for item in block.code]
    places = [affine(item.operands[1], shapes.made) for item in code if item.op == "store"]
    return any(
        0 < abs(b.get("", 0) - a.get("", 0)) < PAGE and a | {"": 0} == b | {"": 0}
        for a, b in itertools.pairwise(places)
    )


def lanes(function: Function, shapes: Shapes) -> int:
    """Return how many points make a vector, from the width of what the kernel computes with: floats, if it has any."""
    items = [item for block in function.blocks.values() for item in block.code]
    narrow, wide = ("float", "double") if any(item.type in ("float", "double") for item in items) else ("i32", "i64")
    kinds = Counter(item.type for item in items if item.op != "phi" and shapes.strides.get(item.name, 0) is None)
    lanes = vector_bits() // (64 if kinds[wide] > kinds[narrow] else 32)
    if pressure.crowded(function, shapes, _available()):
        return lanes
    many = MANY * lanes <= MOST and pressure.starved(function, shapes, _available(), MANY)
    return (MANY if many else REGISTERS) * lanes


def _available() -> int:
    return 32 if registers_are_many() else 16


def registers_are_many() -> bool:
    """Tell whether this CPU has 32 vector registers, not 16."""
    return vector_bits() >= 512


def vector_bits() -> int:
    """Return the width of this CPU's vector registers."""
    return max((bits for _, bits in vectormath.instruction_sets()), default=128)


def register_lanes(kind: str) -> int:
    """Return how many values of a type fill one vector register."""
    return max(1, vector_bits() // (8 * size_of(kind)))


def masked_stores_are_fast() -> bool:
    """Tell whether this CPU stores under a mask as fast as without: with mask registers."""
    return vector_bits() >= 512


def gathers_are_fast() -> bool:
    """Tell whether this CPU's instruction reads scattered elements faster than one load for each: AVX-512, but not AMD's.

    An element of a gather costs Zen 4 1.5 cycles. Its lanes take 3 to 6 times as long as its points over rows of sparse
    matrices and lists of neighbours to add up.
    """
    return vector_bits() >= 512 and not target.name().startswith("znver")
