"""Fourier transforms of rows of real numbers of an odd length, on tiles, without what is the conjugate of something else.

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
from jitkit import operands
from jitkit.launch.launcher import Launcher
from jitkit.signal import _fft_passes
from jitkit.signal._fft_plan import Transform, radices_of, roots, twiddles_of

_LARGEST = 15
"""The largest radix of the pass of real numbers that is no prime: 7 to 15 leave 0.57 to 0.53 of the sequences."""


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
            other = min(q + 1, half)
            re, im, more, more_i = s[p, i], total * 0, s[p, i], total * 0
            root, second = 0, 0
            for m in range(1, half + 1):
                root += q
                root -= radix if root >= radix else 0
                second += other
                second -= radix if second >= radix else 0
                both, away = s[p, i + m * far], s[p, i + m * far + apart]
                re += twiddles[root, 0] * both
                im += twiddles[root, 1] * away
                more += twiddles[second, 0] * both
                more_i += twiddles[second, 1] * away
            row = radix + half * j - 1
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
            even, odd, more, more_odd = first, first * 0, first, first * 0
            root, second = 0, 0
            for q in range(1, half + 1):
                root += m
                root -= radix if root >= radix else 0
                second += other
                second -= radix if second >= radix else 0
                re, im = s[p, i + q * step], s[p, i + q * step + apart]
                even += twiddles[root, 0] * re
                odd += twiddles[root, 1] * im
                more += twiddles[second, 0] * re
                more_odd += twiddles[second, 1] * im
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


def load_real(s, p, x, first, n, rows, lane, width, step):
    """Copy rows of real numbers in, with the lanes along them; what does not fill the lanes, number by number."""
    last, start, whole = min(width, rows - first), first * n, n // width * width
    for block in range(n // width):
        j = block * width + lane
        for r in range(last):
            s[p, j * step + r] = x[start + r * n + j]
    if lane == 0:
        for j in range(whole, n):
            for r in range(last):
                s[p, j * step + r] = x[start + r * n + j]


def store_real(s, p, out, first, n, rows, lane, width, step, at, scale):
    """Copy rows of real numbers out, as `load_real` copies them in."""
    last, start, whole = min(width, rows - first), first * n, n // width * width
    for block in range(n // width):
        j = block * width + lane
        for r in range(last):
            out[start + r * n + j] = scale * s[p, at + j * step + r]
    if lane == 0:
        for j in range(whole, n):
            for r in range(last):
                out[start + r * n + j] = scale * s[p, at + j * step + r]


@functools.cache
def forth(width: int) -> Launcher:
    """Return the launcher of the kernel that transforms rows of real numbers."""
    passes = _fft_passes.passes_of(True, 1)

    @jk.kernel(group=width)
    def real_tiles_forth(i, x, out, s, twiddles, radices, rows, n, radix, scale):
        lane, p = jk.local_index(), jk.group_index()
        step, left, kept = 2 * width, n // radix, radix // 2 + 1
        for t in range(p, (rows + width - 1) // width, s.shape[0]):
            load_real(s, p, x, t * width, n, rows, lane, width, step)
            jk.barrier()
            a, b = np.int64(0), np.int64((n + 1) * step)
            first_pass(s, p, a, b, twiddles, width, left, lane, step, radix)
            at = radix + (kept - 1) * left
            a, b = passes(s, p, b, a, twiddles, radices, at, width, kept, left, lane, step, 0)
            ordered(s, p, a, b, width, n, left, lane, step, radix)
            jk.barrier()
            _fft_passes.store(
                s, p, out, 1, 0, t * width, n // 2 + 1, rows, lane, width, step, b, b + width, scale, 0, 1
            )  # fmt: skip
            jk.barrier()

    return Launcher(real_tiles_forth)


@functools.cache
def back(width: int) -> Launcher:
    """Return the launcher of the kernel that goes back to rows of real numbers."""
    passes = _fft_passes.passes_of(True, 1)

    @jk.kernel(group=width)
    def real_tiles_back(i, x, out, s, twiddles, radices, rows, n, radix, scale):
        lane, p = jk.local_index(), jk.group_index()
        step, left, kept = 2 * width, n // radix, radix // 2 + 1
        for t in range(p, (rows + width - 1) // width, s.shape[0]):
            _fft_passes.load(s, p, x, 1, 0, t * width, n // 2 + 1, rows, lane, width, step, 0, width, 0, 1)
            jk.barrier()
            a, b = np.int64(0), np.int64((n + 1) * step)
            spread(s, p, a, b, width, n, left, lane, step, radix)
            at = radix + (kept - 1) * left
            a, b = passes(s, p, b, a, twiddles, radices, at, width, kept, left, lane, step, 0)
            last_pass(s, p, a, b, twiddles, width, left, lane, step, radix)
            jk.barrier()
            store_real(s, p, out, t * width, n, rows, lane, width, step, b, scale)
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


def serves(transform: Transform, count: int, n: int) -> bool:
    """Tell whether rows are transformed by `rows`: not on a GPU, where several work-items share each vector."""
    return count > 0 and transform.device is None and transform.in_one(count, n)


def rows(transform: Transform, x: Any, out: Any, count: int, n: int, scale: float) -> None:
    """Transform rows of an odd length, or go back to them; where `serves`. Both arrays are vectors of parts."""
    parts, width, tables = transform.parts, transform.width, _tables_of(n, transform.parts)
    groups = min(-(-count // width), transform.groups(count * n, n))
    scratch = operands.made((groups, 4 * (n + 1) * width), (parts,), None)
    launcher = (back if transform.flip else forth)(width)
    launcher.run(
        groups * width, transform.backend, (x, out, scratch, *tables, count, n, _radix_of(n), parts.type(scale))
    )  # fmt: skip
