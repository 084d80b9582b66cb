"""Arrays of narrow rows, places of three coordinates or pixels of four channels, whose rows neighbouring points walk through.

How long the rows are only a launch tells, so LLVM takes the distance of neighbours as any number, and loads one component
after another. But code that reads ``x[i, 0]``, ``x[i, 1]`` and ``x[i, 2]`` says what is likely: rows of three. With that
number in the code LLVM loads whole vectors and sorts the components by shuffles.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from jitkit.backends.spmd.affine import affine
from jitkit.backends.spmd.ir import Function, Instruction, UnsupportedIRError, Value
from jitkit.backends.spmd.shapes import Shapes, size_of

MOST = 4
"""Elements of a row, of more of which vectors cost more than they save: products of 3 x 3 matrices take three times as long."""
DATA, SHAPE = "4", "5, "
"""Where Numba's arrays hold their address and extents."""

Widths = Mapping[tuple[int, int], int]
"""The likely extent of a parameter, an array, along an axis."""


class Walk(NamedTuple):
    """How points walk through their arrays, where LLVM is to be told more of these.

    Attributes
    ----------
    widths : mapping
        The likely extents of rows.
    even : bool
        Whether all steps from point to point are numbers once these are: only then LLVM may widen the loop over points, for
        it takes gathers to be faster than they are.
    """

    widths: Widths
    even: bool


def walk(function: Function, index: str, unit_step: bool, arrays: Collection[int]) -> Walk | None:
    """Return how the points of a kernel walk through its arrays, or None where LLVM is told enough.

    Parameters
    ----------
    function : Function
        The kernel.
    index : str
        The parameter that runs along neighbouring points.
    unit_step : bool
        Whether it advances by one.
    arrays : collection of int
        The places of the parameters that are arrays.
    """
    shapes = Shapes(function, {index: 1 if unit_step else None})
    if shapes.loop or shapes.divergent:
        return None
    code = (item for block in function.blocks.values() for item in block.code)
    walking = [item for item in code if item.op in ("load", "store") and shapes.of(item.operands[-1]) is None]
    places = {function.parameters[k].text: k for k in arrays}
    found = [_component(item, shapes, places) for item in walking]
    widths: dict[tuple[int, int], int] = {}
    for row, component in filter(None, found):
        widths[row] = max(widths.get(row, 0), component + 1)
    if widths and all(found) and all(1 < width <= MOST for width in widths.values()):
        return Walk(widths, True)
    return Walk({}, False) if sum(item.op == "store" for item in walking) > 1 else None


def _component(access: Instruction, shapes: Shapes, places: Mapping[str, int]) -> tuple[tuple[int, int], int] | None:
    """Return the array and axis along which an access takes a component of a point's row, and which component."""
    made = shapes.made
    try:
        size, parts = size_of(access.accessed), affine(access.operands[-1], made)
    except UnsupportedIRError:
        return None
    component, odd = divmod(parts.pop("", 0), size)
    bases = [places[made[name].operands[0].text] for name in parts if _is_address(made.get(name), places)]
    steps = [name for name in parts if shapes.of(Value("i64", name)) is None]
    if odd or component < 0 or len(bases) != 1 or len(steps) != 1 or parts[steps[0]] != size:
        return None
    product = made.get(steps[0])  # None of an index that advances by any number
    if product is None or product.op != "mul":
        return None
    for factor, index in (product.operands, product.operands[::-1]):
        extent = made.get(factor.text)
        if shapes.of(index) == 1 and extent is not None and _is_extent(extent, bases[0], places):
            return (bases[0], int(extent.tail.removeprefix(SHAPE))), component
    return None


def _is_extent(item: Instruction, array: int, places: Mapping[str, int]) -> bool:
    return item.op == "extractvalue" and item.tail.startswith(SHAPE) and places.get(item.operands[0].text) == array


def _is_address(item: Instruction | None, places: Mapping[str, int]) -> bool:
    return item is not None and item.op == "extractvalue" and item.tail == DATA and item.operands[0].text in places
