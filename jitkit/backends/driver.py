"""The loop nest around a kernel on the CPU, generated as LLVM IR into which LLVM inlines the user's function.

A launch space is cut into units: a row (all indices but the last fixed) holds one or more blocks of `BLOCK` points of the
last index. Units are what the pool's threads claim; a run of units of one row is one inner loop.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from jitkit.backends.layout import Arguments, Layout
from jitkit.backends.lowering.emit import I64, Emitter, Mode
from jitkit.backends.lowering.indexing import unpack
from jitkit.backends.lowering.weak import WEAK_TYPES

BLOCK = 128
"""Points of the last index in one unit. A multiple of every vector width times its unrolling, so that which points run in
vector code, and so their last bits, do not depend on the number of threads."""

BYTE = ir.IntType(8).as_pointer()
BODY = ir.FunctionType(ir.VoidType(), [I64, I64, BYTE])


class LoopNest:
    """The function ``body(begin, end, arguments)`` that runs a kernel over the units [begin, end).

    Parameters
    ----------
    ndim : int
        Dimensions of the launch space.
    unit_step : bool
        Whether the last index advances by one; the inner loop then has unit stride for LLVM to see.
    """

    def __init__(self, module: ir.Module, record: ir.LiteralStructType, ndim: int, unit_step: bool) -> None:
        self.function = ir.Function(module, BODY, module.get_unique_name("jitkit_body"))
        self.function.linkage = "internal"
        self.builder = ir.IRBuilder(self.function.append_basic_block("entry"))
        self.ndim, self.unit_step = ndim, unit_step
        pointer = self.builder.bitcast(self.function.args[2], record.as_pointer())
        values = self.builder.load(pointer)
        self.fields = [self.builder.extract_value(values, k) for k in range(len(record.elements))]
        self.starts, self.steps, self.counts = (self.fields[k * ndim : (k + 1) * ndim] for k in range(3))

    @property
    def arguments(self) -> list[ir.Value]:
        """The kernel's arguments, as stored behind the space."""
        return self.fields[3 * self.ndim :]

    def run(self, point: Callable[[list[ir.Value]], None]) -> ir.Function:
        """Generate the loops around `point(indices)`."""
        begin, end, _ = self.function.args
        if self.ndim == 1:
            self._inner([], begin, end, point)
        else:
            self._rows(begin, end, point)
        self.builder.ret_void()
        return self.function

    def _rows(self, begin: ir.Value, end: ir.Value, point: Callable[[list[ir.Value]], None]) -> None:
        builder = self.builder
        blocks = blocks_of(builder, self.counts[-1])
        with while_loop(builder, begin, end) as (unit, advance):
            row, block = builder.udiv(unit, blocks), builder.urem(unit, blocks)
            take = minimum(builder, builder.sub(end, unit), builder.sub(blocks, block))
            self._inner(self._outer(row), block, builder.add(block, take), point)
            advance(builder.add(unit, take))

    def _outer(self, row: ir.Value) -> list[ir.Value]:
        """Return the indices before the last, from a row's number."""
        builder = self.builder
        positions: list[ir.Value] = []
        for axis in range(self.ndim - 2, 0, -1):
            positions.insert(0, builder.urem(row, self.counts[axis]))
            row = builder.udiv(row, self.counts[axis])
        return [self._index(axis, position) for axis, position in enumerate([row, *positions])]

    def _index(self, axis: int, position: ir.Value) -> ir.Value:
        builder = self.builder
        if axis == self.ndim - 1 and self.unit_step:
            return builder.add(self.starts[axis], position, flags=("nuw", "nsw"))
        return builder.add(self.starts[axis], builder.mul(position, self.steps[axis], flags=("nsw",)), flags=("nsw",))

    def _inner(
        self, outer: list[ir.Value], first: ir.Value, last: ir.Value, point: Callable[[list[ir.Value]], None]
    ) -> None:
        builder, size = self.builder, ir.Constant(I64, BLOCK)
        begin = builder.mul(first, size, flags=("nuw", "nsw"))
        end = minimum(builder, builder.mul(last, size, flags=("nuw", "nsw")), self.counts[-1])
        with while_loop(builder, begin, end) as (position, advance):
            point([*outer, self._index(self.ndim - 1, position)])
            advance(builder.add(position, ir.Constant(I64, 1), flags=("nuw", "nsw")))


@contextlib.contextmanager
def while_loop(
    builder: ir.IRBuilder, begin: ir.Value, end: ir.Value
) -> Iterator[tuple[ir.Value, Callable[[ir.Value], None]]]:
    """Generate a loop from `begin` while below `end`; the block gets the counter and a function that sets its next value."""
    entry = builder.block
    body, done = builder.append_basic_block("loop"), builder.append_basic_block("done")
    builder.cbranch(builder.icmp_signed("<", begin, end), body, done)
    builder.position_at_end(body)
    counter = builder.phi(I64)
    counter.add_incoming(begin, entry)

    def advance(following: ir.Value) -> None:
        counter.add_incoming(following, builder.block)
        builder.cbranch(builder.icmp_signed("<", following, end), body, done)
        builder.position_at_end(done)

    yield counter, advance


def minimum(builder: ir.IRBuilder, a: ir.Value, b: ir.Value) -> ir.Value:
    """Return the smaller of two counts."""
    return builder.select(builder.icmp_signed("<", a, b), a, b)


def blocks_of(builder: ir.IRBuilder, count: ir.Value) -> ir.Value:
    """Return how many blocks cover `count` points."""
    rounded = builder.add(count, ir.Constant(I64, BLOCK - 1))
    return builder.udiv(rounded, ir.Constant(I64, BLOCK))


def launcher(
    body: Any, layouts: tuple[Layout, ...], ndim: int, unit_step: bool, parallel_for: str
) -> Callable[..., Any]:
    """Return the definition of the intrinsic that runs a kernel over a space.

    Parameters
    ----------
    body : numba Dispatcher
        The compiled user's function.
    layouts : tuple of Layout
        How its arguments arrive.
    parallel_for : str
        The symbol of the scheduler's entry point.

    Returns
    -------
    callable
        ``launch(threads, starts, steps, counts, arguments)``; each of the middle three a tuple of `ndim` integers.
    """

    def launch(typingctx: Any, threads: Any, starts: Any, steps: Any, counts: Any, leaves: Any) -> Any:
        arguments = Arguments(layouts, list(leaves), split_floats=False)
        kernel_types = (*[WEAK_TYPES[int]] * ndim, *arguments.types)
        body.get_call_template(kernel_types, {})  # compiles
        compiled = body.overloads[kernel_types]
        signature = types.void(threads, starts, steps, counts, leaves)

        def generate(context: Any, builder: ir.IRBuilder, _: Any, args: list[ir.Value]) -> ir.Value:
            values = arguments.values(context, Emitter(builder, Mode("cpu")), unpack(builder, args[4]))
            space = [value for group in args[1:4] for value in unpack(builder, group)]
            record = cgutils.pack_struct(builder, [*space, *values])
            nest = LoopNest(builder.module, record.type, ndim, unit_step)

            def point(indices: list[ir.Value]) -> None:
                context.call_internal_no_propagate(
                    nest.builder, compiled.fndesc, compiled.signature, [*indices, *nest.arguments]
                )

            function = nest.run(point)
            context.active_code_library.add_linking_library(compiled.library)
            _start(builder, parallel_for, function, record, space[2 * ndim :], args[0])
            return context.get_dummy_value()

        return signature, generate

    return launch


def _start(
    builder: ir.IRBuilder,
    symbol: str,
    function: ir.Function,
    record: ir.Value,
    counts: list[ir.Value],
    threads: ir.Value,
) -> None:
    """Hand the units of a space to the scheduler."""
    memory = cgutils.alloca_once_value(builder, record)
    units = blocks_of(builder, counts[-1])
    for count in counts[:-1]:
        units = builder.mul(units, count)
    kind = ir.FunctionType(ir.VoidType(), [BODY.as_pointer(), BYTE, I64, I64])
    scheduler = cgutils.get_or_insert_function(builder.module, kind, symbol)
    builder.call(scheduler, [function, builder.bitcast(memory, BYTE), units, threads])
