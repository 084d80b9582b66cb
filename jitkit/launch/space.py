"""The launch space: what stands between the brackets of ``kernel[...]``."""

from __future__ import annotations

import math
import operator
from typing import Any, NamedTuple

from jitkit.errors import LaunchError

MAX_DIMENSIONS = 4
_LARGEST = 2**63 - 1


class Space(NamedTuple):
    """A launch space: for each dimension the first index, the step and the number of points."""

    starts: tuple[int, ...]
    steps: tuple[int, ...]
    counts: tuple[int, ...]

    @property
    def points(self) -> int:
        """How many times the kernel runs."""
        return math.prod(self.counts)

    def ranges(self) -> list[range]:
        """Return the indices of each dimension."""
        return [range(s, s + p * n, p) for s, p, n in zip(*self, strict=True)]


def parse(space: Any, kernel: str) -> Space:
    """Return the launch space that the user wrote.

    Parameters
    ----------
    space : int, slice or tuple of up to 4 of them
        An int ``n`` is ``0:n``. A slice needs a stop; its start is 0 and its step 1 unless given.
    kernel : str
        The kernel's name, for messages.

    Raises
    ------
    LaunchError
        For anything else: negative or non-integer extents, a step below 1, more than four dimensions, over 2**63 points.

    Examples
    --------
    >>> parse((3, slice(1, 8, 2)), "k")
    Space(starts=(0, 1), steps=(1, 2), counts=(3, 4))
    """
    if type(space) is int and 0 <= space <= _LARGEST:  # the common case, kept short: it is part of every launch
        return Space((0,), (1,), (space,))
    axes = space if isinstance(space, tuple) else (space,)
    if not 1 <= len(axes) <= MAX_DIMENSIONS:
        raise LaunchError(f"{kernel}[...]: a launch space has 1 to {MAX_DIMENSIONS} dimensions, not {len(axes)}")
    result = Space(*zip(*(_axis(axis, kernel) for axis in axes), strict=True))
    if result.points > _LARGEST:
        raise LaunchError(f"{kernel}[...]: {result.points} points; a launch runs at most 2**63 - 1: launch in parts")
    return result


def _axis(axis: Any, kernel: str) -> tuple[int, int, int]:
    if not isinstance(axis, slice):
        return 0, 1, _integer(axis, kernel, "an extent")
    if axis.stop is None:
        raise LaunchError(f"{kernel}[...]: the slice {axis.start}: has no stop: write start:stop, such as 0:n")
    start = 0 if axis.start is None else _integer(axis.start, kernel, "a start")
    stop = _integer(axis.stop, kernel, "a stop")
    step = 1 if axis.step is None else _integer(axis.step, kernel, "a step", smallest=1)
    return start, step, len(range(start, stop, step))


def _integer(value: Any, kernel: str, what: str, smallest: int = 0) -> int:
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None:
        raise LaunchError(
            f"{kernel}[...]: {what} of the launch space is an integer, not {value!r} ({type(value).__name__}); "
            "write kernel[n], kernel[start:stop] or a tuple of them"
        )
    if number < 0 and smallest == 0:
        raise LaunchError(
            f"{kernel}[...]: {what} of the launch space is {number}, and nothing counts from the end here; "
            "write the extent, such as 1:n-1"
        )
    if not smallest <= number <= _LARGEST:
        raise LaunchError(
            f"{kernel}[...]: {what} of the launch space is {number}; it must be from {smallest} to 2**63 - 1"
        )
    return number
