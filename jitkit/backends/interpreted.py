"""Running kernels in the interpreter: the user's own code object, so that breakpoints, prints and tracebacks work.

Numba is never imported here. The function's globals are overlaid so that `math` keeps float32 (see `typedmath`) in the
kernel and in its helpers; everything else is what the user wrote. Group kernels run in `interpreted_groups`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from jitkit.backends import copies, typedmath, typednumpy
from jitkit.frontend.meanings import has_own_interpretation
from jitkit.language import Point, entered
from jitkit.launch.arguments import walk
from jitkit.launch.space import Space


def run(func: Callable, space: Space, args: tuple[Any, ...]) -> None:
    """Call a function once for each point of a space, the last index fastest.

    Overflow and division by zero give what compiled code gives, without warnings.
    """
    function = by_position(overlay(func))
    with np.errstate(all="ignore"), entered(Point()):
        indices: tuple[int, ...] = ()
        try:
            for indices in itertools.product(*space.ranges()):
                function(*indices, *args)
        except Exception as error:
            error.add_note(f"in kernel {func.__name__} at point {indices}")
            raise


def with_fields(names: tuple[str, ...], values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return arguments in which the fields of records are attributes, too (``p[i].mass``), as in compiled code."""
    leaves = [pair for name, value in zip(names, values, strict=True) for pair in walk(name, value)]
    arrays = {path: x.view(np.recarray) for path, x in leaves if isinstance(x, np.ndarray) and x.dtype.names}
    if not arrays:
        return values
    return tuple(copies.rebuilt(name, value, arrays) for name, value in zip(names, values, strict=True))


def overlay(func: Callable) -> Callable:
    """Return a function with the same code whose `math` functions, in it and in its helpers, keep the argument's type."""
    return Overlay().function(func)


def by_position(func: Callable) -> Callable:
    """Return a kernel's function as one that takes all its arguments by position, as a launch passes them."""
    code = func.__code__
    if not code.co_kwonlyargcount:
        return func
    code = code.replace(co_argcount=code.co_argcount + code.co_kwonlyargcount, co_kwonlyargcount=0)
    return FunctionType(code, func.__globals__, func.__name__, None, func.__closure__)


class Overlay:
    """Functions of the user's whose names have another meaning: `math` is typed, and helpers are overlaid in their turn.

    A subclass may give a function other code, too.
    """

    def __init__(self) -> None:
        self._done: dict[Any, Callable] = {}
        self._made: set[Callable] = set()

    def function(self, func: Callable) -> Callable:
        """Return the overlaid function; the same one each time, so that recursion ends."""
        if func in self._made:
            return func
        if func not in self._done:
            self._overlay(func)
        return self._done[func]

    def code(self, func: Callable) -> CodeType:
        """Return the code that stands for a function's."""
        return func.__code__

    def extra(self) -> dict[str, Any]:
        """Return global names beyond the user's own."""
        return {}

    def replacement(self, value: Any) -> Any:
        """Return what a name stands for that the user bound to `value`."""
        if value is math:
            return typedmath
        if value is np or value is np.where:
            return typednumpy if value is np else typednumpy.where
        if isinstance(value, ModuleType) and value.__name__.split(".")[0] not in ("numpy", "jitkit"):
            return _ModuleView(value, self)
        try:
            typed = typedmath.BY_FUNCTION.get(value)
        except TypeError:
            return value
        if typed is not None:
            return typed
        value = getattr(value, "py_func", value)
        if has_own_interpretation(value):
            return value
        module = getattr(value, "__module__", None) or ""
        if isinstance(value, FunctionType) and module.split(".")[0] != "numpy" and module not in _LANGUAGE:
            return self.function(value)
        return value

    def _overlay(self, func: Callable) -> None:
        code, namespace = self.code(func), {**func.__globals__, **self.extra()}
        free = dict(zip(func.__code__.co_freevars, func.__closure__ or (), strict=True))
        cells = tuple(CellType() for _ in code.co_freevars)
        self._done[func] = FunctionType(code, namespace, func.__name__, func.__defaults__, cells or None)
        self._made.add(self._done[func])
        self._done[func].__kwdefaults__ = func.__kwdefaults__
        for name in {*func.__code__.co_names, *code.co_names}:
            if name in func.__globals__:
                namespace[name] = self.replacement(func.__globals__[name])
        for cell, name in zip(cells, code.co_freevars, strict=True):
            try:
                cell.cell_contents = self.replacement(free[name].cell_contents)
            except ValueError:  # a name that has no value yet
                continue


_LANGUAGE = ("jitkit.language", "jitkit.atomic")


class _ModuleView:
    """A user's module whose functions are overlaid as they are looked up."""

    def __init__(self, module: ModuleType, meaning: Overlay) -> None:
        self._module, self._meaning = module, meaning

    def __getattr__(self, name: str) -> Any:
        return self._meaning.replacement(getattr(self._module, name))
