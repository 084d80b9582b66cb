"""Ways to measure that asv lacks: two sides taking turns in one process, and what happens in a new process."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

Call = Callable[[], Any]


def seconds(call: Call) -> float:
    """Return the seconds that one call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def ratio(ours: Call, theirs: Call, turns: int = 5, least: float = 0.5) -> float:
    """Return the median over the turns of our time over theirs in the same turn.

    What disturbs the machine disturbs both sides of a turn alike, so this holds where neither time does.

    Parameters
    ----------
    ours, theirs : callable
        The sides, warm.
    turns : int
        Least number of turns.
    least : float
        Least number of seconds to go on for.
    """
    ratios: list[float] = []
    started = time.perf_counter()
    while len(ratios) < turns or time.perf_counter() - started < least:
        if len(ratios) % 2:
            mine = seconds(ours)
            ratios.append(mine / seconds(theirs))
        else:
            other = seconds(theirs)
            ratios.append(seconds(ours) / other)
    return statistics.median(ratios)


def in_new_process(script: str, *arguments: str, **environment: str) -> float:
    """Return the number that a script prints in a Python of its own, which finds the packages that this one finds."""
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env={**os.environ, "PYTHONPATH": paths, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return float(done.stdout)
