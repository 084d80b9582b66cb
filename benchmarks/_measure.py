"""Ways to measure that asv lacks: two sides taking turns in one process, and what happens in a new process."""

from __future__ import annotations

import ctypes
import math
import multiprocessing
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
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


def take_turns(
    calls: dict[str, Call], turns: int = 5, least: float = 0.5, most: float = math.inf
) -> dict[str, list[float]]:
    """Return the seconds of each call in each turn; the turns are begun by one side after another.

    Parameters
    ----------
    calls : dict of str to callable
        The sides, warm.
    turns : int
        Least number of turns.
    least : float
        Least number of seconds to go on for.
    most : float
        Seconds after which no turn begins, however few there were; one there is always.
    """
    sides = list(calls)
    times: dict[str, list[float]] = {side: [] for side in sides}
    started, turn = time.perf_counter(), 0
    while not turn or ((taken := time.perf_counter() - started) < most and (turn < turns or taken < least)):
        first = turn % len(sides)
        for side in sides[first:] + sides[:first]:
            times[side].append(seconds(calls[side]))
        turn += 1
    return times


def paired_ratio(times: list[float], others: list[float]) -> float:
    """Return the median over the turns of `times` over `others`."""
    return statistics.median(mine / other for mine, other in zip(times, others, strict=True))


def peak_bytes(call: Call) -> int:
    """Return by how much a warm call raises the memory of this process while it runs: what it makes, its results too.

    Raises
    ------
    NotImplementedError
        Where the system does not tell the highest there was, as Linux does.
    """
    status, reset = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    try:
        # What earlier calls left with the allocator would be taken again unseen.
        ctypes.CDLL(None).malloc_trim(0)
        reset.write_text("5")
        before = _kilobytes("VmRSS", status)
        call()
        return 1024 * max(0, _kilobytes("VmHWM", status) - before)
    except (OSError, AttributeError) as error:
        raise NotImplementedError(f"the highest memory is not known here: {error}") from None


def _kilobytes(name: str, status: Path) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", status.read_text(), re.MULTILINE)
    if found is None:
        raise OSError(f"no {name} in {status}")
    return int(found[1])


def in_own_process(work: Callable[..., Any], *arguments: Any, limit: float = 120.0) -> Any:
    """Return what a function returns in a fork of this process; what it breaks there is broken nowhere else.

    Raises
    ------
    RuntimeError
        Where the fork dies, takes longer than `limit` seconds, or the function raises; it says what was raised.
    """
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_send, args=(there, work, arguments))
    child.start()
    there.close()
    try:
        if not here.poll(limit):
            raise RuntimeError(f"no answer in {limit:g} s")
        found, value = here.recv()
    except EOFError:
        raise RuntimeError("the process died") from None
    finally:
        child.kill()
        child.join()
    if not found:
        raise RuntimeError(value)
    return value


def _send(pipe: Any, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    try:
        answer = (True, work(*arguments))
    except BaseException as error:
        answer = (False, f"{type(error).__name__}: {error}")
    pipe.send(answer)


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
