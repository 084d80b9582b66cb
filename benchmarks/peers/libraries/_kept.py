"""A call that keeps what a function returns, for libraries that do not write into given arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def kept(function: Callable[[], Any], *places: Any) -> tuple[Callable[[], None], Callable[[], None]]:
    """Return a call, and what puts the results of the last one into arrays; only the call is timed.

    Parameters
    ----------
    function : callable
        Returns a result, or a tuple of as many as there are places.
    *places : ndarray
        Where the results go. A result that is shorter fills the beginning.
    """
    last: list[Any] = []

    def call() -> None:
        last[:] = [function()]

    def finish() -> None:
        for place, result in zip(places, last[0] if len(places) > 1 else last, strict=True):
            found = np.asarray(result)
            place[tuple(slice(extent) for extent in found.shape)] = found

    return call, finish
