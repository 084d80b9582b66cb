"""Steps of a Fourier transform that take each element by itself."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jitkit as jk
from jitkit import operands
from jitkit.launch.launcher import Launcher


class Pointwise:
    """A step over (outer, m, across), whose lanes are the elements along a row where nothing lies across.

    Parameters
    ----------
    step : callable
        ``step(o, j, c, n, across, args)`` with the indices, the length of the transform, and a tuple of arrays and numbers.
    """

    def __init__(self, step: Callable[..., None]) -> None:
        @jk.kernel(name=step.__name__)
        def in_columns(o, j, c, n, across, args):
            step(o, j, c, n, across, args)

        @jk.kernel(name=step.__name__)
        def in_rows(o, j, n, args):
            step(o, j, 0, n, 1, args)

        self._columns, self._rows = Launcher(in_columns), Launcher(in_rows)

    def __call__(self, space: tuple[int, int, int], n: int, args: tuple[Any, ...], backend: str | None) -> None:
        """Take the step at each point of (outer, m, across)."""
        args = operands.unfrozen(args)
        if space[2] == 1:
            self._rows(space[:2], backend)(n, args)
        else:
            self._columns(space, backend)(n, space[2], args)
