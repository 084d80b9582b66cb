"""Launching a case, checking it against its reference, and timing it."""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import jitkit as jk
from jitkit.backends import gpu
from jitkit.benchmarking.placing import is_slow as is_slow
from jitkit.benchmarking.placing import label as label
from jitkit.benchmarking.placing import on_host, placed
from jitkit.benchmarking.timing import seconds_of
from jitkit.cases import Case, Problem
from jitkit.cases.case import Arrays
from jitkit.cli.failures import Failed, Refused
from jitkit.launch import choice
from jitkit.launch.space import parse

Timer = Callable[[Callable[[], Any]], list[float]]
"""What calls a function some times and returns the seconds of each call."""


@dataclass(frozen=True)
class Measurement:
    """What a case did on a backend.

    Attributes
    ----------
    problem : Problem
        What was asked, untouched.
    results : dict of str to ndarray
        The written arrays after one launch.
    first : float
        Seconds of the first launch, which compiles.
    times : list of float
        Seconds of the launches after it.
    """

    problem: Problem
    results: Arrays
    first: float
    times: list[float]

    @property
    def median(self) -> float:
        """The median time of a launch, in seconds."""
        return statistics.median(self.times)


def make_problem(case: Case, size: str | int, dtype: str | None = None) -> Problem:
    """Return a problem of a case.

    Raises
    ------
    Refused
        Where the case has no such size or dtype, or the memory does not hold it.
    """
    check_size(case, size, dtype)
    try:
        problem = case.problem(size, dtype)
    except (MemoryError, OverflowError, ValueError) as error:  # NumPy raises each of them for one size or another
        raise Refused(f"case {case.name!r}: size {size} does not fit into memory ({error})") from None
    if not parse(problem.space, case.name).points:
        raise Refused(f"case {case.name!r} has no points at size {size}; give a larger one")
    return problem


def check_size(case: Case, size: str | int, dtype: str | None) -> None:
    """Refuse a size or a dtype that a case does not have.

    Raises
    ------
    Refused
    """
    if dtype is not None and dtype not in case.dtypes:
        raise Refused(f"case {case.name!r} has no dtype {dtype!r}; give one of {', '.join(case.dtypes)}")
    if isinstance(size, str) and size not in case.sizes:
        raise Refused(f"case {case.name!r} has no size {size!r}; give one of {', '.join(case.sizes)}, or a number")
    if isinstance(size, int) and size < 1:
        raise Refused(f"case {case.name!r}: the size must be at least 1, not {size}")


def chosen_backend(asked: str | None) -> str:
    """Return the backend for arrays on the host: what was asked for, or what a launch would take.

    Raises
    ------
    BackendError
        Where the GPU is meant and there is none, or ``JITKIT_BACKEND`` names no backend.
    """
    backend = asked or choice.requested() or "cpu"
    if backend == "cuda":
        gpu.require("running a case")
    return backend


@contextlib.contextmanager
def threads(count: int | None) -> Iterator[int]:
    """Run the block with so many CPU threads, or with what the process has.

    Raises
    ------
    Refused
        Where the number is out of range, or the environment variable that sets it is not a number.
    """
    try:
        before = jk.get_num_threads()
        jk.set_num_threads(before if count is None else count)
    except ValueError as error:
        raise Refused(str(error)) from None
    try:
        yield jk.get_num_threads()
    finally:
        jk.set_num_threads(before)


def measure(case: Case, problem: Problem, backend: str, expected: Arrays, timer: Timer) -> Measurement:
    """Launch a case once, check it, and time it.

    Parameters
    ----------
    case : Case
    problem : Problem
        Stays untouched.
    backend : {"python", "cpu", "cuda"}
    expected : dict of str to ndarray
        The reference's results for this problem.
    timer : callable
        ``timer(call)`` returns the seconds of some calls: `repeated`, `for_a_while` or `not_at_all`.

    Raises
    ------
    Failed
        Where the results are not those of the reference.
    """
    own = placed(problem, backend)

    def launch() -> None:
        case.launch(own, backend)
        jk.synchronize()

    first = seconds_of(launch)
    host = on_host(own)
    agree(case, host, expected, label(backend))
    return Measurement(problem, case.results(host), first, timer(launch))


def agree(case: Case, problem: Problem, expected: Arrays, by: str) -> None:
    """Compare results with what is expected.

    Raises
    ------
    Failed
        The message names the first element that disagrees.
    """
    try:
        case.check(problem, expected, by)
    except AssertionError as error:
        raise Failed(str(error)) from None


def largest_difference(got: Arrays, want: Arrays) -> float:
    """Return the largest difference between two sets of results."""
    return max(float(np.max(np.abs(_wide(got[name]) - _wide(want[name])), initial=0.0)) for name in want)


def largest_ulps(got: Arrays, want: Arrays) -> float:
    """Return the largest difference between two sets of results, in units in the last place of `want`."""
    scaled = (np.abs(_wide(got[name]) - _wide(want[name])) / np.spacing(np.abs(want[name])) for name in want)
    return max(float(np.max(ratio, initial=0.0)) for ratio in scaled)


def _wide(array: np.ndarray) -> np.ndarray:
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)


def repeated(call: Callable[[], Any], count: int) -> list[float]:
    """Return the seconds of so many calls."""
    return [seconds_of(call) for _ in range(count)]


def not_at_all(call: Callable[[], Any]) -> list[float]:
    """Call nothing: for measurements of which only the results are wanted."""
    return []


def for_a_while(call: Callable[[], Any], seconds: float = 0.5, least: int = 5, most: int = 200) -> list[float]:
    """Return the seconds of calls made until the time is up, within the limits on their number."""
    times: list[float] = []
    while len(times) < least or (sum(times) < seconds and len(times) < most):
        times.append(seconds_of(call))
    return times
