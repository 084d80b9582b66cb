"""How a launch's arguments reach compiled code: flattened to arrays and numbers, and put together again inside.

An argument that is None arrives as the number 0, which its code does not read.
Named tuples, tuples and frozen dataclasses become tuples of the same field names; Python numbers become weak.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

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


def describe(layout: Layout) -> str:
    """Return a text that is the same only for layouts for which the same code is generated."""
    if isinstance(layout, Leaf):
        return "_" if layout.weak is None else layout.weak.__name__
    fields: tuple[str, ...] = getattr(layout.cls, "_fields", ())
    return f"{layout.cls and layout.cls.__name__}{fields}({', '.join(map(describe, layout.items))})"


def layout_of(value: Any) -> Layout:
    """Return the layout of an argument."""
    if isinstance(value, tuple):
        return Group(tuple(map(layout_of, value)), type(value) if hasattr(value, "_fields") else None)
    if dataclasses.is_dataclass(value):
        items = (getattr(value, item.name) for item in dataclasses.fields(value))
        return Group(tuple(map(layout_of, items)), tuple_class(type(value)))
    if value is None:
        return Leaf(int)
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
        yield 0 if value is None else value


DIRECT = frozenset((np.ndarray, bool, int, float, complex))
"""Types of arguments that are leaves, the most frequent ones."""


def take_apart(values: Iterable[Any], kinds: list[Any], flat: list[Any]) -> None:
    """Append the leaves of arguments, and what tells their layout from others."""
    for value in values:
        kind = type(value)
        kinds.append(kind)
        if kind in DIRECT:
            flat.append(value)
        elif isinstance(value, tuple):
            kinds.append(len(value))
            take_apart(value, kinds, flat)
        elif hasattr(value, "__dataclass_fields__"):
            take_apart((getattr(value, name) for name in value.__dataclass_fields__), kinds, flat)
        else:
            flat.append(0 if value is None else value)
