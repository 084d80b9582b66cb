"""The table of speedups, one class for each row: nanoseconds a point interpreted, by NumPy, by C and compiled.

All is measured once for a commit, a row after the other, the sides of a row taking turns in a process of its own. That is a
few seconds a row where asv's own way, a process for each number, takes a minute; `python -m benchmarks.history` records this
file over many commits.
"""

from __future__ import annotations

import os
import statistics
from typing import Any

from . import _measure, _sides, _suite

SIDES = ["interpreted", *_sides.SIDES]
PEERS = ["NumPy", "C"]
TURNS, SECONDS = 7, 0.4
Figures = dict[str, dict[str, float | str]]


def measure(row: _sides.Row) -> dict[str, float]:
    """Return for a row the nanoseconds a point of each side, and jitkit's time relative to each peer's."""
    # Idle threads of one side that spin would take the cores from the side that is timed.
    os.environ["OMP_WAIT_POLICY"] = "passive"
    sides = _sides.compiled(row)
    times = _measure.take_turns(sides.calls, TURNS, SECONDS)
    found = {side: _per_point(times[side], sides.points) for side in times}
    for peer in set(PEERS) & set(times):
        found[f"relative to {peer}"] = _measure.paired_ratio(times["cpu"], times[peer])
    try:
        interpreted = _sides.interpreted(row)
    except NotImplementedError:
        return found
    taken = _measure.take_turns(interpreted.calls, 3, SECONDS / 2)
    return {**found, "interpreted": _per_point(taken["interpreted"], interpreted.points)}


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
            try:
                found[row.name] = _measure.in_own_process(measure, row)
            except RuntimeError as error:
                found[row.name] = {"missing": str(error)}
                print(f"{row.name}: {error}")
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

    track_ns_per_point.unit = "ns"
    track_relative.unit = "times the peer"
    track_relative.params = [PEERS]
    track_relative.param_names = ["to"]


def _import_once() -> None:
    """Import here what every fork needs; a commit that cannot even be imported fails in each of them."""
    try:
        import numba  # noqa: F401

        import jitkit.cases  # noqa: F401
    except ImportError as error:
        print(error)


def _class_of(row: _sides.Row) -> Any:
    text = f"`benchmarks/{row.stem}.py` on every side."
    return type(row.name, (_Speedups,), {"__doc__": text, "__module__": __name__, "row": row.name})


# asv finds benchmarks among the names of a module.
globals().update({row.name: _class_of(row) for row in _sides.rows()})
