"""What belongs to a group of work-items: barriers, shared and private memory, and a work-item's place in its group.

On CUDA these are the hardware's own. On the CPU they are calls of functions that exist nowhere, ``jk.barrier``,
``jk.shared.<site>``, ``jk.local_index.<axis>`` and ``jk.group_index.<axis>``: marks, which `jitkit.backends.spmd` replaces.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types

from jitkit.backends.lowering import cuda_groups
from jitkit.backends.lowering.emit import I1, I32, I64, Emitter, Mode
from jitkit.backends.lowering.memory import BYTE, Memory
from jitkit.backends.lowering.typing import Definition, name_of, pure, refuse, scalars
from jitkit.backends.lowering.weak import scalar_of, type_of, weak_index, weak_int
from jitkit.frontend.promotion import BOOL


def define(name: str, mode: Mode) -> Definition:
    """Return the definition of a group operation, such as ``barrier`` or ``shared.float32``."""
    what, _, dtype = name.partition(".")
    if what in ("shared", "local"):
        return _memory(what, dtype, mode)
    return {
        "barrier": _barrier, "local_index": _local_index, "group_index": _group_index, "group_size": _group_size,
        "has_shuffles": _has_shuffles, "shuffled": _shuffled, "as_element": _as_element,
    }[what](mode)  # fmt: skip


# ---- barriers


def _barrier(mode: Mode) -> Definition:
    def definition(typingctx: Any, line: types.Type) -> Any:
        def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: list[ir.Value]) -> ir.Value:
            if mode.target == "cuda":
                cuda_groups.barrier(builder)
            else:
                code = Emitter(builder, mode).convert(args[0], scalar_of(line), int)
                _mark(builder, "jk.barrier", [code], ("convergent", "noduplicate"))
            return context.get_dummy_value()

        return types.void(line), generate

    return definition


def _mark(builder: ir.IRBuilder, symbol: str, args: list[ir.Value], attributes: tuple[str, ...]) -> ir.Value:
    """Call a function that stands for something which is put in its place later."""
    module = builder.module
    function = module.globals.get(symbol)
    if function is None:
        result = {"jk.barrier": ir.VoidType()}.get(symbol, BYTE.as_pointer() if "shared" in symbol else I64)
        function = ir.Function(module, ir.FunctionType(result, [arg.type for arg in args]), symbol)
        for attribute in (*attributes, "nounwind"):
            function.attributes.add(attribute)
    return builder.call(function, args)


# ---- a work-item's place


def _place(mode: Mode, axis_value: Callable[[ir.IRBuilder, int], ir.Value]) -> Definition:
    """Return the definition of an operation that gives one integer for each axis of the group."""
    dimensions = len(_group(mode))
    item = weak_index if mode.narrow else weak_int
    result = item if dimensions == 1 else types.UniTuple(item, dimensions)

    def definition(typingctx: Any) -> Any:
        def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: list[ir.Value]) -> ir.Value:
            values = [axis_value(builder, axis) for axis in range(dimensions)]
            return values[0] if dimensions == 1 else context.make_tuple(builder, result, values)

        return result(), generate

    return definition


def _group(mode: Mode) -> tuple[int, ...]:
    if mode.group is None:
        raise refuse("this belongs to a group kernel: write @jk.kernel(group=...)")
    return mode.group


def _width(mode: Mode) -> ir.IntType:
    return I32 if mode.narrow else I64


def _local_index(mode: Mode) -> Definition:
    def along(builder: ir.IRBuilder, axis: int) -> ir.Value:
        if mode.target == "cuda":
            return cuda_groups.local_index(builder, _group(mode), axis, _width(mode))
        return _mark(builder, f"jk.local_index.{axis}", [], ("readnone",))

    return _place(mode, along)


def _group_index(mode: Mode) -> Definition:
    def along(builder: ir.IRBuilder, axis: int) -> ir.Value:
        if mode.target == "cuda":
            return cuda_groups.group_index(builder, mode, axis, _width(mode))
        return _mark(builder, f"jk.group_index.{axis}", [], ("readnone",))

    return _place(mode, along)


def _group_size(mode: Mode) -> Definition:
    return _place(mode, lambda builder, axis: ir.Constant(_width(mode), _group(mode)[axis]))


# ---- threads of a warp


def _has_shuffles(mode: Mode) -> Definition:
    return lambda typingctx: pure(mode, (), BOOL, BOOL, lambda emit, _: ir.Constant(I1, mode.target == "cuda"))


def _shuffled(mode: Mode) -> Definition:
    def definition(typingctx: Any, number: types.Type, distance: types.Type, count: types.Type) -> Any:
        (held,) = scalars("shuffled", (number,))

        def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: list[ir.Value]) -> ir.Value:
            if mode.target != "cuda":  # code that is never reached
                return args[0]
            emit = Emitter(builder, mode)
            steps, threads = (
                builder.trunc(emit.convert(value, scalar_of(kind), int), I32)
                for value, kind in zip(args[1:], (distance, count), strict=True)
            )
            return cuda_groups.shuffled(builder, args[0], steps, threads)

        return type_of(held)(number, distance, count), generate

    return definition


def _as_element(mode: Mode) -> Definition:
    def definition(typingctx: Any, array: types.Type, number: types.Type) -> Any:
        (found,), target = scalars("as_element", (number,)), scalar_of(array.dtype)

        def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: list[ir.Value]) -> ir.Value:
            return Emitter(builder, mode).convert(args[1], found, target)

        return type_of(target)(array, number), generate

    return definition


# ---- memory


def _memory(what: str, dtype: str, mode: Mode) -> Definition:
    """Return the definition of an operation that makes an array: ``(shape)``, or ``(shape, value of that dtype)``.

    Shared arrays whose size is known at the launch form a chain: each but the first has the one before it as a last
    argument.
    """
    place = _shared if what == "shared" else _local
    if dtype in ("like", "of"):
        return lambda typingctx, shape, given, after=None: _array(
            place, mode, Memory(what, _dtype_of(what, given), shape, after), given
        )
    element = type_of(np.dtype(dtype))
    return lambda typingctx, shape, after=None: _array(place, mode, Memory(what, element, shape, after))


def _dtype_of(what: str, given: types.Type) -> types.Type:
    if isinstance(given, types.Array):
        return given.dtype
    scalar = scalar_of(given)
    if scalar is None:
        raise refuse(
            f"jk.{what}: a {name_of(given)} has no dtype; write a NumPy type such as np.float32, or array.dtype"
        )
    return type_of(np.dtype(scalar))  # of a Python number, NumPy's default for it


def _array(place: Callable[..., ir.Value], mode: Mode, memory: Memory, *others: types.Type) -> Any:
    last = types.Omitted(None) if memory.after is None else memory.after

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: list[ir.Value]) -> ir.Value:
        emit = Emitter(builder, mode)
        shape = memory.shape(emit, args[0])
        pointer = place(emit, memory, shape, memory.end_of_previous(emit, context, args[-1]))
        return memory.wrap(emit, context, pointer, shape)

    return memory.array(memory.given, *others, last), generate


def _shared(emit: Emitter, memory: Memory, shape: list[ir.Value], end: ir.Value | None) -> ir.Value:
    builder = emit.builder
    if emit.mode.target == "cuda":
        if memory.constant:
            return _static(builder, memory.bytes)
        return cuda_groups.dynamic(builder) if end is None else end
    site = builder.module.get_unique_name(f"jk.shared.{builder.function.name}")
    return _mark(builder, site, [memory.size(builder, shape)], ())


def _static(builder: ir.IRBuilder, size: int) -> ir.Value:
    # Refused here and not while typing: Numba would try again with a shape that is no longer constant.
    if size > cuda_groups.MOST_STATIC:
        raise refuse(
            f"jk.shared: {size} bytes of constant size; on CUDA these are at most {cuda_groups.MOST_STATIC}: make the array "
            "smaller, or pass an extent as an argument of the kernel, for which there is more"
        )
    return cuda_groups.static(builder, size)


def _local(emit: Emitter, memory: Memory, shape: list[ir.Value], _: None) -> ir.Value:
    with emit.builder.goto_entry_block():
        pointer = emit.builder.alloca(ir.ArrayType(BYTE, memory.bytes))
    pointer.align = 16 if emit.mode.target == "cuda" else 64
    return pointer
