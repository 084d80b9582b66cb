"""The functions that a kernel body may call, by the object the user's name refers to.

An operation is named ``<family>.<function>``: the family says whose rules hold (``math`` keeps weak types weak, ``numpy``
follows NumPy's ufunc, ``python`` is a builtin), the function says what is computed. Backends implement these names.
"""

from __future__ import annotations

import math
import operator

import numpy as np

from jitkit.frontend import integers

_MATH = """
acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh degrees erf erfc exp exp2 expm1 fabs floor fma fmod
gamma hypot isfinite isinf isnan ldexp lgamma log log10 log1p log2 nextafter pow radians remainder sin sinh sqrt tan tanh trunc
""".split()

NUMPY = """
absolute add arccos arccosh arcsin arcsinh arctan arctan2 arctanh bitwise_and bitwise_count bitwise_or bitwise_xor cbrt ceil
conjugate copysign cos cosh deg2rad degrees divide equal exp exp2 expm1 fabs float_power floor floor_divide fmax fmin fmod
greater greater_equal heaviside hypot invert isfinite isinf isnan ldexp left_shift less less_equal log log10 log1p log2 logaddexp
logaddexp2 logical_and logical_not logical_or logical_xor maximum minimum multiply negative nextafter not_equal positive power
rad2deg radians reciprocal remainder right_shift rint sign signbit sin sinh spacing sqrt square subtract tan tanh trunc
""".split()

_BUILTINS = {
    abs: "abs", min: "min", max: "max", int: "int", float: "float", complex: "complex", bool: "bool",
    round: "round", len: "len", pow: "pow", divmod: "divmod",
}  # fmt: skip

_OPERATOR = {
    operator.add: "add", operator.sub: "sub", operator.mul: "mul", operator.truediv: "truediv",
    operator.floordiv: "floordiv", operator.mod: "mod", operator.pow: "pow", operator.neg: "neg",
    operator.pos: "pos",
    operator.and_: "and_", operator.or_: "or_", operator.xor: "xor", operator.lshift: "lshift",
    operator.rshift: "rshift", operator.invert: "invert", operator.lt: "lt", operator.le: "le", operator.gt: "gt",
    operator.ge: "ge", operator.eq: "eq", operator.ne: "ne",
}  # fmt: skip


def _table() -> dict[object, str]:
    table: dict[object, str] = {getattr(math, name): f"math.{name}" for name in _MATH if hasattr(math, name)}
    table |= {getattr(np, name): f"numpy.{name}" for name in NUMPY}
    table |= {func: f"python.{name}" for func, name in _BUILTINS.items()}
    table |= {func: f"operator.{name}" for func, name in _OPERATOR.items()}
    table |= {
        operator.abs: "python.abs",
        np.where: "numpy.where",
        np.clip: "numpy.clip",
        np.real: "value.real",
        np.imag: "value.imag",
    }
    return table


BY_OBJECT = _table()
DTYPES = {
    np.dtype(code).type: np.dtype(code).name
    for code in ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")
}
DEBUG_ONLY = {print: "print", breakpoint: "breakpoint"}


def lookup(obj: object) -> str | None:
    """Return the name of the operation an object stands for, or None."""
    try:
        if isinstance(obj, type) and issubclass(obj, np.generic):
            return f"cast.{DTYPES[obj]}" if obj in DTYPES else None
        return BY_OBJECT.get(obj)
    except TypeError:  # unhashable
        return None


_BY_COUNT = {
    ("math.log", 2): "math.log_base",
    ("python.complex", 2): "python.complex_of",
    ("python.min", 1): "python.min_of",
    ("python.max", 1): "python.max_of",
}
_TWO = {
    "math.atan2", "math.copysign", "math.fmod", "math.hypot", "math.ldexp", "math.nextafter", "math.pow", "math.remainder",
    "math.log_base",
}  # fmt: skip
_PYTHON_TWO = {"python.complex_of", "python.min", "python.max", "python.pow", "python.divmod"}


def variant(name: str, count: int) -> str:
    """Return the operation that a function called with `count` arguments stands for."""
    return _BY_COUNT.get((name, count), name)


def arity(name: str) -> int:
    """Return how many arguments an operation takes."""
    family, _, function = name.partition(".")
    if name in ("numpy.where", "numpy.clip", "math.fma"):
        return 3
    if family == "numpy":
        return getattr(np, function).nin
    if family == "operator":
        return 1 if function in ("neg", "pos", "invert") else 2
    return 2 if name in _TWO | _PYTHON_TWO else 1


def named(name: str) -> object:
    """Return the function that goes by a name: `min`, `max`, or NumPy's."""
    return {"min": min, "max": max}.get(name) or getattr(np, name, None)


def available(module: str) -> str:
    """List the functions of a module that kernels may call, for an error message."""
    source = math if module == "math" else np
    helpers = {func.__name__ for func in integers.COMPILED if getattr(source, func.__name__, None) is func}
    return ", ".join(sorted([*helpers, *(_MATH if module == "math" else [*NUMPY, "where", "clip", "real", "imag"])]))


def described(given: object) -> str:
    """Name what was given in the place of a function, for messages: an array by its shape, and not by its elements."""
    shape = getattr(given, "shape", None)
    return repr(given) if shape is None else f"an array of shape {tuple(shape)}, which comes after the function,"
