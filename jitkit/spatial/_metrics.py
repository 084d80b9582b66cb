"""Metrics: what one coordinate adds to a distance, how parts are joined, and what is made of the whole."""

# Functions of kernels take whatever they are called with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from jitkit.errors import KernelTypeError, LaunchError


class Metric(NamedTuple):
    """A metric, as ``finish(total, size_a, size_b)`` of terms ``add(part, x, y)``; parts of many terms are joined.

    Only where `sized` are the sizes the Euclidean lengths of the two points.
    """

    add: Callable
    join: Callable
    finish: Callable
    sized: bool = False


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


def _root(total, size_a, size_b):
    return math.sqrt(total)


def _itself(total, size_a, size_b):
    return total


def _one_less_cosine(total, size_a, size_b):
    return 1 - min(max(total / (size_a * size_b), -1), 1)


METRICS = {
    "euclidean": Metric(_add_square, _sum, _root),
    "sqeuclidean": Metric(_add_square, _sum, _itself),
    "cityblock": Metric(_add_length, _sum, _itself),
    "chebyshev": Metric(_larger, _largest, _itself),
    "cosine": Metric(_add_product, _sum, _one_less_cosine, sized=True),
}


def checked(metric: Any, name: str) -> Any:
    """Return a metric by its name, or the user's function as it is.

    Raises
    ------
    LaunchError
        Where there is none of that name.
    KernelTypeError
        For what is neither a name nor a function.
    """
    if isinstance(metric, str):
        if metric not in METRICS:
            names = ", ".join(map(repr, METRICS))
            raise LaunchError(
                f"jk.{name}: metric={metric!r}; there are {names}; pass a function of two points for another"
            )
        return METRICS[metric]
    if not callable(metric):
        raise KernelTypeError(f"jk.{name}: metric= is a name or a function of two points, not {metric!r}")
    return metric
