"""`jitkit demo`: one kernel on every backend that can run here, checked and timed."""

from __future__ import annotations

import itertools
import statistics
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from jitkit import cases
from jitkit.backends import gpu
from jitkit.cases import Case, Problem
from jitkit.cases.case import Arrays
from jitkit.cli import measure
from jitkit.cli.console import console, counted, duration, progress, show_table, significant, table

NUMPY = "NumPy, float64"


@dataclass(frozen=True)
class Row:
    """One way to compute the case; `off` is how far it is from the reference, in ULP, and None for the reference."""

    name: str
    points: int
    seconds: float
    off: float | None

    @property
    def per_point(self) -> float:
        """Seconds for one point."""
        return self.seconds / self.points


@dataclass(frozen=True)
class Agreement:
    """How far two backends are apart on the same input, in ULP."""

    one: str
    other: str
    points: int
    off: float


def show(size: str, plot: Path | None) -> None:
    """Run the demonstration, print its tables, and draw it where a file is given.

    Raises
    ------
    Failed
        Where a backend disagrees with the reference, or with another backend.
    Refused
        Where the picture cannot be drawn; found before anything is timed.
    """
    if plot is not None:
        from jitkit.cli import plot as drawing

        drawing.check(plot)
    case, screen = cases.load("heat"), console()
    with measure.threads(None) as threads:
        rows, agreements = compare(case, size)
    screen.print(f"{case.name}, {case.dtypes[0]}: {case.summary}", style="bold")
    show_table(times_table(rows))
    screen.print(
        f"Medians of several launches after a first one; cpu runs {counted(threads, 'thread')}. Speedup is by the "
        "time a point, interpreted = 1, since the interpreter runs a smaller plate. The NumPy row is the reference of "
        "the case, which computes in float64; 'off by' is the largest difference from it.\n"
    )
    screen.print("The same plate on two backends", style="bold")
    show_table(agreement_table(agreements))
    reason = gpu.missing()
    if reason is not None:
        screen.print(f"cuda cannot run here: {reason}")
    elif gpu.simulated():
        screen.print("cuda, simulated: Numba's simulator interprets the kernel; its time says nothing about a GPU")
    elif gpu.emulated():
        screen.print("cuda, emulated: the code for GPUs, executed on the CPU; its time says nothing about a GPU")
    if plot is not None:
        drawing.draw(plot, [(row.name, rows[0].per_point / row.per_point) for row in rows])
        screen.print(f"drawn: {plot}", soft_wrap=True)


def compare(case: Case, size: str) -> tuple[list[Row], list[Agreement]]:
    """Measure the interpreter, the reference, and each compiled backend that can run; compare the backends."""
    backends = ["python", "cpu"] + ["cuda"] * (gpu.missing() is None)
    tiny = measure.make_problem(case, "tiny")
    expected, results = case.reference(tiny), {}
    rows, timed = [], []
    for backend in backends:
        progress(f"checking {backend}")
        slow = measure.is_slow(backend)
        found = measure.measure(case, tiny, backend, expected, measure.for_a_while if slow else measure.not_at_all)
        results[backend] = found.results
        if slow:
            rows.append(_row(case, backend, found, expected))
        else:
            timed.append(backend)
    rows[1:1] = compare_at(case, size, timed)
    return rows, agreements_of(case, tiny, results)


def compare_at(case: Case, size: str, backends: list[str]) -> list[Row]:
    """Measure the reference and some backends on a problem of one size."""
    progress(f"timing the reference at size {size}")
    problem = measure.make_problem(case, size)
    expected: Arrays = {}
    times = measure.for_a_while(lambda: expected.update(case.reference(problem)), seconds=1, least=1)
    rows = [Row(NUMPY, case.cost(problem).points, statistics.median(times), None)]
    for backend in backends:
        progress(f"timing {backend}")
        found = measure.measure(case, problem, backend, expected, measure.for_a_while)
        rows.append(_row(case, backend, found, expected))
    return rows


def _row(case: Case, backend: str, found: measure.Measurement, expected: Arrays) -> Row:
    off = measure.largest_ulps(found.results, expected)
    return Row(measure.label(backend), case.cost(found.problem).points, found.median, off)


def agreements_of(case: Case, problem: Problem, results: dict[str, Arrays]) -> list[Agreement]:
    """Compare the backends' results of one problem pair by pair.

    Raises
    ------
    Failed
        Where two differ by more than the case tolerates.
    """
    found = []
    for one, other in itertools.combinations(results, 2):
        args = case.arguments(problem) | results[other]
        computed = Problem(problem.space, tuple(args.values()), problem.written)
        measure.agree(case, computed, results[one], f"{other}, with {one} as the reference,")
        off = measure.largest_ulps(results[other], results[one])
        found.append(Agreement(measure.label(one), measure.label(other), case.cost(problem).points, off))
    return found


def times_table(rows: list[Row]) -> Table:
    """Lay out the times; the first row is what the speedups are measured against."""
    numbers = ("points", "time", "time a point", "speedup", "off by")
    shown = table("backend", *numbers, numbers=numbers)
    for row in rows:
        speedup = significant(rows[0].per_point / row.per_point)
        off = "" if row.off is None else _ulps(row.off)
        shown.add_row(row.name, f"{row.points:,}", duration(row.seconds), duration(row.per_point), speedup, off)
    return shown


def agreement_table(agreements: list[Agreement]) -> Table:
    """Lay out how far the backends are apart."""
    numbers = ("points", "largest difference")
    shown = table("backends", *numbers, "verdict", numbers=numbers)
    for found in agreements:
        shown.add_row(f"{found.one} and {found.other}", f"{found.points:,}", _ulps(found.off), "agree")
    return shown


def _ulps(value: float) -> str:
    return f"{value:.3g} ULP"
