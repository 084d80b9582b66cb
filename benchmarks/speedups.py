"""The table of speedups, one class for each row: nanoseconds a point interpreted, by NumPy, by C and compiled.

Kernels by jitkit in float64 too, and the memory that a call takes at its peak.

All is measured once for a commit, a row after the other, the sides of a row taking turns in a process of its own. That is a
few seconds a row where asv's own way, a process for each number, takes a minute; `python -m benchmarks.history` records this
file over many commits.
"""

from __future__ import annotations

import contextlib
import os
import statistics
from collections.abc import Callable
from typing import Any

from . import _measure, _sides, _suite

SIDES = ["interpreted", *_sides.SIDES]
PEERS = ["NumPy", "C"]
DOUBLE, MEMORY = "float64", "memory"
TURNS, SECONDS, MOST = 7, 0.4, 1.0
Figures = dict[str, dict[str, float | str]]


def measure(row: _sides.Row) -> dict[str, float]:
    """Return for a row the nanoseconds a point of each side, jitkit's time relative to each peer's, and bytes a point."""
    # Idle threads of one side that spin would take the cores from the side that is timed.
    os.environ["OMP_WAIT_POLICY"] = "passive"
    sides = _sides.compiled(row)
    times = _measure.take_turns(sides.calls, TURNS, SECONDS, MOST)
    found = {side: _per_point(times[side], sides.points) for side in times}
    for peer in set(PEERS) & set(times):
        found[f"relative to {peer}"] = _measure.paired_ratio(times["cpu"], times[peer])
    with contextlib.suppress(NotImplementedError):
        found[MEMORY] = _measure.peak_bytes(sides.calls["cpu"]) / sides.points
    with contextlib.suppress(NotImplementedError):
        interpreted = _sides.interpreted(row)
        taken = _measure.take_turns(interpreted.calls, 3, SECONDS / 2, MOST / 2)
        found["interpreted"] = _per_point(taken["interpreted"], interpreted.points)
    return found


def measure_double(row: _sides.Row) -> dict[str, float]:
    """Return the nanoseconds a point in float64."""
    sides = _sides.compiled(row, ("cpu",), DOUBLE)
    return {DOUBLE: _per_point(_measure.take_turns(sides.calls, TURNS, SECONDS / 4, MOST / 2)["cpu"], sides.points)}


def _per_point(times: list[float], points: int) -> float:
    return 1e9 * statistics.median(times) / points


class _Speedups:
    """One row; its subclasses are the benchmarks."""

    version = "1"
    params = [SIDES]
    param_names = ["by"]
    row = ""

    def setup_cache(self) -> Figures:
        """Measure every row; a row that this commit lacks, or cannot compute, has the reason under "missing"."""
        _suite.keep_caches_apart()
        _import_once()
        found: Figures = {}
        only = os.environ.get("JITKIT_SPEEDUPS", "").split()
        for row in _sides.rows():
            if only and row.name not in only:
                continue
            found[row.name] = _of(row, measure)
            if row.is_case:
                # Of kernels alone: to compile all the rest once more would double the time of a commit.
                found[row.name] |= _of(row, measure_double)
        return found

    setup_cache.timeout = 900

    def setup(self, found: Figures, by: str) -> None:
        row = found.get(self.row, {})
        if by not in row and f"relative to {by}" not in row:
            raise NotImplementedError(row.get("missing", f"{self.row} is not computed by {by}"))

    def track_ns_per_point(self, found: Figures, by: str) -> float | str:
        return found[self.row][by]

    def track_relative(self, found: Figures, to: str) -> float | str:
        return found[self.row][f"relative to {to}"]

    def track_peak_memory(self, found: Figures, what: str) -> float | str:
        return found[self.row][what]

    track_ns_per_point.unit = "ns"
    track_relative.unit = "times the peer"
    track_relative.params = [PEERS]
    track_relative.param_names = ["to"]
    track_peak_memory.unit = "bytes a point"
    track_peak_memory.params = [[MEMORY]]
    track_peak_memory.param_names = ["what"]


class _SpeedupsOfKernel(_Speedups):
    """One row of a kernel, which is measured in float64 too."""

    def track_float64(self, found: Figures, dtype: str) -> float | str:
        return found[self.row][dtype]

    track_float64.unit = "ns"
    track_float64.params = [[DOUBLE]]
    track_float64.param_names = ["dtype"]


def _of(row: _sides.Row, work: Callable[[_sides.Row], dict[str, float]]) -> dict[str, float | str]:
    """Return what is measured in a process of its own, or why nothing is."""
    try:
        return dict(_measure.in_own_process(work, row))
    except RuntimeError as error:
        print(f"{row.name}, {work.__name__}: {error}")
        return {"missing": str(error)}


def _import_once() -> None:
    """Import here what every fork needs; a commit that cannot even be imported fails in each of them."""
    try:
        import numba  # noqa: F401

        import jitkit.cases  # noqa: F401
    except ImportError as error:
        print(error)


def _class_of(row: _sides.Row) -> Any:
    text = f"`benchmarks/{row.stem}.py` on every side."
    base = _SpeedupsOfKernel if row.is_case else _Speedups
    return type(row.name, (base,), {"__doc__": text, "__module__": __name__, "row": row.name})


# asv finds benchmarks among the names of a module.
globals().update({row.name: _class_of(row) for row in _sides.rows()})
