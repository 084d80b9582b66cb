"""`jk.signal` filters, convolutions and medians against SciPy, on every backend."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

import jitkit as jk
from jitkit import signal
from jitkit.cases import signal_bilateral_filter as bilateral_case
from jitkit.cases.case import Problem

MODES = ("reflect", "constant", "nearest", "mirror", "wrap")
RNG = np.random.default_rng(3)
IMAGE = RNG.random((9, 20)).astype(np.float32)


def close(got, expected):
    assert got.dtype == IMAGE.dtype
    assert isinstance(got, np.ndarray)
    np.testing.assert_allclose(got, expected, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("mode", MODES)
def test_filters_along_an_axis_as_scipy(mode, backend):
    for taps, origin in ((4, 1), (5, -1), (25, 0)):
        weights = RNG.random(taps)
        for axis in (0, 1):
            for name in ("correlate1d", "convolve1d"):
                got = getattr(signal, name)(IMAGE, weights, axis, mode, 0.5, origin, backend=backend)
                theirs = getattr(scipy.ndimage, name)(IMAGE.astype(float), weights, axis, None, mode, 0.5, origin)
                close(got, theirs)
    assert np.isposinf(signal.correlate1d(IMAGE + 1, [np.inf, 1], 0, mode, 0.5, backend=backend)).all()


@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(1, 12), st.integers(0, 3), st.sampled_from(MODES)
)
@settings(max_examples=60)
def test_filters_any_shape(shape, taps, axis, mode):
    x, weights = RNG.random(shape), RNG.random(taps)
    axis %= len(shape)
    for given_x in (x, np.asfortranarray(x), x[::-1]):
        got = signal.correlate1d(given_x, weights, axis, mode, backend="cpu")
        np.testing.assert_allclose(got, scipy.ndimage.correlate1d(given_x, weights, axis, None, mode), rtol=1e-12)


@pytest.mark.parametrize("mode", MODES)
def test_short_rows_and_few_columns(mode, backend):
    for shape in ((150, 1), (133, 10), (64, 64), (2, 40, 7), (65, 65)):  # whole blocks of rows, and parts of one
        x = RNG.standard_normal(shape).astype(np.float32)
        for taps, origin in ((3, 0), (12, -4), (40, 3)):
            weights = RNG.random(taps)
            for axis in (-1, 0):
                got = signal.correlate1d(x, weights, axis, mode, 0.5, origin, backend=backend)
                theirs = scipy.ndimage.correlate1d(x.astype(float), weights, axis, None, mode, 0.5, origin)
                np.testing.assert_allclose(got, theirs, rtol=1e-5, atol=1e-4)
    x[3, 4], x[5, 60] = np.nan, np.inf
    got = signal.correlate1d(x[:, :50], [1.0, 2.0, 1.0], -1, mode, backend=backend)
    theirs = scipy.ndimage.correlate1d(x[:, :50].astype(float), [1.0, 2.0, 1.0], -1, None, mode)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(theirs))


def test_what_is_kept_for_the_next_call_is_for_calls_like_it():
    x = RNG.standard_normal(60)
    picture = x.reshape(6, 10)
    for _ in range(2):
        for mode in MODES:
            for sigma, order, radius in ((1.0, 0, 3), (1.0, 1, 3), (1, 0, 2), (2.0, 0, 3)):
                got = signal.gaussian_filter(x, sigma, order, mode, radius=radius, backend="cpu")
                theirs = scipy.ndimage.gaussian_filter(x, sigma, order, mode=mode, radius=radius)
                np.testing.assert_allclose(got, theirs, rtol=1e-12, atol=1e-15)
            for y in (x, x[:37], picture, picture.T, picture[:4]):
                for size in (3, 4, 5):
                    theirs = scipy.ndimage.uniform_filter(y, size, mode=mode)
                    np.testing.assert_allclose(
                        signal.uniform_filter(y, size, mode=mode, backend="cpu"), theirs, rtol=1e-12, atol=1e-15
                    )
                    theirs = scipy.ndimage.median_filter(y, size, mode=mode)
                    np.testing.assert_array_equal(signal.median_filter(y, size, mode=mode, backend="cpu"), theirs)
        for footprint in (np.eye(3), np.eye(3)[::-1], np.ones((3, 1)), np.ones((1, 3))):
            theirs = scipy.ndimage.median_filter(picture, footprint=footprint)
            np.testing.assert_array_equal(signal.median_filter(picture, footprint=footprint, backend="cpu"), theirs)


def test_gaussians_and_boxes_as_scipy(backend):
    wide = IMAGE.astype(float)
    for order in (0, 1, (0, 2)):
        close(
            signal.gaussian_filter(IMAGE, 1.3, order, backend=backend), scipy.ndimage.gaussian_filter(wide, 1.3, order)
        )
    got = signal.gaussian_filter(IMAGE, (2, 0.5), mode=("wrap", "mirror"), truncate=2, backend=backend)
    close(got, scipy.ndimage.gaussian_filter(wide, (2, 0.5), mode=("wrap", "mirror"), truncate=2))
    close(signal.gaussian_filter(IMAGE, 2, axes=1, radius=3, backend=backend),
          scipy.ndimage.gaussian_filter(wide, 2, axes=(1,), radius=3))  # fmt: skip
    for size, origin in ((3, 0), ((4, 7), (0, 1))):
        got = signal.uniform_filter(IMAGE, size, "constant", 2.0, origin, backend=backend)
        close(got, scipy.ndimage.uniform_filter(wide, size, None, "constant", 2.0, origin))


@pytest.mark.parametrize("mode", MODES)
def test_wide_boxes_as_scipy(mode, backend):
    image = RNG.random((37, 50)).astype(np.float32)
    for size, origin in ((17, 0), ((16, 40), (-3, 8))):
        got = signal.uniform_filter(image, size, mode, 0.5, origin, backend=backend)
        close(got, scipy.ndimage.uniform_filter(image.astype(float), size, None, mode, 0.5, origin))


@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=3),
    st.integers(16, 70),
    st.integers(-8, 7),
    st.sampled_from(MODES),
)
@settings(max_examples=60)
def test_wide_boxes_of_any_shape(shape, size, origin, mode):
    x = RNG.random(shape)
    got = signal.uniform_filter(x, size, mode, 0.5, origin, backend="cpu")
    np.testing.assert_allclose(got, scipy.ndimage.uniform_filter(x, size, None, mode, 0.5, origin), rtol=1e-11)


def test_wide_boxes_of_long_rows():
    for n in (16 * 128, 16 * 128 + 1, 5000, 20_000):
        x = RNG.random((3, n)).astype(np.float32)
        for size in (16, 101, 3000):
            expected = scipy.ndimage.uniform_filter1d(x.astype(float), size)
            close(signal.uniform_filter(x, size, axes=1), expected)
            close(signal.uniform_filter(np.ascontiguousarray(x.T), size, axes=0), expected.T)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e38])
def test_boxes_keep_what_is_in_them(bad, backend):
    x = RNG.random((3, 90)).astype(np.float32)
    x[1, 30] = bad
    padded = np.pad(x.astype(float), ((0, 0), (8, 8)), mode="symmetric")
    expected = np.lib.stride_tricks.sliding_window_view(padded, 17, axis=1).mean(axis=2)
    close(signal.uniform_filter(x, 17, axes=1, backend=backend), expected)
    close(signal.uniform_filter(np.ascontiguousarray(x.T), 17, axes=0, backend=backend), expected.T)


@pytest.mark.parametrize("mode", MODES)
def test_medians_as_scipy(mode, backend):
    for size in (1, 3, (2, 5), 9) if backend == "cpu" else (3, 9):  # 81 elements are searched, fewer sorted
        got = signal.median_filter(IMAGE, size, mode=mode, cval=0.5, backend=backend)
        np.testing.assert_array_equal(got, scipy.ndimage.median_filter(IMAGE, size, mode=mode, cval=0.5))
    volume = IMAGE.reshape(3, 12, 5)
    got = signal.median_filter(volume, (3, 2, 1), mode=mode, cval=0.5, origin=(1, -1, 0), backend=backend)
    theirs = scipy.ndimage.median_filter(volume, (3, 2, 1), mode=mode, cval=0.5, origin=(1, -1, 0))
    np.testing.assert_array_equal(got, theirs)


@given(st.lists(st.integers(1, 7), max_size=4), st.data())
@settings(max_examples=40)
def test_medians_of_any_shape(shape, data):
    x = RNG.random(shape)
    axes = tuple(data.draw(st.lists(st.integers(0, len(shape) - 1), unique=True))) if shape else ()
    mode, sizes = data.draw(st.sampled_from(MODES)), tuple(data.draw(st.integers(1, 5)) for _ in axes)
    footprint = np.asarray(RNG.random(sizes) < 0.7)
    footprint[(0,) * len(sizes)] = True
    origin = tuple(data.draw(st.integers(-(n // 2), (n - 1) // 2)) for n in sizes)
    got = signal.median_filter(x, mode=mode, origin=origin, footprint=footprint, axes=axes, backend="cpu")
    # SciPy 1.17 pairs footprints with sorted axes, and takes one-dimensional ones for whole ones, whatever they leave out.
    first, rest = tuple(range(1, 1 + len(axes))), len(shape) - len(axes)
    turned = np.moveaxis(x[None], [1 + k for k in axes], first)
    whole = footprint.reshape(1, *sizes, *[1] * rest)
    theirs = scipy.ndimage.median_filter(turned, footprint=whole, mode=mode, origin=(0, *origin, *[0] * rest))
    np.testing.assert_array_equal(got, np.moveaxis(theirs, first, [1 + k for k in axes])[0])


def test_a_value_for_each_axis_in_the_order_of_the_axes(backend):
    wide = IMAGE.astype(float)
    modes = ("wrap", "mirror")
    for axes in ((1, 0), (-1, 0)):
        got = signal.gaussian_filter(IMAGE, (2, 0.5), (0, 1), modes, radius=(3, 2), axes=axes, backend=backend)
        close(got, scipy.ndimage.gaussian_filter(wide, (2, 0.5), (0, 1), mode=modes, radius=(3, 2), axes=axes))
        got = signal.uniform_filter(IMAGE, (3, 6), modes, origin=(0, -2), axes=axes, backend=backend)
        close(got, scipy.ndimage.uniform_filter(wide, (3, 6), mode=modes, origin=(0, -2), axes=axes))
        got = signal.median_filter(IMAGE, (3, 6), origin=(0, -2), axes=axes, backend=backend)
        np.testing.assert_array_equal(got, scipy.ndimage.median_filter(IMAGE, (6, 3), origin=(-2, 0)))


def test_medians_of_what_is_not_common():
    x = RNG.random(300)
    x[40:60], x[61], x[90] = np.inf, -np.inf, -0.0
    for size in (5, 90):
        np.testing.assert_array_equal(signal.median_filter(x, size), scipy.ndimage.median_filter(x, size))
    cross = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]])
    image = IMAGE.astype(float)
    got = signal.median_filter(image, footprint=cross, origin=(1, 0))
    np.testing.assert_array_equal(got, scipy.ndimage.median_filter(image, footprint=cross, origin=(1, 0)))
    values = np.exp(RNG.normal(0, 80, (12, 15)))  # halving the range takes many turns
    np.testing.assert_array_equal(signal.median_filter(values, 9), scipy.ndimage.median_filter(values, 9))


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_convolves_as_scipy(mode, backend):
    for first, second, tap in (
        ((40,), (6,), np.inf),
        ((3, 7), (8, 9), 0),
        ((9, 20), (4, 3), 0),
        ((4, 5, 6), (2, 3, 2), 0),
    ):
        x, w = RNG.random(first).astype(np.float32), RNG.random(second).astype(np.float32)
        w[(0,) * w.ndim] += tap
        for name in ("convolve", "correlate"):
            got = getattr(signal, name)(x, w, mode, backend=backend)
            close(got, getattr(scipy.signal, name)(x.astype(float), w.astype(float), mode, "direct"))


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_convolves_short_vectors_as_scipy(mode, backend):
    for n, m in ((1, 1), (1, 5), (5, 1), (6, 40), (33, 32), (50, 3)):
        x, w = RNG.normal(size=n), RNG.normal(size=m)
        for first, second in ((x, w), (x.astype(np.float32), w), (np.arange(n), np.arange(m)[::-1])):
            for name in ("convolve", "correlate"):
                got = getattr(signal, name)(first, second, mode, backend=backend)
                expected = getattr(scipy.signal, name)(first.astype(float), second.astype(float), mode, "direct")
                assert got.dtype == np.float64
                np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)
    x = np.array([1.0, np.nan, 0, 0, 0, np.inf, 0, 0])
    expected = scipy.signal.convolve(x, [2.0, 1.0, 3.0], mode, "direct")
    np.testing.assert_array_equal(signal.convolve(x, np.array([2.0, 1.0, 3.0]), mode, backend=backend), expected)


@pytest.mark.parametrize("method", ["auto", "direct", "fft"])
@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_convolves_by_each_method(mode, method):
    for first, second, imaginary in (((700,), (500,), 0), ((30, 40), (9, 40), 1), ((4, 5, 6), (3, 5, 2), 0)):
        x, w = RNG.random(first) + imaginary * 1j * RNG.random(first), RNG.random(second)
        for name in ("convolve", "correlate"):
            got = getattr(signal, name)(x, w, mode, method, backend="cpu")
            expected = getattr(scipy.signal, name)(x, w, mode, "direct")
            np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9)


def test_bilateral_of_grey_and_colour(backend):
    def expected(image, **channel):
        return bilateral_case.reference(Problem(0, (image, np.zeros(image.shape)), ("out",)))["out"]

    sigmas = (bilateral_case.SIGMA_SPACE, bilateral_case.SIGMA_RANGE, bilateral_case.RADIUS)
    close(signal.bilateral_filter(IMAGE, *sigmas, backend=backend), expected(IMAGE))
    # A colour image whose channels are equal is a grey one with differences root three times as large.
    colour = np.repeat(IMAGE[..., None], 3, axis=2) / np.float32(np.sqrt(3))
    got = signal.bilateral_filter(colour, *sigmas, backend=backend)
    for k in range(3):
        close(got[..., k] * np.float32(np.sqrt(3)), expected(IMAGE))


def test_bilateral_tells_colours_apart():
    image = np.zeros((6, 8, 3))
    image[:, 4:, 1] = 1
    np.testing.assert_allclose(signal.bilateral_filter(image, 2, 0.05, 2), image, atol=1e-12)
    shifted = signal.bilateral_filter(image, 2, 5.0, 2)
    assert 0.1 < shifted[3, 3, 1] < 0.5
    np.testing.assert_array_equal(shifted[..., 0], 0)


OPERATIONS = {
    "correlate1d": lambda x, **kw: signal.correlate1d(x, [1, 2, 1], **kw),
    "gaussian_filter": lambda x, **kw: signal.gaussian_filter(x, 1.0, **kw),
    "uniform_filter": lambda x, **kw: signal.uniform_filter(x, 3, **kw),
    "median_filter": lambda x, **kw: signal.median_filter(x, 3, **kw),
    "bilateral_filter": lambda x, **kw: signal.bilateral_filter(x, 1.0, 0.3, 2, **kw),
    "convolve": lambda x, **kw: signal.convolve(x, np.ones((2, 2)), "same", **kw),
}


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
def test_convolves_long_vectors_in_pieces(mode, dtype):
    rng = np.random.default_rng(9)
    for n, m in ((1 << 14, 1), (1 << 14, 20), (17000, 21), (4 * 4096 + 3, 512), (150_000, 33)):
        x, w = (rng.standard_normal(k).astype(dtype) for k in (n, m))
        if dtype == "complex128":
            x, w = x + 1j * rng.standard_normal(n), w - 1j * rng.standard_normal(m)
        for one, other in ((x, w), (w, x)):
            for name in ("convolve", "correlate"):
                expected = getattr(scipy.signal, name)(one, other, mode, "direct" if m < 100 else "fft")
                got = getattr(signal, name)(one, other, mode, "fft", backend="cpu")
                scale = float(np.finfo(dtype).eps) * 16 * np.sqrt(m)
                np.testing.assert_allclose(got, expected, rtol=0, atol=scale * np.abs(expected).max())
                assert got.dtype == dtype


def test_long_vectors_choose_pieces_by_themselves():
    rng = np.random.default_rng(10)
    x, w = rng.standard_normal(70_000), rng.standard_normal(300)
    out = np.empty(70_000)
    x[40_000] = np.nan
    assert signal.convolve(x, w, "same", out=out, backend="cpu") is out
    there = np.isnan(out)
    assert there[39_900:40_100].all()
    assert not there[:30_000].any()
    assert not there[50_000:].any()  # a NaN spoils its pieces alone
    expected = scipy.signal.convolve(np.nan_to_num(x), w, "same", "fft")
    np.testing.assert_allclose(out[~there], expected[~there], rtol=0, atol=1e-11)


@pytest.mark.parametrize("name", OPERATIONS)
def test_arrays_of_every_kind(name):
    run, x = OPERATIONS[name], RNG.random((7, 9))
    expected = run(x)
    frozen = x.copy()
    frozen.flags.writeable = False
    for given_x in (np.asfortranarray(x), x[::-1][::-1], frozen, x.tolist()):
        np.testing.assert_array_equal(run(given_x), expected)
    np.testing.assert_allclose(run((x * 9).astype(int)), run((x * 9).astype(int).astype(float)))
    for out in (np.zeros((7, 9)), np.zeros((9, 7)).T, np.zeros((14, 9))[::2], np.zeros((7, 9), np.float32)):
        assert run(x, out=out) is out
        np.testing.assert_allclose(out, expected, rtol=1e-6)
    inplace = x.copy()
    np.testing.assert_allclose(run(inplace, out=inplace), expected)
    assert run(np.zeros((0, 4))).shape == (0, 4)
    with pytest.raises(jk.LaunchError, match=rf"jk.signal.{name}: out= has the shape \(3, 3\)"):
        run(x, out=np.zeros((3, 3)))
    with pytest.raises(jk.KernelTypeError, match=f"jk.signal.{name}"):
        run(np.array([["a"]]))


def test_device_arrays_stay_on_the_device():
    with jk.emulate_cuda():
        there = jk.asarray(IMAGE, device="cuda")
        for run in (OPERATIONS["correlate1d"], OPERATIONS["median_filter"]):
            got = run(there)
            assert not isinstance(got, np.ndarray)
            close(jk.to_numpy(got), run(IMAGE))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: signal.correlate1d(x, [1, 2], mode="mirrored"), ValueError, "mode='mirrored'; there are 'reflect'"),
        (lambda x: signal.correlate1d(x, [1, 2], origin=3), ValueError, "origin=3 puts the centre of 2 taps"),
        (
            lambda x: signal.gaussian_filter(x, -1),
            ValueError,
            "gaussian_filter: sigma=-1.0; it is a finite number from 0",
        ),
        (lambda x: signal.median_filter(x, origin=0.5), ValueError, "origin=0.5; it is an integer"),
        (lambda x: signal.correlate1d(x, [[1, 2]]), jk.LaunchError, "weights are a vector"),
        (lambda x: signal.correlate1d(1.0, [1, 2]), jk.LaunchError, "no axis"),
        (lambda x: signal.correlate1d(x, [1, 2], axis=5), np.exceptions.AxisError, "out of bounds"),
        (lambda x: signal.gaussian_filter(x, (1, 2, 3)), jk.LaunchError, "sigma has 3 values for 2 axes"),
        (lambda x: signal.gaussian_filter(x, 1, order=-1), ValueError, "order=-1"),
        (lambda x: signal.uniform_filter(x, 0), ValueError, "size=0"),
        (lambda x: signal.median_filter(x, 0), ValueError, "size=0"),
        (lambda x: signal.median_filter(x, footprint=np.ones(9)), jk.LaunchError, "has 1 dimensions and 9 elements"),
        (lambda x: signal.median_filter(x, footprint=[[0]]), jk.LaunchError, "2 dimensions and 0 elements"),
        (lambda x: signal.median_filter(x, axes=(0, -2)), ValueError, "repeated axis"),
        (lambda x: signal.convolve(x, x[0]), jk.LaunchError, "as many dimensions"),
        (lambda x: signal.convolve(x, x, "some"), ValueError, "mode='some'"),
        (lambda x: signal.convolve(x, x, method="fast"), ValueError, "method='fast'"),
        (lambda x: signal.convolve(x, np.ones((2, 30)), "valid"), ValueError, "one array lies in the other"),
        (lambda x: signal.bilateral_filter(x[0]), jk.LaunchError, "takes .rows, columns."),
        (lambda x: signal.bilateral_filter(x, 0.0), ValueError, "both are positive"),
        (lambda x: signal.bilateral_filter(x, radius=-1), ValueError, "radius=-1"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(IMAGE)
