"""Fourier transforms of any length by a convolution with a chirp, whose two transforms and all between them go over one tile.

Of real numbers half of the frequencies are wanted, and of half of the frequencies real numbers: such a convolution has three
quarters of the length.

Reference: L. Bluestein, "A linear filtering approach to the computation of discrete Fourier transform", IEEE Trans. Audio and
Electroacoustics 18, 1970.
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
from jitkit.signal import _fft_copies, _fft_passes
from jitkit.signal._fft_tables import roots

COMPLEX, FORTH, BACK = range(3)
"""What a convolution makes: complex numbers of complex ones, lower frequencies of real numbers, or real numbers of those."""


def given_and_made(n: int, kind: int) -> tuple[int, int]:
    """Return how many numbers of a vector a convolution takes and makes: real or complex ones."""
    lower = n // 2 + 1
    return (lower if kind == BACK else n), (lower if kind == FORTH else n)


@functools.lru_cache(256)
def length_for(n: int, kind: int) -> int:
    """Return the length of a convolution: the least 2^a 3^b 5^c that is enough with 2^a of 16 or more, for passes of 4."""
    least = sum(given_and_made(n, kind)) - 1
    odd: list[int] = [3**b * 5**c for b in range(6) for c in range(4)]
    return min(16 * k << max(0, -(-least // (16 * k)) - 1).bit_length() for k in odd)


@functools.lru_cache(32)
def chirps_of(n: int, kind: int, parts: np.dtype[Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the chirp for what is given and for what is made, as cosines and sines, and the transform of its conjugate.

    What goes back to real numbers takes each frequency but the lowest twice, for its conjugate.
    """
    m, (given, made) = length_for(n, kind), given_and_made(n, kind)
    k = np.arange(n)
    chirp = roots(2 * n, k * k)
    conjugate = chirp[:, 0] - 1j * chirp[:, 1]
    filled = np.zeros(m, complex)
    filled[:made] = conjugate[:made]
    filled[m - given + 1 :] = conjugate[1:given][::-1]
    there = np.fft.fft(filled)
    enter, leave = chirp[:given].T.copy(), chirp[:made].T
    if kind == BACK:
        enter[:, 1:] *= 2
    return (
        np.ascontiguousarray(enter, parts),
        np.ascontiguousarray(leave, parts),
        np.stack([there.real, there.imag]).astype(parts),
    )


def chirp_in(s, p, i, apart, chirp, k, sign):
    """Multiply a number of a tile by the chirp, or its conjugate."""
    re, im, wr, wi = s[p, i], sign * s[p, i + apart], chirp[0, k], chirp[1, k]
    s[p, i], s[p, i + apart] = re * wr - im * wi, re * wi + im * wr


def times(s, p, i, apart, wr, wi):
    """Multiply a number of a tile; its parts change places, so that the next transform goes back."""
    re, im = s[p, i], s[p, i + apart]
    s[p, i + apart], s[p, i] = re * wr - im * wi, re * wi + im * wr


def chirp_out(s, p, i, apart, chirp, k, sign):
    """Multiply by the chirp once more; the parts find back to their places."""
    re, im, wr, wi = s[p, i + apart], s[p, i], chirp[0, k], chirp[1, k]
    s[p, i], s[p, i + apart] = re * wr - im * wi, sign * (re * wi + im * wr)


def tiles_kernel(width: int, team: int, kind: int) -> Kernel:
    """Return the kernel that convolves tiles of vectors with the chirp: `outer` times `across`, or rows."""
    passes = _fft_passes.passes_of(5, team)
    place, meet = _fft_passes.places_of(team)
    tiles_of = _fft_passes.tiles_of_groups(team)

    @jk.kernel(group=width * team)
    def convolve_tiles(i, x, out, s, twiddles, radices, enter, leave, factors, outer, across, rows, sign, scale):
        item, p = jk.local_index(), jk.group_index()
        member, lane = place(item, width)
        tiles, step, some = (across + width - 1) // width, 2 * width, (0, radices.shape[0])
        given, made, m = enter.shape[1], leave.shape[1], factors.shape[1]
        start, stop, by = tiles_of(p, outer * tiles, s.shape[0])
        for t in range(start, stop, by):
            o, first = t // tiles, t % tiles * width
            a, b = np.int64(0), np.int64((m + 1) * step)
            if kind != FORTH:
                _fft_copies.load(s, p, x, rows, o, first, given, across, lane, width, step, 0, width, member, team)
            elif rows:
                _fft_copies.load_rows(s, p, x, first, given, across, lane, width, step, member, team)
            else:
                _fft_copies.load_columns(s, p, x, o, first, given, across, lane, width, step, 0, 1, 0, member, team)
            jk.barrier()
            for j in range(member, given, team):
                if kind == FORTH:
                    s[p, j * step + lane + width] = 0
                if kind == BACK:  # noqa: SIM102 - a branch on a constant alone is left out
                    if j == 0:
                        s[p, lane + width] = 0
                chirp_in(s, p, j * step + lane, width, enter, j, sign)
            for j in range(given + member, m, team):
                s[p, j * step + lane], s[p, j * step + lane + width] = 0, 0
            meet()
            for back in range(2):
                done, left, at = np.int64(1), np.int64(m), np.int64(0)
                a, b = passes(s, p, a, b, twiddles, radices, some, at, width, done, left, lane, step, member)
                if back == 0:
                    for k in range(member, m, team):
                        times(s, p, a + k * step + lane, width, factors[0, k], factors[1, k])
                    meet()
            for j in range(member, made, team):
                chirp_out(s, p, a + j * step + lane, width, leave, j, sign)
            jk.barrier()
            if kind != BACK:
                _fft_copies.store(
                    s, p, out, rows, o, first, made, across, lane, width, step, a, a + width, scale, member, team
                )
            elif rows:
                _fft_copies.store_rows(s, p, out, first, made, across, lane, width, step, a, scale, member, team)
            else:
                _fft_copies.store_columns(
                    s, p, out, o, first, made, across, lane, width, step, a, 1, 0, scale, member, team
                )
            jk.barrier()

    return convolve_tiles


@functools.cache
def tiles(width: int, team: int, kind: int) -> Launcher:
    """Return the launcher of `tiles_kernel`."""
    return Launcher(tiles_kernel(width, team, kind))
