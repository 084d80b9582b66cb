"""What the calls work on: arrays of one type, and the functions that a user would write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

Call = Callable[[], Any]

#: A name, jitkit's call and NumPy's way of doing the same.
Pair = tuple[str, Call, Call]
Pairs = Iterator[Pair]

ROW = 50  # elements


class Given(NamedTuple):
    """Arrays of one type.

    Attributes
    ----------
    x, y : ndarray
        Vectors: of numbers from 0 to under 100, and to under 20; of booleans, both at random.
    rows, others : ndarray
        The same as rows of 50 elements.
    strided : ndarray
        `x` as every second element of an array.
    mask : ndarray of bool
        One for each element.
    places : ndarray of int64
        Places in `x`.
    starts : ndarray of int64
        Where ten segments begin.
    """

    x: np.ndarray
    y: np.ndarray
    rows: np.ndarray
    others: np.ndarray
    strided: np.ndarray
    mask: np.ndarray
    places: np.ndarray
    starts: np.ndarray

    @property
    def ends(self) -> np.ndarray:
        """Return where the segments begin, and where the last one ends."""
        return np.append(self.starts, self.x.size)


def given(dtype: str, size: int) -> Given:
    """Return arrays of a type.

    Parameters
    ----------
    dtype : str
        NumPy's name of it.
    size : int
        Elements, a multiple of 50.
    """
    rng = np.random.default_rng(0)
    if dtype == "bool":
        x, y = rng.random(size) > 0.5, rng.random(size) > 0.5
    else:
        x, y = (rng.random(size) * 100).astype(dtype), (rng.random(size) * 20).astype(dtype)
    strided = np.repeat(x, 2)[::2]
    mask, places = rng.random(size) > 0.5, rng.integers(0, size, size)
    return Given(
        x, y, x.reshape(-1, ROW), y.reshape(-1, ROW), strided, mask, places, np.arange(0, size, max(1, size // 10))
    )


def squared(v: Any) -> Any:
    """Return the square of a number."""
    return v * v


def negative(v: Any) -> Any:
    """Return a number with the other sign."""
    return -v


def inverted(v: Any) -> Any:
    """Return the other boolean."""
    return not v


def is_large(v: Any) -> Any:
    """Tell whether a number is over 3."""
    return v > 3


def added(v: Any, w: Any) -> Any:
    """Return the sum of two numbers."""
    return v + w


def added_pair(pair: Any) -> Any:
    """Return the sum of the two numbers of a pair."""
    return pair[0] + pair[1]


def added_and_larger(left: Any, right: Any) -> Any:
    """Return the sum of the first of two pairs, and the larger of the second."""
    return left[0] + right[0], max(left[1], right[1])
