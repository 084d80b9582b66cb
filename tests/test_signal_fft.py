"""`jk.signal.fft` and its kin against NumPy, on every backend."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jitkit as jk
from jitkit import signal
from jitkit.signal import _fft_chirped, _fft_convolved, _fft_passes, _fft_plan, _fft_real, _fft_tables
from jitkit.signal.fft import fitted

RNG = np.random.default_rng(5)
NORMS = (None, "backward", "ortho", "forward")


def complex_numbers(shape, dtype=np.complex128):
    return (RNG.standard_normal(shape) + 1j * RNG.standard_normal(shape)).astype(dtype)


def close(got, expected, eps):
    assert got.shape == expected.shape
    largest = np.abs(expected).max(initial=0)
    np.testing.assert_allclose(got, expected, rtol=0, atol=32 * eps * max(largest, 1e-30))


# Stockham's passes of each radix, a matrix of columns and rows, and the convolution of any
# length; alone, and more than a tile's lanes.
@pytest.mark.parametrize("n", [1, 2, 12, 35, 64, 66, 17, 157, 314, 256])
def test_transforms_as_numpy(n, backend):
    rows = (1, 18) if backend == "cpu" or n < 40 else (1,)
    for shape, axis in [((r, n), 1) for r in rows] + [((n, 5), 0)]:
        x = complex_numbers(shape, np.complex64)
        for name in ("fft", "ifft"):
            got = getattr(signal, name)(x, axis=axis, backend=backend)
            assert got.dtype == np.complex64
            close(got, getattr(np.fft, name)(x.astype(complex), axis=axis), 1.2e-7)


@pytest.mark.parametrize("n", _fft_tables.PRIMES)
def test_every_radix(n):
    x = complex_numbers((5, 2 * n if n <= 151 else 64 * n))  # large primes have passes in long vectors alone
    assert _fft_tables.by_passes(x.shape[1])
    close(signal.fft(x, backend="cpu"), np.fft.fft(x), 2.3e-16)


@given(st.integers(1, 400), st.integers(1, 20), st.booleans(), st.sampled_from(NORMS))
@settings(max_examples=60)
def test_any_length(n, count, last, norm):
    x = complex_numbers((count, n) if last else (n, count))
    for name in ("fft", "ifft"):
        got = getattr(signal, name)(x, axis=int(last), norm=norm, backend="cpu")
        close(got, getattr(np.fft, name)(x, axis=int(last), norm=norm), 2.3e-16)


@pytest.mark.parametrize("n", [2048, 5000, 3 * 2**13, 2**17, 10_007, 65_536 * 3 + 1])
def test_long_transforms(n):
    for rows in (1, 3):
        x = complex_numbers((rows, n))
        close(signal.fft(x, backend="cpu"), np.fft.fft(x), 2.3e-16)
        close(signal.ifft(signal.fft(x, backend="cpu"), backend="cpu"), x, 2.3e-16)


@pytest.mark.skipif(np.finfo(np.longdouble).eps > 1e-18, reason="no wider floats to compare with")
@pytest.mark.parametrize("n", [1, 2, 7, 1000, 10_007])
def test_roots_of_unity_are_exact_but_for_their_rounding(n):
    turns = np.arange(-n, 2 * n)
    got = _fft_tables.roots(n, turns)
    angle = turns * (-2 * np.longdouble("3.14159265358979323846264338") / n)
    assert np.abs(got[:, 0] - np.cos(angle)).max() < 1.3e-16
    assert np.abs(got[:, 1] - np.sin(angle)).max() < 1.3e-16


# Even and odd lengths in one go, by a convolution, and as a matrix; the last block of rows is
# shorter than the others.
@pytest.mark.parametrize("n", [1, 35, 34, 157, 167, 334, 314, 4096])
@pytest.mark.parametrize("rows", [0, 1, 7, 37])
def test_rows_that_take_several_steps_are_done_some_at_a_time(n, rows, monkeypatch):
    monkeypatch.setattr(_fft_plan, "_BLOCK", 16 * n * 3)
    x, half = complex_numbers((rows, n)), complex_numbers((rows, n // 2 + 1))
    close(signal.fft(x, backend="cpu"), np.fft.fft(x), 2.3e-16)
    close(signal.ifft(x, backend="cpu"), np.fft.ifft(x), 2.3e-16)
    expected = np.fft.rfft(x.real, norm="ortho")
    close(signal.rfft(x.real, norm="ortho", backend="cpu"), expected, 2.3e-16)
    out = np.zeros((rows, n))
    assert signal.irfft(half, n, out=out, backend="cpu") is out
    close(out, np.fft.irfft(half, n), 2.3e-16)
    out = np.zeros((2, rows, n // 2 + 1), complex)[1]
    assert signal.rfft(x.real, norm="ortho", out=out, backend="cpu") is out
    close(out, expected, 2.3e-16)


# One pass of real numbers alone, before (or behind) another, and before two; lengths of large primes and their products.
@pytest.mark.parametrize("n", [3, 9, 13, 21, 45, 51, 121, 151, 255, 17 * 19, 1001, 3**7])
def test_many_rows_of_odd_lengths(n):
    for rows, dtype, eps in ((9, np.float64, 2.3e-16), (41, np.float32, 1.2e-7)):
        x, half = RNG.standard_normal((rows, n)).astype(dtype), complex_numbers((rows, n // 2 + 1))
        half = half.astype(np.result_type(dtype, np.complex64))
        for norm in NORMS:
            got = signal.rfft(x, norm=norm, backend="cpu")
            assert got.dtype == half.dtype
            close(got, np.fft.rfft(x.astype(float), norm=norm), eps)
            assert not got[:, 0].imag.any()
            got = signal.irfft(half, n, norm=norm, backend="cpu")
            assert got.dtype == dtype
            close(got, np.fft.irfft(half.astype(complex), n, norm=norm), eps)


def test_rows_of_odd_lengths_leave_others_alone():
    x = RNG.standard_normal((5, 45))
    x[2, 7] = np.nan
    got = signal.rfft(x, backend="cpu")
    assert np.isnan(got[2]).all()
    close(np.delete(got, 2, 0), np.fft.rfft(np.delete(x, 2, 0)), 2.3e-16)


def test_rows_of_odd_lengths_as_numpy(backend):
    x = RNG.standard_normal((3, 45)).astype(np.float32)
    half = complex_numbers((3, 23), np.complex64)
    close(signal.rfft(x, backend=backend), np.fft.rfft(x.astype(float)), 1.2e-7)
    close(signal.irfft(half, 45, backend=backend), np.fft.irfft(half.astype(complex), 45), 1.2e-7)
    x = RNG.standard_normal((2, 15)).astype(np.float32)
    half = complex_numbers((2, 8), np.complex64)
    close(signal.rfft(x, backend=backend), np.fft.rfft(x.astype(float)), 1.2e-7)
    close(signal.irfft(half, 15, backend=backend), np.fft.irfft(half.astype(complex), 15), 1.2e-7)
    close(signal.irfft(half[:, :4], 9, backend=backend), np.fft.irfft(half[:, :4].astype(complex), 9), 1.2e-7)
    with pytest.raises(jk.LaunchError, match=r"signal.rfft"):
        signal.rfft(x, out=np.zeros((2, 7), np.complex64), backend=backend)


# Even and odd lengths that one group transforms alone: columns that fill tiles and such that do not, and pairs of factors
# far apart; convolutions of them.
@pytest.mark.parametrize("n", [241 * 2, 242, 256, 255, 500, 999, 1001, 1024, 151 * 3, 4096, 157, 509])
def test_few_short_vectors(n):
    for rows, dtype, eps in ((1, np.float64, 2.3e-16), (3, np.float32, 1.2e-7)):
        x = complex_numbers((rows, n), np.result_type(dtype, np.complex64))
        wide, half = x.astype(complex), x[:, : n // 2 + 1].copy()
        for norm in NORMS:
            for _ in range(2):  # the second time by the plan that the first one left
                close(signal.fft(x, norm=norm, backend="cpu"), np.fft.fft(wide, norm=norm), eps)
                close(signal.ifft(x, norm=norm, backend="cpu"), np.fft.ifft(wide, norm=norm), eps)
                got = signal.rfft(x.real.copy(), norm=norm, backend="cpu")
                assert got.dtype == x.dtype
                close(got, np.fft.rfft(wide.real, norm=norm), eps)
                got = signal.irfft(half, n, norm=norm, backend="cpu")
                assert got.dtype == dtype
                close(got, np.fft.irfft(half.astype(complex), n, norm=norm), eps)


def test_few_short_vectors_as_numpy(backend):
    x = complex_numbers((1, 480), np.complex64)
    close(signal.fft(x, backend=backend), np.fft.fft(x.astype(complex)), 1.2e-7)
    real = x.real.copy()
    close(signal.rfft(real, backend=backend), np.fft.rfft(real.astype(float)), 1.2e-7)


@pytest.mark.parametrize(("n", "inverse"), [(480, False), (480, True), (245, False), (245, True)])
def test_groups_wait_for_what_they_read_of_a_vector(n, inverse):
    transform = _fft_plan.Transform(np.dtype(np.float64), None, inverse, None)
    inner = n // (2 - n % 2)
    plan = transform.alone(1, inner, 1.0, *_fft_real.SIDES[n % 2, inverse])
    x, out, buffers = np.ones(n + 2), np.zeros(n + 2), [np.zeros(room) for room in plan.rooms]
    plan.launcher.kernel.check[plan.items](x, out, *buffers, *plan.tables, *plan.numbers).raise_if_any()


def check_launches(plan, given, made):
    """Interpret each launch of a plan, on buffers that hold numbers, and raise what the sanitizer finds."""
    x, out, buffers = np.ones(given), np.zeros(made), [np.zeros(room) for room in plan.rooms]
    for numbers in (plan.numbers, *plan.others):
        plan.launcher.kernel.check[plan.items](x, out, *buffers, *plan.tables, *numbers).raise_if_any()


# One launch of all steps and three of one each; a whole vector in a tile, of rows and of columns.
@pytest.mark.parametrize("kind", [_fft_convolved.COMPLEX, _fft_convolved.FORTH, _fft_convolved.BACK])
@pytest.mark.parametrize(
    ("n", "outer", "across", "together"), [(47, 2, 1, 0), (47, 2, 1, 1), (11, 5, 1, None), (11, 1, 5, None)]
)
def test_groups_wait_for_what_they_read_of_a_convolution(kind, n, outer, across, together):
    transform = _fft_plan.Transform(np.dtype(np.float64), None, kind == _fft_convolved.BACK, None)
    if together is None:
        plan = _fft_plan.convolved_of(transform, outer, n, across, 1.0, kind)
    else:
        plan = _fft_plan.chirped_of(transform, outer, n, 1.0, kind, bool(together))
    given, made = (2 * outer * across * count for count in _fft_convolved.given_and_made(n, kind))
    check_launches(plan, given, made)


@pytest.mark.parametrize("kind", [_fft_convolved.COMPLEX, _fft_convolved.FORTH, _fft_convolved.BACK])
def test_teams_wait_for_what_they_read_of_a_convolution(kind):
    width, team, n, parts = 2, 4, 11, np.dtype(np.float64)
    given, made = (6 * count for count in _fft_convolved.given_and_made(n, kind))
    x, out = np.ones(given), np.zeros(made)
    m = _fft_convolved.length_for(n, kind)
    twiddles, radices, *_ = _fft_tables.tables_of(m, 0, width, False, parts)
    for rows in (0, 1):
        _fft_convolved.tiles_kernel(width, team, kind).check[2 * width * team](
            x, out, np.zeros((2, 4 * (m + 1) * width)), twiddles, radices, *_fft_convolved.chirps_of(n, kind, parts), 1, 3,
            rows, 1.0, 1.0,
        ).raise_if_any()  # fmt: skip
    tables, cuts = _fft_chirped.tables_for(n, kind, width, parts)
    first, second = sizes = _fft_tables.halves_of(m)
    for step, across in enumerate((second, first, second)):
        _fft_chirped.steps_kernel(width, team, kind).check[2 * width * team](
            x, out, np.zeros((2, 4 * (second + 1) * width)), np.ones(6 * m), *tables, 3, sizes, cuts, (step, step + 1),
            -(-across // width), 1.0, 1.0,
        ).raise_if_any()  # fmt: skip


# Real numbers of odd lengths with large primes, whose convolutions are shorter: in a tile, by one group, and by all together.
@pytest.mark.parametrize(
    ("rows", "n"), [(1, 157), (3, 511), (9, 509), (1, 10_007), (5, 10_007), (1, 65_539), (2, 99_999)]
)
def test_real_numbers_of_lengths_with_large_primes(rows, n):
    for dtype, eps in ((np.float64, 2.3e-16), (np.float32, 1.2e-7)):
        x = RNG.standard_normal((rows, n)).astype(dtype)
        half = complex_numbers((rows, n // 2 + 1), np.result_type(dtype, np.complex64))
        for norm in (None, "ortho"):
            close(signal.rfft(x, norm=norm, backend="cpu"), np.fft.rfft(x.astype(float), norm=norm), eps)
            got = signal.irfft(half, n, norm=norm, backend="cpu")
            close(got, np.fft.irfft(half.astype(complex), n, norm=norm), eps)


def test_real_numbers_of_lengths_with_large_primes_as_numpy(backend):
    for shape, axis in (((1, 157), 1), ((9, 157), 1), ((157, 3), 0)) if backend != "python" else (((1, 157), 1),):
        x = RNG.standard_normal(shape).astype(np.float32)
        got = signal.rfft(x, axis=axis, backend=backend)
        close(got, np.fft.rfft(x.astype(float), axis=axis), 1.2e-7)
        close(signal.irfft(got, 157, axis, backend=backend), x, 1.2e-7)


def test_what_one_row_holds_does_not_reach_the_next():
    x = np.ones((17, 1021))
    x[3] *= 1e200
    x[7, 5] = np.nan
    got = signal.rfft(x, backend="cpu")
    assert np.isnan(got[7]).all()
    rest = [row for row in range(17) if row not in (3, 7)]
    close(got[rest], np.fft.rfft(x[rest]), 2.3e-16)


def test_the_lowest_frequency_of_real_numbers_has_no_imaginary_part():
    for rows, n in ((1, 157), (9, 157), (1, 10_007)):
        half = complex_numbers((rows, n // 2 + 1))
        half[:, 0] = complex(1, np.nan)
        expected = half.copy()
        expected[:, 0] = 1
        close(signal.irfft(half, n, backend="cpu"), np.fft.irfft(expected, n), 2.3e-16)


# Columns that fill the lanes of a tile, and some left; one pass of real numbers and more; lengths of large primes, as rows.
@pytest.mark.parametrize("n", [1, 2, 3, 10, 24, 49, 77, 510, 334, 157])
def test_columns_of_real_numbers(n):
    for shape, dtype, eps in (((n, 9), np.float64, 2.3e-16), ((2, n, 19), np.float32, 1.2e-7)):
        axis = len(shape) - 2
        x = RNG.standard_normal(shape).astype(dtype)
        half = complex_numbers((*shape[:-2], n // 2 + 1, shape[-1]), np.result_type(dtype, np.complex64))
        for norm in (None, "ortho"):
            for _ in range(2):
                got = signal.rfft(x, axis=axis, norm=norm, backend="cpu")
                assert got.dtype == half.dtype
                close(got, np.fft.rfft(x.astype(float), axis=axis, norm=norm), eps)
                got = signal.irfft(half, n, axis, norm=norm, backend="cpu")
                assert got.dtype == dtype
                close(got, np.fft.irfft(half.astype(complex), n, axis, norm=norm), eps)
        out = np.zeros_like(half)
        assert signal.rfft(x, axis=axis, out=out) is out
        close(out, np.fft.rfft(x.astype(float), axis=axis), eps)


@pytest.mark.parametrize("n", [12, 15])
def test_columns_of_real_numbers_as_numpy(n, backend):
    x = RNG.standard_normal((n, 10)).astype(np.float32)
    close(signal.rfft(x, axis=0, backend=backend), np.fft.rfft(x.astype(float), axis=0), 1.2e-7)
    half = complex_numbers((n // 2 + 1, 10), np.complex64)
    close(signal.irfft(half, n, 0, backend=backend), np.fft.irfft(half.astype(complex), n, 0), 1.2e-7)


def test_many_long_transforms():
    x = complex_numbers((40, 4096), np.complex64)
    close(signal.fft(x, backend="cpu"), np.fft.fft(x.astype(complex)), 1.2e-7)


@pytest.mark.parametrize(
    ("n", "length", "axis"), [(2, 2, 1), (8, 8, -1), (30, 25, 0), (9, 9, 1), (12, 14, 1), (7, 9, 0)]
)
def test_real_transforms_as_numpy(n, length, axis, backend):
    x = RNG.standard_normal((2, length, 3) if axis == 1 else (length, 3)).astype(np.float32)
    got = signal.rfft(x, n, axis, backend=backend)
    assert got.dtype == np.complex64
    close(got, np.fft.rfft(x.astype(float), n, axis), 1.2e-7)
    half = complex_numbers(x.shape, np.complex64)
    got = signal.irfft(half, n, axis, backend=backend)
    assert got.dtype == np.float32
    close(got, np.fft.irfft(half.astype(complex), n, axis), 1.2e-7)


@given(st.integers(1, 60), st.one_of(st.none(), st.integers(1, 70)), st.integers(0, 1), st.sampled_from(NORMS))
@settings(max_examples=60)
def test_real_transforms_of_any_length(length, n, axis, norm):
    x = RNG.standard_normal((length, 4) if axis == 0 else (4, length))
    close(signal.rfft(x, n, axis, norm, backend="cpu"), np.fft.rfft(x, n, axis, norm), 2.3e-16)
    if n is not None or length > 1:
        z = x + 1j * RNG.standard_normal(x.shape)
        close(signal.irfft(z, n, axis, norm, backend="cpu"), np.fft.irfft(z, n, axis, norm), 2.3e-16)
    close(signal.fft(x, n, axis, norm, backend="cpu"), np.fft.fft(x, n, axis, norm), 2.3e-16)


def test_several_axes(backend):
    x = complex_numbers((3, 4, 6), np.complex64)
    wide = x.astype(complex)
    close(signal.fft2(x, backend=backend), np.fft.fft2(wide), 1.2e-7)
    close(signal.ifftn(x, (3, -1), (0, 2), backend=backend), np.fft.ifftn(wide, (3, -1), (0, 2)), 1.2e-7)
    if backend == "cpu":
        close(signal.ifft2(x, (5, 3), backend=backend), np.fft.ifft2(wide, (5, 3)), 1.2e-7)
        close(signal.fftn(x, norm="ortho", backend=backend), np.fft.fftn(wide, norm="ortho"), 1.2e-7)
        close(signal.irfft2(x, (-1, -1), backend=backend), np.fft.irfft2(wide, (-1, -1)), 1.2e-7)
        close(signal.irfft2(x, (4, 7), backend=backend), np.fft.irfft2(wide, (4, 7)), 1.2e-7)
        close(signal.fftn(x.real, axes=(), backend=backend), x.real.astype(np.complex64), 0)
    close(signal.rfft2(x.real, (5, 6), backend=backend), np.fft.rfft2(wide.real, (5, 6)), 1.2e-7)
    close(signal.irfftn(x, axes=(2, 0), norm="ortho", backend=backend),
          np.fft.irfftn(wide, axes=(2, 0), norm="ortho"), 1.2e-7)  # fmt: skip
    close(signal.rfftn(x.real, axes=(2, 2), backend=backend), np.fft.rfftn(wide.real, axes=(2, 2)), 1.2e-7)


# Tiles, columns and rows, and convolutions.
@pytest.mark.parametrize("n", [24, 2048, 157, 314])
@pytest.mark.parametrize("axis", [0, 1])
def test_results_may_replace_what_is_transformed(n, axis):
    x = complex_numbers((3, n) if axis else (n, 3))
    for name in ("fft", "ifft"):
        expected, both = getattr(np.fft, name)(x, axis=axis), x.copy()
        assert getattr(signal, name)(both, axis=axis, out=both, backend="cpu") is both
        close(both, expected, 2.3e-16)


def test_transforms_along_several_axes_leave_what_is_given():
    x, half = complex_numbers((20, 4, 33)), complex_numbers((20, 4, 17))
    for name, given_x in [("fftn", x), ("ifftn", x), ("rfftn", x.real.copy()), ("irfftn", half)]:
        before = given_x.copy()
        close(getattr(signal, name)(given_x), getattr(np.fft, name)(before), 2.3e-16)
        np.testing.assert_array_equal(given_x, before)


def test_results_along_several_axes_may_replace_what_is_transformed(backend):
    x = complex_numbers((3, 4, 6))
    both = x.copy()
    assert signal.fftn(both, out=both, backend=backend) is both
    close(both, np.fft.fftn(x), 2.3e-16)


@pytest.mark.parametrize("n", [16_385, 32_771, 40_000])
@pytest.mark.parametrize("shape", [(2,), (2, 2)])
def test_few_long_columns_are_done_as_rows(n, shape):
    x = complex_numbers((3, n, *shape), np.complex64)[:2]
    wide, real = x.astype(complex), np.ascontiguousarray(x.real)
    for norm in (None, "ortho"):
        close(signal.fft(x, axis=1, norm=norm, backend="cpu"), np.fft.fft(wide, axis=1, norm=norm), 1.2e-7)
        close(signal.ifft(x, axis=1, norm=norm, backend="cpu"), np.fft.ifft(wide, axis=1, norm=norm), 1.2e-7)
        half = signal.rfft(real, axis=1, norm=norm, backend="cpu")
        close(half, np.fft.rfft(real.astype(float), axis=1, norm=norm), 1.2e-7)
        close(signal.irfft(half, n, axis=1, norm=norm, backend="cpu"), real, 1.2e-7)


@pytest.mark.parametrize("kind", ["f8", "c16"])
def test_axes_are_cut_or_filled_with_zeros(kind):
    x = RNG.standard_normal((4, 20, 3)).astype(kind)
    for axis in range(3):
        for length in (1, 16, 33):
            close(signal.fft(x, length, axis, backend="cpu"), np.fft.fft(x, length, axis), 2.3e-16)


@pytest.mark.parametrize("columns", [16, 40_000])  # what NumPy copies on the host, and what kernels do
@pytest.mark.parametrize("kind", ["f4", "c8"])
def test_what_is_filled_up_is_zero_beside_infinities_too(kind, columns, backend):
    x = np.full((1, columns if backend == "cpu" else 16), np.inf, kind)
    on_its_device = x if backend != "cuda" else jk.asarray(x, device="cuda")
    got = jk.to_numpy(fitted(on_its_device, 0, 3, np.dtype(np.complex64), backend))
    np.testing.assert_array_equal(got, np.pad(x, ((0, 2), (0, 0))).astype(np.complex64))


def test_arrays_of_every_kind():
    x = complex_numbers((6, 10))
    expected = np.fft.fft(x)
    frozen = x.copy()
    frozen.flags.writeable = False
    for given_x in (np.asfortranarray(x), x[::-1][::-1], np.repeat(x, 2, axis=1)[:, ::2], frozen, x.tolist()):
        close(signal.fft(given_x), expected, 2.3e-16)
    for n in (334, 157):  # by a convolution
        frozen = complex_numbers((2, n))
        frozen.flags.writeable = False
        close(signal.fft(frozen, backend="python"), np.fft.fft(frozen), 2.3e-16)
    close(signal.fft(x.astype(">c16")), expected, 2.3e-16)
    for out in (np.zeros((6, 10), complex), np.zeros((10, 6), complex).T, np.zeros((6, 10), np.complex64)):
        assert signal.fft(x, out=out) is out
        close(out, expected, 1.2e-7 if out.dtype == np.complex64 else 2.3e-16)
    inplace = x.copy()
    close(signal.fft(inplace, out=inplace), expected, 2.3e-16)
    half = np.zeros((6, 6), complex)
    assert signal.rfft(x.real, out=half) is half
    close(half, np.fft.rfft(x.real), 2.3e-16)
    for back in (np.zeros((6, 10)), half.view(float)[:, :10], half.view(float).reshape(-1)[:60].reshape(6, 10)):
        expected = np.fft.irfft(half)
        assert signal.irfft(half, out=back) is back
        close(back, expected, 2.3e-16)
    assert signal.fft(np.zeros((0, 4))).shape == (0, 4)
    assert signal.rfft(np.zeros((0, 4))).shape == (0, 3)
    assert signal.fft(np.arange(4, dtype=np.int16)).dtype == complex
    assert signal.fft(np.arange(4, dtype=np.float32)).dtype == np.complex64
    np.testing.assert_array_equal(
        np.isnan(signal.fft(np.array([[1.0, np.nan], [1, 2]]))), [[True, True], [False, False]]
    )


def test_what_is_kept_of_a_call_is_for_calls_like_it():
    """The second call with a shape goes by what the first one left, whatever else was asked for between."""
    x = complex_numbers((34, 34))
    frozen = x.copy()
    frozen.flags.writeable = False
    for _ in range(2):
        for norm in NORMS:
            for axis in (0, 1, -1):
                close(signal.fft(x, axis=axis, norm=norm), np.fft.fft(x, axis=axis, norm=norm), 2.3e-16)
                close(signal.ifft(x, axis=axis, norm=norm), np.fft.ifft(x, axis=axis, norm=norm), 2.3e-16)
        close(signal.fft(frozen), np.fft.fft(x), 2.3e-16)
        close(signal.fft(x.astype(np.complex64)), np.fft.fft(x), 1.2e-7)
        with jk.backend("python"):
            close(signal.fft(x[:2, :4].copy()), np.fft.fft(x[:2, :4]), 2.3e-16)
        with pytest.raises(ValueError, match="norm='both'"):
            signal.fft(x, norm="both")
        with pytest.raises(jk.BackendError):
            signal.fft(x, backend="gpu")
        for out in (
            np.zeros_like(x),
            np.zeros_like(x).T,
            np.zeros_like(x, order="F"),
            x.copy(),
            np.zeros(x.shape, "c8"),
        ):
            given_x = out if out[0, 0] else x
            assert signal.fft(given_x, out=out) is out
            close(out, np.fft.fft(x), 1.2e-7 if out.dtype == np.complex64 else 2.3e-16)
        for out, error in ((frozen, jk.LaunchError), (x[:3], jk.LaunchError), ([1.0], jk.KernelTypeError)):
            with pytest.raises(error, match="out="):
                signal.fft(x, out=out)
    first, second = signal.fft(x), signal.fft(2 * x)
    assert not np.may_share_memory(first, second)
    close(first, np.fft.fft(x), 2.3e-16)


@pytest.mark.parametrize(("rows", "n"), [(9, 60), (2, 256), (1, 1000), (2, 17), (1, 302), (1, 331)])
def test_teams_of_work_items_transform_arrays_on_a_gpu(rows, n):
    x = complex_numbers((rows, n))
    with jk.emulate_cuda(check=True):
        there = jk.asarray(x, device="cuda")
        close(jk.to_numpy(signal.fft(there)), np.fft.fft(x), 2.3e-16)
        close(jk.to_numpy(signal.ifft(there)), np.fft.ifft(x), 2.3e-16)
        half = signal.rfft(jk.asarray(x.real.copy(), device="cuda"))
        close(jk.to_numpy(half), np.fft.rfft(x.real), 2.3e-16)
        close(jk.to_numpy(signal.irfft(half, n)), x.real, 2.3e-16)


@pytest.mark.parametrize(
    ("n", "kind", "turned", "flip"),
    [(60, "COMPLEX", False, 0), (22, "COMPLEX", True, 0)]
    + [(n, kind, False, flip) for n, kind in ((16, "REAL_ROWS"), (14, "REAL_COLUMNS")) for flip in (0, 1)],
)
def test_teams_wait_for_what_they_read(n, kind, turned, flip):
    parts, width, team, across = np.dtype(np.float64), 2, 4, 3
    kind = getattr(_fft_passes, kind)
    tables = _fft_tables.tables_of(n, across if turned else 0, width, kind != _fft_passes.COMPLEX, parts)
    x, out, buffers = np.ones(2 * across * (n + 1)), np.zeros(2 * across * (n + 1)), np.zeros((2, 4 * (n + 1) * width))
    kernel = _fft_passes.tiles_kernel(width, 7, team, kind)
    kernel.check[2 * width * team](x, out, buffers, *tables, 1, n, across, 1, 1, flip, 1.0).raise_if_any()


def test_device_arrays_stay_on_the_device():
    x = complex_numbers((3, 12), np.complex64)
    with jk.emulate_cuda():
        for name, given_x in (("fft", x), ("ifft", x), ("rfft", x.real), ("irfft", x)):
            for n, axis, norm in ((12, 1, None), (4, 0, "ortho"), (5, 0, "forward")):
                there = getattr(signal, name)(jk.asarray(given_x, device="cuda"), n, axis, norm)
                assert not isinstance(there, np.ndarray)
                close(
                    jk.to_numpy(there),
                    getattr(np.fft, name)(given_x.astype(complex if name != "rfft" else float), n, axis, norm),
                    1.2e-7,
                )


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: signal.fft(x, 0), ValueError, "length=0; it is an integer of 1 or more"),
        (lambda x: signal.fft(x[:, :0]), ValueError, "length=0; it is an integer of 1 or more"),
        (lambda x: signal.fft(x, norm="both"), ValueError, "norm='both'; there are 'backward'"),
        (lambda x: signal.fft(1.0), jk.LaunchError, "no axis"),
        (lambda x: signal.fft(x, axis=2), np.exceptions.AxisError, "out of bounds"),
        (lambda x: signal.fft(x, out=np.zeros((4, 4), complex)), jk.LaunchError, "out= has the shape"),
        (lambda x: signal.fft(x, out=np.zeros((4, 6))), jk.KernelTypeError, "cannot hold"),
        (lambda x: signal.fft(np.array(["a"])), jk.KernelTypeError, "no numbers"),
        (lambda x: signal.rfft(x * 1j), jk.KernelTypeError, "real numbers"),
        (lambda x: signal.fft2(x, (3,)), ValueError, "1 lengths for 2 axes"),
        (lambda x: signal.rfftn(x, axes=()), ValueError, "at least one axis"),
        (lambda x: signal.rfft2(x[0]), np.exceptions.AxisError, "out of bounds"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(RNG.random((4, 6)))
