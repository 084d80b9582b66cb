"""The Numba peers: each case as a practised Numba user writes it by hand, with `prange` over the outer loop.

Plain Numba computes `4 * x` in float64 for a float32 `x`, so constants are given the type of the arrays, and scalar
arguments arrive in that type. Where the case has groups and shared memory, a thread takes a block that its cache holds.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from jitkit.cases import Case, Problem
from jitkit.cases import bitonic as bitonic_case
from jitkit.cases import block_sum as block_sum_case

SQRT_HALF = math.sqrt(0.5)
BLOCK_ROWS, BLOCK_COLUMNS, BLOCK_DEPTH = 64, 256, 64
TILE = 64
SUM_BLOCK, SORT_BLOCK = block_sum_case.BLOCK, bitonic_case.BLOCK

serial = numba.njit(error_model="numpy")
parallel = numba.njit(parallel=True, error_model="numpy")
parallel_fastmath = numba.njit(parallel=True, error_model="numpy", fastmath=True)


def bind(case: Case, problem: Problem) -> Callable[[], None]:
    """Prepare the Numba peer of a case for one problem.

    Parameters
    ----------
    case : Case
        The case; this file holds a function of its name.
    problem : Problem
        A problem of that case; the call writes its results there.

    Returns
    -------
    callable
        Runs the peer, without arguments; the first call compiles it.

    Examples
    --------
    >>> from jitkit import cases
    >>> case = cases.load("saxpy")
    >>> problem = case.problem("tiny")
    >>> expected = case.reference(problem)
    >>> bind(case, problem)()
    >>> case.check(problem, expected)
    """
    scalar = problem.dtype.type
    arguments = [scalar(arg) if isinstance(arg, float) else arg for arg in problem.args]
    return functools.partial(PEERS[case.name], *arguments)


@parallel
def saxpy(a: Any, x: Any, y: Any) -> None:
    """Add `a` times `x` to `y`."""
    for i in numba.prange(x.size):
        y[i] += a * x[i]


@parallel
def heat(u: Any, out: Any, k: Any) -> None:
    """Take one explicit step of the heat equation."""
    n, m = u.shape
    four = u.dtype.type(4)
    for i in numba.prange(1, n - 1):
        for j in range(1, m - 1):
            around = u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1]
            out[i, j] = u[i, j] + k * (around - four * u[i, j])


@parallel
def wave(u_prev: Any, u: Any, u_next: Any, courant2: Any) -> None:
    """Take one leapfrog step of the wave equation."""
    n, m, length = u.shape
    two, six = u.dtype.type(2), u.dtype.type(6)
    for i in numba.prange(1, n - 1):
        for j in range(1, m - 1):
            for k in range(1, length - 1):
                around = u[i - 1, j, k] + u[i + 1, j, k] + u[i, j - 1, k] + u[i, j + 1, k] + u[i, j, k - 1]
                laplace = around + u[i, j, k + 1] - six * u[i, j, k]
                u_next[i, j, k] = two * u[i, j, k] - u_prev[i, j, k] + courant2 * laplace


@parallel
def mandelbrot(x: Any, y: Any, counts: Any, limit: Any) -> None:
    """Count the steps until each orbit escapes."""
    four = x.dtype.type(4)
    for i in numba.prange(y.size):
        for j in range(x.size):
            cx, cy = x[j], y[i]
            zx = zy = x.dtype.type(0)
            count = 0
            while count < limit and zx * zx + zy * zy <= four:
                zx, zy = zx * zx - zy * zy + cx, (zx + zx) * zy + cy
                count += 1
            counts[i, j] = count


@parallel_fastmath
def nbody(x: Any, y: Any, z: Any, mass: Any, ax: Any, ay: Any, az: Any, softening2: Any) -> None:
    """Sum the accelerations of all bodies on all."""
    one = x.dtype.type(1)
    for i in numba.prange(x.size):
        sum_x = sum_y = sum_z = x.dtype.type(0)
        for j in range(x.size):
            dx, dy, dz = x[j] - x[i], y[j] - y[i], z[j] - z[i]
            inverse = one / math.sqrt(dx * dx + dy * dy + dz * dz + softening2)
            pull = mass[j] * inverse * inverse * inverse
            sum_x += pull * dx
            sum_y += pull * dy
            sum_z += pull * dz
        ax[i], ay[i], az[i] = sum_x, sum_y, sum_z


@parallel
def black_scholes(spot: Any, strike: Any, expiry: Any, call: Any, put: Any, rate: Any, volatility: Any) -> None:
    """Price European calls and puts."""
    half, sqrt_half = spot.dtype.type(0.5), spot.dtype.type(SQRT_HALF)
    for i in numba.prange(spot.size):
        s, t = spot[i], expiry[i]
        deviation = volatility * math.sqrt(t)
        d1 = (math.log(s / strike[i]) + rate * t) / deviation + half * deviation
        discounted = strike[i] * math.exp(-rate * t)
        above = half + half * math.erf(sqrt_half * d1)
        below = half + half * math.erf(sqrt_half * (d1 - deviation))
        price = s * above - discounted * below
        call[i] = price
        put[i] = price - s + discounted


@parallel_fastmath
def bilateral(image: Any, spatial: Any, out: Any, radius: Any, steepness: Any) -> None:
    """Average each window with weights that fall with distance and with difference in grey."""
    n, m = image.shape
    side = 2 * radius + 1
    for i in numba.prange(n):
        for j in range(m):
            total = weights = image.dtype.type(0)
            for a in range(side):
                row = min(max(i + a - radius, 0), n - 1)
                for b in range(side):
                    pixel = image[row, min(max(j + b - radius, 0), m - 1)]
                    difference = pixel - image[i, j]
                    weight = spatial[a] * spatial[b] * math.exp(-steepness * difference * difference)
                    total += weight * pixel
                    weights += weight
            out[i, j] = total / weights


@parallel
def matmul_tiled(A: Any, B: Any, C: Any) -> None:
    """Multiply blocks that fit into the cache; four rows of C share each row of B, and its columns vectorise."""
    n, terms = A.shape
    m = B.shape[1]
    for block in numba.prange((n + BLOCK_ROWS - 1) // BLOCK_ROWS):
        top, bottom = block * BLOCK_ROWS, min((block + 1) * BLOCK_ROWS, n)
        C[top:bottom] = 0
        for first in range(0, terms, BLOCK_DEPTH):
            last = min(first + BLOCK_DEPTH, terms)
            for left in range(0, m, BLOCK_COLUMNS):
                right = min(left + BLOCK_COLUMNS, m)
                _multiply_block(A[top:bottom, first:last], B[first:last, left:right], C[top:bottom, left:right])


@serial
def _multiply_block(A: Any, B: Any, C: Any) -> None:
    n, terms = A.shape
    for i in range(0, n - 3, 4):
        for k in range(terms):
            a0, a1, a2, a3 = A[i, k], A[i + 1, k], A[i + 2, k], A[i + 3, k]
            for j in range(B.shape[1]):
                b = B[k, j]
                C[i, j] += a0 * b
                C[i + 1, j] += a1 * b
                C[i + 2, j] += a2 * b
                C[i + 3, j] += a3 * b
    for i in range(n - n % 4, n):
        for k in range(terms):
            for j in range(B.shape[1]):
                C[i, j] += A[i, k] * B[k, j]


@parallel
def transpose(x: Any, out: Any) -> None:
    """Mirror square tiles that fit into the cache."""
    n, m = x.shape
    for block in numba.prange((m + TILE - 1) // TILE):
        left, right = block * TILE, min((block + 1) * TILE, m)
        for top in range(0, n, TILE):
            for j in range(left, right):
                for i in range(top, min(top + TILE, n)):
                    out[j, i] = x[i, j]


@parallel_fastmath
def block_sum(x: Any, sums: Any) -> None:
    """Sum each block; the additions may be reordered, so that they vectorise."""
    for block in numba.prange(sums.size):
        total = x.dtype.type(0)
        for k in range(block * SUM_BLOCK, min((block + 1) * SUM_BLOCK, x.size)):
            total += x[k]
        sums[block] = total


@parallel
def group_histogram(x: Any, counts: Any, low: Any, bins_per_unit: Any) -> None:
    """Count into a histogram for each thread, and add them up."""
    threads = numba.get_num_threads()
    own = np.zeros((threads, counts.size), counts.dtype)
    share = (x.size + threads - 1) // threads
    top = x.dtype.type(counts.size)
    for thread in numba.prange(threads):
        for k in range(thread * share, min((thread + 1) * share, x.size)):
            position = (x[k] - low) * bins_per_unit
            if position >= 0 and position < top:
                own[thread, int(position)] += 1
    counts += own.sum(axis=0)


@functools.lru_cache(maxsize=1)
def _plates(shape: tuple[int, int], dtype: Any) -> tuple[Any, Any]:
    return np.empty(shape, dtype), np.empty(shape, dtype)


def stencil_tiled(u: Any, out: Any, k: Any) -> None:
    """Take four steps of `heat` by turns between two plates."""
    first, second = _plates(u.shape, u.dtype)
    for plate in (first, second):
        plate[[0, -1]], plate[:, [0, -1]] = u[[0, -1]], u[:, [0, -1]]
    for before, after in ((u, first), (first, second), (second, first), (first, out)):
        heat(before, after, k)


@parallel
def bitonic(x: Any, out: Any) -> None:
    """Sort each block by Numba's own `sort`: on a CPU nobody would write a network by hand."""
    for block in numba.prange((x.size + SORT_BLOCK - 1) // SORT_BLOCK):
        start = block * SORT_BLOCK
        out[start : start + SORT_BLOCK] = np.sort(x[start : start + SORT_BLOCK])


@parallel
def philox(x: Any, key: Any) -> None:
    """Write the words of Philox4x32-10, held in 64 bits as in C."""
    word, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    step = x.dtype.type(2.0**-24)
    for i in numba.prange(x.shape[1]):
        k0, k1 = np.uint64(key) & word, np.uint64(key) >> half
        c0, c1, c2, c3 = np.uint64(i) & word, np.uint64(i) >> half, np.uint64(0), np.uint64(0)
        for _ in range(10):
            p0, p1 = c0 * np.uint64(0xD2511F53), c2 * np.uint64(0xCD9E8D57)
            c0, c1, c2, c3 = (p1 >> half) ^ c1 ^ k0, p1 & word, (p0 >> half) ^ c3 ^ k1, p0 & word
            k0, k1 = (k0 + np.uint64(0x9E3779B9)) & word, (k1 + np.uint64(0xBB67AE85)) & word
        x[0, i] = x.dtype.type(np.int32(c0 >> np.uint64(8))) * step
        x[1, i] = x.dtype.type(np.int32(c1 >> np.uint64(8))) * step
        x[2, i] = x.dtype.type(np.int32(c2 >> np.uint64(8))) * step
        x[3, i] = x.dtype.type(np.int32(c3 >> np.uint64(8))) * step


PEERS: dict[str, Callable[..., None]] = {
    "saxpy": saxpy,
    "heat": heat,
    "wave": wave,
    "mandelbrot": mandelbrot,
    "nbody": nbody,
    "black_scholes": black_scholes,
    "bilateral": bilateral,
    "matmul_tiled": matmul_tiled,
    "transpose": transpose,
    "block_sum": block_sum,
    "group_histogram": group_histogram,
    "stencil_tiled": stencil_tiled,
    "bitonic": bitonic,
    "philox": philox,
}
