"""The kernels of every reduction, and how they are put together: in a fixed order, so that equal inputs give equal bits.

An array is cut into blocks of one size, whatever the number of threads. A group takes a block: each of its lanes combines
elements on its own, four chains at a time in runs of sixteen, and then the lanes' results are combined in pairs. What the
blocks give is reduced in the same way. A sum of n elements so passes through about as many additions as in NumPy's
pairwise summation: 16 + 8 in a lane, 2 + 3 in a group, and again for every factor of 4096 (16 + 2 and 2 + 5 on a GPU).

Where operands may change places, lanes take neighbouring elements, as vectors and warps read them; where not, each lane
takes a stretch of its own, and every operand stays in order. On a host `_ordered` has the kernel for that.

Sources: M. Harris, Optimizing Parallel Reduction in CUDA, NVIDIA, 2007; N. J. Higham, The accuracy of floating point
summation, SIAM J. Sci. Comput. 14, 783-799, 1993.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

import jitkit as jk
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.operands import made
from jitkit.primitives import _values
from jitkit.primitives._arrays import apart, device_of, value_of
from jitkit.primitives._ordered import IN_ORDER, Deals, ordered_kernel

LANES = 32
"""Work-items of a group: a warp."""
FEW_LANES = 8
"""The same on a host: one vector, so that memory is read in one sweep (float64 in 0.6 of the time that 32 took)."""
RUN = 16
"""Elements that are combined one after another before the result joins another."""
SPAN = 256
"""Elements along an axis that one point combines, where neighbouring points take neighbouring columns."""
SHORT = 128
"""Rows shorter than this are left to one point each: a group would have little for its lanes to do."""


class Order(NamedTuple):
    """How a block is dealt out to `width` lanes: the distances between them, between a lane's four chains, along a chain."""

    width: int
    lanes: int
    chains: int
    along: int
    length: int

    @property
    def block(self) -> int:
        """Elements of a block."""
        return self.width * 4 * self.length

    def kept_of(self, n: int) -> int:
        """Return how many values are kept of a row of n elements: one for each lane."""
        return -(-n // self.block) * self.width


# Two runs to a chain: 16 million elements are dealt out to 131,072 work-items, half of what an H200 has at a time.
INTERLEAVED = Order(LANES, lanes=1, chains=LANES, along=4 * LANES, length=2 * RUN)
ON_HOST = Order(FEW_LANES, lanes=1, chains=FEW_LANES, along=4 * FEW_LANES, length=8 * RUN)
# 9 runs and not 8: a stretch of a power of two bytes would put the lanes' elements into the same set of the cache.
STRETCHES = Order(LANES, lanes=36 * RUN, chains=9 * RUN, along=1, length=9 * RUN)


def rows_kernel(read: Callable, again: Callable, join: Callable, write: Callable, order: Order) -> Kernel:
    """Return the kernel that reduces each block of each row of a matrix.

    Parameters
    ----------
    read, again : callable
        ``read(x, at)`` gives the value of an input, ``again(out, at)`` that of a result.
    join : callable
        The operator on values.
    write : callable
        ``write(out, at, value)``.
    order : Order
        How a block is dealt out.
    """
    block, along, chains, width = order.block, order.along, order.chains, order.width
    runs, jump, between = order.length // RUN, RUN * order.along, order.lanes

    def run_of_four(x, r, at):
        a, b, c, d = (
            read(x, (r, at)),
            read(x, (r, at + chains)),
            read(x, (r, at + 2 * chains)),
            read(x, (r, at + 3 * chains)),
        )
        for k in range(1, RUN):
            to = at + k * along
            a, b = join(a, read(x, (r, to))), join(b, read(x, (r, to + chains)))
            c, d = join(c, read(x, (r, to + 2 * chains))), join(d, read(x, (r, to + 3 * chains)))
        return a, b, c, d

    def whole(x, r, at):
        first = read(x, (r, at))
        a, b, c, d = first, first, first, first
        for k in range(runs):
            e, f, g, h = run_of_four(x, r, at + k * jump)
            if k > 0:
                e, f, g, h = join(a, e), join(b, f), join(c, g), join(d, h)
            a, b, c, d = e, f, g, h
        return join(join(a, b), join(c, d))

    def part(x, r, at, step, count):
        total = read(x, (r, at))
        for first in range(0, count, RUN):
            value = read(x, (r, at + first * step))
            for k in range(first + 1, min(first + RUN, count)):
                value = join(value, read(x, (r, at + k * step)))
            if first > 0:
                value = join(total, value)
            total = value
        return total

    if order.along > 1:

        def rest(r, i, x, first, lane, count, held):
            each = count // width
            if each > 0:
                write(held, (r, i), part(x, r, first + lane, width, each))
            if lane < count - each * width:
                value = read(x, (r, first + each * width + lane))
                if each > 0:
                    value = join(again(held, (r, i)), value)
                write(held, (r, i), value)
            return min(width, count)

    else:

        def rest(r, i, x, first, lane, count, held):
            each = (count + width - 1) // width
            if lane * each < count:
                write(held, (r, i), part(x, r, first + lane * each, 1, min(each, count - lane * each)))
            return (count + each - 1) // each

    @jk.kernel(group=(1, width))
    def reduce_rows(r, i, n, x, initial, started, held, out):
        number, lane = jk.group_index()[1], jk.local_index()[1]
        first = number * block
        count = min(block, n - first)
        used = width
        if count == block:
            write(held, (r, i), whole(x, r, first + lane * between))
        else:
            used = rest(r, i, x, first, lane, count, held)
        jk.barrier()
        if lane == 0:
            apart = 1
            while apart < used:
                for k in range(i, i + used - apart, 2 * apart):
                    write(held, (r, k), join(again(held, (r, k)), again(held, (r, k + apart))))
                apart *= 2
            total = again(held, (r, i))
            if started:
                total = join(initial, total)
            write(out, (r, number), total)

    return reduce_rows


def pairs_kernel(again: Callable, join: Callable, write: Callable) -> Kernel:
    """Return the kernel that combines the results of a row's blocks in pairs, in place: one point to a row.

    It compiles in a fifth of the time of another kernel of groups, and for 16 million elements there are 4096 results.
    """

    @jk.kernel
    def reduce_pairs(r, n, initial, started, held, out):
        apart = 1
        while apart < n:
            for k in range(0, n - apart, 2 * apart):
                write(held, (r, k), join(again(held, (r, k)), again(held, (r, k + apart))))
            apart *= 2
        total = again(held, (r, 0))
        if started:
            total = join(initial, total)
        write(out, (r, 0), total)

    return reduce_pairs


def columns_kernel(read: Callable, join: Callable, write: Callable) -> Kernel:
    """Return the kernel that reduces each stretch of `SPAN` elements along the middle axis; neighbours are columns."""

    @jk.kernel
    def reduce_columns(o, s, c, n, x, initial, started, out):
        first, last = s * SPAN, min(n, s * SPAN + SPAN)
        total = read(x, (o, first, c))
        for k in range(first + 1, min(first + RUN, last)):
            total = join(total, read(x, (o, k, c)))
        for run in range(first + RUN, last, RUN):
            value = read(x, (o, run, c))
            for k in range(run + 1, min(run + RUN, last)):
                value = join(value, read(x, (o, k, c)))
            total = join(total, value)
        if started:
            total = join(initial, total)
        write(out, (o, s, c), total)

    return reduce_columns


class Reduction:
    """Everything compiled for one operator, one function of the inputs and one choice of dtypes.

    Parameters
    ----------
    read : callable
        ``read(x, at)`` gives the value at an index of the inputs.
    op : callable
        The operator of two values.
    dtypes : tuple of numpy.dtype
        In which values are combined.
    commutative : bool
        Whether operands may change places.
    alike : bool
        Whether results are read as the inputs are, so that one kernel does for both.
    identity : number, optional
        The result of no elements, where there is one.
    part : int, optional
        Which part of a value of several is the result; all unless given.
    in_order : callable, optional
        The operator where the second operand comes after the first; `op` unless given.
    """

    def __init__(
        self,
        read: Callable,
        op: Callable,
        dtypes: tuple[np.dtype[Any], ...],
        commutative: bool,
        alike: bool = False,
        identity: Any = None,
        part: int | None = None,
        in_order: Callable | None = None,
    ) -> None:
        self.alike, self.identity, self._part = alike, identity, part
        self.dtypes, self.commutative = dtypes, commutative
        self.in_any_order = commutative and part is None  # where a part is the result, it is of a value and its place
        convert = _values.converter(dtypes)
        self.again, self.write = _values.reader(len(dtypes)), _values.writer(len(dtypes))

        def converted(x, at):
            return convert(read(x, at))

        def join(a, b):
            return convert(op(a, b))

        later = in_order or op

        def join_in_order(a, b):
            return convert(later(a, b))

        self.read, self.join = converted, join
        self.join_in_order = join if in_order is None else join_in_order

    @functools.cached_property
    def rows(self) -> tuple[Launcher, Launcher]:
        """The kernel for inputs on a GPU, and the one for what it gives."""
        return self._rows(INTERLEAVED)

    @functools.cached_property
    def rows_on_host(self) -> tuple[Launcher, Launcher]:
        """The same for inputs on the host."""
        return self._rows(ON_HOST)

    @functools.cached_property
    def rows_in_order(self) -> tuple[Launcher, Launcher]:
        """The kernel for inputs on a GPU whose operands may not change places, and the one for what it gives."""
        return self._rows(STRETCHES)

    @functools.cached_property
    def rows_in_order_on_host(self) -> tuple[Launcher, Launcher]:
        """The same for inputs on the host."""
        return self._pair(lambda read: ordered_kernel(read, self.again, self.join, self.write))

    def _rows(self, order: Order) -> tuple[Launcher, Launcher]:
        return self._pair(lambda read: rows_kernel(read, self.again, self.join, self.write, order))

    @functools.cached_property
    def columns(self) -> tuple[Launcher, Launcher]:
        """The same for columns."""
        return self._pair(lambda read: columns_kernel(read, self.join_in_order, self.write))

    @functools.cached_property
    def short_columns(self) -> Launcher:
        """The kernel for columns of one stretch where part of a value is the result: only that is written."""
        part = self._part

        def write_part(out, at, value):
            out[at] = value[part]

        return Launcher(columns_kernel(self.read, self.join_in_order, write_part))

    def _pair(self, make: Callable[[Callable], Kernel]) -> tuple[Launcher, Launcher]:
        following = Launcher(make(self.again))
        return following if self.alike else Launcher(make(self.read)), following

    @functools.cached_property
    def pairs(self) -> Launcher:
        """The kernel for what blocks of inputs on the host give."""
        return Launcher(pairs_kernel(self.again, self.join, self.write))

    @functools.cached_property
    def _nothing(self) -> Any:
        """What stands where there is no initial value."""
        return value_of([dtype.type(0) for dtype in self.dtypes])

    def of_rows(
        self, x: Any, rows: int, n: int, start: Any, target: Any, device: str | None, backend: str | None
    ) -> Any:
        """Reduce each row of a (rows, n) matrix, or of several, as `along` does: (rows, 1) results."""
        order, (launcher, following) = self._dealt(device)
        while True:
            blocks = -(-n // order.block)
            space = (rows, blocks * order.width)
            held = made((rows, order.kept_of(n)), self.dtypes, device)
            if blocks == 1:
                out = made((rows, 1), self.dtypes, device) if target is None else target.reshape((rows, 1))
                launcher.run(space, backend, (n, x, *self._from(start), held, out))
                return out
            out = made((rows, blocks), self.dtypes, device)
            launcher.run(space, backend, (n, x, *self._from(None), held, out))
            if device is None and not self.alike:
                return self._of_blocks(out, rows, blocks, start, target, backend)
            x, n, launcher = out, blocks, following

    def _dealt(self, device: str | None) -> tuple[Order | Deals, tuple[Launcher, Launcher]]:
        """Return how blocks are dealt out to lanes, and the kernels that do so."""
        if device is None:
            return (ON_HOST, self.rows_on_host) if self.commutative else (IN_ORDER, self.rows_in_order_on_host)
        return (INTERLEAVED, self.rows) if self.commutative else (STRETCHES, self.rows_in_order)

    def of_row(self, x: Any, start: Any, target: Any, kept: bool, backend: str | None) -> Any:
        """Reduce matrices of the host, of one row that is not empty, to a number, or a tuple of them.

        Where the axis is `kept`, results are vectors of length 1; where they go into a target, they are not returned. What
        a block is worked on in is used again: for a thousand elements new arrays would take as long as the reduction.
        """
        n = (x[0] if type(x) is tuple else x).shape[1]
        space, block, kept_values, launcher, nothing, spare = self._block
        if n > block:
            out = self.of_rows(x, 1, n, start, target, None, backend)
            return None if target is not None else _first(self.given(out), kept)
        try:
            held, out, result = used = spare.pop()
        except IndexError:
            out = made((1, 1), self.dtypes, None)
            held, out, result = used = made((1, kept_values), self.dtypes, None), out, self.given(out)
        if target is not None:
            out = target.reshape((1, 1))
        args = (n, x, nothing, False, held, out) if start is None else (n, x, start, True, held, out)
        if not launcher.enter(space, backend, args):
            launcher(space, backend)(*args)
        total = None
        if target is None:
            total = result[0, 0] if not kept and type(result) is np.ndarray else _first(result, kept)
        spare.append(used)
        return total

    def _from(self, start: Any) -> tuple[Any, bool]:
        """Return an initial value, or anything of its type, and whether it is one."""
        return (self._nothing, False) if start is None else (start, True)

    def given(self, out: Any) -> Any:
        """Return what is the result of the arrays for the parts of values."""
        return out if self._part is None else out[self._part]

    @functools.cached_property
    def _block(self) -> tuple[tuple[int, int], int, int, Launcher, Any, list[tuple[Any, Any, Any]]]:
        """What reduces a block on the host: the space, elements, values kept, the kernel, and what it works with."""
        order, launchers = self._dealt(None)
        return (1, order.width), order.block, order.kept_of(order.block), launchers[0], self._nothing, []

    def _of_blocks(self, held: Any, rows: int, blocks: int, start: Any, target: Any, backend: str | None) -> Any:
        """Reduce what the blocks of rows give: (rows, 1) results."""
        out = made((rows, 1), self.dtypes, None) if target is None else target.reshape((rows, 1))
        self.pairs((rows,), backend)(blocks, *self._from(start), held, out)
        return out

    def of_columns(
        self, x: Any, shape: tuple[int, int, int], start: Any, target: Any, device: str | None, backend: str | None
    ) -> Any:
        """Reduce along the middle axis of an (outer, n, inner) array, as `along` does: (outer, 1, inner) results."""
        launcher, following = self.columns
        outer, n, inner = shape
        while n > SPAN:
            spans = -(-n // SPAN)
            out = made((outer, spans, inner), self.dtypes, device)
            launcher.run((outer, spans, inner), backend, (n, x, *self._from(None), out))
            x, n, launcher = out, spans, following
        space = (outer, 1, inner)
        out = made(space, self.dtypes, device) if target is None else target.reshape(space)
        launcher.run(space, backend, (n, x, *self._from(start), out))
        return out

    def along(self, x: Any, start: Any, target: Any, backend: str | None) -> Any:
        """Reduce (outer, n, inner) arrays along the middle axis by whichever kernel suits their shape.

        Parameters
        ----------
        x : array or tuple of arrays
            What is reduced.
        start : number, tuple or None
            An initial value, which each result is combined with.
        target : numpy.ndarray or None
            Where results go, in C order; new arrays unless given.
        backend : str or None
            As for a launch.
        """
        first = x[0] if isinstance(x, tuple) else x
        outer, n, inner = first.shape
        device = device_of(first)
        if inner == 1 and (outer == 1 or n >= SHORT):
            return self.of_rows(reshaped(x, (outer, n)), outer, n, start, target, device, backend)
        if inner == 1 and device is None:  # neighbouring points of the last index are neighbouring rows then
            turned = tuple(a.transpose(2, 1, 0) for a in x) if isinstance(x, tuple) else x.transpose(2, 1, 0)
            return self.of_columns(turned, (1, n, outer), start, target, device, backend)
        return self.of_columns(x, (outer, n, inner), start, target, device, backend)

    def of_array(
        self, x: np.ndarray, shape: tuple[int, int, int], start: Any, target: np.ndarray | None, backend: str | None
    ) -> Any:
        """Return what `given` gives of `along` for one array of the host, seen in this shape: in 2 us less."""
        outer, n, inner = shape
        if inner > 1:
            x = x.reshape(shape)
        else:
            x = x if x.shape == (outer, n) else x.reshape((outer, n))
            if outer == 1 or n >= SHORT:
                return self.given(self.of_rows(x, outer, n, start, target, None, backend))
            x, outer, inner = x.T[None], 1, outer
        if self._part is None or n > SPAN:
            return self.given(self.of_columns(x, (outer, n, inner), start, target, None, backend))
        out = np.empty((outer, 1, inner), self.dtypes[self._part])
        self.short_columns.run((outer, 1, inner), backend, (n, x, *self._from(start), out))
        return out

    def target_of(self, out: Any, shape: tuple[int, ...], inputs: Sequence[Any] = ()) -> np.ndarray | None:
        """Return the user's array for results of a shape, if they can be written there while inputs are read."""
        if type(out) is not np.ndarray or len(self.dtypes) > 1:
            return None
        fits = out.shape == shape and out.dtype == self.dtypes[0] and out.flags.carray
        return out if fits and (not inputs or apart(out, inputs)) else None


def _first(out: Any, kept: bool) -> Any:
    if type(out) is tuple:
        return tuple([part[0].copy() if kept else part[0, 0] for part in out])
    return out[0].copy() if kept else out[0, 0]


def reshaped(x: Any, shape: tuple[int, ...]) -> Any:
    """Return an array, or each of a tuple, in another shape."""
    return tuple(a.reshape(shape) for a in x) if isinstance(x, tuple) else x.reshape(shape)
