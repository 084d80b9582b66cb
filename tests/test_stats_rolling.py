"""`jk.stats.move_*` against windows taken one by one, on every backend."""

from __future__ import annotations

import numpy as np
import pytest

import jitkit as jk
from jitkit.stats import _rolling


def var(x, ddof=0):
    return x.var(ddof=ddof) if x.size > ddof else np.nan


OF = {
    "sum": np.sum,
    "mean": np.mean,
    "var": var,
    "std": lambda x, ddof=0: np.sqrt(var(x, ddof)),
    "min": np.min,
    "max": np.max,
    "median": np.median,
}


def rolled(of, x, window, least=None, axis=-1, center=False, **options):
    """Return what a function makes of the numbers in each window: the definition."""
    least = window if least is None else least
    ahead = (window - 1) // 2 if center else 0

    def row(v):
        found = []
        for k in range(v.size):
            numbers = v[max(k + ahead - window + 1, 0) : k + ahead + 1]
            numbers = numbers[~np.isnan(numbers)]
            found.append(of(numbers, **options) if numbers.size >= least else np.nan)
        return np.array(found)

    return np.apply_along_axis(row, axis, x.astype(np.float64))


def values(dtype, shape, missing):
    rng = np.random.default_rng(1)
    x = rng.standard_normal(shape).astype(dtype) + 3
    x[rng.random(shape) < missing] = np.nan
    return x


def agrees(got, expected, dtype):
    scale = 64 * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(got, expected, rtol=scale, atol=max(scale, 1e-7))  # a root doubles what cancels
    assert got.dtype == dtype


ROWS = {"python": [(40,)], "cpu": [(4300,), (3, 700)], "cuda": [(90,)]}


@pytest.mark.parametrize("name", OF)
def test_windows_of_rows(name, backend):
    dtype = "float32" if backend == "cuda" else "float64"
    for shape in ROWS[backend]:
        for missing in (0, 0.3):
            x = values(dtype, shape, missing)
            for window, least in ((1, None), (7, 3), (40, None)):
                got = getattr(jk.stats, f"move_{name}")(x, window, least, backend=backend)
                agrees(got, rolled(OF[name], x, window, least), dtype)


@pytest.mark.parametrize("name", OF)
def test_windows_about_their_element(name, backend):
    move, of, n = getattr(jk.stats, f"move_{name}"), OF[name], 400 if backend == "cpu" else 30
    for missing in (0, 0.3):
        for shape, axis in (((n,), 0), ((2, n, 3), 1), ((n, 3), 0)):
            x = values("float32", shape, missing)
            for window, least in ((1, None), (2, None), (3, 1), (8, 2), (30, 1), (30, 30)):
                got = move(x, window, least, axis, center=True, backend=backend)
                agrees(got, rolled(of, x, window, least, axis, center=True), "float32")


def test_windows_about_their_element_are_those_of_pandas():
    found = jk.stats.move_sum(np.arange(6), 4, 2, center=True)
    assert found.tolist() == [1, 3, 6, 10, 14, 12]  # pandas.Series(range(6)).rolling(4, 2, center=True).sum()
    found = jk.stats.move_mean(np.arange(5.0), 3, center=True)
    np.testing.assert_array_equal(found, [np.nan, 1, 2, 3, np.nan])
    assert jk.stats.move_max(np.zeros((0, 3)), 2, axis=1, center=True).shape == (0, 3)


def test_windows_about_their_element_in_out(backend):
    x = values("float64", (30, 4), 0.2)[:, ::2]
    x.flags.writeable = False
    expected = rolled(var, x, 6, 3, axis=0, center=True, ddof=1)
    agrees(jk.stats.move_var(x, 6, 3, 0, 1, center=True, backend=backend), expected, "float64")
    out = x.copy()
    assert jk.stats.move_var(out, 6, 3, 0, 1, center=True, out=out, backend=backend) is out
    agrees(out, expected, "float64")
    agrees(jk.stats.move_var(x, 6, 3, 0, center=np.False_, backend=backend), rolled(var, x, 6, 3, 0), "float64")


def test_windows_about_their_element_on_a_gpu():
    x = values("float32", (3, 40), 0.2)
    with jk.emulate_cuda():
        found = jk.stats.move_std(jk.asarray(x, device="cuda"), 7, 2, center=True)
        agrees(jk.to_numpy(found), rolled(OF["std"], x, 7, 2, center=True), "float32")


@pytest.mark.parametrize("name", ["mean", "std", "max", "median"])
@pytest.mark.parametrize("backend", ["python", "cpu"])
def test_windows_along_other_axes(name, backend):
    for missing in (0, 0.3):
        x = values("float32", (2, 30, 5), missing)
        for axis, window, least in ((1, 4, None), (1, 30, 2), (0, 2, 1)):
            got = getattr(jk.stats, f"move_{name}")(x, window, least, axis, backend=backend)
            agrees(got, rolled(OF[name], x, window, least, axis), "float32")


@pytest.mark.parametrize("columns", [2, 3, 4, 70])
@pytest.mark.parametrize("name", ["sum", "mean", "var", "std"])
def test_windows_of_columns(name, columns):
    rng = np.random.default_rng(5)
    move, of = getattr(jk.stats, f"move_{name}"), OF[name]
    x = values("float64", (60, columns), 0.2)
    x[20:30, 1] = np.nan  # longer than a window
    whole = rng.integers(-1, 2, (60, columns)).astype(np.float64)  # whose sums are 0 at times
    drifting = 1e6 + np.arange(60.0 * columns).reshape(60, columns)
    endless = x.copy()
    endless[[10, 15, 50], [0, 1, columns - 1]] = np.inf, -np.inf, np.inf
    for given in (x, whole, drifting, endless, np.full((60, columns), 0.1)):
        for window, least in ((1, None), (5, 1), (5, None), (60, 2)):
            with np.errstate(invalid="ignore"):
                expected = rolled(of, given, window, least, 0)
            got = move(given, window, least, axis=0, backend="cpu")
            np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)
    long = values("float32", (2, 5000, columns), 0.01)  # two stretches
    agrees(move(long, 6, 2, axis=1, backend="cpu"), rolled(of, long, 6, 2, 1), "float32")


@pytest.mark.parametrize("name", ["sum", "mean", "var", "std"])
@pytest.mark.parametrize("backend", ["python", "cpu"])
def test_blocks(name, backend):
    rng = np.random.default_rng(6)
    x = rng.standard_normal(1300)
    courses = [np.zeros(1300), np.round(x), x, np.where(abs(np.arange(1300) - 600) < 90, np.nan, x)]
    courses.append(np.where(np.arange(1300) % 500 == 499, np.inf, x))  # next to where blocks begin
    courses.append(np.where(rng.random(1300) < 0.1, np.nan, x))
    if name in ("var", "std"):  # a block of which too little is left is gone over one by one
        courses += [1e6 + np.arange(1300.0), np.where(np.arange(1300) // 300 % 2, 1e9 * x, x)]
    for course in courses:
        for window, least in ((3, 1), (40, None), (40, 39), (1300, 600)):
            got = getattr(jk.stats, f"move_{name}")(course, window, least, backend=backend)
            with np.errstate(invalid="ignore"):
                expected = rolled(OF[name], course, window, least)
            np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)


def test_a_plan_of_a_gpu_is_not_kept_for_the_host():
    x = values("float64", (40, 5), 0)
    with jk.emulate_cuda():
        on_gpu = jk.stats.move_sum(x, 4, axis=0, backend="cuda")
    plans = [key for key in _rolling.calls._ready if key[5] == x.shape and key[1] == 4]
    assert not plans
    agrees(jk.stats.move_sum(x, 4, axis=0, backend="cpu"), on_gpu, "float64")


COURSES = {
    "a walk far from zero": lambda rng, n: 1e4 + np.cumsum(rng.standard_normal(n)),
    "a ramp": lambda rng, n: np.arange(n) * 0.25,
    "a constant": lambda rng, n: np.full(n, 0.1),
    "outliers": lambda rng, n: np.where(rng.random(n) < 0.02, 1e9, 1.0) * rng.standard_normal(n),
    "a jump": lambda rng, n: np.where(np.arange(n) > n // 2, 1e7, 0.0) + rng.standard_normal(n),
    "squares beyond float64": lambda rng, n: rng.standard_normal(n) * 1e200,
}


@pytest.mark.parametrize("course", COURSES)
def test_missing_elements_leave_precision(course):
    rng = np.random.default_rng(8)
    x = COURSES[course](rng, 700)
    x[rng.random(700) < 0.1] = np.nan
    x[200:260] = np.nan  # longer than a window
    for window in (1, 2, 5, 40):
        with np.errstate(over="ignore"):
            variance = rolled(var, x, window, 1)
        got = jk.stats.move_var(x, window, 1, backend="cpu")
        np.testing.assert_allclose(got, variance, rtol=1e-10, atol=1e-25)
        total = rolled(np.sum, x, window, 1)
        got = jk.stats.move_sum(x, window, 1, backend="cpu")
        np.testing.assert_allclose(got, total, rtol=1e-9, atol=1e-12)
        both = jk.stats.move_var(np.stack([x, x[::-1]], 1), window, 1, 0, backend="cpu")  # columns are lanes
        np.testing.assert_allclose(both[:, 0], variance, rtol=1e-10, atol=1e-25)


@pytest.mark.parametrize("name", OF)
def test_calls_that_are_kept_look_at_what_is_given(name):
    x = values("float64", (6, 40), 0.1)
    frozen = x.copy()
    frozen.flags.writeable = False
    move = getattr(jk.stats, f"move_{name}")
    for _ in range(3):
        for given in (
            x,
            x[:, ::2].copy()[:, :40],
            x[::-1],
            x[:, ::-1],
            x.T,
            frozen,
            x.astype("float32"),
            np.round(x * 0),
        ):
            agrees(move(given, 4, 2), rolled(OF[name], given, 4, 2), given.dtype)
        whole = np.arange(240).reshape(6, 40) % 7
        for given in (whole, whole.astype(">f8"), whole.astype("float64"), whole[:, ::-1]):
            found = move(given, 4, 2)
            assert found.dtype == np.float64
            agrees(found, rolled(OF[name], given, 4, 2), "float64")
        assert np.isnan(move(x, 4)[:, :3]).all()
        out = x.copy()
        assert move(out, 4, 2, out=out) is out  # over what is read
        agrees(out, rolled(OF[name], x, 4, 2), "float64")
        with pytest.raises(jk.LaunchError, match="min_count=0"):
            move(x, 4, 0)
        with pytest.raises(ValueError, match="window=41"):
            move(x, 41)
        with pytest.raises(np.exceptions.AxisError):
            move(x, 4, axis=2)


@pytest.mark.parametrize("window", [256, 257, 288, 1024, 1100])
def test_medians_of_long_windows(window):
    rng = np.random.default_rng(11)
    x = rng.standard_normal(1500)
    for course in (x, np.round(x, 1), np.sort(x), np.full(1500, 2.0)):
        course = course.copy()
        course[rng.random(1500) < 0.05] = np.nan
        got = jk.stats.move_median(course, window, 1, backend="cpu")
        np.testing.assert_allclose(got, rolled(np.median, course, window, 1), rtol=1e-15)


WIDE = {
    "numbers": lambda rng, n: rng.standard_normal(n),
    "few values": lambda rng, n: rng.integers(0, 4, n),
    "one value": lambda rng, n: np.ones(n),
    "rising": lambda rng, n: np.arange(n),
    "falling": lambda rng, n: -np.arange(n),
    "a jump": lambda rng, n: np.where(np.arange(n) < n // 2, 1e9, -1e9) + rng.standard_normal(n),
    "infinities": lambda rng, n: np.where(
        rng.random(n) < 0.4, rng.choice([-np.inf, np.inf], n), rng.standard_normal(n)
    ),
    "gaps": lambda rng, n: np.where(rng.random(n) < 0.5, np.nan, rng.standard_normal(n)),
    "a long gap": lambda rng, n: np.where(abs(np.arange(n) - n // 2) < 800, np.nan, rng.standard_normal(n)),
}


@pytest.mark.parametrize("course", WIDE)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_medians_of_wide_windows(course, dtype):
    x = WIDE[course](np.random.default_rng(1), 4000).astype(dtype)
    for window, least in ((_rolling.WIDE, 1), (_rolling.WIDE + 1, None), (1203, 5)):
        with np.errstate(invalid="ignore"):  # the mean of two opposite infinities is NaN
            expected = rolled(np.median, x, window, least)
        got = jk.stats.move_median(x, window, least, backend="cpu")
        np.testing.assert_allclose(got, expected, rtol=1e-6 if dtype == "float32" else 1e-15)
    both = jk.stats.move_median(np.stack([x, x[::-1]], 1), _rolling.WIDE, 1, 0, backend="cpu")
    np.testing.assert_array_equal(both[:, 1], jk.stats.move_median(x[::-1], _rolling.WIDE, 1, backend="cpu"))


def test_wide_windows_interpreted():
    x = np.random.default_rng(2).integers(0, 50, 700).astype(np.float64)
    window = _rolling.WIDE
    got = jk.stats.move_median(x, window, 400, backend="python")
    np.testing.assert_array_equal(got, jk.stats.move_median(x, window, 400, backend="cpu"))


@pytest.mark.parametrize("name", ["move_var", "move_std"])
def test_ddof(name):
    x = values("float64", 100, 0.2)
    got = getattr(jk.stats, name)(x, 5, 1, ddof=1, backend="cpu")
    agrees(got, rolled(OF[name[5:]], x, 5, 1, ddof=1), "float64")


def test_what_is_infinite_is_forgotten_when_it_leaves():
    x = np.arange(12.0)
    x[[2, 7]] = np.inf, -np.inf
    assert jk.stats.move_sum(x, 2, backend="cpu").tolist()[3:7] == [np.inf, 7, 9, 11]
    assert jk.stats.move_mean(x, 3, backend="cpu").tolist()[7:11] == [-np.inf, -np.inf, -np.inf, 9]
    assert np.isnan(jk.stats.move_sum(x, 6, backend="cpu")[7])
    assert np.isnan(jk.stats.move_var(x, 3, backend="cpu")[4])
    assert jk.stats.move_var(x, 3, backend="cpu")[5] == pytest.approx(2 / 3)
    y = [-np.inf, 1, np.inf, np.inf, 1.5e308, 1.7e308, -1.7e308]  # the middle of two whose difference has no number
    assert jk.stats.move_median(y, 2, backend="cpu").tolist()[1:] == [-np.inf, np.inf, np.inf, np.inf, 1.6e308, 0]


@pytest.mark.parametrize("name", ["sum", "mean", "var", "std"])
@pytest.mark.parametrize("backend", ["python", "cpu"])
def test_a_large_element_leaves_no_trace(name, backend):
    x = values("float64", (120,), 0)
    x[10], x[40:60] = 1e17, 1e20 * 0.1 ** np.arange(20)  # and a pulse that no two neighbours tell of
    x[80:100] = 7
    for other in (x[20], np.nan, -np.inf):
        x[20] = other
        found = getattr(jk.stats, f"move_{name}")(x, 5, min_count=1, backend=backend)
        with np.errstate(invalid="ignore"):
            np.testing.assert_allclose(found, rolled(OF[name], x, 5, least=1), rtol=1e-9)


def test_constant_rows_stay_constant():
    y = np.full(100_000, 0.1, np.float32)
    np.testing.assert_allclose(jk.stats.move_mean(y, 50, backend="cpu")[49:], np.float32(0.1), rtol=1e-6)


def test_layouts_out_and_nothing():
    x = values("float64", (50, 3), 0)
    expected = rolled(np.mean, x, 4, axis=0)
    for given in (np.asfortranarray(x), np.repeat(x, 2, 1)[:, ::2]):
        agrees(jk.stats.move_mean(given, 4, axis=0, backend="cpu"), expected, "float64")
    out = np.zeros((50, 3))
    assert jk.stats.move_min(x, 4, axis=0, out=out, backend="cpu") is out
    agrees(out, rolled(np.min, x, 4, axis=0), "float64")
    assert jk.stats.move_mean(x, 4, axis=0, out=out, backend="cpu") is out
    agrees(out, expected, "float64")
    out = x.copy()
    jk.stats.move_mean(out, 4, axis=0, out=out, backend="cpu")
    agrees(out, expected, "float64")
    assert jk.stats.move_median(np.zeros((0, 3)), 2).shape == (0, 3)
    np.testing.assert_allclose(jk.stats.move_sum([1, 2, 3], 2, backend="cpu"), [np.nan, 3, 5])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: jk.stats.move_mean(x, 0), ValueError, "jk.stats.move_mean: window=0; it is an integer of 1"),
        (lambda x: jk.stats.move_mean(x, 5), ValueError, "window=5"),
        (lambda x: jk.stats.move_mean(x, True), jk.LaunchError, "window=True; it is an integer"),
        (lambda x: jk.stats.move_mean(x, 2, axis=True), TypeError, "axis=True; it is an integer"),
        (lambda x: jk.stats.move_mean(x, 2, axis=None), TypeError, "axis=None; it is an integer"),
        (lambda x: jk.stats.move_min(x, 3, 4), ValueError, "min_count=4 is not from 1 to window=3"),
        (lambda x: jk.stats.move_median(x, 2, axis=1), np.exceptions.AxisError, "axis 1"),
        (lambda x: jk.stats.move_std(x, 2, center="yes"), jk.LaunchError, "center='yes'; it is True for windows"),
        (lambda x: jk.stats.move_sum(x, 5, center=True), ValueError, "window=5 is not from 1 to 4"),
        (lambda x: jk.stats.move_sum(x * 1j, 2), jk.KernelTypeError, "takes real numbers"),
        (lambda x: jk.stats.move_sum(x, 2, out=np.zeros(2)), jk.LaunchError, "out= has the shape"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(np.arange(4.0))
