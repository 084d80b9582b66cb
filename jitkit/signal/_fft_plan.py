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
from jitkit.signal import _fft_alone, _fft_passes, _fft_primes
from jitkit.signal._fft_passes import COMPLEX, REAL_COLUMNS, REAL_ROWS
from jitkit.signal._fft_points import Pointwise
from jitkit.signal._fft_real import Side
from jitkit.signal._fft_tables import PRIMES, half_turn_of, halves_of, radices_of, roots, tables_of

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


def length_for(n: int) -> int:
    """Return the least 2^a 3^b 5^c from n with 2^a of 16 or more: few more elements than n, and passes of radix 4."""
    odd: list[int] = [3**b * 5**c for b in range(6) for c in range(4)]
    return min(16 * k << max(0, -(-n // (16 * k)) - 1).bit_length() for k in odd)


@functools.lru_cache(32)
def chirps_of(n: int, parts: np.dtype[Any]) -> tuple[int, np.ndarray, np.ndarray]:
    """Return the length of the convolution for a length, the chirp, and the transform of its conjugate."""
    m = length_for(2 * n - 1)
    k = np.arange(n)
    chirp = roots(2 * n, k * k)
    filled = np.zeros(m, complex)
    filled[:n] = chirp[:, 0] - 1j * chirp[:, 1]
    filled[m - n + 1 :] = filled[1:n][::-1]
    there = np.fft.fft(filled)
    return m, np.ascontiguousarray(chirp, parts), np.stack([there.real, there.imag], -1).astype(parts)


def chirp_in(o, j, c, n, across, args):
    """Multiply by the chirp, and fill up with zeros."""
    x, chirp, m, flip, out = args
    i, k = 2 * ((o * n + j) * across + c), 2 * ((o * m + j) * across + c)
    if j < n:
        re, im = x[i + flip], x[i + 1 - flip]
        out[k] = re * chirp[j, 0] - im * chirp[j, 1]
        out[k + 1] = re * chirp[j, 1] + im * chirp[j, 0]
    else:
        out[k] = 0
        out[k + 1] = 0


def chirp_through(o, j, c, n, across, args):
    """Multiply by the transform of the chirp."""
    x, factors, m = args
    k = 2 * ((o * m + j) * across + c)
    re, im = x[k], x[k + 1]
    x[k] = re * factors[j, 0] - im * factors[j, 1]
    x[k + 1] = re * factors[j, 1] + im * factors[j, 0]


def chirp_out(o, j, c, n, across, args):
    """Multiply by the chirp once more, and leave out what was filled up."""
    x, chirp, m, flip, scale, out = args
    i, k = 2 * ((o * n + j) * across + c), 2 * ((o * m + j) * across + c)
    re, im = scale * x[k], scale * x[k + 1]
    out[i + flip] = re * chirp[j, 0] - im * chirp[j, 1]
    out[i + 1 - flip] = re * chirp[j, 1] + im * chirp[j, 0]


_in, _through, _out = Pointwise(chirp_in), Pointwise(chirp_through), Pointwise(chirp_out)


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
        if radices_of(n) is not None and across > 1:
            return self.tiles(outer, n, across, 0, 0, scale)
        if self.in_one(outer, n):
            return self.tiles(1, n, outer, 1, 1, scale)
        if across == 1 and self.is_alone(outer, n):
            return self.alone(outer, n, scale)
        return functools.partial(self._in_steps, outer=outer, n=n, across=across, scale=scale)

    def _in_steps(self, x: Any, out: Any, outer: int, n: int, across: int, scale: float) -> None:
        if across > 1:
            self._all(x, out, outer, n, across, scale)
            return
        for rows in blocks_of(outer, n, self.parts, self.device):
            part = slice(2 * n * rows.start, 2 * n * rows.stop)
            self._all(x[part], out[part], rows.stop - rows.start, n, 1, scale)

    def _all(self, x: Any, out: Any, outer: int, n: int, across: int, scale: float) -> None:
        if radices_of(n) is None and radices_of(n - 1) is not None and _fft_primes.is_prime(n):
            self._by_powers(x, out, outer, n, across, scale)
        elif radices_of(n) is None:
            self._by_convolution(x, out, outer, n, across, scale)
        else:
            self._in_two(x, out, outer, n, scale)

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

    def _by_powers(self, x: Any, out: Any, outer: int, n: int, across: int, scale: float) -> None:
        """Transform a prime length by one element less, which is half as long as what any length takes."""
        tables = _fft_primes.powers_of(n, PRIMES, self.parts)
        powers, inverses, factors = (operands.table(table, self.device) for table in tables)
        space = (outer, n - 1, across)
        a, b = (operands.made((2 * outer * (n - 1) * across,), (self.parts,), self.device) for _ in range(2))
        _fft_primes.enter(space, n, (x, powers, self.flip, a), self.backend)
        Transform(self.parts, self.device, False, self.backend)(a, b, outer, n - 1, across, 1.0)
        whole, part = self.parts.type(scale), self.parts.type(scale / (n - 1))
        _fft_primes.through(space, n, (b, factors, x, self.flip, whole, out), self.backend)
        Transform(self.parts, self.device, True, self.backend)(b, a, outer, n - 1, across, 1.0)
        _fft_primes.leave(space, n, (a, inverses, self.flip, part, out), self.backend)

    def _by_convolution(self, x: Any, out: Any, outer: int, n: int, across: int, scale: float) -> None:
        """Transform any length by one of small factors.

        Reference: L. Bluestein, "A linear filtering approach to the computation of discrete Fourier transform", 1970.
        """
        m, *tables = chirps_of(n, self.parts)
        chirp, factors = (operands.table(table, self.device) for table in tables)
        a, b = (operands.made((2 * outer * m * across,), (self.parts,), self.device) for _ in range(2))
        _in((outer, m, across), n, (x, chirp, m, self.flip, a), self.backend)
        forth = Transform(self.parts, self.device, False, self.backend)
        forth(a, b, outer, m, across, 1.0)
        _through((outer, m, across), n, (b, factors, m), self.backend)
        Transform(self.parts, self.device, True, self.backend)(b, a, outer, m, across, 1.0)
        scale = self.parts.type(scale / m)
        _out((outer, n, across), n, (a, chirp, m, self.flip, scale, out), self.backend)


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
