"""The driver of a kernel on the CPU: it unpacks a launch, chooses the code for its arguments, and hands units to the pool."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from jitkit.backends import pool, separate
from jitkit.backends.known import Body
from jitkit.backends.loop_nest import BLOCK, BODY, BYTE, LoopNest, blocks_of, groups_along
from jitkit.backends.lowering.arguments import Arguments
from jitkit.backends.lowering.emit import F64, I1, I64, Emitter, Mode
from jitkit.backends.separate import NITEMS
from jitkit.backends.spmd import mirrors, narrow, rows
from jitkit.backends.spmd.groups import group_function
from jitkit.backends.tables import Copies, Field, field_of, launch


def define(
    context: Any,
    module: ir.Module,
    symbol: str,
    body: Body,
    arguments: Arguments,
    ndim: int,
    unit_step: bool,
    fastmath: bool,
    group: tuple[int, ...] | None,
    apart: bool,
    written: Sequence[int],
) -> None:
    """Generate the function ``driver(slots)`` that runs a kernel over a space.

    The slots hold the number of threads, the starts, steps and counts of the space, and the leaves of the arguments;
    `jitkit.backends.slots` says how.

    Parameters
    ----------
    context
        Numba's CPU context; code that the driver is linked with goes into its active library.
    module : ir.Module
        Where the driver is generated.
    symbol : str
        Its name.
    body : Body
        The user's function, compiled.
    arguments : Arguments
        How its arguments arrive.
    fastmath : bool
        Whether sums may be reassociated.
    group : tuple of int or None
        The shape of the kernel's groups.
    apart : bool
        Whether points are to be run one by one, whatever the code is.
    written : sequence of int
        The arguments whose elements the kernel assigns.
    """
    driver = ir.Function(module, ir.FunctionType(ir.VoidType(), [I64.as_pointer()]), symbol)
    builder = ir.IRBuilder(driver.append_basic_block("entry"))
    kinds = [I64] * (1 + 3 * ndim) + [context.get_value_type(kind) for kind in arguments.given]
    threads, *rest = _unpacked(builder, driver.args[0], kinds)
    space, leaves = rest[: 3 * ndim], rest[3 * ndim :]
    record = cgutils.pack_struct(builder, [*space, *arguments.values(context, Emitter(builder, Mode("cpu")), leaves)])
    if group is not None:
        nest = LoopNest(module, record.type, ndim, unit_step)
        function = nest.groups(module, group_function(context, body, group, unit_step), group)
        counts = [groups_along(builder, n, size) for n, size in zip(space[2 * ndim :], group, strict=True)]
        _start(builder, function, record, functools.reduce(builder.mul, counts), threads)
        return

    scalar = None if apart else rows.point_of(context, body)
    row = None if scalar is None else rows.by_vectors(context, body, scalar, ndim, unit_step, fastmath)
    tables = None if scalar is None else rows.by_tables(context, body, scalar, ndim, unit_step, fastmath)
    block = BLOCK
    if scalar is not None and tables is None and rows.has_loops(scalar):
        block = 1 if row is None else row.lanes
    nest = LoopNest(module, record.type, ndim, unit_step, block)

    def point(nest: LoopNest, indices: list[ir.Value]) -> ir.Instruction:
        body.call(context, nest.builder, [*indices, *nest.arguments])
        return next(item for item in reversed(nest.builder.block.instructions) if isinstance(item, ir.CallInstr))

    arrays = [k for k, kind in enumerate(arguments.types) if isinstance(kind, types.Array)]
    interior = None if scalar is None or not unit_step else rows.interior(context, body, scalar, ndim, fastmath)
    walk = None
    if scalar is not None and row is None and interior is None:
        walk = narrow.walk(scalar, scalar.parameters[ndim - 1].text, unit_step, [ndim + k for k in arrays])
    streamed = row is not None and row.streamed > 0
    widened = interior is None and (walk is None or walk.known)
    points = nest.each(functools.partial(point, nest), apart=streamed, widened=widened)
    if streamed:
        nest.stream(row.declare(module), row.streamed, row.results, row.together, row.loads)
    elif row is not None:
        points = nest.vectors(row.declare(module), points)
    if interior is not None:
        points = nest.parted(interior.first, interior.ends, nest.calling(interior.declare(module)), points)
    mirror = None if scalar is None else mirrors.of_points(context, body, scalar, ndim)
    if mirror is not None:
        nest.mirror(module, mirror, units_of(nest.builder, nest.counts, block), nest.counts)
    function = nest.run(points)
    context.active_code_library.add_linking_library(body.library)
    counts = space[2 * ndim :]
    units = units_of(builder, counts, block)
    given = list(zip(arguments.given, leaves, strict=True))
    if tables is not None:
        own = functools.partial(_with_copies, builder, module, tables, ndim, unit_step, record, units, threads)
        every = functools.reduce(builder.mul, counts)
        launch(builder, tables, ndim, arguments.layouts, given, every, threads, own)
    if walk is not None:
        inner = LoopNest(module, record.type, ndim, unit_step, block, [3 * ndim + k for k in arrays])
        for (parameter, *where), number in walk.likely.items():
            inner.tell(2 * ndim + parameter, where, number)
        inner.run(inner.each(functools.partial(point, inner), widened=walk.even))
        lie_apart = separate.holds(builder, arguments.layouts, given, written)
        fits = separate.fits(builder, arguments.layouts, given, ndim, walk.likely)
        function = builder.select(builder.and_(lie_apart, fits), inner.handed(record.type), function)
    _start(builder, function, record, units, threads)


def _with_copies(
    builder: ir.IRBuilder, module: ir.Module, row: rows.TableRow, ndim: int, unit_step: bool, record: ir.Value,
    units: ir.Value, threads: ir.Value, field: Field,
) -> None:  # fmt: skip
    """Generate the run of a launch whose threads update copies of some arrays."""
    values = [builder.extract_value(record, k) for k in range(len(record.type.elements))]
    whole = cgutils.pack_struct(builder, [*values, *field.values])
    nest = LoopNest(module, whole.type, ndim, unit_step)
    nest.fields, told = nest.fields[: len(values)], nest.fields[len(values) :]
    copies = Copies(nest.builder, row.tables, field_of(told))
    arrays = [nest.arguments[table.parameter - ndim] for table in row.tables]
    taken = copies.take([nest.builder.extract_value(array, NITEMS) for array in arrays])
    for number, table in enumerate(row.tables):
        nest.move(2 * ndim + table.parameter, copies.table(taken, number))
    function = nest.run(nest.calling(row.declare(module)), lambda: copies.give_back(taken))
    _start(builder, function, whole, units, threads, ends=False)


def _unpacked(builder: ir.IRBuilder, slots: ir.Value, kinds: list[ir.Type]) -> list[ir.Value]:
    """Return the values that lie in slots."""
    values, at = [], 0
    for kind in kinds:
        slot = builder.gep(slots, [ir.Constant(I64, at)])
        if kind == I1:
            values.append(builder.trunc(builder.load(slot), I1))
        else:
            values.append(builder.load(builder.bitcast(slot, kind.as_pointer())))
        at += _slots(kind)
    return values


def _slots(kind: ir.Type) -> int:
    if not isinstance(kind, ir.BaseStructType):
        return 1
    if len(kind.elements) == 2:  # a complex number
        return 2 if kind.elements[0] == F64 else 1
    return sum(part.count if isinstance(part, ir.ArrayType) else 1 for part in kind.elements)  # Numba's array


def units_of(builder: ir.IRBuilder, counts: list[ir.Value], block: int) -> ir.Value:
    """Return how many units a plain kernel's space has, of so many points each."""
    return functools.reduce(builder.mul, counts[:-1], blocks_of(builder, counts[-1], block))


def _start(
    builder: ir.IRBuilder,
    function: ir.Function,
    record: ir.Value,
    units: ir.Value,
    threads: ir.Value,
    *,
    ends: bool = True,
) -> None:
    """Hand the units of a space to the scheduler, and end the driver where nothing follows."""
    memory = cgutils.alloca_once_value(builder, record)
    kind = ir.FunctionType(ir.VoidType(), [BODY.as_pointer(), BYTE, I64, I64])
    scheduler = cgutils.get_or_insert_function(builder.module, kind, pool.SYMBOL)
    builder.call(scheduler, [function, builder.bitcast(memory, BYTE), units, threads])
    if ends:
        builder.ret_void()
