"""Kernels that only mirror a matrix run in another order, past the cache and through it, with the results of any order."""

from __future__ import annotations

import numpy as np
import pytest

import jitkit as jk
from jitkit import cases
from jitkit.backends import loop_nest
from jitkit.backends.spmd import mirrored

ROWS, TILE = 8, 32


THROUGH = loop_nest.STREAMED


@pytest.fixture(autouse=True)
def past_the_cache(monkeypatch):
    """Results go past the cache from the first byte on; no cache holds code for this limit but of these tests."""
    monkeypatch.setattr(loop_nest, "STREAMED", 1)


@pytest.fixture(params=[1, THROUGH], ids=["past the cache", "through it"])
def limit(request, monkeypatch, past_the_cache):
    monkeypatch.setattr(loop_nest, "STREAMED", request.param)


@pytest.fixture
def is_found(monkeypatch):
    """Tell whether a kernel that is compiled anew is taken for one that mirrors a matrix."""
    found = []

    def noting(of):
        def noted(*args):
            found.append(of(*args))
            return found[-1]

        return noted

    for name in ("by_groups", "by_points"):
        monkeypatch.setattr(mirrored, name, noting(getattr(mirrored, name)))

    def ask(kernel, x, out):
        kernel.inspect(x, out, space=space(kernel, *x.shape), backend="cpu")
        return found[-1] is not None

    return ask


@jk.kernel(group=(TILE, TILE))
def by_index(i, j, x, out):
    """Load at the index, in launches from 0 on."""
    row, column = jk.local_index()
    tile = jk.shared((TILE, TILE + 1), x.dtype)
    if i < out.shape[0] and j < out.shape[1]:
        tile[column, row] = x[j, i]
    jk.barrier()
    if i < out.shape[0] and j < out.shape[1]:
        out[i, j] = tile[column, row]


@jk.kernel(group=(ROWS, TILE))
def by_rows(i, j, x, out):
    """Copy rows of a tile, and columns out of it, with what the result's shape says."""
    row, column = jk.local_index()
    left, top = jk.group_index()[0] * TILE, jk.group_index()[1] * TILE
    tile = jk.shared((TILE, TILE + 1), x.dtype)
    for r in range(0, TILE, ROWS):
        if top + row + r < x.shape[0] and left + column < x.shape[1]:
            tile[row + r, column] = x[top + row + r, left + column]
    jk.barrier()
    for r in range(0, TILE, ROWS):
        if left + row + r < out.shape[0] and top + column < out.shape[1]:
            out[left + row + r, top + column] = tile[column, row + r]


@jk.kernel(group=(ROWS, TILE))
def or_zero(i, j, x, out):
    """The same where the matrix ends before the result: zeros there."""
    row, column = jk.local_index()
    left, top = jk.group_index()[0] * TILE, jk.group_index()[1] * TILE
    tile = jk.shared((TILE, TILE), x.dtype)
    for r in range(0, TILE, ROWS):
        inside = top + row + r < x.shape[0] and left + column < x.shape[1]
        tile[row + r, column] = x[top + row + r, left + column] if inside else 0
    jk.barrier()
    for r in range(0, TILE, ROWS):
        if left + row + r < out.shape[0] and top + column < out.shape[1]:
            out[left + row + r, top + column] = tile[column, row + r]


@jk.kernel(group=(ROWS, TILE))
def unguarded(i, j, x, out):
    """Mirror a matrix of whole tiles."""
    row, column = jk.local_index()
    left, top = jk.group_index()[0] * TILE, jk.group_index()[1] * TILE
    tile = jk.shared((TILE, TILE), x.dtype)
    for r in range(0, TILE, ROWS):
        tile[row + r, column] = x[top + row + r, left + column]
    jk.barrier()
    for r in range(0, TILE, ROWS):
        out[left + row + r, top + column] = tile[column, row + r]


@jk.kernel(group=(ROWS, TILE))
def doubled(i, j, x, out):
    """Do more than mirror."""
    row, column = jk.local_index()
    tile = jk.shared((TILE, TILE), x.dtype)
    left, top = jk.group_index()[0] * TILE, jk.group_index()[1] * TILE
    for r in range(0, TILE, ROWS):
        tile[row + r, column] = x[top + row + r, left + column]
    jk.barrier()
    for r in range(0, TILE, ROWS):
        out[left + row + r, top + column] = 2 * tile[column, row + r]


@jk.kernel(group=(ROWS, TILE))
def rolled(i, j, x, out):
    """Mirror the matrix, the columns of each tile rolled."""
    row, column = jk.local_index()
    tile = jk.shared((TILE, TILE), x.dtype)
    left, top = jk.group_index()[0] * TILE, jk.group_index()[1] * TILE
    for r in range(0, TILE, ROWS):
        tile[row + r, column ^ 1] = x[top + row + r, left + column]
    jk.barrier()
    for r in range(0, TILE, ROWS):
        out[left + row + r, top + column] = tile[column, row + r]


@jk.kernel(group=(ROWS, TILE))
def some_rows(i, j, x, out):
    """Mirror half of the rows of each tile."""
    row, column = jk.local_index()
    tile = jk.shared((TILE, TILE), x.dtype)
    left, top = jk.group_index()[0] * TILE, jk.group_index()[1] * TILE
    for r in range(0, TILE, ROWS):
        tile[row + r, column] = x[top + row + r, left + column]
    jk.barrier()
    for r in range(0, TILE // 2, ROWS):
        out[left + row + r, top + column] = tile[column, row + r]


@jk.kernel(group=(ROWS, TILE))
def copied(i, j, x, out):
    """Copy tiles as they are."""
    row, column = jk.local_index()
    tile = jk.shared((TILE, TILE), x.dtype)
    top, left = jk.group_index()[0] * TILE, jk.group_index()[1] * TILE
    for r in range(0, TILE, ROWS):
        tile[row + r, column] = x[top + row + r, left + column]
    jk.barrier()
    for r in range(0, TILE, ROWS):
        out[top + row + r, left + column] = tile[row + r, column]


@jk.kernel(group=(ROWS, TILE))
def below_diagonal(i, j, x, out):
    """Mirror the tiles on one side of the diagonal."""
    row, column = jk.local_index()
    tile = jk.shared((TILE, TILE), x.dtype)
    left, top = jk.group_index()[0] * TILE, jk.group_index()[1] * TILE
    for r in range(0, TILE, ROWS):
        tile[row + r, column] = x[top + row + r, left + column]
    jk.barrier()
    if left <= top:
        for r in range(0, TILE, ROWS):
            out[left + row + r, top + column] = tile[column, row + r]


@jk.kernel
def by_load(i, j, x, out):
    """Mirror point by point, by rows of the result."""
    out[i, j] = x[j, i]


@jk.kernel
def by_store(j, i, x, out):
    """Mirror point by point, by rows of the matrix, where the result has a place."""
    if i < out.shape[0] and j < out.shape[1]:
        out[i, j] = x[j, i]


@jk.kernel
def one_more(i, j, x, out):
    """Do more than mirror."""
    out[i, j] = x[j, i] + 1


@jk.kernel
def shifted(i, j, x, out):
    """Mirror the matrix from its second row on."""
    out[i, j] = x[j + 1, i] if j + 1 < x.shape[0] else 0


@jk.kernel
def same(i, j, x, out):
    """Copy the matrix, as far as it and the result reach."""
    if i < x.shape[0] and j < x.shape[1]:
        out[i, j] = x[i, j]


TRANSPOSE = cases.load("transpose").kernel
POINTS = [by_load, by_store]
MIRRORS = [TRANSPOSE, by_index, by_rows, or_zero, *POINTS]
EXTENTS = [(64, 64), (128, 65), (192, 70), (1040, 100), (80, 1031), (112, 513)]


def space(kernel, n, m):
    """Return the launch space for a result of `m` rows of `n`: points, or tiles, each with a group."""
    if kernel.group is None:
        return (n, m) if kernel is by_store else (m, n)
    tile = 64 if kernel is TRANSPOSE else TILE
    return tuple(-(-count // tile) * size for count, size in zip((m, n), kernel.group, strict=True))


def numbers(shape, dtype):
    return np.random.default_rng(5).integers(1, 100, shape).astype(dtype)


def result_and_expected(x, expected, offset, pitch):
    """Return bytes with a result in them, a few behind a line of the cache, in rows so far apart, and what they should become."""
    m, n = expected.shape
    size = x.itemsize
    memory = np.random.default_rng(6).integers(0, 256, m * pitch * size + 256).astype(np.uint8)
    first = -memory.ctypes.data % 64 + 64 + offset

    def rows(among):
        return among[first : first + m * pitch * size].view(x.dtype).reshape(m, pitch)[:, :n]

    wanted = memory.copy()
    rows(wanted)[:] = expected
    return rows(memory), memory, wanted


def check(kernel, x, expected=None, offset=16, pitch=None, backend="cpu", extents=None):
    """Launch a kernel, and compare all of the memory around its result."""
    expected = x.T if expected is None else expected
    out, memory, wanted = result_and_expected(x, expected, offset, pitch or expected.shape[1])
    kernel.on(backend)[space(kernel, *(extents or expected.shape[::-1]))](x, out)
    np.testing.assert_array_equal(memory, wanted)


@pytest.mark.parametrize("kernel", [*MIRRORS, unguarded], ids=lambda kernel: kernel.name)
def test_what_mirrors_is_found(kernel, is_found):
    assert is_found(kernel, *np.zeros((2, 64, 64), np.float32))


OTHERS = [doubled, rolled, some_rows, copied, below_diagonal, one_more, shifted, same]


@pytest.mark.parametrize("kernel", OTHERS, ids=lambda kernel: kernel.name)
def test_what_does_anything_else_is_not(kernel, is_found, backend):
    x = numbers((64, 96), "float32")
    out = np.zeros((96, 64), np.float32) if kernel is not copied else np.zeros_like(x)
    results = {}
    for name in ("python", backend):
        results[name] = out.copy()
        kernel.on(name)[space(kernel, *out.shape[::-1])](x, results[name])
    np.testing.assert_array_equal(results[backend], results["python"])
    assert not is_found(kernel, x, out)


@pytest.mark.parametrize(
    ("kernel", "dtype"),
    [*((kernel, "float32") for kernel in MIRRORS), *((TRANSPOSE, dtype) for dtype in ("float64", "int32", "int64"))],
)
def test_every_place_in_a_line(kernel, dtype, limit):
    for extents in EXTENTS:
        x = numbers(extents, dtype)
        for offset in range(0, 64, x.itemsize):
            check(kernel, x, offset=offset)


@pytest.mark.parametrize("kernel", MIRRORS, ids=lambda kernel: kernel.name)
def test_small_ones_on_each_backend(kernel, backend):
    for extents in ((64, 64), (80, 67), (33, 70)):
        check(kernel, numbers(extents, "float32"), backend=backend)


@pytest.mark.parametrize("kernel", [TRANSPOSE, by_index], ids=lambda kernel: kernel.name)
def test_rows_apart(kernel, limit):
    whole = numbers((200, 300), "float32")
    check(kernel, whole[:128, 3:103], pitch=144)
    check(kernel, whole[::2][:96, 7:107], pitch=112)
    check(kernel, whole[::-1][:128, :100], pitch=128)


@pytest.mark.parametrize("threads", [1, 2])
def test_any_number_of_threads(threads, limit):
    before = jk.get_num_threads()
    jk.set_num_threads(threads)
    try:
        check(TRANSPOSE, numbers((1600, 1300), "float64"))
    finally:
        jk.set_num_threads(before)


def test_a_launch_of_some_groups_writes_these():
    x = numbers((256, 224), "float32")
    expected = np.zeros((224, 256), np.float32)
    expected[:96, :192] = x.T[:96, :192]
    for kernel in (by_rows, or_zero, by_index, *POINTS):
        out, memory, _ = result_and_expected(x, expected, 16, 256)
        out[:] = 0
        kernel.on("cpu")[space(kernel, 192, 96)](x, out)
        np.testing.assert_array_equal(out, expected)
        assert memory.size == 224 * 256 * 4 + 256


def test_zeros_behind_the_end_of_the_matrix():
    x = numbers((120, 90), "float32")
    for m, n in ((90, 128), (128, 112), (112, 128), (80, 112)):
        expected = np.zeros((m, n), np.float32)
        part = x.T[:m, :n]
        expected[: part.shape[0], : part.shape[1]] = part
        check(or_zero, x, expected)


def test_numbers_that_are_none_keep_their_bits():
    bits = np.random.default_rng(7).integers(0, 1 << 32, (128, 96), dtype=np.uint32)
    out = np.zeros((96, 128), np.float32)
    by_rows.on("cpu")[space(by_rows, 128, 96)](bits.view(np.float32), out)
    np.testing.assert_array_equal(out.view(np.uint32), bits.T)


@pytest.mark.parametrize(
    "cut", [(slice(0, 64), slice(0, 96)), (slice(8, 90), slice(5, 77)), (slice(0, 96, 2), slice(1, 96, 3))]
)
@pytest.mark.parametrize("kernel", POINTS, ids=lambda kernel: kernel.name)
def test_launches_of_some_points(kernel, cut, limit):
    x = numbers((96, 96), "float32")
    out, expected = np.zeros((96, 96), np.float32), np.zeros((96, 96), np.float32)
    kernel.on("python")[cut](x, expected)
    kernel.on("cpu")[cut](x, out)
    np.testing.assert_array_equal(out, expected)
    assert np.count_nonzero(out) == out[tuple(reversed(cut)) if kernel is by_store else cut].size


@pytest.mark.parametrize(
    "shape", [(0, 5), (5, 0), (1, 1), (16, 16), (15, 40), (17, 16), (1, 3000), (3000, 1), (40, 16)]
)
def test_points_of_few_rows_or_columns(shape, backend):
    x = numbers(shape, "float64")
    for kernel in POINTS:
        check(kernel, x, backend=backend)
