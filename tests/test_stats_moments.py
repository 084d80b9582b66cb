"""`jk.stats` moments against NumPy and SciPy, on every backend."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

import jitkit as jk
from jitkit.errors import LaunchError
from jitkit.stats._moments import BLOCK


def values(dtype, shape, seed=0, missing=0.0):
    rng = np.random.default_rng(seed)
    x = rng.standard_exponential(shape).astype(dtype) + 2
    x[rng.random(shape) < missing] = np.nan
    return x


def agrees(got, expected, dtype):
    eps = float(np.finfo(dtype).eps)
    np.testing.assert_allclose(got, expected, rtol=512 * eps, atol=512 * eps)
    assert np.shape(got) == np.shape(expected)
    assert np.asarray(got).dtype == dtype


# Rows of one block, of several, short rows side by side, columns in several spans, and axes that are not neighbours.
SHAPES = {
    "python": [((130,), None, "float32"), ((3, 4, 5), (0, 2), "float64")],
    "cpu": [
        ((5000,), None, "float32"),
        ((3, 2049), 1, "float64"),
        ((80, 7), 1, "float32"),
        ((150, 520), 0, "float32"),
        ((7, 3, 5), (0, 2), "float32"),
        ((9, 4), 0, "float32"),
    ],
    "cuda": [((2, 150), 1, "float32"), ((70, 5), 0, "float32")],
}


def test_kurtosis_and_skewness_as_in_scipy(backend):
    for shape, axis, dtype in SHAPES[backend][: 1 if backend == "cuda" else None]:
        x = values(dtype, shape)
        wide = x.astype(np.float64)
        agrees(jk.stats.kurtosis(x, axis, backend=backend), scipy.stats.kurtosis(wide, axis), dtype)
        agrees(jk.stats.skew(x, axis, False, backend=backend), scipy.stats.skew(wide, axis, bias=False), dtype)
        got = jk.stats.kurtosis(x, axis, False, False, backend=backend)
        agrees(got, scipy.stats.kurtosis(wide, axis, False, False), dtype)
        scaled = (wide * (1e-13 if axis == 0 else 1e13)).astype(dtype)  # fourth powers have no number in float32
        agrees(jk.stats.kurtosis(scaled, axis, backend=backend), scipy.stats.kurtosis(wide, axis), dtype)


def test_variance_as_in_numpy(backend):
    for shape, axis, dtype in SHAPES[backend]:
        x = values(dtype, shape)
        wide = x.astype(np.float64)
        agrees(jk.stats.var(x, axis, ddof=1, backend=backend), wide.var(axis, ddof=1), dtype)
        got = jk.stats.std(x, axis, keepdims=True, backend=backend)
        agrees(got, wide.std(axis, keepdims=True), dtype)
        if backend == "cuda":
            stays = jk.stats.var(jk.asarray(x, device="cuda"), axis)
            assert not isinstance(stays, np.ndarray)
            agrees(jk.to_numpy(stays), wide.var(axis), dtype)


@pytest.mark.parametrize(
    ("shape", "axis"), [((2 * BLOCK + 33,), None), ((3, BLOCK + 1), 1), ((300, 3), 0), ((2, 31), 1)]
)
def test_blocks_on_a_gpu_are_merged_by_groups(shape, axis):
    x, gaps = values("float32", shape), values("float32", shape, missing=0.4)
    with jk.emulate_cuda(check=True):
        there, with_gaps = jk.asarray(x, device="cuda"), jk.asarray(gaps, device="cuda")
        agrees(jk.to_numpy(jk.stats.mean(there, axis)), x.mean(axis, np.float64), "float32")
        agrees(jk.to_numpy(jk.stats.var(there, axis)), x.var(axis, np.float64), "float32")
        agrees(jk.to_numpy(jk.stats.nanvar(with_gaps, axis)), np.nanvar(gaps, axis, np.float64), "float32")
        expected = scipy.stats.kurtosis(x.astype(np.float64), axis)
        agrees(jk.to_numpy(jk.stats.kurtosis(there, axis)), expected, "float32")


def test_without_nan_as_in_numpy(backend):
    for shape, axis, dtype in SHAPES[backend][: 1 if backend == "cuda" else 2]:
        x = values(dtype, shape, missing=0.4)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy warns of rows of NaN
            expected = np.nanvar(x.astype(np.float64), axis)
        agrees(jk.stats.nanvar(x, axis, backend=backend), expected, dtype)
        agrees(jk.stats.nanstd(x, axis, backend=backend), np.sqrt(expected), dtype)


@pytest.mark.parametrize("backend", ["python", "cpu"])
def test_sums_and_extremes_without_nan(backend):
    x = values("float32", (200, 3), missing=0.3)
    x[:, 2] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("nansum", "nanmean", "nanmin", "nanmax"):
            expected = getattr(np, name)(x.astype(np.float64), axis=0)
            agrees(getattr(jk.stats, name)(x, axis=0, backend=backend), expected, "float32")
    assert jk.stats.nansum(np.eye(49)[0], backend=backend) == 1  # and 49 times their mean is not
    assert jk.stats.nansum(np.zeros(0)) == 0


@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.data())
def test_any_shape_and_layout(shape, data):
    axis = data.draw(st.one_of(st.none(), st.integers(-len(shape), len(shape) - 1)))
    x = values("float64", shape)
    layout = data.draw(st.sampled_from(["C", "F", "reversed", "strided", "read-only"]))
    if layout == "F":
        x = np.asfortranarray(x)
    elif layout == "reversed":
        x = x[::-1]
    elif layout == "strided":
        x = np.repeat(x, 2, axis=0)[::2]
    elif layout == "read-only":
        x.flags.writeable = False
    before = x.copy()
    agrees(jk.stats.var(x, axis, backend="python"), x.var(axis), "float64")
    np.testing.assert_array_equal(x, before)


def test_a_large_mean_leaves_the_variance_its_digits():
    x = np.random.default_rng(2).standard_normal(100_000)
    x -= x.mean()
    far = (x + 1e9).copy()
    assert jk.stats.var(far, backend="cpu") == pytest.approx(np.var(far), rel=1e-9)
    near = (x + 4096).astype(np.float32)
    assert jk.stats.var(near, backend="cpu") == pytest.approx(np.var(near.astype(np.float64)), rel=1e-6)
    assert jk.stats.mean(near, backend="cpu") == pytest.approx(near.astype(np.float64).mean(), rel=1e-7)


def test_nothing_one_infinite_and_constant(backend):
    assert np.isnan(jk.stats.var(np.zeros(0), backend=backend))
    assert jk.stats.mean(np.zeros((0, 3)), axis=1, backend=backend).shape == (0,)
    assert np.isnan(jk.stats.mean(np.zeros((0, 3)), axis=0, backend=backend)).all()
    if backend != "cuda":
        one = np.array([3.0], np.float64)
        assert jk.stats.var(one, backend=backend) == 0
        assert np.isnan(jk.stats.var(one, ddof=1, backend=backend))
        assert jk.stats.mean([np.inf, 1.0], backend=backend) == np.inf
        assert np.isnan(jk.stats.mean([np.inf, -np.inf], backend=backend))
        assert np.isnan(jk.stats.var([np.inf, 1.0], backend=backend))
        endless = np.array([[np.nan, 1.0], [-np.inf, 2.0]])
        np.testing.assert_array_equal(jk.stats.nanvar(endless, axis=1, backend=backend), [0, np.nan])
        np.testing.assert_array_equal(jk.stats.nanstd(endless, axis=0, backend=backend), [np.nan, 0.5])
    assert np.isnan(jk.stats.nanvar([3.0, np.nan, 5.0], ddof=2, backend="python"))
    assert np.isnan(jk.stats.skew(np.full(9, 0.1), backend="python"))


def test_extremes_of_numbers_of_other_kinds():
    x = np.array([[2, 7, 1], [5, 3, 9]])
    for dtype in (">f8", ">i4", np.float16, bool):
        got = jk.stats.nanmax(x.astype(dtype), axis=1, backend="python")
        np.testing.assert_array_equal(got, np.nanmax(x.astype(dtype), axis=1))
    with pytest.raises(jk.KernelTypeError, match=r"jk\.stats\.nanmax: .* the widest float is float64"):
        jk.stats.nanmax(x.astype(np.longdouble), axis=1, backend="python")
    assert jk.reduce("add", np.arange(4.0).astype(">f8"), backend="python") == 6


def test_integers_lists_and_out():
    assert jk.stats.mean([1, 2, 4], backend="cpu") == pytest.approx(7 / 3)
    assert jk.stats.var(np.arange(5, dtype=np.int16), backend="cpu") == 2
    out = np.zeros(2)
    assert jk.stats.mean(np.array([[1.0, 3.0], [2.0, 6.0]]), 1, out=out, backend="cpu") is out
    assert out.tolist() == [2, 4]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rows", [2, 3, 8, 9])
def test_mean_over_few_rows_of_many_columns(rows, dtype, backend):
    x = values(dtype, (rows, 131), missing=0.05)
    x[0, 3], x[1, 4] = np.inf, -np.inf
    for each in (x, np.asfortranarray(x), x[::-1, ::-1]):
        agrees(jk.stats.mean(each, axis=0, backend=backend), each.mean(axis=0), dtype)
    agrees(jk.stats.mean(x, axis=0, keepdims=True, backend=backend), x.mean(axis=0, keepdims=True), dtype)
    out = np.zeros(131, dtype)
    assert jk.stats.mean(x, axis=0, out=out, backend=backend) is out
    agrees(out, x.mean(axis=0), dtype)


@pytest.mark.parametrize("name", ["mean", "var", "std", "nanmean", "nanvar", "nansum"])
def test_calls_that_are_kept_look_at_what_is_given(name):
    ours, numpys = getattr(jk.stats, name), getattr(np, name)
    x = values("float64", (70, 70), missing=0.1 if name.startswith("nan") else 0.0)
    frozen = x.copy()
    frozen.flags.writeable = False
    for array in (x.T, x, x.T, frozen, x[::-1], x.astype("float32"), np.round(np.nan_to_num(x)).astype(int)):
        for axis in (None, 0, 1, -1):
            dtype = "float32" if array.dtype == "float32" else "float64"
            if array.dtype.kind == "f" or name != "nansum":
                agrees(ours(array, axis), numpys(array, axis, dtype="float64"), dtype)
                agrees(ours(array, axis, keepdims=True), numpys(array, axis, dtype="float64", keepdims=True), dtype)
    out = np.zeros(70)
    assert ours(x, 0, out=out) is out
    agrees(out, numpys(x, 0), "float64")
    with pytest.raises(jk.LaunchError, match="out= has the shape"):
        ours(x, 0, out=np.zeros(3))
    if "var" in name:
        agrees(ours(x, 0, ddof=1), numpys(x, 0, ddof=1), "float64")
        agrees(ours(x, 0), numpys(x, 0), "float64")


@pytest.mark.parametrize("name", ["nansum", "nanmin", "nanmax"])
def test_of_numbers_of_any_type_at_any_call(name, backend):
    x = np.array([3.0, np.nan, 1, 7])
    for _ in range(3):
        for array in (
            x,
            x[::-1],
            x.astype("f4"),
            x.astype(">f8"),
            x.astype("f2"),
            x[::2].astype("i2"),
            x > 2,
            x.tolist(),
        ):
            expected = getattr(np, name)(np.asarray(array))
            found = getattr(jk.stats, name)(array, backend=backend)
            assert found == expected
            if np.asarray(array).dtype.kind in "iub":
                assert found.dtype == expected.dtype
        with pytest.raises(jk.KernelTypeError, match="complex"):
            getattr(jk.stats, name)(x + 1j, backend=backend)


@pytest.mark.parametrize("name", ["var", "nanmean", "nanvar"])
def test_few_rows_of_many_columns(name, backend):
    for rows in (1, 2, 3, 8):
        x = values("float64", (rows, 70), missing=0.3 if name.startswith("nan") else 0.0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of NumPy, about columns of NaN
            expected = getattr(np, name)(x, 0)
        agrees(getattr(jk.stats, name)(x, 0, backend=backend), expected, "float64")


def test_along_no_axis_as_in_numpy():
    x = np.array([[1.0, 4.0], [9.0, np.nan]]).T  # each element is a result of its own
    for name in ("mean", "var", "nansum", "nanvar", "nanmax", "median", "nanmedian"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = getattr(np, name)(x, axis=())
        np.testing.assert_array_equal(getattr(jk.stats, name)(x, axis=(), backend="python"), expected)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: jk.stats.mean(x * 1j), jk.KernelTypeError, "jk.stats.mean: takes real numbers, not complex128"),
        (lambda x: jk.stats.mean(["a"]), jk.KernelTypeError, "are no numbers"),
        (lambda x: jk.stats.var(x, axis=1), np.exceptions.AxisError, "axis 1 is out of bounds"),
        (lambda x: jk.stats.var(x, ddof="a"), jk.LaunchError, "jk.stats.var: ddof='a'; it is a real number"),
        (
            lambda x: jk.stats.nanmax(x[:0]),
            jk.LaunchError,
            "jk.stats.nanmax: no elements along axis 0 of shape .0,., and of none",
        ),
        (lambda x: jk.stats.nansum(x.astype(int), axis=1), np.exceptions.AxisError, "jk.stats.nansum: axis 1"),
        (lambda x: jk.stats.var(x, out=np.zeros(3)), jk.LaunchError, r"out= has the shape \(3,\)"),
        (lambda x: jk.stats.skew(x, nan_policy="drop"), ValueError, "nan_policy='drop'"),
        (lambda x: jk.stats.skew(x * np.nan, nan_policy="raise"), ValueError, "there are NaN"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(np.arange(4.0))


def test_omitted_nan():
    x = values("float64", 200, missing=0.2)
    expected = scipy.stats.skew(x, nan_policy="omit")
    assert jk.stats.skew(x, nan_policy="omit", backend="python") == pytest.approx(expected, rel=1e-12)
    assert np.isnan(jk.stats.skew(x, backend="python"))


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_all_elements_at_any_call(dtype, backend):
    rng = np.random.default_rng(0)
    result = "float32" if dtype == "float32" else "float64"
    pairs = (
        (jk.stats.mean, np.mean),
        (jk.stats.var, np.var),
        (jk.stats.nanstd, np.nanstd),
        (jk.stats.nanmean, np.nanmean),
    )
    for n in (1, 7, 1000, BLOCK, BLOCK + 1) if backend == "cpu" else (1, 7):
        for _ in range(3):  # the first compiles, the second opens the way into compiled code, the third takes it
            x = (100 * rng.standard_normal(n)).astype(dtype)
            matrix = np.asfortranarray(np.stack([x, 2 * x]))
            cases = [(x, None), (x, 0), (x, -1), (x[::2], None), (matrix, None), (matrix.T, None), (matrix, 0)]
            with jk.backend(backend):
                for ours, numpys in pairs:
                    for array, axis in cases:
                        found, expected = ours(array, axis=axis), numpys(array.astype(np.float64), axis=axis)
                        assert (found.dtype, found.shape) == (result, expected.shape)
                        np.testing.assert_allclose(
                            found, expected, rtol=1e-5 if result == "float32" else 1e-12, atol=1e-3
                        )
                with pytest.raises(np.exceptions.AxisError):
                    jk.stats.mean(x, axis=1)
                with pytest.raises(LaunchError, match="ddof"):
                    jk.stats.var(x, ddof="one")


LAYOUTS = {
    "Fortran": np.asfortranarray,
    "cut": lambda x: np.concatenate([x, x], axis=-1)[..., : x.shape[-1]],
    "every other": lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
    "reversed": lambda x: x[::-1],
    "turned": lambda x: np.moveaxis(x, 1, 0),
    "one row for all": lambda x: np.broadcast_to(x[:1], x.shape),
    "read-only": lambda x: np.frombuffer(x.tobytes(), x.dtype).reshape(x.shape),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_elements_are_taken_as_they_lie(layout):
    x = LAYOUTS[layout](values("float64", (9, 70, 6)))
    for axis in (None, 0, 1, 2, (0, 1), (1, 2), (0, 2), ()):
        for keepdims in (False, True, False):  # the third call goes by what was kept of the first
            agrees(jk.stats.mean(x, axis, keepdims=keepdims), x.mean(axis, keepdims=keepdims), "float64")
        agrees(jk.stats.std(x, axis), x.std(axis), "float64")
    out = np.empty((x.shape[1], x.shape[2]))
    agrees(jk.stats.var(x, 0, out=out), x.var(0), "float64")
    np.testing.assert_array_equal(out, jk.stats.var(x, 0))


@pytest.mark.parametrize("rows", [1, 20, 129])
def test_columns_of_a_few_and_of_many_rows(rows):
    x = values("float32", (2, rows, 700), missing=0.2)
    x[0, :, 5] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wide = x.astype(np.float64)
        agrees(jk.stats.nanmean(x, 1), np.nanmean(wide, 1), "float32")
        agrees(jk.stats.nansum(x, 1), np.nansum(wide, 1), "float32")
        agrees(jk.stats.nanvar(x, 1, ddof=1), np.nanvar(wide, 1, ddof=1), "float32")
        agrees(jk.stats.nanstd(x, 1), np.nanstd(wide, 1), "float32")
        full = np.nan_to_num(wide)
        agrees(jk.stats.std(full, 1, ddof=2), full.std(1, ddof=2), "float64")
        agrees(jk.stats.skew(full, 1), scipy.stats.skew(full, 1), "float64")


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "int32", "uint32", "int64", "uint64"])
def test_integers_are_read_as_they_are(backend, dtype):
    most = 1 if dtype == "bool" else min(np.iinfo(dtype).max, 2**53)
    shapes = {"python": (3, 40), "cpu": (3, BLOCK + 70), "cuda": (2, 70)}
    x = np.random.default_rng(0).integers(0, most, shapes[backend], dtype="int64", endpoint=True).astype(dtype)
    for axis in (0, 1, None):
        for name in ("mean", "var", "nanmean"):
            expected = getattr(np, name)(x, axis)
            got = getattr(jk.stats, name)(x, axis, backend=backend)
            np.testing.assert_allclose(got, expected, rtol=1e-12)
            assert np.asarray(got).dtype == np.float64
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.testing.assert_array_equal(jk.stats.var(x[:1], 0, ddof=1, backend=backend), np.var(x[:1], 0, ddof=1))
        np.testing.assert_array_equal(jk.stats.nanvar(x[:1], 0, ddof=1, backend=backend), np.nan)


@pytest.mark.parametrize("layout", [*LAYOUTS, "as made"])
@pytest.mark.parametrize("shape", [(9, 300, 20), (3, 70, 2), (100, 2, 7)])
def test_extremes_of_numbers_as_in_numpy(layout, shape):
    x = values("float32", shape, missing=0.5) - 4
    x[1] = np.nan
    x[2, :, 0] = np.where(np.isnan(x[2, :, 0]), np.nan, -np.inf)  # what looking for the largest begins with
    x = LAYOUTS[layout](x) if layout in LAYOUTS else x
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for axis in (None, 0, 1, -1, (0, 1), (1, 2), (0, 2)):
            for name in ("nanmin", "nanmax"):
                for keepdims in (True, False, False):
                    expected = getattr(np, name)(x, axis, keepdims=keepdims)
                    got = getattr(jk.stats, name)(x, axis, keepdims=keepdims)
                    np.testing.assert_array_equal(got, expected)
                    assert type(got) is type(expected)
                    assert got.dtype == expected.dtype


@pytest.mark.parametrize("n", [1, 15, 129, 600, 40_000, 70_001])
def test_extremes_of_vectors_of_any_length(n):
    for x in (values("float64", n, missing=0.3), np.full(n, np.nan), np.full(n, np.inf), np.full(n, -np.inf)):
        for name in ("nanmin", "nanmax"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                np.testing.assert_array_equal(getattr(jk.stats, name)(x), getattr(np, name)(x))
