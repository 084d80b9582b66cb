"""Running kernels in the interpreter: the user's own code object, so that breakpoints, prints and tracebacks work.

Numba is never imported here. The function's globals are overlaid so that `math` keeps float32 (see `typedmath`) in the
kernel and in its helpers; everything else is what the user wrote.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from types import CellType, FunctionType, ModuleType
from typing import Any

import numpy as np

from jitkit.backends import typedmath
from jitkit.launch.space import Space


def run(func: Callable, space: Space, args: tuple[Any, ...]) -> None:
    """Call a function once for each point of a space, the last index fastest.

    Overflow and division by zero give what compiled code gives, without warnings.
    """
    function = overlay(func)
    with np.errstate(all="ignore"):
        indices: tuple[int, ...] = ()
        try:
            for indices in itertools.product(*space.ranges()):
                function(*indices, *args)
        except Exception as error:
            error.add_note(f"in kernel {func.__name__} at point {indices}")
            raise


def overlay(func: Callable, _done: dict[Any, Callable] | None = None) -> Callable:
    """Return a function with the same code whose `math` functions, in it and in its helpers, keep the argument's type."""
    done = {} if _done is None else _done
    if func in done:
        return done[func]
    namespace: dict[str, Any] = dict(func.__globals__)
    cells = tuple(CellType() for _ in func.__closure__ or ())
    done[func] = FunctionType(func.__code__, namespace, func.__name__, func.__defaults__, cells or None)
    done[func].__kwdefaults__ = func.__kwdefaults__
    for name in func.__code__.co_names:
        if name in namespace:
            namespace[name] = _replace(namespace[name], done)
    for cell, original in zip(cells, func.__closure__ or (), strict=True):
        try:
            cell.cell_contents = _replace(original.cell_contents, done)
        except ValueError:  # a name that has no value yet
            continue
    return done[func]


class _ModuleView:
    """A user's module whose functions are overlaid as they are looked up."""

    def __init__(self, module: ModuleType, done: dict[Any, Callable]) -> None:
        self._module, self._done = module, done

    def __getattr__(self, name: str) -> Any:
        return _replace(getattr(self._module, name), self._done)


def _replace(value: Any, done: dict[Any, Callable]) -> Any:
    if value is math:
        return typedmath
    if isinstance(value, ModuleType) and value.__name__.split(".")[0] not in ("numpy", "jitkit"):
        return _ModuleView(value, done)
    try:
        typed = typedmath.BY_FUNCTION.get(value)
    except TypeError:
        return value
    if typed is not None:
        return typed
    value = getattr(value, "py_func", value)
    module = getattr(value, "__module__", None) or ""
    if isinstance(value, FunctionType) and module.split(".")[0] != "numpy":
        return overlay(value, done)
    return value
