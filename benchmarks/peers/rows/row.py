"""A row of a table: a case at a size and its peers; and short forms of cases that only the tables need."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from jitkit import cases
from jitkit.cases import Case, Cost, Primitive, Problem, Tolerance

BOTH = ("float32", "float64")
PRECISION = {"float32": float(np.finfo(np.float32).eps), "float64": float(np.finfo(np.float64).eps)}


@dataclass(frozen=True, eq=False)
class Row:
    """One thing that several sides compute.

    Attributes
    ----------
    name : str
        The key of its results.
    label : str
        What the table calls it, in Markdown.
    case : Case
        What is computed; the peers are found by its name, whatever shape the row gives it.
    peers : tuple of str
        The sides beside jitkit.
    size : str or int
        The size of the case.
    dtypes : tuple of str
        The types in which it is compared.
    is_drawn : bool
        Tell that each side draws its own random numbers: only their distribution can be compared.
    """

    name: str
    label: str
    case: Case
    peers: tuple[str, ...]
    size: str | int = "large"
    dtypes: tuple[str, ...] = BOTH
    is_drawn: bool = False

    def check(self, problem: Problem, expected: dict[str, Any], by: str) -> None:
        """Compare results with the reference, or their distributions.

        Raises
        ------
        AssertionError
            Where they differ by more than the case allows, or than chance does.
        """
        if not self.is_drawn:
            self.case.check(problem, expected, by=by)
            return
        for name, got in self.case.results(problem).items():
            far = distance(got, expected[name])
            # Chance goes beyond it in one of 20,000 comparisons.
            if far > 2.2 * np.sqrt(2 / min(got.size, MOST)):
                raise AssertionError(f"{self.name}: {by} draws {name} from another distribution: {far:.3g} apart")


MOST = 100_000
"""Elements of which a distribution is compared."""


def distance(got: Any, want: Any) -> float:
    """Return the statistic of Kolmogorov and Smirnov: how far two distribution functions are apart."""
    first, second = (np.sort(np.ravel(x)[:MOST]) for x in (got, want))
    places = np.concatenate([first, second])
    shares = [np.searchsorted(x, places, side="right") / x.size for x in (first, second)]
    return float(np.abs(shares[0] - shares[1]).max())


def within(rtol: float, atol: float = 0.0) -> Callable[[DTypeLike], Tolerance]:
    """Return a tolerance of so many units of precision."""
    return lambda dtype: Tolerance(*(units * PRECISION[np.dtype(dtype).name] for units in (rtol, atol)))


def loosened(case: Case, rtol: float) -> Case:
    """Return a case that lets answers differ by so much, for rows in which peers round more than jitkit may."""
    return dataclasses.replace(case, tolerance=lambda dtype: Tolerance(rtol=rtol))


def shaped(name: str, make: Any, sizes: Mapping[str, int], **changes: Any) -> Case:
    """Return a case of the catalogue on problems of another shape."""
    return dataclasses.replace(cases.load(name), make=make, sizes=sizes, **changes)


def own(
    name: str,
    run: Any,
    make: Any,
    reference: Any,
    sizes: Mapping[str, int],
    tolerance: Any,
    dtypes: tuple[str, ...] = BOTH,
) -> Case:
    """Return a case that the catalogue lacks, from what a comparison asks of it."""
    return Case(name, name, Primitive(run, name), sizes, dtypes, make, reference, _traffic, "", tolerance)


def _traffic(problem: Problem) -> Cost:
    arrays = [arg for arg in problem.args if isinstance(arg, np.ndarray)]
    return Cost(points=arrays[0].size, bytes=sum(array.nbytes for array in arrays), flops=0)
