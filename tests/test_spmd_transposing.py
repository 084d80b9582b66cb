"""Tiles that work-items read along their rows while their vectors stand across them, against NumPy's transpose."""

import numpy as np
import pytest

import jitkit as jk
from jitkit.backends.spmd import transposing
from jitkit.backends.spmd.writer import Text

GROUPS = 3


def turned(x, width, each, gap, first):
    """Return what each work-item of each group reads: `each` elements of its own row, `gap` apart, from `first` on."""
    rows = x.reshape(GROUPS, width, -1)
    return rows[:, :, first : first + gap * each : gap].transpose(0, 2, 1).copy()


def kernel_of(width, each, gap, first):
    """Return a kernel whose work-items read rows of a tile that they have stored as columns."""
    columns = 2 * 16 + 1

    @jk.kernel(group=width)
    def kernel(i, x, out):
        local, group = jk.local_index(), jk.group_index()
        tile = jk.shared((width, columns), x.dtype)
        for k in range(columns):
            tile[local, k] = x[(group * width + local) * columns + k]
        jk.barrier()
        own = jk.local(each, x.dtype)
        for k in range(each):
            own[k] = tile[local, first + gap * k]
        for k in range(each):
            out[(group * each + k) * width + local] = own[k]

    return kernel, columns


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64"])
@pytest.mark.parametrize(
    ("width", "each", "gap", "first"),
    [(32, 4, 1, 0), (32, 8, 1, 3), (64, 16, 1, 0), (32, 16, 2, 1), (64, 8, 2, 0), (32, 13, 1, 5), (40, 8, 1, 0), (32, 5, 3, 0)],
)  # fmt: skip
def test_a_tile_is_read_across(backend, dtype, width, each, gap, first):
    kernel, columns = kernel_of(width, each, gap, first)
    x = np.arange(GROUPS * width * columns).astype(dtype)
    out = np.zeros((GROUPS, each, width), dtype)
    kernel.on(backend)[GROUPS * width](x, out.reshape(-1))
    np.testing.assert_array_equal(out, turned(x, width, each, gap, first))


def test_what_is_stored_in_between_is_read(backend):
    @jk.kernel(group=32)
    def kernel(i, x, out):
        local = jk.local_index()
        tile = jk.shared((32, 9), x.dtype)
        for k in range(9):
            tile[local, k] = x[9 * local + k]
        for k in range(8):
            out[64 * k + local] = tile[local, k]
            tile[local, k + 1] = tile[local, k] + 1.0
        for k in range(8):
            out[64 * k + 32 + local] = tile[local, k]

    x = np.arange(9.0 * 32).reshape(32, 9) ** 2
    out = np.zeros((8, 2, 32))
    kernel.on(backend)[32](x.reshape(-1), out.reshape(-1))
    expected = x[:, 0] + np.arange(8)[:, None]
    np.testing.assert_array_equal(out, np.stack([expected, expected], axis=1))


def test_a_read_under_a_condition_stands_with_its_neighbours(backend):
    @jk.kernel(group=32)
    def kernel(i, x, out, most):
        local = jk.local_index()
        tile = jk.shared((32, 9), x.dtype)
        for k in range(9):
            tile[local, k] = x[9 * local + k]
        jk.barrier()
        for k in range(8):
            value = tile[local, k]
            if k < most and local < 30:
                out[32 * k + local] = value

    x = np.arange(9 * 32, dtype=np.float32).reshape(32, 9)
    for most in (0, 1, 5, 8):
        out = np.full((8, 32), -1, np.float32)
        kernel.on(backend)[32](x.reshape(-1), out.reshape(-1), most)
        expected = np.full((8, 32), -1, np.float32)
        expected[:most, :30] = x.T[:most, :30]
        np.testing.assert_array_equal(out, expected)


def test_shuffles_of_a_tile_are_few():
    """A register of each column by whole rows: a load for each lane, and two or three exchanges of all registers."""
    width = min(16, transposing.plan.register_lanes("float"))
    count, text = min(8, width), Text()
    found = transposing.write(text, transposing.Tile("float", 64, 1, [[] for _ in range(count)], {}), "%first", "4", 16)
    assert len(found) == count
    assert sum(" load " in line for line in text.lines) == 16
    exchanges, joints = {16: (8 + 3 * 8, 0), 8: (2 * 3 * 8, 8), 4: (4 * 2 * 4, 3 * 4)}[width]
    assert sum("shufflevector" in line for line in text.lines) == exchanges + joints
