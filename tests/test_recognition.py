"""Functions recognised by their code: equal digests only where the same program is made."""

from __future__ import annotations

import math
from types import ModuleType
from typing import NamedTuple

import numpy as np
import pytest

import jitkit as jk
from jitkit.frontend.recognition import digest

table = np.ones(3)


class Pair(NamedTuple):
    first: float
    second: float


def seeing(value):
    """Return a function of one place in the source that sees a value."""

    def function(i, x):
        x[i] = value

    return function


def calling(func):
    def function(i, x):
        x[i] = func(x[i])

    return function


VALUES = [
    1, 1.0, True, 1 + 0j, 0, 0.0, -0.0, math.inf, math.nan, (1, 2), (1.0, 2), (2, 1), ((1,), 2), ((1, 2),), (),
    np.float32(1), np.float64(1), np.int8(1), np.bool_(True), np.dtype("f4"), "f4", None, np.float32, float, Pair,
]  # fmt: skip
FUNCTIONS = [
    math.sin, np.sin, abs, min, np.maximum, jk.atomic.add, jk.barrier, lambda v: v, lambda v: v + 1, lambda v: v + 1.0,
    lambda v, w=1: v + w, lambda v, w=2: v + w, lambda v: abs(v), lambda v: min(v), lambda v: (lambda: v + 1)(),
    lambda v: (lambda: v + 2)(), seeing(1), seeing(2), calling(seeing(1)), calling(seeing(2)),
]  # fmt: skip


@pytest.mark.parametrize(("made", "given"), [(seeing, VALUES), (calling, FUNCTIONS)], ids=["values", "functions"])
def test_what_a_function_sees_tells_it_apart(made, given):
    found = [digest(made(item)) for item in given]
    assert None not in found
    assert len(set(found)) == len(found)
    assert [digest(made(item)) for item in given] == found


def test_places_and_comments_do_not():
    def one(i, x):
        x[i] = 2 * x[i]  # twice

    first = digest(one)

    def one(i, x):

        x[i] = 2 * x[i]

    assert digest(one) == first


def test_functions_that_call_one_another():
    def even(n):
        return n == 0 or odd(n - 1)

    def odd(n):
        return n != 0 and even(n - 1)

    assert digest(even) is not None
    assert digest(even) != digest(odd)


def test_names_of_attributes_that_numpy_has_are_no_hindrance():
    def function(i, x, y):
        x[i] = np.sqrt(y.shape[0]) + y.size

    assert digest(function) is not None


def test_what_is_unknown_has_no_digest():
    for value in (table, [1], {1: 2}, object(), np.random.default_rng(0), jk.kernel(seeing(1))):
        assert digest(seeing(value)) is None
    assert digest(lambda: table[0]) is None

    def early():
        return late

    assert digest(early) is None
    late = 1


class Scaled(NamedTuple):
    value: float


def helper(v):
    return v


@pytest.mark.parametrize("owner", [Scaled, helper], ids=["class", "function"])
def test_an_attribute_that_is_no_field_is_read_from_the_source(owner, monkeypatch):
    def function(i, x):
        x[i] = owner.FACTOR

    monkeypatch.setattr(owner, "FACTOR", 2.0, raising=False)
    assert digest(function) is None


def test_modules_that_see_each_other():
    outer, inner = ModuleType("outer"), ModuleType("inner")
    outer.inner, inner.outer = inner, outer

    def function(i, x):
        x[i] = outer.inner.G

    found = []
    for inner.G in (1.0, 2.0):
        found.append(digest(function))
    assert None not in found
    assert found[0] != found[1]
