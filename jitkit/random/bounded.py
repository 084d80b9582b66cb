"""Integers below a bound, without bias.

Reference: D. Lemire, "Fast random integer generation in an interval", ACM Trans. Model. Comput. Simul. 29(1), 2019.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import jitkit as jk
from jitkit.random.elements import Draw, first_of
from jitkit.random.fills import LANES, double_words, fill, fill_double_words, fill_words, words
from jitkit.random.numbers import joined
from jitkit.random.philox import block

_WORD = 0xFFFFFFFF


@jk.kernel
def fill_below(
    chunk: Any, lane: Any, x: Any, key: Any, step: Any, first: Any, low: Any, count: Any, threshold: Any
) -> None:
    """Write integers from `low` on, `count` different ones, at most 2**32; four rows a chunk."""
    counter = (first + chunk) * LANES + lane
    a, b, c, d = block(key, counter, step)
    at = chunk * (4 * LANES) + lane
    x[at] = np.int64(low + below(a, count, threshold, key, counter, step))
    x[at + LANES] = np.int64(low + below(b, count, threshold, key, counter, step + 1))
    x[at + 2 * LANES] = np.int64(low + below(c, count, threshold, key, counter, step + 2))
    x[at + 3 * LANES] = np.int64(low + below(d, count, threshold, key, counter, step + 3))


@jk.kernel
def fill_far_below(
    chunk: Any, lane: Any, x: Any, key: Any, step: Any, first: Any, low: Any, count: Any, threshold: Any
) -> None:
    """Write integers from `low` on, `count` different ones, fewer than 2**64; two rows a chunk."""
    counter = (first + chunk) * LANES + lane
    a, b, c, d = block(key, counter, step)
    at = chunk * (2 * LANES) + lane
    x[at] = np.int64(low + far_below(joined(a, b), count, threshold, key, counter, step))
    x[at + LANES] = np.int64(low + far_below(joined(c, d), count, threshold, key, counter, step + 1))


def below(word: Any, count: Any, threshold: Any, key: Any, counter: Any, step: Any) -> Any:
    """Return an integer below `count`, made of a word, or of those of later steps where that one would bring a bias."""
    product = np.uint64(word) * count
    while (product & _WORD) < threshold:
        step += 4
        again, _, _, _ = block(key, counter, step)
        product = np.uint64(again) * count
    return product >> 32


def far_below(bits: Any, count: Any, threshold: Any, key: Any, counter: Any, step: Any) -> Any:
    """As `below`, of 64 bits."""
    low, high = wide_product(bits, count)
    while low < threshold:
        step += 4
        a, b, _, _ = block(key, counter, step)
        low, high = wide_product(joined(a, b), count)
    return high


def wide_product(a: Any, b: Any) -> Any:
    """Return the low and the high half of the product of two integers of 64 bits."""
    a0, a1, b0, b1 = a & _WORD, a >> 32, b & _WORD, b >> 32
    lowest = a0 * b0
    middle = a1 * b0 + (lowest >> 32)
    other = a0 * b1 + (middle & _WORD)
    return (other << 32) | (lowest & _WORD), a1 * b1 + (middle >> 32) + (other >> 32)


def draw_below(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return the number that `fill_below` writes in its first row."""
    a, _, _, _ = block(key, counter, step)
    return np.int64(given[0] + below(a, given[1], given[2], key, counter, step))


def draw_far_below(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return the number that `fill_far_below` writes in its first row."""
    a, b, _, _ = block(key, counter, step)
    return np.int64(given[0] + far_below(joined(a, b), given[1], given[2], key, counter, step))


def fill_integers(x: Any, key: np.uint64, step: int, low: int, count: int) -> None:
    """Fill a one-dimensional integer array with the integers from `low` to ``low + count - 1``, equally likely."""
    plan = plan_of(x.dtype, low, count)
    fill(plan.kernel, plan.rows, x if plan.dtype == x.dtype else x.view(plan.dtype), key, step, *plan.given)


class Plan(NamedTuple):
    """How integers of a range are drawn.

    Attributes
    ----------
    kernel : Kernel
        What fills arrays.
    rows : int
        Of its chunks.
    draw : callable
        What draws one number, as in `elements`.
    dtype : numpy.dtype
        What is written.
    given : tuple of numpy.uint64
        The parameters.
    """

    kernel: jk.Kernel
    rows: int
    draw: Draw
    dtype: np.dtype[Any]
    given: tuple[np.uint64, ...]


def plan_of(dtype: np.dtype[Any], low: int, count: int) -> Plan:
    """Return how integers of a range are drawn."""
    if count == 1 << dtype.itemsize * 8 and dtype.itemsize == 4:  # every pattern of bits is one of the integers
        return Plan(fill_words, 4, first_of(words), np.dtype(np.uint32), ())
    if count == 1 << 64:
        return Plan(fill_double_words, 2, first_of(double_words), np.dtype(np.uint64), ())
    narrow = count <= 2**32
    given = np.uint64(low % 2**64), np.uint64(count), np.uint64((1 << (32 if narrow else 64)) % count)
    return (
        Plan(fill_below, 4, draw_below, dtype, given)
        if narrow
        else Plan(fill_far_below, 2, draw_far_below, dtype, given)
    )
