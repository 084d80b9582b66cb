"""Calls on vectors whose types were met before go a shorter way: they give, and refuse, what the first call does."""

from __future__ import annotations

from array import array
from itertools import pairwise

import numpy as np
import pytest

import jitkit as jk
from jitkit.backends import pool

SIZES = (1, 2, 33, 200)
TIMES = 3  # the first compiles, the second opens the way into compiled code, the third takes it


@jk.vectorize
def blended(x, y):
    return 2 * x + y


def halved(x):
    return x / 2


def larger(x, y):
    return max(x, y)


class Renamed(np.ndarray):
    pass


@pytest.mark.parametrize("n", SIZES)
def test_repeated_calls_give_what_numpy_gives(backend, n):
    rng = np.random.default_rng(n)
    for k in range(TIMES):
        x, y = rng.integers(-9, 9, n).astype(np.float32), rng.integers(-9, 9, n).astype(np.float32)
        mask, out = x > 0, np.full(n, 7, np.float32)
        with jk.backend(backend):
            found = {
                "map": jk.map(lambda v: v * v, x), "broadcast": blended(x, 3), "vectorize": blended(x, y),
                "where": blended(x, y, out=out, where=mask), "add": jk.reduce("add", x), "argmax": jk.argmax(x),
                "dot": jk.map_reduce(lambda a, b: a * b, "add", x, y), "count": jk.count(lambda v: v > 0, x),
                "scan": jk.scan("add", x), "predicate": jk.select(lambda v: v > 0, x), "mask": jk.select(mask, x),
                "bincount": jk.bincount(np.abs(x).astype(np.int64), minlength=4), "initial": jk.reduce("add", x, initial=5),
                "kept": jk.reduce("add", x, keepdims=True), "lazy": jk.reduce("add", jk.transformed(lambda v: v * v, x)),
                "axis": jk.argmax(x, 0, keepdims=True), "out": jk.argmax(x, out=np.empty((), np.int64)),
                "segments": jk.segment_reduce("add", x, np.array([0, n // 2, n])),
                "found": jk.searchsorted(np.sort(x), x, out=np.empty(n, np.int64)), "outer": blended.outer(x[:3], y),
                "into": jk.reduce("add", x, initial=5, out=np.empty((), np.float32)), "marked": jk.select(mask, jk.counting(n)),
                "running": jk.scan("add", jk.transformed(lambda v: v * v, x)), "counted": jk.reduce("add", jk.counting(n)),
            }  # fmt: skip
        expected = {
            "map": x * x, "broadcast": 2 * x + 3, "vectorize": 2 * x + y, "where": np.where(mask, 2 * x + y, 7), "add": x.sum(),
            "argmax": x.argmax(), "dot": (x * y).sum(), "count": mask.sum(), "scan": np.cumsum(x), "predicate": x[mask],
            "mask": x[mask], "bincount": np.bincount(np.abs(x).astype(np.int64), minlength=4), "initial": x.sum() + 5,
            "kept": x.sum(keepdims=True), "lazy": (x * x).sum(), "axis": x.argmax(keepdims=True), "out": x.argmax(),
            "segments": [x[: n // 2].sum(), x[n // 2 :].sum()], "found": np.searchsorted(np.sort(x), x),
            "outer": 2 * x[:3, None] + y, "into": x.sum() + 5, "marked": np.flatnonzero(mask), "running": np.cumsum(x * x),
            "counted": n * (n - 1) // 2,
        }  # fmt: skip
        assert found["where"] is out
        for name, result in found.items():
            np.testing.assert_array_equal(result, expected[name], err_msg=f"{name}, call {k}")


@pytest.mark.parametrize(
    "make",
    [
        list, tuple, lambda x: array("d", x), lambda x: memoryview(x.copy()), lambda x: bytearray(x.astype(np.uint8)),
        lambda x: x.reshape(2, 6).tolist(), lambda x: memoryview(x[3:4].reshape(())),
    ],
)  # fmt: skip
def test_what_numpy_makes_arrays_of_at_any_call(make, backend):
    for k in range(TIMES):
        given = make(np.arange(12) + k / 2)
        expected = np.asarray(given) / 2
        with jk.backend(backend):
            found = jk.map(halved, given), jk.vectorize(halved)(given), jk.map(lambda v, w: v / w, given, 2)
        for result in found:
            assert result.dtype == expected.dtype
            np.testing.assert_array_equal(result, expected)


def test_all_axes_at_any_call(backend):
    x = np.arange(60.0).reshape(3, 4, 5)
    with jk.backend(backend):
        for _ in range(TIMES):
            for given in (x, x[:, 1:3], x.T, x[::2]):
                assert jk.reduce("add", given, axis=(0, 1, 2)) == given.sum()
                kept = jk.reduce("add", given, axis=(0, 1, 2), keepdims=True, initial=1)
                np.testing.assert_array_equal(kept, given.sum(keepdims=True, initial=1))
                out = np.empty(())
                assert jk.reduce("add", given, axis=(0, 1, 2), out=out) is out
                assert out == given.sum()
            with pytest.raises(np.exceptions.AxisError):
                jk.reduce("add", x, axis=(0, 1, 3))


def test_counts_and_truths_at_any_call(backend):
    x = np.array([[0.0, 2, 0], [4, 0, 6]])
    frozen = x.copy()
    frozen.flags.writeable = False
    with jk.backend(backend):
        for _ in range(TIMES):
            for given in (x, x.T, x[:, ::2], frozen, x > 1, x.astype("u1"), x.astype(">f8"), x.tolist(), x[0], x[:0]):
                full = np.asarray(given)
                assert jk.count(bool, given) == np.count_nonzero(full)
                assert jk.any(given) == full.any()
                assert jk.all(given) == full.all()
                for axis in (0, -1):
                    np.testing.assert_array_equal(jk.count(bool, given, axis=axis), np.count_nonzero(full, axis))
                    kept = jk.any(given, axis=axis, keepdims=True)
                    np.testing.assert_array_equal(kept, full.any(axis, keepdims=True))
            assert jk.any(jk.counting(3))
            assert not jk.all(jk.counting(3))
            assert jk.count(lambda p: p[0] > p[1], jk.zipped(x[1], x[0])) == 2
            assert jk.map_reduce(lambda v, w: v * w, "add", x[0], x[1, :1]) == 8
            assert jk.map_reduce(lambda v, w: v * w, "add", x[1], x[1]) == 52
            with pytest.raises(jk.KernelTypeError, match=r"jk\.any: the elements of this lazy array are tuples"):
                jk.any(jk.zipped(x[0], x[1]))


def test_slices_and_segments_given_as_lists_at_any_call(backend):
    x = np.arange(10.0)
    added = jk.vectorize(lambda a, b: a + b, backend=backend)
    for _ in range(TIMES):
        for begins in ([0, 3, 5], (0, 3, 5), [2], [0, 5, 5, 9], [9, 0, 4], np.array([1, 4], "u1"), array("q", [0, 9])):
            expected = np.add.reduceat(x, np.asarray(begins, np.int64))
            np.testing.assert_array_equal(added.reduceat(x, begins), expected)
            np.testing.assert_array_equal(added.reduceat(x.tolist(), begins), expected)
        for bad in ([0, 10], [-1, 3], [10], [0.5], [[0, 1]]):
            with pytest.raises(jk.LaunchError, match="reduceat takes a vector of indices from 0 to 9"):
                added.reduceat(x, bad)
        for offsets in ([0, 3, 3, 10], (2, 5), array("q", [0, 10])):
            expected = [x[a:b].sum() for a, b in pairwise(offsets)]
            np.testing.assert_array_equal(jk.segment_reduce("add", x, offsets, backend=backend), expected)
        assert jk.segment_reduce("add", x, [4], backend=backend).shape == (0,)
        for bad in ([0, 11], [3, 2], [-1, 4]):
            with pytest.raises(jk.LaunchError, match="offsets ascend"):
                jk.segment_reduce("add", x, bad, backend=backend)
        for bad in ([], [0.0, 1.0], [[0, 1]], 3):
            with pytest.raises(jk.KernelTypeError, match="offsets= is a vector of integers"):
                jk.segment_reduce("add", x, bad, backend=backend)
        with pytest.raises(jk.LaunchError, match="segment 1 is empty"):
            jk.segment_reduce(min, x, [0, 3, 3, 10], backend=backend)


def test_permuted_at_any_call(backend):
    x = np.array([10.0, 20, 30])
    with jk.backend(backend):
        for _ in range(TIMES):
            for at in ([2, 0, 0], np.array([2, 0]), np.array([[1], [2]], "u1"), np.array([1], ">i4"), jk.counting(2)):
                np.testing.assert_array_equal(np.asarray(jk.permuted(x, at)), x[np.asarray(at)])
            for bad in (np.array([0, 3]), np.array([-1]), [3]):
                with pytest.raises(jk.LaunchError, match="x has the elements 0 to 2"):
                    jk.permuted(x, bad)
            with pytest.raises(jk.LaunchError, match="not of 2 dimensions"):
                jk.permuted(x[None], np.array([0]))
            with pytest.raises(jk.KernelTypeError, match="indices= are integers"):
                jk.permuted(x, x)


def test_functions_of_one_place_that_see_different_numbers_stay_apart(backend):
    x = np.arange(5.0)
    for k in (0, 1, 2, 0):
        for _ in range(TIMES):
            np.testing.assert_array_equal(jk.map(lambda v, k=k: v + k, x, backend=backend), x + k)


def test_a_result_may_overlap_its_input_at_any_call(backend):
    for _ in range(TIMES):
        x = np.arange(9.0)
        jk.map(lambda v: v + 1, x, out=x, backend=backend)
        np.testing.assert_array_equal(x, np.arange(9.0) + 1)
        x = np.arange(9.0)
        jk.map(lambda v: v + 1, x[:-1], out=x[1:], backend=backend)
        np.testing.assert_array_equal(x, np.arange(9.0))
        x = np.arange(9.0)
        jk.scan("add", x[:-1], out=x[1:], backend=backend)
        np.testing.assert_array_equal(x[1:], np.cumsum(np.arange(8.0)))
        x = np.arange(9.0)
        jk.segment_reduce("add", x, np.array([0, 1, 4, 9]), out=x[2:5], backend=backend)
        np.testing.assert_array_equal(x, [0, 1, 0, 6, 30, 5, 6, 7, 8])


def test_arrays_of_any_shape_at_any_call(backend):
    x, row, out = np.arange(6.0).reshape(2, 3), np.arange(3.0), np.zeros((2, 3))
    cases = (
        (x, x), (x, row), (x, x[:, :1]), (x, x[:1, :1]), (row, x), (x[:1], x[:, :1]), (x.T, x.T), (x.T, np.ones((3, 2))),
        (x[:, ::2], x[:, :2]), (x.reshape(1, 2, 3), x.reshape(1, 2, 3)), (x.reshape(6), x.reshape(6)[::-1]), (x, 2), (2, x),
        (x, np.float64(2)), (np.array(2.0), np.array(3.0)), (np.zeros((0, 3)), np.ones((0, 3))), (x.astype(">f8"), x),
        (x, x.astype("f4")), (x, x.view(Renamed)),
    )  # fmt: skip
    for _ in range(TIMES):
        for a, b in cases:
            found = blended(a, b, backend=backend)
            np.testing.assert_array_equal(found, 2 * np.asarray(a) + np.asarray(b))
            assert np.ndim(found) or not isinstance(found, np.ndarray)
        assert blended(x, row, out, backend=backend) is out
        np.testing.assert_array_equal(out, 2 * x + row)
        np.testing.assert_array_equal(blended(x, x.T.copy().T, out=out.T.copy().T, backend=backend), 3 * x)
        # All in Fortran's order: vectors as well.
        turned, into = np.arange(24.0).reshape(4, 3, 2).T, np.zeros((4, 3, 2)).T
        found = blended(turned, turned, backend=backend)
        np.testing.assert_array_equal(found, 3 * turned)
        assert found.flags.f_contiguous
        assert blended(turned, 1, out=into, backend=backend) is into
        np.testing.assert_array_equal(into, 2 * turned + 1)
        np.testing.assert_array_equal(blended(turned, turned.copy("C"), backend=backend), 3 * turned)
        np.testing.assert_array_equal(blended(turned, turned, out=np.zeros((2, 3, 4)), backend=backend), 3 * turned)
        np.testing.assert_array_equal(blended(turned, turned[:, :1], backend=backend), 2 * turned + turned[:, :1])
        np.testing.assert_array_equal(blended.outer(row, x, backend=backend), 2 * row[:, None, None] + x)
        same, lazy = np.arange(6.0), jk.transformed(halved, np.arange(0.0, 12, 2))
        np.testing.assert_array_equal(blended(lazy, same, backend=backend), 3 * same)
        np.testing.assert_array_equal(blended(same, lazy[::-1], backend=backend), same + 5)
        np.testing.assert_array_equal(blended(x, lazy.reshape(2, 3), backend=backend), 3 * x)
        np.testing.assert_array_equal(blended(x, lazy[:3], backend=backend), 2 * x + row)
        read = np.arange(0.0, 12, 2)
        halves = jk.transformed(halved, read)[::-1]
        np.testing.assert_array_equal(blended(same, halves, out=read, backend=backend), same + 5)
        assert jk.map(larger, same.astype("f4"), 2.5, backend=backend).tolist() == [2.5, 2.5, 2.5, 3, 4, 5]
        assert jk.map(larger, 2, same, backend=backend).tolist() == [2, 2, 2, 3, 4, 5]
        both = np.arange(9.0)
        np.testing.assert_array_equal(blended(both[6::-1], both[2:], out=both[2:], backend=backend), 14 - np.arange(7))


def test_refused_at_any_call(backend):
    x, frozen, lazy = np.arange(5.0), np.zeros(5), jk.transformed(halved, np.arange(5.0))
    frozen.flags.writeable = False
    for _ in range(TIMES):
        blended(x, x, backend=backend)
        blended(x, lazy, backend=backend)
        blended(lazy, x, backend=backend)
        jk.scan("add", x, backend=backend)
        jk.select(x > 1, x, backend=backend)
        jk.segment_reduce("add", x, np.array([0, 2, 5]), out=np.zeros(2), backend=backend)
        for call in (
            lambda: jk.select(x[:3] > 1, x, backend=backend),
            lambda: jk.select((x > 1).reshape(5, 1), x, backend=backend),
            lambda: jk.select((x > 1).astype(np.int8), x, backend=backend),
            lambda: blended(x, x, out=frozen, backend=backend),
            lambda: blended(x, x, out=np.zeros(4), backend=backend),
            lambda: blended(x, x, where=np.ones(5), backend=backend),
            lambda: blended(x, x[:3], backend=backend),
            lambda: blended(x[:4].reshape(2, 2), x[:4], backend=backend),
            lambda: blended(x, lazy[:3], backend=backend),
            lambda: blended(lazy, x, out=np.zeros((5, 2)), backend=backend),
            lambda: blended(x, x, out=np.zeros(5, np.int64), backend=backend),
            lambda: jk.scan("add", x, out=frozen, backend=backend),
            lambda: jk.map(lambda v: v, x, backend="nowhere"),
            lambda: jk.bincount(np.array([1, -1]), backend=backend),
            lambda: jk.bincount(np.array([1, 1]), minlength=-1, backend=backend),
            lambda: jk.bincount(np.array([1, 1]), np.ones(3), backend=backend),
            lambda: jk.bincount(np.ones(2), backend=backend),
            lambda: jk.bincount(np.array([1, 1]), backend="nowhere"),
            lambda: jk.reduce("add", x, out=frozen[:1].reshape(()), backend=backend),
            lambda: jk.reduce("add", x, out=np.empty((), np.int64), backend=backend),
            lambda: jk.reduce("add", x, keepdims=True, out=np.empty(()), backend=backend),
            lambda: jk.segment_reduce("add", x, np.array([0, 2, 5]), out=frozen[:2], backend=backend),
            lambda: jk.segment_reduce("add", x, np.array([0, 2, 5]), out=np.zeros(3), backend=backend),
            lambda: jk.segment_reduce("add", x, np.array([0, 2, 6]), backend=backend),
            lambda: jk.searchsorted(x, x, out=np.empty(5, bool), backend=backend),
            lambda: jk.segment_reduce("add", x, np.array([0, 3, 1]), backend=backend),
        ):
            with pytest.raises(jk.JitkitError):
                call()


def test_counts_do_not_depend_on_those_of_the_call_before(backend):
    for x in ([0, 3, 3], [9], [1], [2000], [0]):
        np.testing.assert_array_equal(jk.bincount(np.array(x), backend=backend), np.bincount(x))
        for given in (np.array(x), np.array(x, np.uint16), np.array(x, ">i4"), np.repeat(x, 2)[::2]):
            weights, options = np.linspace(-1, 1, len(x)), {"minlength": 5}
            np.testing.assert_array_equal(jk.bincount(given, backend=backend, **options), np.bincount(x, **options))
            np.testing.assert_allclose(jk.bincount(given, weights, backend=backend), np.bincount(x, weights))


@pytest.mark.skipif(not pool.available(), reason="no thread pool")
def test_a_thousand_elements_wake_no_thread():
    rng = np.random.default_rng(0)
    x, generator = np.sort(rng.random(1000, dtype=np.float32)), jk.random.Generator(0)
    for _ in range(TIMES):
        before = pool.counters().parallel
        jk.searchsorted(x, x, backend="cpu")
        with jk.backend("cpu"):
            generator.random(1000, dtype=np.float32)
        assert pool.counters().parallel == before


def test_the_environment_chooses_a_backend_after_any_number_of_calls(monkeypatch):
    x = np.arange(5.0)

    def noted(v):
        return v + 1

    for _ in range(TIMES):
        np.testing.assert_array_equal(jk.map(noted, x), x + 1)
    monkeypatch.setenv("JITKIT_BACKEND", "nowhere")
    with pytest.raises(jk.BackendError):
        jk.map(noted, x)
    monkeypatch.setenv("JITKIT_BACKEND", "python")
    np.testing.assert_array_equal(jk.map(noted, x), x + 1)
