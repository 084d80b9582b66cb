"""Recognising a function by its code and by what it sees, in a twentieth of the time of reading and rewriting its source.

Equal digests mean equal programs. Code says all that the source does but for comments, annotations and places, none of which
a program depends on, and for branches that Python itself removes. Of what a function sees, numbers, tuples, functions,
modules and the classes of numbers and tuples are known here; a function that may see anything else has no digest.
"""

from __future__ import annotations

import builtins
import inspect
from collections.abc import Callable, Iterator
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from jitkit.frontend import operations, vocabulary
from jitkit.frontend.calls import is_library
from jitkit.frontend.meanings import always_inlined, compiled_form
from jitkit.frontend.structs import tuple_class
from jitkit.hashing import blake2b

_PLAIN = frozenset((bool, int, float, complex, str, bytes, type(None), type(Ellipsis)))


class _UnknownError(Exception):
    """A function may see something that has no digest."""


def digest(func: Callable) -> str | None:
    """Return a text that is the same, in every process, for functions that the same program is made of; None where unknown."""
    try:
        text = "\n".join(_Reader().function(func))
    except _UnknownError:
        return None
    return blake2b(text.encode(), digest_size=20).hexdigest()


class _Reader:
    """The lines that describe a function and everything it reaches, each function once."""

    def __init__(self) -> None:
        self._places: dict[FunctionType, int] = {}
        self._modules: set[tuple[ModuleType, tuple[str, ...]]] = set()

    def function(self, func: Any) -> Iterator[str]:
        """Yield what describes a function, or its number where that was yielded before."""
        known = func in self._places
        yield f"function {self._places.setdefault(func, len(self._places))}"
        if known:
            return
        yield from _code(func.__code__)
        yield f"{always_inlined(func)}"
        for value in (*(func.__defaults__ or ()), *(func.__kwdefaults__ or {}).values()):
            yield from self.value(value, ())
        names = tuple(sorted(_names(func.__code__)))
        for name, cell in zip(func.__code__.co_freevars, func.__closure__ or (), strict=True):
            yield name
            try:
                yield from self.value(cell.cell_contents, names)
            except ValueError:  # still empty
                raise _UnknownError(name) from None
        for name in names:  # names of attributes, too, since code does not tell them apart
            for namespace in (func.__globals__, vars(builtins)):
                if name in namespace:
                    yield name
                    yield from self.value(namespace[name], names)
                    break

    def value(self, value: Any, names: tuple[str, ...]) -> Iterator[str]:
        """Yield what describes an object that a function sees, and those of its attributes that the function may mean."""
        operation = operations.lookup(value) or vocabulary.lookup(value)
        func = compiled_form(getattr(value, "py_func", value))
        if operation is not None:
            yield operation
        elif type(value) in _PLAIN or isinstance(value, (np.generic, np.dtype)):
            yield f"{type(value).__module__}.{type(value).__qualname__} {value!r}"
        elif isinstance(value, tuple) and type(value) is tuple:
            yield f"tuple of {len(value)}"
            for item in value:
                yield from self.value(item, names)
        elif isinstance(value, ModuleType):
            yield from self._module(value, names)
        elif isinstance(func, FunctionType) and not is_library(func):
            if not vars(func).keys().isdisjoint(names):  # it may mean an attribute of the function
                raise _UnknownError(func)
            yield from self.function(func)
        elif isinstance(value, BuiltinFunctionType) or (hasattr(value, "__qualname__") and is_library(value)):
            yield f"{value.__module__}.{value.__qualname__}"
        elif isinstance(value, type) and value.__module__ == "builtins":
            yield value.__qualname__
        elif isinstance(value, type) and tuple_class(value) is not None and not _says_more(value, names):
            yield f"{value.__module__}.{value.__qualname__}{inspect.signature(value)}"
        else:
            raise _UnknownError(value)

    def _module(self, module: ModuleType, names: tuple[str, ...]) -> Iterator[str]:
        yield f"module {module.__name__}"
        if (module, names) in self._modules:  # modules may see each other
            return
        self._modules.add((module, names))
        known = vars(module)
        for name in names:
            if name in known:
                yield name
                yield from self.value(known[name], names)
            elif "__getattr__" in known and hasattr(module, name):
                yield name
                yield from self.value(getattr(module, name), names)


def _says_more(cls: type, names: tuple[str, ...]) -> bool:
    """Tell whether a function may mean more of a class of tuples than its fields: a constant of it, or a function."""
    fields = inspect.signature(cls).parameters
    return any(hasattr(cls, name) and name not in fields for name in ("element", *names))


def _code(code: CodeType) -> Iterator[str]:
    yield (
        f"{code.co_name} {code.co_argcount} {code.co_posonlyargcount} {code.co_kwonlyargcount} {code.co_flags} "
        f"{code.co_varnames} {code.co_names} {code.co_freevars} {code.co_cellvars} {code.co_code.hex()}"
    )
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code(constant)
        else:
            yield f"{type(constant).__name__} {constant!r}"


def _names(code: CodeType) -> set[str]:
    return set(code.co_names).union(*(_names(item) for item in code.co_consts if isinstance(item, CodeType)))
