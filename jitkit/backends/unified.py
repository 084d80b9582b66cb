"""The dtype of memory that numbers of several types go into, as compiled code unifies the types of all work-items."""

from __future__ import annotations

from typing import Any

import numpy as np

_WEAK = {int: 0, float: 0.0, complex: 0j}


class Unified:
    """The types of the numbers met so far; a Python number does not widen others, and alone has NumPy's default type."""

    def __init__(self) -> None:
        self._met: dict[Any, Any] = {}

    def with_(self, value: Any) -> np.dtype[Any]:
        """Return the dtype that holds all numbers so far and one more."""
        kind = type(value) if type(value) in _WEAK else np.asarray(value).dtype
        self._met[kind] = _WEAK.get(kind, kind)
        return np.result_type(*self._met.values())
