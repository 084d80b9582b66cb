"""Philox4x32-10: a block of four random words for each key and counter, without any state.

The cipher stands here twice. Compiled code holds its 32-bit words in 64 bits, so that each product is one instruction
(``vpmuludq`` on x86, for four points at once). The interpreter uses Python's integers: ten times faster than NumPy's scalars.

Reference: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
"""

from __future__ import annotations

import operator
from typing import Any, SupportsIndex

import numpy as np

from jitkit.frontend.meanings import compiled_as

_MULTIPLIER_0, _MULTIPLIER_1 = 0xD2511F53, 0xCD9E8D57
_WEYL_0, _WEYL_1 = 0x9E3779B9, 0xBB67AE85
_WORD, _DOUBLE_WORD = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF
_ROUNDS = 10


def _compiled_block(key: Any, counter: Any = 0, step: Any = 0) -> Any:
    # `| 0` is for integers alone: a float is refused where it would silently lose its fraction.
    k, m, n = np.uint64(key | 0), np.uint64(counter | 0), np.uint64(step | 0)
    k0, k1 = k & _WORD, k >> 32
    # Upper halves hold anything: only what is multiplied is masked, and `vpmuludq` leaves them out by itself.
    c0, c1, c2, c3 = m, m >> 32, n, n >> 32
    for _ in range(_ROUNDS):
        p0, p1 = (c0 & _WORD) * _MULTIPLIER_0, (c2 & _WORD) * _MULTIPLIER_1
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1, (p0 >> 32) ^ c3 ^ k1, p0
        k0, k1 = (k0 + _WEYL_0) & _WORD, (k1 + _WEYL_1) & _WORD
    return np.uint32(c0), np.uint32(c1), np.uint32(c2), np.uint32(c3)


@compiled_as(_compiled_block)
def block(
    key: SupportsIndex, counter: SupportsIndex = 0, step: SupportsIndex = 0
) -> tuple[np.uint32, np.uint32, np.uint32, np.uint32]:
    """Return the four random words that belong to a key and a counter; in kernels and outside of them.

    Parameters
    ----------
    key : int
        The stream, 64 bits: other keys give independent numbers. Negative integers count from 2**64 down.
    counter, step : int, default 0
        The place in the stream: two integers of 64 bits, such as a point and a time step.

    Returns
    -------
    tuple of four numpy.uint32
        Philox4x32-10 of the counter (low and high half of `counter`, low and high half of `step`) under the key (low
        and high half).

    Raises
    ------
    TypeError
        For a number that is no integer.

    Notes
    -----
    J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.

    Examples
    --------
    >>> import jitkit as jk
    >>> [hex(word) for word in jk.random.block(0)]
    ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    k, m, n = (operator.index(value) & _DOUBLE_WORD for value in (key, counter, step))
    k0, k1 = k & _WORD, k >> 32
    c0, c1, c2, c3 = m & _WORD, m >> 32, n & _WORD, n >> 32
    for _ in range(_ROUNDS):
        p0, p1 = c0 * _MULTIPLIER_0, c2 * _MULTIPLIER_1
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & _WORD, (p0 >> 32) ^ c3 ^ k1, p0 & _WORD
        k0, k1 = (k0 + _WEYL_0) & _WORD, (k1 + _WEYL_1) & _WORD
    return np.uint32(c0), np.uint32(c1), np.uint32(c2), np.uint32(c3)
