"""Barriers that only part of a group reaches."""

from __future__ import annotations

import numpy as np

import jitkit as jk

from .pairs import Suite

SUITE = Suite("barrier-divergence")


def two(n):
    return lambda: (np.arange(float(n)), np.zeros(n))


def barrier_in_a_branch(i, x, out):
    if jk.local_index() < 4:
        jk.barrier()  # BUG
    out[i] = x[i]


def barrier_in_a_branch_of_whole_groups(i, x, out):
    if jk.group_index() < 1:
        jk.barrier()
    out[i] = x[i]


SUITE.pair(barrier_in_a_branch, barrier_in_a_branch_of_whole_groups, 16, two(16), group=8)


def barrier_in_the_other_branch(i, x, out):
    if x[i] > 2:
        out[i] = x[i]
    else:
        out[i] = -x[i]
        jk.barrier()  # BUG


def barrier_behind_both_branches(i, x, out):
    if x[i] > 2:
        out[i] = x[i]
    else:
        out[i] = -x[i]
    jk.barrier()


SUITE.pair(barrier_in_the_other_branch, barrier_behind_both_branches, 16, two(16), group=8)


def a_barrier_in_each_branch(i, x, out):
    if jk.local_index() % 2 == 0:
        out[i] = x[i]
        jk.barrier()  # BUG
    else:
        jk.barrier()
        out[i] = -x[i]


def one_barrier_for_both_branches(i, x, out):
    if jk.local_index() % 2 == 0:
        out[i] = x[i]
    jk.barrier()
    if jk.local_index() % 2 != 0:
        out[i] = -x[i]


SUITE.pair(a_barrier_in_each_branch, one_barrier_for_both_branches, 16, two(16), group=8)


def barrier_in_a_loop_of_different_lengths(i, x, out):
    for k in range(jk.local_index()):
        out[i] += x[i] * k
        jk.barrier()  # BUG


def barrier_in_a_loop_of_one_length(i, x, out):
    for k in range(jk.group_index() + 2):
        out[i] += x[i] * k
        jk.barrier()


SUITE.pair(barrier_in_a_loop_of_different_lengths, barrier_in_a_loop_of_one_length, 16, two(16), group=8)


def barrier_in_a_while_loop_on_data(i, x, out):
    value = x[i]
    while value > 3:
        value *= 0.5
        jk.barrier()  # BUG
    out[i] = value


def while_loop_on_data_before_the_barrier(i, x, out):
    value = x[i]
    while value > 3:
        value *= 0.5
    jk.barrier()
    out[i] = value


SUITE.pair(barrier_in_a_while_loop_on_data, while_loop_on_data_before_the_barrier, 16, two(16), group=8)


def barrier_behind_an_early_return(i, n, x, out):
    if i >= n:
        return
    jk.barrier()  # BUG
    out[i] = x[i]


def barrier_before_the_guard(i, n, x, out):
    jk.barrier()
    if i >= n:
        return
    out[i] = x[i]


SUITE.pair(barrier_behind_an_early_return, barrier_before_the_guard, 13, lambda: (13, *two(16)()), group=8)


def barrier_behind_a_break(i, x, out):
    for k in range(3):
        if k + jk.local_index() > 4:
            break
        jk.barrier()  # BUG
    out[i] = x[i]


def barrier_before_a_break_of_all(i, x, out):
    for k in range(3):
        if k + jk.group_index() > 1:
            break
        jk.barrier()
    out[i] = x[i]


SUITE.pair(barrier_behind_a_break, barrier_before_a_break_of_all, 16, two(16), group=8)


def barrier_skipped_by_continue(i, x, out):
    for k in range(3):
        if k == jk.local_index():
            continue
        out[i] += x[i]
        jk.barrier()  # BUG


def barrier_before_continue(i, x, out):
    for k in range(3):
        jk.barrier()
        if k == jk.local_index():
            continue
        out[i] += x[i]


SUITE.pair(barrier_skipped_by_continue, barrier_before_continue, 16, two(16), group=8)


def one_work_item_stays_away(i, j, x, out):
    a, b = jk.local_index()
    if a != 2 or b != 1:
        jk.barrier()  # BUG
    out[i, j] = x[i, j]


def one_work_item_does_nothing(i, j, x, out):
    a, b = jk.local_index()
    jk.barrier()
    if a != 2 or b != 1:
        out[i, j] = x[i, j]


SUITE.pair(
    one_work_item_stays_away, one_work_item_does_nothing, (4, 8), lambda: (np.ones((4, 8)), np.zeros((4, 8))),
    group=(4, 4),
)  # fmt: skip


def divergent_in_the_second_round(i, x, out):
    for k in range(2):
        if k == 0 or jk.local_index() > 0:
            jk.barrier()  # BUG
        out[i] += x[i]


def divergent_in_no_round(i, x, out):
    for k in range(2):
        if k == 0 or jk.local_index() >= 0:
            jk.barrier()
        out[i] += x[i]


SUITE.pair(divergent_in_the_second_round, divergent_in_no_round, 16, two(16), group=8)


def share(tile, t, value):
    tile[t] = value
    jk.barrier()  # BUG
    return tile[0]


def helper_in_a_branch(i, x, out):
    tile = jk.shared(4, np.float64)
    t = jk.local_index()
    if t < 3:
        out[i] = share(tile, t, x[i])


def helper_before_a_branch(i, x, out):
    tile = jk.shared(4, np.float64)
    t = jk.local_index()
    value = share(tile, t, x[i])
    if t < 3:
        out[i] = value


SUITE.pair(helper_in_a_branch, helper_before_a_branch, 8, two(8), group=4, helper=share)


def only_the_last_group_diverges(i, n, x, out):
    if i < n:
        out[i] = x[i]
        jk.barrier()  # BUG
        out[i] += 1.0


def the_last_group_keeps_together(i, n, x, out):
    if i < n:
        out[i] = x[i]
    jk.barrier()
    if i < n:
        out[i] += 1.0


SUITE.pair(only_the_last_group_diverges, the_last_group_keeps_together, 13, lambda: (13, *two(16)()), group=8)


def helper_that_returns_early(tile, t, value):
    tile[t] = value
    if value > 5:
        return value
    jk.barrier()  # BUG
    return tile[0]


def helper_that_returns_late(tile, t, value):
    tile[t] = value
    jk.barrier()
    if value > 5:
        return value
    return tile[0]


def early_return_in_a_helper(i, x, out):
    out[i] = helper_that_returns_early(jk.shared(8, np.float64), jk.local_index(), x[i])


def late_return_in_a_helper(i, x, out):
    out[i] = helper_that_returns_late(jk.shared(8, np.float64), jk.local_index(), x[i])


SUITE.pair(early_return_in_a_helper, late_return_in_a_helper, 8, two(8), group=8, helper=helper_that_returns_early)
