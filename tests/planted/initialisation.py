"""Memory that is read before anything was written to it: jk.shared, jk.local and arrays made by jk.empty."""

from __future__ import annotations

import numpy as np

import jitkit as jk

from .pairs import Suite

SUITE = Suite("uninitialized-read")


def ramp(n):
    return np.arange(float(n))


def two(n, m):
    return lambda: (ramp(n), ramp(m))


# ---- private memory


def private_sum_not_zeroed(i, x, out):
    acc = jk.local(2, np.float64)
    for k in range(2):
        acc[k] += x[i]  # BUG
    out[i] = 1.0


def private_sum_zeroed(i, x, out):
    acc = jk.local(2, np.float64)
    for k in range(2):
        acc[k] = 0.0
    for k in range(2):
        acc[k] += x[i]
    out[i] = acc[0] + acc[1]


SUITE.pair(private_sum_not_zeroed, private_sum_zeroed, 4, two(4, 4), "acc")


def private_array_filled_from_one(i, x, out):
    steps = jk.local(4, np.float64)
    for k in range(1, 4):
        steps[k] = x[i] * k
    out[i] = steps[0]  # BUG


def private_array_filled_from_zero(i, x, out):
    steps = jk.local(4, np.float64)
    for k in range(4):
        steps[k] = x[i] * k
    out[i] = steps[0]


SUITE.pair(private_array_filled_from_one, private_array_filled_from_zero, 4, two(4, 4), "steps")


def private_array_of_one_point(i, x, out):
    best = jk.local(1, np.float64)
    if i != 2:
        best[0] = x[i]
    out[i] = best[0]  # BUG


def private_array_of_every_point(i, x, out):
    best = jk.local(1, np.float64)
    best[0] = -1.0
    if i != 2:
        best[0] = x[i]
    out[i] = best[0]


SUITE.pair(private_array_of_one_point, private_array_of_every_point, 4, two(4, 4), "best")


def second_round_reads_ahead(i, x, out):
    queue = jk.local(3, np.float64)
    queue[0] = x[i]
    for k in range(2):
        out[i] += queue[2 * k]  # BUG
        queue[k + 1] = x[i] + k - 1


def second_round_reads_behind(i, x, out):
    queue = jk.local(3, np.float64)
    queue[0] = x[i]
    for k in range(2):
        out[i] += queue[k]
        queue[k + 1] = x[i] + k - 1


SUITE.pair(second_round_reads_ahead, second_round_reads_behind, 4, two(4, 4), "queue")


def total(values):
    return values[0] + values[1]  # BUG


def helper_sums_too_soon(i, x, out):
    pair = jk.local(2, np.float64)
    pair[0] = x[i]
    out[i] = total(pair)


def helper_sums_in_time(i, x, out):
    pair = jk.local(2, np.float64)
    pair[0] = x[i]
    pair[1] = x[i]
    out[i] = total(pair)


SUITE.pair(helper_sums_too_soon, helper_sums_in_time, 4, two(4, 4), "pair", helper=total)


def square_filled_above_the_diagonal(i, x, out):
    square = jk.local((3, 3), np.float64)
    for r in range(3):
        for c in range(r, 3):
            square[r, c] = x[i]
    out[i] = square[2, 1]  # BUG


def square_read_above_the_diagonal(i, x, out):
    square = jk.local((3, 3), np.float64)
    for r in range(3):
        for c in range(r, 3):
            square[r, c] = x[i]
    out[i] = square[1, 2]


SUITE.pair(square_filled_above_the_diagonal, square_read_above_the_diagonal, 4, two(4, 4), "square")


# ---- jk.empty


def adds_to_what_is_there(i, x, out):
    out[i] = out[i] + x[i]  # BUG


def adds_to_zero(i, x, out):
    out[i] = 0.0
    out[i] = out[i] + x[i]


SUITE.pair(adds_to_what_is_there, adds_to_zero, 6, lambda: (ramp(6), jk.empty(6, np.float64)), "out")


def accumulates(i, x, out):
    jk.atomic.add(out, 0, x[i])  # BUG


def accumulates_from_zero(i, x, out):
    jk.atomic.add(out, 0, x[i])


SUITE.pair(
    accumulates, accumulates_from_zero, 6, lambda: (ramp(6), jk.empty(1, np.float64)), "out",
    clean_arguments=lambda: (ramp(6), jk.zeros(1, np.float64)),
)  # fmt: skip


def half_filled():
    buffer = jk.empty((4, 2), np.float64)
    buffer[:, 0] = 1.0
    return buffer, ramp(4)


def reads_the_other_half(i, buffer, out):
    out[i] = buffer[i, 1]  # BUG


def reads_the_filled_half(i, buffer, out):
    out[i] = buffer[i, 0]


SUITE.pair(reads_the_other_half, reads_the_filled_half, 4, half_filled, "buffer")


# ---- shared memory


def tile_never_written(i, x, out):
    tile = jk.shared(8, np.float64)
    t = jk.local_index()
    jk.barrier()
    out[i] = tile[t] + x[i]  # BUG


def tile_written(i, x, out):
    tile = jk.shared(8, np.float64)
    t = jk.local_index()
    tile[t] = x[i]
    jk.barrier()
    out[i] = tile[t] + x[i]


SUITE.pair(tile_never_written, tile_written, 16, two(16, 16), "tile", group=8)


def tile_written_by_even_work_items(i, x, out):
    tile = jk.shared(8, np.float64)
    t = jk.local_index()
    if t % 2 == 0:
        tile[t] = x[i]
    jk.barrier()
    out[i] = tile[7 - t]  # BUG


def tile_read_at_even_places(i, x, out):
    tile = jk.shared(8, np.float64)
    t = jk.local_index()
    if t % 2 == 0:
        tile[t] = x[i]
    jk.barrier()
    out[i] = tile[t - t % 2]


SUITE.pair(tile_written_by_even_work_items, tile_read_at_even_places, 16, two(16, 16), "tile", group=8)


def halo_not_filled(i, x, out):
    tile = jk.shared(10, np.float64)
    t = jk.local_index()
    tile[t + 1] = x[i]
    if t == 0:
        tile[0] = x[i]
    jk.barrier()
    out[i] = tile[t] + tile[t + 2]  # BUG


def halo_filled(i, x, out):
    tile = jk.shared(10, np.float64)
    t = jk.local_index()
    tile[t + 1] = x[i]
    if t == 0:
        tile[0] = x[i]
    if t == 7:
        tile[9] = x[i]
    jk.barrier()
    out[i] = tile[t] + tile[t + 2]


SUITE.pair(halo_not_filled, halo_filled, 16, two(16, 16), "tile", group=8)


def last_group_fills_its_part(i, x, out):
    tile = jk.shared(8, np.float64)
    t = jk.local_index()
    if i < len(x):
        tile[t] = x[i]
    jk.barrier()
    for k in range(8):
        out[i] += tile[k]  # BUG


def last_group_fills_the_rest_with_zeros(i, x, out):
    tile = jk.shared(8, np.float64)
    t = jk.local_index()
    if i < len(x):
        tile[t] = x[i]
    else:
        tile[t] = 0.0
    jk.barrier()
    for k in range(8):
        out[i] += tile[k]


SUITE.pair(last_group_fills_its_part, last_group_fills_the_rest_with_zeros, 13, two(13, 16), "tile", group=8)


def one_work_item_writes_nothing(i, j, out):
    tile = jk.shared((2, 4), np.int64)
    a, b = jk.local_index()
    if a + b < 4:
        tile[a, b] = a
    jk.barrier()
    out[i, j] = tile[1 - a, 3 - b]  # BUG


def all_work_items_write(i, j, out):
    tile = jk.shared((2, 4), np.int64)
    a, b = jk.local_index()
    if a + b < 5:
        tile[a, b] = a
    jk.barrier()
    out[i, j] = tile[1 - a, 3 - b]


SUITE.pair(
    one_work_item_writes_nothing, all_work_items_write, (4, 8), lambda: (np.zeros((4, 8)),), "tile", group=(2, 4)
)


def counts_not_zeroed(i, x, out):
    counts = jk.shared(2, np.int32)
    jk.atomic.add(counts, i % 2, 1)  # BUG
    jk.barrier()
    out[i] = x[i]


def counts_zeroed(i, x, out):
    counts = jk.shared(2, np.int32)
    if jk.local_index() < 2:
        counts[jk.local_index()] = 0
    jk.barrier()
    jk.atomic.add(counts, i % 2, 1)
    jk.barrier()
    out[i] = x[i] + counts[0]


SUITE.pair(counts_not_zeroed, counts_zeroed, 8, two(8, 8), "counts", group=4)


def next_buffer_not_written(i, x, out):
    tiles = jk.shared((2, 4), np.float64)
    t = jk.local_index()
    tiles[0, t] = x[i]
    jk.barrier()
    for step in range(2):
        out[i] += tiles[step, 3 - t]  # BUG


def next_buffer_written(i, x, out):
    tiles = jk.shared((2, 4), np.float64)
    t = jk.local_index()
    tiles[0, t] = x[i]
    tiles[1, t] = x[i]
    jk.barrier()
    for step in range(2):
        out[i] += tiles[step, 3 - t]


SUITE.pair(next_buffer_not_written, next_buffer_written, 8, two(8, 8), "tiles", group=4)
