"""The generator of arrays of random numbers, and how library functions take one."""

from __future__ import annotations

import numpy as np

from jitkit.random.arrangements import Arrangements
from jitkit.random.streams import Seed


class Generator(Arrangements):
    """Random numbers under NumPy's method names, filled by kernels on every core or on the GPU.

    The numbers depend on the seed, the number of calls made before, and the arguments: not on the backend, the number of
    threads, the size of groups or the order of points. Integers, `random`, `permutation` and `choice` are equal bit for
    bit everywhere; what goes through `math` functions, as each method says, differs by their rounding.

    Each call has a stream of its own, so ``random(3)`` and then ``random(2)`` is not ``random(5)``. Of two calls that
    differ in `size` alone, the shorter gives the beginning of the longer (not `permutation` and what is drawn by it); vector
    and scalar `math` functions may round differently. Methods may be called from several threads at once; the order of
    the calls then decides who gets which numbers, so give each thread a generator by `spawn`.

    Parameters
    ----------
    seed : int, sequence of int, numpy.random.SeedSequence or None
        Integers from 0; None takes fresh entropy from the operating system.

    Raises
    ------
    TypeError, ValueError
        For what is no seed.

    Notes
    -----
    Philox4x32-10 of J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3",
    SC 2011, under a 64-bit key that NumPy's SeedSequence makes of the seed.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> x = jk.random.Generator(7).random(5)
    >>> with jk.backend("python"):
    ...     y = jk.random.Generator(7).random(5)
    >>> bool((x == y).all())
    True
    """


def default_rng(seed: Seed | Generator | np.random.Generator = None) -> Generator:
    """Return the generator that an argument ``rng=`` stands for.

    Parameters
    ----------
    seed : Generator, int, sequence of int, numpy.random.SeedSequence, numpy.random.Generator or None
        A generator is returned as it is; anything else makes a new one. One of NumPy's gives its seed, and so moves on.

    Returns
    -------
    Generator

    Raises
    ------
    TypeError, ValueError
        For what is no seed.

    Notes
    -----
    Named and behaving as NumPy's `default_rng`.

    Examples
    --------
    >>> import jitkit as jk
    >>> def noise(n, rng=None):
    ...     return jk.random.default_rng(rng).standard_normal(n)
    >>> noise(3, rng=7).shape
    (3,)
    """
    if isinstance(seed, Generator):
        return seed
    if isinstance(seed, np.random.Generator):
        seed = [int(word) for word in seed.integers(2**32, size=4)]
    return Generator(seed)
