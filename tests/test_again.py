"""Maps and lazy arrays that compiled code knows again: they are what Python makes, and others are told from them."""

from __future__ import annotations

import copy
import gc
import itertools
import pickle
import sys
import threading
import types

import numpy as np
import pytest

import jitkit as jk
from jitkit.backends import entry
from jitkit.primitives import count as _count
from jitkit.primitives import lazy
from jitkit.primitives import map as _map
from jitkit.primitives import map_reduce as _map_reduce
from jitkit.primitives import reduce as _reduce
from jitkit.primitives import segment_reduce as _segments

pytestmark = pytest.mark.skipif(not entry.available(), reason="this process keeps the fields of objects elsewhere")
TIMES = 4  # the first compiles, the second opens the way into compiled code, the third makes it known, the fourth goes there
X, Y = np.arange(-20, 20, dtype=np.float32), np.linspace(0, 1, 40, dtype=np.float32)
PLACES = np.arange(40)[::-1].copy()
OFFSET = 1.0


def squared(v):
    return v * v


def added(v, w):
    return v + w


def of_pair(pair):
    return pair[0] + pair[1]


def moved(v, by=2.0):
    return v + by


def warm():
    """Have all of these known."""
    for _ in range(TIMES):
        jk.map(squared, X)
        jk.map(added, X, Y)
        jk.map(of_pair, jk.zipped(X, Y))
        np.asarray(jk.transformed(squared, X))
        np.asarray(jk.transformed(added, X, Y))
        np.asarray(jk.permuted(X, PLACES))


@pytest.fixture
def known():
    warm()


@pytest.mark.parametrize("again", [_map._again, lazy._transformed_again, lazy._zipped_again, lazy._permuted_again])
def test_they_are_in_compiled_code(known, again):
    asked = {
        id(_map._again): (squared, (X,), None, None, None), id(lazy._transformed_again): (squared, (X,)),
        id(lazy._zipped_again): (None, (X, Y)), id(lazy._permuted_again): (X, PLACES),
    }  # fmt: skip
    assert again.enter(*asked[id(again)]) is not None
    assert type(lazy.Lazy.__dict__["__array__"]) is types.MethodDescriptorType


@pytest.mark.parametrize("make", [
    lambda: jk.transformed(squared, X), lambda: jk.transformed(added, X, Y), lambda: jk.zipped(X, Y),
    lambda: jk.permuted(X, PLACES),
])  # fmt: skip
def test_lazy_arrays_are_those_that_python_makes(known, monkeypatch, make):
    found = make()
    for again in (lazy._transformed_again, lazy._zipped_again, lazy._permuted_again):
        monkeypatch.setattr(again, "enter", lambda *asked: None)
    expected = make()
    assert type(found) is type(expected)
    assert (found.shape, found.dtype, found.device) == (expected.shape, expected.dtype, expected.device)
    leaves, others = (x.leaves if isinstance(x.leaves, tuple) else (x.leaves,) for x in (found, expected))
    assert all(a is b for a, b in zip(leaves, others, strict=True))
    again = pickle.loads(pickle.dumps(found))
    np.testing.assert_array_equal(np.asarray(again), np.asarray(expected))
    assert again.device is None


def test_other_shapes_and_types_are_told_apart(known):
    with pytest.raises(jk.LaunchError, match="do not broadcast"):
        jk.transformed(added, X, Y[:7])
    with pytest.raises(jk.LaunchError, match="do not broadcast"):
        jk.zipped(X, Y[:7])
    assert jk.transformed(added, X, Y[:1]).shape == (40,)
    assert jk.zipped(X.reshape(8, 5), Y.reshape(8, 5)).shape == (8, 5)
    for x in (X.astype("f8"), X.astype("i1"), X[::2], X.reshape(8, 5), X.reshape(8, 5).T, X.astype(">f4"), X[:0]):
        np.testing.assert_array_equal(jk.map(squared, x), x * x)
        np.testing.assert_array_equal(np.asarray(jk.transformed(squared, x)), x * x)
        np.testing.assert_array_equal(jk.map(added, x, X[0]), x + X[0])
    assert jk.map(squared, X[3]) == X[3] ** 2
    assert jk.map(squared, X.reshape(8, 5).T).flags.f_contiguous
    for count in (0, 3):
        with pytest.raises(jk.KernelError):
            jk.map(squared, *[X] * count)


def test_none_and_some_do_not_broadcast():
    for x, y in ((X[:0], X[:5]), (X[:5], X[:0]), (jk.counting(0), X[:5])):
        for call in (jk.map, jk.transformed):
            with pytest.raises(jk.LaunchError, match="do not broadcast"):
                call(added, x, y)
        with pytest.raises(jk.LaunchError, match="do not broadcast"):
            jk.reduce(lambda v, w: (v[0] + w[0], v[1] + w[1]), (x, y), initial=(0, 0))
    assert jk.map(added, X[:0], X[:1]).shape == (0,)


def test_results_go_where_they_are_asked(known):
    out, x = np.empty_like(X), X.copy()
    for _ in range(TIMES):
        assert jk.map(squared, X, out=out) is out
        np.testing.assert_array_equal(out, X * X)
        out[:] = 0
        assert jk.map(squared, X, dtype="f8").dtype == np.float64
    assert jk.map(squared, x, out=x) is x
    np.testing.assert_array_equal(x, X * X)
    both = np.arange(41, dtype=np.float32)
    jk.map(squared, both[:-1], out=both[1:])  # which share memory, and are not the same
    np.testing.assert_array_equal(both[1:], np.arange(40, dtype=np.float32) ** 2)
    for bad in (np.empty(3, np.float32), np.empty(40, "M8[s]"), [0.0] * 40):
        with pytest.raises(jk.JitkitError):
            jk.map(squared, X, out=bad)


@pytest.mark.parametrize("place", [40, -1, 2**62])
def test_indices_outside_are_refused(known, place):
    for at in (0, 17, 39):
        places = PLACES.copy()
        places[at] = place
        with pytest.raises(jk.LaunchError, match=f"indices= has {place}, and x has the elements 0 to 39"):
            jk.permuted(X, places)
    with pytest.raises(jk.LaunchError, match="a vector, not of 2 dimensions"):
        jk.permuted(X.reshape(8, 5), PLACES)
    np.testing.assert_array_equal(np.asarray(jk.permuted(X, PLACES.reshape(8, 5))), X[PLACES.reshape(8, 5)])
    np.testing.assert_array_equal(np.asarray(jk.permuted(X, PLACES[::3])), X[PLACES[::3]])
    assert jk.permuted(X, PLACES[:0]).shape == (0,)


def test_arrays_of_lazy_arrays_take_what_numpy_asks(known):
    found = jk.transformed(squared, X)
    np.testing.assert_array_equal(found.__array__(), X * X)
    for given in ({"dtype": "f8"}, {"dtype": np.int64, "copy": True}, {"copy": None}):
        asked = found.__array__(**given)
        np.testing.assert_array_equal(asked, X * X)
        assert asked.dtype == given.get("dtype", np.float32)
    assert found.__array__("f8").dtype == np.float64
    with pytest.raises(ValueError, match="always a copy"):
        np.asarray(found, copy=False)
    with pytest.raises(TypeError):
        found.__array__(None, None, None)
    with pytest.raises(TypeError):
        found.__array__(nothing=1)
    with pytest.raises(TypeError):
        lazy.Lazy.__array__(X)


def test_another_backend_is_taken_where_it_is_asked(known, monkeypatch):
    asked = (squared, (X,), None, None)
    with jk.backend("python"):
        np.testing.assert_array_equal(np.asarray(jk.transformed(squared, X)), X * X)
        np.testing.assert_array_equal(jk.map(squared, X), X * X)
        assert _map._again.enter(*asked, None) is None
        assert _map._again.enter(*asked, "cpu") is not None
    assert _map._again.enter(*asked, "python") is None
    monkeypatch.setenv("JITKIT_BACKEND", "nowhere")
    for call in (lambda: jk.map(squared, X), lambda: np.asarray(jk.transformed(squared, X))):
        with pytest.raises(jk.JitkitError, match="nowhere"):
            call()
    np.testing.assert_array_equal(jk.map(squared, X, backend="cpu"), X * X)


def test_what_a_function_sees_may_change(monkeypatch):
    by = 1.0
    inner = lambda v: v * OFFSET  # noqa: E731

    def closed(v):
        return inner(v) + by

    def check():
        for _ in range(TIMES):
            expected = (X * np.float32(OFFSET)).astype(np.float32) + np.float32(by)
            np.testing.assert_array_equal(np.asarray(jk.transformed(closed, X)), expected)
            np.testing.assert_array_equal(jk.map(closed, X), expected)
            np.testing.assert_array_equal(jk.map(moved, X), X + np.float32(moved.__defaults__[0]))

    check()
    by = 5.0
    check()
    monkeypatch.setitem(globals(), "OFFSET", -2.0)
    check()
    monkeypatch.setattr(moved, "__defaults__", (7.0,))
    check()
    monkeypatch.setattr(inner, "__code__", (lambda v: v * OFFSET * 1).__code__)
    check()


def test_more_kinds_than_are_kept(known):
    arrays = [np.arange(6).astype(character) for character in "bBhHiIlLfd"]
    for _ in range(3):
        for x, y in itertools.product(arrays, arrays):
            found = jk.zipped(x, y)
            assert (found.leaves[0] is x, found.leaves[1] is y) == (True, True)
            assert [found.dtype[k] for k in range(2)] == [x.dtype, y.dtype]
            assert type(found) is type(jk.zipped(Y, X))
    assert len(lazy._zipped_again._told) <= 64


def test_nothing_is_kept_or_lost(known):
    held = [X, Y, PLACES, X.dtype, squared, added, np.ndarray, type(jk.transformed(squared, X))]
    gc.collect()
    before = [sys.getrefcount(each) for each in held]
    for _ in range(200):
        warm()
        for asked in ({"copy": False}, {"nothing": 1}):
            with pytest.raises((ValueError, TypeError)):
                jk.transformed(squared, X).__array__(**asked)
    gc.collect()
    assert all(abs(sys.getrefcount(each) - count) < 50 for each, count in zip(held, before, strict=True))


def test_threads_get_results_of_their_own(known):
    wrong = []

    def work(seed):
        x = np.random.default_rng(seed).random(100, dtype=np.float32)
        places = np.random.default_rng(seed).permutation(100)
        for k in range(300):
            by = float(k % 3)
            shifted = lambda v, by=by: v + by  # noqa: E731
            if not (
                np.array_equal(jk.map(squared, x), x * x)
                and np.array_equal(np.asarray(jk.transformed(added, x, x)), x + x)
                and np.array_equal(np.asarray(jk.permuted(x, places)), x[places])
                and np.array_equal(jk.map(shifted, x), x + np.float32(by))
            ):
                wrong.append((seed, k))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_vectorized_functions_know_their_calls():
    f = jk.vectorize(added)
    with_lazy = jk.counting(40)
    for _ in range(TIMES):
        np.testing.assert_array_equal(f(X, Y), X + Y)
        np.testing.assert_array_equal(f(X, 2), X + 2)
        np.testing.assert_array_equal(f(X, Y, np.empty_like(X)), X + Y)
        np.testing.assert_array_equal(f(X.reshape(8, 5), X[:5]), X.reshape(8, 5) + X[:5])
        np.testing.assert_array_equal(f(with_lazy, with_lazy), 2 * np.arange(40))
        with pytest.raises(TypeError, match="takes 2 arrays, not 1"):
            f(X)
        with pytest.raises(jk.LaunchError, match="do not broadcast"):
            f(X, Y[:3])
    assert f._again.enter(None, (X, Y), None, None, None) is not None
    np.testing.assert_array_equal(copy.deepcopy(f)(X, Y), X + Y)


def test_segments_are_known_by_operator_types_and_shapes(known):
    ends = np.array([0, 7, 7, 30, 40])
    filled = np.array([0, 7, 30])

    def larger(v, w):
        return max(v, w)

    for _ in range(TIMES):
        np.testing.assert_allclose(jk.segment_reduce("add", X, ends), [X[:7].sum(), 0, X[7:30].sum(), X[30:].sum()])
        for op in (max, "maximum", np.maximum, larger, lambda v, w: v if v > w else w):
            np.testing.assert_array_equal(jk.segment_reduce(op, X, [0, 7, 30, 40]), np.maximum.reduceat(X, filled))
            np.testing.assert_array_equal(
                jk.segment_reduce(op, X[::-1], np.array([0, 7, 30, 40])), np.maximum.reduceat(X[::-1], filled)
            )
            with pytest.raises(jk.LaunchError, match="segment 1 is empty"):
                jk.segment_reduce(op, X, ends)
            with pytest.raises(jk.LaunchError, match="offsets ascend"):
                jk.segment_reduce(op, X, np.array([0, 7, 30, 41]))
            with pytest.raises(jk.LaunchError, match="offsets ascend"):
                jk.segment_reduce(op, X, np.array([0, 30, 7, 40]))
        assert jk.segment_reduce("add", X, ends, initial=1.5)[1] == 1.5
        assert jk.segment_reduce("add", X, ends, initial=2.5)[1] == 2.5
        out = np.empty(4, np.float32)
        assert jk.segment_reduce("add", X, ends, out=out) is out
        assert out[1] == 0
        np.testing.assert_array_equal(jk.vectorize(larger).reduceat(X, filled), np.maximum.reduceat(X, filled))
        np.testing.assert_array_equal(
            jk.vectorize(larger).reduceat(X, [0, 7, 7, 30]), np.maximum.reduceat(X, [0, 7, 7, 30])
        )
    assert _segments._again.enter("add", None, (X, ends), None, False, None, None) is not None
    assert _segments._again.enter("add", None, (X, ends), None, True) is None
    assert _segments._again.enter("add", None, (X, ends), "python", False, None, None) is None
    assert _segments._again.enter("add", None, (X, ends[:-1]), None, False, None, None) is None
    assert _segments._again.enter("add", None, (X, ends), None, False, 1, None) is None


def weighted(step):
    return lambda v, w: v + w * step


def test_operators_that_see_numbers_are_told_apart(known):
    for step in (1.0, 2.0, 2, -1.0):
        for _ in range(TIMES):
            found = jk.segment_reduce(weighted(step), X, np.array([0, 2, 4]))
            np.testing.assert_array_equal(found, [X[0] + X[1] * step, X[2] + X[3] * step])


def pair_of(left, right):
    return left[0] + right[0], max(left[1], right[1])


def farther(v, w):
    return v if abs(v) > abs(w) else w


def test_reductions_are_known_by_all_that_is_asked(known):
    rows, wide = X.reshape(8, 5), np.arange(80, dtype=np.float32)
    for _ in range(TIMES):
        for x in (X, wide[::2], X.astype("i1")):
            wider = x.dtype if x.dtype.kind == "f" else np.int64
            for initial in (None, 1, 2, 1.0, True, 100):
                begin = 0 if initial is None else initial
                found = jk.reduce("add", x, initial=initial)
                assert (found, found.dtype) == (x.sum() + x.dtype.type(begin), wider)
                assert type(jk.reduce(max, x, initial=initial)) is x.dtype.type
                assert jk.reduce(max, x, initial=initial) == max(x.max(), begin if initial is not None else x.max())
            for swapped in (
                x.astype(x.dtype.newbyteorder()),
                np.frombuffer(b"0" + x.tobytes(), np.uint8)[1:].view(x.dtype),
            ):
                assert jk.reduce("add", swapped, initial=1) == x.sum() + 1
                assert jk.reduce(added, swapped) == x.sum(dtype=x.dtype)
                assert jk.map_reduce(squared, "add", swapped) == (x * x).sum()
                assert jk.reduce(pair_of, (swapped, X))[0] == x.sum(dtype=x.dtype)
                assert jk.segment_reduce("add", swapped, np.array([0, 40]))[0] == x.sum()
            assert jk.reduce(farther, x, keepdims=True).shape == (1,)
            assert jk.reduce(added, x) == x.sum(dtype=x.dtype)
            assert jk.reduce("add", x, dtype="f8").dtype == np.float64
            assert jk.map_reduce(squared, "add", x) == (x * x).sum()
            assert jk.map_reduce(squared, "add", x, initial=3) == (x * x).sum() + 3
            assert jk.map_reduce(added, max, x, x) == (x + x).max()
            total, largest = jk.reduce(pair_of, (x, X))
            assert (total, largest) == (x.sum(dtype=x.dtype), 19)
            assert (total.dtype, largest.dtype) == (x.dtype, np.float32)
        for axis in (0, 1, -1, None, (0, 1)):
            np.testing.assert_array_equal(jk.reduce(added, rows, axis=axis), rows.sum(axis=axis))
            np.testing.assert_array_equal(jk.map_reduce(squared, "add", rows, axis=axis), (rows * rows).sum(axis=axis))
            found = jk.reduce(added, rows, axis=axis, keepdims=True)
            np.testing.assert_array_equal(found, rows.sum(axis=axis, keepdims=True))
        np.testing.assert_array_equal(jk.reduce(added, rows.T, axis=0), rows.sum(axis=1))
        with pytest.raises(jk.LaunchError):
            jk.reduce(farther, X[:0])
        with pytest.raises(np.exceptions.AxisError):
            jk.reduce("add", rows, axis=2)
        with pytest.raises(jk.LaunchError, match="do not broadcast"):
            jk.map_reduce(added, "add", X, Y[:3])
    assert _reduce._again.enter(added, None, (X,), None, None, False, None, None, None, None) is not None
    assert _reduce._again.enter(added, None, (X,), None, None, False, None, 7, None, None) is None
    assert _reduce._again.enter(added, None, (X,), "python", None, False, None, None, None, None) is None
    assert _map_reduce._again.enter(squared, "add", (X,), None, None, False, None, None, None) is not None
    assert _map_reduce._again.enter(squared, "multiply", (X,), None, None, False, None, None, None) is None
    assert (
        _reduce._again.enter(pair_of, None, (X, X), None, None, False, None, None, None, None) is None
    )  # one array, twice


def test_counts_are_known_by_predicate_axis_and_type(known):
    rows, marks = X.reshape(8, 5), X.reshape(8, 5) > 3
    for limit in (0.0, 3.0):
        above = lambda v, limit=limit: v > limit  # noqa: E731
        for _ in range(TIMES):
            found = jk.count(above, X)
            assert (found, type(found)) == ((limit < X).sum(), np.int64)
            assert jk.count(above, X, keepdims=True).shape == (1,)
            for axis in (0, 1, (0, 1)):
                np.testing.assert_array_equal(jk.count(above, rows, axis=axis), (rows > limit).sum(axis=axis))
                np.testing.assert_array_equal(jk.count(bool, marks, axis=axis), marks.sum(axis=axis))
                np.testing.assert_array_equal(jk.count(lambda v: not v, marks, axis=axis), (~marks).sum(axis=axis))
            assert jk.count(bool, X) == np.count_nonzero(X)
            assert jk.count(bool, marks) == marks.sum()
            assert jk.count(lambda v: not v, marks) == (~marks).sum()
            out = np.empty(8, np.int64)
            assert jk.count(above, rows, axis=1, out=out) is out
    assert _count._again.enter(bool, None, (marks,), None, 1, False, None) is not None
    assert _count._again.enter(bool, None, (marks,), None, 0, True, None) is None


def test_reductions_in_threads_and_their_references(known):
    x, y = np.arange(1000.0), np.arange(1000.0) + 0.5
    calls = {
        "sum": lambda: jk.reduce(added, x), "pair": lambda: jk.reduce(pair_of, (x, y)),
        "squares": lambda: jk.map_reduce(squared, "add", x), "two": lambda: jk.map_reduce(added, "add", x, y),
    }  # fmt: skip
    expected = {"sum": x.sum(), "pair": (x.sum(), y.max()), "squares": (x * x).sum(), "two": (x + y).sum()}
    wrong = []

    def work():
        for _ in range(200):
            wrong.extend(name for name, call in calls.items() if call() != expected[name])

    work()
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    held = [x, y, added, pair_of, squared, np.float64, x.dtype]
    gc.collect()
    before = [sys.getrefcount(each) for each in held]
    work()
    gc.collect()
    assert all(abs(sys.getrefcount(each) - count) < 50 for each, count in zip(held, before, strict=True))
