"""`group_reduce`, `group_scan` and `broadcast` on every backend, against sums and loops written out in NumPy and Python."""

from __future__ import annotations

import functools
import itertools
import operator

import numpy as np
import pytest
from conftest import SIMULATED

import jitkit as jk

GROUPS = [(1,), (2,), (7,), (33,), (64,), (100,), (3, 5), (2, 3, 4)]
DTYPES = [np.float32, np.float64, np.int32, np.uint8, np.complex64]


def blocks_of(x, group):
    """Return the values of each group, in the order of the linear local index."""
    ranges = [range(0, count, size) for count, size in zip(x.shape, group, strict=True)]
    slices = [tuple(slice(a, a + s) for a, s in zip(start, group, strict=True)) for start in itertools.product(*ranges)]
    return [(where, x[where].ravel()) for where in slices]


def expected(x, group, of_block):
    out = np.empty_like(x)
    for where, values in blocks_of(x, group):
        out[where] = np.asarray(of_block(values)).reshape(group) if np.ndim(of_block(values)) else of_block(values)
    return out


def values_of(dtype, shape):
    return np.random.default_rng(5).integers(0, 9, shape).astype(dtype)


@functools.cache
def collecting(group):
    """Return a kernel that does all three for groups of a shape."""
    if len(group) == 1:

        @jk.kernel(group=group)
        def collect(i, x, total, running, third):
            total[i] = jk.group_reduce(operator.add, x[i])
            running[i] = jk.group_scan(np.add, x[i])
            third[i] = jk.broadcast(x[i], (2 * jk.group_size()) // 3)

    elif len(group) == 2:

        @jk.kernel(group=group)
        def collect(i, j, x, total, running, third):
            total[i, j] = jk.group_reduce(operator.add, x[i, j])
            running[i, j] = jk.group_scan(np.add, x[i, j])
            third[i, j] = jk.broadcast(x[i, j], (2 * jk.group_size()[0] * jk.group_size()[1]) // 3)

    else:

        @jk.kernel(group=group)
        def collect(i, j, k, x, total, running, third):
            total[i, j, k] = jk.group_reduce(operator.add, x[i, j, k])
            running[i, j, k] = jk.group_scan(np.add, x[i, j, k])
            third[i, j, k] = jk.broadcast(x[i, j, k], 16)

    return collect


@pytest.mark.parametrize("group", GROUPS, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_sums_and_running_sums_in_groups_of_any_shape(backend, group, dtype):
    x = values_of(dtype, tuple(2 * size for size in group))
    total, running, third = (np.zeros_like(x) for _ in range(3))
    collecting(group).on(backend)[x.shape](x, total, running, third)
    index = 2 * int(np.prod(group)) // 3
    np.testing.assert_array_equal(total, expected(x, group, lambda v: v.sum(dtype=dtype)))
    np.testing.assert_array_equal(running, expected(x, group, lambda v: v.cumsum(dtype=dtype)))
    np.testing.assert_array_equal(third, expected(x, group, lambda v: v[index]))


def joined(a, b):
    """Return the digits of one number behind another's: associative, and never commutative."""
    size = 1
    while size <= b:
        size *= 10
    return a * size + b


@jk.kernel(group=12)
def in_order(i, x, whole, parts):
    whole[i] = jk.group_reduce(joined, x[i])
    parts[i] = jk.group_scan(joined, x[i])


def test_an_operator_that_does_not_commute_meets_its_operands_in_order(backend):
    x = np.random.default_rng(1).integers(1, 10, 24)
    whole, parts = np.zeros(24, np.int64), np.zeros(24, np.int64)
    in_order.on(backend)[24](x, whole, parts)
    text = "".join(map(str, x))
    assert list(whole) == [int(text[:12])] * 12 + [int(text[12:])] * 12
    assert list(parts) == [int(text[start : k + 1]) for start in (0, 12) for k in range(start, start + 12)]


@jk.kernel(group=10)
def repeated(i, x, out, n):
    value = x[i]
    for k in range(n):
        value = jk.group_reduce("add", value) - value
        value = jk.group_scan("maximum", value)
        value = jk.broadcast(value, k) - value
    out[i] = value


def test_collectives_in_a_loop_do_not_disturb_one_another(backend):
    x = np.random.default_rng(2).integers(-5, 6, 30)
    out = np.zeros(30, np.int64)
    repeated.on(backend)[30](x, out, 4)
    value = x.reshape(3, 10).copy()
    for k in range(4):
        value = value.sum(axis=1, keepdims=True) - value
        value = np.maximum.accumulate(value, axis=1)
        value = value[:, k : k + 1] - value
    np.testing.assert_array_equal(out.reshape(3, 10), value)


def total_of(value):
    return jk.group_reduce("add", value)


def mean_and_spread(value):
    mean = total_of(value) / 10
    return mean, total_of((value - mean) * (value - mean))


@jk.kernel(group=10)
def reached_in_two_ways(i, x, out):
    mean, spread = mean_and_spread(x[i])
    out[i] = mean + spread + total_of(x[i] * x[i])


def test_a_helper_with_a_collective_may_be_reached_in_two_ways(backend):
    x = np.random.default_rng(3).integers(-50, 51, 30).astype(np.float64)
    out = np.zeros(30)
    reached_in_two_ways.on(backend)[30](x, out)
    groups = x.reshape(3, 10)
    expected = groups.mean(axis=1) + 10 * groups.var(axis=1) + (groups**2).sum(axis=1)
    np.testing.assert_allclose(out.reshape(3, 10), np.repeat(expected[:, None], 10, axis=1), rtol=1e-14)


@jk.kernel(group=8)
def precision(i, x, large, weak):
    # In float32 the sum of 2**24 and ones stays 2**24; a sum in float64 would not.
    large[i] = jk.group_reduce(lambda a, b: a + b, x[i])
    weak[i] = jk.group_reduce(max, 0.1 * i)
    weak[i] += jk.group_scan("add", 1) * 2**40


def test_a_value_keeps_its_type_and_a_python_number_has_the_default(backend):
    x = np.ones(8, np.float32)
    x[0] = 2**24
    large, weak = np.zeros(8), np.zeros(8)
    precision.on(backend)[8](x, large, weak)
    # In pairs: ((2**24 + 1) + (1 + 1)) + ((1 + 1) + (1 + 1)), each in float32
    assert set(large) == {float(np.float32(2**24) + np.float32(2) + np.float32(4))}
    np.testing.assert_array_equal(weak, 0.1 * 7 + np.arange(1, 9) * 2.0**40)


@jk.kernel(group=16)
def extremes(i, x, out):
    out[0, i] = jk.group_reduce(min, x[i])
    out[1, i] = jk.group_reduce(np.fmax, x[i])
    out[2, i] = jk.group_reduce("maximum", x[i])
    out[3, i] = jk.group_reduce(operator.mul, x[i])


def test_operators_by_function_ufunc_and_name(backend):
    x = np.random.default_rng(3).uniform(0.5, 2, 16)
    out = np.zeros((4, 16))
    extremes.on(backend)[16](x, out)
    np.testing.assert_array_equal(out[:3], np.repeat([[x.min()], [x.max()], [x.max()]], 16, axis=1))
    np.testing.assert_allclose(out[3], x.prod(), rtol=1e-14)


@jk.kernel(group=8)
def one_branch(i, x, out):
    if jk.group_index() == 1:  # the same for the whole group
        out[i] = jk.group_reduce("add", x[i])


def test_a_group_may_skip_a_collective_as_a_whole(backend):
    out = np.zeros(24)
    one_branch.on(backend)[24](np.arange(24.0), out)
    assert list(out) == [0.0] * 8 + [float(sum(range(8, 16)))] * 8 + [0.0] * 8


@jk.kernel(group=8)
def wrong_type(i, x):
    x[i] = jk.group_reduce("bitwise_and", x[i])


def test_a_type_that_does_not_fit_is_refused_at_the_users_line():
    line = wrong_type.func.__code__.co_firstlineno + 2
    with pytest.raises(jk.KernelTypeError, match=rf"test_collectives.py:{line}: "):
        wrong_type.on("cpu")[8](np.zeros(8))


@jk.kernel(group=32)
def mixed(i, x, sums, scanned, first):
    value = x[i] if i < x.shape[0] else 0
    total = jk.group_reduce("add", value)
    upto = jk.group_scan("add", value)
    last = jk.broadcast(x[i] if i < x.shape[0] - 1 else 7, 31)
    if i < x.shape[0]:
        scanned[i] = upto
        first[i] = last
    if jk.local_index() == 0:
        sums[jk.group_index()] = total


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_numbers_of_several_types_meet_in_one_group(dtype, backend):
    if SIMULATED:
        pytest.skip("in Numba's simulator each thread's number alone says what type its memory has")
    x = (np.arange(40) * 0.75).astype(dtype)
    sums, scanned, first = np.zeros(2, dtype), np.zeros_like(x), np.zeros_like(x)
    mixed.on(backend)[40](x, sums, scanned, first)
    np.testing.assert_allclose(sums, [x[:32].sum(), x[32:].sum()], rtol=1e-6)
    np.testing.assert_allclose(scanned, np.concatenate([np.cumsum(x[:32]), np.cumsum(x[32:])]), rtol=1e-6)
    np.testing.assert_array_equal(first, np.repeat([x[31], 7], [32, 8]).astype(dtype))
    if backend == "python":
        assert mixed.check[40](x, sums, scanned, first).ok


@jk.kernel(group=8)
def one_operator_for_two_types(i, x, y, codes):
    whole = jk.group_scan("maximum", x[i])
    real = jk.group_scan("maximum", y[i])
    codes[i] = (whole ^ 1) + 100 * (real > 0.5)  # refused for a float


def test_an_operator_meets_integers_in_one_call_and_floats_in_the_next(backend):
    x, y = np.array([3, 1, 4, 1, 5, 9, 2, 6], np.uint32), np.linspace(0, 1, 8, dtype=np.float32)
    codes = np.zeros(8, np.int64)
    one_operator_for_two_types.on(backend)[8](x, y, codes)
    np.testing.assert_array_equal(codes, (np.maximum.accumulate(x) ^ 1) + 100 * (np.maximum.accumulate(y) > 0.5))
    if backend == "python":
        assert one_operator_for_two_types.check[8](x, y, codes).ok
