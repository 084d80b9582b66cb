"""`jk.signal.resample`, `upfirdn`, `resize`, `sosfilt` and `decimate` against SciPy, on every backend."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal

import jitkit as jk
from jitkit import signal

RNG = np.random.default_rng(9)


def close(got, expected):
    np.testing.assert_allclose(got, expected, rtol=2e-5, atol=2e-5)
    assert got.shape == expected.shape


@pytest.mark.parametrize("up_down", [(1, 1), (2, 3), (3, 2), (5, 1), (1, 6), (4, 4)])
def test_polyphase_filters_as_scipy(up_down, backend):
    for taps, n in ((7, 10), (30, 4), (3, 40)):
        h, x = RNG.random(taps), RNG.random((2, n)).astype(np.float32)
        got = signal.upfirdn(h, x, *up_down, backend=backend)
        assert got.dtype == np.float32
        close(got, scipy.signal.upfirdn(h, x.astype(float), *up_down))
    close(
        signal.upfirdn(h, x, *up_down, axis=0, backend=backend), scipy.signal.upfirdn(h, x.astype(float), *up_down, 0)
    )


def test_what_is_kept_for_the_next_call_is_for_calls_like_it():
    x = RNG.random(3000)
    unstable = np.array([[1.0, 0.0, 0.0, 1.0, -1.001, 0.0]])
    filters = [
        scipy.signal.butter(4, 0.2, output="sos"),
        scipy.signal.butter(4, 0.3, output="sos"),
        unstable,
        -unstable,
    ]
    filters[3][0, 3:5] = 1.0, 0.5
    for _ in range(2):
        for sos in filters:
            for n in (3000, 2000, 700):
                got = signal.sosfilt(sos, x[:n], backend="cpu")
                np.testing.assert_allclose(got, scipy.signal.sosfilt(sos, x[:n]), rtol=1e-9, atol=1e-12)
        for taps in (x[:20], x[1:21], x[:25], x[:20:2]):
            for up, down in ((3, 2), (2, 3), (3, 4)):
                got = signal.upfirdn(taps, x[:500], up, down, backend="cpu")
                np.testing.assert_allclose(got, scipy.signal.upfirdn(taps, x[:500], up, down), rtol=1e-12)
        for window in (("kaiser", 5.0), ("kaiser", 8.0), x[:31]):
            for up, down in ((3, 2), (2, 3), (101, 7)):
                got = signal.resample_poly(x[:300], up, down, window=window, backend="cpu")
                theirs = scipy.signal.resample_poly(x[:300], up, down, window=window)
                np.testing.assert_allclose(got, theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("up_down", [(3, 2), (2, 7), (160, 147)])
def test_polyphase_filters_of_long_signals_as_scipy(up_down):
    # The results of one phase are put in their places some at a time.
    h, x = RNG.random(500), RNG.random((2, 90_001))
    close(signal.upfirdn(h, x, *up_down, backend="cpu"), scipy.signal.upfirdn(h, x, *up_down))
    close(signal.resample_poly(x, *up_down, 1, backend="cpu"), scipy.signal.resample_poly(x, *up_down, 1))


def test_resamples_as_scipy(backend):
    for n, num in ((8, 12), (12, 8), (8, 8), (6, 2)):
        x = RNG.random((n, 3)).astype(np.float32)
        got = signal.resample(x, num, backend=backend)
        assert got.dtype == np.float32
        close(got, scipy.signal.resample(x.astype(float), num))


def test_resamples_to_any_number():
    for n in (1, 5, 8):
        for num in range(1, 18):
            x = RNG.random((2, n))
            np.testing.assert_allclose(
                signal.resample(x, num, axis=1), scipy.signal.resample(x, num, axis=1), atol=1e-12
            )
            x[0, 0] = np.inf
            assert np.isfinite(signal.resample(x, num, axis=1)).any(axis=1).tolist() == [False, True]


@pytest.mark.parametrize("up_down", [(2, 3), (3, 2), (6, 4), (1, 5), (7, 1), (3, 3)])
def test_resamples_by_ratios_as_scipy(up_down, backend):
    x = RNG.random((31, 2)).astype(np.float32)
    got = signal.resample_poly(x, *up_down, backend=backend)
    assert got.dtype == np.float32
    close(got, scipy.signal.resample_poly(x.astype(float), *up_down))


PADDINGS = [
    "constant", "mean", "median", "minimum", "maximum", "wrap", "edge", "smooth", "symmetric", "reflect", "antisymmetric",
    "antireflect", "line",
]  # fmt: skip


@pytest.mark.parametrize("padtype", PADDINGS)
def test_resamples_any_ratio_window_and_border(padtype):
    for n in (1, 2, 9, 40):
        x = RNG.random((2, n))
        for up, down in ((1, 3), (4, 3), (5, 7), (9, 2)):
            for window in (("kaiser", 5.0), ("kaiser", 2.0), RNG.random(6), RNG.random(23)):
                if n == 1 and padtype in (
                    "smooth",
                    "reflect",
                    "antireflect",
                    "line",
                ):  # of which SciPy makes NaN, or worse
                    theirs = scipy.signal.resample_poly(x, up, down, 1, window, "edge")
                else:
                    theirs = scipy.signal.resample_poly(x, up, down, 1, window, padtype)
                got = signal.resample_poly(x, up, down, 1, window, padtype, backend="cpu")
                np.testing.assert_allclose(got, theirs, rtol=1e-11, atol=1e-11)
                x[0, 0] = np.inf
                beside = signal.resample_poly(x, up, down, 1, window, padtype, backend="cpu")[1]
                np.testing.assert_array_equal(beside, got[1])
                x[0, 0] = 0.5


@pytest.mark.parametrize("padtype", PADDINGS)
def test_resamples_with_every_border_everywhere(padtype, backend):
    x = RNG.random((2, 5, 2)).astype(np.float32)
    theirs = scipy.signal.resample_poly(x.astype(float), 3, 2, 1, padtype=padtype)
    got = signal.resample_poly(x, 3, 2, 1, padtype=padtype, backend=backend)
    assert got.dtype == np.float32
    close(got, theirs)
    if backend == "cuda":
        there = signal.resample_poly(jk.asarray(x, device="cuda"), 3, 2, 1, padtype=padtype)
        assert not isinstance(there, np.ndarray)
        close(jk.to_numpy(there), theirs)


@pytest.mark.parametrize("mode", PADDINGS[:1] + PADDINGS[5:])
def test_extends_signals_as_scipy(mode):
    for n in (2, 3, 7, 40):
        x, h = RNG.random(n), RNG.random(50)
        for up, down in ((1, 1), (3, 2)):
            theirs = scipy.signal.upfirdn(h, x, up, down, -1, mode, 2.5)
            np.testing.assert_allclose(signal.upfirdn(h, x, up, down, -1, mode, 2.5, backend="cpu"), theirs, rtol=1e-11)


def test_borders_of_another_constant_and_of_infinity(backend):
    x = RNG.random(9)
    theirs = scipy.signal.resample_poly(x, 3, 2, cval=2.5)
    np.testing.assert_allclose(signal.resample_poly(x, 3, 2, cval=2.5, backend=backend), theirs, rtol=1e-11)
    x = np.arange(50.0)
    x[-1] = np.inf  # where no tap of the first results meets it
    theirs = scipy.signal.resample_poly(np.arange(50.0), 3, 1, padtype="edge")
    got = signal.resample_poly(x, 3, 1, padtype="edge", backend=backend)
    np.testing.assert_allclose(got[:100], theirs[:100], rtol=1e-11, atol=1e-11)


SECTIONS = scipy.signal.butter(3, 0.3, output="sos")


@pytest.mark.parametrize(("shape", "axis"), [((2, 30), 1), ((30, 2), 0), ((2, 20, 2), 1), ((620,), 0)])
def test_recursive_filters_as_scipy(shape, axis, backend):
    x = RNG.random(shape).astype(np.float32)
    zi = RNG.random((2, *shape[:axis], 2, *shape[axis + 1 :]))
    kept = zi.copy()
    got, behind = signal.sosfilt(SECTIONS, x, axis, zi, backend=backend)
    expected, theirs = scipy.signal.sosfilt(SECTIONS, x.astype(float), axis, zi)
    assert got.dtype == behind.dtype == np.float32
    close(got, expected)
    close(behind, theirs)
    np.testing.assert_array_equal(zi, kept)
    if len(shape) < 3:
        got = signal.sosfiltfilt(SECTIONS, x, axis, backend=backend)
        close(got, scipy.signal.sosfiltfilt(SECTIONS, x.astype(float), axis))


def test_long_signals_in_stretches():
    for shape, axis in (((6_000,), 0), ((2, 5_003), 1), ((3_000, 3), 0)):
        x = RNG.random(shape)
        for order in (1, 6):
            sos = scipy.signal.butter(order, 0.1, output="sos")
            got, expected = signal.sosfilt(sos, x, axis), scipy.signal.sosfilt(sos, x, axis)
            np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-12)
            inplace = x.copy()
            assert signal.sosfilt(sos, inplace, axis, out=inplace) is inplace
            np.testing.assert_array_equal(inplace, got)
        for padtype in ("even", "constant", None):
            got = signal.sosfiltfilt(SECTIONS, x, axis, padtype)
            np.testing.assert_allclose(got, scipy.signal.sosfiltfilt(SECTIONS, x, axis, padtype), atol=1e-12)
    growing = [[1, 0, 0, 1, -1.1, 0]]
    x = np.zeros(2_000)
    x[700] = 1
    np.testing.assert_allclose(signal.sosfilt(growing, x), scipy.signal.sosfilt(growing, x), rtol=1e-9)


@pytest.mark.parametrize("ftype", ["iir", "fir"])
def test_decimates_as_scipy(ftype):
    x = RNG.random((61, 3))
    for q, n in ((2, None), (5, 3), (7, 4)):
        for zero_phase in (True, False):
            got = signal.decimate(x, q, n, ftype, 0, zero_phase, backend="cpu")
            np.testing.assert_allclose(got, scipy.signal.decimate(x, q, n, ftype, 0, zero_phase), rtol=1e-8, atol=1e-9)


def test_signals_on_the_device_stay_there():
    x = RNG.random((30, 2)).astype(np.float32)
    with jk.emulate_cuda():
        there = jk.asarray(x, device="cuda")
        for run in (
            lambda a: signal.decimate(a, 3, 4, "fir", 0),
            lambda a: signal.decimate(a, 3, 1, axis=0),
            lambda a: signal.sosfilt(SECTIONS, a, 0),
            lambda a: signal.resample_poly(a, 1, 1),
            lambda a: signal.resample(a[:24], 16),
        ):
            got = run(there)
            assert not isinstance(got, np.ndarray)
            close(jk.to_numpy(got), run(x))


def test_resizes_as_scipy(backend):
    image = RNG.random((5, 7)).astype(np.float32)
    for shape in ((3, 4), (5, 7), (9, 20)):
        zoom = [n / m for n, m in zip(shape, image.shape, strict=True)]
        expected = scipy.ndimage.zoom(image.astype(float), zoom, order=1, mode="nearest", grid_mode=True)
        got = signal.resize(image, shape, backend=backend)
        assert got.dtype == np.float32
        close(got, expected)
        colour = np.stack([image, 2 * image, -image], axis=2)
        close(signal.resize(colour, shape, backend=backend), np.stack([expected, 2 * expected, -expected], axis=2))
    image[1:3, 2:4] = np.nan, np.inf
    np.testing.assert_array_equal(signal.resize(image, (5, 7), backend=backend), image)
    np.testing.assert_array_equal(signal.resize(image, (15, 21), backend=backend)[1::3, 1::3], image)


def test_arrays_of_every_kind():
    x, h = RNG.random((6, 8)), np.array([1.0, 2.0, 1.0])
    runs = {
        "resize": lambda a, **kw: signal.resize(a, (4, 10), **kw),
        "resample": lambda a, **kw: signal.resample(a, 9, axis=1, **kw),
        "resample_poly": lambda a, **kw: signal.resample_poly(a, 3, 2, 1, **kw),
        "upfirdn": lambda a, **kw: signal.upfirdn(h, a, 2, 1, **kw),
        "sosfilt": lambda a, **kw: signal.sosfilt(SECTIONS, a, **kw),
        "sosfiltfilt": lambda a, **kw: signal.sosfiltfilt(SECTIONS, a, padlen=3, **kw),
        "decimate": lambda a, **kw: signal.decimate(a, 2, 8, "fir", zero_phase=False, **kw),
    }
    for name, run in runs.items():
        expected = run(x)
        for given in (np.asfortranarray(x), x[::-1][::-1], x.tolist()):
            np.testing.assert_array_equal(run(given), expected)
        out = np.zeros(expected.shape, np.float32)
        assert run(x, out=out) is out
        close(out, expected)
        with pytest.raises(jk.LaunchError, match=f"jk.signal.{name}: out= has the shape"):
            run(x, out=np.zeros((3, 3)))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: signal.resize(x, (0, 4)), ValueError, "a pixel or more"),
        (lambda x: signal.resize(x, (2.5, 4)), ValueError, "shape=2.5; it is an integer"),
        (lambda x: signal.resize(x[0], (3, 4)), jk.LaunchError, "takes .rows, columns."),
        (lambda x: signal.resample(x, 0), ValueError, "length=0; it is an integer of 1 or more"),
        (lambda x: signal.resample(x * 1j, 4), jk.KernelTypeError, "real numbers"),
        (lambda x: signal.resample_poly(x, 0, 1), ValueError, "up=0"),
        (lambda x: signal.resample_poly(x, 2, 1, padtype="zero"), ValueError, "padtype='zero'; there are .*'maximum'"),
        (lambda x: signal.resample_poly(x, 2, 1, padtype=["line"]), ValueError, "padtype=.'line'.; there are"),
        (
            lambda x: signal.resample_poly(x, 2, 1, padtype="line", cval=1),
            ValueError,
            "cval=1 is for padtype='constant'",
        ),
        (lambda x: signal.resample_poly(x, 2, 1, cval="a"), jk.LaunchError, "cval='a'; it is a real number"),
        (lambda x: signal.upfirdn([1.0], x, mode="mean"), ValueError, "mode='mean'; there are"),
        (lambda x: signal.resample_poly(x, 2, 1, window="hann"), jk.LaunchError, "window='hann'"),
        (lambda x: signal.resample_poly(x, 2, 1, window=[[1.0]]), jk.LaunchError, "taps of a filter are a vector"),
        (lambda x: signal.resample_poly(x[:, :0], 2, 1), ValueError, "no elements"),
        (lambda x: signal.resample_poly(x, 2, np.inf), ValueError, "down=inf; it is an integer"),
        (lambda x: signal.upfirdn([1.0], x, 0), ValueError, "up=0"),
        (lambda x: signal.sosfilt([1.0, 2.0], x), jk.LaunchError, r"sos has the shape \(2,\)"),
        (lambda x: signal.sosfilt([[1, 0, 0, 2, 0, 0]], x), ValueError, "begins with 1"),
        (lambda x: signal.sosfilt(SECTIONS, x, zi=np.zeros((2, 2))), jk.LaunchError, r"it is \(2, 4, 2\)"),
        (lambda x: signal.sosfiltfilt(SECTIONS, x), ValueError, "6 elements, and more than padlen, 12"),
        (lambda x: signal.sosfiltfilt(SECTIONS, x, padtype="zero"), ValueError, "padtype='zero'"),
        (lambda x: signal.decimate(x, 0), ValueError, "q=0"),
        (lambda x: signal.decimate(x, 2, ftype="fir", out=x), jk.LaunchError, "decimate: out= has the shape"),
        (lambda x: signal.decimate(x, 2, ftype="fft"), ValueError, "ftype='fft'"),
        (lambda x: signal.decimate(x[:, :0], 2), ValueError, "no elements"),
        (lambda x: signal.decimate(1.0, 2), jk.LaunchError, "no axis"),
        (lambda x: signal.upfirdn([[1.0]], x), jk.LaunchError, "a filter that is a vector"),
        (lambda x: signal.upfirdn([1.0], x[:, :0]), ValueError, "no elements"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(RNG.random((4, 6)))


@pytest.mark.parametrize(("n", "num"), [(12, 5), (12, 12), (12, 24), (13, 6), (13, 40)])
def test_resample_with_a_window(n, num, backend):
    x = np.random.default_rng(3).standard_normal((2, n))
    given = np.random.default_rng(4).random(n)
    for window in (given, lambda f: np.exp(-9 * (f - 0.1) ** 2)):
        expected = scipy.signal.resample(x, num, axis=1, window=window)
        np.testing.assert_allclose(
            signal.resample(x, num, axis=1, window=window, backend=backend), expected, atol=1e-12
        )
    small = signal.resample(x.astype(np.float32), num, axis=1, window=given, backend=backend)
    assert small.dtype == np.float32
    np.testing.assert_allclose(small, scipy.signal.resample(x, num, axis=1, window=given), atol=1e-5)


def test_windows_of_another_length_are_refused():
    for window in (np.ones(4), lambda f: f[:-1], np.ones((12, 1))):
        with pytest.raises(ValueError, match=r"window has the shape \(.*\); give a factor for each of the 12"):
            signal.resample(np.ones(12), 5, window=window)
    for window in ("hann", ("kaiser", 5.0)):
        with pytest.raises(
            ValueError, match=r"give its factors: numpy.fft.ifftshift\(scipy.signal.get_window\(.*, 12\)"
        ):
            signal.resample(np.ones(12), 5, window=window)
