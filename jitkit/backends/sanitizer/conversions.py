"""Converting numbers to integers under watch: what does not fit is found."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from jitkit import atomic
from jitkit.backends.sanitizer.arrays import Array
from jitkit.backends.sanitizer.state import State

INTEGERS = tuple(np.dtype(code).type for code in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"))
RANGES = {kind: (int(np.iinfo(kind).min), int(np.iinfo(kind).max)) for kind in INTEGERS}
RANGES[int] = RANGES[np.int64]  # a Python number is an int64 in compiled code
MODULAR = frozenset((np.uint32, np.uint64))
"""Types whose arithmetic is meant to wrap: hashes and random generators are written in them."""


def name_of(kind: type) -> str:
    """Name an integer type."""
    return "int64" if kind is int else kind.__name__


def wrapped(value: int, kind: type) -> Any:
    """Return an integer modulo the width of a type."""
    result = atomic.converted(np.dtype(kind), value)
    return int(result) if kind is int else result


class Conversions:
    """The watched conversions of one check."""

    def __init__(self, state: State) -> None:
        self.state = state

    def convert(
        self, dtype: np.dtype[Any], value: Any, site: int, array: Array | None = None, index: Any = None
    ) -> Any:
        """Return what an assignment to a dtype, or a cast, gets: a value that fits."""
        kind = dtype.type
        if type(value) is kind or kind not in RANGES:
            return value
        if isinstance(value, (int, np.integer)):
            return self._integer(kind, value, site, array, index)
        if isinstance(value, (float, np.floating)):
            return self._float(kind, value, site, array, index)
        return value

    def _integer(self, kind: type, value: Any, site: int, array: Array | None, index: Any) -> Any:
        low, high = RANGES[kind]
        exact = int(value)
        if low <= exact <= high:
            return value
        result = wrapped(exact, kind)
        if kind not in MODULAR:
            self._find(site, f"{exact} does not fit in {name_of(kind)} and becomes {result}", array, index)
        return result

    def _float(self, kind: type, value: Any, site: int, array: Array | None, index: Any) -> Any:
        low, high = RANGES[kind]
        value = float(value)  # exact, and np.float32 has no __trunc__
        if math.isfinite(value) and low <= math.trunc(value) <= high:
            return math.trunc(value)
        self._find(site, f"{value} does not fit in {name_of(kind)}", array, index)
        if not math.isfinite(value):
            return kind(0)
        return kind(low if value < 0 else high)

    def _find(self, site: int, text: str, array: Array | None, index: Any) -> None:
        if array is None:
            self.state.find("integer-overflow", site, text)
        else:
            self.state.find_at("integer-overflow", site, array, index, f"is given a number that overflows: {text}")
