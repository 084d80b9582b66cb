"""Fourier transforms of few short vectors in one launch: each is the columns of a matrix and then its rows, by one group.

One vector fills the lanes of a tile only as several of columns or rows. As launches of their own the two sets, and what
stands between them and real numbers, took longer than what they computed.

Reference: D. H. Bailey, "FFTs in external or hierarchical memory", J. Supercomputing 4, 1990.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools

import numpy as np

import jitkit as jk
from jitkit.launch.launcher import Launcher
from jitkit.signal import _fft_copies, _fft_passes
from jitkit.signal._fft_real import Side


def _nothing(o, count, lane, x, out, turn, n, scale):
    """Stand where complex numbers are given or asked for."""
    return


@functools.cache
def launcher(width: int, largest: int, before: Side | None, behind: Side | None) -> Launcher:
    """Return the launcher of the kernel; `before` and `behind` it may take real numbers or give them."""
    passes = _fft_passes.passes_of(largest, 1)
    is_before, is_behind = before is not None, behind is not None
    enter, leave = (side.in_group(width) if side is not None else _nothing for side in (before, behind))

    @jk.kernel(group=width)
    def transform_alone(
        i, x, out, s, between, whole, twiddles, radices, coarse, fine, turn, sizes, cuts, counts, flip, scales
    ):
        lane, o = jk.local_index(), jk.group_index()
        step, n = 2 * width, sizes[0] * sizes[1]
        if is_before:
            enter(o, counts[0], lane, x, whole, turn, n, 1)
            jk.barrier()
        for stage in range(2):
            size, across = sizes[stage], sizes[1 - stage]
            some = (0, cuts[0]) if stage == 0 else (cuts[0], cuts[1])
            for tile in range((across + width - 1) // width):
                first, re, im = tile * width, flip * width, (1 - flip) * width
                if stage == 1:
                    _fft_copies.load(s, o, between, 1, o, first, size, across, lane, width, step, re, im, 0, 1)
                elif is_before:
                    _fft_copies.load(s, o, whole, 0, o, first, size, across, lane, width, step, re, im, 0, 1)
                else:
                    _fft_copies.load(s, o, x, 0, o, first, size, across, lane, width, step, re, im, 0, 1)
                jk.barrier()
                a, b = np.int64(0), np.int64((size + 1) * step)
                at = np.int64(0 if stage == 0 else cuts[2])
                done, left = np.int64(1), np.int64(size)
                a, b = passes(s, o, a, b, twiddles, radices, some, at, width, done, left, lane, step, 0)
                if stage == 0:
                    _fft_passes.turn(s, o, a, width, size, coarse, fine, tile, lane, width, step, 0, 1)
                jk.barrier()
                re, im = a + re, a + im
                if stage == 0:
                    _fft_copies.store(
                        s, o, between, 0, o, first, size, across, lane, width, step, re, im, scales[0], 0, 1
                    )  # fmt: skip
                elif is_behind:
                    _fft_copies.store(
                        s, o, whole, 0, o, first, size, across, lane, width, step, re, im, scales[0], 0, 1
                    )  # fmt: skip
                else:
                    _fft_copies.store(
                        s, o, out, 0, o, first, size, across, lane, width, step, re, im, scales[1], 0, 1
                    )  # fmt: skip
                jk.barrier()
        if is_behind:
            leave(o, counts[1], lane, whole, out, turn, n, scales[1])

    return Launcher(transform_alone)
