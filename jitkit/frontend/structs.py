"""Named tuples and frozen dataclasses as kernel arguments: one tuple class stands for each in compiled code.

A frozen dataclass with an attribute `element`, a function ``element(first field, at)`` of the kernel language, is a lazy
array: ``x[at]`` calls it, `at` being a tuple of integers. Equal names of such classes must mean equal functions, since
compiled code is cached by them.
"""

from __future__ import annotations

import collections
import dataclasses
import functools
from typing import Any


@functools.cache
def tuple_class(cls: type) -> type | None:
    """Return the named-tuple class that carries the fields of `cls`, or None where it has no such fields.

    A named tuple is its own; a frozen dataclass gets a twin with the same field names, so ``p.mass`` reads the same.
    """
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return cls
    if dataclasses.is_dataclass(cls) and cls.__dataclass_params__.frozen:
        twin: Any = collections.namedtuple(cls.__name__, [item.name for item in dataclasses.fields(cls)])  # type: ignore[misc]
        if hasattr(cls, "element"):
            twin.element = staticmethod(cls.element)
        return twin
    return None
