"""Distributions of which each number is drawn by itself, and what their parameters may be."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from jitkit.random.elements import Draw, draw_each, draw_varied
from jitkit.random.outputs import FLOATS, Dtype, Size, beside, dtype_of, output, parameter
from jitkit.random.singles import Singles, single

_MOST = 2.0**53


class Each(Singles):
    """What draws numbers by a function of a place, a step and parameters."""

    def _drawn(
        self, what: str, draw: Draw, size: Size, dtype: Dtype, out: Any, *given: Any, allowed: tuple[str, ...] = FLOATS
    ) -> Any:  # fmt: skip
        """Draw the numbers of a method; `given` are its parameters, floats or arrays."""
        numbers = all(type(x) is float for x in given)
        if size is None and out is None and numbers:
            return self._one(single(draw, dtype_of(what, dtype, allowed), given))
        chosen, step = output(what, size, dtype, out, allowed, *given), self._next_step()
        if chosen.flat.shape[0] and numbers:
            draw_each(draw, chosen.flat, self._key, step, given)
        elif chosen.flat.shape[0]:
            draw_varied(draw, chosen.flat, self._key, step, tuple(beside(x, chosen) for x in given))
        return chosen.array


def number(what: str, name: str, value: ArrayLike) -> Any:
    """Return a parameter that may be any finite number."""
    return _finite(what, name, parameter(what, name, value, None))


def above_0(what: str, name: str, value: ArrayLike) -> Any:
    """Return a parameter above 0."""
    return _finite(what, name, parameter(what, name, value, "above 0"))


def from_0(what: str, name: str, value: ArrayLike) -> Any:
    """Return a parameter that is 0 or above."""
    return _finite(what, name, parameter(what, name, value))


def whole(what: str, name: str, value: ArrayLike) -> Any:
    """Return a parameter that counts: float64 of integers from 0, which are exact up to 2**53."""
    found = from_0(what, name, value)
    if not np.all((found == np.floor(found)) & (found <= _MOST)):
        raise ValueError(f"{what}: {name} is {value!r}; give integers up to 2**53")
    return found


def _finite(what: str, name: str, value: Any) -> Any:
    if not np.all(np.isfinite(value)):
        raise ValueError(f"{what}: {name} is infinite or NaN; give finite numbers")
    return value
