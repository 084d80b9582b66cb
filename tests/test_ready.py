"""Calls like one before go straight into compiled code; those that only look like one must not."""

from __future__ import annotations

import importlib
import sys
import threading

import numpy as np
import pytest

import jitkit as jk
from jitkit.launch import ready
from jitkit.stats import _extremes, _rolling, _statistic

_BY_NAME = [
    importlib.import_module(f"jitkit.{name}") for name in ("stats.quantile", "primitives.reduce", "signal.correlate1d")
]


@pytest.fixture(autouse=True)
def forgotten():
    for module in (_rolling, _statistic, _extremes, *_BY_NAME):
        module.calls.forget()


def values(n, dtype="float64", seed=0):
    return np.random.default_rng(seed).standard_normal(n).astype(dtype)


def means(x, window):
    return np.array([np.nan] * (window - 1) + [x[k - window + 1 : k + 1].mean() for k in range(window - 1, len(x))])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_calls_that_are_repeated_give_results_of_their_own(dtype):
    found = []
    for seed in range(5):
        x = values(50, dtype, seed)
        found.append((x, jk.stats.move_mean(x, 4), jk.stats.move_max(x, 4), jk.stats.nanmin(x), jk.stats.var(x)))
    for x, mean, largest, least, var in found:
        np.testing.assert_allclose(mean, means(x, 4), rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(largest[3:], [x[k - 3 : k + 1].max() for k in range(3, 50)])
        assert mean.dtype == largest.dtype == least.dtype == var.dtype == dtype
        assert mean.flags.owndata
        assert mean.flags.writeable
        assert type(least) is type(var) is np.dtype(dtype).type
        assert least == x.min()
        np.testing.assert_allclose(var, np.var(x), rtol=1e-5)


def test_they_are_in_compiled_code(monkeypatch):
    x = values(50)
    for _ in range(4):
        jk.stats.nanmax(x, backend="cpu")
    if not _extremes.calls._opened:
        pytest.skip("this process keeps the fields of objects elsewhere")
    monkeypatch.setattr(ready.Ready, "__call__", None)
    assert jk.stats.nanmax(x, backend="cpu") == x.max()


def test_arrays_of_the_same_shape_that_are_not_like_those_before():
    x = values(60)
    still = x.copy()
    still.flags.writeable = False
    raw = np.zeros(60 * 8 + 1, np.uint8)
    odd = raw[1:].view(np.float64)
    odd[:] = x
    rows = np.ma.masked_invalid(x)
    kinds = [
        x,
        x[::-1],
        np.repeat(x, 2)[::2],
        x.astype(">f8"),
        still,
        odd,
        rows,
        x.astype(np.float32),
        x.astype(np.float16),
    ]
    for _ in range(3):
        for y in kinds:
            expected = np.asarray(y, np.float64)
            np.testing.assert_allclose(jk.stats.nanmean(y), expected.mean(), rtol=1e-3)
            np.testing.assert_allclose(jk.stats.nanmin(y), expected.min(), rtol=1e-3)
            np.testing.assert_allclose(jk.stats.nanmedian(y), np.median(expected), rtol=1e-3)
            np.testing.assert_allclose(jk.stats.move_mean(y, 5), means(expected, 5), rtol=1e-3, atol=1e-3)


def test_arrays_of_several_axes():
    for turn in range(4):
        x = np.random.default_rng(turn).standard_normal((6, 50))
        np.testing.assert_allclose(jk.stats.mean(x, 1), x.mean(1))
        np.testing.assert_allclose(jk.stats.mean(x, 1, keepdims=True), x.mean(1, keepdims=True))
        np.testing.assert_array_equal(jk.stats.nanmin(x, -1), x.min(1))
        np.testing.assert_array_equal(jk.stats.nanmax(x), x.max())
        y = x.reshape(50, 6).T  # of the same shape, in another order
        np.testing.assert_allclose(jk.stats.mean(y, 1), y.mean(1))
        np.testing.assert_array_equal(jk.stats.nanmin(y, -1), y.min(1))
        np.testing.assert_allclose(jk.stats.median(x, 1), np.median(x, 1))
        np.testing.assert_allclose(jk.stats.quantile(y, 0.25, 1, keepdims=True), np.quantile(y, 0.25, 1, keepdims=True))
        np.testing.assert_allclose(jk.stats.median(x.reshape(50, 6), 0), np.median(x.reshape(50, 6), 0))
        np.testing.assert_allclose(jk.stats.median(x.reshape(50, 6), 1), np.median(x.reshape(50, 6), 1))
        np.testing.assert_allclose(jk.stats.move_sum(x, 3)[:, 2:], x[:, 2:] + x[:, 1:-1] + x[:, :-2])
        np.testing.assert_allclose(jk.stats.move_sum(y, 3)[:, 2:], y[:, 2:] + y[:, 1:-1] + y[:, :-2])


def test_what_is_equal_to_an_argument_is_still_refused():
    x = values(40)
    for _ in range(3):
        jk.stats.move_sum(x, 1, axis=0)
        jk.stats.mean(x.reshape(4, 10), 1)
        jk.stats.nanmin(x.reshape(4, 10), 1)
    for function in (jk.stats.mean, jk.stats.nanmin):
        for axis in (1.0, [0]):
            with pytest.raises(TypeError, match="axis"):
                function(x.reshape(4, 10), axis)
    with pytest.raises(TypeError, match="axis"):
        jk.stats.move_sum(x, 1, axis=0.0)


@pytest.mark.parametrize("dtype", ["bool", "int64", "float32"])
@pytest.mark.parametrize("axis", [None, 0, -1, (1, 0), ()])
def test_reductions_that_are_repeated(dtype, axis):
    add = lambda a, b: a + b  # noqa: E731
    for turn in range(3):
        for shape in ((7, 50), (3, 300), (200, 2), (30, 1)):
            x = np.random.default_rng(turn).integers(0, 90, shape).astype(dtype)
            for y in (x, np.asfortranarray(x), np.repeat(x, 2, 1)[:, ::2], x[::-1], x.astype(x.dtype.newbyteorder())):
                for op, ufunc in (("add", np.add), (max, np.maximum), (np.minimum, np.minimum)):
                    for keepdims in (False, True):
                        got = jk.reduce(op, y, axis=axis, keepdims=keepdims)
                        want = ufunc.reduce(y, axis=axis, keepdims=keepdims)
                        assert type(got) is type(want)
                        assert got.dtype == want.dtype.newbyteorder("=")
                        np.testing.assert_allclose(got, want, rtol=1e-5)
                        out = np.zeros(np.shape(want), "complex128")
                        assert jk.reduce(op, y, axis=axis, keepdims=keepdims, out=out) is out
                        np.testing.assert_array_equal(out, got)
                if dtype != "bool":
                    np.testing.assert_allclose(
                        jk.reduce(add, y, axis=axis), np.add.reduce(y, axis=axis, dtype=dtype), rtol=1e-5
                    )


@pytest.mark.parametrize("mode", ["reflect", "constant", "nearest", "mirror", "wrap"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_filters_that_are_repeated(dtype, mode):
    padding = {"reflect": "symmetric", "constant": "constant", "nearest": "edge", "mirror": "reflect", "wrap": "wrap"}
    held = {"constant_values": 0.5} if mode == "constant" else {}
    bell = np.exp(-0.5 * np.arange(-4, 5.0) ** 2)
    for n in (3, 50, 301):
        x = values(n, dtype, n)
        for width, moved in ((3, 0), (4, -1), (9, 2)):
            left = width // 2 + moved
            around = np.pad(x.astype("float64"), (left, width - 1 - left), padding[mode], **held)
            expected = np.convolve(around, np.ones(width), "valid") / width
            results = [jk.signal.uniform_filter(x, width, mode, 0.5, moved) for _ in range(5)]
            for found in results:
                np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
                assert found.dtype == dtype
            assert len({found.ctypes.data for found in results}) == 5
        expected = np.convolve(np.pad(x.astype("float64"), 4, padding[mode], **held), bell / bell.sum(), "valid")
        for _ in range(5):
            np.testing.assert_allclose(jk.signal.gaussian_filter(x, 1.0, 0, mode, 0.5), expected, rtol=1e-4, atol=1e-6)


def test_filters_like_one_before_that_are_not_meant():
    x = values(50)
    means = jk.signal.uniform_filter(x, 3)
    for _ in range(4):
        np.testing.assert_array_equal(jk.signal.uniform_filter(x, 3), means)
        jk.signal.gaussian_filter(x, 1.0)
    out = np.empty(50)
    assert jk.signal.uniform_filter(x, 3, out=out) is out
    np.testing.assert_array_equal(out, means)
    np.testing.assert_array_equal(jk.signal.uniform_filter(x, 3, axes=()), x)
    np.testing.assert_allclose(jk.signal.uniform_filter(x[::-1], 3), means[::-1], rtol=1e-12, atol=1e-15)
    for wrong, message in (
        ({"mode": "none"}, "uniform_filter: mode"),
        ({"origin": 2}, "origin"),
        ({"size": 0}, "size"),
    ):
        for _ in range(2):
            with pytest.raises(ValueError, match=message):
                jk.signal.uniform_filter(x, **{"size": 3, **wrong})
    np.testing.assert_array_equal(jk.signal.uniform_filter(x, 1), x)
    with pytest.raises(jk.LaunchError, match="size=True"):
        jk.signal.uniform_filter(x, True)
    with jk.backend("python"):
        np.testing.assert_allclose(jk.signal.uniform_filter(x, 3), means, rtol=1e-12, atol=1e-15)


def test_equal_arguments_of_another_kind_are_still_refused():
    x = np.arange(12.0).reshape(4, 3)
    for _ in range(3):
        jk.reduce("add", x, axis=1)
    for axis in (True, 1.0, [1]):
        with pytest.raises(TypeError, match="axis"):
            jk.reduce("add", x, axis=axis)
    with pytest.raises(jk.LaunchError, match="identity"):
        jk.reduce(max, x[:0])
    for out, error in ((np.zeros(3), jk.LaunchError), (np.zeros(4, int), jk.errors.KernelTypeError)):
        with pytest.raises(error, match="out="):
            jk.reduce("add", x, axis=1, out=out)


def test_operators_of_the_users_do_not_hold_up_other_threads(monkeypatch):
    x = np.arange(50.0)
    for _ in range(4):
        assert jk.reduce(lambda a, b: a + b, x, backend="cpu") == 1225
        assert jk.reduce("add", x, backend="cpu") == 1225
        assert jk.reduce(lambda a, b: a + b, x.reshape(10, 5), axis=0, backend="cpu")[0] == 225
    assert len(_BY_NAME[1].calls._ready) == 2
    assert len(_BY_NAME[1].calls._opened) <= 1


def test_another_backend_is_asked_for(monkeypatch):
    x = values(40)
    for _ in range(3):
        jk.stats.nanmean(x)
    called = []
    call = ready.Ready.__call__
    monkeypatch.setattr(ready.Ready, "__call__", lambda *args: called.append(1) or call(*args))
    _statistic.calls._opened.clear()
    with jk.backend("python"):
        assert jk.stats.nanmean(x) == pytest.approx(x.mean())
    assert jk.stats.nanmean(x, backend="python") == pytest.approx(x.mean())
    assert not called
    with pytest.raises(jk.errors.BackendError, match="no backend"):
        jk.stats.nanmean(x, backend="gpu")


def test_threads_do_not_share_results_or_scratch_memory():
    arrays = [values(1000, seed=seed) for seed in range(4)]
    expected = [jk.stats.move_min(x, 7) for x in arrays]
    wrong = []

    def work(k):
        for _ in range(300):
            if not np.array_equal(jk.stats.move_min(arrays[k], 7), expected[k], equal_nan=True):
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def smallest(x, axis=None, *rest):
    """Ask compiled code for what `nanmin` keeps."""
    return _extremes.calls.enter(x, False, axis, False, *rest)


@pytest.fixture
def known():
    """Elements whose smallest compiled code finds alone."""
    x = values(50)
    for _ in range(4):
        jk.stats.nanmin(x)
    if smallest(x) is None:
        pytest.skip("this process keeps the fields of objects elsewhere, or another backend is asked for")
    return x


def test_what_is_known_is_given_for_just_this(known, monkeypatch):
    x = known
    assert smallest(x) == smallest(x, None, None, None) == x.min()
    assert type(smallest(x)) is np.float64
    for other in (x[:49], x[::-1], x.astype(np.float32), x.astype(">f8"), x.reshape(5, 10), list(x), None):
        assert smallest(other) is None
    for asked in ((0,), (None, x), (None, None, 1), (10**30,), (-(10**30),), (True,), (0.0,)):
        assert smallest(x, *asked) is None
    assert _extremes.calls.enter(x) is _extremes.calls.enter(x, True, None, False) is None
    with jk.backend("cpu"):
        assert smallest(x) is None
    monkeypatch.setenv("JITKIT_BACKEND", "cpu")
    assert smallest(x) is None
    monkeypatch.delenv("JITKIT_BACKEND")
    assert smallest(x) == x.min()


def test_integers_are_known_by_their_values():
    x = values(700)
    for _ in range(4):
        jk.stats.move_sum(x, int("300"), int("280"))
    if _rolling.calls.enter is ready._unknown:
        pytest.skip("this process keeps the fields of objects elsewhere, or another backend is asked for")
    before = len(_rolling.calls._known)
    expected = np.array([x[max(0, k - 299) : k + 1].sum() if k >= 279 else np.nan for k in range(700)])
    np.testing.assert_allclose(jk.stats.move_sum(x, int("300"), int("280")), expected)
    for window in (301, 10**30, -(10**30)):
        make = next(iter(_rolling.calls._opened))[0]
        assert _rolling.calls.enter(x, make, window, int("280"), -1) is None
        assert _rolling.calls.enter(x, make, int("300"), int("280"), -1) is not None
    for window in (True, 10**30):
        with pytest.raises((TypeError, ValueError), match="window"):
            jk.stats.move_sum(x, window)
    assert len(_rolling.calls._known) == before


def test_more_kinds_of_calls_than_are_known_at_once():
    expected, arrays = [], [values(n, "float32" if n % 2 else "float64", n) for n in range(30, 80)]
    for x in arrays:
        expected.append((x.min(), x.max(), np.median(x)))
    for _ in range(4):
        for x, found in zip(arrays, expected, strict=True):
            assert (jk.stats.nanmin(x), jk.stats.nanmax(x), jk.stats.nanmedian(x)) == pytest.approx(found, rel=1e-6)
            assert jk.stats.nanmin(x, keepdims=True).shape == (1,)
    assert len(_extremes.calls._known) <= ready._FIRST + ready._KNOWN


def test_what_is_known_loses_and_keeps_no_objects(known):
    window, make = int("1000"), object()
    for _ in range(1000):
        smallest(known), smallest(known, window), smallest(known, make), jk.stats.nanmax(known)
    before = sys.getrefcount(None), sys.getrefcount(window), sys.getrefcount(make), sys.getrefcount(known)
    for _ in range(1000):
        smallest(known), smallest(known, window), smallest(known, make), jk.stats.nanmax(known)
    after = sys.getrefcount(None), sys.getrefcount(window), sys.getrefcount(make), sys.getrefcount(known)
    assert max(abs(a - b) for a, b in zip(after, before, strict=True)) < 100
    known_one = _extremes.calls._known[ready._FIRST]
    assert sys.getrefcount(known_one) < 10
