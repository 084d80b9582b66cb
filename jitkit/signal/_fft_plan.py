"""How a Fourier transform of a length is done: passes over tiles, two sets of short transforms, or a convolution."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.backends.device_views import reinterpreted
from jitkit.launch.launcher import Launcher
from jitkit.signal import _fft_alone, _fft_convolved, _fft_passes
from jitkit.signal._fft_convolved import chirps_of, factors_of, length_for
from jitkit.signal._fft_passes import COMPLEX, REAL_COLUMNS, REAL_ROWS
from jitkit.signal._fft_real import Side
from jitkit.signal._fft_tables import half_turn_of, halves_of, radices_of, tables_of

PARTS: dict[np.dtype[Any], np.dtype[Any]] = {
    np.dtype(np.complex64): np.dtype(np.float32),
    np.dtype(np.complex128): np.dtype(np.float64),
}
"""The dtype of real and imaginary parts."""
_WHOLE, _FEW = 1 << 14, 1024
"""The longest transform in one go, of many and of few; two buffers of a tile of 1024 take 128 KiB."""
_ALONE, _LONELY = 240, 8192
"""The shortest that is worth being split where there are too few to fill the lanes of a tile; the longest of which one group
does all."""
_GPU_ITEMS, _GPU_GROUP, _GPU_FEW = 264 * 256, 256, 64
"""Work-items that share the tiles on a GPU, two groups for each multiprocessor of an H200, so that their buffers stay in its
50 MB of second-level cache; those of a group, and of one whose vectors are no longer than the third: these have no more
butterflies. With one work-item to a vector 4096 rows of 1024 kept 4096 busy, each for 1280 butterflies one after another."""
_SERIAL = 2048
"""As many elements one thread transforms before two are faster: 1024 take it 4 us, and another group half a microsecond."""
_BLOCK = 1 << 20
"""Bytes of the rows that take several steps together: what is between the steps stays in the cache, and in memory that was
used before. 100 rows of 10,007 take 0.75 (complex64) and 0.7 (complex128) of the time; with four times as much, the same."""


def blocks_of(rows: int, n: int, parts: np.dtype[Any], device: str | None) -> list[slice]:
    """Return which rows of n complex numbers take several steps together: all of them on a GPU."""
    few = max(1, _BLOCK // (2 * parts.itemsize * n)) if device is None else rows
    few -= few % 16 if few > 16 else 0  # whole tiles, for two threads
    return [slice(row, min(row + few, rows)) for row in range(0, rows, few)]


@functools.cache
def complex_of(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype of a transform of these numbers: complex64 for float32 and complex64, else complex128."""
    return np.result_type(dtype, np.complex64)


def real(x: Any) -> Any:
    """Return the real and imaginary parts of a contiguous complex array, in turn, as a vector; a view."""
    parts = PARTS[operands.dtype_of(x)]
    flat = x.reshape((-1,))
    return flat.view(parts) if isinstance(flat, np.ndarray) else reinterpreted(flat, parts)


class Prepared:
    """A launch with all that it takes but what is transformed and the result.

    Parameters
    ----------
    launcher : Launcher
        The kernel's.
    items : int
        Work-items.
    backend, device : str or None
        The backend, and where the arrays lie.
    parts : dtype
        Of the real and imaginary parts.
    rooms : sequence of tuple
        Shapes of the buffers.
    tables, numbers : tuple
        What follows the buffers.
    """

    __slots__ = ("backend", "device", "items", "launcher", "numbers", "parts", "rooms", "tables")

    def __init__(
        self, launcher: Launcher, items: int, backend: str | None, device: str | None, parts: np.dtype[Any],
        rooms: tuple[tuple[int, ...], ...], tables: tuple[Any, ...], numbers: tuple[Any, ...],
    ) -> None:  # fmt: skip
        self.launcher, self.items, self.backend, self.device, self.parts = launcher, items, backend, device, parts
        self.rooms, self.tables, self.numbers = rooms, tables, numbers

    def __call__(self, x: Any, out: Any) -> None:
        """Launch. Both arrays are vectors of parts."""
        if self.device is None:
            parts = self.parts
            buffers, tables = [np.empty(room, parts) for room in self.rooms], self.tables
        else:
            buffers = [operands.made(room, (self.parts,), self.device) for room in self.rooms]
            tables = tuple([operands.table(table, self.device) for table in self.tables])
        self.launcher.run(self.items, self.backend, (x, out, *buffers, *tables, *self.numbers))


@dataclass(frozen=True)
class Transform:
    """Transforms of one type, direction and place.

    Parameters
    ----------
    parts : dtype
        Of the real and imaginary parts.
    device : str or None
        Where the arrays lie.
    inverse : bool
        Whether to go back: real and imaginary parts change places before and behind.
    backend : str or None
        The backend.
    """

    parts: np.dtype[Any]
    device: str | None
    inverse: bool
    backend: str | None

    @property
    def flip(self) -> int:
        """1 where the real and the imaginary parts change places."""
        return int(self.inverse)

    @property
    def width(self) -> int:
        """The vectors of a tile."""
        return _fft_passes.LANES[self.parts.itemsize]

    def __call__(self, x: Any, out: Any, outer: int, n: int, across: int, scale: float) -> None:
        """Transform along the middle of (outer, n, across); `x` and `out` are vectors of parts that do not overlap."""
        self.plan(outer, n, across, scale)(x, out)

    def plan(self, outer: int, n: int, across: int, scale: float) -> Callable[[Any, Any], None]:
        """Return what transforms along the middle of (outer, n, across): a function of what is given and the result."""
        if radices_of(n) is None and (across > 1 or self.in_one(outer, length_for(2 * n - 1))):
            return convolved_of(self, outer, n, across, scale)
        if radices_of(n) is not None and across > 1:
            return self.tiles(outer, n, across, 0, 0, scale)
        if self.in_one(outer, n):
            return self.tiles(1, n, outer, 1, 1, scale)
        if self.is_alone(outer, n):
            return self.alone(outer, n, scale)
        if radices_of(n) is None and self.is_alone(outer, length_for(2 * n - 1)):
            return convolved_alone_of(self, outer, n, scale)
        return functools.partial(self._in_steps, outer=outer, n=n, scale=scale)

    def _in_steps(self, x: Any, out: Any, outer: int, n: int, scale: float) -> None:
        steps = self._by_convolution if radices_of(n) is None else self._in_two
        for rows in blocks_of(outer, n, self.parts, self.device):
            part = slice(2 * n * rows.start, 2 * n * rows.stop)
            steps(x[part], out[part], rows.stop - rows.start, n, scale)

    def in_one(self, rows: int, n: int) -> bool:
        """Return whether rows are transformed in one go."""
        if self.device is not None:  # two steps have more tiles, for more groups, and smaller buffers
            few = n > _FEW or (n >= _ALONE and rows < _GPU_ITEMS // _GPU_GROUP * self.width)
        else:
            few = (n >= _ALONE and rows < self.width // 2) or (n > _FEW and rows < 2 * self.width)
        return radices_of(n) is not None and n <= _WHOLE and not few

    def is_alone(self, rows: int, n: int) -> bool:
        """Return whether each of few short rows is transformed by one group."""
        few = self.device is None and rows < self.width // 2 and _ALONE <= n <= _LONELY
        return few and radices_of(n) is not None

    def half(self, outer: int, half: int, across: int, scale: float) -> Callable[[Any, Any], None]:
        """Return what transforms twice so many real numbers to their lower frequencies, or back.

        Rows, where nothing lies `across`, are `in_one`.
        """
        scale = scale if self.inverse else scale / 2
        if across > 1:
            return self.tiles(outer, half, across, 0, 0, scale, REAL_COLUMNS)
        return self.tiles(1, half, outer, 1, 1, scale, REAL_ROWS)

    def team(self, n: int) -> int:
        """Return how many work-items share a vector."""
        return 1 if self.device is None else (_GPU_FEW if n <= _GPU_FEW else _GPU_GROUP) // self.width

    def groups(self, elements: int, n: int) -> int:
        """Return how many groups share the tiles."""
        if self.device is not None:
            return _GPU_ITEMS // (self.team(n) * self.width)
        return 1 if elements <= _SERIAL else (1 if n > _FEW else 4) * jk.get_num_threads()

    def tiles(
        self, outer: int, n: int, across: int, rows_in: int, rows_out: int, scale: float, kind: int = COMPLEX,
        turned: bool = False,
    ) -> Callable[[Any, Any], None]:  # fmt: skip
        """Return what transforms `outer` times `across` vectors in tiles; `turned` it is the first of two sets."""
        groups = self.groups(outer * n * across, n)
        return tiles_of(self, outer, n, across, rows_in, rows_out, kind, turned, scale, groups)

    def alone(
        self, rows: int, n: int, scale: float, before: Side | None = None, behind: Side | None = None
    ) -> Callable[[Any, Any], None]:
        """Return what transforms few short rows; where `is_alone`."""
        return alone_of(self, rows, n, scale, before, behind)

    def _in_two(self, x: Any, out: Any, outer: int, n: int, scale: float) -> None:
        """Transform the columns of a matrix and then its rows, which come out as columns.

        Reference: D. H. Bailey, "FFTs in external or hierarchical memory", J. Supercomputing 4, 1990.
        """
        first, second = halves_of(n)
        between = operands.made((2 * outer * n,), (self.parts,), self.device)
        self.tiles(outer, first, second, 0, 0, 1.0, turned=True)(x, between)
        self.tiles(outer, second, first, 1, 0, scale)(between, out)

    def _by_convolution(self, x: Any, out: Any, outer: int, n: int, scale: float) -> None:
        """Transform any length by one of small factors, which is done as a matrix: columns, rows forth and back, columns."""
        m, chirp, _ = chirps_of(n, self.parts)
        first, second = halves_of(m)
        chirp = operands.table(chirp, self.device)
        a, b = (operands.made((2 * outer * m,), (self.parts,), self.device) for _ in range(2))
        _fft_convolved.enter((outer, m, 1), n, (x, chirp, m, self.flip, a), self.backend)
        forth, back = (Transform(self.parts, self.device, inverse, self.backend) for inverse in (False, True))
        forth.tiles(outer, first, second, 0, 0, 1.0, turned=True)(a, b)
        rows_convolved_of(forth, outer, n)(b, a)
        back.tiles(outer, first, second, 0, 0, 1.0)(a, b)
        _fft_convolved.leave((outer, n, 1), n, (b, chirp, m, self.flip, self.parts.type(scale / m), out), self.backend)


@functools.lru_cache(64)
def tiles_of(
    transform: Transform, outer: int, n: int, across: int, rows_in: int, rows_out: int, kind: int, turned: bool,
    scale: float, groups: int,
) -> Prepared:  # fmt: skip
    """Return the launch of tiles."""
    parts, width, team = transform.parts, transform.width, transform.team(n)
    groups = min(outer * -(-across // width), groups)
    tables = tables_of(n, across if turned else 0, width, kind != COMPLEX, parts)
    numbers = outer, n, across, rows_in, rows_out, transform.flip, parts.type(scale)
    launcher = _fft_passes.tiles(width, n & (n - 1) != 0, team, kind)
    rooms = ((groups, 4 * (n + 1) * width),)
    items = groups * width * team
    return Prepared(launcher, items, transform.backend, transform.device, parts, rooms, tables, numbers)


@functools.lru_cache(64)
def alone_of(
    transform: Transform, rows: int, n: int, scale: float, before: Side | None, behind: Side | None
) -> Prepared:
    """Return the launch of few short rows."""
    parts, width, (first, second) = transform.parts, transform.width, halves_of(n)
    twiddles, radices, coarse, fine = tables_of(first, second, width, False, parts)
    others, more, *_ = tables_of(second, 0, width, False, parts)
    turn = half_turn_of(n, parts)
    tables = np.concatenate([twiddles, others]), np.concatenate([radices, more]), coarse, fine, turn
    cuts = len(radices), len(radices) + len(more), len(twiddles)
    numbers = (
        (first, second),
        cuts,
        tuple([side.count(n) if side else 0 for side in (before, behind)]),
        transform.flip,
        parts.type(scale),
    )
    whole = 2 * n if before or behind else 0
    rooms = (rows, 4 * (second + 1) * width), (rows * 2 * n,), (rows * whole,)
    launcher = _fft_alone.launcher(width, n & (n - 1) != 0, before, behind)
    return Prepared(launcher, rows * width, transform.backend, None, parts, rooms, tables, numbers)


@functools.lru_cache(64)
def convolved_of(transform: Transform, outer: int, n: int, across: int, scale: float) -> Prepared:
    """Return the launch of convolutions, each of a whole vector; of rows, where nothing lies `across`."""
    parts, width, (m, chirp, factors) = transform.parts, transform.width, chirps_of(n, transform.parts)
    rows, team = int(across == 1), transform.team(m)
    outer, across = (1, outer) if rows else (outer, across)
    groups = min(outer * -(-across // width), transform.groups(outer * across * m, m))
    twiddles, radices, coarse, fine = tables_of(m, 0, width, False, parts)
    tables = twiddles, radices, chirp, factors, coarse, fine
    numbers = outer, n, m, across, rows, transform.flip, parts.type(scale / m)
    launcher, rooms = _fft_convolved.convolved(width, team, True), ((groups, 4 * (m + 1) * width),)
    items = groups * width * team
    return Prepared(launcher, items, transform.backend, transform.device, parts, rooms, tables, numbers)


@functools.lru_cache(64)
def rows_convolved_of(transform: Transform, outer: int, n: int) -> Prepared:
    """Return the launch of convolutions of the rows of matrices."""
    parts, width, (m, chirp, _) = transform.parts, transform.width, chirps_of(n, transform.parts)
    (across, m), factors = halves_of(m), factors_of(n, width, parts)
    team = transform.team(m)
    groups = min(outer * -(-across // width), transform.groups(outer * across * m, m))
    twiddles, radices, coarse, fine = tables_of(m, across, width, False, parts)
    tables = twiddles, radices, chirp, factors, coarse, fine
    numbers = outer, m, m, across, 1, 0, parts.type(1)
    launcher, rooms = _fft_convolved.convolved(width, team, False), ((groups, 4 * (m + 1) * width),)
    items = groups * width * team
    return Prepared(launcher, items, transform.backend, transform.device, parts, rooms, tables, numbers)


@functools.lru_cache(64)
def convolved_alone_of(transform: Transform, rows: int, n: int, scale: float) -> Prepared:
    """Return the launch of convolutions of few short rows."""
    parts, width, (m, chirp, _) = transform.parts, transform.width, chirps_of(n, transform.parts)
    first, second = halves_of(m)
    twiddles, radices, coarse, fine = tables_of(first, second, width, False, parts)
    others, more, *back = tables_of(second, first, width, False, parts)
    every, cuts = np.concatenate([twiddles, others]), (len(radices), len(radices) + len(more), len(twiddles))
    tables = every, np.concatenate([radices, more]), chirp, factors_of(n, width, parts), coarse, fine, *back
    numbers = n, (first, second), cuts, transform.flip, parts.type(scale / m)
    rooms = (rows, 4 * (second + 1) * width), (rows * 2 * m,), (rows * 2 * m,)
    return Prepared(
        _fft_convolved.alone(width), rows * width, transform.backend, None, parts, rooms, tables, numbers
    )  # fmt: skip
