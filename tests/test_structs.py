"""Values of named tuples and frozen dataclasses in primitives: statistics merged, an argmax, segments and scans of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

import jitkit as jk


@dataclass(frozen=True)
class Moments:
    """Count, mean and sum of squared differences."""

    n: float
    mean: float
    m2: float


class Triple(NamedTuple):
    """The same as a named tuple, in another order."""

    mean: float
    m2: float
    n: float


@dataclass(frozen=True)
class Best:
    """A value and its place."""

    value: float
    index: int


class Affine(NamedTuple):
    """The map x -> a x + b, whose composition does not commute."""

    a: float
    b: float


class Alone(NamedTuple):
    """One field alone."""

    value: float


def of_one(cls):
    def one(x):
        return cls(n=1.0, mean=x, m2=0.0 * x)

    return one


def merging(cls):
    """Chan's merge of the moments of two samples."""

    def merge(a, b):
        n = a.n + b.n
        apart = b.mean - a.mean
        return cls(n=n, mean=a.mean + apart * b.n / n, m2=a.m2 + b.m2 + apart * apart * a.n * b.n / n)

    return merge


def better(a, b):
    return a if a.value >= b.value else b


def then(f, g):
    return Affine(g.a * f.a, g.a * f.b + g.b)


every_class = pytest.mark.parametrize("cls", [Moments, Triple])


@every_class
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_moments_are_merged_along_any_axis(cls, dtype, backend):
    x = np.random.default_rng(0).random((7, 60)).astype(dtype)
    one, merge = of_one(cls), merging(cls)
    for axis in (None, 0, 1):
        got = jk.map_reduce(one, merge, x, axis=axis, backend=backend)
        count = x.size if axis is None else x.shape[axis]
        assert type(got) is cls
        assert got.mean.dtype == dtype
        np.testing.assert_allclose(got.n, np.full(np.shape(got.n), count))
        np.testing.assert_allclose(got.mean, x.mean(axis), rtol=1e-5)
        np.testing.assert_allclose(got.m2, x.var(axis) * count, rtol=1e-4)


@every_class
def test_structs_of_arrays_are_mapped_scanned_and_reduced(cls, backend):
    x = np.random.default_rng(1).random(130)
    merge, ones = merging(cls), jk.map(of_one(cls), x, backend=backend)
    assert type(ones) is cls
    np.testing.assert_array_equal(ones.mean, x)
    running = jk.scan(merge, ones, backend=backend)
    assert type(running) is cls
    np.testing.assert_allclose(running.mean, np.cumsum(x) / np.arange(1, 131))
    start = cls(n=1.0, mean=2.0, m2=0.0)
    whole = jk.reduce(merge, ones, initial=start, backend=backend)
    assert type(whole) is cls
    np.testing.assert_allclose(whole.mean, np.append(x, 2.0).mean())
    np.testing.assert_allclose(whole.m2, np.append(x, 2.0).var() * 131)
    from_start = jk.scan(merge, ones, inclusive=False, initial=start, backend=backend)
    np.testing.assert_allclose(from_start.mean, np.cumsum(np.append(2.0, x[:-1])) / np.arange(1, 131))


def test_by_key_and_by_segment(backend):
    x, merge = np.random.default_rng(2).random((10, 13)), merging(Moments)
    ones = jk.map(of_one(Moments), x.ravel())
    keys, got = jk.reduce_by_key(merge, np.repeat(np.arange(10), 13), ones, backend=backend)
    np.testing.assert_array_equal(keys, np.arange(10))
    segments = jk.segment_reduce(merge, ones, np.arange(0, 131, 13), backend=backend)
    for found in (got, segments):
        assert type(found) is Moments
        np.testing.assert_allclose(found.mean, x.mean(1))
        np.testing.assert_allclose(found.m2, x.var(1) * 13)
    start = Moments(n=1.0, mean=2.0, m2=0.0)
    running = jk.scan_by_key(merge, np.repeat(np.arange(10), 13), ones, initial=start, backend=backend)
    assert type(running) is Moments
    np.testing.assert_allclose(running.mean, ((2 + np.cumsum(x, 1)) / np.arange(2, 15)).ravel())


def test_a_class_makes_structs_of_the_elements_of_arrays(backend):
    x = np.random.default_rng(3).random((6, 50))
    places = np.arange(300).reshape(6, 50)
    got = jk.map_reduce(Best, better, x, places, axis=1, backend=backend)
    assert type(got) is Best
    np.testing.assert_array_equal(got.value, x.max(1))
    np.testing.assert_array_equal(got.index, places[0, 0] + x.argmax(1) + 50 * np.arange(6))
    assert jk.reduce(better, Best(x, places), backend=backend) == Best(x.max(), x.argmax())


def test_operators_that_do_not_commute_keep_their_order(backend):
    rng = np.random.default_rng(4)
    a, b = rng.uniform(0.5, 1.0, 300), rng.random(300)
    got, y = jk.scan(then, Affine(a, b), backend=backend), 0.0
    for k in range(300):
        y = a[k] * y + b[k]
        np.testing.assert_allclose(got.b[k], y)
    whole = jk.reduce(then, Affine(a, b), backend=backend)
    np.testing.assert_allclose([whole.a, whole.b], [a.prod(), y])


def test_results_go_into_a_struct_of_arrays(backend):
    a, b = np.full(5, 2.0), np.ones(5)
    out = Affine(np.empty(5), np.empty(5))
    got = jk.scan(then, Affine(a, b), out=out, backend=backend)
    assert got.a is out.a
    np.testing.assert_array_equal(out.a, [2.0, 4.0, 8.0, 16.0, 32.0])
    np.testing.assert_array_equal(out.b, [1.0, 3.0, 7.0, 15.0, 31.0])


def test_numbers_are_found_again_for_structs_of_the_same_name_with_other_fields(backend):
    """The plans, and the cache on disk, must tell them apart."""

    def made(first, second):
        pair = NamedTuple("pair", [(first, float), (second, float)])
        return jk.map(lambda x: pair(low=x, high=2 * x), np.ones(3), backend=backend)

    assert made("low", "high").high[0] == made("high", "low").high[0] == 2


def test_wrong_structs_are_refused():
    x = np.ones(3)
    with pytest.raises(jk.KernelTypeError, match=r"jk.reduce: Alone has 1 field: a struct of 2 to 6 is a value"):
        jk.reduce(better, Alone(x))
    with pytest.raises(jk.KernelTypeError, match=r"jk.map: Alone has 1 field"):
        jk.map(lambda y: Alone(y), x)
    with pytest.raises(jk.KernelTypeError, match="returns tuples of different lengths or classes"):
        jk.map(lambda y: Affine(y, y) if y > 1 else Best(y, 1), x)
    with pytest.raises(jk.KernelError, match="is no function of 1 number"):
        jk.map(Best, x)
    with pytest.raises(jk.KernelTypeError, match="a value has 2 parts here, and initial= has 3"):
        jk.reduce(then, Affine(x, x), initial=Triple(1.0, 2.0, 3.0))
    with pytest.raises(jk.LaunchError, match="do not broadcast"):
        jk.reduce(then, Affine(x, np.ones(4)))
    records = np.zeros(3, dtype=[("a", float), ("b", float)])
    with pytest.raises(jk.KernelTypeError, match=r"named tuple of its fields, such as Pair\(x\['a'\], x\['b'\]\)"):
        jk.reduce(then, records)


def test_records_are_sorted_by_keys(backend):
    keys, x = np.array([3, 1, 2]), Affine(np.array([0.3, 0.1, 0.2]), np.array([30, 10, 20]))
    out = np.empty(3, np.int64), Affine(np.empty(3), np.empty(3, np.int64))
    for options in ({}, {"out": out}, {"less": lambda a, b: a < b}):
        ordered, found = jk.sort_by_key(keys, x, backend=backend, **options)
        assert type(found) is Affine
        np.testing.assert_array_equal(ordered, [1, 2, 3])
        np.testing.assert_array_equal(found.a, [0.1, 0.2, 0.3])
        np.testing.assert_array_equal(found.b, [10, 20, 30])
    np.testing.assert_array_equal(out[1].b, [10, 20, 30])


@pytest.mark.parametrize(
    "call",
    [
        jk.sort,
        jk.argsort,
        jk.unique,
        lambda x: jk.select(np.ones((2, 3), bool), x),
        lambda x: jk.map(abs, x),
        lambda x: jk.sort(x, key=lambda v: v),
    ],
)
@pytest.mark.parametrize("parts", [([3, 1, 2], [1, 5, 0]), (np.arange(3), np.arange(3))])
def test_records_do_not_come_apart_where_an_array_is_asked(call, parts):
    with pytest.raises(
        jk.KernelTypeError, match=r"a Affine of arrays .* pass one of its fields, x\.a, or np\.stack\(x\)"
    ):
        call(Affine(*parts))
    np.testing.assert_array_equal(jk.sort(Affine(3.0, 1.0)), [1.0, 3.0])  # a point, say
