"""Kernels over views whose elements lie apart along the last axis, against NumPy; code is compiled for each small step."""

from __future__ import annotations

import ctypes
import mmap
import re
from typing import NamedTuple

import numpy as np
import pytest

import jitkit as jk

STEPS = [1, 2, 3, 4, 5, 7, -1, -2, -3]
DTYPES = [np.uint8, np.int16, np.int32, np.int64, np.float16, np.float32, np.float64, np.complex64, np.complex128]
LENGTHS = [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 130]


@jk.kernel
def doubled(i, j, x, out):
    out[i, j] = x[i, j] + x[i, j]


@jk.kernel
def beside(i, x, out):
    out[i] = x[i - 1] - x[i + 1]


@jk.kernel
def longest(i, x, out):
    """Count how often an element may be halved: lanes part."""
    value, count = x[i], 0
    while value > 1:
        value = value // 2
        count += 1
    out[i] = count


class Pair(NamedTuple):
    first: np.ndarray
    second: np.ndarray


@jk.kernel
def combined(i, pair, out):
    out[i] = 2 * pair.first[i] - pair.second[i]


def view(step: int, length: int, dtype: object, rows: int | None = None) -> np.ndarray:
    """Return a view that begins and ends with the first and the last element of its memory."""
    shape = (max(0, (length - 1) * abs(step) + 1),) if rows is None else (rows, (length - 1) * abs(step) + 1)
    whole = np.random.default_rng(length).integers(0, 100, shape).astype(dtype)
    return whole[..., ::step]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("step", STEPS)
def test_views_that_are_read(step, dtype, backend):
    for length in LENGTHS if backend == "cpu" else (1, 33):
        x = view(step, length, dtype, rows=3) if length else np.zeros((3, 0), dtype)
        out = np.zeros((3, length), dtype)
        doubled.on(backend)[3, length](x, out)
        np.testing.assert_array_equal(out, x + x)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64, np.complex64])
@pytest.mark.parametrize("step", STEPS)
def test_views_that_are_written_leave_what_lies_between(step, dtype, backend):
    for length in (1, 5, 16, 33, 65) if backend == "cpu" else (33,):
        x, out = view(step, length, dtype, rows=2), view(step, length, dtype, rows=2)
        expected = out.base.copy() if out.base is not None else out.copy()
        expected[..., ::step] = x + x
        doubled.on(backend)[2, length](x, out)
        np.testing.assert_array_equal(out if out.base is None else out.base, expected)


@pytest.mark.parametrize("steps", [(2, 1), (3, 3), (1, 2), (4, -1), (2, 4)])
def test_inputs_and_results_of_different_steps(steps, backend):
    for length in (3, 17, 66, 130):
        x, out = view(steps[0], length, np.float64), view(steps[1], length, np.float64)
        expected = out.copy()
        expected[1:-1] = x[:-2] - x[2:]
        beside.on(backend)[1 : length - 1](x, out)
        np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("step", STEPS)
def test_lanes_that_part(step, backend):
    x, out = view(step, 70, np.int32), np.zeros(70, np.int32)
    longest.on(backend)[70](x, out)
    np.testing.assert_array_equal(out, [max(0, int(value).bit_length() - 1) for value in x])


def test_arguments_of_other_steps_meet_other_code(backend):
    """Launch one kernel again and again with views of all steps in turn: later launches go by the short way."""
    for _ in range(3):
        for step in (*STEPS, 1, 5, 2):
            x, out = view(step, 40, np.float32, rows=2), np.zeros((2, 40), np.float32)
            doubled.on(backend)[2, 40](x, out)
            np.testing.assert_array_equal(out, x + x)
            repeated = np.broadcast_to(np.float32(step), (2, 40))
            doubled.on(backend)[2, 40](repeated, out)
            np.testing.assert_array_equal(out, np.full((2, 40), 2 * step))


@pytest.mark.parametrize("step", [1, 2, -1, 5])
def test_views_in_tuples(step, backend):
    for _ in range(2):
        first, second, out = view(step, 50, np.float64), view(3, 50, np.float64), np.zeros(50)
        combined.on(backend)[50](Pair(first, second), out)
        np.testing.assert_array_equal(out, 2 * first - second)


def test_functions_of_arrays_that_are_broadcast(backend):
    plus = jk.vectorize(lambda a, b: a + b)
    a, b = np.arange(80.0).reshape(4, 20), np.arange(160.0).reshape(4, 40)
    for _ in range(2):
        for x in (a[:, ::2], a[:, 10:], a[:, ::-2], a[:1, :10], a[:, :1], b[:, ::4], b[:, 3:13]):
            for y in (b[:, ::4], b[0, :10], b[:, :1], b[:, 1:31:3]):
                np.testing.assert_array_equal(plus(x, y, backend=backend), x + y)


@jk.kernel
def longest_of(i, x, out):
    """Go down a column: lanes are neighbours in its rows."""
    most = x[0, i]
    for k in range(1, x.shape[0]):
        most = max(most, x[k, i])
    out[i] = most


@jk.kernel
def thinned(i, x, out):
    out[i] = x[2 * i + 1]


@pytest.mark.parametrize("kernel", [thinned, beside])
def test_every_other_element_is_sorted_by_shuffles(kernel):
    x, out = np.zeros((300, 2), np.float32), np.zeros(300, np.float32)
    llvm = kernel.inspect(x[:, 1] if kernel is beside else x.reshape(-1), out, space=100, backend="cpu").llvm
    assert re.search(r"shufflevector <\d+ x float>", llvm)


def test_a_view_of_neighbours_runs_the_code_of_whole_rows():
    x, out = np.zeros((30, 300)), np.zeros(300)
    llvm = longest_of.inspect(x[:, 1:], out, space=100, backend="cpu").llvm
    assert "masked.gather" not in llvm


def test_nothing_is_read_outside_of_a_view():
    """Views that end, and begin, at a page without access."""
    page = mmap.PAGESIZE
    memory = mmap.mmap(-1, 3 * page)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    protect = ctypes.CDLL(None, use_errno=True).mprotect
    protect.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
    assert protect(address, page, 0) == 0
    assert protect(address + 2 * page, page, 0) == 0
    try:
        for dtype in (np.uint8, np.float32, np.float64):
            whole = np.frombuffer(memory, dtype, page // np.dtype(dtype).itemsize, page)
            for step in (2, 3, 4, -1, -2, -4):
                for length in (1, 15, 16, 17, 32, 64, 67):
                    reach = (length - 1) * abs(step) + 1
                    for part in (whole[:reach], whole[len(whole) - reach :]):
                        out = np.ones((1, length), dtype)
                        doubled.on("cpu")[1, length](part[None, ::step], out)
                        assert not out.any()
    finally:
        assert protect(address, 3 * page, mmap.PROT_READ | mmap.PROT_WRITE) == 0
