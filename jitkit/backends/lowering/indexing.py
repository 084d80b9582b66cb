"""Reading and writing array elements: no wrap-around test, since a computed negative index is a bug (see `kernel.check`).

Plain Numba compares every signed index with zero, which keeps ``u[i - 1, j]`` from being vectorised. Only a literal
negative index (``x[-1]``) counts from the end here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from llvmlite import ir
from numba.core import types

from jitkit.backends.lowering.emit import I64, Emitter
from jitkit.backends.lowering.weak import scalar_of
from jitkit.frontend.promotion import kind


@dataclass(frozen=True)
class Access:
    """An array type indexed with `count` integers; `literals` are the ones known at compile time."""

    array: types.Array
    literals: tuple[int | None, ...]

    @property
    def result(self) -> types.Type:
        """The type of what is reached: an element, or the array of the axes left over."""
        rest = self.array.ndim - len(self.literals)
        if rest == 0:
            return self.array.dtype
        layout = "C" if self.array.layout == "C" else "A"
        return self.array.copy(ndim=rest, layout=layout)


def integers_of(index: types.Type) -> list[types.Type] | None:
    """Return the integer types of an index, or None where it is not made of integers."""
    items = list(index) if isinstance(index, types.BaseTuple) else [index]
    scalars = [scalar_of(item) for item in items]
    return items if all(scalar is not None and kind(scalar) in "iu" for scalar in scalars) else None


def access_of(array: types.Array, items: list[types.Type]) -> Access:
    """Return how an array is indexed."""
    return Access(array, tuple(getattr(item, "literal_value", None) for item in items))


class ArrayView:
    """An array value taken apart: its data, shape and strides."""

    def __init__(self, emit: Emitter, context: Any, array: types.Array, value: ir.Value) -> None:
        self.emit, self.context, self.array = emit, context, array
        self.struct = context.make_array(array)(context, emit.builder, value)

    def indices(self, access: Access, items: list[types.Type], index: ir.Value) -> list[ir.Value]:
        """Return the index as 64-bit integers, literal negative ones counted from the end."""
        builder = self.emit.builder
        values = [index] if not isinstance(index.type, ir.Aggregate) else unpack(builder, index)
        result = []
        for axis, (item, value, literal) in enumerate(zip(items, values, access.literals, strict=True)):
            if literal is not None:
                whole: ir.Value = ir.Constant(I64, literal)
                result.append(builder.add(self.extent(axis), whole) if literal < 0 else whole)
            else:
                scalar = scalar_of(item)
                result.append(self.emit.convert(value, scalar, int))
        return result

    def extent(self, axis: int) -> ir.Value:
        """Return the length of an axis."""
        return self.emit.builder.extract_value(self.struct.shape, axis)

    def pointer(self, indices: list[ir.Value]) -> ir.Value:
        """Return the address of an element, or of the first element of the axes left over."""
        builder, array = self.emit.builder, self.array
        pointer = self.struct.data
        contiguous = array.layout == "C" and len(indices) == array.ndim
        byte = ir.IntType(8).as_pointer()
        outer = indices[:-1] if contiguous else indices
        offset: ir.Value | None = None
        for axis, index in enumerate(outer):
            term = builder.mul(index, builder.extract_value(self.struct.strides, axis), flags=("nsw",))
            offset = term if offset is None else builder.add(offset, term, flags=("nsw",))
        if offset is not None:
            pointer = builder.bitcast(builder.gep(builder.bitcast(pointer, byte), [offset]), pointer.type)
        if contiguous:
            # The last axis is indexed in elements: LLVM then sees unit stride.
            pointer = builder.gep(pointer, [indices[-1]])
        return pointer

    def rest(self, access: Access, pointer: ir.Value) -> ir.Value:
        """Return the array of the axes left over, standing at `pointer`."""
        builder, context, count = self.emit.builder, self.context, len(access.literals)
        result = context.make_array(access.result)(context, builder)
        axes = range(count, self.array.ndim)
        shape = [builder.extract_value(self.struct.shape, axis) for axis in axes]
        strides = [builder.extract_value(self.struct.strides, axis) for axis in axes]
        items: ir.Value = ir.Constant(I64, 1)
        for extent in shape:
            items = builder.mul(items, extent)
        result.data, result.itemsize, result.nitems = pointer, self.struct.itemsize, items
        result.shape, result.strides = pack(builder, shape), pack(builder, strides)
        result.meminfo, result.parent = self.struct.meminfo, self.struct.parent
        return result._getvalue()


def unpack(builder: ir.IRBuilder, value: ir.Value) -> list[ir.Value]:
    """Return the members of a tuple value."""
    count = value.type.count if isinstance(value.type, ir.ArrayType) else len(value.type.elements)
    return [builder.extract_value(value, k) for k in range(count)]


def pack(builder: ir.IRBuilder, values: list[ir.Value]) -> ir.Value:
    """Return equal-typed values as an LLVM array."""
    result: ir.Value = ir.Constant(ir.ArrayType(values[0].type, len(values)), ir.Undefined)
    for position, value in enumerate(values):
        result = builder.insert_value(result, value, position)
    return result
