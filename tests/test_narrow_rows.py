"""Kernels over arrays of narrow rows (places, pixels, small matrices), and over arrays that share memory, against NumPy."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import pytest

import jitkit as jk
from jitkit.backends import machine

LENGTHS = [1, 2, 3, 5, 8, 15, 16, 17, 33, 64, 127, 128, 129, 300]


@jk.kernel
def turned(i, x, r, out):
    a, b, c = x[i, 0], x[i, 1], x[i, 2]
    out[i, 0] = r[0, 0] * a + r[0, 1] * b + r[0, 2] * c
    out[i, 1] = r[1, 0] * a + r[1, 1] * b + r[1, 2] * c
    out[i, 2] = r[2, 0] * a + r[2, 1] * b + r[2, 2] * c


@jk.kernel
def mixed(i, x, out):
    """Read what may have been written just before, where `out` is `x`."""
    out[i, 0] = x[i, 1] + 1
    out[i, 1] = x[i, 2] + x[i, 0]
    out[i, 2] = x[i, 0] * 2 - x[i, 1]


@jk.kernel
def swapped(i, x):
    x[i, 0], x[i, 2] = x[i, 2], x[i, 0] - x[i, 1]


@jk.kernel
def grey(i, j, picture, out):
    out[i, j] = 3 * picture[i, j, 0] + 5 * picture[i, j, 1] + 2 * picture[i, j, 2]


@jk.kernel
def products(m, a, b, out):
    for i in range(3):
        for j in range(3):
            total = 0
            for k in range(3):
                total += a[m, i, k] * b[m, k, j]
            out[m, i, j] = total


@jk.kernel
def every_other(i, x, out):
    for k in range(3):
        out[2 * i, k] = x[2 * i, k] + 1


@jk.kernel
def both(i, x, first, second):
    first[i, 0], first[i, 1] = x[i, 0], x[i, 1]
    second[i, 0], second[i, 1] = x[i, 0] + x[i, 1], x[i, 0] - x[i, 1]


class Pair(NamedTuple):
    x: np.ndarray
    out: np.ndarray


@jk.kernel
def mixed_pair(i, pair, more):
    pair.out[i, 0] = pair.x[i, 1] + 1
    pair.out[i, 1] = pair.x[i, 0] + more[i, 0]
    more[i, 0] = pair.x[i, 1] * 2
    more[i, 1] = pair.x[i, 0] - 3


def whole_numbers(shape, dtype="float64"):
    return np.random.default_rng(3).integers(-40, 40, shape).astype(dtype)


def one_by_one(kernel, count, *args):
    """The oracle where arrays share memory: a point after the other, in Python."""
    for i in range(count):
        kernel.func(i, *args)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int16"])
@pytest.mark.parametrize("width", [3, 4, 7])
def test_rows_of_any_width_and_number(dtype, width, backend):
    r = whole_numbers((3, 3), dtype) // 8
    for length in LENGTHS[:7] if backend == "python" else LENGTHS:
        x = whole_numbers((length, width), dtype)
        out = np.full((length, width), 77, dtype)
        turned.on(backend)[length](x, r, out)
        np.testing.assert_array_equal(out[:, :3], x[:, :3] @ r.T)
        np.testing.assert_array_equal(out[:, 3:], 77)


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("channels", [3, 4])
def test_pictures(dtype, channels, backend):
    for shape in [(2, 1), (3, 5), (2, 16), (3, 130)]:
        picture = np.random.default_rng(4).integers(0, 20, (*shape, channels)).astype(dtype)
        out = np.zeros(shape, dtype)
        grey.on(backend)[shape](picture, out)
        np.testing.assert_array_equal(out, picture[..., :3].astype(int) @ [3, 5, 2])


def test_small_matrices(backend):
    for length in (1, 2, 9, 130):
        a, b = whole_numbers((2, length, 3, 3))
        out = np.zeros_like(a)
        products.on(backend)[length](a, b, out)
        np.testing.assert_array_equal(out, a @ b)


def test_views_of_rows_of_wider_and_turned_arrays(backend):
    wide, r = whole_numbers((40, 8)), whole_numbers((3, 3))
    for x in (wide[:, 2:5], wide[::-1, :3], wide[::3, 5:], np.asfortranarray(wide[:, :3])):
        out = np.zeros((len(x), 3))
        turned.on(backend)[len(x)](x, r, out)
        np.testing.assert_array_equal(out, x @ r.T)


def test_every_third_row(backend):
    x, r = whole_numbers((100, 3)), whole_numbers((3, 3))
    out = np.zeros_like(x)
    turned.on(backend)[1:98:3](x, r, out)
    expected = np.zeros_like(x)
    expected[1:98:3] = x[1:98:3] @ r.T
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("length", LENGTHS)
def test_the_result_may_be_the_argument(length, backend):
    x, r = whole_numbers((length, 3)), whole_numbers((3, 3))
    expected = x @ r.T
    turned.on(backend)[length](x, r, x)
    np.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize("length", LENGTHS)
def test_a_point_reads_what_it_wrote_where_arrays_are_one(length, backend):
    x = whole_numbers((length, 3))
    expected, out = x.copy(), np.zeros_like(x)
    one_by_one(mixed, length, x, out)
    again = np.zeros_like(x)
    mixed.on(backend)[length](x, again)
    np.testing.assert_array_equal(again, out)
    one_by_one(mixed, length, expected, expected)
    mixed.on(backend)[length](x, x)
    np.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize("length", LENGTHS)
def test_one_array_read_and_written(length, backend):
    x = whole_numbers((length, 3))
    expected = np.stack([x[:, 2], x[:, 1], x[:, 0] - x[:, 1]], axis=1)
    swapped.on(backend)[length](x)
    np.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize("where", ["python", "cpu"])  # host arrays that overlap like this are refused by the GPU
@pytest.mark.parametrize("shift", [-3, -2, -1, 0, 1, 2, 3])
def test_results_among_the_rows_of_the_argument(shift, where):
    """Points read every other row, and write some elements from where they read: the next that they read, or none."""
    memory, count = whole_numbers(3 * 302), 70
    expected = memory.copy()

    def rows(elements, start):
        return elements[start : start + 6 * count].reshape(-1, 3)

    one_by_one(every_other, count, rows(expected, 9), rows(expected, 9 + shift))
    every_other.on(where)[count](rows(memory, 9), rows(memory, 9 + shift))
    np.testing.assert_array_equal(memory, expected)


def test_results_right_before_and_behind_the_argument(backend):
    memory = whole_numbers(3 * 3 * 50)
    before, x, behind = memory.reshape(3, 50, 3)
    expected = memory.copy().reshape(3, 50, 3)
    for place, out in ((0, before), (2, behind)):
        one_by_one(mixed, 50, expected[1], expected[place])
        mixed.on(backend)[50](x, out)
    np.testing.assert_array_equal(memory, expected.ravel())


def test_two_results_that_are_one(backend):
    x, out = whole_numbers((90, 2)), np.zeros((90, 2))
    both.on(backend)[90](x, out, out)
    np.testing.assert_array_equal(out, np.stack([x[:, 0] + x[:, 1], x[:, 0] - x[:, 1]], axis=1))


@pytest.mark.parametrize("shared", ["nothing", "x and out", "x and more", "out and more", "all"])
def test_arrays_in_tuples_that_share_memory(shared, backend):
    def arrays():
        x, out, more = whole_numbers((3, 70, 2)).copy()
        return {
            "nothing": (x, out, more), "x and out": (x, x, more), "x and more": (x, out, x), "out and more": (x, out, out),
            "all": (x, x, x),
        }[shared]  # fmt: skip

    x, out, more = arrays()
    one_by_one(mixed_pair, 70, Pair(x, out), more)
    expected = [item.copy() for item in (x, out, more)]
    x, out, more = arrays()
    mixed_pair.on(backend)[70](Pair(x, out), more)
    for got, want in zip((x, out, more), expected, strict=True):
        np.testing.assert_array_equal(got, want)


def test_rows_of_known_width_are_taken_apart_in_vectors():
    x, r = np.zeros((100, 3), np.float32), np.zeros((3, 3), np.float32)
    assert re.search(r"shufflevector <\d+ x float>", turned.inspect(x, r, x, backend="cpu").llvm)


def test_matrices_are_told_from_results_without_gathers():
    a = np.zeros((100, 3, 3))
    llvm = products.inspect(a, a, a, backend="cpu").llvm
    assert "noalias" in llvm
    assert "masked.gather" not in llvm


@jk.kernel
def doubled(i, j, x, out):
    out[i, j] = 2 * x[i, j] + x[i, j + 1]


@jk.kernel
def products_of_complex(i, a, b, out):
    out[i] = a[i] * b[i] + a[i].conjugate()


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("steps", [(1, 1), (1, 2), (2, 1), (1, -1), (-2, 3)])
def test_views(steps, dtype, backend):
    rows, columns = steps
    for width in (1, 7, 16, 150):
        wide = np.random.default_rng(5).integers(0, 60, (9, 3 * width + 6)).astype(dtype)
        into = np.zeros_like(wide)
        x, out = (a[::rows, ::columns][:3, : width + 1] for a in (wide, into))
        doubled.on(backend)[len(x), x.shape[1] - 1](x, out)
        expected = np.zeros_like(wide)
        expected[::rows, ::columns][:3, :width] = (2 * x[:, :-1] + x[:, 1:])[:, :width]
        np.testing.assert_array_equal(into, expected)


def test_parts_of_complex_numbers(backend):
    z = whole_numbers((3, 41)) + 1j * whole_numbers((3, 41))
    out = np.zeros((3, 40))
    doubled.on(backend)[3, 40](z.imag, out)
    np.testing.assert_array_equal(out, 2 * z.imag[:, :-1] + z.imag[:, 1:])


@jk.kernel
def relaxed(i, j, f, out):
    mean = 0.0
    for k in range(8):
        mean += f[k, i, j]
    for k in range(8):
        out[k, i, j] = f[k, i, j] + (mean / 8 - f[k, i, j]) / 2


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("width", [1, 5, 16, 131])
def test_many_planes(width, dtype, backend):
    f = 16 * whole_numbers((8, 3, width), dtype)
    expected, out = (f + f.mean(axis=0)) / 2, np.zeros_like(f)
    relaxed.on(backend)[3, width](f, out)
    np.testing.assert_array_equal(out, expected)
    relaxed.on(backend)[3, width](f, f)
    np.testing.assert_array_equal(f, expected)


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("length", LENGTHS)
def test_complex_numbers(length, dtype, backend):
    a, b = (whole_numbers((2, length)) + 1j * whole_numbers((2, length))[::-1]).astype(dtype)
    out = np.zeros_like(a)
    products_of_complex.on(backend)[length](a, b, out)
    np.testing.assert_array_equal(out, a * b + a.conj())


@jk.kernel
def magnetic(i, j, e, hx, hy):
    hx[i, j] -= 2 * (e[i, j + 1] - e[i, j])
    hy[i, j] += 2 * (e[i + 1, j] - e[i, j])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("width", [1, 5, 16, 131])
def test_two_fields_of_which_each_point_changes_its_own(width, dtype, backend):
    e = whole_numbers((4, width + 1), dtype)
    across, down = 2 * np.diff(e[:-1]), 2 * np.diff(e[:, :-1], axis=0)
    hx, hy = whole_numbers((2, 3, width), dtype)
    x, y = hx.copy(), hy.copy()
    magnetic.on(backend)[3, width](e, x, y)
    np.testing.assert_array_equal(x, hx - across)
    np.testing.assert_array_equal(y, hy + down)
    magnetic.on(backend)[3, width](e, x, x)
    np.testing.assert_array_equal(x, hx - 2 * across + down)


def test_neighbours_in_views_are_taken_in_vectors():
    if "avx2" not in str(machine.identity()):
        pytest.skip("what this CPU widens is not known")
    x = np.zeros((50, 50))[1:-1, 1:-1]
    assert re.search(r"load <\d+ x double>", doubled.inspect(x, x, backend="cpu").llvm)
