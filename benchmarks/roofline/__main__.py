"""How near each case comes to what this machine can do: `python -m benchmarks.roofline`.

A case is bound by memory or by arithmetic, whichever would take longer at its ceiling: the bandwidth of a triad, or of
reading where a case writes little, which takes turns with the case, or the rate of the instructions that it needs. What is
reported is that time over the one measured.
"""

from __future__ import annotations

import argparse
import functools
import json
import statistics
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

import jitkit as jk
from jitkit import cases
from jitkit.benchmarking import roofline
from jitkit.hardware import core_name

from .. import _measure
from . import instructions

RESULTS = Path(__file__).with_name("results")
SETS = {"kernels": cases.names, "primitives": cases.primitives, "toolkit": cases.toolkit}
WANTED = {"memory": 0.85, "arithmetic": 0.5}
"""The parts of the ceilings that cases should reach."""
LENGTH = 1 << 24
"""Elements of each array of the triad: more than caches hold."""
LITTLE = 1 / 16
"""The part of its bytes up to which a case writes little: stores past the cache move 1.5 to 1.9 times what loads do here."""


@dataclass(frozen=True)
class Line:
    """What was found of a case: seconds, bytes a second of the case and of memory, and the part of its ceiling."""

    case: str
    dtype: str
    seconds: float
    bandwidth: float
    memory: float
    bound: str
    part: float

    @property
    def is_near(self) -> bool:
        """Tell whether the case reaches what it should."""
        return self.part >= WANTED[self.bound]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print.

    Parameters
    ----------
    arguments : sequence of str, optional
        Command-line arguments; those of the process unless given.
    """
    every = [name for names in SETS.values() for name in names()]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.roofline", description="cases beside their ceilings")
    parser.add_argument("--set", action="append", choices=SETS, help="a set of cases; may be repeated")
    parser.add_argument("--case", action="append", choices=every, metavar="CASE", help="a case; may be repeated")
    parser.add_argument("--size", default="large", help="a name or a number")
    parser.add_argument("--dtype", default="float32", choices=("float32", "float64"))
    parser.add_argument("--seconds", type=float, default=0.5, help="least time for a case")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--keep", action="store_true", help="write them where README's table of peers takes them from")
    options = parser.parse_args(arguments)
    chosen = options.case or [name for which in options.set or SETS for name in SETS[which]()]
    found, wrong = [], []
    for name in chosen:
        try:
            found.append(measured(name, options.size, options.dtype, options.seconds))
        except AssertionError as error:
            wrong.append(f"not measured, because wrong: {error}")
    console = Console()
    console.width = max(console.width, 100)  # a file or a pipe counts as 80 columns
    console.print(table(found))
    for file in (options.json, RESULTS / f"{core_name()}.json" if options.keep else None):
        if file:
            file.write_text(json.dumps([asdict(line) for line in found], indent=1) + "\n")
    if wrong:
        raise SystemExit("\n".join(wrong))


def measured(name: str, size: str, dtype: str, seconds: float) -> Line:
    """Measure a case and its memory's ceiling in turns, after the case was found right."""
    case = cases.load(name)
    problem = case.problem(int(size) if size.isdigit() else size, dtype)
    cost, computing = case.cost(problem), instructions.seconds(case, problem, dtype)
    expected = case.reference(problem)
    case.launch(problem, "cpu")
    case.check(problem, expected)
    written = sum(result.nbytes for result in case.results(problem).values())
    moved, through_memory = _reading() if written <= LITTLE * cost.bytes else _triad(dtype)
    calls = {"case": functools.partial(case.launch, problem, "cpu"), "memory": through_memory}
    times = _measure.take_turns(calls, turns=7, least=seconds)
    # Memory's ceiling is what was found in the same turn: neighbours take their share of it from both.
    parts = [max(cost.bytes * other / moved, computing) / mine for mine, other in zip(*times.values(), strict=True)]
    typical, memory = statistics.median(times["case"]), statistics.median(times["memory"])
    bound = "memory" if cost.bytes * memory / moved >= computing else "arithmetic"
    return Line(name, dtype, typical, cost.bytes / typical, moved / memory, bound, statistics.median(parts))


@functools.cache
def _triad(dtype: str) -> tuple[int, _measure.Call]:
    """Return how many bytes a triad moves, and the warm call."""
    a, b, c = (np.full(LENGTH, value, dtype) for value in (0.0, 1.0, 2.0))
    call = functools.partial(roofline.triad.on("cpu")[LENGTH], a, b, c, 3.0)
    call()
    return a.nbytes + b.nbytes + c.nbytes, call


@functools.cache
def _reading() -> tuple[int, _measure.Call]:
    """Return how many bytes NumPy reads to find the largest of each thread's part of an array, and the warm call.

    Of what NumPy does, this comes nearest to loads alone: 0.99 of the speed of a loop of them in C, where sums take 0.8.
    """
    parts = np.array_split(np.ones(LENGTH, np.uint32), jk.get_num_threads())
    threads = ThreadPoolExecutor(len(parts))

    def call() -> None:
        list(threads.map(np.max, parts))

    call()
    return sum(part.nbytes for part in parts), call


def table(found: Sequence[Line]) -> Table:
    """Lay the lines out, those that fall short marked."""
    near = sum(line.is_near for line in found)
    shown = Table(
        title=f"{near} of {len(found)} reach {WANTED['memory']:.0%} of memory or {WANTED['arithmetic']:.0%} of arithmetic"
    )
    shown.add_column("case", no_wrap=True)
    for heading in ("dtype", "ms", "GB/s", "memory, GB/s", "bound by", "of ceiling", ""):
        shown.add_column(heading, justify="right")
    for line in found:
        figures = (f"{1e3 * line.seconds:.3g}", f"{line.bandwidth / 1e9:.3g}", f"{line.memory / 1e9:.3g}")
        shown.add_row(line.case, line.dtype, *figures, line.bound, f"{line.part:.0%}", "" if line.is_near else "below")
    return shown


if __name__ == "__main__":
    main()
