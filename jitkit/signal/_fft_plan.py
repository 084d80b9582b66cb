"""How a Fourier transform of a length is done: passes over tiles, two sets of short transforms, or a convolution."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.backends.device_views import reinterpreted
from jitkit.launch.launcher import Launcher
from jitkit.signal import _fft_passes, _fft_primes
from jitkit.signal._fft_passes import NOTHING, TANGLE, TURN, UNTANGLE
from jitkit.signal._fft_points import Pointwise

PRIMES = tuple(n for n in range(2, 152) if _fft_primes.is_prime(n))
"""Primes that are radices of passes: 1024 transforms of 17 take 0.25 of what they take by powers of a primitive root, of 151
0.75 (complex64) and 0.88 (complex128), of 199 0.76 and 1.24; 1024 of 255, which has no primitive root, 0.17."""
PARTS: dict[np.dtype[Any], np.dtype[Any]] = {
    np.dtype(np.complex64): np.dtype(np.float32),
    np.dtype(np.complex128): np.dtype(np.float64),
}
"""The dtype of real and imaginary parts."""
_WHOLE, _FEW = 1 << 14, 1024
"""The longest transform in one go, of many and of few; two buffers of a tile of 1024 take 128 KiB."""
_ALONE = 256
"""The shortest that is worth being split where there are too few to fill the lanes of a tile."""
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


@functools.lru_cache(256)
def radices_of(n: int) -> tuple[int, ...] | None:
    """Return the radices of the passes for a length, odd ones first; None where it has a large prime factor."""
    found = []
    for prime in PRIMES:
        while n % prime == 0:
            found.append(prime)
            n //= prime
    if n > 1:
        return None
    twos = found.count(2)
    return (*(r for r in found if r > 2), *(2,) * (twos % 2), *(4,) * (twos // 2))


def roots(n: int, exponents: np.ndarray) -> np.ndarray:
    """Return exp(-2 pi i e / n) as rows of cosine and sine, for any integers e."""
    quarters, rest = np.divmod(8 * (exponents % n) + n, 2 * n)  # small angles lose less to rounding
    angle = (rest - n) * (-np.pi / (4 * n))
    found = np.exp(1j * angle) * np.array([1, -1j, -1, 1j])[quarters % 4]
    return np.stack([found.real, found.imag], -1)


@functools.lru_cache(64)
def twiddles_of(n: int) -> np.ndarray:
    """Return the factors of all passes: for each j the powers 1 to radix - 1; behind the roots of unity of an odd radix."""
    rows, left = [np.zeros((1, 2))][:0], n
    for radix in radices_of(n) or ():
        whole, left = left, left // radix
        if radix % 2:
            rows.append(roots(radix, np.arange(radix)))
        rows.append(roots(whole, np.outer(np.arange(left), np.arange(1, radix)).reshape(-1)))
    return np.concatenate([*rows, np.zeros((1, 2))])


@functools.lru_cache(16)
def turns_of(n: int, across: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return exp(-2 pi i k c / (n across)) for k below n and c below `across`, as factors for tiles and for lanes."""
    k, tiles = np.arange(n), -(-across // width)
    coarse = roots(n * across, np.outer(np.arange(tiles) * width, k).reshape(-1))
    fine = roots(n * across, np.outer(k, np.arange(width)).reshape(-1))
    return coarse, np.ascontiguousarray(fine.T)


@functools.lru_cache(64)
def tables_of(n: int, across: int, width: int, extra: int, parts: np.dtype[Any]) -> tuple[np.ndarray, ...]:
    """Return what the passes over tiles read: the twiddle factors, the radices, and the turns for tiles and lanes."""
    coarse, fine = np.zeros((1, 2)), np.zeros((2, 1))
    if extra == TURN:
        coarse, fine = turns_of(n, across, width)
    elif extra != NOTHING:
        coarse = roots(2 * n, np.arange(n // 2 + 1))
    factors = (np.ascontiguousarray(x, parts) for x in (twiddles_of(n), coarse, fine))
    twiddles, coarse, fine = factors
    return twiddles, np.array(radices_of(n), np.int64), coarse, fine


@functools.lru_cache(64)
def launch_of(
    parts: np.dtype[Any], width: int, outer: int, n: int, across: int, rows_in: int, rows_out: int, flip: int, extra: int,
    scale: float, groups: int, team: int,
) -> tuple[Launcher, int, tuple[int, int], tuple[Any, ...], tuple[Any, ...]]:  # fmt: skip
    """Return how tiles are launched: by what, over how many work-items, the shape of their buffers, tables and numbers."""
    groups = min(outer * -(-across // width), groups)
    tables = tables_of(n, across if extra == TURN else 0, width, extra, parts)
    numbers = outer, n, across, rows_in, rows_out, flip, extra, parts.type(scale)
    launcher = _fft_passes.tiles(width, n & (n - 1) != 0, team)
    return launcher, groups * width * team, (groups, 4 * (n + 1) * width), tables, numbers


@functools.lru_cache(64)
def halves_of(n: int) -> tuple[int, int]:
    """Return the two factors of a length that are nearest to each other, the larger one last."""
    low = next(k for k in range(int(np.sqrt(n) + 0.5), 0, -1) if n % k == 0)
    return low, n // low


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

    def __init__(self, parts: np.dtype[Any], device: str | None, inverse: bool, backend: str | None) -> None:
        self.parts, self.device, self.flip, self.backend = parts, device, int(inverse), backend
        self.width = _fft_passes.LANES[parts.itemsize]

    def __call__(self, x: Any, out: Any, outer: int, n: int, across: int, scale: float) -> None:
        """Transform along the middle of (outer, n, across); `x` and `out` are vectors of parts that do not overlap."""
        if across > 1 or self.in_one(outer, n):
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
        elif across > 1:
            self._tiles(x, out, outer, n, across, 0, 0, scale)
        elif self.in_one(outer, n):
            self._tiles(x, out, 1, n, outer, 1, 1, scale)
        else:
            self._in_two(x, out, outer, n, scale)

    def in_one(self, rows: int, n: int) -> bool:
        """Return whether rows are transformed in one go."""
        if self.device is not None:  # two steps have more tiles, for more groups, and smaller buffers
            few = n > _FEW or (n >= _ALONE and rows < _GPU_ITEMS // _GPU_GROUP * self.width)
        else:
            few = (n >= _ALONE and rows < self.width // 2) or (n > _FEW and rows < 2 * self.width)
        return radices_of(n) is not None and n <= _WHOLE and not few

    def half(self, x: Any, out: Any, rows: int, half: int, scale: float) -> None:
        """Transform rows of twice so many real numbers to their lower frequencies, or back; where `in_one`."""
        self._tiles(x, out, 1, half, rows, 1, 1, scale / 2, TANGLE if self.flip else UNTANGLE)

    def _team(self, n: int) -> int:
        """Return how many work-items share a vector."""
        return 1 if self.device is None else (_GPU_FEW if n <= _GPU_FEW else _GPU_GROUP) // self.width

    def groups(self, elements: int, n: int) -> int:
        """Return how many groups share the tiles."""
        if self.device is not None:
            return _GPU_ITEMS // (self._team(n) * self.width)
        return 1 if elements <= _SERIAL else (1 if n > _FEW else 4) * jk.get_num_threads()

    def _tiles(
        self, x: Any, out: Any, outer: int, n: int, across: int, rows_in: int, rows_out: int, scale: float,
        extra: int = NOTHING,
    ) -> None:  # fmt: skip
        launcher, items, room, tables, numbers = launch_of(
            self.parts, self.width, outer, n, across, rows_in, rows_out, self.flip, extra, scale,
            self.groups(outer * n * across, n), self._team(n),
        )  # fmt: skip
        scratch = operands.made(room, (self.parts,), self.device)
        if self.device is not None:
            tables = tuple(operands.table(table, self.device) for table in tables)
        launcher.run(items, self.backend, (x, out, scratch, *tables, *numbers))

    def _in_two(self, x: Any, out: Any, outer: int, n: int, scale: float) -> None:
        """Transform the columns of a matrix and then its rows, which come out as columns.

        Reference: D. H. Bailey, "FFTs in external or hierarchical memory", J. Supercomputing 4, 1990.
        """
        first, second = halves_of(n)
        between = operands.made((2 * outer * n,), (self.parts,), self.device)
        self._tiles(x, between, outer, first, second, 0, 0, 1.0, TURN)
        self._tiles(between, out, outer, second, first, 1, 0, scale)

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
