"""Writing into arrays on a GPU what ``out[...] = value`` writes into NumPy's: numba-cuda's take no ellipsis."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk


@jk.kernel
def _fill_1(i, value, out):
    out[i] = value


@jk.kernel
def _number_1(i, each, out):
    out[i] = i // each


@jk.kernel
def _copy_1(i, x, out):
    out[i] = x[i]


@jk.kernel
def _copy_2(i, j, x, out):
    out[i, j] = x[i, j]


@jk.kernel
def _copy_3(i, j, k, x, out):
    out[i, j, k] = x[i, j, k]


@jk.kernel
def _copy_4(i, j, k, m, x, out):
    out[i, j, k, m] = x[i, j, k, m]


@jk.kernel
def _turn_2(i, j, x, out):
    out[i, j] = x[j, i]


TILE, ROWS = 32, 8
NARROW = 8
"""Columns up to which rows are read by the lanes of a warp as they lie: so few share sectors of 32 bytes in any case."""


@jk.kernel(group=(ROWS, TILE))
def _turn_tiles(_i, _j, x, out):
    """Write a tile of columns as rows, both read and written along rows: its padding lets lanes read down a column at once."""
    row, column = jk.local_index()
    group_row, group_column = jk.group_index()
    top, left = group_row * TILE, group_column * TILE
    tile = jk.shared((TILE, TILE + 1), x.dtype)
    for r in range(row, TILE, ROWS):
        if left + r < x.shape[0] and top + column < x.shape[1]:
            tile[r, column] = x[left + r, top + column]
    jk.barrier()
    for r in range(row, TILE, ROWS):
        if top + r < out.shape[0] and left + column < out.shape[1]:
            out[top + r, left + column] = tile[column, r]


_COPIES = (_copy_1, _copy_2, _copy_3, _copy_4)


def assign(out: Any, value: Any) -> None:
    """Write an array's elements, or one number, into an array on a GPU, which takes them as its own type.

    Parameters
    ----------
    out : device array
        Where to, in any layout.
    value : array_like or device array
        An array of the same shape, from anywhere, or a number.
    """
    shape = tuple(out.shape)
    if 0 in shape:
        return
    if not hasattr(value, "__cuda_array_interface__"):
        if np.ndim(value) == 0:
            _filled(out, np.asarray(value)[()], len(shape))
            return
        value = jk.asarray(np.ascontiguousarray(value), device="cuda")
    if _in_order(out) and _in_order(value):
        out, value = out.reshape((-1,)), value.reshape((-1,))
    if len(out.shape) > len(_COPIES):
        for k in range(shape[0]):
            assign(out[k], value[k])
        return
    _COPIES[len(out.shape) - 1].on("cuda")[tuple(out.shape)](value, out)


def number(out: Any, each: int) -> None:
    """Write 0, 1, 2 and so on, each so many times, into a vector on a GPU."""
    if out.shape[0]:
        _number_1.on("cuda")[out.shape[0]](each, out)


def turn(out: Any, x: Any) -> None:
    """Write the columns of a matrix on a GPU into the rows of another."""
    n, m = out.shape
    if n > NARROW and m and _rows_in_order(x):
        _turn_tiles.on("cuda")[-(-n // TILE) * ROWS, -(-m // TILE) * TILE](x, out)
    elif n and m:
        _turn_2.on("cuda")[n, m](x, out)


def _filled(out: Any, value: Any, dimensions: int) -> None:
    if _in_order(out):
        flat = out.reshape((-1,))
        _fill_1.on("cuda")[flat.shape[0]](value, flat)
        return
    for k in range(out.shape[0]):
        _filled(out[k], value, dimensions - 1)


def _rows_in_order(x: Any) -> bool:
    """Tell whether the elements of an array's rows lie side by side."""
    described = x.__cuda_array_interface__
    strides = described.get("strides")
    return strides is None or strides[-1] == np.dtype(described["typestr"]).itemsize


def _in_order(x: Any) -> bool:
    """Tell whether an array lies in C order without gaps."""
    return x.__cuda_array_interface__.get("strides") is None
