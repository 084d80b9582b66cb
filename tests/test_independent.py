"""Rows of plain kernels that read arrays and write others: vectors without a look at where the arrays end, against NumPy."""

from __future__ import annotations

import re

import numpy as np
import pytest

import jitkit as jk

LENGTHS = [1, 2, 7, 8, 9, 15, 17, 31, 33, 62, 65, 127, 129, 300]


@jk.kernel
def seven_points(i, j, k, u, out):
    out[i, j, k] = u[i, j, k] * 6 - (
        u[i - 1, j, k] + u[i + 1, j, k] + u[i, j - 1, k] + u[i, j + 1, k] + u[i, j, k - 1] + u[i, j, k + 1]
    )


@jk.kernel
def updated(i, j, x, shift):
    x[i, j] = x[i, j] * 2 + shift[j]


@jk.kernel
def taken(i, x, at, out):
    out[i] = x[at[i]]


def whole_numbers(shape, dtype):
    return np.random.default_rng(1).integers(-99, 100, shape).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_a_stencil_in_three_dimensions_with_rows_of_any_length(dtype, backend):
    for length in LENGTHS[:8] if backend == "python" else LENGTHS:
        u = whole_numbers((4, 5, length + 2), dtype)
        out = np.full(u.shape, 77, dtype)
        seven_points.on(backend)[1:3, 1:4, 1 : length + 1](u, out)
        expected = np.full(u.shape, 77, dtype)
        around = u[:-2, 1:-1, 1:-1] + u[2:, 1:-1, 1:-1] + u[1:-1, :-2, 1:-1] + u[1:-1, 2:, 1:-1]
        expected[1:-1, 1:-1, 1:-1] = u[1:-1, 1:-1, 1:-1] * 6 - (around + u[1:-1, 1:-1, :-2] + u[1:-1, 1:-1, 2:])
        np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("length", LENGTHS)
def test_results_may_lie_where_their_own_elements_did(length, backend):
    x = whole_numbers((3, length), "float32")
    expected = x * 2 + x[0]
    updated.on(backend)[3, length](x, x[0].copy())
    np.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize("length", LENGTHS)
def test_rows_of_one_array_may_be_read_and_others_written(length, backend):
    both = whole_numbers((2, 3, 3, length + 2), "float64")
    u, expected = both[0].copy(), both.copy()
    seven_points.on(backend)[1:2, 1:2, 1 : length + 1](both[0], both[1])
    around = u[0, 1, 1:-1] + u[2, 1, 1:-1] + u[1, 0, 1:-1] + u[1, 2, 1:-1] + u[1, 1, :-2] + u[1, 1, 2:]
    expected[1, 1, 1, 1:-1] = u[1, 1, 1:-1] * 6 - around
    np.testing.assert_array_equal(both, expected)


@pytest.mark.parametrize("length", LENGTHS)
def test_elements_may_be_read_anywhere(length, backend):
    x, at = whole_numbers(50, "float32"), np.random.default_rng(2).integers(0, 50, length)
    out = np.zeros(length, np.float32)
    taken.on(backend)[length](x, at, out)
    np.testing.assert_array_equal(out, x[at])


def test_code_compares_no_ends_of_arrays():
    u = np.zeros((4, 4, 4))
    llvm = seven_points.inspect(u, u.copy(), backend="cpu").llvm
    assert re.search(r"<\d+ x double>", llvm)
    assert "memcheck" not in llvm
    assert "memcheck" in updated.inspect(u[0], u[0, 0], backend="cpu").llvm
