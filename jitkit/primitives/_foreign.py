"""Arrays of other libraries in `vectorize`: those that say by `__array_ufunc__` how a ufunc is applied to them.

pandas, xarray and dask look at the ufunc's `nin`, `nout`, `signature` and `__name__`, and call it again on the arrays inside.
The protocol: N. J. Smith, B. Root and others, NEP 13, A mechanism for overriding ufuncs, 2013.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from jitkit.launch.arguments import is_device_array
from jitkit.primitives._lazy import Lazy

_ndarray = np.ndarray
_PLAIN = (np.ndarray, np.generic, bool, int, float, complex, list, Lazy)


def among(inputs: Sequence[Any], out: Any, where: Any) -> bool:
    """Tell whether any array is of a library that wants to be asked."""
    for x in inputs:
        if type(x) is not _ndarray and is_foreign(x):
            return True
    if where is True and (out is None or type(out) is _ndarray):
        return False
    outs = out if isinstance(out, tuple) else (out,)
    return any(map(is_foreign, outs)) or is_foreign(where)


def is_foreign(x: Any) -> bool:
    """Tell whether an array has an `__array_ufunc__` of its own; a GPU's arrays are taken as they are."""
    if x is None or type(x) in _PLAIN or is_device_array(x):
        return False
    found = getattr(type(x), "__array_ufunc__", np.ndarray.__array_ufunc__)
    return found is not np.ndarray.__array_ufunc__ and not isinstance(x, np.generic)


def call(ufunc: Any, method: str, inputs: tuple[Any, ...], **options: Any) -> Any:
    """Ask each library in turn, as NumPy does, and return what the first gives that agrees.

    Raises
    ------
    TypeError
        Where none does.
    """
    options = {name: value for name, value in options.items() if not _is_default(name, value)}
    if "out" in options and not isinstance(options["out"], tuple):
        options["out"] = (options["out"],)
    asked = _in_order([*inputs, *options.get("out", ()), options.get("where")])
    result = _ask(asked, anonymous(ufunc), method, inputs, options)
    if result is NotImplemented and method == "__call__" and ufunc.nout > 1 and "out" not in options:
        # dask knows ufuncs of several results by their names alone: one after another then.
        parts = tuple(_ask(asked, anonymous(part), method, inputs, options) for part in parts_of(ufunc))
        result = NotImplemented if any(part is NotImplemented for part in parts) else parts
    if result is NotImplemented:
        kinds = " and ".join(sorted({f"{type(x).__module__}.{type(x).__name__}" for x in inputs}))
        raise TypeError(f"{ufunc.__name__}.{method} is not supported for {kinds} together".replace(".__call__", ""))
    return result


def _is_default(name: str, value: Any) -> bool:
    return value is None or (name == "where" and value is True) or (name == "keepdims" and value is False)


def _in_order(values: Sequence[Any]) -> list[Any]:
    """Return one value of each foreign type, subclasses before their bases, else from left to right."""
    found: list[Any] = []
    for x in values:
        if is_foreign(x) and type(x) not in map(type, found):
            before = next((k for k, y in enumerate(found) if isinstance(x, type(y))), len(found))
            found.insert(before, x)
    return found


def _ask(asked: list[Any], ufunc: Any, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    for x in asked:
        if type(x).__array_ufunc__ is None:
            raise TypeError(f"{type(x).__module__}.{type(x).__name__} takes part in no ufunc")
        result = x.__array_ufunc__(ufunc, method, *inputs, **options)
        if result is not NotImplemented:
            return result
    return NotImplemented


def anonymous(ufunc: Any) -> Any:
    """Return the same under a name that nobody knows: libraries take a function named `add` for NumPy's."""
    face = copy.copy(ufunc)
    face.__name__ = f"vectorized {ufunc.__name__}"
    return face


def parts_of(ufunc: Any) -> list[Any]:
    """Return what computes each result of a vectorized function alone."""
    return [
        type(ufunc)(_part(ufunc.func, ufunc.nin, k), ufunc.dtype, ufunc.backend, ufunc.__name__)
        for k in range(ufunc.nout)
    ]


# mypy: disable-error-code="no-untyped-def,no-untyped-call"
def _part(f: Callable[..., Any], nin: int, k: int) -> Callable[..., Any]:
    def part1(a):
        return f(a)[k]

    def part2(a, b):
        return f(a, b)[k]

    def part3(a, b, c):
        return f(a, b, c)[k]

    def part4(a, b, c, d):
        return f(a, b, c, d)[k]

    def part5(a, b, c, d, e):
        return f(a, b, c, d, e)[k]

    def part6(a, b, c, d, e, g):
        return f(a, b, c, d, e, g)[k]

    return (part1, part2, part3, part4, part5, part6)[nin - 1]
