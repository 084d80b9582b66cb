"""The arguments of a kernel inside generated code: put together from the leaves that arrive there."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types

from jitkit.backends.layout import Group, Layout, Leaf
from jitkit.backends.lowering.emit import Emitter
from jitkit.backends.lowering.weak import WEAK_TYPES, scalar_of


class Arguments:
    """The arguments of one kernel inside a driver, for generating code.

    Parameters
    ----------
    layouts : tuple of Layout
        How the arguments arrive.
    given : list of numba Type
        The types of the leaves.
    split_floats : bool
        Whether a weak float comes as two leaves: the value as float32, and the bits of the float64 as an int64.
    """

    def __init__(self, layouts: tuple[Layout, ...], given: list[types.Type], split_floats: bool) -> None:
        self.layouts, self.given, self.split_floats = layouts, given, split_floats
        remaining = list(given)
        self.types = [self._type(layout, remaining) for layout in layouts]

    def _type(self, layout: Layout, remaining: list[types.Type]) -> types.Type:
        if isinstance(layout, Leaf):
            own = remaining.pop(0)
            if layout.weak is float and self.split_floats:
                remaining.pop(0)
            return WEAK_TYPES[layout.weak] if layout.weak else own
        items = [self._type(item, remaining) for item in layout.items]
        same = bool(items) and all(item == items[0] for item in items)
        if layout.cls is not None:
            return (
                types.NamedUniTuple(items[0], len(items), layout.cls) if same else types.NamedTuple(items, layout.cls)
            )
        return types.UniTuple(items[0], len(items)) if same else types.Tuple(items)

    def values(self, context: Any, emit: Emitter, leaves: list[ir.Value]) -> list[ir.Value]:
        """Return the kernel's arguments from the values of the leaves."""
        remaining = list(zip(self.given, leaves, strict=True))
        return [
            self._value(context, emit, layout, own, remaining)
            for layout, own in zip(self.layouts, self.types, strict=True)
        ]

    def _value(self, context: Any, emit: Emitter, layout: Layout, own: Any, remaining: list[Any]) -> ir.Value:
        if isinstance(layout, Group):
            items = zip(layout.items, own, strict=True)
            return context.make_tuple(
                emit.builder, own, [self._value(context, emit, i, t, remaining) for i, t in items]
            )
        given, value = remaining.pop(0)
        if layout.weak is float and self.split_floats:
            # The double travels as 64 bits: a kernel that never uses it then has no float64 anywhere in its PTX.
            return emit.pair(emit.builder.bitcast(remaining.pop(0)[1], ir.DoubleType()), value)
        return emit.convert(value, scalar_of(given), layout.weak) if layout.weak else value
