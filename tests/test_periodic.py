"""Kernels with periodic neighbours, ``u[(i + 1) % n]``, and borders: rows of any length and parts of rows, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

import jitkit as jk
from jitkit.backends import machine

LENGTHS = [1, 2, 3, 4, 7, 8, 15, 17, 33, 64, 127, 128, 129, 130, 300]


@jk.kernel
def ring(i, u, out):
    n = u.shape[0]
    out[i] = 3 * u[(i + 1) % n] + 2 * u[(i - 1) % n] - u[(i + n - 2) % n] + u[i % n]


@jk.kernel
def torus(i, j, u, out):
    n, m = u.shape
    out[i, j] = u[(i + 1) % n, j] + u[(i - 1) % n, j] + u[i, (j + 1) % m] + u[i, (j - 1) % m] - 4 * u[i, j]


@jk.kernel
def around(i, u, n, out):
    out[i] = u[(i + 3) % n] - u[(i - 3) % n]


@jk.kernel
def life(i, j, g, out):
    n, m = g.shape
    total = 0
    for a in range(-1, 2):
        for b in range(-1, 2):
            total += g[(i + a) % n, (j + b) % m]
    total -= g[i, j]
    out[i, j] = 1 if total == 3 or (total == 2 and g[i, j] == 1) else 0


@jk.kernel
def counted(i, u, out):
    """Use a remainder as a number, and compare it."""
    n = u.shape[0]
    r = (i + 1) % n
    out[i] = r * 10 + (5 if r == 0 else 0) + (i + 1) // n


@jk.kernel
def roots(i, u, out):
    out[i] = np.sin(u[(i + 1) % u.shape[0]])


@jk.kernel
def torus_by_conditions(i, j, u, out):
    n, m = u.shape
    up = i - 1 if i > 0 else n - 1
    down = i + 1 if i < n - 1 else 0
    left = m - 1 if j == 0 else j - 1
    right = 0 if j + 1 == m else j + 1
    out[i, j] = u[up, j] + u[down, j] + u[i, left] + u[i, right] - 4 * u[i, j]


@jk.kernel
def framed(i, j, u, out):
    n, m = u.shape
    if 0 < i < n - 1 and 0 < j < m - 1:
        out[i, j] = u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1]
    else:
        out[i, j] = -1


@jk.kernel
def clamped(i, j, u, out):
    m = u.shape[1]
    out[i, j] = u[max(i - 2, 0), j] + u[i, min(max(j - 2, 0), m - 1)] + u[i, min(j + 3, m - 1)]


@jk.kernel
def told_apart(i, u, n, out):
    """Compare in every way with a number and with an extent that is one."""
    first = (1 if i > 2 else 0) + (2 if i >= 3 else 0) + (4 if i < 2 else 0) + (8 if i <= 1 else 0)
    first += (16 if i != 0 else 0) + (32 if i == 4 else 0) + (64 if i > 1000 else 0)
    last = (1 if i < n - 2 else 0) + (2 if n - 3 >= i else 0) + (4 if i >= n else 0) + (8 if i + 2 > n else 0)
    last += (16 if i == n - 1 else 0) + (32 if n != i + 2 else 0) + (64 if 1 <= i < n else 0)
    out[i] = u[i] + 1000 * first + last


def numbers(shape, dtype):
    return np.random.default_rng(5).integers(-20, 20, shape).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64"])
def test_a_ring(dtype, backend):
    for n in LENGTHS[:8] if backend == "python" else LENGTHS:
        u = numbers(n, dtype)
        out = np.zeros_like(u)
        ring.on(backend)[n](u, out)
        np.testing.assert_array_equal(out, 3 * np.roll(u, -1) + 2 * np.roll(u, 1) - np.roll(u, 2) + u)


@pytest.mark.parametrize("space", [(0, 900), (100, 350), (0, 3), (297, 303), (299, 300), (600, 640), (0, 0)])
def test_indices_before_and_behind_the_row(space, backend):
    u, (begin, end) = numbers(300, "float64"), space
    places = np.arange(begin, end)

    @jk.kernel
    def shifted(i, u, out, first):
        n = u.shape[0]
        out[i - first] = u[(i + 1) % n] + 2 * u[(i - 260) % n]

    out = np.zeros(max(1, len(places)))
    shifted.on(backend)[begin:end](u, out, begin)
    np.testing.assert_array_equal(out[: len(places)], u[(places + 1) % 300] + 2 * u[(places - 260) % 300])


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_a_torus(dtype, backend):
    for shape in [(1, 1), (2, 1), (1, 2), (3, 40), (5, 131), (4, 257)]:
        u = numbers(shape, dtype)
        out = np.zeros_like(u)
        torus.on(backend)[shape](u, out)
        expected = np.roll(u, -1, 0) + np.roll(u, 1, 0) + np.roll(u, -1, 1) + np.roll(u, 1, 1) - 4 * u
        np.testing.assert_array_equal(out, expected)
        part = np.zeros_like(u)
        torus.on(backend)[: shape[0] : 2, shape[1] // 3 : shape[1]](u, part)
        np.testing.assert_array_equal(part[::2, shape[1] // 3 :], expected[::2, shape[1] // 3 :])


SHAPES = [(1, 1), (2, 1), (1, 2), (3, 3), (3, 40), (5, 131), (4, 257)]


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_a_torus_by_conditions(dtype, backend):
    for shape in SHAPES:
        u = numbers(shape, dtype)
        out, part = np.zeros_like(u), np.zeros_like(u)
        torus_by_conditions.on(backend)[shape](u, out)
        expected = np.roll(u, -1, 0) + np.roll(u, 1, 0) + np.roll(u, -1, 1) + np.roll(u, 1, 1) - 4 * u
        np.testing.assert_array_equal(out, expected)
        torus_by_conditions.on(backend)[: shape[0], shape[1] // 3 : shape[1] : 2](u, part)
        np.testing.assert_array_equal(part[:, shape[1] // 3 :: 2], expected[:, shape[1] // 3 :: 2])


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_frames_and_clamped_neighbours(dtype, backend):
    for n, m in SHAPES:
        u = numbers((n, m), "int64").__abs__().astype(dtype)
        out, expected = np.zeros((n, m)), np.full((n, m), -1.0)
        framed.on(backend)[n, m](u, out)
        w = u.astype(np.float64)
        expected[1:-1, 1:-1] = w[:-2, 1:-1] + w[2:, 1:-1] + w[1:-1, :-2] + w[1:-1, 2:]
        np.testing.assert_array_equal(out, expected)
        clamped.on(backend)[n, m](u, out)
        i, j = np.arange(n)[:, None], np.arange(m)
        left = w[i, np.clip(j - 2, 0, m - 1)]
        np.testing.assert_array_equal(out, w[np.maximum(i - 2, 0), j] + left + w[i, np.minimum(j + 3, m - 1)])


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 20, 131, 298, 300, 400])
@pytest.mark.parametrize("space", [(0, 300), (2, 130), (100, 300)])
def test_comparisons_with_first_and_last_indices(n, space, backend):
    u, i = numbers(300, "int64"), np.arange(300)
    out, expected = np.zeros(300, np.int64), np.zeros(300, np.int64)
    told_apart.on(backend)[space[0] : space[1]](u, n, out)
    first = (i > 2) + 2 * (i >= 3) + 4 * (i < 2) + 8 * (i <= 1) + 16 * (i != 0) + 32 * (i == 4) + 64 * (i > 1000)
    last = (i < n - 2) + 2 * (n - 3 >= i) + 4 * (i >= n) + 8 * (i + 2 > n) + 16 * (i == n - 1) + 32 * (n != i + 2)
    last = last + 64 * ((i >= 1) & (i < n))
    expected[slice(*space)] = (u + 1000 * first + last)[slice(*space)]
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("n", [1, 2, 5, 6, 100, 299, 300])
def test_extents_that_are_numbers(n, backend):
    u, i = numbers(300, "float64"), np.arange(300)
    out = np.zeros(300)
    around.on(backend)[300](u, n, out)
    np.testing.assert_array_equal(out, u[(i + 3) % n] - u[(i - 3) % n])


@pytest.mark.parametrize("n", [-1, -7, -400])
def test_negative_extents(n, backend):
    out, i = np.zeros(200), np.arange(200)

    @jk.kernel
    def signed(i, n, out):
        out[i] = (i + 3) % n

    signed.on(backend)[200](n, out)
    np.testing.assert_array_equal(out, (i + 3) % n)


@pytest.mark.parametrize("shape", [(3, 3), (4, 17), (6, 200)])
def test_life(shape, backend):
    g = (np.random.default_rng(6).random(shape) > 0.6).astype(np.uint8)
    out = np.full_like(g, 9)
    life.on(backend)[shape](g, out)
    total = sum(np.roll(g.astype(int), (a, b), (0, 1)) for a in (-1, 0, 1) for b in (-1, 0, 1)) - g
    np.testing.assert_array_equal(out, (total == 3) | ((total == 2) & (g == 1)))


@pytest.mark.parametrize("n", LENGTHS)
def test_remainders_as_numbers(n, backend):
    u, i = np.zeros(n), np.arange(2 * n)
    out = np.zeros(2 * n)
    counted.on(backend)[2 * n](u, out)
    r = (i + 1) % n
    np.testing.assert_array_equal(out, r * 10 + 5 * (r == 0) + (i + 1) // n)


def test_functions_give_the_same_bits_for_any_number_of_threads():
    u = np.random.default_rng(7).random(5000)
    results = []
    for threads in (1, 2):
        before = jk.get_num_threads()
        jk.set_num_threads(threads)
        out = np.zeros_like(u)
        roots.on("cpu")[5000](u, out)
        jk.set_num_threads(before)
        results.append(out)
    np.testing.assert_array_equal(*results)
    np.testing.assert_allclose(results[0], np.sin(np.roll(u, -1)), rtol=1e-14)


def test_points_between_the_ends_run_in_vectors():
    if "avx2" not in str(machine.identity()):
        pytest.skip("what this CPU widens is not known")
    u = np.zeros((50, 50))
    assert "<4 x double>" in (llvm := torus.inspect(u, u.copy(), backend="cpu").llvm) or "<8 x double>" in llvm
