"""Measure jitkit beside other libraries: `python -m benchmarks.peers.measure`, then `python -m benchmarks.peers.report`.

Each side runs in a process of its own, and the processes take turns, so that what disturbs the machine disturbs all alike.
The ratios are medians over the turns of jitkit's time over another's in the same turn. A process keeps what it was given
for as long as it lives, foremost the pages of its arrays: black_scholes in C takes either 1 or 1.9 times the time for all of
a process's turns. So the turns are taken by several sets of processes, one after another, and what is kept is the median
over the sets. Run it with the Python that has the libraries (the group `peers`); those that are missing are left out, and
the results say so.

A run replaces the rows that it measures in the file of results and leaves the others as they are, so a few rows can be
measured at a time. `--check` asks each side for its answer and measures nothing: what is compiled is then in the caches.
"""

from __future__ import annotations

import argparse
import functools
import importlib.metadata
import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jitkit.hardware import core_name

from .. import _measure
from . import rows
from .rows import Row
from .sides import DISTRIBUTIONS, LIBRARIES, SIDES, Process

RESULTS = Path(__file__).with_name("results")
SLOW = 0.3
"""Seconds of a call beyond which a side takes part in three turns only."""
PAUSE = 0.003
"""Seconds between two sides: threads that spin for a while after their work must not meet the next."""
Times = dict[str, list[float | None]]
"""The seconds of each side in each turn, None where a slow one paused."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and write the results.

    Parameters
    ----------
    arguments : sequence of str, optional
        Command-line arguments; those of the process unless given.
    """
    options = _parser().parse_args(arguments)
    chosen = [row for row in rows.every().values() if _is_wanted(row, options)]
    if options.list:
        print("\n".join(row.name for row in chosen))
        return
    for row in chosen:
        for dtype in options.dtype or row.dtypes:
            if dtype in row.case.dtypes:
                found = compare(row, dtype, options)
                print(line(row.name, dtype, found), flush=True)
                if not options.check:
                    keep(row.name, dtype, found, options)


def _is_wanted(row: Row, options: argparse.Namespace) -> bool:
    named = row.name in options.row if options.row else True
    return named and any(row in rows.table(table) for table in options.table or rows.FILES)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers.measure", description="jitkit beside libraries")
    parser.add_argument("--row", action="append", choices=rows.every(), metavar="ROW", help="a row; may be repeated")
    parser.add_argument("--table", action="append", choices=rows.FILES, help="a table; may be repeated")
    parser.add_argument("--list", action="store_true", help="print the names of the rows and measure nothing")
    parser.add_argument("--check", action="store_true", help="ask each side for its answer and measure nothing")
    parser.add_argument("--side", action="append", choices=SIDES[1:], help="a peer; may be repeated")
    parser.add_argument("--size", help="a name or a number; that of the row unless given")
    parser.add_argument("--dtype", action="append", choices=("float32", "float64"), help="may be repeated")
    parser.add_argument("--threads", type=int, default=2, help="threads of every side")
    parser.add_argument("--sets", type=_at_least_one, default=3, help="sets of processes, one after another")
    parser.add_argument("--turns", type=int, default=5, help="least number of turns of a set")
    parser.add_argument("--seconds", type=float, default=1.0, help="least time of a set")
    parser.add_argument(
        "--json", type=Path, default=RESULTS / f"{core_name()}.json", metavar="FILE", help="where the results go"
    )
    return parser


def _at_least_one(text: str) -> int:
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}, where 1 or more is expected")
    return int(text)


def compare(row: Row, dtype: str, options: argparse.Namespace) -> dict[str, Any]:
    """Return the medians and ratios of a row, and why sides are missing."""
    size = str(options.size or row.size)
    taken, missing = zip(
        *(_take(row, size, dtype, options) for _ in range(1 if options.check else options.sets)), strict=True
    )
    about = {"size": size, "date": time.strftime("%Y-%m-%d"), "versions": versions(taken[0])}
    return about | summary(taken, missing[0])


def _take(row: Row, size: str, dtype: str, options: argparse.Namespace) -> tuple[Times, dict[str, str]]:
    """Return the times that one set of processes takes, and why sides are missing."""
    asked = ("jitkit", *(side for side in row.peers if side in (options.side or SIDES)))
    processes, missing = [], {}
    try:
        for side in asked:
            process = Process(side, row.name, size, dtype, options.threads)
            processes.append(process)
            if process.answer != "ready":
                missing[side] = process.answer.removeprefix("missing: ")
        able = [process for process in processes if process.side not in missing]
        if "jitkit" in missing:
            raise SystemExit(f"{row.name}: jitkit: {missing['jitkit']}")
        if options.check:
            return {process.side: [] for process in able}, missing
        return take_turns(able, options.turns, options.seconds), missing
    finally:
        for process in processes:
            process.close()


def take_turns(processes: Sequence[Any], turns: int, seconds: float) -> Times:
    """Return the times of each side in each turn, None where a slow one paused; another side begins each turn."""
    times: Times = {process.side: [] for process in processes}
    started, turn = time.perf_counter(), 0
    while turn < turns or time.perf_counter() - started < seconds:
        first = turn % len(processes)
        for process in (*processes[first:], *processes[:first]):
            known = _known(times[process.side])
            is_slow = len(known) >= 3 and min(known) > SLOW
            times[process.side].append(None if is_slow and process.side != "jitkit" else process.seconds())
            time.sleep(PAUSE)
        turn += 1
    return times


def summary(sets: Sequence[Times], missing: dict[str, str]) -> dict[str, Any]:
    """Return medians in seconds, and of jitkit's time over each peer's in the same turn, as the median set has them."""
    medians = [{side: statistics.median(_known(taken)) for side, taken in times.items() if taken} for times in sets]
    ratios = [_ratios(times) for times in sets]
    turns = sum(len(times["jitkit"]) for times in sets)
    return {"turns": turns, "median": _middle(medians), "ratio": _middle(ratios), "missing": missing}


def _ratios(times: Times) -> dict[str, float]:
    ratios = {}
    for side, taken in times.items():
        if side != "jitkit" and taken:
            pairs = [(ours, theirs) for ours, theirs in zip(times["jitkit"], taken, strict=True) if ours and theirs]
            ratios[side] = _measure.paired_ratio(*map(list, zip(*pairs, strict=True)))
    return ratios


def _known(taken: Sequence[float | None]) -> list[float]:
    return [time for time in taken if time is not None]


def _middle(sets: Sequence[dict[str, float]]) -> dict[str, float]:
    """Return the median over the sets of what each found, for a side that did not start in one over the others."""
    sides = dict.fromkeys(side for found in sets for side in found)
    return {side: statistics.median(found[side] for found in sets if side in found) for side in sides}


def versions(sides: Sequence[str] | dict[str, Any]) -> dict[str, str]:
    """Return the versions of the libraries that took part."""
    modules = {side: LIBRARIES[side] for side in sides if side in LIBRARIES}
    return {side: importlib.metadata.version(DISTRIBUTIONS.get(module, module)) for side, module in modules.items()}


def keep(name: str, dtype: str, found: dict[str, Any], options: argparse.Namespace) -> None:
    """Put one result into the file, in the place of an older one.

    Raises
    ------
    SystemExit
        Where the file holds figures of another machine or number of threads: no table may mix them.
    """
    here = {"machine": machine(), "threads": options.threads}
    held = json.loads(options.json.read_text()) if options.json.exists() else {**here, "rows": {}}
    if (there := {key: held[key] for key in here}) != here:
        raise SystemExit(f"{options.json} holds figures of {there}, these are of {here}: give --json another file")
    held["rows"].setdefault(name, {})[dtype] = found
    options.json.write_text(json.dumps(held, indent=1) + "\n")


@functools.cache
def machine() -> str:
    """Return the name of the processor."""
    from jitkit.benchmarking.run import machine as described

    return str(described()["processor"])


def line(name: str, dtype: str, found: dict[str, Any]) -> str:
    """Return a row's results as a line of text."""
    gone = "".join(f"; {side}: {why}" for side, why in found["missing"].items())
    if not found["median"]:
        return f"{name}, {dtype}: right{gone}"
    ratios = ", ".join(f"{side} {ratio:.2f}" for side, ratio in found["ratio"].items())
    return f"{name}, {dtype}: {1e3 * found['median']['jitkit']:.2f} ms; jitkit over {ratios}{gone}"


if __name__ == "__main__":
    main()
