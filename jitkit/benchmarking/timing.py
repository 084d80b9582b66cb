"""Times of a call that can be repeated: enough samples for a steady median, and how far they spread."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Call = Callable[[], Any]

LEAST, MOST = 5, 2_000
SHORTEST = 1e-4
"""Seconds that a sample lasts at least, where the clock and its own cost do not show; short calls are repeated in it."""
STEADY = 0.01
"""The standard error of the median, as a fraction of it, at which there are enough samples."""
PATIENCE = 3
"""How many times longer than asked to go on for a steady median."""


@dataclass(frozen=True)
class Sample:
    """What repeated calls took.

    Attributes
    ----------
    median, fastest : float
        Seconds of a call.
    spread : float
        Half the range that holds the middle half of the samples, as a fraction of the median.
    count : int
        How many samples there are.
    """

    median: float
    fastest: float
    spread: float
    count: int


def seconds_of(call: Call) -> float:
    """Return the seconds that one call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def sample(call: Call, seconds: float, least: int = LEAST) -> Sample:
    """Time a call that has run before, until the time is up and the median is steady.

    Parameters
    ----------
    call : callable
        Takes no arguments.
    seconds : float
        How long to go on; up to three times as long where the times vary.
    least : int, optional
        Least number of samples.

    Returns
    -------
    Sample
    """
    number = max(1, math.ceil(SHORTEST / max(seconds_of(call), 1e-9)))
    times: list[float] = []
    started = time.perf_counter()
    while _go_on(times, time.perf_counter() - started, seconds, least):
        times.append(seconds_of(lambda: _repeat(call, number)) / number)
    return summary(times)


def _repeat(call: Call, number: int) -> None:
    for _ in range(number):
        call()


def _go_on(times: Sequence[float], elapsed: float, seconds: float, least: int) -> bool:
    if len(times) < least:
        return True
    if len(times) >= MOST or elapsed >= PATIENCE * seconds:
        return False
    return elapsed < seconds or (len(times) < 100 and not is_steady(times))


def is_steady(times: Sequence[float]) -> bool:
    """Tell whether more samples would hardly move the median: by its standard error, for normal samples."""
    found = summary(times)
    return 1.253 * 1.483 * found.spread / math.sqrt(found.count) <= STEADY


def summary(times: Sequence[float]) -> Sample:
    """Return the median of some times, and their spread.

    Examples
    --------
    >>> summary([4.0, 2.0, 3.0, 5.0, 1.0])
    Sample(median=3.0, fastest=1.0, spread=0.3333333333333333, count=5)
    """
    median = statistics.median(times)
    if len(times) < 2 or not median:
        return Sample(median, min(times), 0.0, len(times))
    low, _, high = statistics.quantiles(times, n=4, method="inclusive")
    return Sample(median, min(times), (high - low) / 2 / median, len(times))
