"""Integers below a bound, without bias.

Reference: D. Lemire, "Fast random integer generation in an interval", ACM Trans. Model. Comput. Simul. 29(1), 2019.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk
from jitkit.random.fills import LANES, fill, fill_double_words, fill_words
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


def fill_integers(x: Any, key: np.uint64, step: int, low: int, count: int) -> None:
    """Fill a one-dimensional integer array with the integers from `low` to ``low + count - 1``, equally likely."""
    kernel, rows, dtype, given = plan_of(x.dtype, low, count)
    fill(kernel, rows, x if dtype == x.dtype else x.view(dtype), key, step, *given)


def plan_of(dtype: np.dtype[Any], low: int, count: int) -> tuple[jk.Kernel, int, np.dtype[Any], tuple[np.uint64, ...]]:
    """Return the kernel for integers of a range, the rows of its chunks, the dtype that it writes, and its parameters."""
    width = 32 if count <= 2**32 else 64
    if count == 1 << width == 1 << dtype.itemsize * 8:  # every pattern of bits is one of the integers
        return fill_words if width == 32 else fill_double_words, 128 // width, np.dtype(f"u{width // 8}"), ()
    given = np.uint64(low % 2**64), np.uint64(count), np.uint64((1 << width) % count)
    return fill_below if width == 32 else fill_far_below, 128 // width, dtype, given
