"""What kernels cannot do, and the nearest thing that works: the texts of the refusals."""

from __future__ import annotations

import ast
import cmath
import enum
import functools
import math
import random
from typing import Any

import numpy as np

_REMEDIES: dict[type[ast.AST], tuple[str, str]] = {
    ast.List: ("a list", "use a tuple of numbers, or pass an array"),
    ast.ListComp: ("a list comprehension", "write a for loop that accumulates into a variable or an array"),
    ast.GeneratorExp: ("a generator expression", "write a for loop that accumulates into a variable"),
    ast.Dict: ("a dict", "pass an array, a named tuple or a frozen dataclass"),
    ast.DictComp: ("a dict comprehension", "pass an array, a named tuple or a frozen dataclass"),
    ast.Set: ("a set", "use a tuple of numbers, or pass an array"),
    ast.SetComp: ("a set comprehension", "use a tuple of numbers, or pass an array"),
    ast.JoinedStr: ("an f-string", "kernels have no text; print in the interpreter: jk.backend('python')"),
    ast.Lambda: ("a lambda", "define a plain function outside the kernel and call it"),
    ast.FunctionDef: ("a function defined inside", "define it outside the kernel, next to it, and call it"),
    ast.AsyncFunctionDef: ("an async function", "define a plain function outside the kernel"),
    ast.ClassDef: ("a class", "pass a named tuple or a frozen dataclass"),
    ast.Try: ("try", "test the condition with `if` before the operation"),
    ast.Raise: ("raise", "write a flag to an output array and test it after the launch"),
    ast.Assert: ("assert", "write a flag to an output array and test it after the launch"),
    ast.With: ("with", "do this outside the kernel"),
    ast.AsyncWith: ("async with", "do this outside the kernel"),
    ast.AsyncFor: ("async for", "use a for loop over range"),
    ast.Await: ("await", "do this outside the kernel"),
    ast.Yield: ("yield", "write results to an output array"),
    ast.YieldFrom: ("yield from", "write results to an output array"),
    ast.Global: ("global", "pass the value as an argument; results go to arrays"),
    ast.Nonlocal: ("nonlocal", "pass the value as an argument; results go to arrays"),
    ast.Import: ("import", "import at the top of the module"),
    ast.ImportFrom: ("import", "import at the top of the module"),
    ast.Delete: ("del", "leave the name; it costs nothing"),
    ast.Starred: ("a starred expression", "write the items out"),
    ast.Slice: ("a slice", "index elements, or leading axes (x[i] of a 2-D x)"),
    ast.Match: ("match", "use if and elif"),
    ast.Is: ("is", "compare numbers with ==; only arguments, and names outside the kernel, can be None"),
    ast.IsNot: ("is not", "compare numbers with !=; only arguments, and names outside the kernel, can be None"),
    ast.In: ("in of anything but a tuple that is written out or constant", "loop over the elements"),
    ast.NotIn: ("not in of anything but a tuple that is written out or constant", "loop over the elements"),
}


def remedy(node: ast.AST) -> tuple[str, str]:
    """Return what a syntax node is called, and what to write instead."""
    if type(node) in _REMEDIES:
        return _REMEDIES[type(node)]
    return type(node).__name__, "a kernel is made of numbers, arrays, tuples, if, for, while, range and calls"


_LOOP = "write a for loop that accumulates into a variable"
_MEMORY = "memory of one work-item's own is jk.local(shape, dtype), and that of its group jk.shared(shape, dtype)"
_FREXP = "the exponent is math.floor(math.log2(abs(x))) + 1, but for rounding, and the rest math.ldexp(x, -exponent)"
_MODF = "whole = np.trunc(x), and x - whole"
_CLOSE = "abs(a - b) <= max(rel_tol * max(abs(a), abs(b)), abs_tol)"
_ANGLE = "write np.arctan2(z.imag, z.real)"
_COMPLEX = "exp log log10 sqrt sin cos tan sinh cosh tanh isnan isinf isfinite".split()
_CALLS: dict[Any, str] = {
    sum: _LOOP, any: _LOOP, all: _LOOP, np.sum: _LOOP, np.mean: _LOOP, np.prod: _LOOP, np.max: _LOOP, np.min: _LOOP,
    np.any: _LOOP, np.all: _LOOP, np.dot: _LOOP, np.argmin: _LOOP, np.argmax: _LOOP, np.count_nonzero: _LOOP,
    np.zeros: _MEMORY, np.ones: _MEMORY, np.empty: _MEMORY, np.full: _MEMORY, np.array: _MEMORY, np.asarray: _MEMORY,
    np.zeros_like: _MEMORY, np.empty_like: _MEMORY, np.ones_like: _MEMORY,
    enumerate: "for i, v in enumerate(x) works", zip: "for a, b in zip(x, y) works, of arrays, tuples and ranges",
    reversed: "for i in reversed(range(n)) works; of anything else, index it", sorted: "compare the values with min and max",
    isinstance: "types are fixed when a kernel is compiled: leave the test, or write two kernels",
    math.fsum: _LOOP, math.prod: _LOOP, np.matmul: _LOOP, np.vecdot: _LOOP, np.matvec: _LOOP, np.vecmat: _LOOP,
    math.dist: "math.sqrt of a sum of squares, or math.hypot(a, b) of two differences",
    math.frexp: _FREXP, np.frexp: _FREXP, math.modf: _MODF, np.modf: _MODF, np.divmod: "divmod(x, y) works",
    math.ulp: "math.nextafter(x, math.inf) - x of x >= 0, or np.spacing(x)",
    math.isclose: _CLOSE, np.isclose: _CLOSE, np.sinc: "1.0 if x == 0 else math.sin(math.pi * x) / (math.pi * x)",
    np.nan_to_num: "0.0 if x != x else x", np.isnat: "dates are no numbers there",
    map: "write a for loop", filter: "write a for loop with an if",
    list: "use a tuple of numbers, or pass an array", dict: "pass an array, a named tuple or a frozen dataclass",
    set: "use a tuple of numbers, or pass an array", str: "kernels have no text", np.round: "round(x) or np.rint(x)",
    np.angle: _ANGLE, cmath.phase: _ANGLE, np.real: "write z.real", np.imag: "write z.imag",
} | {getattr(cmath, name): f"write np.{name}, which takes complex numbers, too" for name in _COMPLEX}  # fmt: skip


_SPECIAL = {
    "erf": "write math.erf", "erfc": "write math.erfc", "gamma": "write math.gamma", "gammaln": "write math.lgamma",
    "cbrt": "write math.cbrt", "exp2": "write math.exp2", "expm1": "write math.expm1", "log1p": "write math.log1p",
    "expit": "1 / (1 + math.exp(-x))", "logit": "math.log(x / (1 - x))", "log_expit": "-np.logaddexp(0.0, -x)",
    "xlogy": "x * math.log(y) if x != 0 else 0.0", "xlog1py": "x * math.log1p(y) if x != 0 else 0.0",
    "ndtr": "0.5 * math.erfc(-x / math.sqrt(2))", "entr": "-x * math.log(x) if x > 0 else 0.0",
}  # fmt: skip


def outer_remedy(value: Any) -> str:
    """Return what to write instead of an object from outside the function that is no number."""
    if isinstance(value, enum.Enum):
        return "write its .value, or make the class an enum.IntEnum"
    if isinstance(value, (list, set, frozenset)):
        return "make it a tuple of numbers, or pass an array"
    if isinstance(value, dict):
        return "give each number a name of its own, or pass a named tuple"
    return "a kernel closes over numbers, booleans and tuples of them; pass others"


def call_remedy(func: Any) -> str | None:
    """Return what to write instead of the call of a well-known function, or None."""
    owner = getattr(func, "__self__", None)
    if isinstance(owner, (random.Random, np.random.RandomState)):
        return "random numbers are jk.random.uniform(key, i), normal and bits: functions of a key and a counter"
    if isinstance(func, functools.partial):
        return "write a plain function that calls the other one with all its arguments"
    if isinstance(func, functools._lru_cache_wrapper):
        return f"call the function without its cache: {func.__name__} = {func.__name__}.__wrapped__"
    if isinstance(func, np.ufunc) and getattr(np, func.__name__, None) is not func:  # SciPy's
        return _SPECIAL.get(func.__name__, "call it outside, on whole arrays, and pass what it returns")
    try:
        return _CALLS.get(func)
    except TypeError:  # unhashable
        return None
