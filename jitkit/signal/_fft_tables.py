"""What transforms read: radices of the passes of a length, roots of unity and twiddle factors, computed in float64."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

PRIMES = tuple(n for n in range(2, 284) if all(n % k for k in range(2, n)))
"""Primes that are radices of passes."""
_SHORT, _SMALL = 8192, 151
"""Up to which length a convolution takes the place of passes of larger primes than the second.

Convolutions of 256 vectors of 101 take 1.2 of the time of passes, of 127 0.85, of 151 0.9, but of 244, which is 4 times 61,
1.6. 16 vectors of 271 times 369 take 0.3 to 0.6 of a convolution's time by passes, of 199 times 128 0.4 to 0.6, and of 199
times 37 1.2 to 1.9."""


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


def by_passes(n: int) -> bool:
    """Return whether a length goes through passes, and not through a convolution."""
    radices = radices_of(n)
    return radices is not None and (n > _SHORT or max(radices, default=1) <= _SMALL)


def largest_of(n: int) -> int:
    """Return which of three kinds of kernels serves a length: of radices up to 2, up to 5, or all."""
    if n & (n - 1) == 0:
        return 2
    return 5 if max(radices_of(n) or PRIMES) <= 5 else PRIMES[-1]


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
def tables_of(n: int, across: int, width: int, reals: bool, parts: np.dtype[Any]) -> tuple[np.ndarray, ...]:
    """Return what the passes over tiles read: the twiddle factors, the radices, and the turns for tiles and lanes.

    There are turns before the second of two sets, which has `across` as its length, else 0; for `reals` those of frequencies.
    """
    coarse, fine = np.zeros((1, 2)), np.zeros((2, 1))
    if across:
        coarse, fine = turns_of(n, across, width)
    elif reals:
        coarse = roots(2 * n, np.arange(n // 2 + 1))
    factors = (np.ascontiguousarray(x, parts) for x in (twiddles_of(n), coarse, fine))
    twiddles, coarse, fine = factors
    return twiddles, np.array(radices_of(n), np.int64), coarse, fine


@functools.lru_cache(64)
def halves_of(n: int) -> tuple[int, int]:
    """Return the two factors of a length that are nearest to each other, the larger one last."""
    low = next(k for k in range(int(np.sqrt(n) + 0.5), 0, -1) if n % k == 0)
    return low, n // low


@functools.lru_cache(16)
def half_turn_of(n: int, parts: np.dtype[Any]) -> np.ndarray:
    """Return exp(-pi i k / n) for k below n, as a row of cosines and one of sines."""
    return np.ascontiguousarray(roots(2 * n, np.arange(n)).T, parts)
