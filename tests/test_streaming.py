"""Plain kernels that write past the cache: large launches, here of any size, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

import jitkit as jk
from jitkit.backends import driver

# Where rows begin within a line of 64 bytes, and points that fill no line, one, or several.
BEGINS, LENGTHS = [0, 1, 3, 8, 15, 16], [0, 1, 15, 16, 17, 31, 33, 200]


@jk.kernel
def doubled(i, x, out):
    out[i] = x[i] + x[i]


@jk.kernel
def smoothed(i, j, u, out):
    out[i, j] = u[i, j] + (u[i - 1, j] + u[i + 1, j] - u[i, j - 1] - u[i, j + 1])


@jk.kernel
def two_results(i, x, out, other):
    out[i] = x[i] + 1
    other[i] = x[i] - 1


@pytest.fixture(autouse=True)
def from_the_first_byte(monkeypatch):
    """No other kernel is compiled meanwhile, so no cache holds code for these limits but of these."""
    for limit in ("STREAMED", "LONG"):
        monkeypatch.setattr(driver, limit, 1)


def whole_numbers(shape, dtype):
    return np.random.default_rng(0).integers(-99, 100, shape).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64"])
def test_rows_that_begin_and_end_anywhere_in_a_line(dtype, backend):
    x = whole_numbers(300, dtype)
    for begin in BEGINS:
        for length in LENGTHS:
            out = np.full(300, 77, dtype)
            doubled.on(backend)[begin : begin + length](x, out)
            expected = np.full(300, 77, dtype)
            expected[begin : begin + length] = 2 * x[begin : begin + length]
            np.testing.assert_array_equal(out, expected)


def test_a_stencil_in_rows_of_odd_lengths(backend):
    for n, m in ((3, 3), (4, 19), (9, 50), (3, 301)):
        u = whole_numbers((n, m), "float32")
        out = u.copy()
        smoothed.on(backend)[1 : n - 1, 1 : m - 1](u, out)
        expected = u.copy()
        expected[1:-1, 1:-1] += u[:-2, 1:-1] + u[2:, 1:-1] - u[1:-1, :-2] - u[1:-1, 2:]
        np.testing.assert_array_equal(out, expected)


def test_results_may_take_the_place_of_what_they_are_made_of(backend):
    x = whole_numbers(100, "float32")
    expected = 2 * x
    doubled.on(backend)[5:95](x, x)
    expected[:5], expected[95:] = expected[:5] / 2, expected[95:] / 2
    np.testing.assert_array_equal(x, expected)


def test_strided_results_and_elements_off_their_places(backend):
    x, spread = whole_numbers(60, "float64"), np.zeros(120)
    doubled.on(backend)[60](x, spread[::2])
    np.testing.assert_array_equal(spread.reshape(60, 2), np.stack([2 * x, 0 * x], axis=1))
    off = np.zeros(60 * 8 + 1, np.uint8)[1:].view(np.float64)
    doubled.on(backend)[60](x, off)
    np.testing.assert_array_equal(off, 2 * x)


def test_code_streams_one_result_and_not_two():
    x, out = np.zeros(9), np.zeros(9)
    assert "!nontemporal" in doubled.inspect(x, out, space=9, backend="cpu").llvm
    assert "!nontemporal" not in two_results.inspect(x, out, out.copy(), space=9, backend="cpu").llvm
