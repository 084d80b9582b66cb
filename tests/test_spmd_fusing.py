"""Barriers between steps of a group kernel in which no vector touches what another has, against NumPy."""

import numpy as np
import pytest

import jitkit as jk


@pytest.mark.parametrize(("group", "lanes"), [(64, 64), (96, 96), (40, 40)])
def test_rows_that_neighbours_exchange(backend, group, lanes):
    """Each work-item holds a column of four rows and adds its neighbours' in turn, who are in its vector."""

    @jk.kernel(group=group)
    def kernel(i, x, out):
        local, start = jk.local_index(), jk.group_index() * 4 * group
        rows = jk.shared((2, 4, group), x.dtype)
        for r in range(4):
            rows[0, r, local] = x[start + r * group + local]
        jk.barrier()
        side, distance = 0, 1
        while distance < 8:
            for r in range(4):
                rows[1 - side, r, local] = rows[side, r, local] + 2 * rows[side, r ^ 3, local ^ distance]
            jk.barrier()
            side = 1 - side
            distance *= 2
        for r in range(4):
            out[start + r * group + local] = rows[side, r, local]

    x = np.arange(2 * 4 * lanes).reshape(2, 4, lanes)
    out = np.zeros_like(x)
    kernel.on(backend)[2 * group](x.reshape(-1), out.reshape(-1))
    expected, places = x, np.arange(lanes)
    for distance in (1, 2, 4):
        expected = expected + 2 * expected[:, ::-1, places ^ distance]
    np.testing.assert_array_equal(out, expected)
