"""Atomic operations on every backend: old values, results, conversions, contention and refusals."""

from __future__ import annotations

import numpy as np
import pytest

import jitkit as jk

DTYPES = [np.int32, np.int64, np.uint32, np.uint64, np.float32, np.float64]
INTEGERS = DTYPES[:4]
NUMBER_OPS = ("add", "sub", "min", "max", "exch")
INTEGER_OPS = ("and_", "or_", "xor")
N = 24


def expected(op: str, old: np.ndarray, value: np.ndarray) -> np.ndarray:
    """What an operation leaves in memory, by NumPy."""
    with np.errstate(all="ignore"):
        return {
            "add": np.add, "sub": np.subtract, "min": np.minimum, "max": np.maximum, "exch": lambda a, b: b,
            "and_": np.bitwise_and, "or_": np.bitwise_or, "xor": np.bitwise_xor,
        }[op](old, value)  # fmt: skip


def samples(dtype: type, shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Values over the whole range of a dtype; of floats also infinities, zeros and NaN."""
    random = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        values = random.normal(size=shape).astype(dtype)
        values.flat[:: 7 + seed] = np.nan
        values.flat[1 :: 11 + seed] = np.inf
        values.flat[2 :: 13 + seed] = 0
        return values
    limits = np.iinfo(dtype)
    return random.integers(limits.min, limits.max, size=shape, dtype=dtype, endpoint=True)


# ---- each operation once for each element: arrays of one to three dimensions


@jk.kernel
def numbers_1d(i, add, sub, low, high, exch, value, old):
    old[0, i] = jk.atomic.add(add, i, value[i])
    old[1, i] = jk.atomic.sub(sub, i, value[i])
    old[2, i] = jk.atomic.min(low, i, value[i])
    old[3, i] = jk.atomic.max(high, i, value[i])
    old[4, i] = jk.atomic.exch(exch, i, value[i])


@jk.kernel
def numbers_2d(i, j, add, sub, low, high, exch, value, old):
    old[0, i, j] = jk.atomic.add(add, (i, j), value[i, j])
    old[1, i, j] = jk.atomic.sub(sub, (i, j), value[i, j])
    old[2, i, j] = jk.atomic.min(low, (i, j), value[i, j])
    old[3, i, j] = jk.atomic.max(high, (i, j), value[i, j])
    old[4, i, j] = jk.atomic.exch(exch, (i, j), value[i, j])


@jk.kernel
def numbers_3d(i, j, k, add, sub, low, high, exch, value, old):
    old[0, i, j, k] = jk.atomic.add(add, (i, j, k), value[i, j, k])
    old[1, i, j, k] = jk.atomic.sub(sub, (i, j, k), value[i, j, k])
    old[2, i, j, k] = jk.atomic.min(low, (i, j, k), value[i, j, k])
    old[3, i, j, k] = jk.atomic.max(high, (i, j, k), value[i, j, k])
    old[4, i, j, k] = jk.atomic.exch(exch, (i, j, k), value[i, j, k])


@jk.kernel
def integers_2d(i, j, both, either, differing, value, old):
    old[0, i, j] = jk.atomic.and_(both, (i, j), value[i, j])
    old[1, i, j] = jk.atomic.or_(either, (i, j), value[i, j])
    old[2, i, j] = jk.atomic.xor(differing, (i, j), value[i, j])


def check_each(kernel: jk.Kernel, backend: str, ops: tuple[str, ...], before: np.ndarray, value: np.ndarray) -> None:
    """Run a kernel over all elements and compare what it leaves and what it returns."""
    arrays, old = [before.copy(order="K") for _ in ops], np.zeros((len(ops), *before.shape), before.dtype)
    kernel.on(backend)[before.shape](*arrays, value, old)
    for op, after, returned in zip(ops, arrays, old, strict=True):
        np.testing.assert_array_equal(after, expected(op, before, value), err_msg=op)
        np.testing.assert_array_equal(returned, before, err_msg=f"old value of {op}")


@pytest.mark.parametrize(("kernel", "shape"), [(numbers_1d, (N,)), (numbers_2d, (4, 6)), (numbers_3d, (2, 3, 4))])
@pytest.mark.parametrize("dtype", DTYPES)
def test_result_and_old_value(backend, dtype, kernel, shape):
    check_each(kernel, backend, NUMBER_OPS, samples(dtype, shape, 0), samples(dtype, shape, 1))


@pytest.mark.parametrize("dtype", INTEGERS)
def test_bitwise_operations(backend, dtype):
    check_each(integers_2d, backend, INTEGER_OPS, samples(dtype, (4, 6), 0), samples(dtype, (4, 6), 1))


@pytest.mark.parametrize("dtype", [np.int32, np.float64])
def test_transposed_arrays(backend, dtype):
    check_each(numbers_2d, backend, NUMBER_OPS, samples(dtype, (4, 6), 0).T, samples(dtype, (6, 4), 1))


# ---- compare and swap


@jk.kernel
def swap(i, x, compare, value, old):
    old[i] = jk.atomic.cas(x, i, compare[i], value[i])


@pytest.mark.parametrize("dtype", DTYPES)
def test_compare_and_swap(backend, dtype):
    x = np.arange(10, dtype=dtype)
    compare, value, old = np.where(x % 2 == 0, x, x + 1).astype(dtype), (x + 50).astype(dtype), np.zeros_like(x)
    after = x.copy()
    swap.on(backend)[10](after, compare, value, old)
    np.testing.assert_array_equal(after, np.where(np.arange(10) % 2 == 0, x + 50, x))
    np.testing.assert_array_equal(old, x)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_compare_and_swap_compares_bits(backend, dtype):
    x = np.array([0.0, -0.0, np.nan, 1.0], dtype)
    after, old = x.copy(), np.ones_like(x)
    swap.on(backend)[4](after, np.array([-0.0, -0.0, np.nan, np.nan], dtype), np.full(4, 5, dtype), old)
    np.testing.assert_array_equal(after, np.array([0.0, 5.0, 5.0, 1.0], dtype))
    np.testing.assert_array_equal(old, x)


# ---- values are converted as an assignment converts them


@jk.kernel
def mixed(i, x, k, half, old):
    old[i] = jk.atomic.add(x, i, 2) + jk.atomic.add(x, (i,), half) + jk.atomic.sub(x, -1, k)


@pytest.mark.parametrize("dtype", DTYPES)
def test_values_take_the_type_of_the_array(backend, dtype):
    x, old = np.array([10], dtype), np.zeros(1)
    mixed.on(backend)[1](x, 3, np.float64(1.5), old)
    one_and_a_half = 1.5 if np.dtype(dtype).kind == "f" else 1
    assert x[0] == 10 + 2 + one_and_a_half - 3
    assert old[0] == 10 + 12 + 12 + one_and_a_half


@jk.kernel
def count_twice(i, x, narrow):
    before = jk.atomic.add(x, 0, 1)
    narrow[i] = before * np.float32(0.5)


def test_old_value_has_the_type_of_the_array(backend):
    x, narrow = np.full(1, 2**24 + 1, np.int32), np.zeros(1)
    count_twice.on(backend)[1](x, narrow)
    assert narrow[0] == (2**24 + 1) * 0.5  # int32 with float32 is float64, as in NumPy


# ---- many work-items, one element


@jk.kernel
def contend(i, x, low, high, old):
    old[i] = jk.atomic.add(x, 0, 1)
    jk.atomic.min(low, 0, 1000 - i)
    jk.atomic.max(high, 0, i)


@pytest.mark.parametrize("dtype", DTYPES)
def test_no_update_is_lost(backend, dtype):
    n = 700
    x, low, high, old = np.zeros(1, dtype), np.full(1, 5000, dtype), np.zeros(1, dtype), np.zeros(n, dtype)
    contend.on(backend)[n](x, low, high, old)
    assert (x[0], low[0], high[0]) == (n, 1000 - n + 1, n - 1)
    np.testing.assert_array_equal(np.sort(old), np.arange(n, dtype=dtype))


@jk.kernel
def increment(i, x):
    jk.atomic.add(x, 0, 1)


@pytest.mark.parametrize("dtype", [np.int64, np.float64])
def test_ten_million_increments_by_two_threads(dtype):
    threads, x = jk.get_num_threads(), np.zeros(1, dtype)
    jk.set_num_threads(2)
    try:
        increment.on("cpu")[10**7](x)
    finally:
        jk.set_num_threads(threads)
    assert x[0] == 10**7


@jk.kernel
def spin_add(i, x):
    seen = jk.atomic.add(x, 0, 0)
    while True:
        found = jk.atomic.cas(x, 0, seen, seen + 2)
        if found == seen:
            break
        seen = found


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_a_loop_of_compare_and_swap(backend, dtype):
    x = np.zeros(1, dtype)
    spin_add.on(backend)[500](x)
    assert x[0] == 1000


# ---- shared memory


@jk.kernel(group=32)
def in_shared_memory(i, x, out):
    counts = jk.shared((2, 3), x.dtype)
    me = jk.local_index()
    if me < 6:
        counts[me // 3, me % 3] = 0
    jk.barrier()
    jk.atomic.add(counts, (1, 2), x[i])
    jk.atomic.max(counts, (0, 1), x[i])
    jk.atomic.cas(counts, (0, 0), 0, 7)
    jk.barrier()
    if me < 6:
        out[jk.group_index(), me] = jk.atomic.exch(counts, (me // 3, me % 3), 0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_shared_arrays(backend, dtype):
    x, out = np.arange(64, dtype=dtype), np.zeros((2, 6), dtype)
    in_shared_memory.on(backend)[64](x, out)
    np.testing.assert_array_equal(out, [[7, 31, 0, 0, 0, sum(range(32))], [7, 63, 0, 0, 0, sum(range(32, 64))]])


@jk.kernel(group=40)
def by_some_work_items(i, x, wanted, out, old):
    """Update scattered, neighbouring and common elements, where a number says so."""
    counts, own, common = jk.shared(64, x.dtype), jk.shared(40, x.dtype), jk.shared(2, x.dtype)
    me, group = jk.local_index(), jk.group_index()
    for k in range(me, 64, 40):
        counts[k] = 0
    own[me] = 5
    if me < 2:
        common[me] = 0
    jk.barrier()
    if x[i] > 0:
        jk.atomic.add(counts, int(x[i]), 1)
        jk.atomic.cas(counts, int(x[i]) + 32, 0, x[i])
        old[i] = jk.atomic.max(own, me, x[i])
    if wanted[i]:
        jk.atomic.add(common, 0, x[i])
        jk.atomic.max(common, 1, x[i])
    jk.barrier()
    for k in range(me, 64, 40):
        out[group, k] = counts[k]
    out[group, 64 + me] = own[me]
    if me < 2:
        out[group, 104 + me] = common[me]


@pytest.mark.parametrize("dtype", [np.int32, np.float64])
def test_updates_of_shared_arrays_by_some_work_items(backend, dtype):
    rng = np.random.default_rng(3)
    x, wanted = rng.integers(-20, 32, 120).astype(dtype), rng.random(120) < 0.5
    wanted[80:] = False
    out, old = np.zeros((3, 106), dtype), np.full(120, 77, dtype)
    by_some_work_items.on(backend)[120](x, wanted, out, old)
    for group, (numbers, chosen) in enumerate(zip(x.reshape(3, 40), wanted.reshape(3, 40), strict=True)):
        counts = np.bincount(numbers[numbers > 0].astype(int), minlength=64)
        for number in numbers[numbers > 0].astype(int):
            counts[number + 32] = counts[number + 32] or number
        np.testing.assert_array_equal(out[group, :64], counts)
        np.testing.assert_array_equal(out[group, 64:104], np.maximum(numbers, 5))
        np.testing.assert_array_equal(out[group, 104:], [numbers[chosen].sum(), max(numbers[chosen], default=0)])
    np.testing.assert_array_equal(old, np.where(x > 0, 5, 77))


@jk.kernel(group=64)
def in_memory_of_any_size(i, x, first, bins, out, before):
    """Count in the first and in the last of three arrays, the middle one of which nobody touches."""
    low, between, high = jk.shared(bins, out.dtype), jk.shared(7, out.dtype), jk.shared(bins, out.dtype)
    me, group = jk.local_index(), jk.group_index()
    for k in range(me, bins, 64):
        low[k] = 0
        high[k] = 0
    if me < 7:
        between[me] = 9
    jk.barrier()
    if i < x.shape[0]:
        before[i] = jk.atomic.add(low, x[i] - first, 1)
        if x[i] % 3 == 0:
            jk.atomic.sub(high, x[i] - first, x[i])
    jk.barrier()
    for k in range(me, bins, 64):
        out[group, 0, k] = low[k]
        out[group, 1, k] = high[k] + between[k % 7]


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.float32])
@pytest.mark.parametrize("bins", [1, 33, 700])
def test_updates_in_shared_memory_of_a_size_known_late(backend, bins, dtype):
    x = np.random.default_rng(5).integers(40, 40 + bins, 150)
    out, before = np.zeros((3, 2, bins), dtype), np.full(150, -1, dtype)
    in_memory_of_any_size.on(backend)[192](x, 40, bins, out, before)
    for group, part in enumerate((slice(64), slice(64, 128), slice(128, 150))):
        places = x[part] - 40
        counts = np.bincount(places, minlength=bins)
        thirds = np.bincount(places, weights=np.where(x[part] % 3 == 0, x[part], 0), minlength=bins)
        np.testing.assert_array_equal(out[group], [counts, 9 - thirds])
        for place in range(bins):  # the values before, whatever the order of work-items
            np.testing.assert_array_equal(np.sort(before[part][places == place]), np.arange(counts[place]))


# ---- refusals


def refusal(op: str, x: np.ndarray, index: int | tuple[int, ...], value: complex, backend: str) -> str:
    """The message with which compiling an atomic for a kernel ends."""
    function = getattr(jk.atomic, op)

    @jk.kernel
    def kernel(i, x, value):
        function(x, index, value)

    with pytest.raises(jk.KernelTypeError) as caught:
        kernel.inspect(x, value, space=1, backend=backend)
    return str(caught.value)


@pytest.mark.parametrize("target", ["cpu", "cuda"])
@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.float16, np.bool_, np.complex64])
def test_other_dtypes_are_refused(target, dtype):
    message = refusal("add", np.zeros(3, dtype), 0, 1, target)
    assert f"jk.atomic.add on a 1-D array of {np.dtype(dtype).name}" in message
    assert "int32, int64, uint32, uint64, float32 and float64" in message


@pytest.mark.parametrize("op", INTEGER_OPS)
def test_bitwise_operations_on_floats_are_refused(op):
    message = refusal(op, np.zeros(3), 0, 1, "cpu")
    assert f"jk.atomic.{op} on a 1-D array of float64" in message
    assert "int32, int64, uint32 and uint64;" in message


def test_what_names_no_single_element_is_refused():
    assert "give 2 indices, not 1, for a 2-D array" in refusal("add", np.zeros((2, 2)), 0, 1, "cpu")
    assert "2 indices for a 1-D array" in refusal("add", np.zeros(2), (0, 0), 1, "cpu")


def test_complex_values_are_refused():
    assert "take its .real part" in refusal("add", np.zeros(2), 0, 1j, "cpu")


def test_a_read_only_array_is_refused():
    x = np.zeros(2)
    x.flags.writeable = False
    with pytest.raises(jk.JitkitError, match="read-only"):
        increment.on("cpu")[2](x)
