"""What goes along with keys that are sorted: nothing, values, or the places where the keys were."""

# Functions of kernels take whatever they are called with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from typing import Any

import numpy as np

from jitkit.operands import dtype_of, made
from jitkit.primitives._arrays import device_of


class Carry:
    """Functions of kernels: ``take(v, at)``, ``put(w, at, value)``, and ``first(v, at, k)`` for the first pass.

    Parameters
    ----------
    what : {"nothing", "values", "places"}
        Places are the positions that the keys had: no array holds them before the first pass.
    """

    def __init__(self, what: str) -> None:
        def nothing(v, at):
            return 0

        def value(v, at):
            return v[at]

        def ignore(w, at, value):
            pass

        def put(w, at, value):
            w[at] = value

        def place(v, at, k):
            return k

        def own(v, at, k):
            return take(v, at)

        take = self.take = nothing if what == "nothing" else value
        self.put = ignore if what == "nothing" else put
        self.first = place if what == "places" else own


def like(x: Any, size: int) -> Any:
    """Return a new vector of the dtype of another, and so many elements."""
    if type(x) is np.ndarray:  # in 0.4 us less
        return np.empty(size, x.dtype)
    return made((size,), (dtype_of(x),), device_of(x))
