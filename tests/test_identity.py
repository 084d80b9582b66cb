"""What a function sees may change between calls: results follow Python's, and a function made anew is the same function."""

from __future__ import annotations

import types

import numpy as np
import pytest

import jitkit as jk
from jitkit.primitives._identity import identity_of

X = np.array([1.5, -2.0, 3.0, 0.5])
SCALE = 2.0
PAIR = (1.0, 2.0)


def helper(v):
    return v * SCALE


def minus(k):
    return lambda v: v - k


def expected(f):
    """Return what Python computes."""
    return np.array([f(v) for v in X.tolist()])


def agree(f, backend):
    """Compare the first, the second and the third call, which go different ways."""
    for _ in range(3):
        np.testing.assert_array_equal(jk.map(f, X, backend=backend), expected(f))


def test_globals_may_change(backend, monkeypatch):
    f = lambda v: v + SCALE  # noqa: E731
    agree(f, backend)
    for value in (3.0, 3, True, 2.0):
        monkeypatch.setitem(globals(), "SCALE", value)
        agree(f, backend)


def test_globals_of_helpers_may_change(backend, monkeypatch):
    f = lambda v: helper(v) + 1  # noqa: E731
    agree(f, backend)
    monkeypatch.setitem(globals(), "SCALE", -1.0)
    agree(f, backend)
    monkeypatch.setitem(globals(), "helper", lambda v: v / 4)
    agree(f, backend)


def test_helpers_in_cells_and_their_cells_may_change(backend):
    step = 1.0

    inner = lambda v: v + step  # noqa: E731

    def outer(v):
        return inner(v) * 2

    agree(outer, backend)
    step = 5.0
    agree(outer, backend)

    inner = lambda v: v - step  # noqa: E731
    agree(outer, backend)


def test_functions_made_from_one_place_differ_in_what_they_see(backend):
    made = [lambda v, k=k: v * k for k in (2.0, 3.0, 2.0)]
    closed = [minus(k) for k in (2.0, 3.0, 2.0)]
    for f in made + closed + made[::-1] + closed[::-1]:
        agree(f, backend)


def test_a_builtin_may_be_hidden_by_a_global(backend):
    around = {"__name__": __name__, "__builtins__": __builtins__}
    code = (lambda v: abs(v)).__code__
    f = types.FunctionType(code, around)
    assert identity_of(f) == identity_of(types.FunctionType(code, around))
    before = identity_of(f)
    around["abs"] = helper
    assert identity_of(f) != before
    del around["abs"]
    assert identity_of(f) == before


@pytest.mark.parametrize("pair", [(1, 1.0), (1, True), (0.0, -0.0), ((1, 2), (1, 2.0)), (1.0, np.float32(1))])
def test_numbers_are_told_apart_by_type_and_sign(pair):
    first, second = map(minus, pair)
    assert identity_of(first) != identity_of(second)
    assert identity_of(first) == identity_of((lambda: first)())


def test_functions_made_anew_are_one():
    def made(k):
        return lambda v: helper(v) * k + np.sqrt(PAIR[0])

    one, two = made(2.0), made(float("2.0"))
    assert one is not two
    assert identity_of(one) == identity_of(two)
    assert identity_of(one) != identity_of(made(3.0))
    assert identity_of(one) == identity_of(two)


def test_functions_that_call_one_another_are_told_apart():
    def even(n):
        return True if n == 0 else odd(n - 1)

    def odd(n):
        return False if n == 0 else even(n - 1)

    assert identity_of(even) == identity_of(even)
    assert identity_of(even) != identity_of(odd)


class Incomparable:
    def __hash__(self):
        raise TypeError("no hash")


def test_what_cannot_be_compared_is_like_no_other():
    seen = Incomparable()
    f = lambda v: v * seen  # noqa: E731
    assert identity_of(f) is f
    assert identity_of(f) is f


def test_an_empty_cell_makes_a_function_like_no_other():
    cell = types.CellType()
    f = types.FunctionType((lambda late: lambda v: v * late)(0).__code__, {}, closure=(cell,))
    assert identity_of(f) is f
    cell.cell_contents = 2.0
    assert identity_of(f) is not f
    del cell.cell_contents
    assert identity_of(f) is f
