"""Group kernels whose neighbouring groups fill lines past the cache together: launches of any size, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

import jitkit as jk
from jitkit.backends import loop_nest
from jitkit.backends.spmd import plan

TILE = 64
ROWS = 4


@jk.kernel(group=(ROWS, TILE))
def turned(i, j, x, out):
    """Transpose, the rows of `out` along the last axis."""
    n, m = x.shape
    row, column = jk.local_index()
    group_row, group_column = jk.group_index()
    left, top = group_row * ROWS, group_column * TILE
    tile = jk.shared((TILE, ROWS), x.dtype)
    for k in range(0, TILE, ROWS):
        inside = top + row + k < n and left + column % ROWS < m
        if column < ROWS and inside:
            tile[row + k, column] = x[top + row + k, left + column]
    jk.barrier()
    if left + row < m and top + column < n:
        out[left + row, top + column] = tile[column, row]


@jk.kernel(group=TILE)
def mirrored(i, x, out):
    """Turn the elements of each group round, and store a wrong number before the right one."""
    own = jk.shared(TILE, x.dtype)
    place, first = jk.local_index(), jk.group_index() * TILE
    if i < len(x):
        own[place] = x[i]
    jk.barrier()
    count = min(TILE, len(x) - first)
    if i < len(x):
        out[i] = own[place] + own[place]
        out[i] = own[count - 1 - place]


@jk.kernel(group=TILE)
def changed(i, x, out):
    """Turn the elements of each group round, and change some of the results."""
    own = jk.shared(TILE, x.dtype)
    place = jk.local_index()
    if i < len(x):
        own[place] = x[i]
    jk.barrier()
    if i < len(x):
        out[i] = own[TILE - 1 - place]
        if own[place] > 0:
            out[i] = 2 * own[place]


@jk.kernel(group=TILE)
def summed(i, x, out):
    """Add to what is there."""
    own = jk.shared(TILE, x.dtype)
    own[jk.local_index()] = x[i]
    jk.barrier()
    out[i] = out[i] + own[TILE - 1 - jk.local_index()]


@jk.kernel(group=TILE)
def read_behind(i, x, out):
    """Read from memory after a store, which may be what was stored."""
    own = jk.shared(TILE, x.dtype)
    own[jk.local_index()] = x[i]
    jk.barrier()
    out[i] = own[jk.local_index()] + own[jk.local_index()]
    jk.barrier()
    if x[i - i % TILE + TILE - 1 - jk.local_index()] < 0:
        out[i] = 0


@jk.kernel(group=(ROWS, TILE))
def columns(i, j, x, out):
    """Write to rows that end with each group."""
    row, column = jk.local_index()
    own = jk.shared((ROWS, TILE), x.dtype)
    own[row, column] = x[i, j]
    jk.barrier()
    out[jk.group_index()[1], i, column] = own[row, column]


@jk.kernel(group=(1, ROWS, TILE))
def turned_each(b, i, j, x, out):
    """Transpose each of many matrices."""
    _, m, n = out.shape
    _, row, column = jk.local_index()
    tile = jk.shared((TILE, ROWS), x.dtype)
    tile[column, row] = x[b, j, i] if i < m and j < n else 0
    jk.barrier()
    if i < m and j < n:
        out[b, i, j] = tile[column, row]


@jk.kernel(group=(2, 16))
def one_more(i, j, x, out):
    """Store rows, those of groups at the edges under masks."""
    row, column = jk.local_index()
    inside = i < x.shape[0] and j < x.shape[1]
    own = jk.shared((2, 16), x.dtype)
    own[row, column] = x[i, j] if inside else 0
    jk.barrier()
    if inside:
        out[i, j] = own[row, column] + 1


@pytest.fixture(autouse=True)
def from_the_first_byte(monkeypatch):
    """No other kernel is compiled meanwhile, so no cache holds code for these limits but of these."""
    for limit in ("STREAMED", "LONG_OF_GROUPS"):
        monkeypatch.setattr(loop_nest, limit, 1)


def at_offset(offset, shape, dtype):
    """Return zeros that begin some bytes behind a line of the cache, and the bytes around them."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.zeros(size + 256, np.uint8)
    first = -memory.ctypes.data % 64 + 64 + offset
    around = [memory[:first], memory[first + size :]]
    for part in around:
        part[:] = 77
    return memory[first : first + size].view(dtype).reshape(shape), around


def numbers(shape, dtype):
    return np.random.default_rng(3).integers(-99, 100, shape).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", "complex64"])
@pytest.mark.parametrize("shape", [(64, 8), (65, 5), (200, 7), (259, 9), (320, 4), (130, 21)])
def test_rows_at_every_offset_from_a_line(dtype, shape, backend):
    n, m = shape
    x = numbers(shape, dtype)
    space = (-(-m // ROWS) * ROWS, -(-n // TILE) * TILE)
    for offset in range(64) if backend == "cpu" else (0, 1, 16, 52):
        out, around = at_offset(offset, (m, n), dtype)
        turned.on(backend)[space](x, out)
        np.testing.assert_array_equal(out, x.T)
        assert all((part == 77).all() for part in around)


@pytest.mark.parametrize("shape", [(1, 130, 3), (3, 200, 9), (2, 64, 22), (4, 129, 12)])
def test_strips_of_groups_in_each_plane(shape, backend):
    count, n, m = shape
    x = numbers(shape, "float32")
    for offset in (0, 16, 24):
        out, around = at_offset(offset, (count, m, n), "float32")
        turned_each.on(backend)[count, -(-m // ROWS) * ROWS, -(-n // TILE) * TILE](x, out)
        np.testing.assert_array_equal(out, x.transpose(0, 2, 1))
        assert all((part == 77).all() for part in around)


@pytest.mark.parametrize("dtype", ["float32", "int64"])
def test_the_last_of_two_stores_remains(dtype, backend):
    for length in (1, 63, 64, 65, 128, 1000, 1024):
        x = numbers(length, dtype)
        expected = np.concatenate([x[k : k + TILE][::-1] for k in range(0, length, TILE)])
        for offset in (0, 16, 24, 48):
            out, around = at_offset(offset, length, dtype)
            mirrored.on(backend)[-(-length // TILE) * TILE](x, out)
            np.testing.assert_array_equal(out, expected)
            assert all((part == 77).all() for part in around)


@pytest.mark.parametrize("dtype", ["float32", "int64"])
def test_a_store_under_a_mask_changes_what_another_has_stored(dtype, backend):
    x = numbers(1024, dtype)
    expected = np.where(x > 0, 2 * x, x.reshape(-1, TILE)[:, ::-1].reshape(-1))
    for offset in range(0, 64, 4) if backend == "cpu" else (0, 16):
        out, around = at_offset(offset, 1024, dtype)
        changed.on(backend)[1024](x, out)
        np.testing.assert_array_equal(out, expected)
        assert all((part == 77).all() for part in around)


def test_one_array_as_two_arguments(backend):
    x, _ = at_offset(16, 1024, "float32")
    x[:] = numbers(1024, "float32")
    expected = x.reshape(-1, TILE)[:, ::-1].reshape(-1).copy()
    mirrored.on(backend)[1024](x, x)
    np.testing.assert_array_equal(x, expected)


def test_results_that_are_read(backend):
    x = numbers(1024, "float32")
    out, _ = at_offset(16, 1024, "float32")
    out[:] = numbers(1024, "float32")
    expected = out + x.reshape(-1, TILE)[:, ::-1].reshape(-1)
    summed.on(backend)[1024](x, out)
    np.testing.assert_array_equal(out, expected)
    out, _ = at_offset(16, 1024, "float32")
    read_behind.on(backend)[1024](np.abs(x), out)
    np.testing.assert_array_equal(out, 2 * np.abs(x))


def test_strided_rows(backend):
    x = numbers((256, 8), "float32")
    wide = np.zeros((8, 512), "float32")
    turned.on(backend)[8, 256](x, wide[:, ::2])
    np.testing.assert_array_equal(wide, np.stack([x.T, 0 * x.T], axis=-1).reshape(8, 512))
    apart = np.zeros((8, 300), "float32")
    turned.on(backend)[8, 256](x, apart[:, 5:261])
    np.testing.assert_array_equal(apart, np.pad(x.T, ((0, 0), (5, 39))))


def test_rows_that_end_with_each_group(backend):
    x, out = numbers((8, 256), "float32"), np.zeros((4, 8, TILE), "float32")
    columns.on(backend)[8, 256](x, out)
    np.testing.assert_array_equal(out, x.reshape(8, 4, TILE).swapaxes(0, 1))


@pytest.mark.parametrize("dtype", ["int32", "uint32", "float32"])
def test_rows_of_whole_lines_that_end_within_a_group(dtype, backend):
    x = np.arange(5 * 37).reshape(5, 37).astype(dtype)
    out = np.zeros_like(x)
    one_more.on(backend)[6, 48](x, out)
    np.testing.assert_array_equal(out, x + 1)


@pytest.mark.skipif(not plan.masked_stores_are_fast(), reason="lines are put together by AVX-512's permutations")
def test_which_kernels_write_past_the_cache():
    x, line = np.zeros((256, 8), "float32"), np.zeros(1024, "float32")
    flat = np.zeros((8, 256), "float32")
    assert "!nontemporal" in turned.inspect(x, flat, space=(8, 256), backend="cpu").llvm
    for kernel in (mirrored, changed):
        assert "!nontemporal" in kernel.inspect(line, line.copy(), space=1024, backend="cpu").llvm
    for kernel in (summed, read_behind):
        assert "!nontemporal" not in kernel.inspect(line, line.copy(), space=1024, backend="cpu").llvm
    out = np.zeros((4, 8, TILE), "float32")
    assert "!nontemporal" not in columns.inspect(flat, out, space=(8, 256), backend="cpu").llvm
    small = np.zeros((256, 8), "int16")
    assert "!nontemporal" not in turned.inspect(small, small.T.copy(), space=(8, 256), backend="cpu").llvm
