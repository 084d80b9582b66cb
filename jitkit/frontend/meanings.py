"""Functions with two bodies: one that an interpreter runs as it stands, and one in the kernel language, compiled in its stead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from jitkit.frontend import integers

_Function = TypeVar("_Function", bound=Callable[..., Any])
_COMPILED: dict[Any, Callable[..., Any]] = {**integers.COMPILED}


def compiled_as(helper: Callable[..., Any]) -> Callable[[_Function], _Function]:
    """Decorate a function that kernels call: compiled kernels call `helper` instead, which has the same parameters.

    For arithmetic that Python's own integers do in a tenth of the time of NumPy's scalars.
    """

    def register(func: _Function) -> _Function:
        _COMPILED[func] = helper
        return func

    return register


def compiled_form(func: Any) -> Any:
    """Return what is compiled where a kernel calls a function: mostly the function itself."""
    try:
        return _COMPILED.get(func, func)
    except TypeError:  # unhashable
        return func


def has_own_interpretation(func: Any) -> bool:
    """Tell whether an interpreter runs a function as it stands, and not as a helper of the user's.

    Those that make numbers of random bits reinterpret unsigned integers as signed ones, which a check would report.
    """
    return compiled_form(func) is not func or getattr(func, "__module__", None) == "jitkit.random.numbers"


def always_inlined(func: Callable[..., Any]) -> bool:
    """Tell whether compilers must put a helper into its callers, whatever they think of its size.

    The ten rounds of a random number are more than LLVM inlines by itself, and a loop with a call in it is no vector code.
    """
    return (func.__module__ or "").startswith("jitkit.random.")
