"""Numbers made of random words, in kernels and outside of them: one source for every backend.

Everything here is a plain function of the kernel language. Uniform numbers are the same bit for bit everywhere, for they
are integers times a power of two; those that go through `math` functions differ by what these differ.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from jitkit.random.philox import block

_TWO_PI = 2 * math.pi


def bits(key: Any, counter: Any = 0, step: Any = 0) -> np.uint64:
    """Return 64 random bits; in kernels and outside of them.

    Parameters
    ----------
    key : int
        The stream, 64 bits.
    counter, step : int, default 0
        The place in the stream: two integers of 64 bits, such as a point and a time step.

    Returns
    -------
    numpy.uint64
        The first two words of `block`, the first in the low half; equal on every backend.

    Notes
    -----
    Philox4x32-10 of J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.

    Examples
    --------
    >>> import jitkit as jk
    >>> hex(jk.random.bits(0))
    '0xe169c58d6627e8d5'
    """
    a, b, _, _ = block(key, counter, step)
    return joined(a, b)


def uniform(key: Any, counter: Any = 0, step: Any = 0) -> np.float64:
    """Return a float64 in [0, 1), a multiple of 2**-53; in kernels and outside of them.

    Parameters
    ----------
    key, counter, step : int
        The stream and the place in it, as for `bits`.

    Returns
    -------
    numpy.float64
        The upper 27 bits of the second word of `block` above the upper 26 of the first, over 2**53; equal on every backend.

    Notes
    -----
    Philox4x32-10 of J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> @jk.kernel
    ... def fill(i, x, seed):
    ...     x[i] = jk.random.uniform(seed, i)
    >>> x = np.empty(2)
    >>> fill[2](x, 7)
    >>> bool(x[1] == jk.random.uniform(7, 1))
    True
    """
    a, b, _, _ = block(key, counter, step)
    return unit(a, b)


def uniform32(key: Any, counter: Any = 0, step: Any = 0) -> np.float32:
    """Return a float32 in [0, 1), a multiple of 2**-24; in kernels and outside of them.

    A function of its own, rather than a parameter of `uniform`, because kernels pass numbers and no types; and the name
    says at the call that a float32 kernel stays one.

    Parameters
    ----------
    key, counter, step : int
        The stream and the place in it, as for `bits`.

    Returns
    -------
    numpy.float32
        The upper 24 bits of the first word of `block`, over 2**24; equal on every backend.

    Notes
    -----
    Philox4x32-10 of J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.

    Examples
    --------
    >>> import jitkit as jk
    >>> jk.random.uniform32(7, 1).dtype
    dtype('float32')
    """
    a, _, _, _ = block(key, counter, step)
    return unit32(a)


def normal(key: Any, counter: Any = 0, step: Any = 0) -> np.float64:
    """Return a float64 of the standard normal distribution; in kernels and outside of them.

    Parameters
    ----------
    key, counter, step : int
        The stream and the place in it, as for `bits`.

    Returns
    -------
    numpy.float64
        The first number of the Box-Muller transform of the block's two uniform numbers, at most 8.58 in magnitude.
        Backends differ by the rounding of `math.log` and `math.cos`: 4 ULP each.

    Notes
    -----
    G. E. P. Box, M. E. Muller, "A note on the generation of random normal deviates", Ann. Math. Stat. 29(2), 1958. It
    has no branch and no table, so points run as vector lanes.

    Examples
    --------
    >>> import jitkit as jk
    >>> round(float(jk.random.normal(0)), 9)
    -0.397667539
    """
    a, b, c, d = block(key, counter, step)
    first, _ = normal_pair(positive_unit(a, b), unit(c, d))
    return first


def normal32(key: Any, counter: Any = 0, step: Any = 0) -> np.float32:
    """Return a float32 of the standard normal distribution; in kernels and outside of them.

    Parameters
    ----------
    key, counter, step : int
        The stream and the place in it, as for `bits`.

    Returns
    -------
    numpy.float32
        The first number of the Box-Muller transform of the block's first two words, at most 6.67 in magnitude.
        Backends differ by the rounding of `math.log` and `math.cos`: 4 ULP each.

    Notes
    -----
    G. E. P. Box, M. E. Muller, "A note on the generation of random normal deviates", Ann. Math. Stat. 29(2), 1958.

    Examples
    --------
    >>> import jitkit as jk
    >>> jk.random.normal32(0).dtype
    dtype('float32')
    """
    a, b, _, _ = block(key, counter, step)
    first, _ = normal_pair32(a, b)
    return first


# ---- words to numbers


def joined(low: Any, high: Any) -> np.uint64:
    """Return two words as one of 64 bits."""
    return np.uint64(high) << 32 | np.uint64(low)


def unit(low: Any, high: Any) -> np.float64:
    """Return two words as a float64 in [0, 1), by genrand_res53 of the Mersenne Twister (I. Wada, 2002): exact."""
    return _whole53(low, high) * 2.0**-53


def positive_unit(low: Any, high: Any) -> np.float64:
    """Return two words as a float64 in (0, 1], for logarithms."""
    return (_whole53(low, high) + 1.0) * 2.0**-53


def _whole53(low: Any, high: Any) -> np.float64:
    # AVX2 converts vectors of signed 32-bit integers alone; wider ones would go through scalar registers one by one.
    return np.float64(np.int32(high >> 5)) * 2.0**26 + np.float64(np.int32(low >> 6))


def unit32(word: Any) -> np.float32:
    """Return a word as a float32 in [0, 1)."""
    return np.float32(np.int32(word >> 8)) * 2.0**-24


def positive_unit32(word: Any) -> np.float32:
    """Return a word as a float32 in (0, 1], finer towards 0 than a multiple of 2**-24: tails reach as far as 31 bits do."""
    return (np.float32(np.int32(word >> 1)) + 0.5) * 2.0**-31


def normal_pair(u: Any, v: Any) -> tuple[np.float64, np.float64]:
    """Return two float64 normal numbers of one in (0, 1] and one in [0, 1)."""
    radius, angle = math.sqrt(-2.0 * math.log(u)), _TWO_PI * v
    return np.float64(radius * math.cos(angle)), np.float64(radius * math.sin(angle))


def normal_pair32(a: Any, b: Any) -> tuple[np.float32, np.float32]:
    """Return two float32 normal numbers of two words."""
    # The angle from -pi to pi, of all 32 bits: nearer to 0, where float32 is finer.
    u, angle = positive_unit32(a), np.float32(np.int32(b)) * (math.pi * 2.0**-31)
    radius = math.sqrt(-2.0 * math.log(u))
    return np.float32(radius * math.cos(angle)), np.float32(radius * math.sin(angle))
