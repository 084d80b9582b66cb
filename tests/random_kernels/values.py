"""What is known of a value in a random kernel: its type, the interval it lies in, and how many fractional bits it has.

Intervals keep kernels defined: integers do not overflow, floats are never rounded (so that contraction changes nothing),
indices stay in bounds. A kernel that `wraps` lets strong integers overflow instead, which NumPy and compiled code define.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

Type = np.dtype | type
"""A NumPy dtype, or Python's own `int` or `float`, which adapt to what they meet."""

_LARGEST_INT = 2**62
_MANTISSA = {np.dtype("f4"): 24, np.dtype("f8"): 53, float: 24}  # a Python float may meet a float32


class RejectedError(Exception):
    """An expression that would not be defined."""


@dataclass(frozen=True)
class Value:
    """An expression.

    Attributes
    ----------
    text : str
        Its source.
    type : np.dtype or type
        Its type.
    low, high : int or float
        The interval it lies in.
    bits : int
        The number is a multiple of ``2**-bits``.
    """

    text: str
    type: Type
    low: float
    high: float
    bits: int = 0

    @property
    def kind(self) -> str:
        return {int: "i", float: "f"}[self.type] if isinstance(self.type, type) else self.type.kind

    @property
    def weak(self) -> bool:
        return isinstance(self.type, type)

    @property
    def integer(self) -> bool:
        return self.kind in "iu"


@dataclass(frozen=True)
class Range:
    """What a variable or an element may hold.

    Attributes
    ----------
    type : np.dtype
        Its type.
    low, high : int or float
        The smallest and the largest value, zero included.
    bits : int
        Fractional bits.
    """

    type: np.dtype
    low: float
    high: float
    bits: int = 0

    def value(self, text: str) -> Value:
        """Return the value that a name of this range stands for."""
        return Value(text, self.type, self.low, self.high, self.bits)

    @property
    def full(self) -> bool:
        """Whether the range is all of an integer type."""
        return self.type.kind in "iu" and self.high == np.iinfo(self.type).max


_USUAL = {
    "i1": (-40, 40, 0), "i2": (-300, 300, 0), "i4": (-1000, 1000, 0), "i8": (-5000, 5000, 0), "u1": (0, 90, 0),
    "u2": (0, 400, 0), "u4": (0, 1000, 0), "u8": (0, 3000, 0), "f4": (-16, 16, 2), "f8": (-64, 64, 3),
}  # fmt: skip
CODES = tuple(_USUAL)
ATOMIC_CODES = ("i4", "i8", "u4", "u8", "f4", "f8")


def usual(code: str, wraps: bool = False) -> Range:
    """Return the range of variables of a dtype; all of an integer type where kernels wrap."""
    dtype = np.dtype(code)
    if wraps and dtype.kind in "iu":
        return Range(dtype, np.iinfo(dtype).min, np.iinfo(dtype).max)
    return Range(dtype, *_USUAL[code])


def cast_name(dtype: np.dtype) -> str:
    return f"np.{dtype.name}"


def result_type(a: Value, b: Value) -> Type:
    """Return the type of ``a + b`` (NEP 50)."""
    if a.weak and b.weak:
        return float if "f" in a.kind + b.kind else int
    if a.weak or b.weak:
        weak, strong = (a, b) if a.weak else (b, a)
        return np.result_type(strong.type, weak.type(1))
    return np.result_type(a.type, b.type)


def fits(kind: Type, low: float, high: float, bits: int) -> bool:
    """Tell whether every multiple of ``2**-bits`` in an interval is a value of a type."""
    largest = max(abs(low), abs(high))
    if kind in _MANTISSA:
        return math.ldexp(largest, bits) <= 2 ** _MANTISSA[kind]
    if bits:
        return False
    if kind is int:
        return largest <= _LARGEST_INT
    return np.iinfo(kind).min <= low and high <= np.iinfo(kind).max


def checked(text: str, kind: Type, low: float, high: float, bits: int, wraps: bool) -> Value:
    """Return the value of an operation, unless it would round or overflow where it must not."""
    if fits(kind, low, high, bits):
        return Value(text, kind, low, high, bits)
    if wraps and isinstance(kind, np.dtype) and kind.kind in "iu" and not bits:
        return Value(text, kind, np.iinfo(kind).min, np.iinfo(kind).max)
    raise RejectedError(text)


def into(value: Value, target: Range) -> str:
    """Return source that brings a value into a range, of the value's type or of the range's."""
    if value.kind == "f":
        value = _rounded(value, target.bits)
    if target.low <= value.low and value.high <= target.high:
        return value.text
    if target.full and not value.weak and value.integer:
        return value.text
    if value.kind == "f":
        return _wrapped_float(value, target)
    if target.type.kind == "f":  # integers of the range: its fractions are not needed
        target = Range(np.dtype("i2"), math.ceil(target.low), math.floor(target.high))
    elif target.full:
        target = Range(target.type, *((0, 100) if target.type.kind == "u" else (-50, 50)))
    modulus = int(target.high - target.low + 1)
    if not fits(value.type, 0, modulus, 0):
        raise RejectedError(value.text)
    text = f"({value.text} % {modulus})"
    return f"({cast_name(target.type)}({text}) - {-int(target.low)})" if target.low else text


def _rounded(value: Value, bits: int) -> Value:
    if value.bits <= bits:
        return value
    low, high = math.floor(value.low), math.floor(value.high)
    return Value(f"np.floor({value.text})", np.dtype("f8") if value.weak else value.type, low, high)


def _wrapped_float(value: Value, target: Range) -> str:
    span = 2.0 ** min(20, math.floor(math.log2(target.high - target.low)))
    if span == target.high - target.low and not target.low:
        span /= 2
    text = f"({value.text} % {span})"
    return f"({text} - {span / 2})" if target.low else text


def cast_into(value: Value, target: Range) -> str:
    """Return source that brings a value into a range, and has its type."""
    text = into(value, target)
    return text if not value.weak and value.type == target.type and text == value.text else _cast(target, text)


def _cast(target: Range, text: str) -> str:
    return f"{cast_name(target.type)}({text})"
