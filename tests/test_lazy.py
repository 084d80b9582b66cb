"""Lazy arrays against the NumPy arrays that they stand for, on every backend."""

from __future__ import annotations

import copy
import math
import operator
import pickle
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from primitives_helpers import values_of

import jitkit as jk

N = 300
X = values_of("float64", N, 1)
PLACES = np.random.default_rng(2).integers(0, N, N)

# What each lazy array stands for, by NumPy alone.
LAZY = {
    "counting": (lambda: jk.counting(N), np.arange(N)),
    "counting down": (lambda: jk.counting(3 * N, 0, -3), np.arange(3 * N, 0, -3)),
    "counting in floats": (lambda: jk.counting(0.5, 0.5 + N / 4, 0.25), np.arange(0.5, 0.5 + N / 4, 0.25)),
    "counting in int16": (lambda: jk.counting(N, dtype="int16"), np.arange(N, dtype=np.int16)),
    "constant": (lambda: jk.constant(2.5, N, "float32"), np.full(N, 2.5, np.float32)),
    "transformed": (lambda: jk.transformed(lambda x: x * x - 1, X), X * X - 1),
    "transformed twice": (
        lambda: jk.transformed(operator.add, X, jk.transformed(lambda k: k % 7, jk.counting(N))),
        X + np.arange(N) % 7,
    ),
    "permuted": (lambda: jk.permuted(X, PLACES), X[PLACES]),
    "permuted by a count": (lambda: jk.permuted(X, jk.counting(N - 1, -1, -1)), X[::-1]),
    "reversed": (lambda: jk.transformed("negative", X)[::-1], -X[::-1]),
    "every second": (lambda: jk.counting(2 * N)[1::2], np.arange(1, 2 * N, 2)),
}


@pytest.fixture(params=LAZY)
def pair(request):
    """A lazy array and the array that it stands for."""
    make, same = LAZY[request.param]
    return make(), same


def twice(x):
    return 2 * x


def agree(got, want):
    np.testing.assert_allclose(got, want, rtol=1e-5 if np.asarray(want).dtype == np.float32 else 1e-12, atol=1e-9)


def test_shape_dtype_elements_and_views(pair):
    x, same = pair
    assert (x.shape, x.dtype, x.ndim, x.size, len(x)) == (same.shape, same.dtype, 1, same.size, len(same))
    agree(np.asarray(x), same)
    assert np.asarray(x).dtype == same.dtype
    assert [x[k] for k in (0, 5, -1)] == [same[k] for k in (0, 5, -1)]
    for view in (
        lambda a: a[3:20:4],
        lambda a: a[::-1][5:],
        lambda a: a.reshape((2, -1)).T,
        lambda a: a.reshape(4, -1)[1],
        lambda a: a[None, 2:7],
        lambda a: a[7:2],
    ):
        agree(np.asarray(view(x)), view(same))
    with pytest.raises(IndexError, match="of a lazy array of shape"):
        x[len(x)]


def test_reads(pair, backend):
    x, same = pair
    agree(jk.map(twice, x, backend=backend), 2 * same)
    agree(jk.reduce("add", x, backend=backend), same.sum())


def test_in_every_primitive(backend):
    make, same = LAZY["transformed twice"]
    x = make()
    on = {"backend": backend}
    agree(jk.reduce(lambda a, b: b, x, **on), same[-1])  # in order
    agree(jk.map_reduce(lambda v, w: v * w, "add", x, same, **on), (same * same).sum())
    agree(jk.scan(max, x, **on), np.maximum.accumulate(same))
    agree(jk.scan("add", x, reverse=True, **on), same[::-1].cumsum()[::-1])
    agree(jk.select(lambda v: v > 1, x, **on), same[same > 1])
    agree(jk.select(same > 1, x, **on), same[same > 1])
    agree(jk.partition(lambda v: v > 1, x, **on)[0], np.concatenate([same[same > 1], same[~(same > 1)]]))
    agree(jk.minmax(x, **on), (same.min(), same.max()))
    assert jk.count(lambda v: v > 1, x, **on) == (same > 1).sum()
    assert (jk.argmin(x, **on), jk.argmax(x, **on)) == (same.argmin(), same.argmax())
    assert (jk.any(x, **on), jk.all(x, **on)) == (same.any(), same.all())
    assert jk.searchsorted(np.sort(same), x, **on).tolist() == np.searchsorted(np.sort(same), same).tolist()
    assert jk.histogram(x, 5, (0, 9), **on)[0].tolist() == np.histogram(same, 5, (0, 9))[0].tolist()
    agree(jk.segment_reduce("add", x, [0, 7, N], **on), [same[:7].sum(), same[7:].sum()])
    agree(jk.reduce_by_key("add", jk.transformed(lambda k: k // 9, jk.counting(N)), x, **on)[1][0], same[:9].sum())
    assert np.repeat(*jk.run_length_encode(x, **on)).tolist() == np.asarray(x).tolist()
    agree(jk.sort(x[:20], **on), np.sort(same[:20]))


@pytest.mark.parametrize("axis", [0, 1, (1, 2), None])
def test_along_an_axis(axis, backend):
    x, same = jk.counting(60).reshape(3, 4, 5), np.arange(60).reshape(3, 4, 5)
    agree(jk.reduce("add", x, axis=axis, backend=backend), same.sum(axis=axis))
    agree(jk.reduce("add", x.transpose(2, 0, 1), axis=0, backend=backend), same.sum(axis=2))


def test_scans_along_rows(backend):
    x, same = jk.transformed(twice, np.arange(12.0).reshape(3, 4)), 2 * np.arange(12.0).reshape(3, 4)
    for axis in (0, 1):
        agree(jk.scan("add", x, axis=axis, backend=backend), same.cumsum(axis=axis))


@pytest.mark.parametrize("backend", ["python", "cpu"])
def test_a_function_of_the_elements_of_the_same_function(backend):
    """What computes an element is compiled for an array while it is compiled for a lazy one; Numba takes that for recursion."""

    def triple(x):
        return 3 * x + 1

    x = np.arange(12)
    jk.map(triple, jk.counting(5), backend=backend)
    jk.map(triple, x.reshape(3, 4)[:, ::2], backend=backend)
    jk.map(abs, jk.transformed(triple, x.reshape(3, 4)[:, :2]), backend=backend)
    np.testing.assert_array_equal(jk.map(triple, jk.transformed(triple, x), backend=backend), 9 * x + 4)


def test_zipped_elements_are_tuples(backend):
    pairs = jk.zipped(X, jk.counting(N))
    assert pairs.dtype.names == ("f0", "f1")
    np.testing.assert_array_equal(np.asarray(pairs)["f1"], np.arange(N))
    later = lambda a, b: (max(a[0], b[0]), a[1] + b[1])  # noqa: E731
    largest, total = jk.reduce(later, pairs, backend=backend)
    assert (largest, total) == (X.max(), N * (N - 1) // 2)
    agree(jk.map(lambda p: p[0] * p[1], pairs, backend=backend), X * np.arange(N))
    agree(jk.reduce("add", jk.transformed(lambda p: p[0] * p[1], pairs), backend=backend), (X * np.arange(N)).sum())
    values, places = jk.select(lambda p: p[0] > 0, pairs, backend=backend)
    agree(values, X[X > 0])
    np.testing.assert_array_equal(places, np.flatnonzero(X > 0))
    assert jk.count(lambda p: p[1] > 3, pairs, backend=backend) == N - 4


def test_an_argument_of_the_users_own_kernel(backend):
    @jk.kernel
    def add_neighbours(i, x, y, out):
        out[i] = x[i] + x[i + 1] * y[i]

    out = np.zeros(5)
    add_neighbours.on(backend)[5](jk.counting(6.0), jk.constant(10.0, 5), out)
    np.testing.assert_array_equal(out, np.arange(5) + 10.0 * np.arange(1, 6))


def test_check_watches_what_a_lazy_array_reads():
    @jk.kernel
    def add_next(i, x, out):
        out[i] = x[i] + x[i + 1]

    squares = jk.transformed(lambda v: v * v, np.arange(6.0))
    assert add_next.check[5](squares, np.zeros(5)).ok
    assert add_next.verify[5](squares, np.zeros(5)).ok
    finding = add_next.check[6](squares, np.zeros(6)).findings[0]
    assert (finding.kind, finding.index, finding.array) == ("out-of-bounds", 6, "x.leaves")


def test_broadcast_beside_an_array(backend):
    x = values_of("float64", (3, 4))
    got = jk.map(operator.add, x, jk.counting(4), backend=backend)
    np.testing.assert_array_equal(got, x + np.arange(4))
    got = jk.map(lambda a, b: 10 * a + b, jk.counting(3).reshape(3, 1), jk.counting(2), backend=backend)
    np.testing.assert_array_equal(got, [[0, 1], [10, 11], [20, 21]])


def test_math_in_a_lazy_function_keeps_float32(backend):
    x = np.abs(values_of("float32", N))
    roots = jk.transformed(math.sqrt, x)
    assert roots.dtype == np.float32
    np.testing.assert_allclose(jk.map(lambda v: v, roots, backend=backend), np.sqrt(x), rtol=3e-7)


def test_a_function_of_what_it_gives(backend):
    agree(jk.map(twice, jk.transformed(twice, X), backend=backend), 4 * X)


def test_output_may_be_what_a_lazy_array_reads(backend):
    x = np.arange(10)
    jk.map(lambda v: v + 1, jk.permuted(x, np.arange(9, -1, -1)), out=x, backend=backend)
    np.testing.assert_array_equal(x, np.arange(10, 0, -1))


def test_huge_arrays_take_no_memory():
    n = 10**8
    x = jk.transformed(lambda k: k % 3, jk.counting(n))
    jk.reduce("add", x[:10])  # compiled before memory is counted
    jk.argmax(x[:10])
    tracemalloc.start()
    try:
        assert jk.reduce("add", x) == (n // 3) * 3
        assert jk.argmax(x[: n // 10]) == 2
        assert len(jk.counting(10**10)) == 10**10
        assert jk.reduce("add", jk.counting(10**10)[::1000]) == (10**7 - 1) * 10**10 // 2
        assert tracemalloc.get_traced_memory()[1] < n // 10  # bytes; the elements would take eight times n
    finally:
        tracemalloc.stop()


@given(st.integers(-50, 50), st.integers(-50, 50), st.integers(-7, 7).filter(bool))
def test_counts_as_arange(start, stop, step):
    np.testing.assert_array_equal(np.asarray(jk.counting(start, stop, step)), np.arange(start, stop, step))


@given(*[st.one_of(st.none(), st.integers(-12, 12))] * 2, st.integers(-4, 4).filter(bool))
def test_slices_as_those_of_an_array(begin, end, step):
    part = slice(begin, end, step)
    np.testing.assert_array_equal(np.asarray(jk.counting(3, 12)[part]), np.arange(3, 12)[part])
    np.testing.assert_array_equal(np.asarray(jk.counting(3, 12)[part][::-1]), np.arange(3, 12)[part][::-1])


def test_closures_are_told_apart(backend):
    for k in (2, 5):
        agree(jk.reduce("add", jk.transformed(lambda x, k=k: k * x, X), backend=backend), (k * X).sum())


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: jk.counting(0, 5, 0), jk.LaunchError, "step= is not zero"),
        (lambda: jk.counting(5, dtype=complex), jk.KernelTypeError, "counts in integers and floats"),
        (lambda: jk.constant([1, 2], 3), jk.LaunchError, "the value is a number"),
        (lambda: jk.constant(1, -3), jk.LaunchError, "0 or more"),
        (lambda: jk.zipped(), jk.KernelTypeError, "1 to 6 arrays, not 0"),
        (lambda: jk.zipped(X, X[:3]), jk.LaunchError, "do not broadcast"),
        (lambda: jk.transformed(lambda x: (x, x), X), jk.KernelTypeError, "returns one number"),
        (lambda: jk.permuted(X, X), jk.KernelTypeError, "are integers, not float64"),
        (lambda: jk.permuted(np.arange(4), [0, 4, 1]), jk.LaunchError, "indices= has 4, and x has the elements 0 to 3"),
        (lambda: jk.permuted(X, np.array([2, -1], np.int8)[::-1]), jk.LaunchError, "indices= has -1"),
        (
            lambda: jk.permuted(X, np.full((2, 2), 1 << 63, np.uint64)),
            jk.LaunchError,
            "indices= has 9223372036854775808",
        ),
        (lambda: jk.permuted(X[:0], np.int64(0)), jk.LaunchError, "indices= has 0"),
        (lambda: jk.permuted(X.reshape(2, -1), [0]), jk.LaunchError, "of a vector, not of 2"),
        (lambda: jk.minmax(jk.zipped(X, X)), jk.KernelTypeError, "are no numbers"),
        (lambda: jk.counting(6).reshape(2, 3).T.reshape(6), jk.LaunchError, "has no view of shape"),
        (lambda: jk.counting(6)[[1, 2]], jk.LaunchError, "jk.permuted"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


TRAVELLING = {
    "constant": lambda: jk.constant(np.float32(3), (2, 3)),
    "counting": lambda: jk.counting(2, 20, 3)[::-1],
    "matrix of counts": lambda: jk.counting(12).reshape(3, 4).T,
    "transformed": lambda: jk.transformed(twice, np.arange(5.0)),
    "transformed by a ufunc": lambda: jk.transformed(np.maximum, np.arange(5.0), jk.constant(2.0, 5)),
    "transformed by a name": lambda: jk.transformed("add", np.arange(5), np.arange(5)),
    "lazy of lazy": lambda: jk.transformed(twice, jk.permuted(jk.counting(9), np.array([8, 0, 3]))),
}


@pytest.mark.parametrize("name", TRAVELLING)
@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_lazy_arrays_are_copied_and_pickled(name, way, backend):
    x = TRAVELLING[name]()
    found = way(x)
    assert type(found) is type(x)  # so what is compiled for one is the other's, too
    assert (found.shape, found.dtype) == (x.shape, x.dtype)
    np.testing.assert_array_equal(jk.map(twice, found, backend=backend), 2 * np.asarray(x))


def test_zipped_arrays_are_pickled():
    x = jk.zipped(np.arange(3.0), jk.counting(3))
    found = pickle.loads(pickle.dumps(x))
    np.testing.assert_array_equal(np.asarray(found), np.asarray(x))
    assert jk.map(lambda pair: pair[0] + pair[1], found).tolist() == [0, 2, 4]


def test_functions_of_lazy_arrays_go_by_value_with_cloudpickle(tmp_path, monkeypatch):
    pytest.importorskip("cloudpickle")
    monkeypatch.setenv("JITKIT_CACHE_DIR", str(tmp_path / "cache"))  # nothing is recognised: sources are read
    (tmp_path / "script.py").write_text(
        "import sys, cloudpickle, numpy as np, jitkit as jk\n"
        "def shifted(a):\n    return a + FIVE\n"
        "FIVE = 5.0\n"
        "x = jk.transformed(lambda a: 3 * shifted(a), np.arange(3.0))\n"
        "sys.stdout.buffer.write(cloudpickle.dumps(x))\n"
    )
    pickled = subprocess.run([sys.executable, tmp_path / "script.py"], check=True, capture_output=True).stdout
    read = "import sys, pickle, jitkit as jk; print(jk.reduce('add', pickle.load(sys.stdin.buffer)))"
    found = subprocess.run([sys.executable, "-c", read], check=True, stdout=subprocess.PIPE, input=pickled).stdout
    assert float(found) == 54.0


def test_a_lambda_is_pickled_as_little_as_any():
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pickle.dumps(jk.transformed(lambda a: a, np.arange(3.0)))
