"""Sums of the products of deviations, of all pairs of variables: what covariances are made of, where no BLAS is asked."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.launch.launcher import Launcher

CHUNK = 4096
"""Observations whose products are added in the dtype of the variables before the sum joins others in float64."""
GROUP, GROUPS = 256, 2048
"""Work-items of a group, and about how many groups a GPU is given."""


def sums_of_tile(i, j, first, last, step, x, y, m):
    """Return the sums of deviations of two variables, and of the products of each with those of four others."""
    variables = x.shape[0]
    i1 = min(i + 1, variables - 1)
    j1, j2, j3 = min(j + 1, variables - 1), min(j + 2, variables - 1), min(j + 3, variables - 1)
    mi, mi1, mj, mj1, mj2, mj3 = m[i], m[i1], m[j], m[j1], m[j2], m[j3]
    a0 = 0.0
    a1 = 0.0
    a2 = 0.0
    a3 = 0.0
    b0 = 0.0
    b1 = 0.0
    b2 = 0.0
    b3 = 0.0
    total = 0.0
    total1 = 0.0
    for k in range(first, last, step):
        u, v = y[i, k] - mi, y[i1, k] - mi1
        c0, c1, c2, c3 = x[j, k] - mj, x[j1, k] - mj1, x[j2, k] - mj2, x[j3, k] - mj3
        a0 += u * c0
        a1 += u * c1
        a2 += u * c2
        a3 += u * c3
        b0 += v * c0
        b1 += v * c1
        b2 += v * c2
        b3 += v * c3
        total += u
        total1 += v
    return total, total1, (a0, a1, a2, a3), (b0, b1, b2, b3)


def put_tile(out, sums, s, i, j, variables, total, total1, row, row1):
    """Write the sums of a tile, those that there are."""
    if i >= j:  # once for each variable: the tile on the diagonal
        sums[s, i] = total
        sums[s, min(i + 1, variables - 1)] = total1
    put_row(out, s, i, j, variables, row)
    if i + 1 < variables:
        put_row(out, s, i + 1, j, variables, row1)


def put_row(out, s, i, j, variables, row):
    """Write four neighbours of a row, those that there are."""
    out[s, i, j] = row[0]
    if j + 1 < variables:
        out[s, i, j + 1] = row[1]
    if j + 2 < variables:
        out[s, i, j + 2] = row[2]
    if j + 3 < variables:
        out[s, i, j + 3] = row[3]


@jk.kernel(fastmath=True)
def multiply_tiles(t, s, one, x, y, m, sums, out):
    """Add up, over a chunk of observations, the products of two variables with four: a tile of the matrix."""
    variables, n = x.shape
    tiles = (variables + 3) // 4
    i, j = t // tiles * 2, t % tiles * 4
    if i < j + 4:  # the matrix is symmetric: below the diagonal there is nothing to do
        total, total1, row, row1 = sums_of_tile(i, j, s * CHUNK, min(n, s * CHUNK + CHUNK), 1, x, y, m)
        put_tile(out, sums, s, i, j, variables, total, total1, row, row1)


@jk.kernel(group=GROUP, fastmath=True)
def multiply_tiles_in_groups(p, slabs, each, x, y, m, sums, out):
    """Add up the same, of a slab of observations, in a group whose work-items read neighbouring observations."""
    variables, n = x.shape
    tiles, lane = (variables + 3) // 4, jk.local_index()
    t, s = jk.group_index() // slabs, jk.group_index() % slabs
    i, j = t // tiles * 2, t % tiles * 4
    if i < j + 4 and i < variables:
        first, last = s * each + lane, min(n, s * each + each)
        total, total1, row, row1 = sums_of_tile(i, j, first, last, GROUP, x, y, m)
        left, left1 = whole(total), whole(total1)
        a = whole(row[0]), whole(row[1]), whole(row[2]), whole(row[3])
        b = whole(row1[0]), whole(row1[1]), whole(row1[2]), whole(row1[3])
        if lane == 0:
            put_tile(out, sums, s, i, j, variables, left, left1, a, b)


def whole(part):
    """Return the sum of what the work-items of a group found."""
    return jk.group_reduce("add", np.float64(part))


@jk.kernel
def add_chunks(i, j, part, sums, weight, scale, out):
    """Add up the products of all chunks, above the diagonal, and write both halves.

    They are about means that were rounded, which the sums of the deviations tell of.
    """
    if i <= j:
        total, left, right = np.float64(0.0), np.float64(0.0), np.float64(0.0)
        for s in range(part.shape[0]):
            total += part[s, i, j]
            left += sums[s, i]
            right += sums[s, j]
        product = (total - left * right / weight) * scale
        out[i, j] = product
        out[j, i] = product


_multiply, _multiply_in_groups, _add = (
    Launcher(multiply_tiles),
    Launcher(multiply_tiles_in_groups),
    Launcher(add_chunks),
)


def add_products(x: Any, y: Any, centre: Any, total: float, scale: float, out: Any, backend: str | None) -> None:
    """Write the sums of the products of deviations, times a number.

    Parameters
    ----------
    x, y : array of two dimensions, of one shape
        A variable to a row: the factors of each product. The observations of `y` have weights, if there are any.
    centre : array
        About what they deviate.
    total : float
        How many observations there are, or their weights together.
    scale : float
        What the sums are multiplied by.
    out : array
        The matrix that is written.
    backend : str or None
        As everywhere.
    """
    variables, n = x.shape
    device = operands.device_of(out)
    tiles = -(-variables // 2) * -(-variables // 4)
    # On a GPU a work-item adds up to CHUNK products, as elsewhere, and fewer where that leaves groups idle.
    each = CHUNK if device is None else GROUP * min(CHUNK, max(32, -(-n * tiles // (GROUPS * GROUP))))
    chunks = -(-n // each)
    part = operands.made((chunks, variables, variables), (np.dtype(np.float64),), device)
    sums = operands.made((chunks, variables), (np.dtype(np.float64),), device)
    if device is None:
        _multiply((tiles, chunks, 1), backend)(x, y, centre, sums, part)
    else:
        _multiply_in_groups(tiles * chunks * GROUP, backend)(chunks, each, x, y, centre, sums, part)
    _add((variables, variables), backend)(part, sums, total, scale, out)
