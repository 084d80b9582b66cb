"""Plain kernels that write past the cache: large launches, here of any size, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

import jitkit as jk
from jitkit.backends import loop_nest

# Where rows begin within a line of 64 bytes, and points that fill no line, one, or several.
BEGINS, LENGTHS = [0, 1, 3, 8, 15, 16], [0, 1, 15, 16, 17, 31, 33, 200]


@jk.kernel
def doubled(i, x, out):
    out[i] = x[i] + x[i]


@jk.kernel
def smoothed(i, j, u, out):
    out[i, j] = u[i, j] + (u[i - 1, j] + u[i + 1, j] - u[i, j - 1] - u[i, j + 1])


@jk.kernel
def curved(i, j, k, u, out):
    out[i, j, k] = u[i - 1, j, k] + u[i + 1, j, k] + u[i, j - 1, k] + u[i, j + 1, k] - 4 * u[i, j, k]


@jk.kernel
def ahead_and_behind(i, j, u, out, other):
    out[i, j] = u[i + 1, j] - u[i - 1, j]
    other[i, j] = u[i + 1, j] + u[i - 1, j]


@jk.kernel
def stepped(i, j, k, before, u, after, slope):
    around = u[i - 1, j, k] + u[i + 1, j, k] + u[i, j - 1, k] + u[i, j + 1, k] + u[i, j, k - 1] + u[i, j, k + 1]
    after[i, j, k] = around - before[i, j, k]
    slope[i, j, k] = u[i + 1, j, k] - u[i - 1, j, k]


@jk.kernel
def of_four_axes(i, j, k, m, u, out):
    out[i, j, k, m] = u[i - 1, j, k, m] + u[i + 1, j, k, m] - u[i, j, k - 1, m] - u[i, j, k + 1, m]


@jk.kernel
def two_results(i, x, out, other):
    out[i] = x[i] + 1
    other[i] = x[i] - 1


@jk.kernel
def twice_written(i, x, out):
    out[i] = x[i] + 1
    out[i] = x[i] - 1


@jk.kernel
def four_planes(i, j, u, out):
    for q in range(4):
        out[q, i, j] = u[i, j] + (q + 1)


@jk.kernel
def five_planes(i, j, u, out):
    for q in range(5):
        out[q, i, j] = u[i, j] + (q + 1)


@jk.kernel
def one_result_and_one_update(i, x, out, other):
    out[i] = x[i] + 1
    other[i] += x[i]


@pytest.fixture(autouse=True)
def from_the_first_byte(monkeypatch):
    """No other kernel is compiled meanwhile, so no cache holds code for these limits but of these."""
    for limit in ("STREAMED", "LONG", "LONG_TOGETHER", "LONG_IN_TURN"):
        monkeypatch.setattr(loop_nest, limit, 1)


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
    for n, m in ((3, 3), (4, 19), (9, 50), (3, 301), (10, 300), (12, 523), (31, 130)):
        u = whole_numbers((n, m), "float32")
        out = u.copy()
        smoothed.on(backend)[1 : n - 1, 1 : m - 1](u, out)
        expected = u.copy()
        expected[1:-1, 1:-1] += u[:-2, 1:-1] + u[2:, 1:-1] - u[1:-1, :-2] - u[1:-1, 2:]
        np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows_side_by_side_end_with_their_plane(dtype, backend):
    """Pieces of rows begin at lines, and rows of every number are left over."""
    u = whole_numbers((5, 20, 400), dtype)
    for rows, begin, end in ((1, 1, 399), (7, 3, 20), (8, 2, 399), (11, 16, 145), (18, 5, 390)):
        out, steps = np.full(u.shape, 77, dtype), np.full(u.shape, 77, dtype)
        curved.on(backend)[1:4, 1 : 1 + rows, begin:end](u, out)
        curved.on(backend)[1:4, 1 : 1 + rows : 2, begin:end](u, steps)
        expected = np.full(u.shape, 77, dtype)
        inner = expected[1:4, 1 : 1 + rows, begin:end]
        inner[:] = -4 * u[1:4, 1 : 1 + rows, begin:end]
        for shift in (-1, 1):
            inner += u[1 + shift : 4 + shift, 1 : 1 + rows, begin:end]
            inner += u[1:4, 1 + shift : 1 + rows + shift, begin:end]
        np.testing.assert_array_equal(out, expected)
        expected[:, 2::2] = 77
        np.testing.assert_array_equal(steps, expected)


def after_a_step(before, u):
    around = -before[1:-1, 1:-1, 1:-1]
    for axis in range(3):
        for shift in (-1, 1):
            around = around + np.roll(u, shift, axis)[1:-1, 1:-1, 1:-1]
    return around, u[2:, 1:-1, 1:-1] - u[:-2, 1:-1, 1:-1]


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64"])
def test_planes_in_turn_of_every_number_of_planes_and_rows(dtype, backend):
    """Their rows begin and end anywhere in a line, and the second result's elsewhere than the first's."""
    for shape in ((3, 3, 3), (4, 3, 20), (5, 4, 35), (6, 7, 131), (7, 9, 262)):
        before, u = whole_numbers(shape, dtype), whole_numbers(shape, dtype)
        after, slope = np.full(shape, 77, dtype), np.full(u.size + 3, 77, dtype)[3:].reshape(shape)
        inner = tuple(slice(1, extent - 1) for extent in shape)
        stepped.on(backend)[inner](before, u, after, slope)
        for out, values in zip((after, slope), after_a_step(before, u), strict=True):
            expected = np.full(shape, 77, dtype)
            expected[inner] = values
            np.testing.assert_array_equal(out, expected)


def test_planes_in_turn_along_the_middle_of_four_axes(backend):
    u = whole_numbers((4, 3, 7, 41), "float32")
    for begin, end in ((0, 41), (3, 30), (16, 32), (5, 9)):
        out = np.full(u.shape, 77, np.float32)
        of_four_axes.on(backend)[1:3, 3, 1:6, begin:end](u, out)
        expected = np.full(u.shape, 77, np.float32)
        values = u[:2, :, 1:6] + u[2:, :, 1:6] - u[1:3, :, :5] - u[1:3, :, 2:]
        expected[1:3, :, 1:6, begin:end] = values[..., begin:end]
        np.testing.assert_array_equal(out, expected)


def test_planes_in_turn_of_elements_off_their_places(backend):
    u = whole_numbers((5, 6, 40), "float64")
    off = np.zeros(u.nbytes + 1, np.uint8)[1:].view(np.float64).reshape(u.shape)
    curved.on(backend)[1:4, 1:5, 40](u, off)
    sides = u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]
    np.testing.assert_array_equal(off[1:-1, 1:-1], sides - 4 * u[1:-1, 1:-1])
    assert not off[[0, 4]].any()
    assert not off[:, [0, 5]].any()


def test_threads_that_begin_and_end_within_planes():
    shape = (61, 103, 227)
    before, u = whole_numbers(shape, "float32"), whole_numbers(shape, "float32")
    expected = after_a_step(before, u)
    for _ in range(20):
        after, slope = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        stepped.on("cpu")[1:60, 1:102, 1:226](before, u, after, slope)
        for out, values in zip((after, slope), expected, strict=True):
            np.testing.assert_array_equal(out[1:-1, 1:-1, 1:-1], values)


def test_threads_that_begin_and_end_within_rows():
    u = whole_numbers((1501, 1003), "float32")
    expected = u.copy()
    expected[1:-1, 1:-1] += u[:-2, 1:-1] + u[2:, 1:-1] - u[1:-1, :-2] - u[1:-1, 2:]
    for _ in range(20):
        out = u.copy()
        smoothed.on("cpu")[1:1500, 1:1002](u, out)
        np.testing.assert_array_equal(out, expected)


def test_rows_side_by_side_of_two_results_and_of_elements_off_their_places(backend):
    u = whole_numbers((13, 200), "float64")
    first, second = np.full((13, 200), 77.0), np.full((13, 201), 77.0)
    off = np.zeros(13 * 200 * 8 + 1, np.uint8)[1:].view(np.float64).reshape(13, 200)
    ahead_and_behind.on(backend)[1:12, 200](u, first, second)
    np.testing.assert_array_equal(first[1:12], u[2:] - u[:-2])
    np.testing.assert_array_equal(second[1:12, :200], u[2:] + u[:-2])
    assert all((edge == 77).all() for edge in (first[[0, 12]], second[[0, 12]], second[:, 200]))
    ahead_and_behind.on(backend)[1:12, 200](u, off, second)
    np.testing.assert_array_equal(off[1:12], u[2:] - u[:-2])


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


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64"])
def test_two_results_that_begin_anywhere_in_their_lines(dtype, backend):
    x = whole_numbers(300, dtype)
    for begin in BEGINS:
        for shift in BEGINS:
            for length in LENGTHS:
                first, second = np.full(300, 77, dtype), np.full(300, 77, dtype)
                two_results.on(backend)[length](x, first[begin:], second[shift:])
                for out, start, what in ((first, begin, x + 1), (second, shift, x - 1)):
                    expected = np.full(300, 77, dtype)
                    expected[start : start + length] = what[:length]
                    np.testing.assert_array_equal(out, expected)


def test_planes_of_one_array_are_results_too(backend):
    for n, m in ((3, 7), (4, 16), (5, 100)):
        u = whole_numbers((n, m), "float32")
        out = np.full((4, n, m), 77, np.float32)
        four_planes.on(backend)[n, m](u, out)
        np.testing.assert_array_equal(out, np.stack([u + 1, u + 2, u + 3, u + 4]))


def test_the_last_of_two_numbers_for_an_element_stays(backend):
    x, out = whole_numbers(100, "float32"), np.zeros(100, np.float32)
    twice_written.on(backend)[3:97](x, out)
    expected = np.zeros(100, np.float32)
    expected[3:97] = x[3:97] - 1
    np.testing.assert_array_equal(out, expected)


def test_two_results_may_take_the_place_of_what_they_are_made_of(backend):
    x, other = whole_numbers(100, "float32"), np.zeros(100, np.float32)
    expected = x + 1
    two_results.on(backend)[100](x, x, other)
    np.testing.assert_array_equal(x, expected)
    np.testing.assert_array_equal(other, expected - 1)


def test_code_streams_up_to_four_results_of_one_width_that_are_not_read():
    x, out, narrow, u = np.zeros(9), np.zeros(9), np.zeros(9, np.float32), np.zeros((5, 9, 9), np.float32)

    def streams(kernel, *args, space=9):
        return "!nontemporal" in kernel.inspect(*args, space=space, backend="cpu").llvm

    assert streams(doubled, x, out)
    assert streams(two_results, x, out, out.copy())
    assert streams(four_planes, u[0], u, space=(9, 9))
    assert not streams(five_planes, u[0], u, space=(9, 9))
    assert not streams(two_results, x, out, narrow)
    assert not streams(one_result_and_one_update, x, out, out.copy())
