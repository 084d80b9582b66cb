"""Divisions by zero, and NaN made of numbers that are none."""

from __future__ import annotations

import math

import numpy as np

import jitkit as jk

from .pairs import Suite

ZERO = Suite("division-by-zero")
NAN = Suite("nan")


def of(dtype, *values):
    return np.array(values, dtype)


# ---- division by zero


def integer_division(i, x, y, out):
    out[i] = x[i] // y[i]  # BUG


def guarded_integer_division(i, x, y, out):
    out[i] = x[i] // y[i] if y[i] != 0 else 0


THREE = of("i4", 5, 6, 7), of("i4", 2, 0, 3), of("i4", 0, 0, 0)
ZERO.pair(integer_division, guarded_integer_division, 3, lambda: tuple(x.copy() for x in THREE))


def remainder(i, x, y, out):
    out[i] = x[i] % y[i]  # BUG


def guarded_remainder(i, x, y, out):
    if y[i] != 0:
        out[i] = x[i] % y[i]


ZERO.pair(remainder, guarded_remainder, 3, lambda: tuple(x.copy() for x in THREE))


def reciprocals(i, x, out):
    out[i] = 1.0 / x[i]  # BUG


def reciprocals_of_shifted(i, x, out):
    out[i] = 1.0 / (x[i] + 1.0)


ZERO.pair(reciprocals, reciprocals_of_shifted, 3, lambda: (of("f4", 2, 0, 1), of("f4", 0, 0, 0)))


def zero_over_zero(i, x, y, out):
    out[i] = x[i] / y[i]  # BUG


def zero_over_something(i, x, y, out):
    out[i] = x[i] / max(y[i], 1.0)


ZERO.pair(zero_over_zero, zero_over_something, 2, lambda: (of("f8", 1, 0), of("f8", 4, 0), of("f8", 0, 0)))


def quotient_of_integers(i, x, y, out):
    out[i] = x[i] / y[i]  # BUG


def quotient_of_nonzero_integers(i, x, y, out):
    out[i] = x[i] / (y[i] * y[i] + 1)


ZERO.pair(quotient_of_integers, quotient_of_nonzero_integers, 3, lambda: (THREE[0], THREE[1], of("f8", 0, 0, 0)))


def mean(total, count):
    return total / count  # BUG


def mean_of_an_empty_cell(i, totals, counts, out):
    out[i] = mean(totals[i], counts[i])


def mean_of_filled_cells(i, totals, counts, out):
    if counts[i] > 0:
        out[i] = mean(totals[i], counts[i])


ZERO.pair(
    mean_of_an_empty_cell, mean_of_filled_cells, 3, lambda: (of("f8", 1, 2, 3), of("f8", 1, 1, 0), of("f8", 0, 0, 0)),
    helper=mean,
)  # fmt: skip


def distance_to_itself(i, j, x, out):
    out[i, j] = 1.0 / (x[i] - x[j])  # BUG


def distance_to_others(i, j, x, out):
    if i != j:
        out[i, j] = 1.0 / (x[i] - x[j])


ZERO.pair(distance_to_itself, distance_to_others, (3, 3), lambda: (of("f8", 1, 2, 4), np.zeros((3, 3))))


def strides_that_reach_zero(i, out):
    for step in range(2):
        out[i] = 10 // (1 - step)  # BUG


def strides_that_stay_positive(i, out):
    for step in range(2):
        out[i] = 10 // (1 + step)


ZERO.pair(strides_that_reach_zero, strides_that_stay_positive, 2, lambda: (of("i8", 0, 0),))


# ---- NaN


def infinity_minus_infinity(i, x, out):
    out[i] = x[i] - x[0]  # BUG


def infinity_minus_a_number(i, x, out):
    out[i] = x[i] - x[1]


NAN.pair(infinity_minus_infinity, infinity_minus_a_number, 2, lambda: (of("f8", np.inf, 2), of("f8", 0, 0)))


def zero_times_infinity(i, x, y, out):
    out[i] = x[i] * y[i]  # BUG


def zero_plus_infinity(i, x, y, out):
    out[i] = x[i] + y[i]


NAN.pair(zero_times_infinity, zero_plus_infinity, 2, lambda: (of("f4", 1, 0), of("f4", 3, np.inf), of("f4", 0, 0)))


def root_of_a_negative(i, x, out):
    out[i] = math.sqrt(x[i])  # BUG


def root_of_a_magnitude(i, x, out):
    out[i] = math.sqrt(abs(x[i]))


NAN.pair(root_of_a_negative, root_of_a_magnitude, 3, lambda: (of("f8", 4, -1, 0), of("f8", 0, 0, 0)))


def logarithm_of_a_negative(i, x, out):
    out[i] = np.log(x[i])  # BUG


def logarithm_of_zero(i, x, out):
    out[i] = np.log(max(x[i], 0.0))


NAN.pair(logarithm_of_a_negative, logarithm_of_zero, 3, lambda: (of("f4", 4, -1, 0), of("f4", 0, 0, 0)))


def angle_beyond_one(i, x, out):
    out[i] = math.acos(x[i])  # BUG


def angle_clamped(i, x, out):
    out[i] = math.acos(min(1.0, max(-1.0, x[i])))


NAN.pair(angle_beyond_one, angle_clamped, 3, lambda: (of("f8", 0.5, 1.0000001, -1), of("f8", 0, 0, 0)))


def fractional_power_of_a_negative(i, x, out):
    out[i] = x[i] ** 0.5  # BUG


def integer_power_of_a_negative(i, x, out):
    out[i] = x[i] ** 3


NAN.pair(fractional_power_of_a_negative, integer_power_of_a_negative, 2, lambda: (of("f8", 4, -2), of("f8", 0, 0)))


def remainder_of_infinity(i, x, out):
    out[i] = x[i] % 3.0  # BUG


def remainder_of_a_large_number(i, x, out):
    out[i] = min(x[i], 1e300) % 3.0


NAN.pair(remainder_of_infinity, remainder_of_a_large_number, 2, lambda: (of("f8", 7, np.inf), of("f8", 0, 0)))


def discriminant(a, b, c):
    return b * b - 4 * a * c


def larger_root(a, b, c):
    return (math.sqrt(discriminant(a, b, c)) - b) / (2 * a)  # BUG


def roots_of_any_polynomial(i, b, out):
    out[i] = larger_root(1.0, b[i], 1.0)


def roots_where_they_are_real(i, b, out):
    if discriminant(1.0, b[i], 1.0) >= 0:
        out[i] = larger_root(1.0, b[i], 1.0)


NAN.pair(
    roots_of_any_polynomial, roots_where_they_are_real, 3, lambda: (of("f8", 3, 2, 1), of("f8", 0, 0, 0)),
    helper=larger_root,
)  # fmt: skip


def nan_in_shared_memory(i, x, out):
    tile = jk.shared(4, np.float32)
    t = jk.local_index()
    tile[t] = math.sqrt(x[i] - 2.0)  # BUG
    jk.barrier()
    out[i] = tile[3 - t]


def nan_that_was_there_before(i, x, out):
    tile = jk.shared(4, np.float32)
    t = jk.local_index()
    tile[t] = math.sqrt(x[i])
    jk.barrier()
    out[i] = tile[3 - t]


NAN.pair(
    nan_in_shared_memory, nan_that_was_there_before, 4, lambda: (of("f4", 5, 2, 3, 1.5), np.zeros(4, np.float32)),
    group=4, clean_arguments=lambda: (of("f4", 5, 2, np.nan, 1.5), np.zeros(4, np.float32)),
)  # fmt: skip
