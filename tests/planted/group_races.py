"""Races among the work-items of a group, for want of a barrier, and between groups, which no barrier orders."""

from __future__ import annotations

import numpy as np

import jitkit as jk

from .pairs import Suite

SUITE = Suite("race")


def floats(*shape):
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


def groups_write_one_part(i, x, out):
    out[jk.local_index()] = x[i]  # BUG


def groups_write_their_own_parts(i, x, out):
    out[jk.local_index() + jk.group_size() * jk.group_index()] = x[i]


SUITE.pair(groups_write_one_part, groups_write_their_own_parts, 16, lambda: (floats(16), floats(16)), "out", group=8)


def tile_without_barrier(i, x, out):
    tile = jk.shared(8, np.float32)
    t = jk.local_index()
    tile[t] = x[i]  # BUG
    out[i] = tile[7 - t]  # BUG


def tile_with_barrier(i, x, out):
    tile = jk.shared(8, np.float32)
    t = jk.local_index()
    tile[t] = x[i]
    jk.barrier()
    out[i] = tile[7 - t]


SUITE.pair(tile_without_barrier, tile_with_barrier, 16, lambda: (floats(16), floats(16)), "tile", group=8)


def barrier_before_the_write(i, x, out):
    tile = jk.shared(8, np.float32)
    t = jk.local_index()
    jk.barrier()
    tile[t] = x[i]  # BUG
    out[i] = tile[(t + 1) % 8]  # BUG


SUITE.pair(barrier_before_the_write, tile_with_barrier, 16, lambda: (floats(16), floats(16)), "tile", group=8)


def reduction_without_barrier(i, x, out):
    part = jk.shared(16, np.float32)
    t = jk.local_index()
    part[t] = x[i]
    jk.barrier()
    half = 8
    while half > 0:
        if t < half:
            part[t] += part[t + half]  # BUG
        half //= 2
    jk.barrier()
    if t == 0:
        out[jk.group_index()] = part[0]


def reduction_with_barrier(i, x, out):
    part = jk.shared(16, np.float32)
    t = jk.local_index()
    part[t] = x[i]
    jk.barrier()
    half = 8
    while half > 0:
        if t < half:
            part[t] += part[t + half]
        jk.barrier()
        half //= 2
    if t == 0:
        out[jk.group_index()] = part[0]


SUITE.pair(reduction_without_barrier, reduction_with_barrier, 32, lambda: (floats(32), floats(2)), "part", group=16)


def double_buffer_without_barrier(i, x, out):
    tiles = jk.shared((2, 8), np.float32)
    t = jk.local_index()
    tiles[0, t] = x[i]
    jk.barrier()
    for step in range(3):
        tiles[(step + 1) % 2, t] = 0.5 * (tiles[step % 2, t] + tiles[step % 2, (t + 1) % 8])  # BUG
    jk.barrier()
    out[i] = tiles[1, t]


def double_buffer_with_barrier(i, x, out):
    tiles = jk.shared((2, 8), np.float32)
    t = jk.local_index()
    tiles[0, t] = x[i]
    jk.barrier()
    for step in range(3):
        tiles[(step + 1) % 2, t] = 0.5 * (tiles[step % 2, t] + tiles[step % 2, (t + 1) % 8])
        jk.barrier()
    out[i] = tiles[1, t]


SUITE.pair(
    double_buffer_without_barrier, double_buffer_with_barrier, 16, lambda: (floats(16), floats(16)), "tiles", group=8
)


def halo_before_the_barrier(i, x, out):
    tile = jk.shared(10, np.float32)
    t = jk.local_index()
    tile[t + 1] = x[i + 1]
    if t == 0:
        tile[0] = x[i]
    if t == 7:
        tile[9] = x[i + 2]
    jk.barrier()
    out[i] = tile[t] + tile[t + 1] + tile[t + 2]


def halo_read_by_another(i, x, out):
    tile = jk.shared(10, np.float32)
    t = jk.local_index()
    tile[t + 1] = x[i + 1]
    jk.barrier()
    if t == 0:
        tile[9] = x[i + 9]  # BUG
    out[i] = tile[t + 1] + tile[t + 2]  # BUG


SUITE.pair(halo_read_by_another, halo_before_the_barrier, 16, lambda: (floats(18), floats(16)), "tile", group=8)


def scan_in_place(i, x, out):
    sums = jk.shared(8, np.float32)
    t = jk.local_index()
    sums[t] = x[i]
    jk.barrier()
    offset = 1
    while offset < 8:
        if t >= offset:
            sums[t] += sums[t - offset]  # BUG
        jk.barrier()
        offset *= 2
    out[i] = sums[t]


def scan_through_a_private_value(i, x, out):
    sums = jk.shared(8, np.float32)
    t = jk.local_index()
    sums[t] = x[i]
    jk.barrier()
    offset = 1
    while offset < 8:
        mine = sums[t]
        if t >= offset:
            mine += sums[t - offset]
        jk.barrier()
        sums[t] = mine
        jk.barrier()
        offset *= 2
    out[i] = sums[t]


SUITE.pair(scan_in_place, scan_through_a_private_value, 16, lambda: (floats(16), floats(16)), "sums", group=8)


def tile_reused_without_barrier(i, x, out):
    tile = jk.shared(8, np.float32)
    t = jk.local_index()
    total = 0.0
    for k in range(2):
        tile[t] = x[k * 8 + t]  # BUG
        jk.barrier()
        for m in range(8):
            total += tile[m]  # BUG
    out[i] = total


def tile_reused_with_barrier(i, x, out):
    tile = jk.shared(8, np.float32)
    t = jk.local_index()
    total = 0.0
    for k in range(2):
        tile[t] = x[k * 8 + t]
        jk.barrier()
        for m in range(8):
            total += tile[m]
        jk.barrier()
    out[i] = total


SUITE.pair(tile_reused_without_barrier, tile_reused_with_barrier, 16, lambda: (floats(16), floats(16)), "tile", group=8)


def all_write_a_flag(i, out):
    flag = jk.shared(1, np.int32)
    flag[0] = jk.local_index()  # BUG
    jk.barrier()
    out[i] = flag[0]


def one_writes_a_flag(i, out):
    flag = jk.shared(1, np.int32)
    if jk.local_index() == 3:
        flag[0] = jk.local_index()
    jk.barrier()
    out[i] = flag[0]


SUITE.pair(all_write_a_flag, one_writes_a_flag, 8, lambda: (floats(8),), "flag", group=8)


def clamped_past_the_end(i, x, out):
    k = min(i, 13)
    out[k] = x[k]  # BUG


def guarded_past_the_end(i, x, out):
    k = min(i, 13)
    if i < 14:
        out[k] = x[k]


SUITE.pair(clamped_past_the_end, guarded_past_the_end, 14, lambda: (floats(14), floats(14)), "out", group=8)


def one_work_item_strays(i, j, out):
    tile = jk.shared((4, 4), np.int32)
    a, b = jk.local_index()
    if a == 1 and b == 2:
        tile[2, 1] = 7  # BUG
    else:
        tile[a, b] = a + b  # BUG
    jk.barrier()
    out[i, j] = a


def no_work_item_strays(i, j, out):
    tile = jk.shared((4, 4), np.int32)
    a, b = jk.local_index()
    if a == 1 and b == 2:
        tile[1, 2] = 7
    else:
        tile[a, b] = a + b
    jk.barrier()
    out[i, j] = tile[b, a]


SUITE.pair(one_work_item_strays, no_work_item_strays, (8, 8), lambda: (floats(8, 8),), "tile", group=(4, 4))


def counts_read_too_early(i, x, out):
    counts = jk.shared(4, np.int32)
    t = jk.local_index()
    if t < 4:
        counts[t] = 0
    jk.barrier()
    jk.atomic.add(counts, x[i], 1)  # BUG
    if t < 4:
        out[jk.group_index(), t] = counts[t]  # BUG


def counts_read_behind_a_barrier(i, x, out):
    counts = jk.shared(4, np.int32)
    t = jk.local_index()
    if t < 4:
        counts[t] = 0
    jk.barrier()
    jk.atomic.add(counts, x[i], 1)
    jk.barrier()
    if t < 4:
        out[jk.group_index(), t] = counts[t]


SUITE.pair(
    counts_read_too_early, counts_read_behind_a_barrier, 16,
    lambda: (np.arange(16) % 4, np.zeros((2, 4), np.int32)), "counts", group=8,
)  # fmt: skip


def reads_what_another_group_writes(i, x, out):
    out[i] = x[i]  # BUG
    jk.barrier()
    if i >= 8:
        x[i] = out[i - 8]  # BUG


def reads_what_its_group_writes(i, x, out):
    out[i] = x[i]
    jk.barrier()
    if i >= 8:
        x[i] = out[i - i % 8]


SUITE.pair(
    reads_what_another_group_writes, reads_what_its_group_writes, 16, lambda: (floats(16), floats(16)), "out", group=8
)


def exchange(tile, t, value):
    tile[t] = value  # BUG
    return tile[t ^ 1]  # BUG


def exchange_safely(tile, t, value):
    tile[t] = value
    jk.barrier()
    return tile[t ^ 1]


def helper_without_barrier(i, x, out):
    tile = jk.shared(8, x.dtype)
    out[i] = exchange(tile, jk.local_index(), x[i])


def helper_with_barrier(i, x, out):
    tile = jk.shared(8, x.dtype)
    out[i] = exchange_safely(tile, jk.local_index(), x[i])


SUITE.pair(
    helper_without_barrier, helper_with_barrier, 16, lambda: (floats(16), floats(16)), "tile", group=8, helper=exchange
)


def last_group_overwrites(i, j, k, out):
    g = jk.group_index()
    if g[0] == 1 and g[2] == 1:
        out[0, 0, 0] = k  # BUG
    else:
        out[i, j, k] = k  # BUG


def last_group_writes_its_own(i, j, k, out):
    g = jk.group_index()
    if g[0] == 1 and g[2] == 1:
        out[i, j, k] = -k
    else:
        out[i, j, k] = k


SUITE.pair(
    last_group_overwrites, last_group_writes_its_own, (4, 2, 4), lambda: (floats(4, 2, 4),), "out", group=(2, 2, 2)
)
