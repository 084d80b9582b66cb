"""Reading and writing array elements: no wrap-around test, since a computed negative index is a bug (see `kernel.check`).

Plain Numba compares every signed index with zero, which keeps ``u[i - 1, j]`` from being vectorised. Only a literal
negative index (``x[-1]``) counts from the end here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from llvmlite import ir
from numba.core import types

from jitkit.backends.lowering.emit import I32, I64, Emitter
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
        """Return the index as integers, literal negative ones counted from the end.

        They have 64 bits, or 32 where every one is an index of the point or a literal (see `weak.weak_index`).
        """
        builder = self.emit.builder
        values = [index] if not isinstance(index.type, ir.Aggregate) else unpack(builder, index)
        narrow = all(
            value.type == I32 or literal is not None for value, literal in zip(values, access.literals, strict=True)
        )
        width = I32 if narrow and self.emit.mode.narrow else I64
        result = []
        for axis, (item, value, literal) in enumerate(zip(items, values, access.literals, strict=True)):
            if literal is not None:
                whole: ir.Value = ir.Constant(width, literal)
                result.append(builder.add(self._fit(self.extent(axis), width), whole) if literal < 0 else whole)
            else:
                result.append(value if value.type == width else self.emit.convert(value, scalar_of(item), int))
        return result

    def extent(self, axis: int) -> ir.Value:
        """Return the length of an axis."""
        return self.emit.builder.extract_value(self.struct.shape, axis)

    def pointer(self, indices: list[ir.Value]) -> ir.Value:
        """Return the address of an element, or of the first element of the axes left over."""
        builder, array = self.emit.builder, self.array
        if not indices:  # x[()] of a 0-d array
            return self.struct.data
        if array.layout == "C" and len(indices) == array.ndim:
            return builder.gep(self.struct.data, [self._offset(indices, self._elements(indices[0].type))])
        offset = self._offset(indices, [builder.extract_value(self.struct.strides, k) for k in range(len(indices))])
        start = builder.bitcast(self.struct.data, ir.IntType(8).as_pointer())
        return builder.bitcast(builder.gep(start, [offset]), self.struct.data.type)

    def _elements(self, width: ir.IntType) -> list[ir.Value | None]:
        """Return how many elements one step along each axis is; None for the last, where it is one.

        Counted from the shape: LLVM then sees the unit stride, and a GPU indexes in elements as CUDA C does.
        """
        steps: list[ir.Value | None] = [None]
        for axis in range(self.array.ndim - 1, 0, -1):
            extent = self._fit(self.extent(axis), width)
            steps.append(extent if steps[-1] is None else self.emit.builder.mul(steps[-1], extent, flags=("nsw",)))
        return steps[::-1]

    def _offset(self, indices: list[ir.Value], steps: list[ir.Value | None]) -> ir.Value:
        """Return the sum of the products of indices and steps as a 64-bit integer."""
        builder, total = self.emit.builder, None
        for index, step in zip(indices, steps, strict=True):
            term = index if step is None else builder.mul(index, self._fit(step, index.type), flags=("nsw",))
            total = term if total is None else builder.add(total, term, flags=("nsw",))
        return total if total.type == I64 else builder.sext(total, I64)

    def _fit(self, value: ir.Value, width: ir.IntType) -> ir.Value:
        return value if value.type == width else self.emit.builder.trunc(value, width)

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
