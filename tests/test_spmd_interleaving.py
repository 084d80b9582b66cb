"""Stores of neighbouring lanes that together fill memory, against NumPy."""

import re

import numpy as np
import pytest

import jitkit as jk

DTYPES = ["float32", "float64", "int32", "int64"]


def kernel_of(width, count, order):
    """Return a kernel whose work-items store `count` neighbours each, in an order."""

    @jk.kernel(group=width)
    def kernel(i, x, out):
        value = x[i]
        for k in order:
            out[count * i + k] = value + k

    return kernel


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("width", [2, 6, 16, 40])
@pytest.mark.parametrize(
    ("count", "order"), [(2, (0, 1)), (2, (1, 0)), (3, (0, 1, 2)), (4, (0, 1, 2, 3)), (4, (2, 0, 3, 1))]
)
def test_neighbours_are_stored(backend, dtype, width, count, order):
    x = np.arange(3 * width).astype(dtype) ** 2
    out = np.full(3 * width * count + 3, -1, dtype)
    kernel_of(width, count, order).on(backend)[3 * width](x, out)
    np.testing.assert_array_equal(out[: x.size * count].reshape(-1, count), x[:, None] + np.arange(count).astype(dtype))
    np.testing.assert_array_equal(out[x.size * count :], -1)


def test_points_that_end_within_a_group_leave_what_is_behind(backend):
    @jk.kernel(group=16)
    def kernel(i, x, out):
        if i < x.shape[0]:
            out[2 * i] = x[i]
            out[2 * i + 1] = -x[i]

    x, out = np.arange(1.0, 42.0), np.zeros(100)
    kernel.on(backend)[41](x, out)
    np.testing.assert_array_equal(out, np.pad(np.stack([x, -x], 1).reshape(-1), (0, 18)))


def test_what_is_read_in_between_was_stored(backend):
    """Both arguments are one array: the second element is made of the first one, as it is by then."""

    @jk.kernel(group=16)
    def kernel(i, x, out):
        out[2 * i] = x[2 * i] + 1
        out[2 * i + 1] = 2 * x[2 * i]

    x = np.arange(64.0)
    expected = np.stack([x[::2] + 1, 2 * (x[::2] + 1)], 1).reshape(-1)
    kernel.on(backend)[32](x, x)
    np.testing.assert_array_equal(x, expected)


def test_stores_of_two_arrays_that_are_one_keep_their_order(backend):
    @jk.kernel(group=16)
    def kernel(i, x, first, second):
        first[2 * i] = x[i]
        second[2 * i] = -x[i]
        first[2 * i + 1] = x[i] + 1
        second[2 * i + 1] = x[i] + 2

    x, out = np.arange(48.0), np.zeros(96)
    kernel.on(backend)[48](x, out, out)
    np.testing.assert_array_equal(out, np.stack([-x, x + 2], 1).reshape(-1))


def test_the_third_element_of_pairs_belongs_to_the_next_lane(backend):
    """Elements 1 and 2 of each lane: lane by lane the next one's first is stored over, or stores over."""

    @jk.kernel(group=16)
    def kernel(i, x, out):
        out[2 * i + 1] = x[i]
        out[2 * i + 2] = -x[i]

    x, out = np.arange(1.0, 33.0), np.zeros(66)
    kernel.on(backend)[32](x, out)
    np.testing.assert_array_equal(out, np.pad(np.stack([x, -x], 1).reshape(-1), 1))


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_results(backend, dtype):
    @jk.kernel(group=(1, 8))
    def square(i, j, x, out):
        out[i, j] = x[i, j] * x[i, j]

    x = (np.arange(200.0).reshape(5, 40) + 1j * np.arange(200.0)[::-1].reshape(5, 40)).astype(dtype)
    out = np.zeros((5, 40), dtype)
    square.on(backend)[5, 40](x, out)
    np.testing.assert_allclose(out, x * x, rtol=1e-6)


def test_pairs_are_sorted_by_shuffles():
    x, out = np.zeros(64, np.float32), np.zeros(128, np.float32)
    llvm = kernel_of(16, 2, (0, 1)).inspect(x, out, space=64, backend="cpu").llvm
    assert re.search(r"store <\d+ x float>", llvm)
    assert not re.search(r"store float ", llvm)
