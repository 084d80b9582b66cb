"""How a launch's arguments reach compiled code: flattened to arrays and numbers, and put together again inside.

Named tuples, tuples and frozen dataclasses become tuples of the same field names; Python numbers become weak.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types

from jitkit.backends.lowering.emit import Emitter
from jitkit.backends.lowering.weak import WEAK_TYPES, scalar_of
from jitkit.frontend.structs import tuple_class


@dataclass(frozen=True)
class Leaf:
    """One argument as it reaches compiled code: `weak` is the Python type of a Python number, else None."""

    weak: type | None = None


@dataclass(frozen=True)
class Group:
    """A tuple of arguments; `cls` is the named-tuple class, or None."""

    items: tuple[Leaf | Group, ...]
    cls: type | None = None


Layout = Leaf | Group


def leaves(layout: Layout) -> int:
    """Return how many values a layout takes."""
    return 1 if isinstance(layout, Leaf) else sum(map(leaves, layout.items))


def layout_of(value: Any) -> Layout:
    """Return the layout of an argument."""
    if isinstance(value, tuple):
        return Group(tuple(map(layout_of, value)), type(value) if hasattr(value, "_fields") else None)
    if dataclasses.is_dataclass(value):
        items = (getattr(value, item.name) for item in dataclasses.fields(value))
        return Group(tuple(map(layout_of, items)), tuple_class(type(value)))
    # np.float64 is a subclass of float, and strong all the same
    weak = not isinstance(value, (np.generic, bool)) and isinstance(value, (int, float, complex))
    return Leaf(next(t for t in (int, float, complex) if isinstance(value, t))) if weak else Leaf()


def leaf_values(value: Any) -> Iterator[Any]:
    """Yield the arrays and numbers of an argument in the order of its layout."""
    if isinstance(value, tuple):
        for item in value:
            yield from leaf_values(item)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from leaf_values(getattr(value, field.name))
    else:
        yield value


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
