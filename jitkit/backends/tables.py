"""Launches whose threads update copies of arrays: counts, sums or maxima in bins, which are brought together in the end.

What an atomic update costs, plain updates of a copy that the thread has to itself do not: 256 bins of a million elements
take a fifteenth of the time. A launch has as many copies as threads. A piece of the space takes one that nobody uses, and
gives it back: a thread that runs alone goes on with the same. After the last piece, the caller combines the copies, and
brings what they hold into the arrays by atomic operations, which other launches may be updating, too.

It is not done where an array shares memory with another argument, in which a point might read what was stored, where the
copies would take much memory, or where filling and combining them would take longer than what is gained.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

from llvmlite import ir
from numba.core import cgutils, types

from jitkit.backends.layout import Layout
from jitkit.backends.loops import short_loop
from jitkit.backends.lowering.emit import I64
from jitkit.backends.separate import DATA, NITEMS, apart, leaf_of
from jitkit.backends.spmd.plain import MARGIN
from jitkit.backends.spmd.rows import TableRow
from jitkit.backends.spmd.tables import Table

LARGEST = 1 << 25
"""Bytes of all copies of a launch."""
WORTH, WORTH_OF_LARGE = 2, 8
"""Points for each element of the tables from which copies pay: a million counters in int64 take 1.6 of the time for 4 million
points, 0.6 for 16 million."""
UPDATES_OF_LOOPS = 32
"""What is guessed of how many elements a point with loops updates."""
SMALL = 1 << 18
"""Bytes of a copy that the caches near a core hold."""
LINE = 128
"""Bytes that no two threads write to: neighbouring lines of 64 are fetched as a pair."""
UNUSED, BUSY, FREE = range(3)
"""The states of a copy: no piece has used it, one does, one has."""

BYTE = ir.IntType(8)
ADDRESS = BYTE.as_pointer()


class Field(NamedTuple):
    """The copies as the threads are told of them: where they lie, how many, the bytes of one, where tables begin in it."""

    memory: ir.Value
    copies: ir.Value
    each: ir.Value
    offsets: list[ir.Value]

    @property
    def values(self) -> list[ir.Value]:
        """All of it as a list."""
        return [self.memory, self.copies, self.each, *self.offsets]


def field_of(values: Sequence[ir.Value]) -> Field:
    """Return the copies from the list of their `Field.values`."""
    memory, copies, each, *offsets = values
    return Field(memory, copies, each, offsets)


class Copies:
    """Generates code about the copies of some tables.

    Parameters
    ----------
    builder : ir.IRBuilder
        Where.
    tables : list of Table
        The tables.
    field : Field
        Where their copies are.
    """

    def __init__(self, builder: ir.IRBuilder, tables: list[Table], field: Field) -> None:
        self.builder, self.tables, self.field = builder, tables, field

    def state(self, k: ir.Value) -> ir.Value:
        """Return the address of a copy's state."""
        offset = self.builder.mul(k, ir.Constant(I64, LINE))
        return self.builder.bitcast(self.builder.gep(self.field.memory, [offset]), I64.as_pointer())

    def table(self, k: ir.Value, number: int) -> ir.Value:
        """Return the address of a table in a copy."""
        builder, field = self.builder, self.field
        start = builder.mul(field.copies, ir.Constant(I64, LINE))
        offset = builder.add(builder.add(start, builder.mul(k, field.each)), field.offsets[number])
        return builder.gep(field.memory, [offset])

    def take(self, counts: list[ir.Value]) -> ir.Value:
        """Generate the choice of a copy that no other thread uses; return its number.

        A copy that is used for the first time is filled with what changes no element; `counts` are the tables' elements.
        There are as many as threads, so whoever looks finds one.
        """
        builder, zero = self.builder, ir.Constant(I64, 0)
        look, swap, following, found = map(builder.append_basic_block, ("look", "swap", "following", "found"))
        entry = builder.block
        builder.branch(look)
        builder.position_at_end(look)
        k = builder.phi(I64)
        k.add_incoming(zero, entry)
        state = self.state(k)
        before = builder.load_atomic(state, "monotonic", 8)
        builder.cbranch(builder.icmp_unsigned("==", before, ir.Constant(I64, BUSY)), following, swap)
        builder.position_at_end(swap)
        taken = builder.extract_value(builder.cmpxchg(state, before, ir.Constant(I64, BUSY), "acquire", "monotonic"), 1)
        builder.cbranch(taken, found, following)
        builder.position_at_end(following)
        more = builder.add(k, ir.Constant(I64, 1))
        again = builder.select(builder.icmp_unsigned("==", more, self.field.copies), zero, more)
        k.add_incoming(again, builder.block)
        builder.branch(look)
        builder.position_at_end(found)
        with builder.if_then(builder.icmp_unsigned("==", before, ir.Constant(I64, UNUSED))):
            for number, (table, count) in enumerate(zip(self.tables, counts, strict=True)):
                bits = ir.IntType(8 * table.size)
                place = builder.bitcast(self.table(k, number), bits.as_pointer())
                with short_loop(builder, count) as turn:
                    builder.store(ir.Constant(bits, neutral(table)), builder.gep(place, [turn]))
        return k

    def give_back(self, k: ir.Value) -> None:
        """Generate the end of a copy's use."""
        self.builder.store_atomic(ir.Constant(I64, FREE), self.state(k), "release", 8)

    def bring(self, arrays: list[tuple[ir.Value, ir.Value]]) -> None:
        """Generate the combination of all copies, each array given by its address and the number of its elements."""
        builder, first, one = self.builder, ir.Constant(I64, 0), ir.Constant(I64, 1)
        with short_loop(builder, builder.sub(self.field.copies, one)) as turn:
            k = builder.add(turn, one)
            used = builder.icmp_unsigned("!=", builder.load(self.state(k)), ir.Constant(I64, UNUSED))
            with builder.if_then(used):
                for number, (table, (_, count)) in enumerate(zip(self.tables, arrays, strict=True)):
                    kind = _type(table)
                    into = builder.bitcast(self.table(first, number), kind.as_pointer())
                    other = builder.bitcast(self.table(k, number), kind.as_pointer())
                    with short_loop(builder, count) as element:
                        place = builder.gep(into, [element])
                        value = builder.load(builder.gep(other, [element]))
                        builder.store(_combined(builder, table.operation, builder.load(place), value), place)
        for number, (table, (array, count)) in enumerate(zip(self.tables, arrays, strict=True)):
            kind, bits = _type(table), ir.IntType(8 * table.size)
            copy = builder.bitcast(self.table(first, number), kind.as_pointer())
            target = builder.bitcast(array, kind.as_pointer())
            with short_loop(builder, count) as element:
                value = builder.load(builder.gep(copy, [element]))
                changed = builder.icmp_unsigned("!=", builder.bitcast(value, bits), ir.Constant(bits, neutral(table)))
                with builder.if_then(changed):
                    builder.atomic_rmw(table.operation, builder.gep(target, [element]), value, "monotonic")


def neutral(table: Table) -> int:
    """Return the bits of the value that changes no element of a table: -0.0 for a sum of floats."""
    width = 8 * table.size
    infinity = {4: 0x7F800000, 8: 0x7FF0000000000000}[table.size]
    return {
        "add": 0, "or": 0, "xor": 0, "umax": 0, "and": 2**width - 1, "umin": 2**width - 1, "max": 2 ** (width - 1),
        "min": 2 ** (width - 1) - 1, "fadd": 2 ** (width - 1), "fminimum": infinity,
        "fmaximum": infinity | 2 ** (width - 1),
    }[table.operation]  # fmt: skip


def _type(table: Table) -> ir.Type:
    return {"float": ir.FloatType(), "double": ir.DoubleType()}.get(table.kind) or ir.IntType(8 * table.size)


def _combined(builder: ir.IRBuilder, operation: str, a: ir.Value, b: ir.Value) -> ir.Value:
    plain = {"add": builder.add, "or": builder.or_, "xor": builder.xor, "and": builder.and_, "fadd": builder.fadd}
    if operation in plain:
        return plain[operation](a, b)
    stem, suffix = {
        "umax": ("umax", "i"), "umin": ("umin", "i"), "max": ("smax", "i"), "min": ("smin", "i"),
        "fmaximum": ("maximum", "f"), "fminimum": ("minimum", "f"),
    }[operation]  # fmt: skip
    width = {ir.FloatType(): 32, ir.DoubleType(): 64}.get(a.type) or a.type.width
    function = ir.FunctionType(a.type, [a.type, a.type])
    symbol = f"llvm.{stem}.{suffix}{width}"
    return builder.call(cgutils.get_or_insert_function(builder.module, function, symbol), [a, b])


def launch(
    builder: ir.IRBuilder,
    row: TableRow,
    ndim: int,
    layouts: Sequence[Layout],
    leaves: list[tuple[types.Type, ir.Value]],
    points: ir.Value,
    threads: ir.Value,
    share: Callable[[Field], None],
) -> None:
    """Generate a launch with copies, and behind it the code for launches without them, to which the builder is left.

    Parameters
    ----------
    builder : ir.IRBuilder
        Where.
    row : TableRow
        The kernel's row function.
    ndim : int
        Dimensions of the space.
    layouts : sequence of Layout
        How the arguments arrive.
    leaves : list of tuple
        The types and values that they arrive as.
    points, threads : ir.Value
        How many points the space has, and how many threads there are for it.
    share : callable
        ``share(field)`` generates the run of all points.
    """
    arrays = [leaf_of(layouts, table.parameter - ndim) for table in row.tables]
    counts = [builder.extract_value(leaves[k][1], NITEMS) for k in arrays]
    each, offsets = ir.Constant(I64, 0), []
    for table, count in zip(row.tables, counts, strict=True):
        offsets.append(builder.add(each, ir.Constant(I64, MARGIN)))
        length = builder.mul(count, ir.Constant(I64, table.size))
        each = builder.add(each, builder.add(length, ir.Constant(I64, 2 * MARGIN + LINE - 1)))
        each = builder.and_(each, ir.Constant(I64, -LINE))
    memory = builder.mul(builder.add(each, ir.Constant(I64, LINE)), threads)
    elements = functools.reduce(builder.add, counts)
    small = builder.icmp_unsigned("<=", each, ir.Constant(I64, SMALL))
    worth = builder.mul(elements, builder.select(small, ir.Constant(I64, WORTH), ir.Constant(I64, WORTH_OF_LARGE)))
    updates = builder.mul(points, ir.Constant(I64, UPDATES_OF_LOOPS if row.loops else 1))
    conditions = [
        builder.icmp_unsigned("<", builder.sub(elements, ir.Constant(I64, 1)), ir.Constant(I64, LARGEST)),
        builder.icmp_unsigned("<=", memory, ir.Constant(I64, LARGEST)),
        builder.icmp_unsigned("<=", worth, updates),
        *(
            apart(builder, leaves[k], leaves[other]) for k in arrays for other, (kind, _) in enumerate(leaves)
            if other != k and isinstance(kind, types.Array)
        ),
    ]  # fmt: skip
    with builder.if_then(functools.reduce(builder.and_, conditions)):
        allocate = cgutils.get_or_insert_function(builder.module, ir.FunctionType(ADDRESS, [I64]), "malloc")
        release = cgutils.get_or_insert_function(builder.module, ir.FunctionType(ir.VoidType(), [ADDRESS]), "free")
        given = builder.call(allocate, [builder.add(memory, ir.Constant(I64, LINE))])
        with builder.if_then(cgutils.is_not_null(builder, given), likely=True):
            begin = builder.add(builder.ptrtoint(given, I64), ir.Constant(I64, LINE - 1))
            field = Field(
                builder.inttoptr(builder.and_(begin, ir.Constant(I64, -LINE)), ADDRESS), threads, each, offsets
            )
            copies = Copies(builder, row.tables, field)
            with short_loop(builder, threads) as turn:
                builder.store(ir.Constant(I64, UNUSED), copies.state(turn))
            share(field)
            addresses = [builder.extract_value(leaves[k][1], DATA) for k in arrays]
            copies.bring(list(zip(addresses, counts, strict=True)))
            builder.call(release, [given])
            builder.ret_void()
