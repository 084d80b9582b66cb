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
from jitkit.signal import _fft_alone, _fft_chirped, _fft_convolved, _fft_passes
from jitkit.signal._fft_convolved import BACK, FORTH, chirps_of, given_and_made, length_for
from jitkit.signal._fft_passes import COMPLEX, REAL_COLUMNS, REAL_ROWS
from jitkit.signal._fft_real import Side
from jitkit.signal._fft_tables import by_passes, half_turn_of, halves_of, largest_of, tables_of

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
    others : tuple of tuple
        The same numbers of launches that follow, with the same buffers.
    """

    __slots__ = ("backend", "device", "items", "launcher", "numbers", "others", "parts", "rooms", "tables")

    def __init__(
        self, launcher: Launcher, items: int, backend: str | None, device: str | None, parts: np.dtype[Any],
        rooms: tuple[tuple[int, ...], ...], tables: tuple[Any, ...], numbers: tuple[Any, ...],
        others: tuple[tuple[Any, ...], ...] = (),
    ) -> None:  # fmt: skip
        self.launcher, self.items, self.backend, self.device, self.parts = launcher, items, backend, device, parts
        self.rooms, self.tables, self.numbers, self.others = rooms, tables, numbers, others

    def __call__(self, x: Any, out: Any) -> None:
        """Launch. Both arrays are vectors of parts."""
        if self.device is None:
            parts = self.parts
            buffers, tables = [np.empty(room, parts) for room in self.rooms], self.tables
        else:
            buffers = [operands.made(room, (self.parts,), self.device) for room in self.rooms]
            tables = tuple([operands.table(table, self.device) for table in self.tables])
        self.launcher.run(self.items, self.backend, (x, out, *buffers, *tables, *self.numbers))
        for numbers in self.others:
            self.launcher.run(self.items, self.backend, (x, out, *buffers, *tables, *numbers))


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
    def sign(self) -> Any:
        """By what imaginary parts are multiplied before and behind."""
        return self.parts.type(-1 if self.inverse else 1)

    @property
    def width(self) -> int:
        """The vectors of a tile."""
        return _fft_passes.LANES[self.parts.itemsize]

    def __call__(self, x: Any, out: Any, outer: int, n: int, across: int, scale: float) -> None:
        """Transform along the middle of (outer, n, across); `x` and `out` are vectors of parts that do not overlap."""
        self.plan(outer, n, across, scale)(x, out)

    def plan(self, outer: int, n: int, across: int, scale: float) -> Callable[[Any, Any], None]:
        """Return what transforms along the middle of (outer, n, across): a function of what is given and the result."""
        if self.leaves_lanes(n, across):
            return functools.partial(self._as_rows, outer=outer, n=n, across=across, scale=scale)
        if not by_passes(n):
            return self.convolution(outer, n, across, scale, _fft_convolved.COMPLEX)
        if across > 1:
            return self.tiles(outer, n, across, 0, 0, scale)
        if self.in_one(outer, n):
            return self.tiles(1, n, outer, 1, 1, scale)
        if self.is_alone(outer, n):
            return self.alone(outer, n, scale)
        return functools.partial(self._in_two, outer=outer, n=n, scale=scale)

    def convolution(self, outer: int, n: int, across: int, scale: float, kind: int) -> Callable[[Any, Any], None]:
        """Return what does the same by a convolution, of any length; of real numbers, or back to them, of an odd one."""
        m = length_for(n, kind)
        if across > 1 or self.in_one(outer, m):
            return convolved_of(self, outer, n, across, scale, kind)
        few = self.is_alone(outer, m) or outer >= 2 * jk.get_num_threads()
        if self.device is None and few and 2 * m * self.parts.itemsize <= _BLOCK:
            return chirped_of(self, outer, n, scale, kind, False)
        return functools.partial(self._in_three, outer=outer, n=n, scale=scale, kind=kind)

    def in_one(self, rows: int, n: int) -> bool:
        """Return whether rows are transformed in one go."""
        if self.device is not None:  # two steps have more tiles, for more groups, and smaller buffers
            few = n > _FEW or (n >= _ALONE and rows < _GPU_ITEMS // _GPU_GROUP * self.width)
        else:
            few = (n >= _ALONE and rows < self.width // 2) or (n > _FEW and rows < 2 * self.width)
        return by_passes(n) and n <= _WHOLE and not few

    def is_alone(self, rows: int, n: int) -> bool:
        """Return whether each of few short rows is transformed by one group."""
        few = self.device is None and rows < self.width // 2 and _ALONE <= n <= _LONELY
        return few and by_passes(n)

    def leaves_lanes(self, n: int, across: int) -> bool:
        """Return whether columns leave half the lanes of a tile to nobody, while its buffers go past the caches.

        As rows, two of 100,000 take 0.4 (complex64) and 0.6 (complex128) of the time, four 0.6, two of 100,003 0.15 and 0.25.
        """
        return self.device is None and n > _WHOLE and 1 < across <= self.width // 2

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

    def _as_rows(self, x: Any, out: Any, outer: int, n: int, across: int, scale: float) -> None:
        """Transform few long columns as rows, between two copies."""
        pairs = np.dtype((np.void, 2 * self.parts.itemsize))
        whole, rows = (outer, n, across), (outer, across, n)
        given = np.ascontiguousarray(x.view(pairs).reshape(whole).swapaxes(1, 2)).reshape(-1).view(self.parts)
        made = np.empty_like(given)
        self.plan(outer * across, n, 1, scale)(given, made)
        out.view(pairs).reshape(whole)[...] = made.view(pairs).reshape(rows).swapaxes(1, 2)

    def _in_two(self, x: Any, out: Any, outer: int, n: int, scale: float) -> None:
        """Transform the columns of a matrix and then its rows, which come out as columns.

        Reference: D. H. Bailey, "FFTs in external or hierarchical memory", J. Supercomputing 4, 1990.
        """
        first, second = halves_of(n)
        for rows in blocks_of(outer, n, self.parts, self.device):
            part, count = slice(2 * n * rows.start, 2 * n * rows.stop), rows.stop - rows.start
            between = operands.made((2 * count * n,), (self.parts,), self.device)
            self.tiles(count, first, second, 0, 0, 1.0, turned=True)(x[part], between)
            self.tiles(count, second, first, 1, 0, scale)(between, out[part])

    def _in_three(self, x: Any, out: Any, outer: int, n: int, scale: float, kind: int) -> None:
        """Convolve long vectors: all groups take each of the three steps together."""
        given, made = given_and_made(n, kind)
        given, made = given * (1 if kind == FORTH else 2), made * (1 if kind == BACK else 2)
        for rows in blocks_of(outer, length_for(n, kind), self.parts, self.device):
            count = rows.stop - rows.start
            plan = chirped_of(self, count, n, scale, kind, True)
            plan(x[given * rows.start : given * rows.stop], out[made * rows.start : made * rows.stop])


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
    launcher = _fft_passes.tiles(width, largest_of(n), team, kind)
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
        (parts.type(1), parts.type(scale)),
    )
    whole = 2 * n if before or behind else 0
    rooms = (rows, 4 * (second + 1) * width), (rows * 2 * n,), (rows * whole,)
    launcher = _fft_alone.launcher(width, largest_of(n), before, behind)
    return Prepared(launcher, rows * width, transform.backend, None, parts, rooms, tables, numbers)


@functools.lru_cache(64)
def convolved_of(transform: Transform, outer: int, n: int, across: int, scale: float, kind: int) -> Prepared:
    """Return the launch of convolutions, each of a whole vector; of rows, where nothing lies `across`."""
    parts, width, m = transform.parts, transform.width, length_for(n, kind)
    rows, team = int(across == 1), transform.team(m)
    outer, across = (1, outer) if rows else (outer, across)
    groups = min(outer * -(-across // width), transform.groups(outer * across * m, m))
    twiddles, radices, *_ = tables_of(m, 0, width, False, parts)
    tables = twiddles, radices, *chirps_of(n, kind, parts)
    numbers = outer, across, rows, transform.sign, parts.type(scale / m)
    launcher, rooms = _fft_convolved.tiles(width, team, kind), ((groups, 4 * (m + 1) * width),)
    items = groups * width * team
    return Prepared(launcher, items, transform.backend, transform.device, parts, rooms, tables, numbers)


@functools.lru_cache(64)
def chirped_of(transform: Transform, outer: int, n: int, scale: float, kind: int, together: bool) -> Prepared:
    """Return the launch of convolutions done as matrices, each by one group; or those of the three steps, by all `together`."""
    parts, width, m = transform.parts, transform.width, length_for(n, kind)
    tables, cuts = _fft_chirped.tables_for(n, kind, width, parts)
    first, second = halves_of(m)
    team = transform.team(second)
    every, tiles = (0, 3), [-(-across // width) for across in (second, first, second)]
    groups = (
        min(outer * tiles[0], transform.groups(outer * m, second)) if together else min(outer, jk.get_num_threads())
    )
    stages = [((k, k + 1), share) for k, share in enumerate(tiles)] if together else [(every, 0)]
    numbers = [
        (outer, (first, second), cuts, steps, share, transform.sign, parts.type(scale / m)) for steps, share in stages
    ]
    rooms = (groups, 4 * (second + 1) * width), ((outer if together else groups) * 2 * m,)
    launcher, items = _fft_chirped.steps(width, team, kind), groups * width * team
    return Prepared(
        launcher, items, transform.backend, transform.device, parts, rooms, tables, numbers[0], tuple(numbers[1:])
    )
