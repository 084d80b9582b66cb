"""Arithmetic under watch: integers that wrap, divisions by zero, and NaNs made from numbers.

Each operator is a function ``(a, b, site)``. Results are those of the interpreter; where Python raises (``1 / 0``,
``2.0 ** 5000``) they are those of IEEE 754, so that the kernel runs on.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from jitkit.backends.sanitizer.conversions import INTEGERS, MODULAR, RANGES, name_of, wrapped
from jitkit.backends.sanitizer.state import State

_FLOATS = frozenset((float, complex, *(np.dtype(code).type for code in ("f2", "f4", "f8", "c8", "c16"))))
_WATCHED = frozenset(INTEGERS) - MODULAR
_LOW, _HIGH = RANGES[int]
_WEAK_BITS = 64
Binary = Callable[[Any, Any, int], Any]


class Arithmetic:
    """The watched operators of one check."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.binary: dict[str, Binary] = {
            "add": self.exact(operator.add, operator.add, "+"),
            "sub": self.exact(operator.sub, operator.sub, "-"),
            "mul": self.exact(operator.mul, operator.mul, "*"),
            "truediv": self.truediv, "floordiv": self.floordiv, "mod": self.mod, "pow": self.pow,
            "lshift": self.lshift, "rshift": self.rshift,
        }  # fmt: skip

    # ---- what is found

    def overflow(self, site: int, text: str, exact: int, kind: type) -> Any:
        """Log an integer result that does not fit; return it wrapped."""
        self.state.find("integer-overflow", site, f"{text} does not fit in {name_of(kind)}")
        return wrapped(exact, kind)

    def zero(self, site: int, a: Any, b: Any, symbol: str) -> None:
        """Log a zero divisor."""
        self.state.find("division-by-zero", site, f"{a} {symbol} {b} divides by zero")

    def nan(self, site: int, result: Any, text: Callable[[], str], *operands: Any) -> Any:
        """Log a NaN that no operand is; return the result."""
        if type(result) in _FLOATS and result != result and all(operand == operand for operand in operands):
            self.state.find("nan", site, f"{text()} is not a number")
        return result

    # ---- operators

    def exact(self, compute: Callable[..., Any], exactly: Callable[..., Any], symbol: str) -> Binary:
        """Return the watched form of an operator whose result Python's integers hold exactly."""

        def watched(a: Any, b: Any, site: int) -> Any:
            if type(a) is int and type(b) is int:
                result = compute(a, b)
                if type(result) is int:
                    if _LOW <= result <= _HIGH:
                        return result
                    return self.overflow(site, f"{a} {symbol} {b} = {result}", result, int)
            try:
                result = compute(a, b)
            except OverflowError:  # a Python int beyond the range of the other operand's type
                a, b = self._narrowed(a, b, site)
                result = compute(a, b)
            if type(result) in _FLOATS:
                if result != result and a == a and b == b:
                    self.state.find("nan", site, f"{a} {symbol} {b} is not a number")
            elif type(result) in _WATCHED:
                value = exactly(int(a), int(b))
                if value != int(result):
                    self.overflow(site, f"{a} {symbol} {b} = {value}", value, type(result))
            return result

        return watched

    def _narrowed(self, a: Any, b: Any, site: int) -> tuple[Any, Any]:
        kind = type(a) if isinstance(a, np.generic) else type(b)
        number = b if isinstance(a, np.generic) else a
        narrow = self.overflow(site, str(number), number, kind)
        return (a, narrow) if number is b else (narrow, b)

    def truediv(self, a: Any, b: Any, site: int) -> Any:
        """Return ``a / b``."""
        if b == 0:
            self.zero(site, a, b, "/")
            return _ieee(np.true_divide, a, b) if _is_python(a, b) else a / b
        return self.nan(site, a / b, lambda: f"{a} / {b}", a, b)

    def floordiv(self, a: Any, b: Any, site: int) -> Any:
        """Return ``a // b``."""
        if b == 0:
            self.zero(site, a, b, "//")
            return _by_zero(np.floor_divide, operator.floordiv, a, b)
        return self._whole(operator.floordiv, a, b, site, "//")

    def mod(self, a: Any, b: Any, site: int) -> Any:
        """Return ``a % b``."""
        if b == 0:
            self.zero(site, a, b, "%")
            return _by_zero(np.remainder, operator.mod, a, b)
        return self._whole(operator.mod, a, b, site, "%")

    def _whole(self, compute: Callable[..., Any], a: Any, b: Any, site: int, symbol: str) -> Any:
        result = compute(a, b)
        if (type(result) in _WATCHED or type(result) is int) and compute(int(a), int(b)) != int(result):
            return self.overflow(site, f"{a} {symbol} {b}", compute(int(a), int(b)), type(result))
        if type(result) is int and not _LOW <= result <= _HIGH:
            return self.overflow(site, f"{a} {symbol} {b}", result, int)
        return self.nan(site, result, lambda: f"{a} {symbol} {b}", a, b)

    def pow(self, a: Any, b: Any, site: int) -> Any:
        """Return ``a ** b``."""
        if isinstance(a, (int, np.integer)) and isinstance(b, (int, np.integer)) and b >= 0:
            return self._integer_power(a, b, site)
        if a == 0 and np.real(b) < 0:
            self.zero(site, a, b, "**")
        try:
            result = a**b
        except (OverflowError, ZeroDivisionError):
            return _ieee(np.float_power, a, b)
        if type(result) is complex and not isinstance(a, complex) and not isinstance(b, complex):
            result = math.nan  # Python leaves the real numbers here; NumPy and compiled code do not
        return self.nan(site, result, lambda: f"{a} ** {b}", a, b)

    def _integer_power(self, a: Any, b: Any, site: int) -> Any:
        base, exponent = int(a), int(b)
        kind = int if _is_python(a, b) else type(a * 0 + b * 0)
        huge = abs(base) > 1 and exponent * (abs(base).bit_length() - 1) > _WEAK_BITS
        value = pow(base, exponent, 1 << _WEAK_BITS) if huge else base**exponent
        low, high = RANGES.get(kind, (_LOW, _HIGH))
        if not huge and low <= value <= high:
            return a**b
        if kind in MODULAR:
            return wrapped(value, kind)
        return self.overflow(site, f"{a} ** {b}", value, kind)

    def lshift(self, a: Any, b: Any, site: int) -> Any:
        """Return ``a << b``."""
        if self._too_far(a, b, site):
            return wrapped(0, int) if _is_python(a, b) else a * 0
        result = a << b
        if type(result) is int and not _LOW <= result <= _HIGH:
            return self.overflow(site, f"{a} << {b} = {result}", result, int)
        if isinstance(result, np.signedinteger) and int(a) << int(b) != int(result):
            self.overflow(site, f"{a} << {b} = {int(a) << int(b)}", 0, type(result))
        return result

    def rshift(self, a: Any, b: Any, site: int) -> Any:
        """Return ``a >> b``."""
        if self._too_far(a, b, site):
            return (-1 if a < 0 else 0) if _is_python(a, b) else a * 0 - (1 if a < 0 else 0)
        return a >> b

    def _too_far(self, a: Any, b: Any, site: int) -> bool:
        strong = [x for x in (a, b) if isinstance(x, np.generic)]
        bits = np.result_type(*strong).itemsize * 8 if strong else _WEAK_BITS
        if 0 <= b < bits:
            return False
        self.state.find("integer-overflow", site, f"{a} is shifted by {b}: an integer here has {bits} bits")
        return True

    def neg(self, a: Any, site: int) -> Any:
        """Return ``-a``."""
        return self._unary(operator.neg, a, site, f"-({a})")

    def abs(self, a: Any, site: int) -> Any:
        """Return ``abs(a)``."""
        return self._unary(operator.abs, a, site, f"abs({a})")

    def _unary(self, compute: Callable[..., Any], a: Any, site: int, text: str) -> Any:
        result = compute(a)
        if type(result) in _WATCHED and compute(int(a)) != int(result):
            self.overflow(site, f"{text} = {compute(int(a))}", compute(int(a)), type(result))
        return result

    def updated(self, name: str, old: Any, operand: Any, site: int) -> None:
        """Look at an atomic update that has happened."""
        self.binary[name](old, type(old)(operand), site)


def _is_python(*values: Any) -> bool:
    return not any(isinstance(value, np.generic) for value in values)


def _ieee(ufunc: np.ufunc, a: Any, b: Any) -> Any:
    """Return what NumPy answers for Python numbers, as a Python number."""
    kind = np.complex128 if isinstance(a, complex) or isinstance(b, complex) else np.float64
    return ufunc(kind(a), kind(b)).item()


def _by_zero(ufunc: np.ufunc, compute: Callable[..., Any], a: Any, b: Any) -> Any:
    if not _is_python(a, b):
        return compute(a, b)
    return 0 if isinstance(a, int) and isinstance(b, int) else _ieee(ufunc, a, b)
