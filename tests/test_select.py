"""`jk.select`, `partition`, `run_length_encode`, `unique` and the primitives by key and segment, against NumPy."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from primitives_helpers import largest, sizes, values_of

import jitkit as jk

EXAMPLES = 15


def large(v):
    return v > 10


def second(a, b):
    return b


def runs_of(keys):
    """Where runs of equal neighbours begin, and the end."""
    return [*np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]]), keys.size]


def test_selection_of_any_size(backend):
    @settings(max_examples=EXAMPLES)
    @given(sizes(largest(backend)))
    def check(n):
        x = values_of("int32", n, n)
        np.testing.assert_array_equal(jk.select(large, x, backend=backend), x[x > 10])
        np.testing.assert_array_equal(jk.select(x > 10, x, backend=backend), x[x > 10])
        got, count = jk.partition(large, x, backend=backend)
        assert count == np.count_nonzero(x > 10)
        np.testing.assert_array_equal(got, np.concatenate([x[x > 10], x[x <= 10]]))

    check()


def test_runs_of_any_size(backend):
    @settings(max_examples=EXAMPLES)
    @given(sizes(largest(backend)))
    def check(n):
        x = values_of("bool", n, n).astype(np.int32)
        values, lengths = jk.run_length_encode(x, backend=backend)
        np.testing.assert_array_equal(np.repeat(values, lengths), x)
        assert (values[1:] != values[:-1]).all()

    check()


def test_all_or_none(backend):
    x = np.arange(40)
    assert jk.select(x < 0, x, backend=backend).shape == (0,)
    np.testing.assert_array_equal(jk.select(x >= 0, x, backend=backend), x)
    assert jk.select(large, x[:0], backend=backend).shape == (0,)
    assert jk.partition(large, x[:0], backend=backend)[1] == 0
    assert [part.size for part in jk.run_length_encode(x[:0], backend=backend)] == [0, 0]
    np.testing.assert_array_equal(jk.select(x.reshape(5, 8) % 3 == 0, x.reshape(5, 8), backend=backend), x[::3])


def test_a_nan_equals_nothing(backend):
    _, lengths = jk.run_length_encode(np.array([np.nan, np.nan, 1.0, 1.0]), backend=backend)
    assert lengths.tolist() == [1, 1, 2]


@pytest.mark.parametrize("op", ["add", max, second])
def test_segments_and_keys(op, backend):
    rng = np.random.default_rng(3)
    n = 400
    keys, x = rng.integers(0, 2, n), rng.integers(-9, 9, n)
    ends = runs_of(keys)
    python = {"add": lambda a, b: a + b}.get(op, op)
    expected = [functools.reduce(python, x[a:b].tolist()) for a, b in itertools.pairwise(ends)]
    found, values = jk.reduce_by_key(op, keys, x, backend=backend)
    np.testing.assert_array_equal(found, keys[ends[:-1]])
    np.testing.assert_array_equal(values, expected)
    np.testing.assert_array_equal(jk.segment_reduce(op, x, ends, backend=backend), expected)


def affine(f, g):
    """Compose two maps ``x -> a x + b`` of the integers modulo a prime: associative, exact, and not commutative."""
    return f[0] * g[0] % 7919, (f[1] * g[0] + g[1]) % 7919


def test_runs_short_and_long_keep_their_order(backend):
    n = 70_000 if backend == "cpu" else 500
    rng = np.random.default_rng(5)
    lengths = [*rng.choice([1, 2, 7, 8, 9, 64, 65, 200], n // 60), n]  # the last is as long as several pieces
    keys = np.repeat(np.arange(len(lengths)), lengths)[:n]
    f = rng.integers(1, 7919, (2, n))
    expected = [
        functools.reduce(affine, zip(f[0, a:b].tolist(), f[1, a:b].tolist(), strict=True))
        for a, b in itertools.pairwise(runs_of(keys))
    ]
    found, maps = jk.reduce_by_key(affine, keys, (f[0], f[1]), backend=backend)
    np.testing.assert_array_equal(found, np.unique(keys))
    np.testing.assert_array_equal(np.transpose(maps), expected)
    values, counts = jk.run_length_encode(keys, backend=backend)
    np.testing.assert_array_equal(np.repeat(values, counts), keys)


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize("initial", [None, 7])
def test_scans_begin_anew(inclusive, initial, backend):
    for n in (1, 40) if backend != "cpu" else (1, 33, 40_000):
        rng = np.random.default_rng(n)
        keys, x = rng.integers(0, 2, n), rng.integers(-9, 9, n)
        got = jk.scan_by_key("add", keys, x, inclusive=inclusive, initial=initial, backend=backend)
        ends = runs_of(keys)
        parts = [np.cumsum(x[a:b]) - (0 if inclusive else x[a:b]) for a, b in itertools.pairwise(ends)]
        np.testing.assert_array_equal(got, np.concatenate(parts) + (initial or 0))


@pytest.mark.parametrize("inclusive", [True, False])
def test_scans_of_tuples_begin_anew(inclusive, backend):
    for n in (1, 40) if backend != "cpu" else (1, 33, 40_000):
        rng = np.random.default_rng(n)
        keys, f = rng.integers(0, 2, n), rng.integers(1, 7919, (2, n))
        for initial in (None, (3, 5)) if inclusive else ((3, 5),):
            got = jk.scan_by_key(affine, keys, tuple(f), inclusive=inclusive, initial=initial, backend=backend)
            expected = []
            for a, b in itertools.pairwise(runs_of(keys)):
                items = [*([] if initial is None else [initial]), *zip(*f[:, a:b].tolist(), strict=True)]
                found = list(itertools.accumulate(items, affine))
                expected += found[:-1] if not inclusive else found[1:] if initial is not None else found
            np.testing.assert_array_equal(np.transpose(got), expected)


@pytest.mark.parametrize("count", [3, 4, 5])
def test_scans_of_tuples_of_any_length(count, backend):
    x = np.random.default_rng(count).integers(-9, 9, (count, 60)).astype("float32")
    keys = np.arange(60) // 7
    sums = {3: lambda a, b: (a[0] + b[0], a[1] + b[1], a[2] + b[2]),
            4: lambda a, b: (a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]),
            5: lambda a, b: (a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3], a[4] + b[4])}[count]  # fmt: skip
    out = tuple(np.empty(60, np.float64) for _ in range(count))
    assert jk.scan_by_key(sums, keys, tuple(x), out=out, backend=backend) == out
    np.testing.assert_array_equal(out, np.concatenate([np.cumsum(x[:, k : k + 7], axis=1) for k in range(0, 60, 7)], 1))


def test_empty_segments(backend):
    x = np.arange(6.0)
    np.testing.assert_array_equal(jk.segment_reduce("add", x, [0, 0, 2, 2, 6, 6], backend=backend), [0, 1, 0, 14, 0])
    got = jk.segment_reduce(min, x, [0, 0, 2], initial=0.5, backend=backend)
    np.testing.assert_array_equal(got, [0.5, 0.0])
    assert jk.segment_reduce("add", x, [0], backend=backend).shape == (0,)


@pytest.mark.parametrize("dtype", ["int32", "float64"])
def test_unique_as_in_numpy(dtype, backend):
    x = (values_of(dtype, (8, 5)) * 3 // 10).astype(dtype)
    if dtype == "float64":
        x[0, [1, 3]] = np.nan
    expected = np.unique(x, return_index=True, return_inverse=True, return_counts=True)
    for ours, numpys in zip(jk.unique(x, True, True, True, backend=backend), expected, strict=True):
        np.testing.assert_array_equal(ours, numpys)
    np.testing.assert_array_equal(jk.unique(x, backend=backend), expected[0])
    np.testing.assert_array_equal(jk.unique(x, True, backend=backend)[1], expected[1])
    for ours, numpys in zip(
        jk.unique(x > 3, True, True, True, backend=backend), np.unique(x > 3, True, True, True), strict=True
    ):
        np.testing.assert_array_equal(ours, numpys)
    for found in (jk.unique(x[:0], backend=backend), *jk.unique(x[:0], True, True, True, backend=backend)):
        assert found.size == 0


def test_unique_of_a_device_array_stays_there():
    x = np.array([3, 1, 3, 2, 1, 1])
    with jk.emulate_cuda():
        for got, want in zip(
            jk.unique(jk.asarray(x, device="cuda"), True, True, True), np.unique(x, True, True, True), strict=True
        ):
            assert not isinstance(got, np.ndarray)
            np.testing.assert_array_equal(jk.to_numpy(got), want)


@pytest.mark.parametrize("values", [7, 4_000, 6_000])
def test_unique_of_few_values_and_of_many(values):
    size = max(80_000, 20_000 * jk.get_num_threads())  # each thread meets too many of 6,000 values
    x = np.random.default_rng(values).integers(0, values, size).astype(np.float64)
    x[::9], x[1::9], x[2::99] = -0.0, np.nan, -np.nan
    expected = np.unique(x[::2], return_index=True, return_inverse=True, return_counts=True)
    for ours, numpys in zip(jk.unique(x[::2], True, True, True, backend="cpu"), expected, strict=True):
        np.testing.assert_array_equal(ours, numpys)


def test_unique_of_many_lazy_elements():
    x = jk.transformed(lambda v: v % 5, np.arange(1 << 15))
    assert jk.unique(x, backend="cpu").tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("op", "ufunc"), [("add", np.add), (max, np.maximum)])
def test_segments_behind_an_initial_value(op, ufunc, backend):
    x, offsets = values_of(np.float64, 100).round(), np.array([0, 0, 7, 8, 60, 100, 100])
    pairs = list(itertools.pairwise(offsets))
    for _ in range(3):  # as in calls before, from the second on
        for initial in (3, -2.5, np.float32(0.5)):
            expected = [ufunc.reduce(x[a:b], initial=initial) for a, b in pairs]
            got = jk.segment_reduce(op, x, offsets, initial=initial, backend=backend)
            np.testing.assert_array_equal(got, expected)
        with pytest.raises(jk.errors.KernelTypeError, match="initial="):
            jk.segment_reduce(op, x, offsets, initial="3", backend=backend)
    with pytest.raises(jk.LaunchError, match="offsets ascend"):
        jk.segment_reduce(op, x, np.array([0, 70, 60]), initial=1, backend=backend)


def test_faulty_offsets_leave_out_as_it_was():
    x, out = np.arange(6.0), np.zeros(2)
    for offsets in ([0, 2, 6], [0, 3, 6], [0, 3, 9]):  # the last by the short way
        if offsets[-1] == 9:
            with pytest.raises(jk.LaunchError, match="offsets ascend"):
                jk.segment_reduce("add", x, np.array(offsets), out=out, backend="cpu")
        else:
            assert jk.segment_reduce("add", x, np.array(offsets), out=out, backend="cpu") is out
    assert out.tolist() == [3, 12]


@pytest.mark.parametrize("dtype", [np.float32, np.int64])
def test_unique_of_many_elements_sorts_them_itself(dtype, backend, monkeypatch):
    monkeypatch.setattr("jitkit.primitives.unique.MANY", 10)
    x = values_of(dtype, (20, 30), seed=4).round()
    if np.dtype(dtype).kind == "f":
        x[3, ::4] = np.nan
    expected = np.unique(x, return_index=True, return_inverse=True, return_counts=True)
    for ours, numpys in zip(jk.unique(x, True, True, True, backend=backend), expected, strict=True):
        np.testing.assert_array_equal(ours, numpys)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: jk.select(x, x), jk.KernelTypeError, "a mask is an array of bool"),
        (
            lambda x: jk.unique(x * 1j, True),
            jk.KernelTypeError,
            "jk.unique: return_index= and return_inverse= take real",
        ),
        (lambda x: jk.unique(x * 1j, return_inverse=True), jk.KernelTypeError, "take real numbers"),
        (lambda x: jk.select(x[:2] > 0, x), jk.LaunchError, "the mask has the shape"),
        (lambda x: jk.partition(second, x), jk.KernelError, "no function of 1 number"),
        (lambda x: jk.run_length_encode(x.reshape(2, 2)), jk.LaunchError, "2 dimensions"),
        (lambda x: jk.segment_reduce("add", x, [0, 9]), jk.LaunchError, "offsets ascend"),
        (lambda x: jk.segment_reduce("add", x, [3, 1]), jk.LaunchError, "offsets ascend"),
        (lambda x: jk.segment_reduce(min, x, [0, 0, 1]), jk.LaunchError, "segment 0 is empty"),
        (lambda x: jk.segment_reduce(min, x, [0.0, 1.0]), jk.KernelTypeError, "vector of integers"),
        (lambda x: jk.reduce_by_key("add", x[:2], x), jk.LaunchError, "vectors of one length"),
        (lambda x: jk.scan_by_key(min, x, x, inclusive=False), jk.LaunchError, "pass initial="),
        (lambda x: jk.scan_by_key(affine, x, (x, x), inclusive=False), jk.LaunchError, "pass initial="),
        (lambda x: jk.scan_by_key(affine, x, (x,) * 6), jk.KernelTypeError, "up to 5 parts, not 6"),
        (lambda x: jk.scan_by_key(affine, x, (x, x), initial=1.0), jk.KernelTypeError, "has 2 parts here"),
        (lambda x: jk.scan_by_key(affine, x, (x, x), out=x), jk.KernelTypeError, "a tuple of 2 arrays"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(np.arange(4.0))
