"""The network that sorts a few short rows: one kernel on every backend, and which rows it is for."""

import numpy as np
import pytest
from sorting_helpers import hard_inputs, order_of, same_bits

import jitkit as jk
from jitkit.primitives import _row_network
from jitkit.primitives._row_network import Grid, keys_of, row_kernel, row_network

TINY = Grid(4, 4)
N = 13


def sorted_by(kernel, keys, x, n, descending, backend):
    out = np.empty_like(x)
    kernel.on(backend)[x.size // n * TINY.lanes](n, x, out, keys.flips[descending])
    return out


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("dtype", ["int16", "uint32", "uint64", "float32", "float64"])
def test_rows_of_one_kernel_in_stable_order(dtype, descending, backend):
    keys = keys_of(np.dtype(dtype))
    kernel = row_kernel(keys, TINY)
    for x in hard_inputs(dtype, 3 * N):
        rows = x.reshape(3, N)
        expected = np.take_along_axis(rows, order_of(rows, descending=descending), -1).reshape(-1)
        same_bits(sorted_by(kernel, keys, x, N, descending, backend), expected)


def test_work_items_do_not_race():
    x = np.array([3.0, -0.0, np.nan, 0.0, 7.0, 1.0, 0.0], np.float32)
    keys = keys_of(x.dtype)
    assert row_kernel(keys, Grid(2, 4)).check[4](7, x, np.empty_like(x), keys.flips[0]).ok


@pytest.mark.parametrize("dtype", ["int32", "int64", "float32", "float64"])
def test_rows_of_any_length_and_number(dtype):
    largest = _row_network.LARGE[np.dtype(dtype).itemsize].size
    for n in (2, 127, 128, 129, largest - 1, largest):
        for rows in (1, _row_network.FEW):
            assert row_network(np.dtype(dtype), rows, n) is not None
            for x in hard_inputs(dtype, rows * n, seed=n):
                x = x.reshape(rows, n)
                expected = np.take_along_axis(x, order_of(x), -1)
                for _ in range(2):  # by the general way, and by the one of types met before
                    same_bits(jk.sort(x), expected)


@pytest.mark.parametrize(
    ("dtype", "rows", "n"),
    [
        ("float32", 5, 10),
        ("int32", 1, 513),
        ("float64", 1, 257),
        ("bool", 1, 10),
        ("float16", 1, 10),
        ("complex64", 1, 10),
    ],
)
def test_other_rows_go_other_ways(dtype, rows, n):
    assert row_network(np.dtype(dtype), rows, n) is None


def test_a_result_over_its_input_and_one_that_cannot_be_written():
    x = np.random.default_rng(0).standard_normal(100)
    expected = np.sort(x)
    fixed = x.copy()
    fixed.flags.writeable = False
    for _ in range(2):
        same_bits(jk.sort(fixed), expected)
        same_bits(jk.sort(x[::-1]), expected)
        over = x.copy()
        assert jk.sort(over, out=over) is over
        same_bits(over, expected)
