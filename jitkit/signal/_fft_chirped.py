"""Fourier transforms of long vectors of any length: convolutions with a chirp that are done as matrices.

The columns of the matrix are transformed forth, its rows forth and back, and the columns back. What is given meets the chirp
where the columns are loaded, and what is made where they are stored: steps of their own went over the memory twice as often.

References: L. Bluestein, "A linear filtering approach to the computation of discrete Fourier transform", IEEE Trans. Audio and
Electroacoustics 18, 1970; D. H. Bailey, "FFTs in external or hierarchical memory", J. Supercomputing 4, 1990.
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
from jitkit.signal._fft_convolved import BACK, FORTH, chirps_of, length_for, times
from jitkit.signal._fft_tables import halves_of, tables_of


@functools.lru_cache(32)
def tables_for(n: int, kind: int, width: int, parts: np.dtype[Any]) -> tuple[tuple[np.ndarray, ...], tuple[int, ...]]:
    """Return what the steps read, and which radices and twiddle factors are those of the rows.

    The transform of the chirp stands as the rows of a matrix meet it: for each tile of rows, element and lane.
    """
    first, second = halves_of(length_for(n, kind))
    enter, leave, factors = chirps_of(n, kind, parts)
    twiddles, radices, *turns = tables_of(first, second, width, False, parts)
    others, more, *back = tables_of(second, first, width, False, parts)
    tiles = -(-first // width)
    found = np.zeros((2, second, tiles * width), parts)
    found[:, :, :first] = factors.reshape(2, second, first)
    found = np.ascontiguousarray(found.reshape(2, second, tiles, width).transpose(0, 2, 1, 3)).reshape(2, -1)
    every, both = np.concatenate([twiddles, others]), np.concatenate([radices, more])
    tables = every, both, enter, leave, found, *turns, *back
    return tables, (len(radices), len(both), len(twiddles))


def enter_columns(s, p, x, o, first, size, across, chirp, kind, lane, width, step, sign, member, team):
    """Copy a tile of columns of the matrix in, times the chirp, and zeros behind what is given."""
    given, last = chirp.shape[1], min(width, across - first)
    reach = min(size, max(0, (given - first + across - 1) // across))
    full = min(reach, max(0, (given - first - width) // across + 1)) if last == width else 0
    for j in range(member, full, team):
        enter_one(s, p, j * step + lane, width, x, o, j * across + first + lane, chirp, kind, sign)
    if lane == 0:
        for j in range(full + member, reach, team):
            for r in range(last):
                if j * across + first + r < given:
                    enter_one(s, p, j * step + r, width, x, o, j * across + first + r, chirp, kind, sign)
                else:
                    s[p, j * step + r], s[p, j * step + r + width] = 0, 0
    for j in range(reach + member, size, team):
        s[p, j * step + lane], s[p, j * step + lane + width] = 0, 0


def enter_one(s, p, i, apart, x, o, k, chirp, kind, sign):
    """Copy number k of vector o in, times the chirp."""
    given, wr, wi = chirp.shape[1], chirp[0, k], chirp[1, k]
    if kind == FORTH:
        re = x[o * given + k]
        s[p, i], s[p, i + apart] = re * wr, re * wi
    else:
        re, im = x[2 * (o * given + k)], sign * x[2 * (o * given + k) + 1]
        if kind == BACK:  # that of the lowest frequency does not count
            im = im if k > 0 else 0
        s[p, i], s[p, i + apart] = re * wr - im * wi, re * wi + im * wr


def leave_columns(s, p, a, out, o, first, size, across, chirp, kind, lane, width, step, scale, sign, member, team):
    """Copy a tile of columns out, times the chirp once more, but for what is behind all that is made."""
    made, last = chirp.shape[1], min(width, across - first)
    reach = min(size, max(0, (made - first + across - 1) // across))
    full = min(reach, max(0, (made - first - width) // across + 1)) if last == width else 0
    for j in range(member, full, team):
        leave_one(s, p, a + j * step + lane, width, out, o, j * across + first + lane, chirp, kind, scale, sign)
    if lane == 0:
        for j in range(full + member, reach, team):
            for r in range(last):
                if j * across + first + r < made:
                    leave_one(s, p, a + j * step + r, width, out, o, j * across + first + r, chirp, kind, scale, sign)


def leave_one(s, p, i, apart, out, o, k, chirp, kind, scale, sign):
    """Copy number k of vector o out; its parts, which have changed places, find back."""
    made, re, im = chirp.shape[1], scale * s[p, i + apart], scale * s[p, i]
    wr, wi = chirp[0, k], chirp[1, k]
    if kind == BACK:
        out[o * made + k] = re * wr - im * wi
    else:
        at = 2 * (o * made + k)
        out[at], out[at + 1] = re * wr - im * wi, sign * (re * wi + im * wr)


def steps_kernel(width: int, team: int, kind: int) -> Kernel:
    """Return the kernel that takes some of the three steps.

    `share` groups share each vector, a tile to each, and take one step; or one group does the whole vector, where it is 0.
    """
    passes = _fft_passes.passes_of(5, team)
    place, meet = _fft_passes.places_of(team)
    tiles_of = _fft_passes.tiles_of_groups(team)

    @jk.kernel(group=width * team)
    def convolve_in_steps(
        i, x, out, s, between, twiddles, radices, enter, leave, factors, coarse, fine, coarse_back, fine_back, outer,
        sizes, cuts, steps, share, sign, scale,
    ):  # fmt: skip
        item, p = jk.local_index(), jk.group_index()
        member, lane = place(item, width)
        step = 2 * width
        start, stop, by = tiles_of(p, outer * max(share, 1), s.shape[0])
        for unit in range(start, stop, by):
            o, room = (unit // share, unit // share) if share > 0 else (unit, p)
            for stage in range(steps[0], steps[1]):
                rows = 1 if stage == 1 else 0
                size, across = sizes[rows], sizes[1 - rows]
                some = (cuts[0], cuts[1]) if stage == 1 else (0, cuts[0])
                low = unit % share if share > 0 else 0
                high = low + 1 if share > 0 else (across + width - 1) // width
                for tile in range(low, high):
                    first = tile * width
                    if stage == 0:
                        enter_columns(
                            s, p, x, o, first, size, across, enter, kind, lane, width, step, sign, member, team
                        )
                    else:
                        _fft_copies.load(
                            s, p, between, rows, room, first, size, across, lane, width, step, 0, width, member, team
                        )
                    jk.barrier()
                    a, b = np.int64(0), np.int64((size + 1) * step)
                    for back in range(1 + rows):
                        done, left, at = np.int64(1), np.int64(size), np.int64(cuts[2] if stage == 1 else 0)
                        a, b = passes(s, p, a, b, twiddles, radices, some, at, width, done, left, lane, step, member)
                        if stage == 1 and back == 0:
                            for k in range(member, size, team):
                                at_lane = (tile * size + k) * width + lane
                                times(s, p, a + k * step + lane, width, factors[0, at_lane], factors[1, at_lane])
                            meet()
                    if stage == 0:
                        _fft_passes.turn(s, p, a, width, size, coarse, fine, tile, lane, width, step, member, team)
                    elif stage == 1:
                        _fft_passes.turn(
                            s, p, a, width, size, coarse_back, fine_back, tile, lane, width, step, member, team
                        )
                    jk.barrier()
                    if stage == 2:
                        leave_columns(
                            s, p, a, out, o, first, size, across, leave, kind, lane, width, step, scale, sign, member,
                            team,
                        )  # fmt: skip
                    else:
                        _fft_copies.store(
                            s, p, between, rows, room, first, size, across, lane, width, step, a, a + width, 1,
                            member, team,
                        )  # fmt: skip
                    jk.barrier()

    return convolve_in_steps


@functools.cache
def steps(width: int, team: int, kind: int) -> Launcher:
    """Return the launcher of `steps_kernel`."""
    return Launcher(steps_kernel(width, team, kind))
