"""Plain kernels in which two work-items touch one element, at least one writes, and no atomic parts them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import jitkit as jk

from .pairs import Suite

SUITE = Suite("race")


class Particles(NamedTuple):
    mass: Any
    force: Any


def floats(*shape):
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


def all_write_the_first(i, x, out):
    out[0] = x[i]  # BUG


def each_writes_its_own(i, x, out):
    out[i] = x[i]


SUITE.pair(all_write_the_first, each_writes_its_own, 16, lambda: (floats(16), floats(16)), "out")


def neighbours_share_an_element(i, x, out):
    out[i // 2] = x[i]  # BUG


def even_points_write(i, x, out):
    if i % 2 == 0:
        out[i // 2] = x[i]


SUITE.pair(neighbours_share_an_element, even_points_write, 16, lambda: (floats(16), floats(8)), "out")


def smoothing_in_place(i, x, out):
    x[i] = 0.5 * (x[i] + x[i + 1])  # BUG


def smoothing_elsewhere(i, x, out):
    out[i] = 0.5 * (x[i] + x[i + 1])


SUITE.pair(smoothing_in_place, smoothing_elsewhere, 15, lambda: (floats(16), floats(16)), "x")


def lost_update(i, x, total):
    total[0] += x[i]  # BUG


def atomic_update(i, x, total):
    jk.atomic.add(total, 0, x[i])


SUITE.pair(lost_update, atomic_update, 16, lambda: (floats(16), floats(1)), "total")


def lost_counts(i, x, counts):
    counts[x[i]] += 1  # BUG


def atomic_counts(i, x, counts):
    jk.atomic.add(counts, x[i], 1)


SUITE.pair(lost_counts, atomic_counts, 16, lambda: (np.arange(16) % 5, np.zeros(5, np.int32)), "counts")


def atomic_and_plain(i, x, total, out):
    jk.atomic.add(total, 0, x[i])  # BUG
    out[i] = total[0]  # BUG


def atomic_result(i, x, total, out):
    out[i] = jk.atomic.add(total, 0, x[i])


SUITE.pair(atomic_and_plain, atomic_result, 16, lambda: (floats(16), floats(1), floats(16)), "total")


def transpose_in_place(i, j, a):
    a[i, j] = a[j, i]  # BUG


def transpose_by_swapping(i, j, a):
    if i < j:
        a[i, j], a[j, i] = a[j, i], a[i, j]


SUITE.pair(transpose_in_place, transpose_by_swapping, (5, 5), lambda: (floats(5, 5),), "a")


def sum_over_a_dimension_of_the_space(i, j, k, x, out):
    out[i, j] += x[i, j, k]  # BUG


def sum_in_a_loop(i, j, k, x, out):
    if k == 0:
        for m in range(x.shape[2]):
            out[i, j] += x[i, j, m]


SUITE.pair(sum_over_a_dimension_of_the_space, sum_in_a_loop, (2, 3, 4), lambda: (floats(2, 3, 4), floats(2, 3)), "out")


def same_row_through_a_view(i, a):
    row = a[0]
    row[i % 4] = i  # BUG


def own_row_through_a_view(i, a):
    row = a[i]
    row[i % 4] = i


SUITE.pair(same_row_through_a_view, own_row_through_a_view, 8, lambda: (floats(8, 4),), "a")


def one_member_of_a_tuple(i, pair):
    pair[1][0] = pair[0][i]  # BUG


def both_members_of_a_tuple(i, pair):
    pair[1][i] = pair[0][i]


SUITE.pair(one_member_of_a_tuple, both_members_of_a_tuple, 8, lambda: ((floats(8), floats(8)),), "pair[1]")


def forces_on_the_neighbour(i, p):
    p.force[i] += p.mass[i]  # BUG
    p.force[i + 1] -= p.mass[i]  # BUG


def forces_by_atomics(i, p):
    jk.atomic.add(p.force, i, p.mass[i])
    jk.atomic.sub(p.force, i + 1, p.mass[i])


SUITE.pair(forces_on_the_neighbour, forces_by_atomics, 7, lambda: (Particles(floats(8), floats(8)),), "p.force")


def put(row, value):
    row[0] = value  # BUG


def put_shared_row(i, x, a):
    put(a[i // 2], x[i])


def put_own_row(i, x, a):
    put(a[i], x[i])


SUITE.pair(put_shared_row, put_own_row, 8, lambda: (floats(8), floats(8, 2)), "a", helper=put)


def put_at(out, k, value):
    out[k] = value  # BUG


def put_somewhere(out, k, value):
    put_at(out, k % 5, value)


def nested_helper_wraps_around(i, out):
    put_somewhere(out, i, 1.0)


def nested_helper_does_not_wrap(i, out):
    if i < 5:
        put_somewhere(out, i, 1.0)


SUITE.pair(nested_helper_wraps_around, nested_helper_does_not_wrap, 8, lambda: (floats(8),), "out", helper=put_at)


def race_in_the_second_round(i, out):
    for k in range(2):
        out[i * (1 - k)] = k  # BUG


def no_race_in_any_round(i, out):
    for k in range(2):
        out[i] = k


SUITE.pair(race_in_the_second_round, no_race_in_any_round, 8, lambda: (floats(8),), "out")


def one_point_strays(i, out):
    k = i
    if i == 5:
        k = 2
    out[k] = i  # BUG


def one_point_swaps_with_another(i, out):
    k = i
    if i == 5:
        k = 2
    if i == 2:
        k = 5
    out[k] = i


SUITE.pair(one_point_strays, one_point_swaps_with_another, 8, lambda: (floats(8),), "out")


def overlapping_view_arguments(i, old, new):
    new[i] = old[i]  # BUG


def separate_arguments(i, old, new):
    new[i] = old[i]


def overlapping():
    x = floats(9)
    return x[:8], x[1:]


SUITE.pair(
    overlapping_view_arguments, separate_arguments, 8, overlapping, "old",
    clean_arguments=lambda: (floats(8), floats(8)),
)  # fmt: skip
