"""Arrays that plain kernels only update atomically, copies of which threads update on the CPU: counts, sums, extremes in bins."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import jitkit as jk

DTYPES = [np.int32, np.int64, np.uint32, np.uint64, np.float32, np.float64]
OPS = {
    "add": np.add, "sub": np.subtract, "min": np.minimum, "max": np.maximum, "and_": np.bitwise_and,
    "or_": np.bitwise_or, "xor": np.bitwise_xor,
}  # fmt: skip
BINS = 37


def points(backend: str) -> int:
    """Enough for several pieces where code is compiled."""
    return 50_000 if backend == "cpu" else 300


def copied(kernel: jk.Kernel, *args: object) -> bool:
    """Tell whether compiled code has a way to update copies."""
    return "@malloc" in kernel.inspect(*args, backend="cpu").llvm


@jk.kernel
def numbers(i, bins, value, add, sub, low, high):
    jk.atomic.add(add, bins[i], value[i])
    jk.atomic.sub(sub, bins[i], value[i])
    jk.atomic.min(low, bins[i], value[i])
    jk.atomic.max(high, bins[i], value[i])


@jk.kernel
def integers(i, bins, value, both, either, differing):
    jk.atomic.and_(both, bins[i], value[i])
    jk.atomic.or_(either, bins[i], value[i])
    jk.atomic.xor(differing, bins[i], value[i])


@pytest.mark.parametrize("dtype", DTYPES)
def test_each_operation(backend, dtype):
    rng, n = np.random.default_rng(0), points(backend)
    bins = rng.integers(0, BINS, n)
    whole = np.dtype(dtype).kind != "f"
    value = rng.integers(0 if dtype in (np.uint32, np.uint64) else -9, 9, n).astype(dtype)  # whole: sums are exact
    kernels = [(numbers, ("add", "sub", "min", "max"))]
    for kernel, ops in kernels + ([(integers, ("and_", "or_", "xor"))] if whole else []):
        tables = [rng.integers(0, 9, BINS).astype(dtype) for _ in ops]
        expected = [table.copy() for table in tables]
        for op, table in zip(ops, expected, strict=True):
            OPS[op].at(table, bins, value)
        kernel.on(backend)[n](bins, value, *tables)
        for op, table, right in zip(ops, tables, expected, strict=True):
            np.testing.assert_array_equal(table, right, err_msg=op)
    assert copied(numbers, bins, value, *[np.zeros(BINS, dtype)] * 4)


@jk.kernel
def special(i, value, low, high, total):
    jk.atomic.min(low, i % 4, value[i])
    jk.atomic.max(high, i % 4, value[i])
    jk.atomic.add(total, i % 4, value[i])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nan_infinity_and_negative_zero(backend, dtype):
    """Column 0 has a NaN, 1 infinities of one sign, 2 nothing but -0.0."""
    value = np.ones((75, 4), dtype)
    value[30, 0], value[20:40, 1], value[:, 2] = np.nan, -np.inf, -0.0
    low, high, total = np.full(4, 5, dtype), np.full(4, -5, dtype), np.full(4, -0.0, dtype)
    special.on(backend)[value.size](value.ravel(), low, high, total)
    np.testing.assert_array_equal(low, [np.nan, -np.inf, 0, 1])
    np.testing.assert_array_equal(high, [np.nan, 1, 0, 1])
    np.testing.assert_array_equal(total, [np.nan, -np.inf, 0, 75])
    assert np.signbit(total[2])


@jk.kernel
def image(i, j, bins, counts):
    jk.atomic.add(counts, (bins[i, j], -1), 1)
    jk.atomic.add(counts, (bins[i, j], j % 2), 2)


@pytest.mark.parametrize("order", ["C", "F", "A"])
@pytest.mark.parametrize("space", ["whole", "steps"])
def test_spaces_of_two_dimensions_and_orders_of_tables(backend, order, space):
    rows = points(backend) // 150
    bins = np.random.default_rng(1).integers(0, BINS, (rows, 150)).astype(np.int32)
    counts = np.zeros((BINS, 6))[:, ::2] if order == "A" else np.zeros((BINS, 3), order=order)
    index = np.index_exp[:, :] if space == "whole" else np.index_exp[1:rows:2, 3:150:4]
    expected = np.zeros((BINS, 3))
    chosen, columns = bins[index], np.broadcast_to(np.arange(150), bins.shape)[index]
    np.add.at(expected, (chosen, 2), 1)
    np.add.at(expected, (chosen, columns % 2), 2)
    image.on(backend)[bins.shape if space == "whole" else index](bins, counts)
    np.testing.assert_array_equal(counts, expected)
    assert copied(image, bins, counts) is (order != "A")


@jk.kernel
def within(i, x, counts):
    k = int(np.floor(x[i]))
    if 0 <= k < counts.shape[0]:
        jk.atomic.add(counts, k, 1)


@jk.kernel
def powers(i, x, counts):
    jk.atomic.add(counts, int(np.exp(-x[i] * x[i]) * counts.shape[0]), 1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 90, 5001])
def test_what_falls_outside_changes_nothing(backend, dtype, n):
    x = np.random.default_rng(2).normal(BINS / 2, BINS, n if backend == "cpu" else min(n, 90)).astype(dtype)
    x[:1] = 1e9
    around = np.zeros(BINS + 200, np.int64)
    within.on(backend)[x.size](x, around[100 : 100 + BINS])
    counts = np.bincount(np.floor(x[(x >= 0) & (x < BINS)]).astype(int), minlength=BINS)
    np.testing.assert_array_equal(around, np.concatenate([np.zeros(100), counts, np.zeros(100)]))


def test_points_that_compute_much(backend):
    x = np.linspace(0.5, 2, points(backend))
    counts = np.zeros(8, np.int32)
    powers.on(backend)[x.size](x, counts)
    np.testing.assert_array_equal(counts, np.bincount((np.exp(-x * x) * 8).astype(int), minlength=8))


@jk.kernel
def pairs(i, places, counts):
    for j in range(places.shape[0]):
        if j != i:
            jk.atomic.add(counts, abs(places[i] - places[j]), 1)


def test_loops_of_updates(backend):
    places = np.random.default_rng(3).integers(0, BINS, 400 if backend == "cpu" else 30)
    counts = np.zeros(BINS, np.uint64)
    pairs.on(backend)[places.size](places, counts)
    distances = np.abs(places[:, None] - places)[~np.eye(places.size, dtype=bool)]
    np.testing.assert_array_equal(counts, np.bincount(distances, minlength=BINS))


# ---- where copies would be seen


@jk.kernel
def watch(i, counts, other, at, seen):
    jk.atomic.add(counts, 0, 1)
    seen[i] = other[at]


@jk.kernel
def twice(i, a, b):
    jk.atomic.add(a, i % 5, 1)
    jk.atomic.max(b, i % 5, 7)


HERE = pytest.mark.parametrize("target", ["python", "cpu"])  # a GPU refuses arrays of the host that overlap


@HERE
@pytest.mark.parametrize(("stretch", "at"), [(slice(0, 2), 0), (slice(4, None, -1), 4), (slice(0, None, 7), 0)])
def test_a_point_reads_its_update_through_another_argument(target, stretch, at):
    counts, seen = np.zeros(8, np.int64), np.zeros(points(target), np.int64)
    watch.on(target)[seen.size](counts, counts[stretch], at, seen)
    assert seen.min() >= 1
    assert seen.max() <= counts[0] == seen.size
    assert copied(watch, counts, counts[stretch], at, seen)


@HERE
def test_one_array_as_two_arguments(target):
    n, x = points(target) // 5 * 5, np.zeros(5, np.int64)
    twice.on(target)[n](x, x)
    assert ((x >= n // 5) & (x <= n // 5 + 7)).all()


@jk.kernel
def read(i, counts, out):
    jk.atomic.add(counts, 0, 1)
    out[i] = counts[1]


@jk.kernel
def old(i, counts, out):
    out[i] = jk.atomic.add(counts, 0, 1)


@jk.kernel
def mixed(i, counts, out):
    jk.atomic.add(counts, 0, 1)
    jk.atomic.max(counts, 0, out[i])


@jk.kernel
def exchanged(i, counts, out):
    jk.atomic.exch(counts, 0, out[i])


@jk.kernel
def either(i, counts, out):
    jk.atomic.add(counts if out[i] > 0 else out, 0, 1)


@pytest.mark.parametrize("kernel", [read, old, mixed, exchanged, either])
def test_arrays_that_are_used_otherwise_are_not_copied(kernel):
    assert not copied(kernel, np.zeros(4, np.int64), np.zeros(9, np.int64))


@jk.kernel
def in_tuple(i, bins, tables):
    jk.atomic.add(tables[1], bins[i], 1)


def test_arrays_in_tuples(backend):
    bins, counts = np.arange(points(backend)) % 3, np.zeros(3, np.int64)
    in_tuple.on(backend)[bins.size](bins, (np.zeros(1, np.int64), counts))
    np.testing.assert_array_equal(counts, np.bincount(bins))


# ---- sizes and threads


@jk.kernel
def count(i, bins, counts):
    jk.atomic.add(counts, bins[i], 1)


@pytest.mark.parametrize(("n", "size"), [(0, 4), (3, 0), (7, 2), (7, 4), (10**5, 40_000), (10**6, 10**5), (5, 10**7)])
def test_sizes(n, size):
    bins = np.random.default_rng(4).integers(0, max(size, 1), n if size else 0)
    counts = np.zeros(size, np.int32)
    count.on("cpu")[bins.size](bins, counts)
    np.testing.assert_array_equal(counts, np.bincount(bins, minlength=size))


@pytest.mark.parametrize("threads", [1, 3])
def test_launches_from_two_threads_at_once(threads):
    bins, counts, before = np.arange(10**5) % 10, np.zeros(10, np.int64), jk.get_num_threads()
    jk.set_num_threads(threads)
    try:
        launches = lambda: [count.on("cpu")[bins.size](bins, counts) for _ in range(20)]  # noqa: E731
        workers = [threading.Thread(target=launches) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    finally:
        jk.set_num_threads(before)
    np.testing.assert_array_equal(counts, [40 * 10**4] * 10)
