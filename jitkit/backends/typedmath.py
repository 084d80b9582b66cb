"""The `math` module as interpreted kernels see it: float32 in, float32 out, where Python would answer with a Python float.

Values where Python raises (``math.log(0)``, ``math.sqrt(-1)``, overflow) give what IEEE 754 and compiled code give.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from jitkit.frontend.operations import BY_OBJECT
from jitkit.frontend.promotion import Scalar, is_weak, math_function

_TESTS = {"isnan", "isinf", "isfinite"}
_WHOLE = {"floor", "ceil", "trunc"}


def _gamma_beyond(x: float) -> float:
    return math.copysign(math.inf, x) if x == 0 or x > 1 or 0 < abs(x) < 1 else math.nan


_BEYOND: dict[str, Callable[[float], float]] = {
    "gamma": _gamma_beyond,
    "lgamma": lambda x: math.inf,
    "ldexp": lambda x: math.copysign(math.inf, x),
    "remainder": lambda x: math.nan,
}
"""What functions that NumPy has not, or means otherwise, give where Python raises."""


def scalar_of(value: Any) -> Scalar:
    """Return the scalar type of a number: a NumPy scalar is strong, a Python number weak."""
    if isinstance(value, np.generic):
        return value.dtype
    return complex if isinstance(value, complex) else float if isinstance(value, float) else int


def _typed(name: str) -> Callable[..., Any]:
    function = getattr(math, name)

    def typed(*args: Any) -> Any:
        if name in _TESTS:
            return function(*args)
        if name == "nextafter":
            return _next_after(*args)
        scalar = math_function(*map(scalar_of, args))
        plain = [arg.item() if isinstance(arg, np.generic) else arg for arg in args]  # np.float16 has no __trunc__
        if is_weak(scalar) or (name in _WHOLE and math.isfinite(plain[0])):
            return _ieee(name, function, plain)
        return scalar.type(_ieee(name, function, plain))

    typed.__name__ = typed.__qualname__ = name
    typed.__doc__ = f"Return math.{name} in the precision of the argument."
    return typed


def _next_after(x: Any, y: Any) -> Any:
    """Return the neighbour in the precision of the arguments, which a Python float is not."""
    scalar = math_function(scalar_of(x), scalar_of(y))
    return math.nextafter(x, y) if is_weak(scalar) else np.nextafter(scalar.type(x), scalar.type(y))


def _ieee(name: str, function: Callable[..., Any], args: Any) -> Any:
    try:
        return function(*args)
    except (ValueError, OverflowError):
        numpy_name = {"pow": "power", "acos": "arccos", "asin": "arcsin", "atanh": "arctanh", "acosh": "arccosh"}
        if name in _BEYOND:
            return _BEYOND[name](float(args[0]))
        substitute = getattr(np, numpy_name.get(name, name), None)
        if substitute is None:
            return math.nan
        return float(substitute(*map(np.float64, args)))


BY_FUNCTION: dict[Any, Callable[..., Any]] = {
    function: _typed(operation.removeprefix("math."))
    for function, operation in BY_OBJECT.items()
    if operation.startswith("math.")
}
globals().update({function.__name__: function for function in BY_FUNCTION.values()})


def __getattr__(name: str) -> Any:
    return getattr(math, name)
