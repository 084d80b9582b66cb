"""jitkit beside C and hand-written Numba, and group kernels beside plain ones: `python -m benchmarks.peers.compare`.

Every side solves the same problem on arrays of its own and is checked against the reference of the case before it is
timed. The sides then take turns in one process, so that what disturbs the machine disturbs them alike, and the ratios
are medians over the turns of one side's time over another's in the same turn.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from jitkit import cases
from jitkit.cases import Case, Problem

from . import build
from .build import BLOCKED

# The reference is written to be clear and may take seconds: it is shown for scale, from few turns.
REFERENCE = "reference"
REFERENCE_TURNS = 3
PLAIN = "plain"
PEERS = ("C", "Numba")
SIDES = ("jitkit", *PEERS, BLOCKED, PLAIN, REFERENCE)

Call = Callable[[], Any]


@dataclass(frozen=True)
class Result:
    """The outcome for one case: times in seconds, ratios of jitkit's time to each peer's."""

    case: str
    size: str
    dtype: str
    threads: int
    turns: int
    median: dict[str, float]
    ratio: dict[str, float]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the comparison and print its table.

    Parameters
    ----------
    arguments : sequence of str, optional
        Command-line arguments; those of the process unless given.
    """
    options = _parser().parse_args(arguments)
    set_threads(options.threads)
    try:
        results = [compare(cases.load(name), options) for name in options.case or cases.names()]
    except build.CompilerError as error:
        raise SystemExit(str(error)) from None
    console = Console()
    # Output into a file or a pipe counts as 80 columns, which cut the names short.
    console.width = max(console.width, 140)
    console.print(table(results))
    if options.json:
        report = {"results": [asdict(result) for result in results], "geometric_mean": geometric_means(results)}
        options.json.write_text(json.dumps(report, indent=2) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers.compare", description="jitkit beside its peers")
    parser.add_argument("--case", action="append", choices=cases.names(), help="a case; may be repeated")
    parser.add_argument("--size", default="large", choices=("tiny", "small", "large"))
    parser.add_argument("--dtype", default="float32", choices=("float32", "float64"))
    parser.add_argument("--threads", type=int, default=2, help="threads of every side")
    parser.add_argument("--turns", type=int, default=30, help="least number of turns")
    parser.add_argument("--seconds", type=float, default=3.0, help="least time for one case")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser


def set_threads(threads: int) -> None:
    """Give every side as many threads; must run before Numba and the C peers are loaded, which read it once."""
    os.environ["OMP_NUM_THREADS"] = os.environ["NUMBA_NUM_THREADS"] = str(threads)
    # A side whose idle threads spin takes the cores away from the side that is being timed.
    os.environ["OMP_WAIT_POLICY"] = "passive"


def compare(case: Case, options: argparse.Namespace) -> Result:
    """Check and time every side on one case."""
    times = take_turns(prepare(case, options.size, options.dtype), options.turns, options.seconds)
    return Result(
        case=case.name,
        size=options.size,
        dtype=options.dtype,
        threads=options.threads,
        turns=len(times["jitkit"]),
        median={side: statistics.median(taken) for side, taken in times.items()},
        ratio={peer: paired_ratio(times["jitkit"], times[peer]) for peer in times if peer not in ("jitkit", REFERENCE)},
    )


def prepare(case: Case, size: str, dtype: str) -> dict[str, Call]:
    """Return one call for each side, compiled, run once and found right."""
    # Numba reads the number of threads when it is imported, which must come after `set_threads`.
    from . import numba_prange, plain

    original = case.problem(size, dtype=dtype)
    expected = case.reference(original)
    calls: dict[str, Call] = {}
    binds = {"jitkit": bind_jitkit, "C": build.bind, "Numba": numba_prange.bind}
    if build.has_blocked(case):
        binds[BLOCKED] = functools.partial(build.bind, folder="blocked")
    if case.name in plain.PEERS:
        binds[PLAIN] = plain.bind
    for side, bind in binds.items():
        problem = original.copy()
        calls[side] = bind(case, problem)
        calls[side]()
        case.check(problem, expected, by=side)
    calls[REFERENCE] = functools.partial(case.reference, original)
    return calls


def bind_jitkit(case: Case, problem: Problem) -> Call:
    """Prepare a launch on the CPU backend, all of which is timed."""
    return functools.partial(case.launch, problem, backend="cpu")


def take_turns(calls: dict[str, Call], turns: int, seconds: float) -> dict[str, list[float]]:
    """Time the sides in alternation, each turn begun by another side, for at least so many turns and seconds."""
    sides = list(calls)
    times: dict[str, list[float]] = {side: [] for side in sides}
    started, turn = time.perf_counter(), 0
    while turn < turns or time.perf_counter() - started < seconds:
        first = turn % len(sides)
        for side in sides[first:] + sides[:first]:
            if side != REFERENCE or turn < REFERENCE_TURNS:
                times[side].append(timed(calls[side]))
        turn += 1
    return times


def timed(call: Call) -> float:
    """Return the seconds that one call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def paired_ratio(times: Sequence[float], others: Sequence[float]) -> float:
    """Return the median over the turns of `times` over `others`."""
    return statistics.median(mine / other for mine, other in zip(times, others, strict=True))


def geometric_means(results: Sequence[Result]) -> dict[str, float]:
    """Return the geometric mean of the ratios to each peer."""
    return {peer: statistics.geometric_mean(result.ratio[peer] for result in results) for peer in PEERS}


def table(results: Sequence[Result]) -> Table:
    """Lay the results out: medians in milliseconds, then the ratios."""
    first = results[0]
    sides = [side for side in SIDES if any(side in result.median for result in results)]
    peers = [side for side in sides if side not in ("jitkit", REFERENCE)]
    shown = Table(title=f"{first.size}, {first.dtype}, {first.threads} threads: median ms, ratios of times")
    shown.add_column("case", no_wrap=True)
    for heading in (*sides, *(f"jitkit/{peer}" for peer in peers), "turns"):
        shown.add_column(heading, justify="right")
    for result in results:
        medians = (f"{1e3 * result.median[side]:.3f}" if side in result.median else "" for side in sides)
        ratios = (f"{result.ratio[peer]:.2f}" if peer in result.ratio else "" for peer in peers)
        shown.add_row(result.case, *medians, *ratios, str(result.turns))
    means = {peer: f"{mean:.2f}" for peer, mean in geometric_means(results).items()}
    shown.add_section()
    shown.add_row("geometric mean", *[""] * len(sides), *(means.get(peer, "") for peer in peers), "")
    return shown


if __name__ == "__main__":
    main()
