"""Metrics: what one coordinate adds to a distance, how parts are joined, and what is made of the whole."""

# Functions of kernels take whatever they are called with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

from jitkit import operands
from jitkit.errors import KernelTypeError, LaunchError

MULTIPLIED = 64
"""Whole powers up to this are products, the others `pow`."""
_REMEMBERED = 64


def unchanged(distance):
    """Return a distance that is its own total."""
    return distance


class Metric(NamedTuple):
    """A metric, as ``finish(total, size_a, size_b)`` of terms ``add(part, x, y)``; parts of many terms are joined.

    The sizes of two points are what `size` makes of the coordinates ``points[i, :]``; None where `finish` asks for none. Of
    what is `centred` points lose the mean of their coordinates first. `total` is the inverse of `finish`, where that asks for
    no sizes. `order` is the power of differences that terms are, infinite where the largest counts; what has none may say
    nothing about points that are farther along an axis.
    """

    add: Callable
    join: Callable
    finish: Callable
    size: Callable | None = None
    centred: bool = False
    total: Callable = unchanged
    order: float | None = None


def _add_square(part, x, y):
    t = x - y
    return part + t * t


def _add_product(part, x, y):
    return part + x * y


def _add_length(part, x, y):
    return part + abs(x - y)


def _larger(part, x, y):
    t = abs(x - y)
    return t if t > part else part


def _sum(a, b):
    return a + b


def _largest(a, b):
    return b if b > a else a


def _add_share(part, x, y):
    """Add a difference as a share of both sizes, 0 where both are."""
    whole = abs(x) + abs(y)
    return part + abs(x - y) / (whole if whole != 0 else 1)


def _add_unequal(part, x, y):
    return part + (1 if x != y else 0)


def _length(points, i):
    """Return the Euclidean length of a point."""
    total = 0.0
    for k in range(points.shape[1]):
        total += points[i, k] * points[i, k]
    return total**0.5


def _coordinates(points, i):
    """Return how many coordinates a point has."""
    return points.shape[1]


def _root(total, size_a, size_b):
    return math.sqrt(total)


def itself(total, size_a, size_b):
    """Leave a total as it is."""
    return total


def _one_less_cosine(total, size_a, size_b):
    return 1 - min(max(total / (size_a * size_b), -1), 1)


def _share(total, size_a, size_b):
    return total / size_a


def braycurtis(u, v):
    """Return the sum of differences as a part of the size of the sum of two points; NaN where that is the origin."""
    apart, together = 0.0, 0.0
    for k in range(len(u)):
        apart += abs(u[k] - v[k])
        together += abs(u[k] + v[k])
    return apart / together


def jaccard(u, v):
    """Return which part of the coordinates that are not both zero has a zero; 0 where all are zero."""
    unlike, there = 0.0, 0.0
    for k in range(len(u)):
        unlike += 1 if (u[k] != 0) != (v[k] != 0) else 0
        there += 1 if (u[k] != 0) | (v[k] != 0) else 0
    return unlike / there if there > 0 else 0.0


def _square(distance):
    return distance * distance


METRICS = {
    "euclidean": Metric(_add_square, _sum, _root, total=_square, order=2),
    "sqeuclidean": Metric(_add_square, _sum, itself, order=2),
    "cityblock": Metric(_add_length, _sum, itself, order=1),
    "chebyshev": Metric(_larger, _largest, itself, order=math.inf),
    "cosine": Metric(_add_product, _sum, _one_less_cosine, size=_length),
    "correlation": Metric(_add_product, _sum, _one_less_cosine, size=_length, centred=True),
    "canberra": Metric(_add_share, _sum, itself),
    "hamming": Metric(_add_unequal, _sum, _share, size=_coordinates),
}
FUNCTIONS = {"braycurtis": braycurtis, "jaccard": jaccard}
"""What divides two sums, as functions of two points."""
NAMES = (*METRICS, *FUNCTIONS, "minkowski")


@functools.lru_cache(_REMEMBERED)
def minkowski(p: float) -> Metric:
    """Return the metric of the p-th root of a sum of p-th powers."""
    alike = {1: "cityblock", 2: "euclidean", math.inf: "chebyshev"}.get(p)
    if alike:
        return METRICS[alike]
    power, root = int(p) if p.is_integer() and p <= MULTIPLIED else p, 1 / p

    def add_power(part, x, y):
        return part + abs(x - y) ** power

    def finish(total, size_a, size_b):
        return total**root

    return Metric(add_power, _sum, finish, total=lambda distance: distance**power, order=p)


def checked(metric: Any, p: Any, name: str) -> Any:
    """Return a metric or function by its name, or the user's function as it is; `p` is of Minkowski's, 2 where it is None.

    Raises
    ------
    LaunchError
        Where there is none of that name, for a `p` that is not above 0, and one of another metric.
    KernelTypeError
        For what is neither a name nor a function.
    """
    if isinstance(metric, str) and metric == "minkowski":
        return minkowski(_power(p, name))
    if p is not None:
        raise LaunchError(f"jk.{name}: p={p!r} is of metric='minkowski', not of metric={metric!r}")
    if isinstance(metric, str):
        if metric in FUNCTIONS:
            return FUNCTIONS[metric]
        if metric not in METRICS:
            names = ", ".join(map(repr, NAMES))
            raise LaunchError(
                f"jk.{name}: metric={metric!r}; there are {names}; pass a function of two points for another"
            )
        return METRICS[metric]
    if not callable(metric):
        raise KernelTypeError(f"jk.{name}: metric= is a name or a function of two points, not {metric!r}")
    return metric


def _power(p: Any, name: str) -> float:
    power = 2.0 if p is None else operands.number(p, "p", name)
    if not power > 0:
        raise LaunchError(f"jk.{name}: p={p!r}; it is a number above 0, math.inf for the largest difference")
    return power
