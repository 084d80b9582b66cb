"""The loops around a kernel on the CPU, generated as LLVM IR into which LLVM inlines the user's function.

A launch space is cut into units: a row (all indices but the last fixed) holds one or more blocks of `BLOCK` points of the
last index. Units are what the pool's threads claim; a run of units of one row is one inner loop. Where a point is a loop by
itself, a few points may be all the work there is: their blocks are vectors, or points.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

from llvmlite import ir
from numba.core import cgutils

from jitkit.backends import independent
from jitkit.backends.loops import not_widened, short_loop, tell, while_loop
from jitkit.backends.lowering.emit import I64
from jitkit.backends.separate import DATA, NITEMS, SHAPE
from jitkit.backends.spmd import mirrors, roots
from jitkit.backends.spmd.carrying import PLACE, Carried
from jitkit.backends.spmd.groups import Group
from jitkit.backends.spmd.wrapping import End

BLOCK = 128
"""Points of the last index in one unit. A multiple of every vector width times its unrolling, so that which points run in
vector code, and so their last bits, do not depend on the number of threads."""
FEW = 4
"""Points of a row that are not worth a vector."""
STREAMED = 1 << 25
"""Bytes of results from which they go past the cache, which would not keep them for what comes next.

Zen 3 and 4 have 32 MB for what is read and written: steps to and fro between arrays of 36 MB take 0.5 to 0.8 of the time
(heat), 0.77 (a sum of two) and 0.93 to 1.05 (of one); between arrays of 17 MB 1.16 (heat). What the system says of the size
of this cache is not to be had everywhere, and wrong on virtual machines.
"""
LONG = 1 << 14
"""Bytes of a row from which that pays: heat takes 0.89 of the time in rows of 32 KB, 0.94 of 16, 1.25 of 4."""
LONG_TOGETHER = 6 << 10
"""The same where rows go along side by side: heat takes 0.77 of the time in rows of 6 KB, 1.02 of 4."""
LONG_IN_TURN = 384
"""The same where rows of two planes take turns: wave takes 0.89 (float32) and 0.78 of the time in rows of 400 B, 0.9 to 1.1
in rows of 270."""
LOADS = 20
"""Loads of a point, more of which take longer than memory, and twice so at both ends of a row: such rows are to be as long as
those that go side by side. A box of 27 points takes 1.08 of the time in rows of 1.2 KB."""
ROWS = 8
"""Rows that go along side by side past the cache where each reads what the others read too, as those of a stencil do."""
PIECE = 512
"""Bytes of a row's results that are stored before the next of these rows takes its turn."""

LONG_OF_GROUPS = 1 << 12
"""Bytes of a row of groups from which that pays: their first and last lines are stored plainly in any case."""
STRIP, WIDE_STRIP = 2, 4
"""Groups that go along side by side where rows can wait for the next, and where they do: rows of a tile of 256 bytes are read as
a stream so many times as wide. On plain stores transpose takes 0.88 (float32) and 0.96 (float64) of the time by two, by four
0.95 and 0.98, by eight 1.1; past the cache by four 0.97 and 0.96 of that by two, by eight 1.0 and 0.98, by sixteen 1.0 and 1.05.
"""
COMING = 2
"""How many groups later the one runs whose rows are asked for. One takes 1.05 of the time, three the same."""
RUN, RUNS = 64, 128
"""Groups whose rows wait for one another whatever pieces threads claim, unless there would be fewer of such runs. What waits is
stored in part where a run ends: runs of a few groups take 1.05 to 1.15 of the time."""

BYTE = ir.IntType(8).as_pointer()
BODY = ir.FunctionType(ir.VoidType(), [I64, I64, BYTE])
Points = Callable[[list[ir.Value], ir.Value, ir.Value], None]
"""Generates the code of a part of a row: ``points(outer indices, begin, end)``."""


class Streaming(NamedTuple):
    """How a launch writes past the cache.

    Attributes
    ----------
    here : ir.Value
        Whether it does so.
    points : Points
        What runs a piece of a row then.
    together : bool
        Whether rows go along side by side, a piece of each in turn, or those of two planes in turn.
    piece : int
        The points of each before the next takes its turn.
    """

    here: ir.Value
    points: Points
    together: bool
    piece: int


class LoopNest:
    """The function ``body(begin, end, arguments)`` that runs a kernel over the units [begin, end).

    Parameters
    ----------
    ndim : int
        Dimensions of the launch space.
    unit_step : bool
        Whether the last index advances by one; the inner loop then has unit stride for LLVM to see.
    block : int
        Points of the last index in one unit.
    apart : sequence of int
        Fields of the record that are arrays, where those that are written share no memory with others. The function takes
        their addresses as arguments of their own, for that is where LLVM can be told.
    """

    def __init__(
        self, module: ir.Module, record: ir.LiteralStructType, ndim: int, unit_step: bool, block: int = BLOCK,
        apart: Sequence[int] = (),
    ) -> None:  # fmt: skip
        kind = ir.FunctionType(BODY.return_type, [*BODY.args, *[BYTE] * len(apart)])
        self.function = ir.Function(module, kind, module.get_unique_name("jitkit_body"))
        self.function.linkage = "internal"
        set.add(self.function.attributes, roots.EXACT)  # llvmlite's own list of attributes has no strings
        self.builder = ir.IRBuilder(self.function.append_basic_block("entry"))
        self.ndim, self.unit_step, self.block, self.apart = ndim, unit_step, block, apart
        self.streaming: Streaming | None = None
        self.part: tuple[ir.Value, ir.Value] | None = None
        pointer = self.builder.bitcast(self.function.args[2], record.as_pointer())
        values = self.builder.load(pointer)
        self.fields = [self.builder.extract_value(values, k) for k in range(len(record.elements))]
        for field, address in zip(apart, self.function.args[3:], strict=True):
            address.add_attribute("noalias")
            self.move(field, address)
        self.starts, self.steps, self.counts = (self.fields[k * ndim : (k + 1) * ndim] for k in range(3))

    @property
    def arguments(self) -> list[ir.Value]:
        """The kernel's arguments, as stored behind the space."""
        return self.fields[3 * self.ndim :]

    def move(self, field: int, address: ir.Value) -> None:
        """Let a field that is an array have its elements somewhere else."""
        array = self.fields[field]
        place = self.builder.bitcast(address, array.type.elements[DATA])
        self.fields[field] = self.builder.insert_value(array, place, DATA)

    def tell(self, field: int, where: Sequence[int], number: int) -> None:
        """Let a field that is an array have a known extent or stride."""
        self.fields[field] = self.builder.insert_value(self.fields[field], ir.Constant(I64, number), where)

    def handed(self, record: ir.LiteralStructType) -> ir.Function:
        """Return the body that calls this one with the addresses of its arrays."""
        self.function.attributes.add("noinline")
        module = self.function.module
        function = ir.Function(module, BODY, module.get_unique_name("jitkit_body"))
        function.linkage = "internal"
        builder = ir.IRBuilder(function.append_basic_block("entry"))
        values = builder.load(builder.bitcast(function.args[2], record.as_pointer()))
        addresses = [builder.bitcast(builder.extract_value(values, [field, DATA]), BYTE) for field in self.apart]
        builder.call(self.function, [*function.args, *addresses])
        builder.ret_void()
        return function

    def run(self, points: Points, finish: Callable[[], None] = lambda: None) -> ir.Function:
        """Generate the loops around `points(outer indices, begin, end)`, which runs part of a row, and what `finish` adds."""
        if self.streaming is None:
            self._all(points)
        else:
            with self.builder.if_else(self.streaming.here) as (past, through):
                with past:
                    self._all(self.streaming.points, self.streaming.together)
                    self.builder.fence("seq_cst")  # stores past the cache do not wait for one another
                with through:
                    self._all(points)
        finish()
        self.builder.ret_void()
        return self.function

    def each(
        self, point: Callable[[list[ir.Value]], ir.Instruction], *, apart: bool = False, widened: bool = True
    ) -> Points:
        """Return the way to run part of a row point by point, in a loop for LLVM to widen where it is `widened`.

        `point` returns the call that it generates; `apart` tells that points do nothing but read arrays and write others.
        """

        def points(outer: list[ir.Value], begin: ir.Value, end: ir.Value) -> None:
            end = self._opaque(end)
            with while_loop(self.builder, begin, end) as (position, advance):
                call = point([*outer, self._index(self.ndim - 1, position)])
                branch = advance(self.builder.add(position, ir.Constant(I64, 1), flags=("nuw", "nsw")))
                if apart:
                    independent.mark(self.builder.module, call, branch)
                if not widened:
                    tell(self.builder.module, branch, not_widened(self.builder.module))

        return points

    def _opaque(self, end: ir.Value) -> ir.Value:
        """Return the end of a loop as a number of which LLVM sees no source, at no instruction.

        From how the end of a row comes about it takes counting the turns to be dear, and does not unroll what it does not
        widen: the 7-point stencil takes 0.9 of the time, grey values of pictures of four channels 0.78, views 0.9.
        """
        return self.builder.asm(ir.FunctionType(I64, [I64]), "", "=r,0", [end], False)

    def vectors(self, row: ir.Function, each: Points) -> Points:
        """Return the way to run part of a row by a function that takes a vector of points at a time.

        Rows of a few points, the three coordinates of a place say, leave most lanes empty: they run point by point.
        """
        few = self.builder.icmp_signed("<=", self.counts[-1], ir.Constant(I64, FEW))
        return self._either(few, each, self.calling(row))

    def stream(self, row: ir.Function, size: int, results: int, together: bool, loads: int) -> None:
        """Let launches that write enough run by a function that writes past the cache.

        Where rows read elements `together`, several go along side by side, a piece of each in turn: what all of them need
        comes into the nearest cache once, and several streams from memory are under way at once. In more than two dimensions
        the rows of two planes take turns, for what a row needs is in the planes beside it: rows of 12 KB take 0.6 to 0.75 of
        the time of eight side by side.
        """
        builder = self.builder
        together = together and self.ndim > 1
        turns = self.ndim > 2 and loads <= LOADS
        least = LONG if not together else LONG_IN_TURN if turns else LONG_TOGETHER
        row_bytes = builder.mul(self.counts[-1], ir.Constant(I64, size))
        written = functools.reduce(builder.mul, self.counts[:-1], builder.mul(row_bytes, ir.Constant(I64, results)))
        enough = builder.icmp_unsigned(">=", written, ir.Constant(I64, STREAMED))
        long = builder.icmp_unsigned(">=", row_bytes, ir.Constant(I64, least))

        def points(outer: list[ir.Value], begin: ir.Value, end: ir.Value) -> None:
            assert self.part is not None
            space, ignored = [begin, end, self.starts[-1], self.steps[-1], *self.part], ir.Constant(I64, 0)
            builder.call(row, [*space, *outer, ignored, *self.arguments])

        self.streaming = Streaming(builder.and_(enough, long), points, together, PIECE // size)

    def mirror(
        self, module: ir.Module, declared: mirrors.Declared, units: ir.Value, sizes: Sequence[ir.Value],
        most_through: int = (1 << 63) - 1,
    ) -> None:  # fmt: skip
        """Let functions that mirror a matrix in an order of their own do all there is to do, where they can.

        They are given how many units there are, and how many groups, or points, along each axis. What cannot go past the cache
        goes through it up to so many bytes.
        """
        begin, end, *_ = self.function.args
        for declare, limits in zip(declared, ((STREAMED, (1 << 63) - 1), (0, most_through)), strict=True):
            least, most = (ir.Constant(I64, limit) for limit in limits)
            given = [begin, end, units, least, most, *sizes, *self.starts, *self.steps, *self.arguments]
            with self.builder.if_then(self.builder.call(declare(module), given), likely=False):
                self.builder.ret_void()

    def calling(self, row: ir.Function) -> Points:
        """Return the way to run part of a row by a row function."""

        def points(outer: list[ir.Value], begin: ir.Value, end: ir.Value) -> None:
            space, ignored = [begin, end, self.starts[-1], self.steps[-1]], ir.Constant(I64, 0)
            self.builder.call(row, [*space, *outer, ignored, *self.arguments])

        return points

    def parted(self, first: int | None, last: Sequence[End], inside: Points, ends: Points) -> Points:
        """Return the way to run part of a row whose indices from `first` to before `last` run `inside`, others as `ends`."""

        def points(outer: list[ir.Value], begin: ir.Value, end: ir.Value) -> None:
            builder, low, high = self.builder, begin, end
            if first is not None:
                low = maximum(builder, low, builder.sub(ir.Constant(I64, first), self.starts[-1]))
            for limit in last:
                given = self.arguments[limit.parameter - self.ndim]
                extent = given if limit.axis is None else builder.extract_value(given, [SHAPE, limit.axis])
                offset = builder.sub(ir.Constant(I64, limit.offset), self.starts[-1])
                high = minimum(builder, high, builder.add(extent, offset))
            low = minimum(builder, low, end)
            high = maximum(builder, low, high)
            inside(outer, low, high)
            with short_loop(builder, ir.Constant(I64, 2)) as turn:
                before = builder.icmp_signed("==", turn, ir.Constant(I64, 0))
                ends(outer, builder.select(before, begin, high), builder.select(before, low, end))

        return points

    def _either(self, condition: ir.Value, this: Points, other: Points) -> Points:
        def points(outer: list[ir.Value], begin: ir.Value, end: ir.Value) -> None:
            with self.builder.if_else(condition) as (yes, no):
                with yes:
                    this(outer, begin, end)
                with no:
                    other(outer, begin, end)

        return points

    def _all(self, points: Points, together: bool = False) -> None:
        begin, end, *_ = self.function.args
        if self.ndim == 1:
            points([], *self._part(begin, end))
        else:
            self._rows(begin, end, points, together)

    def _rows(self, begin: ir.Value, end: ir.Value, points: Points, together: bool) -> None:
        """Generate the loop over rows, one or some at once; divisions find the first of them, and the others follow it."""
        builder, zero, one = self.builder, ir.Constant(I64, 0), ir.Constant(I64, 1)
        some = builder.icmp_signed("<", begin, end)
        with builder.if_then(some, likely=True):  # of an empty space there may be nothing to divide by
            blocks = blocks_of(builder, self.counts[-1], self.block)
            block = cgutils.alloca_once_value(builder, builder.urem(begin, blocks))
            places = [cgutils.alloca_once_value(builder, place) for place in self._outer(builder.udiv(begin, blocks))]
            with while_loop(builder, begin, end) as (unit, advance):
                at = [builder.load(place) for place in places]
                first, rows, planes = builder.load(block), one, one
                take = minimum(builder, builder.sub(end, unit), builder.sub(blocks, first))
                part = self._part(first, builder.add(first, take))
                left = builder.select(builder.icmp_signed("==", first, zero), builder.sub(end, unit), zero)
                if not together:
                    points(self._indices(at), *part)
                elif self.ndim == 2:
                    follow = builder.sub(self.counts[-2], at[-1])
                    several = minimum(builder, builder.udiv(left, blocks), follow, ir.Constant(I64, ROWS))
                    rows = maximum(builder, several, one)
                    self._side_by_side(at, rows, *part, points)
                else:
                    planes, rows = self._whole_planes(at, builder.udiv(left, blocks))
                    self._in_turn(at, planes, rows, *part, points)
                builder.store(zero, block)
                self._follow(places, planes, rows)
                advance(builder.add(unit, builder.mul(take, builder.mul(planes, rows))))

    def _whole_planes(self, places: list[ir.Value], left: ir.Value) -> tuple[ir.Value, ir.Value]:
        """Return how many rows of how many planes are next, where so many rows are left: of two whole planes, or one row."""
        builder, one, two = self.builder, ir.Constant(I64, 1), ir.Constant(I64, 2)
        begins = builder.icmp_signed("==", places[-1], ir.Constant(I64, 0))
        follows = builder.icmp_signed(">=", builder.sub(self.counts[-3], places[-2]), two)
        enough = builder.icmp_signed(">=", left, builder.mul(self.counts[-2], two))
        whole = functools.reduce(builder.and_, [begins, follows, enough])
        return builder.select(whole, two, one), builder.select(whole, self.counts[-2], one)

    def _in_turn(
        self, places: list[ir.Value], planes: ir.Value, rows: ir.Value, begin: ir.Value, end: ir.Value, points: Points
    ) -> None:
        """Generate the run of so many rows from the one at these places on, of so many planes in turn."""
        builder, zero, one = self.builder, ir.Constant(I64, 0), ir.Constant(I64, 1)
        with while_loop(builder, zero, rows) as (row, next_row):
            with while_loop(builder, zero, planes) as (plane, next_plane):
                beside = [
                    builder.add(places[-2], plane, flags=("nuw", "nsw")),
                    builder.add(places[-1], row, flags=("nuw", "nsw")),
                ]
                points(self._indices([*places[:-2], *beside]), begin, end)
                next_plane(builder.add(plane, one, flags=("nuw", "nsw")))
            next_row(builder.add(row, one, flags=("nuw", "nsw")))

    def _side_by_side(
        self, places: list[ir.Value], rows: ir.Value, begin: ir.Value, end: ir.Value, points: Points
    ) -> None:
        """Generate the run of so many rows from the one at these places on, a piece of each in turn; of one all at once."""
        assert self.streaming is not None
        builder, one = self.builder, ir.Constant(I64, 1)
        alone = builder.icmp_signed("==", rows, one)
        step = builder.select(alone, builder.sub(end, begin), ir.Constant(I64, self.streaming.piece))
        with while_loop(builder, begin, end) as (low, forward):
            following = builder.add(low, step)
            high = minimum(builder, following, end)
            with while_loop(builder, ir.Constant(I64, 0), rows) as (row, advance):
                at = [*places[:-1], builder.add(places[-1], row, flags=("nuw", "nsw"))]
                points(self._indices(at), low, high)
                advance(builder.add(row, one, flags=("nuw", "nsw")))
            forward(following)

    def _follow(self, places: list[ir.Value], planes: ir.Value, rows: ir.Value) -> None:
        """Let the places of a row along the axes before the last, which lie in memory, become those of so many rows later.

        Where that is behind a plane, it is so many planes later.
        """
        builder, zero, carry, further = self.builder, ir.Constant(I64, 0), rows, planes
        for axis in range(self.ndim - 2, -1, -1):
            following = builder.add(builder.load(places[axis]), carry)
            if axis:
                over = builder.icmp_signed("==", following, self.counts[axis])
                carry, following = builder.select(over, further, zero), builder.select(over, zero, following)
                further = ir.Constant(I64, 1)
            builder.store(following, places[axis])

    def groups(self, module: ir.Module, linked: Group, group: tuple[int, ...]) -> ir.Function:
        """Generate the loop over groups around a group function; a unit is a group.

        Groups follow one another along the axis `linked.fastest`, and along the others the last before the first. Where
        rows can wait for the next group, `STRIP` groups of the next axis go along side by side, `WIDE_STRIP` where they do.
        """
        begin, end, _ = self.function.args
        builder, function, fastest = self.builder, linked.declare(module), linked.fastest
        axes = sorted(range(self.ndim), key=lambda axis: (axis != fastest, -axis))
        if linked.mirror is not None:
            sizes = [groups_along(builder, *pair) for pair in zip(self.counts, group, strict=True)]
            self.mirror(module, linked.mirror, functools.reduce(builder.mul, sizes), sizes, STREAMED - 1)
        strips = WIDE_STRIP if linked.carried is not None and self.ndim > 1 else 1
        memory = None if linked.carried is None else self._memory_of_rows(linked.carried, strips)
        if memory is not None:
            past = cgutils.is_not_null(builder, memory)
            begin, end = self._whole_runs(begin, end, group, past)
        with while_loop(builder, begin, end) as (unit, advance):
            counts = {axis: groups_along(builder, self.counts[axis], group[axis]) for axis in axes}
            indices: dict[int, ir.Value] = {}
            left, others, side = unit, axes, ir.Constant(I64, 0)
            ahead = {axis: ir.Constant(I64, int(axis == fastest)) for axis in axes}
            if strips > 1:
                widest = builder.select(past, ir.Constant(I64, strips), ir.Constant(I64, STRIP))
                left, side, others = *self._in_strip(axes[:2], counts, unit, widest, indices, ahead), axes[2:]
            for axis in others[:-1]:
                indices[axis] = builder.urem(left, counts[axis])
                left = builder.udiv(left, counts[axis])
            if others:
                indices[others[-1]] = left
            places = [indices[axis] for axis in range(self.ndim)]
            filler = [ir.Constant(I64, 0)] * self.ndim
            carried = [] if memory is None else [self._places(memory, linked.carried, side)]
            if memory is not None:
                carried += [ahead[axis] for axis in range(self.ndim)]
            builder.call(function, [*places, *self.starts, *self.steps, *filler, *self.arguments, *carried])
            advance(builder.add(unit, ir.Constant(I64, 1), flags=("nuw", "nsw")))
        if memory is not None:
            with builder.if_then(cgutils.is_not_null(builder, memory), likely=False):
                end_of_rows = linked.declare_end(module)
                for number in range(strips):
                    builder.call(end_of_rows, [self._places(memory, linked.carried, ir.Constant(I64, number))])
                builder.fence("seq_cst")
        builder.ret_void()
        return self.function

    def _in_strip(
        self, axes: list[int], counts: dict[int, ir.Value], unit: ir.Value, widest: ir.Value,
        indices: dict[int, ir.Value], ahead: dict[int, ir.Value],
    ) -> tuple[ir.Value, ir.Value]:  # fmt: skip
        """Find a group's place along and across strips; return what is left of its number, and its place in the strip.

        What runs `COMING` groups later is so far across, or, from the end of the strip's row on, in the next row.
        """
        builder, along, across = self.builder, *axes
        plane = builder.mul(counts[along], counts[across])
        within, length = builder.urem(unit, plane), builder.mul(counts[along], widest)
        first = builder.mul(builder.udiv(within, length), widest)
        width = minimum(builder, widest, builder.sub(counts[across], first))
        within = builder.urem(within, length)
        side = builder.urem(within, width)
        indices[along], indices[across] = builder.udiv(within, width), builder.add(first, side)
        later = minimum(builder, ir.Constant(I64, COMING), width)
        in_next = builder.icmp_signed(">=", builder.add(side, later), width)
        ahead[along] = builder.zext(in_next, I64)
        ahead[across] = builder.sub(later, builder.select(in_next, width, ir.Constant(I64, 0)))
        return builder.udiv(unit, plane), side

    def _whole_runs(
        self, begin: ir.Value, end: ir.Value, group: tuple[int, ...], past: ir.Value
    ) -> tuple[ir.Value, ir.Value]:
        """Return the groups of the runs that begin in [begin, end): where rows wait, pieces end where runs do."""
        builder, one = self.builder, ir.Constant(I64, 1)
        every = functools.reduce(builder.mul, map(functools.partial(groups_along, builder), self.counts, group))
        run = maximum(
            builder, one, minimum(builder, ir.Constant(I64, RUN), builder.udiv(every, ir.Constant(I64, RUNS)))
        )
        run = builder.select(past, run, one)
        ends = [builder.mul(builder.udiv(builder.add(at, builder.sub(run, one)), run), run) for at in (begin, end)]
        return minimum(builder, ends[0], every), minimum(builder, ends[1], every)

    def _places(self, memory: ir.Value, carried: Carried, side: ir.Value) -> ir.Value:
        """Return where the rows of one group of a strip wait; null if they do not."""
        builder = self.builder
        own = builder.gep(memory, [builder.mul(side, ir.Constant(I64, PLACE * carried.rows))])
        return builder.select(cgutils.is_null(builder, memory), memory, own)

    def _memory_of_rows(self, carried: Carried, strips: int) -> ir.Value:
        """Return empty memory for the ends of a strip's rows; null in launches that do not write enough, or short rows."""
        builder, size = self.builder, ir.Constant(I64, carried.size)
        written = builder.mul(builder.extract_value(self.arguments[carried.argument - self.ndim], NITEMS), size)
        enough = builder.icmp_unsigned(">=", written, ir.Constant(I64, STREAMED))
        long = builder.icmp_unsigned(">=", builder.mul(self.counts[-1], size), ir.Constant(I64, LONG_OF_GROUPS))
        streams = builder.and_(enough, long)
        rows = strips * carried.rows
        memory = builder.alloca(ir.ArrayType(ir.ArrayType(I64, PLACE // 8), rows))
        memory.align = PLACE
        with builder.if_then(streams, likely=False):
            cgutils.memset(builder, memory, ir.Constant(I64, PLACE * rows), 0)
        return builder.select(streams, builder.bitcast(memory, BYTE), ir.Constant(BYTE, None))

    def _outer(self, row: ir.Value) -> list[ir.Value]:
        """Return the places along the axes before the last, from a row's number."""
        builder = self.builder
        positions: list[ir.Value] = []
        for axis in range(self.ndim - 2, 0, -1):
            positions.insert(0, builder.urem(row, self.counts[axis]))
            row = builder.udiv(row, self.counts[axis])
        return [row, *positions]

    def _index(self, axis: int, position: ir.Value) -> ir.Value:
        builder = self.builder
        if axis == self.ndim - 1 and self.unit_step:
            return builder.add(self.starts[axis], position, flags=("nuw", "nsw"))
        return builder.add(self.starts[axis], builder.mul(position, self.steps[axis], flags=("nsw",)), flags=("nsw",))

    def _part(self, first: ir.Value, last: ir.Value) -> tuple[ir.Value, ir.Value]:
        """Return the points of some blocks of a row."""
        builder, size = self.builder, ir.Constant(I64, self.block)
        begin = builder.mul(first, size, flags=("nuw", "nsw"))
        self.part = begin, minimum(builder, builder.mul(last, size, flags=("nuw", "nsw")), self.counts[-1])
        return self.part

    def _indices(self, places: list[ir.Value]) -> list[ir.Value]:
        return [self._index(axis, place) for axis, place in enumerate(places)]


def minimum(builder: ir.IRBuilder, *counts: ir.Value) -> ir.Value:
    """Return the smallest of some counts."""
    return functools.reduce(lambda a, b: builder.select(builder.icmp_signed("<", a, b), a, b), counts)


def maximum(builder: ir.IRBuilder, a: ir.Value, b: ir.Value) -> ir.Value:
    """Return the larger of two counts."""
    return builder.select(builder.icmp_signed(">", a, b), a, b)


def groups_along(builder: ir.IRBuilder, count: ir.Value, size: int) -> ir.Value:
    """Return how many groups cover `count` points of an axis."""
    rounded = builder.add(count, ir.Constant(I64, size - 1))
    return builder.udiv(rounded, ir.Constant(I64, size))


def blocks_of(builder: ir.IRBuilder, count: ir.Value, block: int) -> ir.Value:
    """Return how many blocks of so many points cover `count` of them."""
    rounded = builder.add(count, ir.Constant(I64, block - 1))
    return builder.udiv(rounded, ir.Constant(I64, block))
