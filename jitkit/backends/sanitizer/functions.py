"""Calls of math functions, NumPy's scalar functions and casts under watch."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from jitkit.backends.sanitizer.arithmetic import Arithmetic
from jitkit.backends.sanitizer.conversions import RANGES, Conversions
from jitkit.backends.sanitizer.state import State

_SAME = {
    "power": "pow", "divide": "truediv", "floor_divide": "floordiv", "remainder": "mod", "left_shift": "lshift",
    "right_shift": "rshift", "negative": "neg", "absolute": "abs",
}  # fmt: skip
_EXACT = {"add": operator.add, "subtract": operator.sub, "multiply": operator.mul}
_PYTHON = ("int", "abs", "round", "pow", "divmod")
_OPERATORS = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "lshift", "rshift", "neg")


def watched(operation: str) -> bool:
    """Tell whether calls of an operation of the language go through `Functions.call`."""
    family, _, name = operation.partition(".")
    if family == "python":
        return name in _PYTHON
    if family == "operator":
        return name in _OPERATORS
    return family in ("math", "numpy", "cast") and operation not in ("numpy.where", "numpy.clip")


class Functions:
    """The watched functions of one check."""

    def __init__(self, state: State, arithmetic: Arithmetic) -> None:
        self.state, self.arithmetic, self.convert = state, arithmetic, Conversions(state).convert
        self.numpy = {
            name: arithmetic.exact(getattr(np, name), exactly, f"({name})") for name, exactly in _EXACT.items()
        }

    def call(self, func: Callable[..., Any], operation: str, site: int, *args: Any) -> Any:
        """Return ``func(*args)``."""
        family, _, name = operation.partition(".")
        if family == "cast":
            return func(self.convert(np.dtype(name), args[0], site)) if args else func()
        if family == "numpy":
            return self._numpy(func, name, site, args)
        if family == "operator" or name in ("abs", "divmod", "pow"):
            return self._operator(name, site, args)
        if family == "python":
            return self._whole(func, site, args)
        return self._math(func, name, site, args)

    def _operator(self, name: str, site: int, args: Any) -> Any:
        if name in ("neg", "abs"):
            return getattr(self.arithmetic, name)(args[0], site)
        if name == "divmod":
            quotient = self.arithmetic.floordiv(args[0], args[1], site)
            return quotient, quotient * 0 if args[1] == 0 else self.arithmetic.mod(args[0], args[1], site)
        return self.arithmetic.binary[name](args[0], args[1], site)

    def _numpy(self, func: Callable[..., Any], name: str, site: int, args: Any) -> Any:
        if name in self.numpy:
            return self.numpy[name](args[0], args[1], site)
        if name == "square":
            # NumPy multiplies booleans to a boolean, and squares them to an int8.
            root = np.int8(args[0]) if isinstance(args[0], (bool, np.bool)) else args[0]
            return self.numpy["multiply"](root, root, site)
        strong = tuple(np.asarray(arg)[()] if not isinstance(arg, np.generic) else arg for arg in args)
        if name in _SAME:
            if any(isinstance(arg, np.generic) for arg in args):
                strong = args  # a Python number beside NumPy's stays weak
            return np.asarray(self._operator(_SAME[name], site, strong))[()]
        if name == "fmod" and args[1] == 0:
            self.arithmetic.zero(site, args[0], args[1], "fmod")
            return func(*args)
        if name == "reciprocal" and args[0] == 0:
            self.arithmetic.zero(site, 1, args[0], "/")
            return func(*args)
        return self._not_nan(func, name, site, args)

    def _math(self, func: Callable[..., Any], name: str, site: int, args: Any) -> Any:
        if name == "fmod" and args[1] == 0:
            self.arithmetic.zero(site, args[0], args[1], "fmod")
            return func(*args)
        if name == "pow" and args[0] == 0 and args[1] < 0:
            self.arithmetic.zero(site, args[0], args[1], "**")
        return self._in_range(self._not_nan(func, name, site, args), site)

    def _not_nan(self, func: Callable[..., Any], name: str, site: int, args: Any) -> Any:
        text = lambda: f"{name}({', '.join(map(str, args))})"  # noqa: E731
        return self.arithmetic.nan(site, func(*args), text, *args)

    def _whole(self, func: Callable[..., Any], site: int, args: Any) -> Any:
        """Return ``int(x)`` or ``round(x)``."""
        try:
            return self._in_range(func(*args), site)
        except (ValueError, OverflowError):
            self.state.find("integer-overflow", site, f"{args[0]} does not fit in int64")
            return 0

    def _in_range(self, result: Any, site: int) -> Any:
        low, high = RANGES[int]
        if type(result) is int and not low <= result <= high:
            return self.arithmetic.overflow(site, str(result), result, int)
        return result
