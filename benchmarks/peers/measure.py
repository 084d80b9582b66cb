"""Measure jitkit beside other libraries: `python -m benchmarks.peers.measure`, then `python -m benchmarks.peers.report`.

Each side runs in a process of its own, and the processes take turns, so that what disturbs the machine disturbs all alike.
The ratios are medians over the turns of jitkit's time over another's in the same turn. Run it with the Python that has the
libraries (the group `peers`); those that are missing are left out, and the results say so.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jitkit import cases

from .. import _measure
from .sides import LIBRARIES, SIDES, Process

RESULTS = Path(__file__).with_name("results.json")
CASES = "saxpy heat wave black_scholes nbody mandelbrot bilateral matmul_tiled transpose".split()
SLOW = 0.3
"""Seconds of a call beyond which a side takes part in three turns only."""
PAUSE = 0.003
"""Seconds between two sides: threads that spin for a while after their work must not meet the next."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and write the results.

    Parameters
    ----------
    arguments : sequence of str, optional
        Command-line arguments; those of the process unless given.
    """
    options = _parser().parse_args(arguments)
    found = {"about": about(options), "cases": {}}
    for name in options.case or CASES:
        found["cases"][name] = compare(name, options)
        print(line(name, found["cases"][name]), flush=True)
    options.json.write_text(json.dumps(found, indent=1) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers.measure", description="jitkit beside libraries")
    parser.add_argument("--case", action="append", choices=cases.names(), help="a case; may be repeated")
    parser.add_argument("--side", action="append", choices=SIDES[1:], help="a peer; may be repeated")
    parser.add_argument("--size", default="large", help="a name or a number")
    parser.add_argument("--dtype", default="float32", choices=("float32", "float64"))
    parser.add_argument("--threads", type=int, default=2, help="threads of every side")
    parser.add_argument("--turns", type=int, default=15, help="least number of turns")
    parser.add_argument("--seconds", type=float, default=3.0, help="least time for one case")
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="FILE", help="where the results go")
    return parser


def compare(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Return the medians and ratios of a case, and why sides are missing."""
    asked = ("jitkit", *(options.side or SIDES[1:]))
    processes, missing = [], {}
    try:
        for side in asked:
            process = Process(side, name, options.size, options.dtype, options.threads)
            processes.append(process)
            if process.answer != "ready":
                missing[side] = process.answer.removeprefix("missing: ")
        able = [process for process in processes if process.side not in missing]
        if "jitkit" in missing:
            raise SystemExit(f"{name}: jitkit: {missing['jitkit']}")
        times = take_turns(able, options.turns, options.seconds)
    finally:
        for process in processes:
            process.close()
    return summary(times, missing)


def take_turns(processes: Sequence[Any], turns: int, seconds: float) -> dict[str, list[float | None]]:
    """Return the times of each side in each turn, None where a slow one paused; another side begins each turn."""
    times: dict[str, list[float | None]] = {process.side: [] for process in processes}
    started, turn = time.perf_counter(), 0
    while turn < turns or time.perf_counter() - started < seconds:
        first = turn % len(processes)
        for process in (*processes[first:], *processes[:first]):
            known = [value for value in times[process.side] if value is not None]
            is_slow = len(known) >= 3 and min(known) > SLOW
            times[process.side].append(None if is_slow and process.side != "jitkit" else process.seconds())
            time.sleep(PAUSE)
        turn += 1
    return times


def summary(times: dict[str, list[float | None]], missing: dict[str, str]) -> dict[str, Any]:
    """Return medians in seconds, and medians of jitkit's time over each peer's in the same turn."""
    medians = {side: statistics.median(t for t in taken if t is not None) for side, taken in times.items()}
    ratios = {}
    for side, taken in times.items():
        if side != "jitkit":
            pairs = [(ours, theirs) for ours, theirs in zip(times["jitkit"], taken, strict=True) if ours and theirs]
            ratios[side] = _measure.paired_ratio(*map(list, zip(*pairs, strict=True)))
    return {"turns": len(times["jitkit"]), "median": medians, "ratio": ratios, "missing": missing}


def about(options: argparse.Namespace) -> dict[str, Any]:
    """Return what a reader has to know of the figures."""
    from jitkit.benchmarking.run import machine

    installed = {side: module for side, module in LIBRARIES.items() if importlib.util.find_spec(module)}
    names = {"warp": "warp-lang"}
    versions = {side: importlib.metadata.version(names.get(module, module)) for side, module in installed.items()}
    settings = {"size": options.size, "dtype": options.dtype, "threads": options.threads}
    return {**settings, "machine": machine()["processor"], "versions": versions, "date": time.strftime("%Y-%m-%d")}


def line(name: str, found: dict[str, Any]) -> str:
    """Return a case's results as a line of text."""
    ratios = ", ".join(f"{side} {ratio:.2f}" for side, ratio in found["ratio"].items())
    return f"{name}: {1e3 * found['median']['jitkit']:.2f} ms; jitkit over {ratios}"


if __name__ == "__main__":
    main()
