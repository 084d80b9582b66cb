"""`jk.vectorize` against NumPy's ufuncs on every backend, and on the arrays of pandas, xarray and dask."""

from __future__ import annotations

import math
import operator

import numpy as np
import pytest
from primitives_helpers import values_of

import jitkit as jk

N = 60


def scaled(x, y):
    """Return a sum that is not NumPy's."""
    return x + 2 * y


def both(x, y):
    return x + y, x * y


@jk.vectorize
def plus(x, y):
    return x + y


@jk.vectorize
def clipped(x, low, high):
    return min(max(x, low), high)


def test_it_looks_like_a_ufunc():
    made = jk.vectorize(scaled)
    assert (made.nin, made.nout, made.nargs, made.signature) == (2, 1, 3, None)
    assert (made.__name__, made.__doc__, made.func) == ("scaled", scaled.__doc__, scaled)
    assert (jk.vectorize(both).nout, jk.vectorize("sqrt").nin, clipped.nin) == (2, 1, 3)
    assert (jk.vectorize("add").identity, jk.vectorize(operator.mul).identity, plus.identity) == (0, 1, None)
    assert jk.vectorize(name="mine")(scaled).__name__ == "mine"
    assert jk.vectorize(lambda x, y=2: x * y).nin == 1  # as a ufunc, it has no optional inputs


def test_broadcasting(backend):
    x, y = values_of("float64", (3, 1, N), 1), values_of("float64", (4, 1), 2)
    got = jk.vectorize(scaled, backend=backend)(x, y)
    np.testing.assert_allclose(got, x + 2 * y, rtol=1e-15)
    np.testing.assert_allclose(clipped(x, 0, y, backend=backend), np.minimum(np.maximum(x, 0), y))


@pytest.mark.parametrize("left", [np.float32, np.int16, np.uint8, np.bool_])
@pytest.mark.parametrize("right", [2, 2.5, np.float32(2), np.int64(2), np.arange(1, 4), np.float64(2)])
def test_types_are_those_of_numpy(left, right, backend):
    x = np.array([1, 0, 1], left)
    got, want = plus(x, right, backend=backend), np.add(x, right)
    np.testing.assert_array_equal(got, want)
    assert got.dtype == want.dtype


@pytest.mark.parametrize("left", [2, 2.5, True, np.float32(2), np.int8(2)])
@pytest.mark.parametrize("right", [3, np.float32(0.5), np.array(4)])
def test_numbers_give_a_number(left, right, backend):
    got, want = plus(left, right, backend=backend), np.add(left, right)
    assert got == want
    assert type(got) is type(want)


def test_out_and_where(backend):
    x, y = values_of("float64", (4, N), 1), values_of("float64", (4, N), 2)
    out = np.full((4, N), 7.0)
    assert plus(x, y, out=out, where=x > 0, backend=backend) is out
    np.testing.assert_array_equal(out, np.where(x > 0, x + y, 7))
    assert plus(x, y, out, backend=backend) is out
    np.testing.assert_array_equal(out, x + y)
    plus(x, y, out=x, where=[[True], [False], [True], [False]], backend=backend)  # a mask that is broadcast, in place
    np.testing.assert_array_equal(x, np.where(np.arange(4)[:, None] % 2 == 0, out, x))
    single = np.zeros(3, np.float32)
    plus(np.arange(3.0), 1, out=(single,), backend=backend)
    assert single.tolist() == [1, 2, 3]


def test_where_keeps_what_a_shifted_output_holds(backend):
    x = np.arange(8.0)
    plus(x[:-1], 10, out=x[1:], where=np.arange(7) % 2 == 0, backend=backend)
    np.testing.assert_array_equal(x, [0, 10, 2, 12, 4, 14, 6, 16])


def test_dtype_is_that_of_the_computation(backend):
    x = np.array([100, 27], np.int8)
    got = plus(x, x, dtype=np.int32, backend=backend)
    assert got.tolist() == np.add(x, x, dtype=np.int32).tolist() == [200, 54]
    assert got.dtype == np.int32
    assert jk.vectorize(scaled, dtype="float32")(x, 1.5).dtype == np.float32


def test_several_results(backend):
    x, y = values_of("int64", (2, N), 1), values_of("int64", N, 2)
    outs = np.zeros((2, N), np.int64), np.zeros((2, N), np.int64)
    for options in ({}, {"out": outs}, {"dtype": "int64"}):
        found = jk.vectorize(both)(x, y, **options, backend=backend)
        np.testing.assert_array_equal(found, (x + y, x * y))
    assert jk.vectorize(both)(3, 4, backend=backend) == (7, 12)


def test_more_dimensions_than_a_launch_space_has(backend):
    x = values_of("float32", (2, 1, 2, 1, 2, 3))
    for dtype in (None, "float64"):
        want = np.add(x, x[..., ::-1], dtype=dtype)
        np.testing.assert_array_equal(plus(x, x[..., ::-1], dtype=dtype, backend=backend), want)
        out = np.asfortranarray(np.zeros_like(want))
        assert plus(x, x[..., ::-1], dtype=dtype, out=out, backend=backend) is out
        np.testing.assert_array_equal(out, want)


@pytest.mark.parametrize("axis", [0, 1, -1, None, (0, 2)])
def test_reduce(axis, backend):
    x = values_of("int64", (3, 4, 5))
    added = jk.vectorize("add", backend=backend)
    np.testing.assert_array_equal(added.reduce(x, axis), np.add.reduce(x, axis))
    mask = x > 0
    got = plus.reduce(x, axis, keepdims=True, initial=5, where=mask, backend=backend)
    np.testing.assert_array_equal(got, np.add.reduce(x, axis, keepdims=True, initial=5, where=mask))


def test_accumulate_and_outer(backend):
    x = values_of("int64", (4, N))
    np.testing.assert_array_equal(plus.accumulate(x, backend=backend), np.add.accumulate(x))
    np.testing.assert_array_equal(plus.accumulate(x, axis=1, backend=backend), np.add.accumulate(x, axis=1))
    later = jk.vectorize(lambda a, b: b, backend=backend)  # operands stay in order
    np.testing.assert_array_equal(later.accumulate(x, axis=1), x)
    np.testing.assert_array_equal(plus.outer(x[0], x[:2], backend=backend), np.add.outer(x[0], x[:2]))


@pytest.mark.parametrize("indices", [[0, 4, 1, 5, 2, 6, 3, 7], [], [3], [0, 7, 7, 2], [1, 3, 6], [0, 3, 6]])
@pytest.mark.parametrize("axis", [0, 1])
def test_reduceat(indices, axis, backend):
    x = values_of("int64", (8, 8))
    got = plus.reduceat(x, indices, axis, backend=backend)
    np.testing.assert_array_equal(got, np.add.reduceat(x, indices, axis))
    np.testing.assert_array_equal(
        plus.reduceat(x[0], indices, dtype=float, backend=backend), np.add.reduceat(x[0], indices, dtype=float)
    )
    for _ in range(2):  # the second time types are known
        found = plus.reduceat(x[0], np.array(indices, np.uint16), backend=backend)
        np.testing.assert_array_equal(found, np.add.reduceat(x[0], indices))
    with pytest.raises(jk.LaunchError, match="indices from 0 to 7"):
        plus.reduceat(x[0], [*indices, 8], backend=backend)


@pytest.mark.parametrize("indices", [[0, 1], [1, 0, 1], []])
def test_reduceat_along_each_axis_of_an_array_on_a_gpu(indices):
    x = values_of("int64", (3, 2, 5))
    with jk.emulate_cuda():
        there = jk.asarray(x, device="cuda")
        for axis in range(3):
            found = plus.reduceat(there, indices, axis)
            assert not isinstance(found, np.ndarray)
            np.testing.assert_array_equal(jk.to_numpy(found), np.add.reduceat(x, np.array(indices, int), axis))


def test_math_and_numpy_functions(backend):
    x = np.abs(values_of("float32", N))
    assert jk.vectorize(math.sqrt)(x, backend=backend).dtype == np.float32
    np.testing.assert_allclose(jk.vectorize(np.hypot)(x, 1, backend=backend), np.hypot(x, np.float32(1)), rtol=1e-6)


def test_lazy_inputs(backend):
    np.testing.assert_array_equal(
        plus(jk.counting(5), np.arange(3)[:, None], backend=backend), np.add.outer(range(3), range(5))
    )
    assert plus.reduce(jk.counting(101), backend=backend) == 5050


class TestArraysOfOtherLibraries:
    def test_pandas(self):
        pd = pytest.importorskip("pandas", reason="pandas is not installed")
        s = pd.Series([1.0, 2.0, 3.0], index=list("abc"), name="s")
        pd.testing.assert_series_equal(jk.vectorize(scaled)(s, 2), s + 4)
        pd.testing.assert_series_equal(jk.vectorize(scaled)(s, s[::-1]), 3 * s)  # aligned by label
        total, product = jk.vectorize(both)(s, 2)
        pd.testing.assert_series_equal(total, s + 2)
        pd.testing.assert_series_equal(product, s * 2)
        frame = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
        pd.testing.assert_frame_equal(clipped(frame, 2.0, 3.0), frame.clip(2.0, 3.0))
        assert plus.reduce(s) == 6.0

    def test_a_function_named_like_one_of_numpy_is_not_taken_for_it(self):
        pd = pytest.importorskip("pandas", reason="pandas is not installed")

        def add(x, y):
            return x - y

        s = pd.Series([1.0, 2.0])
        assert jk.vectorize(add)(s, 1.0).tolist() == [0.0, 1.0]

    def test_xarray(self):
        xr = pytest.importorskip("xarray", reason="xarray is not installed")
        x = xr.DataArray(np.arange(6.0).reshape(2, 3), dims=("p", "q"), coords={"p": [10, 20]})
        got = jk.vectorize(scaled)(x, x.isel(p=0, drop=True))
        xr.testing.assert_identical(got, x + 2 * x.isel(p=0, drop=True))
        for part, want in zip(jk.vectorize(both)(x, 2), (x + 2, x * 2), strict=True):
            xr.testing.assert_identical(part, want)
        data = xr.Dataset({"x": x})
        xr.testing.assert_identical(plus(data, 1), data + 1)

    def test_dask(self):
        da = pytest.importorskip("dask.array", reason="dask is not installed")
        x = values_of("float64", (6, 8))
        lazy = da.from_array(x, chunks=(3, 4))
        got = jk.vectorize(scaled)(lazy, 1)
        assert isinstance(got, da.Array)
        assert got.chunks == lazy.chunks
        np.testing.assert_array_equal(got.compute(), x + 2)
        parts = jk.vectorize(both)(lazy, x)
        assert all(isinstance(part, da.Array) for part in parts)
        np.testing.assert_array_equal([part.compute() for part in parts], (x + x, x * x))

    def test_the_protocol(self):
        calls = []

        class Base:
            def __array_ufunc__(self, ufunc, method, *inputs, **options):
                calls.append((type(self).__name__, method, options))
                return "asked" if method != "accumulate" else NotImplemented

        class Derived(Base):
            pass

        assert plus(Base(), Derived(), out=np.zeros(2), where=[True, False]) == "asked"
        assert plus.reduce(Base(), axis=1) == "asked"
        assert [name for name, _, _ in calls] == ["Derived", "Base"]  # subclasses first
        assert isinstance(calls[0][2]["out"], tuple)
        assert calls[1][1:] == ("reduce", {"axis": 1})
        with pytest.raises(TypeError, match=r"plus\.accumulate is not supported for"):
            plus.accumulate(Base())

    def test_a_type_may_refuse_all_ufuncs(self):
        class Never:
            __array_ufunc__ = None

        with pytest.raises(TypeError, match="Never takes part in no ufunc"):
            plus(Never(), 1)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: plus(x), TypeError, "plus takes 2 arrays, not 1"),
        (lambda x: plus(x, x, x, x), TypeError, "plus takes 2 arrays, not 4"),
        (lambda x: plus(x, np.ones(3)), jk.LaunchError, "plus: arrays of the shapes .* do not broadcast"),
        (lambda x: plus(x, 1, out=np.zeros(3)), jk.LaunchError, "out= has the shape|do not broadcast"),
        (lambda x: plus(x, 1, where=x), jk.KernelTypeError, "where= is an array of bool"),
        (lambda x: plus(x, 1.5, out=np.zeros(4, int)), jk.KernelTypeError, "cannot hold"),
        (lambda x: clipped.reduce(x), jk.LaunchError, "clipped.reduce is for functions of two"),
        (lambda x: plus.reduceat(x, [4]), jk.LaunchError, "indices from 0 to 3"),
        (lambda x: plus.reduce(x[:0]), jk.LaunchError, "pass initial="),
        (lambda x: jk.vectorize(3), jk.KernelTypeError, "takes a function"),
        (lambda x: jk.vectorize(plus, backend="gpu"), jk.BackendError, "no backend 'gpu'"),
        (lambda x: jk.vectorize(lambda a, b, c, d, e, f, g: a), jk.KernelTypeError, "1 to 6 arrays, not 7"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(np.ones(4))
