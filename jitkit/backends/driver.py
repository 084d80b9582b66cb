"""The loop nest around a kernel on the CPU, generated as LLVM IR into which LLVM inlines the user's function.

A launch space is cut into units: a row (all indices but the last fixed) holds one or more blocks of `BLOCK` points of the
last index. Units are what the pool's threads claim; a run of units of one row is one inner loop.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.registry import cpu_target

from jitkit.backends import entry
from jitkit.backends.layout import Arguments, Layout
from jitkit.backends.lowering.emit import I64, Emitter, Mode
from jitkit.backends.lowering.indexing import unpack
from jitkit.backends.lowering.weak import WEAK_TYPES
from jitkit.backends.spmd.groups import group_function
from jitkit.backends.spmd.rows import by_vectors
from jitkit.backends.unlinked import unlinked

BLOCK = 128
"""Points of the last index in one unit. A multiple of every vector width times its unrolling, so that which points run in
vector code, and so their last bits, do not depend on the number of threads."""
FEW = 4
"""Points of a row that are not worth a vector."""

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

    def run(self, points: Callable[[list[ir.Value], ir.Value, ir.Value], None]) -> ir.Function:
        """Generate the loops around `points(outer indices, begin, end)`, which runs part of a row."""
        begin, end, _ = self.function.args
        if self.ndim == 1:
            self._inner([], begin, end, points)
        else:
            self._rows(begin, end, points)
        self.builder.ret_void()
        return self.function

    def each(self, point: Callable[[list[ir.Value]], None]) -> Callable[[list[ir.Value], ir.Value, ir.Value], None]:
        """Return the way to run part of a row point by point, in a loop for LLVM to widen."""

        def points(outer: list[ir.Value], begin: ir.Value, end: ir.Value) -> None:
            with while_loop(self.builder, begin, end) as (position, advance):
                point([*outer, self._index(self.ndim - 1, position)])
                advance(self.builder.add(position, ir.Constant(I64, 1), flags=("nuw", "nsw")))

        return points

    def vectors(
        self, row: ir.Function, each: Callable[[list[ir.Value], ir.Value, ir.Value], None]
    ) -> Callable[[list[ir.Value], ir.Value, ir.Value], None]:
        """Return the way to run part of a row by a function that takes a vector of points at a time.

        Rows of a few points, the three coordinates of a place say, leave most lanes empty: they run point by point.
        """
        builder = self.builder

        def points(outer: list[ir.Value], begin: ir.Value, end: ir.Value) -> None:
            few = builder.icmp_signed("<=", self.counts[-1], ir.Constant(I64, FEW))
            with builder.if_else(few) as (yes, no):
                with yes:
                    each(outer, begin, end)
                with no:
                    ignored = ir.Constant(I64, 0)
                    space = [begin, end, self.starts[-1], self.steps[-1]]
                    builder.call(row, [*space, *outer, ignored, *self.arguments])

        return points

    def _rows(self, begin: ir.Value, end: ir.Value, points: Callable[..., None]) -> None:
        builder = self.builder
        blocks = blocks_of(builder, self.counts[-1])
        with while_loop(builder, begin, end) as (unit, advance):
            row, block = builder.udiv(unit, blocks), builder.urem(unit, blocks)
            take = minimum(builder, builder.sub(end, unit), builder.sub(blocks, block))
            self._inner(self._outer(row), block, builder.add(block, take), points)
            advance(builder.add(unit, take))

    def groups(self, function: ir.Function, group: tuple[int, ...]) -> ir.Function:
        """Generate the loop over groups around `function(group indices, starts, steps, arguments)`; a unit is a group."""
        begin, end, _ = self.function.args
        builder = self.builder
        with while_loop(builder, begin, end) as (unit, advance):
            indices: list[ir.Value] = []
            left = unit
            for axis in range(self.ndim - 1, 0, -1):
                count = groups_along(builder, self.counts[axis], group[axis])
                indices.insert(0, builder.urem(left, count))
                left = builder.udiv(left, count)
            filler = [ir.Constant(I64, 0)] * self.ndim
            builder.call(function, [left, *indices, *self.starts, *self.steps, *filler, *self.arguments])
            advance(builder.add(unit, ir.Constant(I64, 1), flags=("nuw", "nsw")))
        builder.ret_void()
        return self.function

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

    def _inner(self, outer: list[ir.Value], first: ir.Value, last: ir.Value, points: Callable[..., None]) -> None:
        builder, size = self.builder, ir.Constant(I64, BLOCK)
        begin = builder.mul(first, size, flags=("nuw", "nsw"))
        end = minimum(builder, builder.mul(last, size, flags=("nuw", "nsw")), self.counts[-1])
        points(outer, begin, end)


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


def groups_along(builder: ir.IRBuilder, count: ir.Value, size: int) -> ir.Value:
    """Return how many groups cover `count` points of an axis."""
    rounded = builder.add(count, ir.Constant(I64, size - 1))
    return builder.udiv(rounded, ir.Constant(I64, size))


def blocks_of(builder: ir.IRBuilder, count: ir.Value) -> ir.Value:
    """Return how many blocks cover `count` points."""
    rounded = builder.add(count, ir.Constant(I64, BLOCK - 1))
    return builder.udiv(rounded, ir.Constant(I64, BLOCK))


def launcher(
    body: Any,
    layouts: tuple[Layout, ...],
    ndim: int,
    unit_step: bool,
    fastmath: bool,
    group: tuple[int, ...] | None,
    recursive: bool,
    parallel_for: str,
) -> Callable[..., Any]:
    """Return the definition of the intrinsic that runs a kernel over a space.

    Parameters
    ----------
    body : numba Dispatcher
        The compiled user's function.
    layouts : tuple of Layout
        How its arguments arrive.
    fastmath : bool
        Whether sums may be reassociated.
    group : tuple of int or None
        The shape of the kernel's groups.
    recursive : bool
        Whether a helper calls itself.
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
        # Numba links a function that calls itself by its address, so that it has to be emitted by itself.
        with contextlib.nullcontext() if recursive else unlinked(cpu_target.target_context.codegen()):
            body.get_call_template(kernel_types, {})  # compiles
        compiled = body.overloads[kernel_types]
        signature = types.void(threads, starts, steps, counts, leaves)

        def generate(context: Any, builder: ir.IRBuilder, _: Any, args: list[ir.Value]) -> ir.Value:
            given = [args[0], *(value for group in args[1:] for value in unpack(builder, group))]
            run = _run_function(builder.module, given)
            builder.call(run, given)
            entry.define(builder.function, run)
            fill(context, ir.IRBuilder(run.append_basic_block("entry")), run.args)
            return context.get_dummy_value()

        def fill(context: Any, builder: ir.IRBuilder, args: Any) -> None:
            space = list(args[1 : 1 + 3 * ndim])
            values = arguments.values(context, Emitter(builder, Mode("cpu")), list(args[1 + 3 * ndim :]))
            record = cgutils.pack_struct(builder, [*space, *values])
            nest = LoopNest(builder.module, record.type, ndim, unit_step)

            if group is not None:
                declare_group = group_function(context, compiled, group, unit_step)
                function = nest.groups(declare_group(builder.module), group)
                counts = [groups_along(builder, n, size) for n, size in zip(space[2 * ndim :], group, strict=True)]
                _start(builder, parallel_for, function, record, functools.reduce(builder.mul, counts), args[0])
                return

            def point(indices: list[ir.Value]) -> None:
                context.call_internal_no_propagate(
                    nest.builder, compiled.fndesc, compiled.signature, [*indices, *nest.arguments]
                )

            declare = None if recursive else by_vectors(context, compiled, ndim, unit_step, fastmath)
            each = nest.each(point)
            function = nest.run(nest.vectors(declare(builder.module), each) if declare else each)
            context.active_code_library.add_linking_library(compiled.library)
            _start(builder, parallel_for, function, record, units_of(builder, space[2 * ndim :]), args[0])

        return signature, generate

    return launch


def units_of(builder: ir.IRBuilder, counts: list[ir.Value]) -> ir.Value:
    """Return how many units a plain kernel's space has."""
    return functools.reduce(builder.mul, counts[:-1], blocks_of(builder, counts[-1]))


def _run_function(module: ir.Module, given: list[ir.Value]) -> ir.Function:
    """Return the function, to be filled, that both Numba's wrapper of the driver and `entry` call."""
    kind = ir.FunctionType(ir.VoidType(), [value.type for value in given])
    function = ir.Function(module, kind, module.get_unique_name("jitkit_run"))
    function.linkage = "internal"
    function.attributes.add("noinline")
    return function


def _start(
    builder: ir.IRBuilder, symbol: str, function: ir.Function, record: ir.Value, units: ir.Value, threads: ir.Value
) -> None:
    """Hand the units of a space to the scheduler."""
    memory = cgutils.alloca_once_value(builder, record)
    kind = ir.FunctionType(ir.VoidType(), [BODY.as_pointer(), BYTE, I64, I64])
    scheduler = cgutils.get_or_insert_function(builder.module, kind, symbol)
    builder.call(scheduler, [function, builder.bitcast(memory, BYTE), units, threads])
    builder.ret_void()
