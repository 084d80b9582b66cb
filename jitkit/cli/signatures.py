"""Argument types as text, `float32[:,:], float`, and values that have those types."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from jitkit.cli.failures import Refused

_PYTHON = {"bool": True, "int": 1, "float": 1.0, "complex": 1j}
_ITEM = re.compile(r"(\w+)\s*(?:\[([:,\s]*)\])?")
_EXTENT = 2  # of each dimension: more than 1, or an array would count as contiguous in both orders
_FORMS = "float (or bool, int, complex) for a Python number, float32 for a NumPy scalar, float32[:,:] for an array"


def example_values(text: str) -> tuple[Any, ...]:
    """Return one value for each type in a list of types.

    Parameters
    ----------
    text : str
        Types separated by commas: `int`, `float`, `complex`, `bool` for Python numbers, a dtype for a NumPy scalar, and
        `dtype[:]` with a colon for each dimension for an array.

    Raises
    ------
    Refused
        For anything else; the message names the part.

    Examples
    --------
    >>> array, number = example_values("float32[:,:], float")
    >>> array.dtype, array.ndim, number
    (dtype('float32'), 2, 1.0)
    """
    return tuple(_value(item.strip()) for item in re.split(r",(?![^\[]*\])", text)) if text.strip() else ()


def _value(item: str) -> Any:
    found = _ITEM.fullmatch(item)
    if not found:
        raise Refused(f"--args: {item!r} is not a type; write {_FORMS}")
    name, axes = found.groups()
    if axes is None:
        return _PYTHON[name] if name in _PYTHON else _dtype(name).type(1)
    if not re.fullmatch(r"\s*:\s*(,\s*:\s*)*", axes):
        raise Refused(f"--args: {item!r}: the brackets hold one colon for each dimension, such as {name}[:,:]")
    return np.ones((_EXTENT,) * axes.count(":"), _dtype(name))


def _dtype(name: str) -> np.dtype[Any]:
    try:
        dtype = np.dtype(name)
    except TypeError:
        dtype = None
    if dtype is None or dtype.kind not in "?biufc":
        raise Refused(f"--args: there is no type {name!r}; write {_FORMS}")
    return dtype
