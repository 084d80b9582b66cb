"""The kernels of the bootstrap and of permutation tests: every number depends on the key, the resample and the draw alone.

Draws are made of words of 32 bits: a word times n, and the upper half of it, is an index below n. Its probabilities differ
by n / 2**32 at most, which no resampling of ten thousand times can see.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math

import numpy as np

import jitkit as jk
from jitkit.launch.launcher import Launcher


def index_below(word, n):
    """Return an index from 0 to n - 1."""
    return np.int64((np.uint64(word) * np.uint64(n)) >> np.uint64(32))


@jk.kernel(fastmath=True)
def resample_moments(r, x, key, first, centre, spread, ddof, out):
    """Write the mean of a resample, or with `spread` 1 and 2 its variance and standard deviation."""
    n = x.shape[0]
    total = 0.0
    squares = 0.0
    for k in range(0, n // 4 * 4, 4):
        a, b, c, d = jk.random.block(key, first + r, k)
        e, f = x[index_below(a, n)] - centre[0], x[index_below(b, n)] - centre[0]
        g, h = x[index_below(c, n)] - centre[0], x[index_below(d, n)] - centre[0]
        total += (e + f) + (g + h)
        squares += (e * e + f * f) + (g * g + h * h)
    if n % 4 > 0:
        a, b, c, d = jk.random.block(key, first + r, n // 4 * 4)
        e = x[index_below(a, n)] - centre[0]
        f = x[index_below(b, n)] - centre[0] if n % 4 > 1 else 0.0
        g = x[index_below(c, n)] - centre[0] if n % 4 > 2 else 0.0
        total += e + f + g
        squares += e * e + f * f + g * g
    mean = total / n
    if spread == 0:
        out[r] = centre[0] + mean
    else:
        variance = max(squares - total * mean, 0.0) / max(n - ddof, 0.0)
        out[r] = variance if spread == 1 else math.sqrt(variance)


@jk.kernel
def draw_samples(r, q, x, key, first, out):
    """Draw four elements of a resample."""
    n = x.shape[0]
    a, b, c, d = jk.random.block(key, first + r, 4 * q)
    out[r, 4 * q] = x[index_below(a, n)]
    if 4 * q + 1 < n:
        out[r, 4 * q + 1] = x[index_below(b, n)]
    if 4 * q + 2 < n:
        out[r, 4 * q + 2] = x[index_below(c, n)]
    if 4 * q + 3 < n:
        out[r, 4 * q + 3] = x[index_below(d, n)]


@jk.kernel
def leave_one_out(r, k, x, first, out):
    """Copy all elements but one."""
    out[r, k] = x[k if k < first + r else k + 1]


def share(total, left, wanted, word, v, live):
    """Return the sum and how many are still wanted, after an element that may be taken: S of Knuth 2, 3.4.2."""
    take = live and np.int64((np.uint64(word) * np.uint64(left)) >> np.uint64(32)) < wanted
    return (total + v if take else total), (wanted - 1 if take else wanted)


@jk.kernel
def split_means(r, pooled, wanted, key, first, total, out):
    """Write the difference of the means of two parts into which the elements are split at random."""
    n = pooled.shape[0]
    part = 0.0
    missing = wanted
    for k in range(0, n, 4):
        a, b, c, d = jk.random.block(key, first + r, k)
        part, missing = share(part, n - k, missing, a, pooled[k], True)
        part, missing = share(part, n - k - 1, missing, b, pooled[min(k + 1, n - 1)], k + 1 < n)
        part, missing = share(part, n - k - 2, missing, c, pooled[min(k + 2, n - 1)], k + 2 < n)
        part, missing = share(part, n - k - 3, missing, d, pooled[min(k + 3, n - 1)], k + 3 < n)
    out[r] = part / wanted - (total[0] - part) / (n - wanted)


@jk.kernel
def split_samples(r, one, pooled, key, first, places, x, y):
    """Split the elements at random in two parts: the steps of a shuffle by Fisher and Yates that fill the first."""
    n, wanted = pooled.shape[0], x.shape[1]
    for k in range(n):
        places[r, k] = k
    for k in range(wanted):
        j = k + index_below(jk.random.block(key, first + r, k)[0], n - k)
        chosen = places[r, j]
        places[r, j] = places[r, k]
        x[r, k] = pooled[chosen]
    for k in range(wanted, n):
        y[r, k - wanted] = pooled[places[r, k]]


moments, samples, left_out = Launcher(resample_moments), Launcher(draw_samples), Launcher(leave_one_out)
split_mean, split_sample = Launcher(split_means), Launcher(split_samples)
