"""Arrays through which neighbouring points walk by steps that only a launch tells: narrow rows.

LLVM takes such a step as any number, and loads one element after another. But code that reads ``x[i, 0]``, ``x[i, 1]`` and
``x[i, 2]`` says what is likely: rows of three. With this number in the code LLVM loads whole vectors and sorts components
by shuffles.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from jitkit.backends.spmd import strided
from jitkit.backends.spmd.affine import affine
from jitkit.backends.spmd.ir import Function, Instruction, UnsupportedIRError, Value
from jitkit.backends.spmd.shapes import Shapes, size_of

MOST = 4
"""Elements of a row, of more of which vectors cost more than they save: products of 3 x 3 matrices take three times as long."""
MANY = 64
"""Pairs of accesses to be told apart, of more of which that is worth doing once a launch: nine populations of a fluid are 117."""
DATA, SHAPE = 4, 5
"""Where Numba's arrays hold their address and extents."""

Place = tuple[int, int, int]
"""A parameter, an array, and where in it: `SHAPE`, and which axis."""
Likely = Mapping[Place, int]
"""What extents may be."""


class Walk(NamedTuple):
    """How points walk through their arrays, where LLVM is to be told more of these.

    Attributes
    ----------
    likely : mapping
        What extents of rows may be.
    even : bool
        Whether all steps from point to point are numbers once these are: only then LLVM may widen the loop over points, for
        it takes gathers to be faster than they are.
    """

    likely: Likely
    even: bool

    @property
    def known(self) -> bool:
        """Whether all steps are numbers already, and LLVM is to be told only that arrays are apart."""
        return self.even and not self.likely


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
    found = [_step(item, shapes, places) for item in walking]
    widths: dict[Place, int] = {}
    for place, least in filter(None, found):
        widths[place] = max(widths.get(place, 0), least)
    if widths and all(found) and all(1 < width <= MOST for width in widths.values()):
        return Walk(widths, True)
    if strided.leaves_gaps("store", shapes):
        return Walk({}, False)
    if walking:
        return Walk({}, False) if sum(item.op == "store" for item in walking) > 1 else None
    return Walk({}, True) if _compared(function) >= MANY or _loads_anew(function) else None


def _loads_anew(function: Function) -> bool:
    """Tell whether a point loads an element again behind a store, which LLVM leaves out where it knows that arrays are apart."""
    loads = [item for block in function.blocks.values() for item in block.code if item.op == "load"]
    return len({item.operands[0].text for item in loads}) < len(loads)


def _compared(function: Function) -> int:
    """Return how many pairs of accesses LLVM tells apart by their ends, before each row."""
    code = [item for block in function.blocks.values() for item in block.code]
    stores, loads = (sum(item.op == op for item in code) for op in ("store", "load"))
    return stores * loads + stores * (stores - 1) // 2


def _step(access: Instruction, shapes: Shapes, places: Mapping[str, int]) -> tuple[Place, int] | None:
    """Return the extent by which an access walks from point to point, and what that is at least."""
    made = shapes.made
    try:
        size, parts = size_of(access.accessed), affine(access.operands[-1], made)
    except UnsupportedIRError:
        return None
    component, odd = divmod(parts.pop("", 0), size)
    bases = [places[made[name].operands[0].text] for name in parts if _is_address(made.get(name), places)]
    steps = [name for name in parts if shapes.of(Value("i64", name)) is None]
    if len(bases) != 1 or len(steps) != 1:
        return None
    product = made.get(steps[0])  # None of an index that advances by any number
    if product is None or product.op != "mul":
        return None
    for factor, index in (product.operands, product.operands[::-1]):
        place = _place(made.get(factor.text), bases[0], places)
        if place is None or shapes.of(index) != 1:
            continue
        return (place, component + 1) if parts[steps[0]] == size and not odd and component >= 0 else None
    return None


def _place(item: Instruction | None, array: int, places: Mapping[str, int]) -> Place | None:
    """Return which extent of an array a value is."""
    if item is None or item.op != "extractvalue" or places.get(item.operands[0].text) != array:
        return None
    what, _, axis = item.tail.partition(", ")
    return (array, SHAPE, int(axis)) if what == str(SHAPE) else None


def _is_address(item: Instruction | None, places: Mapping[str, int]) -> bool:
    return item is not None and item.op == "extractvalue" and item.tail == str(DATA) and item.operands[0].text in places
