"""Rows of shared memory that begin within a vector, beside the row that begins with it, against NumPy."""

import numpy as np
import pytest

import jitkit as jk

EDGE = 16


def stencil(width, distance):
    """Return a kernel that adds up what stands `distance` places before and behind each place of a row."""

    @jk.kernel(group=width)
    def kernel(i, x, out, turn):
        local, group = jk.local_index(), jk.group_index()
        rows = jk.shared((4, width + 2 * EDGE), x.dtype)
        for r in range(4):
            rows[r, EDGE + local] = x[4 * (group * width + local) + r]
        if local < EDGE:
            for r in range(4):
                rows[r, local] = rows[r, EDGE + width + local] = -1
        jk.barrier()
        row = turn & 3
        total = rows[row, EDGE + local - distance] + 10 * rows[row, EDGE + local]
        out[i] = total + 100 * rows[row, EDGE + local + distance]

    return kernel


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64"])
@pytest.mark.parametrize("width", [64, 192, 96])
@pytest.mark.parametrize("distance", [1, 2, 7, 15, 16])
def test_neighbours_in_a_row(backend, dtype, width, distance):
    x = np.random.default_rng(5).integers(0, 99, (2, width, 4)).astype(dtype)
    out = np.zeros((2, width), dtype)
    for turn in (0, 3):
        stencil(width, distance).on(backend)[2 * width](x.reshape(-1), out.reshape(-1), turn)
        row = np.pad(x[:, :, turn], ((0, 0), (EDGE, EDGE)), constant_values=-1)
        before, behind = (row[:, EDGE + d : EDGE + d + width] for d in (-distance, distance))
        np.testing.assert_array_equal(out, before + 10 * x[:, :, turn] + 100 * behind)


def test_what_another_phase_stores_is_read(backend):
    @jk.kernel(group=64)
    def kernel(i, x, out):
        local = jk.local_index()
        row = jk.shared(64 + 2 * EDGE, x.dtype)
        row[EDGE + local] = x[i]
        if local < 2:
            row[EDGE - 1 + 65 * local] = 0
        jk.barrier()
        for _ in range(3):
            new = row[EDGE + local - 1] + row[EDGE + local] + row[EDGE + local + 1]
            jk.barrier()
            row[EDGE + local] = new
            jk.barrier()
        out[i] = row[EDGE + local]

    x = np.random.default_rng(6).integers(0, 9, (3, 64)).astype(np.float32)
    out, expected = np.zeros_like(x), x
    kernel.on(backend)[3 * 64](x.reshape(-1), out.reshape(-1))
    for _ in range(3):
        wide = np.pad(expected, ((0, 0), (1, 1)))
        expected = wide[:, :-2] + wide[:, 1:-1] + wide[:, 2:]
    np.testing.assert_array_equal(out, expected)
