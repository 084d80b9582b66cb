"""Kernels over a few points that are loops: threads share them, and share out no number."""

from __future__ import annotations

import numpy as np
import pytest

import jitkit as jk
from jitkit.backends import pool


@jk.kernel
def powers(i, x, turns, out):
    total, power = 0.0, 1.0
    for _ in range(turns):
        power *= x[i]
        total += power
    out[i] = total


@jk.kernel
def row_sums(i, x, out):
    total = 0.0
    for k in range(x.shape[1]):
        total += x[i, k]
    out[i] = total


@jk.kernel
def planes(i, j, x, out):
    total = 0.0
    for k in range(x.shape[2]):
        total += x[i, j, k] * x[i, j, k]
    out[i, j] = total


def geometric(x, turns):
    return np.array([sum(float(value) ** k for k in range(1, turns + 1)) for value in x])


@pytest.fixture
def two_threads():
    before = jk.get_num_threads()
    if before < 2:
        pytest.skip("one processor")
    jk.set_num_threads(2)
    yield
    jk.set_num_threads(before)


@pytest.mark.parametrize("size", [1, 2, 7, 31, 32, 33, 100, 127, 129, 300])
@pytest.mark.parametrize("start", [0, 3])
def test_every_point_runs_once(size, start, backend):
    x, out = np.random.default_rng(size).uniform(0, 0.9, size), np.zeros(size)
    powers.on(backend)[start:size](x, 20, out)
    expected = np.where(np.arange(size) < start, 0, geometric(x, 20))
    np.testing.assert_allclose(out, expected, rtol=1e-13)


@pytest.mark.parametrize("shape", [(1, 3, 5), (3, 1, 5), (2, 40, 7), (5, 130, 3)])
def test_rows_of_a_few_points(shape, backend):
    x = np.random.default_rng(0).random(shape)
    out = np.zeros(shape[:2])
    planes.on(backend)[shape[:2]](x, out)
    np.testing.assert_allclose(out, (x**2).sum(2), rtol=1e-13)


@pytest.mark.skipif(not pool.available(), reason="the scheduler needs POSIX threads")
@pytest.mark.usefixtures("two_threads")
def test_threads_share_a_few_points_of_much_work():
    x, out = np.full(100, 0.5), np.zeros(100)
    before = pool.counters().parallel
    for _ in range(3):  # the first may not know yet what a point costs
        powers.on("cpu")[100](x, 200_000, out)
    assert pool.counters().parallel > before
    np.testing.assert_allclose(out, 1.0, rtol=1e-13)


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("kernel", [powers, row_sums])
def test_bits_do_not_depend_on_the_threads(kernel):
    x = np.random.default_rng(0).random((100, 300) if kernel is row_sums else 100)
    results = []
    for threads in (1, 2):
        jk.set_num_threads(threads)
        out = np.zeros(100)
        kernel.on("cpu")[100](*((x, out) if kernel is row_sums else (x, 2_000, out)))
        results.append(out)
    np.testing.assert_array_equal(*results)
