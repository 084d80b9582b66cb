"""Operators and functions as a user writes them: few, since each is compiled for each type it meets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple


class Best(NamedTuple):
    """A value and its place."""

    value: Any
    place: Any


@dataclass(frozen=True)
class Affine:
    """The map x -> a x + b."""

    a: Any
    b: Any


def plus(a, b):
    return a + b


def larger(a, b):
    return a if a > b else b


def first(a, b):
    return a


def last(a, b):
    return b


def best(a, b):
    return a if a[0] >= b[0] else b


def best_struct(a, b):
    return a if a.value >= b.value else b


def composed(a, b):
    return a[0] * b[0], b[0] * a[1] + b[1]


def composed_struct(a, b):
    return Affine(a.a * b.a, b.a * a.b + b.b)


def extremes(a, b):
    return min(a[0], b[0]), max(a[1], b[1]), a[2] + b[2]


def twice(x):
    return x + x


def negated(x):
    return -x


def digit(x):
    return x % 3


def is_positive(x):
    return x > 0


def is_odd(x):
    return x % 2 == 1


def greater(a, b):
    return a > b


def by_digit(a, b):
    return a % 4 < b % 4


def difference(x, y):
    return x - y


def product(x, y):
    return x * y


def both(x, y):
    return x + y, x - y


def pair(x, y):
    return Best(x - y, y - x)


def sum_of_parts(t):
    return t[0] + t[1]
