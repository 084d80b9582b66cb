"""How one point sorts a part of an array in place: two digits, the lower first, and insertion for what they leave.

The digits are the upper bits in which the elements differ at all. They leave few elements out of order unless keys crowd
together; where insertion would take too much, all digits follow. All of it is stable.

Source: D. E. Knuth, The Art of Computer Programming 3, 2nd edition, 1998, sections 5.2.1 and 5.2.5, and exercise 5.2.5-12 on
M. D. MacLaren's way to leave the rest to insertion.
"""

# Functions of kernels take whatever they are called with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from jitkit.primitives._carrying import Carry
from jitkit.primitives._keys import Order

FEW = 32
"""Elements that insertion alone sorts."""
PATIENCE = 8
"""Moves for each element that insertion may take before the remaining digits are sorted instead."""


def spans(wide: Any, carry: Carry, digits: int) -> Callable[..., None]:
    """Return ``sort_span(x, v, first, m, spare, held, base, counts, low, high)``; `spare` and `held` have room from `base` on.

    Parameters
    ----------
    wide : type
        The unsigned scalar type in which keys are compared.
    carry : Carry
        What goes along with them.
    digits : int
        Most bits of a digit; `counts` has room for two digits.
    """
    take, put, one = carry.take, carry.put, wide(1)

    def settle(x, v, first, m, limit):
        """Insert each element where it belongs, until that takes too many moves; return how many it took."""
        moves, k, last = 0, 1, x[first]
        while k < m and moves <= limit:
            to = first + k
            key = x[to]
            if key < last:
                value = take(v, to)
                while to > first and key < x[to - 1]:
                    x[to] = x[to - 1]
                    put(v, to, take(v, to - 1))
                    to -= 1
                x[to] = key
                put(v, to, value)
                moves += first + k - to
            else:
                last = key
            k += 1
        return moves

    def count(x, first, m, counts, bits, low, shift):
        size, mask = 1 << bits, (one << wide(bits)) - one
        for d in range(2 * size):
            counts[d] = 0
        for k in range(m):
            digit = (wide(x[first + k]) - low) >> shift
            counts[digit & mask] += 1
            counts[size + np.int64((digit >> wide(bits)) & mask)] += 1
        lower, upper = 0, 0
        for d in range(size):
            a, b = counts[d], counts[size + d]
            counts[d], counts[size + d] = lower, upper
            lower += a
            upper += b

    def spread(x, v, first, m, out, w, base, counts, start, bits, low, shift, above):
        mask = (one << wide(bits)) - one
        for k in range(m):
            key = x[first + k]
            place = start + np.int64((((wide(key) - low) >> shift) >> above) & mask)
            to = counts[place]
            counts[place] = to + 1
            out[base + to] = key
            put(w, base + to, take(v, first + k))

    def sort_span(x, v, first, m, spare, held, base, counts, low, high):
        width, rest = 0, high - low
        while rest > 0:
            rest = rest >> one
            width += 1
        bits, size = 4, m
        while size > 0:
            size //= 4
            bits += 1
        bits = min(min(bits, digits), (width + 1) // 2)
        limit = m * PATIENCE if m > FEW else m * m
        shift = max(0, width - 2 * bits)
        going, whole = width > 0, False
        while going:
            if m > FEW:
                count(x, first, m, counts, bits, low, wide(shift))
                spread(x, v, first, m, spare, held, base, counts, 0, bits, low, wide(shift), wide(0))
                spread(spare, held, base, m, x, v, first, counts, 1 << bits, bits, low, wide(shift), wide(bits))
            going = False
            if whole:
                shift += 2 * bits
                going = shift < width
            elif (shift > 0 or m <= FEW) and settle(x, v, first, m, limit) > limit:
                whole, going, shift = True, True, 0

    return sort_span


def ties(order: Order) -> tuple[Callable[..., Any], Callable[..., None]]:
    """Return ``tally`` and ``restore``: what is equal without being the same, the zeros and NaN, is written as it stood.

    ``tally(x, begin, end, step, flip)`` counts the elements below zero, the zeros and the NaN; ``restore(x, out, begin, end,
    step, zero, missing, flip)`` writes zeros and NaN to `out`, from these places on. Elements are `step` apart.
    """
    key_of, zero_key, missing_key = order.key, order.zero, order.missing

    def nothing(x, begin, end, step, flip):
        return 0, 0, 0

    def as_is(x, out, begin, end, step, zero, missing, flip):
        pass

    if order.exact:
        return nothing, as_is

    def tally(x, begin, end, step, flip):
        below, zeros, missing = 0, 0, 0
        for i in range(begin, end, step):
            key = key_of(x[i], flip)
            below += 1 if key < zero_key else 0
            zeros += 1 if key == zero_key else 0
            missing += 1 if key == missing_key else 0
        return below, zeros, missing

    def restore(x, out, begin, end, step, zero, missing, flip):
        for i in range(begin, end, step):
            key = key_of(x[i], flip)
            if key == zero_key:
                out[zero] = x[i]
                zero += step
            elif key == missing_key:
                out[missing] = x[i]
                missing += step

    return tally, restore
