"""Elements that a condition chooses between two neighbours: upwind differences, borders, limiters."""

from __future__ import annotations

import re

import numpy as np
import pytest

import jitkit as jk
from jitkit.backends import machine

DTYPES = [np.float32, np.float64, np.int32, np.int64]


@jk.kernel
def along(i, u, v, out):
    out[i] = u[i] - (u[i - 1] if v[i] > 0 else u[i + 1])


@jk.kernel
def across(i, j, u, v, out):
    out[i, j] = u[i - 1, j] if v[i, j] > 0 else u[i + 1, j]


@jk.kernel
def upwind(i, j, q, u, v, out):
    a, b = u[i, j], v[i, j]
    dx = q[i, j] - q[i - 1, j] if a > 0 else q[i + 1, j] - q[i, j]
    dy = q[i, j] - q[i, j - 1] if b > 0 else q[i, j + 1] - q[i, j]
    out[i, j] = a * dx + b * dy


@jk.kernel
def borders(i, j, u, out):
    n, m = u.shape
    left = u[i, j - 1] if j > 0 else u[i, j]
    right = u[i, j + 1] if j < m - 1 else u[i, j]
    above = u[i - 1, j] if i > 0 else u[i, j]
    below = u[i + 1, j] if i < n - 1 else u[i, j]
    out[i, j] = left + right + above + below - 4 * u[i, j]


@jk.kernel
def in_loop(i, j, u, v, out):
    for k in range(out.shape[2]):
        if v[i, j] != k:
            out[i, j, k] = u[i - 1, j] if v[i, j] > k else u[i + 1, j]


@jk.kernel
def three(i, j, u, v, out):
    out[i, j] = u[i - 1, j] if v[i, j] > 1 else (u[i + 1, j] if v[i, j] < -1 else u[i, j])


@jk.kernel
def other_way(i, j, u, v, out):
    out[i, j] = u[i, j] if not v[i, j] > 0 else u[i, 2 * j]


@jk.kernel
def fluxes(i, j, q, u, v, out, dt):
    """Read each velocity where it is needed, so that LLVM leaves branches around the numbers of rows."""
    dy = q[i, j] - q[i, j - 1] if v[i, j] > 0 else q[i, j + 1] - q[i, j]
    dx = q[i, j] - q[i - 1, j] if u[i, j] > 0 else q[i + 1, j] - q[i, j]
    out[i, j] = q[i, j] - dt * (v[i, j] * dy + u[i, j] * dx)


@jk.kernel
def nested(i, j, u, v, out):
    row = i
    if v[i, j] > 0:
        row = 2 * i if v[i, j] > 2 else i + 1
    out[i, j] = u[row, j] * 3 + u[i, j]


@jk.kernel
def nested_in_loop(i, j, u, v, out):
    total = u[i, j]
    for k in range(1, 4):
        row = i * k if v[i, j] > k else (i + k) * 2
        total += k * u[row % 9, j]
    out[i, j] = total


@jk.kernel
def stored_first(i, j, u, v):
    u[i, j] = v[i, j] * 2
    change = u[i, j] if v[i, j] > 0 else -u[i, j]
    u[i, j] = change + u[i, j]


@jk.kernel
def only_some(i, u, v, out):
    total = v[i]
    if total > 0:
        total += u[i] - (u[i - 1] if v[i] > 2 else u[i + 1])
    else:
        total -= v[i] * 2
    out[i] = total


@jk.kernel
def chosen_later(i, o, p, q, r, w, a, n):
    o[0][i] = ((n + p[i]) * (p[i] + 2.0) + w[i] / w[i] * (a if w[i] > 0.1 else p[i])) * (
        (0.1 / r[i] - a) * ((w[i] if q[i] > 0.1 else 2.0) - 0.5 / r[i])
    )
    o[1][i] = -((q[i] - r[i]) * (n + 0.1)) / ((-0.5 + (w[i] if q[i] < r[i] else r[i])) * (r[i] - i - 0.5 * n))
    o[2][i] = (p[i] if n < q[i] else w[i]) * 7.5 * (n - w[i] - (w[i] - r[i])) + (
        (i if q[i] < a else w[i]) + (p[i] - r[i])
    ) * (w[i] * 0.1 + (w[i] + 3))


def arrays(dtype: type, count: int = 2, shape: tuple[int, int] = (9, 71)) -> list[np.ndarray]:
    """Small whole numbers of both signs."""
    rng = np.random.default_rng(0)
    return [rng.integers(-5, 6, shape).astype(dtype) for _ in range(count)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [3, 19, 600])
def test_along_a_row(backend, dtype, n):
    u, v = arrays(dtype, 2, (1, n))
    out = np.zeros(n, dtype)
    along.on(backend)[1 : n - 1](u[0], v[0], out)
    expected = u[0, 1:-1] - np.where(v[0, 1:-1] > 0, u[0, :-2], u[0, 2:])
    np.testing.assert_array_equal(out, np.concatenate([[0], expected, [0]]))


@pytest.mark.parametrize("dtype", DTYPES)
def test_across_rows(backend, dtype):
    u, v = arrays(dtype)
    out = np.zeros_like(u)
    across.on(backend)[1:8, 0:71](u, v, out)
    np.testing.assert_array_equal(out[1:-1], np.where(v[1:-1] > 0, u[:-2], u[2:]))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("step", [1, 3])
def test_upwind(backend, dtype, step):
    q, u, v = arrays(dtype, 3)
    out = np.zeros_like(q)
    upwind.on(backend)[1:8, 1:70:step](q, u, v, out)
    inner = np.s_[1:-1, 1:-1]
    dx = np.where(u > 0, q - np.roll(q, 1, 0), np.roll(q, -1, 0) - q)
    dy = np.where(v > 0, q - np.roll(q, 1, 1), np.roll(q, -1, 1) - q)
    expected = np.zeros_like(q)
    expected[1:-1, 1:-1:step] = (u * dx + v * dy)[inner][:, ::step]
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1, 1), (2, 40), (7, 131)])
def test_borders(backend, dtype, shape):
    (u,) = arrays(dtype, 1, shape)
    out, padded = np.zeros_like(u), np.pad(u, 1, mode="edge")
    borders.on(backend)[shape](u, out)
    expected = padded[1:-1, :-2] + padded[1:-1, 2:] + padded[:-2, 1:-1] + padded[2:, 1:-1] - 4 * u
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("dtype", [np.float64, np.int32])
def test_in_loops_and_branches(backend, dtype):
    u, v = arrays(dtype)
    out = np.full((*u.shape, 3), 9, dtype)
    in_loop.on(backend)[1:8, 0:71](u, v, out)
    expected = np.full_like(out, 9)
    for k in range(3):
        chosen = np.where(v[1:-1] > k, u[:-2], u[2:])
        expected[1:-1, :, k] = np.where(v[1:-1] != k, chosen, 9)
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_no_choice_of_two_rows(backend, dtype):
    u, v = arrays(dtype)
    out = np.zeros_like(u)
    three.on(backend)[1:8, 0:71](u, v, out)
    inner = v[1:-1]
    np.testing.assert_array_equal(out[1:-1], np.where(inner > 1, u[:-2], np.where(inner < -1, u[2:], u[1:-1])))
    other_way.on(backend)[0:9, 0:35](u, v, out)
    np.testing.assert_array_equal(out[:, :35], np.where(v[:, :35] > 0, u[:, :70:2], u[:, :35]))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("step", [1, 3])
def test_upwind_with_velocities_read_one_after_the_other(backend, dtype, step):
    q, u, v = arrays(dtype, 3)
    out = np.zeros_like(q)
    fluxes.on(backend)[1:8, 1:70:step](q, u, v, out, 2)
    dx = np.where(u > 0, q - np.roll(q, 1, 0), np.roll(q, -1, 0) - q)
    dy = np.where(v > 0, q - np.roll(q, 1, 1), np.roll(q, -1, 1) - q)
    expected = np.zeros_like(q)
    expected[1:-1, 1:-1:step] = (q - 2 * (u * dx + v * dy))[1:-1, 1:-1][:, ::step]
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("dtype", DTYPES)
def test_choices_inside_choices(backend, dtype):
    u, v = arrays(dtype)
    i, j = np.indices((5, 71))
    out, looped = np.zeros((5, 71), dtype), np.zeros((5, 71), dtype)
    nested.on(backend)[5, 71](u, v, out)
    row = np.where(v[:5] > 0, np.where(v[:5] > 2, 2 * i, i + 1), i)
    np.testing.assert_array_equal(out, u[row, j] * 3 + u[:5])
    nested_in_loop.on(backend)[5, 71](u, v, looped)
    rows = [np.where(v[:5] > k, i * k, (i + k) * 2) % 9 for k in range(1, 4)]
    np.testing.assert_array_equal(looped, u[:5] + sum(k * u[row, j] for k, row in enumerate(rows, 1)))


def test_rows_are_loaded_under_masks():
    u, v = arrays(np.float64)
    if "avx2" not in str(machine.identity()):
        pytest.skip("this CPU loads no vectors under masks")
    assert "@llvm.masked.load" in across.inspect(u, v, u, backend="cpu").llvm
    llvm = fluxes.inspect(u, v, v, u, 0.5, backend="cpu").llvm
    assert "@llvm.masked.load" in llvm
    # No lane goes its own way: with AVX2, stores ask the halves of a mask whether they are whole.
    assert not re.search(r"extractelement <\d+ x (?:ptr|double|i64)>", llvm)


@pytest.mark.parametrize("dtype", DTYPES)
def test_elements_that_a_point_wrote_before_it_chose(backend, dtype):
    u, v = arrays(dtype)
    stored_first.on(backend)[v.shape](u, v)
    np.testing.assert_array_equal(u, 2 * v + 2 * abs(v))


@pytest.mark.parametrize("dtype", DTYPES)
def test_elements_that_only_some_points_have(backend, dtype):
    """Where nothing is positive nothing of `u` is read, of which there is none."""
    ((v,),) = arrays(dtype, 1, (1, 300))
    u, out = np.arange(300).astype(dtype) ** 2, np.zeros(300, dtype)
    only_some.on(backend)[1:299](u, v, out)
    there = np.where(v > 2, u - np.roll(u, 1), u - np.roll(u, -1))
    np.testing.assert_array_equal(out[1:-1], np.where(v > 0, v + there, -v)[1:-1])
    none = -abs(v)
    only_some.on(backend)[300](u[:0], none, out)
    np.testing.assert_array_equal(out, -none)


@pytest.mark.parametrize("dtype", DTYPES[:2])
def test_choices_between_what_was_loaded_before_a_branch(backend, dtype):
    rng = np.random.default_rng(0)
    p, q, r, w = rng.uniform(0.6, 3.0, (4, 300)).astype(dtype)
    o, a, n, i = tuple(np.zeros((3, 300), dtype)), dtype(1.5), 2, np.arange(300)
    chosen_later.on(backend)[300](o, p, q, r, w, a, n)
    first = ((n + p) * (p + 2) + np.where(w > 0.1, a, p)) * ((0.1 / r - a) * (np.where(q > 0.1, w, 2) - 0.5 / r))
    second = -((q - r) * (n + 0.1)) / ((np.where(q < r, w, r) - 0.5) * (r - i - 0.5 * n))
    third = np.where(n < q, p, w) * 7.5 * (n - w - (w - r)) + (np.where(q < a, i, w) + p - r) * (w * 0.1 + w + 3)
    for got, expected in zip(o, (first, second, third), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-3 if dtype == np.float32 else 1e-11, atol=1e-4)
