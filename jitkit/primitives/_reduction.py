"""How every reduction is put together: in a fixed order, so that equal inputs give equal bits.

An array is cut into blocks of one size, whatever the number of threads. A group takes a block: each of its lanes combines
elements on its own, and then the lanes' results are combined in pairs. What the blocks give is reduced in the same way.

Where operands may change places, lanes take neighbouring elements: `_interleaved` has the kernels. Where not, every operand
stays in order: by `_ordered` on a host, by `_ordered_groups` on a GPU. Here are those for columns, and for what blocks give.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import jitkit as jk
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.launch.ready import Ready
from jitkit.operands import made
from jitkit.primitives import _values
from jitkit.primitives._arrays import apart, device_of, value_of
from jitkit.primitives._interleaved import ON_GPU, ON_HOST, RUN, Order, groups_kernel, rows_kernel
from jitkit.primitives._ordered import IN_ORDER, Deals, ordered_kernel
from jitkit.primitives._ordered_groups import Tiled, ordered_groups_kernel

SPAN = 256
"""Elements along an axis that one point combines, where neighbouring points take neighbouring columns."""
SEVERAL = 64
"""Blocks of a row up to which what they give is kept to be written again: new arrays would take a third of the time."""
SHORT = 128
"""Rows shorter than this are left to one point each: a group would have little for its lanes to do."""


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
    def reduce_columns(o, s, c, x, n, initial, started, out):
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
    kind : type, optional
        The class of the structs that the values are to the user.
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
        kind: type | None = None,
    ) -> None:
        self.alike, self.identity, self._part, self.kind = alike, identity, part, kind
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
        return self._pair(lambda read: groups_kernel(read, self.again, self.join, self.write, self.dtypes))

    @functools.cached_property
    def rows_on_host(self) -> tuple[Launcher, Launcher]:
        """The same for inputs on the host."""
        return self._pair(lambda read: rows_kernel(read, self.again, self.join, self.write))

    @functools.cached_property
    def rows_in_order(self) -> tuple[Launcher, Launcher]:
        """The kernel for inputs on a GPU whose operands may not change places, and the one for what it gives."""
        tiled = self._tiled
        return self._pair(lambda read: ordered_groups_kernel(read, self.again, self.join, self.write, tiled))

    @functools.cached_property
    def _tiled(self) -> Tiled:
        """How blocks of inputs on a GPU are dealt out where operands may not change places."""
        return Tiled(self.dtypes)

    @functools.cached_property
    def rows_in_order_on_host(self) -> tuple[Launcher, Launcher]:
        """The same for inputs on the host."""
        return self._pair(lambda read: ordered_kernel(read, self.again, self.join, self.write))

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
            # What lanes give; on a GPU it is in shared memory.
            held = (made((rows, self._kept_of(n)), self.dtypes, None),) if device is None else ()
            if blocks == 1:
                out = made((rows, 1), self.dtypes, device) if target is None else target.reshape((rows, 1))
                launcher.run(space, backend, (x, n, *self._from(start), *held, out))
                return out
            out = made((rows, blocks), self.dtypes, device)
            launcher.run(space, backend, (x, n, *self._from(None), *held, out))
            if device is None and not self.alike:
                return self._of_blocks(out, rows, blocks, start, target, backend)
            x, n, launcher = out, blocks, following

    def _dealt(self, device: str | None) -> tuple[Order | Deals | Tiled, tuple[Launcher, Launcher]]:
        """Return how blocks are dealt out to lanes, and the kernels that do so."""
        if device is None:
            return (ON_HOST, self.rows_on_host) if self.commutative else (IN_ORDER, self.rows_in_order_on_host)
        return (ON_GPU, self.rows) if self.commutative else (self._tiled, self.rows_in_order)

    def _kept_of(self, n: int) -> int:
        """Return how many values a host keeps of a row of n elements."""
        return (ON_HOST if self.commutative else IN_ORDER).kept_of(n)

    def of_row(self, x: Any, start: Any, target: Any, kept: bool, backend: str | None) -> Any:
        """Reduce matrices of the host, of one row that is not empty, to a number, or a tuple of them.

        Where the axis is `kept`, results are vectors of length 1; where they go into a target, they are not returned. What
        a block is worked on in is used again: for a thousand elements new arrays would take as long as the reduction.
        """
        n = (x[0] if type(x) is tuple else x).shape[1]
        space, block, kept_values, launcher, nothing, spare = self._block
        if n > block:
            return self._of_long_row(x, n, start, target, kept, backend)
        try:
            held, out, result = used = spare.pop()
        except IndexError:
            out = made((1, 1), self.dtypes, None)
            held, out, result = used = made((1, kept_values), self.dtypes, None), out, self.given(out)
        if target is not None:
            out = target.reshape((1, 1))
        args = (x, n, nothing, False, held, out) if start is None else (x, n, start, True, held, out)
        if not launcher.enter(space, backend, args):
            launcher(space, backend)(*args)
        total = None
        if target is None:
            total = result[0, 0] if not kept and type(result) is np.ndarray else _first(result, kept)
        spare.append(used)
        return total

    def block_of(self, rows: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...], tuple[Any, ...], tuple[Any, ...]] | None:
        """Return what `of_row` does for rows of a block, with memory of its own; None for longer ones, and parts of values.

        Returns
        -------
        launch, args, held, outs
            The launch and its arguments, and what among those is worked in, and holds the results.
        """
        space, block, kept_values, launcher, nothing, _ = self._block
        n = rows[0].shape[1]
        if n > block or self._part is not None:
            return None
        held, out = made((1, kept_values), self.dtypes, None), made((1, 1), self.dtypes, None)
        args = (value_of(rows), n, nothing, False, held, out)
        several = len(self.dtypes) > 1
        return launcher(space, None), args, held if several else (held,), out if several else (out,)

    def _of_long_row(self, x: Any, n: int, start: Any, target: Any, kept: bool, backend: str | None) -> Any:
        """Do what `of_row` does for a row of several blocks, of which each is reduced first."""
        (_, width), block, _, launcher, nothing, _ = self._block
        blocks = -(-n // block)
        spare = self._between.setdefault(blocks, []) if blocks <= SEVERAL else []
        try:
            held, between = used = spare.pop()
        except IndexError:
            held = made((1, self._kept_of(blocks * block)), self.dtypes, None)
            used = held, between = held, made((1, blocks), self.dtypes, None)
        launcher.run((1, blocks * width), backend, (x, n, nothing, False, held, between))
        if self.alike:
            total = self.of_row(between, start, target, kept, backend)
        else:
            out = made((1, 1), self.dtypes, None) if target is None else target.reshape((1, 1))
            self.pairs.run((1,), backend, (blocks, *self._from(start), between, out))
            total = None if target is not None else _first(self.given(out), kept)
        spare.append(used)
        return total

    @functools.cached_property
    def _between(self) -> dict[int, list[tuple[Any, Any]]]:
        """What `_of_long_row` works with, by the number of blocks."""
        return {}

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
        return (1, order.width), order.block, self._kept_of(order.block), launchers[0], self._nothing, []

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
            launcher.run((outer, spans, inner), backend, (x, n, *self._from(None), out))
            x, n, launcher = out, spans, following
        space = (outer, 1, inner)
        out = made(space, self.dtypes, device) if target is None else target.reshape(space)
        launcher.run(space, backend, (x, n, *self._from(start), out))
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
        self.short_columns.run((outer, 1, inner), backend, (x, n, *self._from(start), out))
        return out

    def ready(
        self, shape: tuple[int, int, int], final: tuple[int, ...], brief: bool, start: Any = None
    ) -> Ready | None:
        """Return the one launch that reduces arrays of the host, seen in this shape, along the middle axis; None for several.

        It does what `of_row` and `of_array` do.
        """
        outer, n, inner = shape
        if self._part is not None or len(self.dtypes) > 1 or n == 0:
            return None
        numbers, (dtype,) = (n, *self._from(start)), self.dtypes
        if inner == 1 and (outer == 1 or n >= SHORT):
            (_, width), block, kept, launcher, *_ = self._block
            if n > block:
                return None
            return Ready(
                launcher, (outer, width), numbers, (outer, n), (outer, 1), dtype, final, (outer, kept), brief=brief
            )
        if n > SPAN:
            return None
        launcher = self.columns[0]
        if inner > 1:
            return Ready(launcher, (outer, 1, inner), numbers, shape, (outer, 1, inner), dtype, final, brief=brief)
        turn = (2, 1, 0)  # neighbouring points of the last index are neighbouring rows then
        return Ready(launcher, (1, 1, outer), numbers, shape, (1, 1, outer), dtype, final, turn=turn, brief=brief)

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
