"""The types of results: those of NumPy's own scalars and Python's own numbers, asked for the answer each time."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jitkit.frontend import promotion
from jitkit.frontend.promotion import BOOL, PromotionError

STRONG = [
    np.dtype(code) for code in ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")
]
WEAK = [int, float, complex]
OPERATORS = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "truediv": operator.truediv,
    "floordiv": operator.floordiv, "mod": operator.mod, "pow": operator.pow, "lshift": operator.lshift,
    "rshift": operator.rshift, "and_": operator.and_, "or_": operator.or_, "xor": operator.xor,
}  # fmt: skip
scalars = st.sampled_from(STRONG + WEAK)
operators = st.sampled_from(sorted(OPERATORS))


def one(scalar: Any) -> Any:
    """Return the number one of a type."""
    return scalar(1) if isinstance(scalar, type) else scalar.type(1)


def type_of(value: Any) -> Any:
    return value.dtype if isinstance(value, np.generic) else BOOL if isinstance(value, bool) else type(value)


def same(a: Any, b: Any) -> bool:
    """Compare scalar types; float and np.float64 are equal as dtypes."""
    return isinstance(a, type) == isinstance(b, type) and a == b


def is_weak(scalar: Any) -> bool:
    return isinstance(scalar, type)


def differs_by_design(name: str, a: Any, b: Any) -> bool:
    """Tell whether jitkit departs from NumPy.

    A boolean beside a Python number counts as a Python int. And np.float64 is a Python float to Python's complex, which
    then answers by itself.
    """
    return (BOOL in (a, b) and (is_weak(a) or is_weak(b) or name == "add")) or (
        a is complex and same(b, np.dtype("f8"))
    )


@given(operators, scalars, scalars)
def test_operators_give_numpys_type(name, a, b):
    if differs_by_design(name, a, b):
        return
    try:
        expected = type_of(OPERATORS[name](one(a), one(b)))
    except TypeError:
        with pytest.raises(PromotionError):
            promotion.arithmetic(name, a, b)
        return
    assert same(promotion.arithmetic(name, a, b)[1], expected)


@given(operators, st.sampled_from(WEAK))
def test_a_boolean_beside_a_python_number_counts_as_a_python_int(name, weak):
    def answer(*operands):
        try:
            return promotion.arithmetic(name, *operands)
        except PromotionError:
            return None

    assert answer(BOOL, weak) == answer(int, weak)
    assert answer(weak, BOOL) == answer(weak, int)


@pytest.mark.parametrize("name", ["add", "sub"])
def test_two_booleans_are_not_counted(name):
    with pytest.raises(PromotionError, match="two booleans"):
        promotion.arithmetic(name, BOOL, BOOL)


@given(st.sampled_from(["neg", "pos", "invert", "abs"]), scalars)
def test_unary_operators_give_numpys_type(name, a):
    if a == BOOL and name == "pos":
        return  # np.bool_ has no sign, Python's bool has
    functions = {"neg": operator.neg, "pos": operator.pos, "invert": operator.invert, "abs": abs}
    try:
        with np.errstate(all="ignore"):
            expected = type_of(functions[name](one(a)))
    except TypeError:
        with pytest.raises(PromotionError):
            promotion.arithmetic(name, a)
        return
    assert same(promotion.arithmetic(name, a)[1], expected)


@given(st.sampled_from(["add", "sub", "mul", "truediv"]), st.sampled_from(STRONG), st.sampled_from(WEAK))
def test_a_python_number_never_widens_within_its_kind(name, strong, weak):
    kinds = "biufc"
    rank = {int: "u", float: "f", complex: "c"}[weak]
    if strong == BOOL or kinds.index(strong.kind) < kinds.index(rank) or (name == "truediv" and strong.kind in "iu"):
        return
    assert promotion.arithmetic(name, strong, weak)[1] == strong
    assert promotion.arithmetic(name, weak, strong)[1] == strong


@given(operators, scalars, scalars)
def test_the_type_computed_in_holds_both_operands(name, a, b):
    try:
        operand, _ = promotion.arithmetic(name, a, b)
    except PromotionError:
        return
    for scalar in (a, b):
        if is_weak(scalar) or is_weak(operand) or name in ("lshift", "rshift"):
            continue
        assert np.can_cast(scalar, operand, "safe"), f"{scalar} to {operand}"


def values_of(scalar: Any) -> st.SearchStrategy:
    if scalar is int:
        return st.integers(-(2**63), 2**63 - 1)
    if scalar is float:
        return st.floats(allow_nan=False)
    if scalar == BOOL:
        return st.booleans()
    if not is_weak(scalar) and scalar.kind in "iu":
        limits = np.iinfo(scalar)
        return st.integers(int(limits.min), int(limits.max))
    return st.floats(width=8 * scalar.itemsize, allow_nan=False)


ORDERED = [scalar for scalar in STRONG + WEAK if scalar is not complex and (is_weak(scalar) or scalar.kind != "c")]


@given(st.data(), st.sampled_from(ORDERED), st.sampled_from(ORDERED))
def test_numbers_compare_alike_in_the_type_they_are_compared_in(data, a, b):
    kinds = sorted((promotion.kind(a), promotion.kind(b)))
    if kinds == ["i", "u"] and np.dtype(np.uint64) in (a, b):
        return  # neither type holds both: the backends compare these by value
    x, y = data.draw(values_of(a)), data.draw(values_of(b))
    common = promotion.comparison(a, b)
    with np.errstate(all="ignore"):
        strong = {int: np.dtype(np.int64), float: np.dtype(np.float64)}.get(common, common)
        left, right = (np.array(value, strong_of(scalar)).astype(strong) for value, scalar in ((x, a), (y, b)))
        expected = bool(number(x, a) < number(y, b)), bool(number(x, a) == number(y, b))
    assert (bool(left < right), bool(left == right)) == expected or rounds(a, b)


def number(value: Any, scalar: Any) -> Any:
    return value if is_weak(scalar) else scalar.type(value)


def strong_of(scalar: Any) -> np.dtype:
    return {int: np.dtype(np.int64), float: np.dtype(np.float64)}.get(scalar, scalar)


def rounds(a: Any, b: Any) -> bool:
    """Tell whether Python compares an int and a float exactly where 64-bit numbers are rounded first."""
    return {a, b} == {int, float} if is_weak(a) and is_weak(b) else False


@given(st.lists(scalars, min_size=1, max_size=4), st.randoms())
def test_the_common_type_does_not_depend_on_the_order(found, rng):
    shuffled = list(found)
    rng.shuffle(shuffled)
    assert same(promotion.common(*found), promotion.common(*shuffled))


@given(scalars)
def test_the_common_type_of_one_type_is_itself(scalar):
    assert same(promotion.common(scalar, scalar), scalar)


@given(st.lists(st.sampled_from(STRONG), min_size=1, max_size=4))
def test_the_common_type_of_dtypes_is_numpys(found):
    assert promotion.common(*found) == np.result_type(*found)


@given(scalars, scalars)
def test_where_gives_numpys_type(a, b):
    assert promotion.numpy_common(a, b) == np.where(True, one(a), one(b)).dtype


FLOATS = [np.dtype(code) for code in ("f2", "f4", "f8")]


@given(
    st.lists(
        st.sampled_from([scalar for scalar in STRONG + WEAK if promotion.kind(scalar) != "c"]), min_size=1, max_size=3
    )
)
def test_math_keeps_the_widest_float_it_is_given(found):
    floats = [scalar for scalar in found if scalar in FLOATS and not is_weak(scalar)]
    assert same(promotion.math_function(*found), max(floats, key=FLOATS.index) if floats else float)


@pytest.mark.parametrize("scalar", [complex, np.dtype(np.complex64)])
def test_math_takes_real_numbers(scalar):
    with pytest.raises(PromotionError, match="real numbers"):
        promotion.math_function(scalar)


@given(st.sampled_from([np.sqrt, np.exp, np.floor, np.sign, np.isnan, np.absolute, np.square]), scalars)
def test_functions_of_one_number_give_numpys_type(ufunc, a):
    try:
        expected = ufunc(one(a)).dtype
    except TypeError:
        with pytest.raises(PromotionError, match=ufunc.__name__):
            promotion.numpy_function(ufunc, a)
        return
    assert promotion.numpy_function(ufunc, a)[1] == expected


@given(st.sampled_from([np.maximum, np.hypot, np.arctan2, np.fmod, np.copysign, np.power, np.less]), scalars, scalars)
def test_functions_of_two_numbers_give_numpys_type(ufunc, a, b):
    if BOOL in (a, b) and (is_weak(a) or is_weak(b)):
        return  # NumPy's own type resolution and its scalars disagree on these
    try:
        with np.errstate(all="ignore"):
            expected = ufunc(one(a), one(b)).dtype
    except TypeError:
        with pytest.raises(PromotionError, match=ufunc.__name__):
            promotion.numpy_function(ufunc, a, b)
        return
    found = promotion.numpy_function(ufunc, a, b)[1]
    assert found == {int: np.dtype(np.int64), float: np.dtype(np.float64), complex: np.dtype(np.complex128)}.get(
        found, expected
    )


def test_a_refusal_names_both_operands():
    with pytest.raises(PromotionError, match="float32 and Python int"):
        promotion.arithmetic("lshift", np.dtype(np.float32), int)


def test_python_numbers_stay_pythons():
    assert promotion.arithmetic("mul", int, float) == (float, float)
    assert promotion.arithmetic("truediv", int, int)[1] is float
    assert promotion.arithmetic("abs", complex)[1] is float
    assert type(math.pi * 2) is promotion.arithmetic("mul", float, int)[1]
