"""The functions that users give to primitives: what they stand for, and the dtypes that they return."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from jitkit.backends import interpreted, typedmath
from jitkit.errors import KernelError, KernelTypeError
from jitkit.frontend import operations
from jitkit.frontend.meanings import compiled_form
from jitkit.frontend.unsupported import call_remedy
from jitkit.primitives import _structs

_PROBES = (1, 2, 0)


def function_of(f: Any, count: int, name: str) -> Callable[..., Any]:
    """Return the function of `count` numbers that `f` stands for.

    Raises
    ------
    KernelError
        Where it is none.
    """
    found: Any = standing_for(f)
    known = operations.lookup(found)
    if known is not None and operations.arity(operations.variant(known, count)) == count:
        return found  # type: ignore[no-any-return]
    helper = compiled_form(found)
    if known is None and isinstance(helper, FunctionType) and _takes(helper, count):
        return found  # type: ignore[no-any-return]
    struct = _structs.struct_class(found)
    if struct is not None and len(_structs.names_of(struct)) == count:  # a point (x, y) of two numbers
        return found  # type: ignore[no-any-return]
    instead = call_remedy(found)
    if instead is not None:
        raise KernelError(
            f"jk.{name}: {operations.described(f)} cannot be used in a kernel: give a function of your own, in which {instead}"
        )
    raise KernelError(
        f"jk.{name}: {operations.described(f)} is no function of {count} number{'s' * (count != 1)}, one for each array: "
        "give a function or a lambda, a function of math or operator, a NumPy ufunc, or its name"
    )


def standing_for(f: Any) -> Any:
    """Return the function that a name, a compiled function or one of several results stands for, as kernels know it."""
    found: Any = operations.named(f) if isinstance(f, str) else getattr(f, "py_func", f)
    return _OF_SEVERAL.get(found, found) if type(found).__hash__ is not None else found


def _modf(x: Any) -> Any:
    x = x * 1.0  # integers as floats
    whole = np.trunc(x)
    return (np.copysign(0.0, x) if whole == x else x - whole), whole  # infinity is whole


def _modf_of_numpy(x: Any) -> Any:
    return _modf(np.copysign(np.fabs(x), x))  # small integers as small floats, as all of NumPy's functions take them


_OF_SEVERAL: dict[Any, Any] = {np.divmod: divmod, np.modf: _modf_of_numpy, math.modf: _modf}
"""Functions of several results that kernels do not have, and those that do the same there."""


def _takes(func: FunctionType, count: int) -> bool:
    code, defaults = func.__code__, len(func.__defaults__ or ())
    return code.co_argcount - defaults <= count <= code.co_argcount and not code.co_kwonlyargcount


def result_dtypes(f: Callable[..., Any], given: tuple[np.dtype[Any], ...], name: str) -> tuple[np.dtype[Any], ...]:
    """Return the dtypes of what a function returns for numbers of given dtypes: it is called on a few.

    Raises
    ------
    KernelTypeError
        Where it fails on all of them, or returns something else than numbers.
    """
    return results_of(f, given, name)[0]


def results_of(
    f: Callable[..., Any], given: tuple[np.dtype[Any], ...], name: str
) -> tuple[tuple[np.dtype[Any], ...], type | None]:
    """Return what `result_dtypes` does, and the class of the struct that the function returns, or None.

    Raises
    ------
    KernelTypeError
        As `result_dtypes`, and for structs that are no values.
    """
    call = interpreted.overlay(f) if isinstance(f, FunctionType) else typedmath.BY_FUNCTION.get(f, f)
    results: list[tuple[Any, ...]] = []
    kinds: set[type | None] = set()
    failed: Exception | None = None
    with np.errstate(all="ignore"):
        for value in _PROBES:
            try:
                result = call(*(sample(dtype, value) for dtype in given))
            except (ArithmeticError, ValueError, TypeError, IndexError) as error:
                failed = error
            else:
                kinds.add(_structs.kind_of(result))
                fields = _structs.parts_of(result)
                results.append(fields if isinstance(fields, tuple) else (fields,))
    if not results:
        raise KernelTypeError(
            f"jk.{name}: the dtype of the result is not known, since {f!r} failed on ones ({failed}); pass dtype= or out="
        ) from failed
    if len(set(map(len, results))) > 1 or len(kinds) > 1:
        raise KernelTypeError(f"jk.{name}: {f!r} returns tuples of different lengths or classes")
    (kind,) = kinds
    if kind is not None:
        _structs.check(kind, name)
    return tuple(_joined(parts, f, name) for parts in zip(*results, strict=True)), kind


def sample(dtype: Any, value: int) -> Any:
    """Return a number of a dtype, a Python number of a Python type, or a tuple of numbers for a structured dtype."""
    if isinstance(dtype, type):
        return dtype(value)
    return dtype.type(value) if dtype.names is None else tuple(dtype[name].type(value) for name in dtype.names)


def _joined(values: tuple[Any, ...], f: Any, name: str) -> np.dtype[Any]:
    if not all(isinstance(value, (bool, int, float, complex, np.number, np.bool_)) for value in values):
        kinds = sorted({type(value).__name__ for value in values})
        raise KernelTypeError(
            f"jk.{name}: {f!r} returned {' and '.join(kinds)}: it must return numbers, or a tuple of them"
        )
    strong = [value.dtype for value in values if isinstance(value, np.generic)]
    weak = [type(value)(0) for value in values if not isinstance(value, np.generic)]
    if strong and all(dtype == np.bool_ for dtype in strong) and all(isinstance(value, bool) for value in weak):
        return np.dtype(np.bool_)
    return np.result_type(*strong, *weak)
