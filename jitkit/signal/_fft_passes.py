"""The passes of a Fourier transform, and the kernel that transforms tiles of neighbouring vectors.

A tile is a few vectors, element j of all of them side by side: each pass is arithmetic on the lanes of registers without
a shuffle, and a twiddle factor is one number for the whole tile. The real parts of an element lie in one half of a line of
the cache and the imaginary ones in the other. The passes are those of Stockham, which leave the result in order; a tile goes
back and forth between two buffers that stay in the cache.

References: W. T. Cochran et al., "What is the fast Fourier transform?", Proc. IEEE 55, 1967 (Stockham's autosort);
C. Van Loan, "Computational Frameworks for the Fast Fourier Transform", SIAM 1992.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

import jitkit as jk
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.signal._fft_copies import load, load_columns, store, store_columns

LANES = {4: 8, 8: 4}
"""Vectors of a tile, by the bytes of a real number: a register of AVX2, half a line of the cache.

With two registers, and real parts apart from imaginary ones, a pass went over each line twice, and the sixteen that it had in
hand fell into one set of the cache: rows of 16384 took twice as long, those of 1024 1.6 times. A register of AVX-512, which
fills the line, has the same effect: rows of 1024 take 1.5 to 3 times as long.
"""
COMPLEX, REAL_ROWS, REAL_COLUMNS = range(3)
"""What is transformed, or made by a transform that goes back."""
SINE_3 = math.sqrt(0.75)
COS_5 = math.cos(2 * math.pi / 5), math.cos(4 * math.pi / 5)
SIN_5 = math.sin(2 * math.pi / 5), math.sin(4 * math.pi / 5)
COS_7 = math.cos(2 * math.pi / 7), math.cos(4 * math.pi / 7), math.cos(6 * math.pi / 7)
SIN_7 = math.sin(2 * math.pi / 7), math.sin(4 * math.pi / 7), math.sin(6 * math.pi / 7)


def pass_2(s, p, a, b, twiddles, at, apart, done, left, lane, step, share):
    """Do the butterflies of two: from the buffer at `a` to that at `b`; `apart` lies the imaginary part from the real one."""
    far, gap = done * left * step, done * step
    for j in range(share[0], left, share[1]):
        wr, wi = twiddles[at + j, 0], twiddles[at + j, 1]
        for k in range(share[2], done, share[3]):
            i = a + (j * done + k) * step + lane
            xr, xi, zr, zi = s[p, i], s[p, i + apart], s[p, i + far], s[p, i + far + apart]
            i = b + (2 * j * done + k) * step + lane
            s[p, i] = xr + zr
            s[p, i + apart] = xi + zi
            s[p, i + gap] = (xr - zr) * wr - (xi - zi) * wi
            s[p, i + gap + apart] = (xr - zr) * wi + (xi - zi) * wr


def pass_4(s, p, a, b, twiddles, at, apart, done, left, lane, step, share):
    """Do the butterflies of four."""
    far, gap = done * left * step, done * step
    for j in range(share[0], left, share[1]):
        ur, ui = twiddles[at + 3 * j, 0], twiddles[at + 3 * j, 1]
        vr, vi = twiddles[at + 3 * j + 1, 0], twiddles[at + 3 * j + 1, 1]
        wr, wi = twiddles[at + 3 * j + 2, 0], twiddles[at + 3 * j + 2, 1]
        for k in range(share[2], done, share[3]):
            i = a + (j * done + k) * step + lane
            x0, x2 = s[p, i], s[p, i + 2 * far]
            even, turned = x0 + x2, x0 - x2
            x1, x3 = s[p, i + far], s[p, i + 3 * far]
            odd, over = x1 + x3, x1 - x3
            i += apart
            y0, y2 = s[p, i], s[p, i + 2 * far]
            even_i, turned_i = y0 + y2, y0 - y2
            y1, y3 = s[p, i + far], s[p, i + 3 * far]
            odd_i, over_i = y1 + y3, y1 - y3
            i = b + (4 * j * done + k) * step + lane
            s[p, i] = even + odd
            s[p, i + apart] = even_i + odd_i
            re, im = turned + over_i, turned_i - over
            s[p, i + gap] = re * ur - im * ui
            s[p, i + gap + apart] = re * ui + im * ur
            re, im = even - odd, even_i - odd_i
            s[p, i + 2 * gap] = re * vr - im * vi
            s[p, i + 2 * gap + apart] = re * vi + im * vr
            re, im = turned - over_i, turned_i + over
            s[p, i + 3 * gap] = re * wr - im * wi
            s[p, i + 3 * gap + apart] = re * wi + im * wr


def pass_3(s, p, a, b, twiddles, at, apart, done, left, lane, step, share):
    """Do the butterflies of three: a third of the time of `pass_odd`."""
    far, gap = done * left * step, done * step
    for j in range(share[0], left, share[1]):
        for k in range(share[2], done, share[3]):
            i = a + (j * done + k) * step + lane
            x0, x1, x2 = s[p, i], s[p, i + far], s[p, i + 2 * far]
            i += apart
            y0, y1, y2 = s[p, i], s[p, i + far], s[p, i + 2 * far]
            both, both_i = x1 + x2, y1 + y2
            mid, mid_i = x0 - 0.5 * both, y0 - 0.5 * both_i
            side, side_i = SINE_3 * (x1 - x2), SINE_3 * (y1 - y2)
            i = b + (3 * j * done + k) * step + lane
            s[p, i] = x0 + both
            s[p, i + apart] = y0 + both_i
            put_both(s, p, i, gap, 1, 3, apart, mid, mid_i, side, side_i, twiddles, at + 2 * j)


def pass_5(s, p, a, b, twiddles, at, apart, done, left, lane, step, share):
    """Do the butterflies of five."""
    far, gap = done * left * step, done * step
    for j in range(share[0], left, share[1]):
        for k in range(share[2], done, share[3]):
            i = a + (j * done + k) * step + lane
            x0, x1, x2, x3, x4 = s[p, i], s[p, i + far], s[p, i + 2 * far], s[p, i + 3 * far], s[p, i + 4 * far]
            outer, inner, outer_d, inner_d = x1 + x4, x2 + x3, x1 - x4, x2 - x3
            i += apart
            y0, y1, y2, y3, y4 = s[p, i], s[p, i + far], s[p, i + 2 * far], s[p, i + 3 * far], s[p, i + 4 * far]
            outer_i, inner_i, outer_e, inner_e = y1 + y4, y2 + y3, y1 - y4, y2 - y3
            i = b + (5 * j * done + k) * step + lane
            s[p, i] = x0 + outer + inner
            s[p, i + apart] = y0 + outer_i + inner_i
            mid, mid_i = x0 + COS_5[0] * outer + COS_5[1] * inner, y0 + COS_5[0] * outer_i + COS_5[1] * inner_i
            side, side_i = SIN_5[0] * outer_d + SIN_5[1] * inner_d, SIN_5[0] * outer_e + SIN_5[1] * inner_e
            put_both(s, p, i, gap, 1, 5, apart, mid, mid_i, side, side_i, twiddles, at + 4 * j)
            mid, mid_i = x0 + COS_5[1] * outer + COS_5[0] * inner, y0 + COS_5[1] * outer_i + COS_5[0] * inner_i
            side, side_i = SIN_5[1] * outer_d - SIN_5[0] * inner_d, SIN_5[1] * outer_e - SIN_5[0] * inner_e
            put_both(s, p, i, gap, 2, 5, apart, mid, mid_i, side, side_i, twiddles, at + 4 * j)


def pass_7(s, p, a, b, twiddles, at, apart, done, left, lane, step, share):
    """Do the butterflies of seven."""
    far, gap = done * left * step, done * step
    for j in range(share[0], left, share[1]):
        row = at + 6 * j
        for k in range(share[2], done, share[3]):
            i = a + (j * done + k) * step + lane
            x0, x1, x2, x3 = s[p, i], s[p, i + far], s[p, i + 2 * far], s[p, i + 3 * far]
            x4, x5, x6 = s[p, i + 4 * far], s[p, i + 5 * far], s[p, i + 6 * far]
            u1, u2, u3, d1, d2, d3 = x1 + x6, x2 + x5, x3 + x4, x1 - x6, x2 - x5, x3 - x4
            i += apart
            y0, y1, y2, y3 = s[p, i], s[p, i + far], s[p, i + 2 * far], s[p, i + 3 * far]
            y4, y5, y6 = s[p, i + 4 * far], s[p, i + 5 * far], s[p, i + 6 * far]
            v1, v2, v3, e1, e2, e3 = y1 + y6, y2 + y5, y3 + y4, y1 - y6, y2 - y5, y3 - y4
            i = b + (7 * j * done + k) * step + lane
            s[p, i] = x0 + u1 + u2 + u3
            s[p, i + apart] = y0 + v1 + v2 + v3
            mid, mid_i = x0 + dot_3(COS_7, u1, u2, u3), y0 + dot_3(COS_7, v1, v2, v3)
            side, side_i = dot_3(SIN_7, d1, d2, d3), dot_3(SIN_7, e1, e2, e3)
            put_both(s, p, i, gap, 1, 7, apart, mid, mid_i, side, side_i, twiddles, row)
            mid, mid_i = x0 + dot_3(COS_7, u3, u1, u2), y0 + dot_3(COS_7, v3, v1, v2)
            side, side_i = dot_3(SIN_7, -d3, d1, -d2), dot_3(SIN_7, -e3, e1, -e2)
            put_both(s, p, i, gap, 2, 7, apart, mid, mid_i, side, side_i, twiddles, row)
            mid, mid_i = x0 + dot_3(COS_7, u2, u3, u1), y0 + dot_3(COS_7, v2, v3, v1)
            side, side_i = dot_3(SIN_7, -d2, d3, d1), dot_3(SIN_7, -e2, e3, e1)
            put_both(s, p, i, gap, 3, 7, apart, mid, mid_i, side, side_i, twiddles, row)


def dot_3(factors, a, b, c):
    """Return the sum of three numbers times constants."""
    return factors[0] * a + factors[1] * b + factors[2] * c


def put_both(s, p, o, gap, q, radix, apart, re, im, side, side_i, twiddles, row):
    """Store results q and radix - q of a butterfly: what they share, less and plus i times what they do not, and turned."""
    wr, wi = twiddles[row + q - 1, 0], twiddles[row + q - 1, 1]
    i, xr, xi = o + q * gap, re + side_i, im - side
    s[p, i] = xr * wr - xi * wi
    s[p, i + apart] = xr * wi + xi * wr
    wr, wi = twiddles[row + radix - q - 1, 0], twiddles[row + radix - q - 1, 1]
    i, xr, xi = o + (radix - q) * gap, re - side_i, im + side
    s[p, i] = xr * wr - xi * wi
    s[p, i + apart] = xr * wi + xi * wr


def pass_odd(s, p, a, b, twiddles, at, apart, done, left, lane, step, share, radix):
    """Do the butterflies of an odd prime by its roots of unity, in pairs of conjugates; the roots stand before the factors.

    For q and its opposite, sums of x[m] + x[radix - m] go with cosines and differences with sines. Sums and differences take
    the place of what they are made of, and two q share each that is loaded.
    """
    far, gap, half = done * left * step, done * step, radix // 2
    for j in range(share[0], left, share[1]):
        for k in range(share[2], done, share[3]):
            i = a + (j * done + k) * step + lane
            o = b + (radix * j * done + k) * step + lane
            total, total_i = s[p, i], s[p, i + apart]
            for m in range(1, half + 1):
                low, high = i + m * far, i + (radix - m) * far
                xr, zr, xi, zi = s[p, low], s[p, high], s[p, low + apart], s[p, high + apart]
                s[p, low], s[p, high] = xr + zr, xr - zr
                s[p, low + apart], s[p, high + apart] = xi + zi, xi - zi
                total += xr + zr
                total_i += xi + zi
            s[p, o] = total
            s[p, o + apart] = total_i
            for q in range(1, half + 1, 2):
                other = min(q + 1, half)
                cr, ci = s[p, i], s[p, i + apart]
                dr, di, er, ei, fr, fi = cr * 0, ci * 0, cr, ci, cr * 0, ci * 0
                root, second = 0, 0
                for m in range(1, half + 1):
                    root += q
                    root -= radix if root >= radix else 0
                    second += other
                    second -= radix if second >= radix else 0
                    both, both_i = s[p, i + m * far], s[p, i + m * far + apart]
                    away, away_i = s[p, i + (radix - m) * far], s[p, i + (radix - m) * far + apart]
                    cosine, sine = twiddles[at + root, 0], twiddles[at + root, 1]
                    cr += cosine * both
                    ci += cosine * both_i
                    dr -= sine * away
                    di -= sine * away_i
                    cosine, sine = twiddles[at + second, 0], twiddles[at + second, 1]
                    er += cosine * both
                    ei += cosine * both_i
                    fr -= sine * away
                    fi -= sine * away_i
                row = at + radix + (radix - 1) * j
                put_both(s, p, o, gap, q, radix, apart, cr, ci, dr, di, twiddles, row)
                put_both(s, p, o, gap, other, radix, apart, er, ei, fr, fi, twiddles, row)


def turn(s, p, a, apart, n, coarse, fine, tile, lane, width, step, member, team):
    """Multiply element k of vector c by exp(-2 pi i k c / N): a factor for the tile, and one for the lane."""
    for k in range(member, n, team):
        tr, ti = coarse[tile * n + k, 0], coarse[tile * n + k, 1]
        fr, fi = fine[0, k * width + lane], fine[1, k * width + lane]
        wr, wi = tr * fr - ti * fi, tr * fi + ti * fr
        i = a + k * step + lane
        re, im = s[p, i], s[p, i + apart]
        s[p, i] = re * wr - im * wi
        s[p, i + apart] = re * wi + im * wr


def untangle(s, p, a, b, apart, n, turns, lane, step, member, team):
    """Make the frequencies of 2 n real numbers, times two, of the transform of their pairs: `turns` are exp(-pi i k / n)."""
    if member == 0:
        re, im = s[p, a + lane], s[p, a + lane + apart]
        low, high = b + lane, b + n * step + lane
        s[p, low] = 2 * (re + im)
        s[p, low + apart] = 0
        s[p, high] = 2 * (re - im)
        s[p, high + apart] = 0
    for k in range(1 + member, n // 2 + 1, team):
        c, d = turns[k, 0], turns[k, 1]
        i, m = a + k * step + lane, a + (n - k) * step + lane
        xr, xi, zr, zi = s[p, i], s[p, i + apart], s[p, m], s[p, m + apart]
        even, even_i, odd, odd_i = xr + zr, xi - zi, xi + zi, zr - xr
        re, im = c * odd - d * odd_i, c * odd_i + d * odd
        i, m = b + k * step + lane, b + (n - k) * step + lane
        s[p, i] = even + re
        s[p, i + apart] = even_i + im
        s[p, m] = even - re
        s[p, m + apart] = im - even_i


def tangle(s, p, re, im, to_re, to_im, n, turns, lane, step, member, team):
    """Go back from the frequencies of 2 n real numbers to the transform of their pairs, times two."""
    if member == 0:
        low, high = s[p, re + lane], s[p, re + n * step + lane]
        s[p, to_re + lane] = low + high
        s[p, to_im + lane] = low - high
    for k in range(1 + member, n // 2 + 1, team):
        c, d = turns[k, 0], turns[k, 1]
        i, m = k * step + lane, (n - k) * step + lane
        xr, xi, zr, zi = s[p, re + i], s[p, im + i], s[p, re + m], s[p, im + m]
        even, even_i, odd, odd_i = xr + zr, xi - zi, xr - zr, xi + zi
        over, over_i = odd_i * c - odd * d, odd * c + odd_i * d
        s[p, to_re + i] = even - over
        s[p, to_im + i] = even_i + over_i
        s[p, to_re + m] = even + over
        s[p, to_im + m] = over_i - even_i


def alone(item, width):
    """Return which of those that share a vector a work-item is, and its lane: there is one to each vector."""
    return 0, item


def everything(done, left, member, team):
    """Return from which j and k of a pass on, and by which steps, one work-item goes that does all of it."""
    return 0, 1, 0, 1


def wait_for_nobody():
    """Stand where nobody shares a vector."""


def of_a_team(item, width):
    """Return the same as `alone` where several work-items share each vector: neighbours take neighbouring vectors."""
    return item // width, item % width


def dealt(done, left, member, team):
    """Return the same as `everything` for one of a team: butterflies of neighbouring k go to neighbours."""
    first, rows, start, step = np.int64(0), np.int64(1), np.int64(member), np.int64(team)
    if done < team:
        rows = team // done
        first, start, step = member // done, member % done, done
        if first >= rows:  # where `done` does not divide the team
            first = left
    return first, rows, start, step


def wait_for_all():
    """Wait for the whole group: a pass reads what others wrote in the one before."""
    jk.barrier()


def side_by_side(p, count, groups):
    """Return from which tile on a group goes, up to which one and by which step: neighbours, whose lines are of the same pages.

    64 rows of 32,768 take 0.8 to 0.9 of the time that every eighth tile takes, where each line lies pages from the next.
    """
    return count * p // groups, count * (p + 1) // groups, 1


def in_turn(p, count, groups):
    """Return the same on a GPU, where groups that run at once read neighbours."""
    return p, count, groups


def tiles_of_groups(team: int) -> Callable[..., Any]:
    """Return what says which tiles a group transforms."""
    return side_by_side if team == 1 else in_turn


def places_of(team: int) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return what finds a work-item's place among those that share a tile, and what waits for the others."""
    return (alone, wait_for_nobody) if team == 1 else (of_a_team, wait_for_all)


def passes_of(largest: int, team: int) -> Callable[..., Any]:
    """Return what does all passes over a tile: those of 2 and 4 alone, of 3 and 5 too, or all, by the `largest` radix."""
    odd, others = largest > 2, largest > 5
    share_of, meet = everything if team == 1 else dealt, places_of(team)[1]

    def passes(s, p, a, b, twiddles, radices, some, at, apart, done, left, lane, step, member):
        """Go back and forth between the buffers at `a` and `b`; return where the result is, and the other one.

        `some` are the places of the first radix and behind the last one.
        """
        for f in range(some[0], some[1]):
            radix = radices[f]
            left //= radix
            share = share_of(done, left, member, team)
            if radix == 4:
                pass_4(s, p, a, b, twiddles, at, apart, done, left, lane, step, share)
                at += 3 * left
            elif radix == 2:
                pass_2(s, p, a, b, twiddles, at, apart, done, left, lane, step, share)
                at += left
            else:
                if odd:  # a branch on a constant alone is left out
                    if radix == 3:
                        pass_3(s, p, a, b, twiddles, at + 3, apart, done, left, lane, step, share)
                        at += 3 + 2 * left
                    elif radix == 5:
                        pass_5(s, p, a, b, twiddles, at + 5, apart, done, left, lane, step, share)
                        at += 5 + 4 * left
                    else:
                        if others:
                            if radix == 7:
                                pass_7(s, p, a, b, twiddles, at + 7, apart, done, left, lane, step, share)
                            else:
                                pass_odd(s, p, a, b, twiddles, at, apart, done, left, lane, step, share, radix)
                            at += radix + (radix - 1) * left
            done *= radix
            a, b = b, a
            meet()
        return a, b

    return passes


def tiles_kernel(width: int, largest: int, team: int, kind: int) -> Kernel:
    """Return the kernel that transforms `outer` times `across` vectors of n, in tiles of `width`.

    The `largest` radix is 2, 5 or any: without the passes of others it compiles in 0.6 to 0.75 of the time. `team` work-items
    share each vector of a tile. The vectors are of one `kind`: complex numbers, or rows or columns of 2 n real numbers.
    """
    passes = passes_of(largest, team)
    place, meet = places_of(team)
    tiles_of = tiles_of_groups(team)

    @jk.kernel(group=width * team)
    def transform_tiles(
        i, x, out, s, twiddles, radices, coarse, fine, outer, n, across, rows_in, rows_out, flip, scale
    ):
        item, p = jk.local_index(), jk.group_index()
        member, lane = place(item, width)
        tiles, step = (across + width - 1) // width, 2 * width
        start, stop, by = tiles_of(p, outer * tiles, s.shape[0])
        for t in range(start, stop, by):
            o, tile = t // tiles, t % tiles
            first = tile * width
            re, im = flip * width, (1 - flip) * width
            if kind == COMPLEX:
                load(s, p, x, rows_in, o, first, n, across, lane, width, step, re, im, member, team)
            elif kind == REAL_ROWS:
                load(s, p, x, 1, o, first, n + flip, across, lane, width, step, re, im, member, team)
            elif flip:
                load(s, p, x, 0, o, first, n + 1, across, lane, width, step, re, im, member, team)
            else:
                load_columns(s, p, x, o, first, n, across, lane, width, step, re, 2, 0, member, team)
                load_columns(s, p, x, o, first, n, across, lane, width, step, im, 2, 1, member, team)
            jk.barrier()
            # Of one type from the start: begun as Python's numbers, all passes were compiled for those as well.
            a, b = np.int64(0), np.int64((n + 1) * step)
            if kind != COMPLEX:  # noqa: SIM102 - a branch on a constant alone is left out
                if flip:
                    tangle(s, p, re, im, b + re, b + im, n, coarse, lane, step, member, team)
                    a, b = b, a
                    meet()
            done, left, at = np.int64(1), np.int64(n), np.int64(0)
            some = 0, radices.shape[0]
            a, b = passes(s, p, a, b, twiddles, radices, some, at, width, done, left, lane, step, member)
            if kind != COMPLEX:
                if not flip:
                    untangle(s, p, a, b, width, n, coarse, lane, step, member, team)
                    a, b = b, a
            elif fine.shape[1] > 1:
                turn(s, p, a, width, n, coarse, fine, tile, lane, width, step, member, team)
            jk.barrier()
            re, im = a + re, a + im
            if kind == COMPLEX:
                store(s, p, out, rows_out, o, first, n, across, lane, width, step, re, im, scale, member, team)
            elif kind == REAL_ROWS:
                store(s, p, out, 1, o, first, n + 1 - flip, across, lane, width, step, re, im, scale, member, team)
            elif flip:
                store_columns(s, p, out, o, first, n, across, lane, width, step, re, 2, 0, scale, member, team)
                store_columns(s, p, out, o, first, n, across, lane, width, step, im, 2, 1, scale, member, team)
            else:
                store(s, p, out, 0, o, first, n + 1, across, lane, width, step, re, im, scale, member, team)
            jk.barrier()

    return transform_tiles


@functools.cache
def tiles(width: int, largest: int, team: int, kind: int) -> Launcher:
    """Return the launcher of `tiles_kernel`."""
    return Launcher(tiles_kernel(width, largest, team, kind))
