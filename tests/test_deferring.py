"""Updates of shared memory that the CPU makes at the end of a phase."""

from __future__ import annotations

import numpy as np
import pytest

import jitkit as jk

BINS = 48


@jk.kernel(group=(3, 40))
def counted(i, j, bins, out, weight, most):
    """Each group counts its work-items below `most` by the bins that they name, groups of weight 0 not at all."""
    own = jk.shared(BINS, out.dtype)
    row, column = jk.local_index()
    me = row * 40 + column
    if me < BINS:
        own[me] = 0
    jk.barrier()
    if weight[jk.group_index()[0]] != 0 and i < bins.shape[0] and j < bins.shape[1] and bins[i, j] < most:
        jk.atomic.add(own, bins[i, j], 3)
    jk.barrier()
    if me < BINS:
        jk.atomic.add(out, me, own[me])


@pytest.mark.parametrize("shape", [(1, 1), (3, 40), (8, 95), (12, 80)])
@pytest.mark.parametrize("dtype", [np.int32, np.float64])
@pytest.mark.parametrize("alike", [False, True])
def test_updates_wait_until_all_places_are_known(backend, shape, dtype, alike):
    rng = np.random.default_rng(1)
    bins = np.full(shape, 7) if alike else rng.integers(0, BINS, shape)
    weight = np.array([1, 0, 1, 1])
    out = np.zeros(BINS, dtype)
    counted.on(backend)[-(-shape[0] // 3) * 3, -(-shape[1] // 40) * 40](bins, out, weight, 40)
    heavy = np.repeat(weight, 3)[: shape[0], None] * (bins < 40)
    np.testing.assert_array_equal(out, 3 * np.bincount(bins.ravel(), heavy.ravel(), BINS))


@jk.kernel(group=128)
def counted_and_read(i, bins, out, own_at):
    """A work-item reads what it has just updated, which so must not wait: each has an element of its own."""
    own = jk.shared(128, out.dtype)
    me = jk.local_index()
    own[me] = 5
    jk.barrier()
    jk.atomic.add(own, bins[i], 2)
    own_at[i] = own[bins[i]]
    jk.barrier()
    out[i] = own[me]


@jk.kernel(group=128)
def least_of_two(i, bins, out, own_at):
    """Two updates in a phase, of which the second takes what the first left."""
    own = jk.shared(128, out.dtype)
    me = jk.local_index()
    own[me] = 5
    jk.barrier()
    jk.atomic.add(own, bins[i], 2)
    own_at[i] = jk.atomic.min(own, bins[i], 6)
    jk.barrier()
    out[i] = own[me]


@pytest.mark.parametrize(("kernel", "left"), [(counted_and_read, 7), (least_of_two, 6)])
def test_updates_that_are_looked_at_do_not_wait(backend, kernel, left):
    bins = np.random.default_rng(2).permutation(128)
    out, own_at = np.zeros(128, np.int32), np.zeros(128, np.int32)
    kernel.on(backend)[128](bins, out, own_at)
    np.testing.assert_array_equal(out, left)
    np.testing.assert_array_equal(own_at, 7)
