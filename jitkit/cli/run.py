"""`jitkit run`: one case on one backend, checked and timed."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from jitkit.cases import Case
from jitkit.cli import measure
from jitkit.cli.console import console, counted, duration, facts, significant
from jitkit.cli.failures import Refused
from jitkit.cli.targets import load_case


@dataclass(frozen=True)
class Options:
    """The options of the command; None where one was left out."""

    backend: str | None
    size: str | int | None
    dtype: str | None
    repeat: int
    threads: int | None


def show(name: str, options: Options) -> None:
    """Prepare a case, launch it, check it and print how fast it was.

    Raises
    ------
    Refused
        For an unknown case, and for a size, dtype or number of threads that cannot be.
    Failed
        Where the results are not those of the reference.
    """
    case, backend = load_case(name), measure.chosen_backend(options.backend)
    if options.threads is not None and backend != "cpu":
        raise Refused(f"--threads is for the cpu backend; this run is on {backend}")
    usual = "tiny" if measure.is_slow(backend) else "small"
    size = usual if options.size is None else options.size
    timer = functools.partial(measure.repeated, count=options.repeat)
    with measure.threads(options.threads) as threads:
        problem = measure.make_problem(case, size, options.dtype)
        expected = case.reference(problem)
        found = measure.measure(case, problem, backend, expected, timer)
    where = f"cpu, {counted(threads, 'thread')}" if backend == "cpu" else measure.label(backend)
    _report(case, f"{name} on {where}", size, found, measure.largest_difference(found.results, expected))


def _report(case: Case, title: str, size: str | int, found: measure.Measurement, difference: float) -> None:
    cost, median = case.cost(found.problem), found.median
    extent = f"{size}, {case.sizes[size]:,}" if isinstance(size, str) else f"{size:,}"
    shown = facts(title)
    shown.add_row("size", f"{extent} ({counted(cost.points, 'point')}), {found.problem.dtype}")
    shown.add_row("check", f"agrees with the NumPy reference; the largest difference is {difference:.3g}")
    shown.add_row("first launch", f"{duration(found.first)}, getting ready included")
    launches = counted(len(found.times), "launch", "launches")
    shown.add_row("time", f"{duration(median)}, median of {launches}, the fastest {duration(min(found.times))}")
    shown.add_row("memory", f"{significant(cost.bytes / median / 1e9)} GB/s ({cost.bytes:,} bytes must move)")
    shown.add_row("arithmetic", f"{significant(cost.flops / median / 1e9)} GFLOP/s ({cost.flops:,} operations)")
    console().print(shown)
