"""Arrays that a kernel makes itself: their shape and dtype, and the array value that stands for a piece of memory."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types

from jitkit.backends.lowering.emit import I64, Emitter
from jitkit.backends.lowering.indexing import ArrayView, integers_of, pack, unpack
from jitkit.backends.lowering.typing import name_of, refuse
from jitkit.backends.lowering.weak import scalar_of
from jitkit.frontend.shared_memory import ALIGNMENT

BYTE = ir.IntType(8)


class Memory:
    """An array that a kernel makes, as typed: what makes it, its dtype and the types of its extents.

    Parameters
    ----------
    what : {"shared", "local"}
        For messages.
    dtype, shape : numba Type
        Of the elements, and of the shape as given.
    after : numba Type, optional
        Of the array that lies before this one in the same memory.
    """

    def __init__(self, what: str, dtype: types.Type, shape: types.Type, after: types.Type | None = None) -> None:
        self.name, self.given, self.after = f"jk.{what}", shape, after
        scalar = scalar_of(dtype)
        if scalar is None:
            raise refuse(f"{self.name} makes arrays of numbers, not of {name_of(dtype)}")
        items = integers_of(shape)
        if not items:
            raise refuse(f"{self.name}: the shape is an int or a tuple of ints, not {name_of(shape)}")
        self.types, self.extents = items, [getattr(item, "literal_value", None) for item in items]
        if what == "local" and not self.constant:
            raise refuse("jk.local: each extent of the shape must be a constant: write a number, or a name for one")
        self.array = types.Array(dtype, len(items), "C")
        self.itemsize = np.dtype(scalar).itemsize

    @property
    def constant(self) -> bool:
        """Whether the shape is known when compiling."""
        return None not in self.extents

    @property
    def bytes(self) -> int:
        """The size of an array of constant shape."""
        return self.itemsize * math.prod(extent or 0 for extent in self.extents)

    def shape(self, emit: Emitter, value: ir.Value) -> list[ir.Value]:
        """Return the extents as 64-bit integers."""
        values = unpack(emit.builder, value) if isinstance(value.type, ir.Aggregate) else [value]
        return [
            ir.Constant(I64, extent) if extent is not None else emit.convert(given, scalar_of(own), int)
            for extent, given, own in zip(self.extents, values, self.types, strict=True)
        ]

    def size(self, builder: ir.IRBuilder, shape: list[ir.Value]) -> ir.Value:
        """Return the array's bytes as a 64-bit integer."""
        return functools.reduce(functools.partial(_product, builder), shape, ir.Constant(I64, self.itemsize))

    def end_of_previous(self, emit: Emitter, context: Any, value: ir.Value) -> ir.Value | None:
        """Return the first aligned address behind the array before this one, or None where this is the first."""
        if self.after is None:
            return None
        builder, previous = emit.builder, ArrayView(emit, context, self.after, value).struct
        size = builder.mul(previous.nitems, previous.itemsize, flags=("nsw",))
        mask = ir.Constant(I64, ALIGNMENT - 1)
        rounded = builder.and_(builder.add(size, mask, flags=("nsw",)), builder.not_(mask))
        return builder.gep(builder.bitcast(previous.data, BYTE.as_pointer()), [rounded])

    def wrap(self, emit: Emitter, context: Any, pointer: ir.Value, shape: list[ir.Value]) -> ir.Value:
        """Return the array at an address; it owns nothing."""
        builder, steps = emit.builder, [ir.Constant(I64, self.itemsize)]
        for extent in shape[:0:-1]:
            steps.insert(0, _product(builder, steps[0], extent))
        result = context.make_array(self.array)(context, builder)
        result.data = builder.bitcast(pointer, context.get_data_type(self.array.dtype).as_pointer())
        result.nitems = functools.reduce(functools.partial(_product, builder), shape)
        result.itemsize, result.shape, result.strides = steps[-1], pack(builder, shape), pack(builder, steps)
        result.meminfo = result.parent = ir.Constant(BYTE.as_pointer(), None)
        return result._getvalue()


def _product(builder: ir.IRBuilder, a: ir.Value, b: ir.Value) -> ir.Value:
    if isinstance(a, ir.Constant) and isinstance(b, ir.Constant):  # llvmlite's builder folds nothing
        return ir.Constant(I64, a.constant * b.constant)
    return builder.mul(a, b, flags=("nsw",))
