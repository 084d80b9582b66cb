"""Numba types for Python's own numbers, which never widen what they meet (NEP 50).

A weak float is held as a pair, the double and the same value rounded to float. Whoever uses it takes the member of its
own precision and LLVM removes the other, so a Python scalar beside float32 arrays costs no float64 instruction.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types

from jitkit.frontend.promotion import Scalar, common


class Weak(types.Type):
    """One of Python's number types.

    Not a subclass of Numba's Number: that one unifies through NumPy dtypes, which know no weak types.
    """

    def __init__(self, python: type, counterpart: types.Type) -> None:
        self.python, self.counterpart = python, counterpart
        super().__init__(name=f"weak_{counterpart}")

    def unify(self, typingctx: Any, other: types.Type) -> types.Type | None:
        """Give a variable assigned from both types the one that NumPy would: `acc = 0.0` becomes what is added."""
        scalar = scalar_of(other)
        return None if scalar is None else type_of(common(self.python, scalar))

    def can_convert_to(self, typingctx: Any, other: types.Type) -> Any:
        """Convert wherever Numba's own type of the same width does."""
        return typingctx.can_convert(self.counterpart, other)


MAX_OFFSET = 4096
"""The largest literal added to an index in 32 bits; launches leave that much room below 2**31."""

# An index of a point on a GPU, held in 32 bits where the launch allows: still a Python int to every rule, and widened
# where it meets anything but a literal offset or a place in an array.
weak_index = Weak(int, types.int32)
weak_int, weak_float, weak_complex = Weak(int, types.int64), Weak(float, types.float64), Weak(complex, types.complex128)
WEAK_TYPES = {int: weak_int, float: weak_float, complex: weak_complex}
_STRONG = {
    np.dtype(name): getattr(types, name)
    for name in (
        "int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128".split()
    )
} | {np.dtype(np.bool_): types.boolean}
_DTYPES = {numba_type: dtype for dtype, numba_type in _STRONG.items()}


def is_small(numba_type: types.Type) -> bool:
    """Tell whether a type is that of an integer literal which may be added to a 32-bit index."""
    return isinstance(numba_type, types.IntegerLiteral) and abs(numba_type.literal_value) <= MAX_OFFSET


def scalar_of(numba_type: types.Type) -> Scalar | None:
    """Return the scalar type behind a Numba type, or None where it is no number."""
    if isinstance(numba_type, types.BooleanLiteral):
        return np.dtype(np.bool_)
    if isinstance(numba_type, types.IntegerLiteral):
        return int
    if isinstance(numba_type, Weak):
        return numba_type.python
    return _DTYPES.get(numba_type)


def type_of(scalar: Scalar) -> types.Type:
    """Return the Numba type of a scalar type."""
    return WEAK_TYPES[scalar] if isinstance(scalar, type) else _STRONG[scalar]


class WeakValue:
    """A Python number as a global of rewritten code."""

    def __init__(self, value: int | float | complex) -> None:
        self.value = value
        self._numba_type_ = WEAK_TYPES[type(value)]


def global_of(value: Any) -> Any:
    """Wrap a constant so that Numba sees its weak type; NumPy scalars keep their own."""
    if isinstance(value, (np.generic, bool)):
        return value
    if isinstance(value, int) and value > np.iinfo(np.int64).max:
        return np.uint64(value)  # a hash constant: it only ever meets uint64
    return WeakValue(value)


FLOAT_PAIR = ir.LiteralStructType([ir.DoubleType(), ir.FloatType()])


def float_pair(value: float) -> ir.Constant:
    """Return a weak float literal."""
    with np.errstate(over="ignore"):
        narrow = float(np.float32(value))
    return ir.Constant(FLOAT_PAIR, [ir.Constant(ir.DoubleType(), value), ir.Constant(ir.FloatType(), narrow)])
