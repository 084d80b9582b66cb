"""Atomic read-modify-write operations on array elements: one instruction where the target has one, else a loop.

The order is relaxed: an atomic orders nothing but itself. Minimum and maximum give NaN where either is NaN, as NumPy's
do; which of the zeros 0.0 and -0.0 they keep is not said. Compare-and-swap compares bits: 0.0 is not -0.0, and a NaN
equals a NaN of the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from llvmlite import ir
from llvmlite.ir.instructions import LoadInstr
from numba.core import types

from jitkit.backends.lowering.elements import checked
from jitkit.backends.lowering.emit import F32, Emitter, Mode, is_signed
from jitkit.backends.lowering.indexing import ArrayView, access_of
from jitkit.backends.lowering.typing import Definition, name_of, refuse, scalars
from jitkit.backends.lowering.weak import scalar_of
from jitkit.frontend.promotion import kind

_INTEGERS = tuple(np.dtype(name) for name in ("int32", "int64", "uint32", "uint64"))
_NUMBERS = (*_INTEGERS, np.dtype(np.float32), np.dtype(np.float64))
_BITWISE = ("and_", "or_", "xor")
_ORDER = "monotonic"  # LLVM's name for relaxed


@dataclass(frozen=True)
class _Element:
    """The element that an atomic changes, as typed: its array, the index's types and its own type."""

    array: types.Array
    items: list[types.Type]
    scalar: np.dtype

    def pointer(self, emit: Emitter, context: Any, array: ir.Value, index: ir.Value) -> ir.Value:
        """Return the element's address."""
        view = ArrayView(emit, context, self.array, array)
        return view.pointer(view.indices(access_of(self.array, self.items), self.items, index))


def define(name: str, mode: Mode) -> Definition:
    """Return the definition of ``jk.atomic.<name>``."""
    if name == "cas":
        return lambda typingctx, array, index, compare, value: _operation(name, mode, array, index, compare, value)
    return lambda typingctx, array, index, value: _operation(name, mode, array, index, value)


def _operation(name: str, mode: Mode, array: types.Type, index: types.Type, *operands: types.Type) -> Any:
    element = _element(name, array, index)
    found = scalars(f"jk.atomic.{name}", operands)
    if "c" in map(kind, found):
        raise refuse(f"jk.atomic.{name} of a complex number on a {name_of(array)}: take its .real part")

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: list[ir.Value]) -> ir.Value:
        emit = Emitter(builder, mode)
        pointer = element.pointer(emit, context, args[0], args[1])
        values = [emit.convert(value, own, element.scalar) for value, own in zip(args[2:], found, strict=True)]
        return _code(emit, name, element.scalar, pointer, values)

    return element.array.dtype(array, index, *operands), generate


def _element(name: str, array: types.Type, index: types.Type) -> _Element:
    what = f"jk.atomic.{name}"
    if not isinstance(array, types.Array):
        raise refuse(f"{what} changes an element of an array, not {name_of(array)}")
    items = checked(array, index)
    if len(items) < array.ndim:
        raise refuse(f"{what} changes one element: give {array.ndim} indices, not {len(items)}, for a {name_of(array)}")
    if not array.mutable:
        raise refuse(f"{what}: the array is read-only (its writeable flag is off); pass a writeable array or a copy")
    scalar, allowed = scalar_of(array.dtype), _INTEGERS if name in _BITWISE else _NUMBERS
    if scalar not in allowed:
        names = [dtype.name for dtype in allowed]
        raise refuse(
            f"{what} on a {name_of(array)}: it is for arrays of {', '.join(names[:-1])} and {names[-1]}; "
            "use an array of one of these"
        )
    return _Element(array, items, scalar)


def _code(emit: Emitter, name: str, scalar: np.dtype, pointer: ir.Value, values: list[ir.Value]) -> ir.Value:
    if name == "cas":
        return _compare_and_swap(emit, pointer, *values)
    (value,) = values
    if kind(scalar) != "f":
        return emit.builder.atomic_rmw(_integer_name(name, scalar), pointer, value, _ORDER)
    if name == "exch":
        return _through_bits(emit, pointer, [value], lambda place, bits: _rmw(emit, "xchg", place, *bits))
    if emit.mode.target == "cpu":
        names = {"add": "fadd", "sub": "fsub", "min": "fminimum", "max": "fmaximum"}
        return emit.builder.atomic_rmw(names[name], pointer, value, _ORDER)
    if name in ("add", "sub"):
        return _cuda_add(emit, pointer, value if name == "add" else emit.negated(value))
    return _cuda_extreme(emit, name, pointer, value)


def _rmw(emit: Emitter, operation: str, pointer: ir.Value, value: ir.Value) -> ir.Value:
    return emit.builder.atomic_rmw(operation, pointer, value, _ORDER)


def _integer_name(name: str, scalar: np.dtype) -> str:
    """Return LLVM's name of an operation on integers."""
    unsigned = "" if is_signed(scalar) else "u"
    return {"exch": "xchg", "min": f"{unsigned}min", "max": f"{unsigned}max"}.get(name, name.rstrip("_"))


def _through_bits(emit: Emitter, pointer: ir.Value, values: list[ir.Value], code: Any) -> ir.Value:
    """Apply ``code(pointer, values)`` to floats as integers of the same bits; integers stay."""
    builder, own = emit.builder, values[0].type
    if isinstance(own, ir.IntType):
        return code(pointer, values)
    bits = ir.IntType(32 if own == F32 else 64)
    place = builder.bitcast(pointer, bits.as_pointer())
    return builder.bitcast(code(place, [builder.bitcast(value, bits) for value in values]), own)


def _compare_and_swap(emit: Emitter, pointer: ir.Value, compare: ir.Value, value: ir.Value) -> ir.Value:
    def code(place: ir.Value, bits: list[ir.Value]) -> ir.Value:
        return emit.builder.extract_value(emit.builder.cmpxchg(place, *bits, _ORDER), 0)

    return _through_bits(emit, pointer, [compare, value], code)


# ---- floats on CUDA


def _cuda_add(emit: Emitter, pointer: ir.Value, value: ir.Value) -> ir.Value:
    # NVVM's dialect is LLVM 7, whose atomicrmw knows no floats.
    suffix = "f32" if value.type == F32 else "f64"
    symbol, module = f"llvm.nvvm.atomic.load.add.{suffix}.p0{suffix}", emit.builder.module
    kind_of = ir.FunctionType(value.type, [pointer.type, value.type])
    function = module.globals.get(symbol) or ir.Function(module, kind_of, symbol)
    return emit.builder.call(function, [pointer, value])


class _VolatileLoad(LoadInstr):
    """A load that sees what other threads wrote: NVVM takes no atomic loads, and llvmlite writes no volatile ones."""

    def descr(self, buf: list[str]) -> None:
        text: list[str] = []
        super().descr(text)
        buf.append("".join(text).replace("load ", "load volatile ", 1))


def _cuda_extreme(emit: Emitter, name: str, pointer: ir.Value, value: ir.Value) -> ir.Value:
    """Store the smaller or larger number unless it is there already, and try again where another thread came between.

    A PTX target has no atomic minimum of floats. Most attempts under contention find a better number and store nothing.
    """
    builder, own = emit.builder, value.type
    bits = ir.IntType(32 if own == F32 else 64)
    place = builder.bitcast(pointer, bits.as_pointer())
    wanted, first = builder.bitcast(value, bits), _VolatileLoad(builder.block, place, typ=bits)
    builder._insert(first)
    before, attempt, store = builder.block, *(builder.append_basic_block(f"atomic.{part}") for part in ("try", "store"))
    done = builder.append_basic_block("atomic.done")
    builder.branch(attempt)
    builder.position_at_end(attempt)
    seen = builder.phi(bits)
    seen.add_incoming(first, before)
    builder.cbranch(_stays(emit, name, builder.bitcast(seen, own), value), done, store)
    builder.position_at_end(store)
    found = builder.cmpxchg(place, seen, wanted, _ORDER)
    latest = builder.extract_value(found, 0)
    seen.add_incoming(latest, store)
    builder.cbranch(builder.extract_value(found, 1), done, attempt)
    builder.position_at_end(done)
    return builder.bitcast(seen, own)


def _stays(emit: Emitter, name: str, old: ir.Value, value: ir.Value) -> ir.Value:
    """Return whether the number in memory is the extreme already: it is NaN, or no worse than a value that is none."""
    better = emit.builder.fcmp_ordered("<=" if name == "min" else ">=", old, value)
    return emit.builder.or_(better, emit.builder.fcmp_unordered("uno", old, old))
