"""Fourier transforms of real numbers of an odd length, on tiles, without what is the conjugate of something else.

The first pass of a transform of n = r m makes r sequences of m elements, of which number r - q gives the conjugates of what
number q gives. So the passes behind it take (r + 1) / 2 sequences and not r; on the way back the last pass, which makes real
numbers, takes as many.

Reference: H. V. Sorensen, D. L. Jones, M. T. Heideman and C. S. Burrus, "Real-valued fast Fourier transform algorithms", IEEE
Trans. Acoustics, Speech, and Signal Processing 35, 1987.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
from typing import Any

import numpy as np

import jitkit as jk
from jitkit.launch.launcher import Launcher
from jitkit.signal import _fft_copies, _fft_passes
from jitkit.signal._fft_plan import Prepared, Transform
from jitkit.signal._fft_tables import by_passes, largest_of, radices_of, roots, twiddles_of

_LARGEST = 15
"""The largest radix of the pass of real numbers that is no prime: 7 to 15 leave 0.57 to 0.53 of the sequences."""


def two_sums(s, p, i, far, apart, twiddles, radix, q, other, start):
    """Return sums of real parts times cosines and of imaginary ones times sines, for root q and for another."""
    re, im, more, more_i = start, start * 0, start, start * 0
    root, second = 0, 0
    for m in range(1, radix // 2 + 1):
        root += q
        root -= radix if root >= radix else 0
        second += other
        second -= radix if second >= radix else 0
        real, imaginary = s[p, i + m * far], s[p, i + m * far + apart]
        re += twiddles[root, 0] * real
        im += twiddles[root, 1] * imaginary
        more += twiddles[second, 0] * real
        more_i += twiddles[second, 1] * imaginary
    return re, im, more, more_i


def first_pass(s, p, a, b, twiddles, apart, left, lane, step, radix):
    """Make sequences 0 to radix // 2 of real numbers; differences lie in the place of imaginary parts."""
    far, half = left * step, radix // 2
    for j in range(left):
        i, o = a + j * step + lane, b + (half + 1) * j * step + lane
        total = s[p, i]
        for m in range(1, half + 1):
            low, high = s[p, i + m * far], s[p, i + (radix - m) * far]
            s[p, i + m * far], s[p, i + m * far + apart] = low + high, low - high
            total += low + high
        s[p, o] = total
        s[p, o + apart] = total * 0
        for q in range(1, half + 1, 2):
            other, row = min(q + 1, half), radix + half * j - 1
            re, im, more, more_i = two_sums(s, p, i, far, apart, twiddles, radix, q, other, s[p, i])
            turned(s, p, o + q * step, apart, re, im, twiddles[row + q, 0], twiddles[row + q, 1])
            turned(s, p, o + other * step, apart, more, more_i, twiddles[row + other, 0], twiddles[row + other, 1])


def turned(s, p, i, apart, re, im, wr, wi):
    """Store a number times a factor."""
    s[p, i], s[p, i + apart] = re * wr - im * wi, re * wi + im * wr


def last_pass(s, p, a, b, twiddles, apart, left, lane, step, radix):
    """Make real numbers of sequences 0 to radix // 2, whose real and imaginary parts have changed places."""
    far, half = left * step, radix // 2
    for j in range(left):
        i, o = a + (half + 1) * j * step + lane, b + j * step + lane
        first = s[p, i + apart]
        total = first
        for q in range(1, half + 1):
            wr, wi = twiddles[radix + half * j + q - 1, 0], twiddles[radix + half * j + q - 1, 1]
            re, im = 2 * s[p, i + q * step + apart], 2 * s[p, i + q * step]
            turned(s, p, i + q * step, apart, re, im, wr, -wi)
            total += s[p, i + q * step]
        s[p, o] = total
        for m in range(1, half + 1, 2):
            other = min(m + 1, half)
            even, odd, more, more_odd = two_sums(s, p, i, step, apart, twiddles, radix, m, other, first)
            s[p, o + m * far], s[p, o + (radix - m) * far] = even + odd, even - odd
            s[p, o + other * far], s[p, o + (radix - other) * far] = more + more_odd, more - more_odd


def ordered(s, p, a, b, apart, n, left, lane, step, radix):
    """Bring frequencies from the order of the sequences into that of rows: what lies above the half as its conjugate."""
    kept = radix // 2 + 1
    for u in range(left):
        for q in range(kept):
            k, i = radix * u + q, a + (kept * u + q) * step + lane
            re, im = s[p, i], s[p, i + apart]
            below = k <= n // 2
            o = b + (k if below else n - k) * step + lane
            s[p, o], s[p, o + apart] = re, im if below else -im


def spread(s, p, a, b, apart, n, left, lane, step, radix):
    """Bring frequencies into the order of the sequences, real and imaginary parts in each other's place."""
    kept = radix // 2 + 1
    for u in range(left):
        for q in range(kept):
            k, o = radix * u + q, b + (kept * u + q) * step + lane
            below = k <= n // 2
            i = a + (k if below else n - k) * step + lane
            re, im = s[p, i], s[p, i + apart]
            s[p, o], s[p, o + apart] = (im if below else -im) if k > 0 else re * 0, re


@functools.cache
def forth(width: int, largest: int, columns: bool) -> Launcher:
    """Return the launcher of the kernel that transforms rows of real numbers, or columns."""
    passes, rows = _fft_passes.passes_of(largest, 1), 1 - int(columns)

    @jk.kernel(group=width)
    def real_tiles_forth(i, x, out, s, twiddles, radices, outer, n, across, radix, scale):
        lane, p = jk.local_index(), jk.group_index()
        step, left, kept, tiles = 2 * width, n // radix, radix // 2 + 1, (across + width - 1) // width
        start, stop, by = _fft_passes.side_by_side(p, outer * tiles, s.shape[0])
        for t in range(start, stop, by):
            o, first = t // tiles, t % tiles * width
            if columns:
                _fft_copies.load_columns(s, p, x, o, first, n, across, lane, width, step, 0, 1, 0, 0, 1)
            else:
                _fft_copies.load_rows(s, p, x, first, n, across, lane, width, step, 0, 1)
            jk.barrier()
            a, b = np.int64(0), np.int64((n + 1) * step)
            first_pass(s, p, a, b, twiddles, width, left, lane, step, radix)
            at, some = radix + (kept - 1) * left, (0, radices.shape[0])
            a, b = passes(s, p, b, a, twiddles, radices, some, at, width, kept, left, lane, step, 0)
            ordered(s, p, a, b, width, n, left, lane, step, radix)
            jk.barrier()
            re, im, long = b, b + width, n // 2 + 1
            _fft_copies.store(s, p, out, rows, o, first, long, across, lane, width, step, re, im, scale, 0, 1)
            jk.barrier()

    return Launcher(real_tiles_forth)


@functools.cache
def back(width: int, largest: int, columns: bool) -> Launcher:
    """Return the launcher of the kernel that goes back to rows of real numbers, or columns."""
    passes, rows = _fft_passes.passes_of(largest, 1), 1 - int(columns)

    @jk.kernel(group=width)
    def real_tiles_back(i, x, out, s, twiddles, radices, outer, n, across, radix, scale):
        lane, p = jk.local_index(), jk.group_index()
        step, left, kept, tiles = 2 * width, n // radix, radix // 2 + 1, (across + width - 1) // width
        start, stop, by = _fft_passes.side_by_side(p, outer * tiles, s.shape[0])
        for t in range(start, stop, by):
            o, first = t // tiles, t % tiles * width
            _fft_copies.load(s, p, x, rows, o, first, n // 2 + 1, across, lane, width, step, 0, width, 0, 1)
            jk.barrier()
            a, b = np.int64(0), np.int64((n + 1) * step)
            spread(s, p, a, b, width, n, left, lane, step, radix)
            at, some = radix + (kept - 1) * left, (0, radices.shape[0])
            a, b = passes(s, p, b, a, twiddles, radices, some, at, width, kept, left, lane, step, 0)
            last_pass(s, p, a, b, twiddles, width, left, lane, step, radix)
            jk.barrier()
            if columns:
                _fft_copies.store_columns(s, p, out, o, first, n, across, lane, width, step, b, 1, 0, scale, 0, 1)
            else:
                _fft_copies.store_rows(s, p, out, first, n, across, lane, width, step, b, scale, 0, 1)
            jk.barrier()

    return Launcher(real_tiles_back)


@functools.lru_cache(64)
def _radix_of(n: int) -> int:
    """Return the radix of the pass of real numbers: the largest small divisor, else the least prime factor."""
    small = max((d for d in range(1, _LARGEST + 1, 2) if n % d == 0), default=1)
    return small if small > 1 or n == 1 else (radices_of(n) or (n,))[0]


@functools.lru_cache(64)
def _tables_of(n: int, parts: np.dtype[Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return roots of unity of the radix, factors of its sequences and those of the other passes; and their radices."""
    radix = _radix_of(n)
    left = n // radix
    factors = roots(n, np.outer(np.arange(left), np.arange(1, radix // 2 + 1)).reshape(-1))
    twiddles = np.concatenate([roots(radix, np.arange(radix)), factors, twiddles_of(left)])
    return np.ascontiguousarray(twiddles, parts), np.array(radices_of(left), np.int64)


def serves(transform: Transform, outer: int, n: int, across: int) -> bool:
    """Tell whether `tiles` does it: not on a GPU, where several work-items share each vector."""
    if transform.device is not None or not by_passes(n):
        return False
    return across > 1 or transform.in_one(outer, n)


@functools.lru_cache(64)
def tiles(transform: Transform, outer: int, n: int, across: int, scale: float) -> Prepared:
    """Return what transforms an odd length along the middle of (outer, n, across), or goes back to it; where `serves`."""
    parts, width, columns = transform.parts, transform.width, across > 1
    outer, across = (outer, across) if columns else (1, outer)
    groups = min(outer * -(-across // width), transform.groups(outer * across * n, n))
    launcher, rooms = (
        (back if transform.inverse else forth)(width, largest_of(n // _radix_of(n)), columns),
        ((groups, 4 * (n + 1) * width),),
    )
    numbers = outer, n, across, _radix_of(n), parts.type(scale)
    return Prepared(
        launcher, groups * width, transform.backend, None, parts, rooms, _tables_of(n, parts), numbers
    )  # fmt: skip
