"""Fourier transforms of a prime length, by a convolution of one element less.

Reference: C. M. Rader, "Discrete Fourier transforms when the number of data samples is prime", Proc. IEEE 56, 1968.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from jitkit.signal._fft_points import Pointwise


def is_prime(n: int) -> bool:
    """Tell whether a number of 2 or more has no divisor but itself."""
    return all(n % k for k in range(2, math.isqrt(n) + 1))


@functools.lru_cache(32)
def powers_of(n: int, primes: Sequence[int], parts: np.dtype[Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the powers of a primitive root of a prime n, modulo n, and the roots of unity at their inverses.

    Parameters
    ----------
    n : int
        The prime.
    primes : sequence of int
        All prime factors of ``n - 1``, and others.
    parts : dtype
        Of the factors' real and imaginary parts.

    Returns
    -------
    powers, inverses : array of n - 1 int
        Which elements the convolution takes in turn, and which results it gives.
    factors : array of n - 1 rows
        The transform of what is convolved with, as real and imaginary parts.
    """
    m = n - 1
    divisors = [p for p in primes if m % p == 0]
    root = next(g for g in range(2, n) if all(pow(g, m // p, n) != 1 for p in divisors))
    powers = np.empty(m, np.int64)
    power = 1
    for q in range(m):
        powers[q] = power
        power = power * root % n
    there = np.fft.fft(np.exp(-2j * np.pi / n * np.roll(powers[::-1], 1)))
    return powers, np.roll(powers[::-1], 1), np.stack([there.real, there.imag], -1).astype(parts)


def rader_in(o, q, c, n, across, args):
    """Bring elements into the order of the powers."""
    x, powers, flip, out = args
    i, k = 2 * ((o * n + powers[q]) * across + c), 2 * ((o * (n - 1) + q) * across + c)
    out[k], out[k + 1] = x[i + flip], x[i + 1 - flip]


def rader_through(o, q, c, n, across, args):
    """Multiply by the factors; the sum of all elements is a result, and the first element is part of every other."""
    spectra, factors, x, flip, scale, out = args
    k = 2 * ((o * (n - 1) + q) * across + c)
    re, im = spectra[k], spectra[k + 1]
    a, b = re * factors[q, 0] - im * factors[q, 1], re * factors[q, 1] + im * factors[q, 0]
    if q == 0:
        first = 2 * (o * n * across + c)
        u, v = x[first + flip], x[first + 1 - flip]
        out[first + flip], out[first + 1 - flip] = scale * (re + u), scale * (im + v)
        a += (n - 1) * u
        b += (n - 1) * v
    spectra[k], spectra[k + 1] = a, b


def rader_out(o, q, c, n, across, args):
    """Bring results into the order of their places."""
    x, places, flip, scale, out = args
    i, k = 2 * ((o * n + places[q]) * across + c), 2 * ((o * (n - 1) + q) * across + c)
    out[i + flip], out[i + 1 - flip] = scale * x[k], scale * x[k + 1]


enter, through, leave = Pointwise(rader_in), Pointwise(rader_through), Pointwise(rader_out)
