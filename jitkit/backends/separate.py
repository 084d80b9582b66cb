"""Launches of plain kernels whose results share no memory with what else they are given.

Between a store and the next load LLVM must assume that the one changes what the other reads. Where neighbouring points walk
through an array row by row, as over places of three coordinates, pixels of three colours or small matrices, it does not tell
the arrays apart by their ends: it loads a matrix that turns all places anew for each, and stores each coordinate by itself.
The launch compares the ends once, and points run in code that is told so, or in that which takes any arrays.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from itertools import combinations
from typing import Any

from llvmlite import ir
from numba.core import types

from jitkit.backends.layout import Group, Layout
from jitkit.backends.lowering.emit import I64
from jitkit.backends.spmd.narrow import Likely

NITEMS, ITEMSIZE, DATA, SHAPE, STRIDES = 2, 3, 4, 5, 6
"""Where Numba's arrays hold the number of their elements, and so on."""

Given = tuple[Any, ir.Value]
"""A leaf of the arguments: its type, and its value."""


def leaf_of(layouts: Sequence[Layout], argument: int) -> int:
    """Return the first leaf of an argument."""
    return sum(map(_leaves, layouts[:argument]))


def _leaves(layout: Layout) -> int:
    return sum(map(_leaves, layout.items)) if isinstance(layout, Group) else 1


def holds(
    builder: ir.IRBuilder, layouts: Sequence[Layout], leaves: Sequence[Given], written: Sequence[int]
) -> ir.Value:  # fmt: skip
    """Return whether the arrays that a kernel writes share memory neither with one another nor with those that it reads.

    Parameters
    ----------
    builder : ir.IRBuilder
        Where that is found out.
    layouts : sequence of Layout
        How the arguments arrive.
    leaves : sequence of (type, ir.Value)
        What they arrive as.
    written : sequence of int
        The arguments that it writes.
    """
    changed = {leaf for k in written for leaf in range(leaf_of(layouts, k), leaf_of(layouts, k + 1))}
    arrays = [k for k, (kind, _) in enumerate(leaves) if isinstance(kind, types.Array)]
    conditions = [
        apart(builder, leaves[a], leaves[b]) for a, b in combinations(arrays, 2) if not changed.isdisjoint((a, b))
    ]
    return functools.reduce(builder.and_, conditions, ir.Constant(ir.IntType(1), 1))


def fits(
    builder: ir.IRBuilder, layouts: Sequence[Layout], leaves: Sequence[Given], ndim: int, likely: Likely
) -> ir.Value:  # fmt: skip
    """Return whether arrays have the extents that may be; parameters count from the `ndim` indices."""
    conditions = [
        builder.icmp_unsigned("==", builder.extract_value(leaves[leaf_of(layouts, parameter - ndim)][1], where), number)
        for (parameter, *where), number in ((place, ir.Constant(I64, number)) for place, number in likely.items())
    ]
    return functools.reduce(builder.and_, conditions, ir.Constant(ir.IntType(1), 1))


def apart(builder: ir.IRBuilder, one: Given, other: Given) -> ir.Value:
    """Return whether two arrays have no memory in common, as far as their first and last bytes tell."""
    (low, high), (begin, end) = (_extent(builder, kind, array) for kind, array in (one, other))
    return builder.or_(builder.icmp_unsigned("<=", high, begin), builder.icmp_unsigned("<=", end, low))


def _extent(builder: ir.IRBuilder, kind: types.Array, array: ir.Value) -> tuple[ir.Value, ir.Value]:
    """Return an array's first byte and the one behind its last."""
    address = builder.extract_value(array, DATA)
    start, one, zero = builder.ptrtoint(address, I64), ir.Constant(I64, 1), ir.Constant(I64, 0)
    low, high = start, builder.add(start, builder.extract_value(array, ITEMSIZE))
    for axis in range(kind.ndim):
        last = builder.sub(builder.extract_value(array, [SHAPE, axis]), one)
        far = builder.mul(last, builder.extract_value(array, [STRIDES, axis]))
        back = builder.icmp_signed("<", far, zero)
        low = builder.add(low, builder.select(back, far, zero))
        high = builder.add(high, builder.select(back, zero, far))
    return low, high
