"""Kernels with periodic neighbours, ``u[(i + 1) % n]``: rows of any length and parts of rows, against NumPy."""

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
