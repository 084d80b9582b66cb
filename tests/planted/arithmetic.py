"""Integers beyond their type."""

from __future__ import annotations

import numpy as np

from .pairs import Suite

SUITE = Suite("integer-overflow")


def of(dtype, *values):
    return np.array(values, dtype)


def sum_of_int8(i, x, out):
    total = np.int8(0)
    for k in range(len(x)):
        total += x[k]  # BUG
    out[i] = total


def sum_of_int8_in_int32(i, x, out):
    total = np.int32(0)
    for k in range(len(x)):
        total += x[k]
    out[i] = total


SUITE.pair(sum_of_int8, sum_of_int8_in_int32, 2, lambda: (of("i1", 100, 20, 30), of("i8", 0, 0)))


def sum_of_uint8(i, x, out):
    total = x[i] + x[i + 1]  # BUG
    out[i] = total


def sum_of_uint8_in_uint16(i, x, out):
    total = np.uint16(x[i]) + x[i + 1]
    out[i] = total


SUITE.pair(sum_of_uint8, sum_of_uint8_in_uint16, 2, lambda: (of("u1", 1, 200, 100), of("i8", 0, 0)))


def square_of_int32(i, x, out):
    out[i] = x[i] * x[i]  # BUG


def square_of_int64(i, x, out):
    out[i] = np.int64(x[i]) * x[i]


SUITE.pair(square_of_int32, square_of_int64, 3, lambda: (of("i4", 1, 46340, 46341), of("i8", 0, 0, 0)))


def factorial_in_int64(i, out):
    product = np.int64(1)
    for k in range(1, 20 + 2 * i):
        product *= k  # BUG
    out[i] = product


def factorial_in_float64(i, out):
    product = np.float64(1)
    for k in range(1, 20 + 2 * i):
        product *= k
    out[i] = product


SUITE.pair(factorial_in_int64, factorial_in_float64, 2, lambda: (of("f8", 0, 0),))


def magnitude_of_the_minimum(i, x, out):
    out[i] = abs(x[i])  # BUG


def magnitude_in_a_wider_type(i, x, out):
    out[i] = abs(np.int64(x[i]))


SUITE.pair(magnitude_of_the_minimum, magnitude_in_a_wider_type, 2, lambda: (of("i4", -5, -(2**31)), of("i8", 0, 0)))


def negated_minimum(i, x, out):
    out[i] = -x[i]  # BUG


def complement_of_the_minimum(i, x, out):
    out[i] = ~x[i]


SUITE.pair(negated_minimum, complement_of_the_minimum, 2, lambda: (of("i2", 7, -(2**15)), of("i8", 0, 0)))


def shifted_out(i, x, out):
    out[i] = x[i] << 4  # BUG


def shifted_in_a_wider_type(i, x, out):
    out[i] = np.int32(x[i]) << 4


SUITE.pair(shifted_out, shifted_in_a_wider_type, 3, lambda: (of("i1", 1, -3, 20), of("i8", 0, 0, 0)))


def difference_of_uint16(i, x, out):
    out[i] = x[i] - x[i + 1]  # BUG


def difference_of_int32(i, x, out):
    out[i] = np.int32(x[i]) - x[i + 1]


SUITE.pair(difference_of_uint16, difference_of_int32, 2, lambda: (of("u2", 5, 3, 4), of("i8", 0, 0)))


def powers_of_int32(i, x, out):
    out[i] = x[i] ** 5  # BUG


def powers_of_float64(i, x, out):
    out[i] = np.float64(x[i]) ** 5


SUITE.pair(powers_of_int32, powers_of_float64, 2, lambda: (of("i4", 3, 100), of("f8", 0, 0)))


def float_too_large_for_int32(i, x, out):
    out[i] = np.int32(x[i])  # BUG


def float_clamped_to_int32(i, x, out):
    out[i] = np.int32(min(x[i], 2.0e9))


SUITE.pair(float_too_large_for_int32, float_clamped_to_int32, 2, lambda: (of("f8", 3.5, 3e9), of("i4", 0, 0)))


def negative_float_to_uint8(i, x, out):
    out[i] = np.uint8(x[i])  # BUG


def negative_float_to_int8(i, x, out):
    out[i] = np.int8(x[i])


SUITE.pair(negative_float_to_uint8, negative_float_to_int8, 2, lambda: (of("f4", 1.5, -2.5), of("i4", 0, 0)))


def offset(base, k):
    return base * k  # BUG


def address(base, k):
    return offset(base, k) + 1


def overflow_in_a_nested_helper(i, x, out):
    out[i] = address(x[i], np.int16(200))


def no_overflow_in_a_nested_helper(i, x, out):
    out[i] = address(np.int32(x[i]), np.int16(200))


SUITE.pair(
    overflow_in_a_nested_helper, no_overflow_in_a_nested_helper, 2, lambda: (of("i2", 100, 200), of("i8", 0, 0)),
    helper=offset,
)  # fmt: skip


def overflow_in_the_last_group(i, x, out):
    if i < len(x):
        out[i] = x[i] + np.int16(i * 3000)  # BUG


def no_overflow_in_any_group(i, x, out):
    if i < len(x):
        out[i] = x[i] + np.int32(i * 3000)


SUITE.pair(
    overflow_in_the_last_group, no_overflow_in_any_group, 9, lambda: (np.full(9, 9000, np.int16), np.zeros(9, int)),
    group=4,
)  # fmt: skip
