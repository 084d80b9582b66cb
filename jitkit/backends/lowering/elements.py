"""Operations on arrays and tuples: elements, shapes, lengths, and the plumbing of conditions and loops."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types

from jitkit.backends.lowering import arithmetic, lazy
from jitkit.backends.lowering.emit import F32, FLOAT32, FLOAT64, I32, I64, Emitter, Mode, part_of
from jitkit.backends.lowering.indexing import ArrayView, access_of, integers_of, unpack
from jitkit.backends.lowering.typing import Definition, name_of, pure, refuse, rule, scalars
from jitkit.backends.lowering.weak import is_small, scalar_of, type_of, weak_index, weak_int
from jitkit.frontend import promotion
from jitkit.frontend.promotion import BOOL, kind

members = unpack


def basic(name: str, mode: Mode) -> Definition:
    """Return the definition of an operation outside the families."""
    return {
        "getitem": _getitem, "setitem": _setitem, "truth": _truth, "not_": _not, "bounds": _bounds, "more": _more,
        "items": _items, "part": _part_of_tuple,
        "power_literal": _power_literal,
    }[name](mode)  # fmt: skip


# ---- elements


def checked(array: types.Type, index: types.Type) -> list[types.Type]:
    """Return the integer types of an index into an array; refuse what is no array or no index of it."""
    if not isinstance(array, types.Array):
        raise refuse(f"{name_of(array)} cannot be indexed")
    items = integers_of(index)
    if items is None:
        raise refuse(f"an index is an integer or a tuple of integers, not {name_of(index)}")
    if len(items) > array.ndim:
        raise refuse(f"{len(items)} indices for a {name_of(array)}")
    return items


def _getitem(mode: Mode) -> Definition:
    def definition(typingctx: Any, array: types.Type, index: types.Type) -> Any:
        if isinstance(array, types.BaseTuple):
            return lazy.element(mode, array, index) if lazy.is_lazy(array) else _tuple_item(mode, array, index)
        items = checked(array, index)
        access = access_of(array, items)

        def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: list[ir.Value]) -> ir.Value:
            view = ArrayView(Emitter(builder, mode), context, array, args[0])
            pointer = view.pointer(view.indices(access, items, args[1]))
            if len(items) < array.ndim:
                return view.rest(access, pointer)
            return context.unpack_value(builder, array.dtype, pointer)

        return access.result(array, index), generate

    return definition


def _tuple_item(mode: Mode, group: types.BaseTuple, index: types.Type) -> Any:
    literal = getattr(index, "literal_value", None)
    if literal is not None:
        if not -len(group) <= literal < len(group):
            raise refuse(f"index {literal} of a tuple of {len(group)}")
        position = literal % len(group)

        def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: list[ir.Value]) -> ir.Value:
            return builder.extract_value(args[0], position)

        return group[position](group, index), generate
    if integers_of(index) is None or isinstance(index, types.BaseTuple):
        raise refuse(f"a tuple is indexed with one integer, not {name_of(index)}")
    if not isinstance(group, types.UniTuple):
        raise refuse("a tuple of different types is indexed with a literal number only")

    def generate_dynamic(context: Any, builder: ir.IRBuilder, signature: Any, args: list[ir.Value]) -> ir.Value:
        emit = Emitter(builder, mode)
        position = emit.convert(args[1], scalar_of(index), int)
        count = ir.Constant(I64, len(group))
        wrapped = builder.select(
            builder.icmp_signed("<", position, ir.Constant(I64, 0)), builder.add(position, count), position
        )
        result = builder.extract_value(args[0], 0)  # a chain of selects keeps the tuple in registers
        for k in range(1, len(group)):
            chosen = builder.icmp_signed("==", wrapped, ir.Constant(I64, k))
            result = builder.select(chosen, builder.extract_value(args[0], k), result)
        return result

    return group.dtype(group, index), generate_dynamic


def _part_of_tuple(mode: Mode) -> Definition:
    """Take a slice of a tuple whose ends are literals."""

    def definition(typingctx: Any, group: types.Type, start: types.Type, stop: types.Type, step: types.Type) -> Any:
        if not isinstance(group, types.BaseTuple):
            raise refuse(f"a slice of {name_of(group)}; only tuples have slices")
        chosen = range(len(group))[slice(start.literal_value, stop.literal_value, step.literal_value)]
        result = types.Tuple([group[position] for position in chosen])

        def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: list[ir.Value]) -> ir.Value:
            items = unpack(builder, args[0])
            return context.make_tuple(builder, result, [items[position] for position in chosen])

        return result(group, start, stop, step), generate

    return definition


def _setitem(mode: Mode) -> Definition:
    def definition(typingctx: Any, array: types.Type, index: types.Type, value: types.Type) -> Any:
        if isinstance(array, types.BaseTuple):
            raise refuse("a tuple cannot be written")
        items = checked(array, index)
        access = access_of(array, items)
        if len(items) < array.ndim:
            raise refuse(f"assigning to a {array.ndim}-D array with {len(items)} index: write one element at a time")
        if not array.mutable:
            raise refuse("the array is read-only (its writeable flag is off); pass a writeable array or a copy")
        if isinstance(array.dtype, types.Record):
            return _store_record(mode, array, index, value, items)
        (found,) = scalars("storing into an array", (value,))
        target = scalar_of(array.dtype)
        if target is None:
            raise refuse(f"storing into a {name_of(array)}")
        if kind(found) == "c" and kind(target) != "c":
            raise refuse(f"storing a complex number into a {name_of(array)}: take its .real part")

        def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: list[ir.Value]) -> ir.Value:
            emit = Emitter(builder, mode)
            view = ArrayView(emit, context, array, args[0])
            pointer = view.pointer(view.indices(access, items, args[1]))
            context.pack_value(builder, array.dtype, emit.convert(args[2], found, target), pointer)
            return context.get_dummy_value()

        return types.void(array, index, value), generate

    return definition


def _store_record(mode: Mode, array: types.Array, index: types.Type, value: types.Type, items: list[types.Type]) -> Any:
    if value != array.dtype:
        raise refuse(f"storing {name_of(value)} into a {name_of(array)}: assign its fields")
    access = access_of(array, items)

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: list[ir.Value]) -> ir.Value:
        view = ArrayView(Emitter(builder, mode), context, array, args[0])
        pointer = view.pointer(view.indices(access, items, args[1]))
        context.pack_value(builder, array.dtype, args[2], pointer)
        return context.get_dummy_value()

    return types.void(array, index, value), generate


# ---- conditions, loops, powers


def _truth(mode: Mode) -> Definition:
    def definition(typingctx: Any, a: types.Type) -> Any:
        (found,) = scalars("a condition", (a,))
        return pure(mode, (a,), found, BOOL, lambda emit, v: emit.truth(v[0], found))

    return definition


def _not(mode: Mode) -> Definition:
    def definition(typingctx: Any, a: types.Type) -> Any:
        return pure(mode, (a,), BOOL, BOOL, lambda emit, v: emit.builder.not_(v[0]))

    return definition


def _bounds(mode: Mode) -> Definition:
    """Give the start, stop and step of a range the type of a Python int, in 32 bits where they are known to fit."""

    def definition(typingctx: Any, start: types.Type, stop: types.Type, step: types.Type) -> Any:
        given = (start, stop, step)
        for item, found in zip(given, scalars("range", given), strict=True):
            if kind(found) not in "iub":
                raise refuse(f"range takes integers, not {name_of(item)}: write int(...)")
        narrow = mode.narrow and is_small(step) and all(item == weak_index or is_small(item) for item in (start, stop))
        counter = weak_index if narrow else weak_int
        result = types.Tuple((counter, counter, weak_int))

        def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: list[ir.Value]) -> ir.Value:
            emit = Emitter(builder, mode)
            wide = [emit.convert(value, scalar_of(item), int) for value, item in zip(args, given, strict=True)]
            counters = [builder.trunc(value, I32) if narrow else value for value in wide[:2]]
            return context.make_tuple(builder, result, [*counters, wide[2]])

        return result(*given), generate

    return definition


def _more(mode: Mode) -> Definition:
    """Tell whether a loop whose step is known at run time goes on; a step of 0 ends it."""

    def code(emit: Emitter, values: list[ir.Value]) -> ir.Value:
        builder, (counter, end, step) = emit.builder, values
        zero = ir.Constant(I64, 0)
        up = builder.and_(builder.icmp_signed(">", step, zero), builder.icmp_signed("<", counter, end))
        down = builder.and_(builder.icmp_signed("<", step, zero), builder.icmp_signed(">", counter, end))
        return builder.or_(up, down)

    return lambda typingctx, a, b, c: pure(mode, (a, b, c), int, BOOL, code)


def _items(mode: Mode) -> Definition:
    """Give what `for` loops over one element type: ``for v in (1, 0.5)`` takes the common one."""

    def definition(typingctx: Any, a: types.Type) -> Any:
        if isinstance(a, types.UniTuple) or (isinstance(a, types.Array) and a.ndim > 0):
            return a(a), lambda context, builder, signature, args: args[0]
        if not isinstance(a, types.BaseTuple) or any(scalar_of(item) is None for item in a):
            raise refuse(f"for loops over range, an array or a tuple of numbers, not {name_of(a)}")
        found = scalars("for", tuple(a))
        common = rule("for", promotion.common, *found)
        result = types.UniTuple(type_of(common), len(a))

        def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: list[ir.Value]) -> ir.Value:
            pairs = zip(unpack(builder, args[0]), found, strict=True)
            values = [Emitter(builder, mode).convert(value, scalar, common) for value, scalar in pairs]
            return context.make_tuple(builder, result, values)

        return result(a), generate

    return definition


def _power_literal(mode: Mode) -> Definition:
    def definition(typingctx: Any, a: types.Type, exponent: types.Type) -> Any:
        (found,) = scalars("**", (a,))
        power = exponent.literal_value
        operand, result = rule("pow", promotion.arithmetic, "pow", found, int)
        if kind(operand) in "iub" and power < 0:
            if operand is not int:
                raise refuse(f"{name_of(a)} ** {power}: integers to negative powers are not allowed; write float(...)")
            operand = result = float
        signature, generate = pure(
            mode, (a,), operand, result, lambda emit, v: arithmetic.power_literal(emit, operand, v[0], power)
        )
        return result_with(signature, a, exponent), lambda c, b, s, args: generate(c, b, s, args[:1])

    return definition


def result_with(signature: Any, *arguments: types.Type) -> Any:
    """Return a signature with the same result and other arguments."""
    return signature.return_type(*arguments)


# ---- attributes


def value(name: str, mode: Mode) -> Definition:
    """Return the definition of an attribute of a value."""
    return {
        "shape": lambda typingctx, a: _shape(mode, a),
        "size": lambda typingctx, a: _size(mode, a),
        "ndim": lambda typingctx, a: _ndim(mode, a),
        "real": lambda typingctx, a: _part(mode, a, 0, "real"),
        "imag": lambda typingctx, a: _part(mode, a, 1, "imag"),
    }[name]


def _field(a: types.Type, name: str) -> Any:
    """Return the code of a named tuple's field that happens to be called `shape`, `size`, ...; refuse anything else."""
    if not isinstance(a, types.BaseNamedTuple) or name not in a.fields:
        raise refuse(f"{name_of(a)} has no .{name} in a kernel")
    position = a.fields.index(name)

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: list[ir.Value]) -> ir.Value:
        return builder.extract_value(args[0], position)

    return a[position](a), generate


def _shape(mode: Mode, a: types.Type) -> Any:
    if not isinstance(a, types.Array):
        return _field(a, "shape")

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: list[ir.Value]) -> ir.Value:
        extents = unpack(builder, context.make_array(a)(context, builder, args[0]).shape)
        return context.make_tuple(builder, result, [_fitted(builder, extent, mode) for extent in extents])

    result = types.UniTuple(weak_index if mode.narrow else weak_int, a.ndim)
    return result(a), generate


def _fitted(builder: ir.IRBuilder, extent: ir.Value, mode: Mode) -> ir.Value:
    return builder.trunc(extent, I32) if mode.narrow else extent


def _size(mode: Mode, a: types.Type) -> Any:
    if not isinstance(a, types.Array):
        return _field(a, "size")

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: list[ir.Value]) -> ir.Value:
        return context.make_array(a)(context, builder, args[0]).nitems

    return weak_int(a), generate


def _ndim(mode: Mode, a: types.Type) -> Any:
    if not isinstance(a, types.Array):
        return _field(a, "ndim")
    return weak_int(a), lambda context, builder, signature, args: ir.Constant(I64, a.ndim)


def _part(mode: Mode, a: types.Type, position: int, name: str) -> Any:
    found = scalar_of(a)
    if found is None:
        return _field(a, name)
    if kind(found) != "c":
        zero = lambda emit, v: v[0] if position == 0 else emit.convert(ir.Constant(I64, 0), int, found)  # noqa: E731
        return pure(mode, (a,), found, found, zero)

    def code(emit: Emitter, values: list[ir.Value]) -> ir.Value:
        part = emit.builder.extract_value(values[0], position)
        return emit.convert(part, FLOAT32 if part.type == F32 else FLOAT64, part_of(found))

    return pure(mode, (a,), found, part_of(found), code)


def length(mode: Mode, a: types.Type) -> Any:
    """Type and generate len() of an array or a tuple."""
    if isinstance(a, types.BaseTuple):
        return weak_int(a), lambda context, builder, signature, args: ir.Constant(I64, len(a))
    if not isinstance(a, types.Array):
        raise refuse(f"len() of {name_of(a)}")

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: list[ir.Value]) -> ir.Value:
        return _fitted(builder, builder.extract_value(context.make_array(a)(context, builder, args[0]).shape, 0), mode)

    return (weak_index if mode.narrow else weak_int)(a), generate
