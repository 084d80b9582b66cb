"""The keys of a generator: from seeds, for its calls, and for the generators it spawns."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from jitkit.random.numbers import bits

Seed = int | Sequence[int] | np.random.SeedSequence | None
STEPS = 1 << 16
"""Steps of the counter that a call of a method has, for the attempts of a single element: no method needs more."""


def seed_sequence(seed: Seed) -> np.random.SeedSequence:
    """Return NumPy's seed sequence for a seed; it hashes nearby seeds to unrelated keys.

    Raises
    ------
    TypeError, ValueError
        For what is no seed.
    """
    if isinstance(seed, np.random.SeedSequence):
        return seed
    given: Any = seed
    given = given[()] if isinstance(given, np.ndarray) else given  # a number, of an array without dimensions
    parts: Any = [given] if isinstance(given, (int, np.integer)) else given
    if parts is not None:
        if not isinstance(parts, (Sequence, np.ndarray)) or not all(_is_integer(part) for part in parts):
            raise TypeError(
                f"jk.random: the seed is {seed!r}; give None, an integer from 0, several of them, or a SeedSequence"
            )
        if any(part < 0 for part in parts):
            raise ValueError(f"jk.random: the seed is {seed!r}; give integers from 0, such as abs(seed)")
        parts = [int(part) for part in parts]
    return np.random.SeedSequence(parts)


def _is_integer(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


class Streams:
    """A key, and a count of the calls made under it.

    Parameters
    ----------
    seed : int, sequence of int, numpy.random.SeedSequence or None
        What the key is made of.
    """

    def __init__(self, seed: Seed = None) -> None:
        self._sequence = seed_sequence(seed)
        self._key: np.uint64 = self._sequence.generate_state(1, np.uint64)[0]
        self._calls = 0
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<jitkit {type(self).__name__}, key {int(self._key):#018x}, {self._calls} calls made>"

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _lock=threading.Lock())

    def spawn(self, n_children: int) -> list[Self]:
        """Return generators of their own streams, as NumPy's `spawn` does.

        Parameters
        ----------
        n_children : int
            How many.

        Returns
        -------
        list of Generator
            They depend on the seed and on how many were spawned before, not on the numbers drawn.

        Raises
        ------
        ValueError
            For a negative number.

        Notes
        -----
        Their keys are 64-bit hashes: the chance that two of a million children share one is 3e-8.

        Examples
        --------
        >>> import jitkit as jk
        >>> first, second = jk.random.Generator(7).spawn(2)
        >>> bool(first.random() != second.random())
        True
        """
        if not _is_integer(n_children) or n_children < 0:
            raise ValueError(f"Generator.spawn: n_children is {n_children!r}; give an integer from 0")
        return [type(self)(child) for child in self._sequence.spawn(int(n_children))]

    def new_key(self) -> np.uint64:
        """Return a key for `jk.random.uniform` and the like in a kernel of one's own.

        Returns
        -------
        numpy.uint64
            Another one with each call, and none under which the generator draws itself.

        Notes
        -----
        A Philox4x32-10 output: J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.

        Examples
        --------
        >>> import numpy as np, jitkit as jk
        >>> @jk.kernel
        ... def jitter(i, x, key):
        ...     x[i] += 0.1 * jk.random.normal(key, i)
        >>> x = np.arange(3.0)
        >>> jitter[3](x, jk.random.Generator(7).new_key())
        """
        return bits(self._key, 0, self._next_step())

    def _next_step(self) -> int:
        """Return the step of a call: all numbers of it have this one, or one of the 2**16 from it on."""
        with self._lock:
            call = self._calls
            self._calls = call + 1
        return call * STEPS
