"""How every scan is put together: in stretches on a host, in groups on a GPU."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from jitkit.arrays import to_numpy
from jitkit.launch.launcher import Launcher
from jitkit.operands import made
from jitkit.primitives import _scan_groups, _scan_stretches, _values
from jitkit.primitives._arrays import device_of, each, on_host, value_of
from jitkit.primitives._lazy import as_row
from jitkit.primitives._reduction import SHORT, reshaped
from jitkit.primitives._scan_groups import LANES, Tiles
from jitkit.primitives._scan_stretches import CHAINS, SERIAL

_ndarray, _zeros = np.ndarray, np.zeros
_ZERO, _INT64 = np.int64(0), np.dtype(np.int64)  # a dtype: NumPy would make one of a class each time
FEW, MANY = 64, 4096
"""Fewer columns than FEW, longer than MANY, are scanned as rows: one point to each would leave cores idle."""


class Scan:
    """Everything compiled for one operator and one choice of dtypes.

    Parameters
    ----------
    read : callable
        ``read(x, at)`` gives the value at an index of the inputs.
    op : callable
        The operator of two values.
    dtypes : tuple of numpy.dtype
        In which values are combined.
    inclusive : bool
        Whether an element's result includes the element.
    started : bool
        Whether there is a value before the first element.
    step : callable, optional
        What to do at each element, where that is not to write the value before or after it.
    step_on_host : callable, optional
        The same where `end` is the value after a stretch of the host's scan; `step` unless given.
    """

    def __init__(
        self,
        read: Callable,
        op: Callable,
        dtypes: tuple[np.dtype[Any], ...],
        inclusive: bool,
        started: bool,
        step: Callable | None = None,
        step_on_host: Callable | None = None,
    ) -> None:
        self.dtypes, self.inclusive, self.started = dtypes, inclusive, started
        self.only = dtypes[0] if len(dtypes) == 1 else None
        convert = _values.converter(dtypes)
        self.again, self.write = _values.reader(len(dtypes)), _values.writer(len(dtypes))

        def converted(x, at):
            return convert(read(x, at))

        def join(a, b):
            return convert(op(a, b))

        self.read, self.join = converted, join
        self.step = step or _scan_groups.walk(converted, join, self.write, inclusive)
        self.ended, self.step_on_host = step_on_host is not None, step_on_host or self.step

    @functools.cached_property
    def stretches(self) -> Launcher:
        """The reductions of stretches on a host."""
        origin = 0 if self.started else 1
        return Launcher(_scan_stretches.totals_kernel(self.read, self.join, self.write, origin))

    @functools.cached_property
    def walks(self) -> Launcher:
        """The scan of stretches on a host."""
        kernel = _scan_stretches.walks_kernel(
            self.read, self.again, self.join, self.write, self.step_on_host, 0 if self.started else 1, self.ended
        )
        return Launcher(kernel)

    @functools.cached_property
    def _tiles(self) -> Tiles:
        """How blocks are dealt out to groups."""
        return Tiles(self.dtypes)

    @functools.cached_property
    def totals(self) -> Launcher:
        """The reductions of blocks."""
        return Launcher(_scan_groups.totals_kernel(self.read, self.again, self.join, self.write, self._tiles))

    @functools.cached_property
    def rows(self) -> Launcher:
        """The scan inside blocks of the inputs."""
        kernel = _scan_groups.rows_scan_kernel(
            self.read, self.again, self.join, self.write, self.step, self.started, self._tiles
        )
        return Launcher(kernel)

    @functools.cached_property
    def columns(self) -> Launcher:
        """The scan of columns."""
        return Launcher(
            _scan_groups.columns_scan_kernel(self.read, self.join, self.write, self.inclusive, self.started)
        )

    @functools.cached_property
    def carries(self) -> Launcher:
        """The scan of the blocks' reductions by one thread: a third of a second less to compile than `following`."""
        return Launcher(_scan_groups.carries_kernel(self.again, self.join, self.write, self.started))

    @functools.cached_property
    def following(self) -> Scan:
        """The scan of the blocks' reductions on a GPU."""
        return Scan(self.again, self.join, self.dtypes, True, self.started)

    def of_rows(self, x: Any, initial: Any, out: Any, rows: int, n: int, backend: str | None) -> None:
        """Scan each row of a (rows, n) matrix, or of several, into `out`."""
        few = n < 2 * SERIAL
        if few and self.walks.enter((rows, 1, 1), backend, (n, 1, 0, x, initial, self._unused, out)):
            return
        if on_host(x, backend):
            self._walk(x, initial, out, rows, n, backend)
        else:
            carries = self._up_to_blocks(x, initial, rows, n, backend)
            self._in_blocks(x, initial, carries, out, rows, n, backend)

    def _walk(self, x: Any, initial: Any, out: Any, rows: int, n: int, backend: str | None) -> None:
        pieces, stretch = _scan_stretches.cut(n)
        held = self._unused
        if stretch:
            held = made((rows, CHAINS * pieces + 1), self.dtypes, None)
            self.stretches.run((rows, pieces, 1), backend, (n, pieces, stretch, x, held))
        self.walks.run((rows, pieces, 1), backend, (n, pieces, stretch, x, initial, held, out))

    @functools.cached_property
    def nothing(self) -> Any:
        """What stands where there is no value before the first element."""
        return value_of([dtype.type(0) for dtype in self.dtypes])

    @functools.cached_property
    def _unused(self) -> Any:
        """What stands where there are no stretches: nothing reads it."""
        return made((1, 1), self.dtypes, None)

    def of_vector(self, x: Any, initial: Any, out: Any, reverse: bool, backend: str | None) -> None:
        """Scan a vector, or several, as `along` does."""
        n = (x[0] if type(x) is tuple else x).shape[0]
        x = x[None] if type(x) is _ndarray else as_row(x)  # without a call, as mostly
        out = out[None] if type(out) is _ndarray else as_row(out)
        if reverse:
            x, out = each(_backwards, x), each(_backwards, out)
        self.of_rows(x, initial, out, 1, n, backend)

    def counted(self, x: Any, n: int, room: Callable[[int], Any], backend: str | None) -> tuple[Any, int]:
        """Scan vectors whose values are counts; `room` makes the result when the last count is known.

        Returns
        -------
        out, count
            What `room` made, filled, and the count.
        """
        zero, rows = _ZERO, as_row(x)
        if not on_host(x, backend):
            carries = self._up_to_blocks(rows, zero, 1, n, backend, known=False)
            count = int(to_numpy(carries)[0, -1])
            out = room(count)
            self._in_blocks(rows, zero, carries, out, 1, n, backend)
            return out, count
        pieces, stretch = _scan_stretches.cut(n)
        held = _zeros((1, CHAINS * pieces + 1), _INT64)
        space = (1, pieces, 1)
        self.stretches.run(space, backend, (n, pieces, stretch, rows, held))
        # NumPy's sum takes as long as the whole scan of a few.
        count = int(held[0, -1] if pieces == 1 else held.sum())
        out = room(count)
        self.walks.run(space, backend, (n, pieces, stretch, rows, zero, held, out))
        return out, count

    def _up_to_blocks(self, x: Any, initial: Any, rows: int, n: int, backend: str | None, known: bool = True) -> Any:
        """Return what is up to the end of each block; where one block is all, only if that is not `known` to be unread."""
        device, blocks = device_of(x), -(-n // self._tiles.block)
        carries = made((rows, blocks), self.dtypes, device)
        if blocks == 1 and known:
            return carries
        self.totals((rows, blocks * LANES), backend)(n, x, carries)
        if device is None:
            self.carries((rows,), backend)(blocks, initial, carries)
        elif blocks > 1 or self.started:
            self.following.of_rows(carries, initial, carries, rows, blocks, backend)
        return carries

    def _in_blocks(self, x: Any, initial: Any, carries: Any, out: Any, rows: int, n: int, backend: str | None) -> None:
        space = (rows, -(-n // self._tiles.block) * LANES)
        self.rows(space, backend)(n, x, initial, carries, out)

    def along(
        self, x: Any, initial: Any, out: Any, shape: tuple[int, int, int], reverse: bool, backend: str | None
    ) -> None:
        """Scan arrays, seen as (outer, n, inner), along the middle axis by whichever kernel suits that shape.

        Parameters
        ----------
        x : array or tuple of arrays
            What is scanned.
        initial : number or tuple
            What comes before the first element, or anything of its type.
        out : array or tuple of arrays
            Where results go, in C order.
        shape : tuple of int
            What the arrays are seen as.
        reverse : bool
            Whether to begin with the last element.
        backend : str or None
            As for a launch.
        """
        outer, n, inner = shape
        on_host = device_of(x) is None
        seen = (outer, n) if inner == 1 and (on_host or n >= SHORT) else shape
        x, out = reshaped(x, seen), reshaped(out, seen)
        if reverse:
            x, out = each(_backwards, x), each(_backwards, out)
        if inner == 1 and (outer == 1 or n >= SHORT):
            self.of_rows(x, initial, out, outer, n, backend)
        elif on_host and outer == 1 and inner < FEW and n > MANY:
            self.of_rows(each(_first_turned, x), initial, each(_first_turned, out), inner, n, backend)
        elif len(seen) == 2:  # neighbouring points of the last index are neighbouring rows then
            self.columns.run((1, outer), backend, (n, each(_turned, x), initial, each(_turned, out)))
        else:
            self.columns.run((outer, inner), backend, (n, x, initial, out))


def _backwards(x: Any) -> Any:
    return x[:, ::-1]


def _turned(x: Any) -> Any:
    """Return rows as columns, (1, n, rows)."""
    return x.T[None]


def _first_turned(x: Any) -> Any:
    """Return the columns of (1, n, columns) as rows."""
    return x[0].T
