"""How kernels and functions reach other processes: by name, or with their source where they are pickled by value."""

from __future__ import annotations

import contextlib
import functools
import linecache
import sys
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

_WHOLE_PATHS = 4  # the pickle protocol from which on the name of a thing inside a thing is written as such
_Place = tuple[str, int]
_Rebuild = tuple[Callable[..., Any], tuple[Any, ...]]


def reduced(kernel: Any, protocol: int) -> str | _Rebuild:
    """Return what `__reduce_ex__` does.

    A kernel's name leads to the kernel and ``name.func`` to its function, which pickle then finds by that name. cloudpickle,
    by which joblib and dask send things to their workers, pickles functions of a script or a notebook by value.
    """
    name: str = vars(kernel)["__qualname__"]
    leads_here = named(kernel.func.__module__, name) is kernel
    if leads_here and protocol < _WHOLE_PATHS:
        return name
    if leads_here:
        kernel.func.__qualname__ = f"{name}.func"
    sources = sources_of(kernel.func)
    return _rebuilt, (type(kernel), kernel.func, kernel.fastmath, kernel.group, kernel.name, *sources)


def named(module: str, name: str) -> Any:
    """Return what a module has under a name with dots, or None."""
    try:
        return functools.reduce(getattr, name.split("."), sys.modules.get(module))
    except AttributeError:  # of a function's own names: `outer.<locals>.inner`
        return None


def _rebuilt(
    kind: type[Any],
    func: Callable,
    fastmath: bool,
    group: tuple[int, ...] | None,
    name: str,
    files: dict[_Place, str],
    cells: dict[str, str],
) -> Any:
    for path in (func.__qualname__, func.__qualname__.removesuffix(".func")):
        found = named(func.__module__, path)
        if isinstance(found, kind) and found.func is func:
            return found
    restore_sources(func, files, cells)
    return kind(func, fastmath=fastmath, group=group, name=name)


def restore_sources(func: Any, files: dict[_Place, str], cells: dict[str, str]) -> None:
    """Lead a function that came by value, and those that it reaches, to their sources."""
    for each in _reached(func):
        filename = files.get(_place(each), each.__code__.co_filename)
        if not Path(each.__code__.co_filename).exists():  # cloudpickle writes "<dynamic-code>"
            each.__code__ = each.__code__.replace(co_filename=filename)
    for filename, text in cells.items():
        if filename not in linecache.cache:  # without a time of change: it stays when others are looked at anew
            linecache.cache[filename] = len(text), None, text.splitlines(keepends=True), filename


def sources_of(func: Any) -> tuple[dict[_Place, str], dict[str, str]]:
    """Return the file of a function and of each that it reaches, and the texts of those that are no files: of cells.

    None for what other processes import, or is no function of Python's.
    """
    if not isinstance(func, FunctionType):
        return {}, {}
    path = func.__qualname__.removesuffix(".func")
    found = named(func.__module__, path)
    if func.__module__ != "__main__" and func in (found, getattr(found, "func", None)):
        return {}, {}
    files = {_place(each): each.__code__.co_filename for each in _reached(func)}
    return files, {name: "".join(linecache.getlines(name)) for name in files.values() if not Path(name).exists()}


def _place(func: FunctionType) -> _Place:
    return func.__qualname__, func.__code__.co_firstlineno


def _reached(func: Any) -> list[FunctionType]:
    """Return a function and those that it sees, and so on; a library's may be among them."""
    found = [func] if isinstance(func, FunctionType) else []
    for each in found:  # grows
        seen = [each.__globals__[name] for name in each.__code__.co_names if name in each.__globals__]
        for cell in each.__closure__ or ():
            with contextlib.suppress(ValueError):  # still empty
                seen.append(cell.cell_contents)
        found += [value for value in seen if isinstance(value, FunctionType) and value not in found]
    return found
