"""Indices past an end, and computed indices below zero, which do not count from the end."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import jitkit as jk

from .pairs import Suite

SUITE = Suite("out-of-bounds")


class Grid(NamedTuple):
    left: Any
    right: Any


def ramp(*shape, dtype=np.float64):
    return np.arange(np.prod(shape), dtype=dtype).reshape(shape)


def two(n, m):
    return lambda: (ramp(n), ramp(m))


# ---- off by one


def one_too_high(i, x, out):
    out[i] = x[i + 1] - x[i]  # BUG


def difference_with_a_guard(i, x, out):
    if i + 1 < len(x):
        out[i] = x[i + 1] - x[i]


SUITE.pair(one_too_high, difference_with_a_guard, 9, two(9, 9), "x")


def one_too_low(i, x, out):
    out[i] = x[i] - x[i - 1]  # BUG


def difference_from_the_second_on(i, x, out):
    if i > 0:
        out[i] = x[i] - x[i - 1]


SUITE.pair(one_too_low, difference_from_the_second_on, 9, two(9, 9), "x")


def one_round_too_many(i, a, out):
    for j in range(a.shape[1] + 1):
        out[i] += a[i, j]  # BUG


def as_many_rounds_as_columns(i, a, out):
    for j in range(a.shape[1]):
        out[i] += a[i, j]


SUITE.pair(one_round_too_many, as_many_rounds_as_columns, 4, lambda: (ramp(4, 5), ramp(4)), "a")


def counts_down_past_zero(i, x, out):
    k = i
    while k >= 0:
        k -= 1
        out[i] += x[k]  # BUG


def counts_down_to_zero(i, x, out):
    k = i
    while k > 0:
        k -= 1
        out[i] += x[k]


SUITE.pair(counts_down_past_zero, counts_down_to_zero, 4, two(4, 4), "x")


def search_reads_the_end(i, x, keys, out):
    k = 0
    while x[k] < keys[i]:  # BUG
        k += 1
    out[i] = k


def search_stops_at_the_end(i, x, keys, out):
    k = 0
    while k < len(x) and x[k] < keys[i]:
        k += 1
    out[i] = k


SUITE.pair(search_reads_the_end, search_stops_at_the_end, 4, lambda: (ramp(5), np.array([1.0, 3, 4, 9]), ramp(4)), "x")


def stencil_to_the_edge(i, j, u, out):
    out[i, j] = u[i - 1, j] + u[i + 1, j]  # BUG


def stencil_inside(i, j, u, out):
    if 0 < i < u.shape[0] - 1:
        out[i, j] = u[i - 1, j] + u[i + 1, j]


SUITE.pair(stencil_to_the_edge, stencil_inside, (slice(1, 5), 4), lambda: (ramp(5, 4), ramp(5, 4)), "u")


# ---- wrong axis, wrong sign, wrong view


def transposed_indices(i, j, a, out):
    out[i, j] = a[j, i]  # BUG


def indices_in_order(i, j, a, out):
    out[i, j] = a[i, j]


SUITE.pair(transposed_indices, indices_in_order, (3, 5), lambda: (ramp(3, 5), ramp(3, 5)), "a")


def extents_swapped(i, a, out):
    columns, rows = a.shape
    for k in range(columns):
        out[i] += a[i % rows, k]  # BUG


def extents_in_order(i, a, out):
    rows, columns = a.shape
    for k in range(columns):
        out[i] += a[i % rows, k]


SUITE.pair(extents_swapped, extents_in_order, 4, lambda: (ramp(6, 4), ramp(4)), "a")


def shifted_below_zero(i, x, out):
    out[i] = x[i - 3]  # BUG


def shifted_around(i, x, out):
    out[i] = x[(i - 3) % 8]


SUITE.pair(shifted_below_zero, shifted_around, 8, two(8, 8), "x")


def looked_up_below_zero(i, x, places, out):
    out[i] = x[places[i]]  # BUG


def looked_up_where_there_is_something(i, x, places, out):
    out[i] = x[places[i]] if places[i] >= 0 else 0.0


SUITE.pair(
    looked_up_below_zero, looked_up_where_there_is_something, 4,
    lambda: (ramp(4), np.array([2, -1, 0, 3], np.int32), ramp(4)), "x",
)  # fmt: skip


def past_the_end_of_a_row(i, a, out):
    row = a[i]
    out[i] = row[4] if i == 0 else row[3]  # BUG


def at_the_end_of_a_row(i, a, out):
    row = a[i]
    out[i] = row[2] if i == 0 else row[3]


SUITE.pair(past_the_end_of_a_row, at_the_end_of_a_row, 3, lambda: (ramp(3, 4), ramp(3)), "a")


def past_the_end_of_a_strided_view(i, x, out):
    out[i] = x[i + 1]  # BUG


def inside_a_strided_view(i, x, out):
    out[i] = x[i]


SUITE.pair(past_the_end_of_a_strided_view, inside_a_strided_view, 5, lambda: (ramp(20)[0:10:2], ramp(5)), "x")


def depth_taken_for_height(i, j, k, a):
    a[k, j, i] = 1.0  # BUG


def each_axis_by_its_index(i, j, k, a):
    a[i, j, k] = 1.0


SUITE.pair(depth_taken_for_height, each_axis_by_its_index, (2, 3, 4), lambda: (ramp(2, 3, 4),), "a")


def writes_past_the_end(i, x):
    x[2 * i + 1] = i  # BUG


def writes_every_other(i, x):
    x[2 * i] = i


SUITE.pair(writes_past_the_end, writes_every_other, 4, lambda: (ramp(7),), "x")


# ---- tuples, helpers, private memory, atomics


def member_of_a_tuple(i, pair):
    pair[0][i] = pair[1][i]  # BUG


def members_of_one_length(i, pair):
    if i < len(pair[1]):
        pair[0][i] = pair[1][i]


SUITE.pair(member_of_a_tuple, members_of_one_length, 5, lambda: ((ramp(5), ramp(4)),), "pair[1]")


def field_of_a_named_tuple(i, grid):
    grid.left[i] = grid.right[i + 1]  # BUG


def fields_of_a_named_tuple(i, grid):
    grid.left[i] = grid.right[i]


SUITE.pair(field_of_a_named_tuple, fields_of_a_named_tuple, 5, lambda: (Grid(ramp(5), ramp(5)),), "grid.right")


def neighbour(values, k):
    return values[k + 1]  # BUG


def helper_reads_the_neighbour(i, x, out):
    out[i] = neighbour(x, i)


def helper_reads_the_one_before(i, x, out):
    out[i] = neighbour(x, i - 1)


SUITE.pair(helper_reads_the_neighbour, helper_reads_the_one_before, 6, two(6, 6), "x", helper=neighbour)


def at_offset(values, k):
    return values[k]  # BUG


def centred(values, k):
    return at_offset(values, k - 1) + at_offset(values, k)


def nested_helper_at_the_edge(i, x, out):
    out[i] = centred(x, i)


def nested_helper_inside(i, x, out):
    if i > 0:
        out[i] = centred(x, i)


SUITE.pair(nested_helper_at_the_edge, nested_helper_inside, 6, two(6, 6), "x", helper=at_offset)


def private_array_too_small(i, x, out):
    powers = jk.local(3, np.float64)
    for k in range(4):
        powers[k] = x[i] * k  # BUG
    out[i] = powers[2]


def private_array_large_enough(i, x, out):
    powers = jk.local(4, np.float64)
    for k in range(4):
        powers[k] = x[i] * k
    out[i] = powers[2]


SUITE.pair(private_array_too_small, private_array_large_enough, 4, two(4, 4), "powers")


def value_beyond_the_bins(i, x, counts):
    jk.atomic.add(counts, x[i], 1)  # BUG


def value_in_the_last_bin(i, x, counts):
    jk.atomic.add(counts, min(x[i], 3), 1)


SUITE.pair(value_beyond_the_bins, value_in_the_last_bin, 5, lambda: (np.arange(5), np.zeros(4, np.int32)), "counts")


def second_round_goes_beyond(i, x, out):
    for k in range(2):
        out[i] = x[i + 4 * k]  # BUG


def second_round_stays_inside(i, x, out):
    for k in range(2):
        out[i] = x[i + 3 * k]


SUITE.pair(second_round_goes_beyond, second_round_stays_inside, 4, two(7, 4), "x")


# ---- group kernels


def last_group_is_not_guarded(i, x, out):
    out[i] = x[i]  # BUG


def last_group_is_guarded(i, x, out):
    if i < len(x):
        out[i] = x[i]


SUITE.pair(last_group_is_not_guarded, last_group_is_guarded, 13, two(13, 16), "x", group=8)


def tile_edge(i, x, out):
    tile = jk.shared(8, np.float64)
    t = jk.local_index()
    tile[t] = x[i]
    jk.barrier()
    out[i] = tile[t + 1]  # BUG


def tile_edge_wraps(i, x, out):
    tile = jk.shared(8, np.float64)
    t = jk.local_index()
    tile[t] = x[i]
    jk.barrier()
    out[i] = tile[(t + 1) % 8]


SUITE.pair(tile_edge, tile_edge_wraps, 16, two(16, 16), "tile", group=8)


def tile_without_halo(i, j, u, out):
    tile = jk.shared((4, 4), np.float64)
    a, b = jk.local_index()
    tile[a, b] = u[i, j]
    jk.barrier()
    out[i, j] = tile[a, b - 1]  # BUG


def tile_edge_from_global_memory(i, j, u, out):
    tile = jk.shared((4, 4), np.float64)
    a, b = jk.local_index()
    tile[a, b] = u[i, j]
    jk.barrier()
    if b > 0:
        out[i, j] = tile[a, b - 1]
    elif j > 0:
        out[i, j] = u[i, j - 1]


SUITE.pair(
    tile_without_halo, tile_edge_from_global_memory, (8, 8), lambda: (ramp(8, 8), ramp(8, 8)), "tile", group=(4, 4)
)


def group_beyond_the_blocks(i, x, blocks):
    if jk.local_index() == 0:
        blocks[jk.group_index()] = x[i]  # BUG


def group_among_the_blocks(i, x, blocks):
    if jk.local_index() == 0 and jk.group_index() < len(blocks):
        blocks[jk.group_index()] = x[i]


SUITE.pair(group_beyond_the_blocks, group_among_the_blocks, 16, two(16, 3), "blocks", group=4)


def one_work_item_beyond(i, out):
    t = jk.local_index()
    out[i] = t
    if t == 3 and i > 10:
        out[i + 1] = t  # BUG


def no_work_item_beyond(i, out):
    t = jk.local_index()
    out[i] = t
    if t == 3 and i > 10:
        out[i] = t + 1


SUITE.pair(one_work_item_beyond, no_work_item_beyond, 12, lambda: (ramp(12),), "out", group=4)
