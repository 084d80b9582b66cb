"""Named tuples in a variable that gets them with fields of several types: ``best = Hit(math.inf, -1)``, then another.

Numba unifies plain tuples field by field and named ones not at all, and asks nobody but the types: so theirs gets a rule.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import types


def _unify(self: types.BaseNamedTuple, typingctx: Any, other: types.Type) -> types.Type | None:
    if not isinstance(other, types.BaseNamedTuple) or self.instance_class is not other.instance_class:
        return None
    fields = [typingctx.unify_pairs(one, another) for one, another in zip(self, other, strict=True)]
    return None if None in fields else types.BaseTuple.from_types(fields, self.instance_class)


def install(lower_cast: Callable[..., Any]) -> None:
    """Give named tuples the rule and the conversion that plain ones have, by a target's own extension function."""
    types.BaseNamedTuple.unify = _unify
    lower_cast(types.BaseNamedTuple, types.BaseNamedTuple)(_cast)


def _cast(context: Any, builder: ir.IRBuilder, source: types.Type, target: types.Type, value: ir.Value) -> ir.Value:
    """Convert a named tuple field by field."""
    fields = [
        context.cast(builder, builder.extract_value(value, k), one, another)
        for k, (one, another) in enumerate(zip(source, target, strict=True))
    ]
    return context.make_tuple(builder, target, fields)
