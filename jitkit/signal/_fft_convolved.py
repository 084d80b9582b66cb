"""Fourier transforms of any length by a convolution with a chirp, whose two transforms and all between them go over one tile.

References: L. Bluestein, "A linear filtering approach to the computation of discrete Fourier transform", IEEE Trans. Audio and
Electroacoustics 18, 1970; of long vectors as matrices D. H. Bailey, "FFTs in external or hierarchical memory", J. Supercomputing
4, 1990.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
from typing import Any

import numpy as np

import jitkit as jk
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.signal import _fft_passes
from jitkit.signal._fft_points import Pointwise
from jitkit.signal._fft_tables import halves_of, roots


@functools.lru_cache(256)
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


@functools.lru_cache(32)
def factors_of(n: int, width: int, parts: np.dtype[Any]) -> np.ndarray:
    """Return the transform of the chirp as the rows of a matrix meet it: for each tile of rows, element and lane."""
    m, _, factors = chirps_of(n, parts)
    first, second = halves_of(m)
    tiles = -(-first // width)
    found = np.zeros((2, second, tiles * width), parts)
    found[:, :, :first] = factors.T.reshape(2, second, first)
    return np.ascontiguousarray(found.reshape(2, second, tiles, width).transpose(0, 2, 1, 3)).reshape(2, -1)


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


def chirp_out(o, j, c, n, across, args):
    """Multiply by the chirp once more, and leave out what was filled up."""
    x, chirp, m, flip, scale, out = args
    i, k = 2 * ((o * n + j) * across + c), 2 * ((o * m + j) * across + c)
    re, im = scale * x[k], scale * x[k + 1]
    out[i + flip] = re * chirp[j, 0] - im * chirp[j, 1]
    out[i + 1 - flip] = re * chirp[j, 1] + im * chirp[j, 0]


enter, leave = Pointwise(chirp_in), Pointwise(chirp_out)


def times(s, p, i, apart, wr, wi, swapped):
    """Multiply a number of a tile; `swapped`, its parts change places, so that the next transform goes back."""
    re, im = s[p, i], s[p, i + apart]
    s[p, i + swapped], s[p, i + apart - swapped] = re * wr - im * wi, re * wi + im * wr


def convolved_kernel(width: int, team: int, whole: bool) -> Kernel:
    """Return the kernel that convolves tiles of vectors with the chirp.

    A tile has `whole` vectors of n, which become m, or the rows of matrices, whose columns are transformed before and behind.
    """
    passes = _fft_passes.passes_of(True, team)
    place, meet = _fft_passes.places_of(team)

    @jk.kernel(group=width * team)
    def convolve_tiles(
        i, x, out, s, twiddles, radices, chirp, factors, coarse, fine, outer, n, m, across, rows, flip, scale
    ):
        item, p = jk.local_index(), jk.group_index()
        member, lane = place(item, width)
        tiles, step, some = (across + width - 1) // width, 2 * width, (0, radices.shape[0])
        for t in range(p, outer * tiles, s.shape[0]):
            o, tile = t // tiles, t % tiles
            first, re, im = tile * width, flip * width, (1 - flip) * width
            _fft_passes.load(s, p, x, rows, o, first, n, across, lane, width, step, re, im, member, team)
            jk.barrier()
            a, b = np.int64(0), np.int64((m + 1) * step)
            if whole:
                for j in range(member, n, team):
                    times(s, p, a + j * step + lane, width, chirp[j, 0], chirp[j, 1], 0)
                for j in range(n + member, m, team):
                    s[p, a + j * step + lane], s[p, a + j * step + lane + width] = 0, 0
                meet()
            for back in range(2):
                done, left, at = np.int64(1), np.int64(m), np.int64(0)
                a, b = passes(s, p, a, b, twiddles, radices, some, at, width, done, left, lane, step, member)
                if back == 0:
                    for k in range(member, m, team):
                        if whole:
                            wr, wi = factors[k, 0], factors[k, 1]
                        else:
                            wr, wi = (
                                factors[0, (tile * m + k) * width + lane],
                                factors[1, (tile * m + k) * width + lane],
                            )
                        times(s, p, a + k * step + lane, width, wr, wi, width)
                    meet()
            if whole:
                for j in range(member, n, team):
                    times(s, p, a + j * step + lane, width, chirp[j, 0], -chirp[j, 1], width)
            else:
                _fft_passes.turn(s, p, a, width, m, coarse, fine, tile, lane, width, step, member, team)
            jk.barrier()
            re, im = a + re, a + im
            if not whole:
                re, im = im, re
            _fft_passes.store(s, p, out, rows, o, first, n, across, lane, width, step, re, im, scale, member, team)
            jk.barrier()

    return convolve_tiles


@functools.cache
def convolved(width: int, team: int, whole: bool) -> Launcher:
    """Return the launcher of `convolved_kernel`."""
    return Launcher(convolved_kernel(width, team, whole))


@functools.cache
def alone(width: int) -> Launcher:
    """Return the launcher of the kernel that transforms each of few short vectors in one group.

    Launches of their own for what is before and behind, the columns and the rows took longer than what they computed: one
    vector of 509 takes 0.5 of the time.
    """
    passes = _fft_passes.passes_of(True, 1)

    @jk.kernel(group=width)
    def convolve_alone(
        i, x, out, s, between, whole, twiddles, radices, chirp, factors, coarse, fine, coarse_back, fine_back, n, sizes,
        cuts, flip, scale
    ):  # fmt: skip
        lane, o = jk.local_index(), jk.group_index()
        step, m = 2 * width, sizes[0] * sizes[1]
        for block in range((m + width - 1) // width):
            j = block * width + lane
            if j < m:
                chirp_in(o, j, 0, n, 1, (x, chirp, m, flip, whole))
        jk.barrier()
        for stage in range(3):
            rows = 1 if stage == 1 else 0
            size, across = sizes[rows], sizes[1 - rows]
            some = (cuts[0], cuts[1]) if stage == 1 else (0, cuts[0])
            for tile in range((across + width - 1) // width):
                first = tile * width
                if stage == 0:
                    _fft_passes.load(s, o, whole, 0, o, first, size, across, lane, width, step, 0, width, 0, 1)
                else:
                    _fft_passes.load(s, o, between, rows, o, first, size, across, lane, width, step, 0, width, 0, 1)
                jk.barrier()
                a, b = np.int64(0), np.int64((size + 1) * step)
                for back in range(1 + rows):
                    done, left, at = np.int64(1), np.int64(size), np.int64(cuts[2] if stage == 1 else 0)
                    a, b = passes(s, o, a, b, twiddles, radices, some, at, width, done, left, lane, step, 0)
                    if stage == 1 and back == 0:
                        for k in range(size):
                            at_lane = (tile * size + k) * width + lane
                            times(s, o, a + k * step + lane, width, factors[0, at_lane], factors[1, at_lane], width)
                if stage == 0:
                    _fft_passes.turn(s, o, a, width, size, coarse, fine, tile, lane, width, step, 0, 1)
                elif stage == 1:
                    _fft_passes.turn(s, o, a, width, size, coarse_back, fine_back, tile, lane, width, step, 0, 1)
                jk.barrier()
                re, im = a, a + width
                if stage == 2:
                    _fft_passes.store(s, o, whole, 0, o, first, size, across, lane, width, step, im, re, 1, 0, 1)
                else:
                    _fft_passes.store(s, o, between, rows, o, first, size, across, lane, width, step, re, im, 1, 0, 1)
                jk.barrier()
        for block in range((n + width - 1) // width):
            j = block * width + lane
            if j < n:
                chirp_out(o, j, 0, n, 1, (whole, chirp, m, flip, scale, out))

    return Launcher(convolve_alone)
