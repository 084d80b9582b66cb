"""Arrays of which each element is drawn by itself: few numbers, and distributions whose numbers take their time.

Fills write whole chunks, and take 4.4 us for ten numbers with the copy out of the chunk; one launch over the array takes 1.2.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

import jitkit as jk
from jitkit.launch.launcher import Launcher
from jitkit.random.fills import LANES

FEW = LANES
"""Numbers of a row: as many as there are blocks with a number each."""
Draw = Callable[[Any, Any, Any, Any], Any]
"""``draw(key, counter, step, given)``, a helper of kernels: the number at a place of the call that has this step."""


@functools.cache
def first_of(rows: Draw) -> Draw:
    """Return what draws the number of the first row of a function of `fills`; those of the others are not computed."""

    def draw_first(key: Any, counter: Any, step: Any, given: Any) -> Any:
        return rows(key, counter, step, given)[0]

    return draw_first


def draw_each(draw: Draw, x: Any, key: np.uint64, step: int, given: tuple[Any, ...]) -> None:
    """Fill a one-dimensional array.

    Parameters
    ----------
    draw : callable
        What draws a number.
    x : array, shape (n,)
        A NumPy or device array of the dtype of the numbers.
    key, step : int
        The stream, and the place in it of this call.
    given : tuple of number
        The parameters.
    """
    launcher = _launcher(draw)
    args = key, step, given, x
    if not launcher.enter_over(None, args):
        launcher((x.shape[0],), None)(*args)


@functools.cache
def _launcher(draw: Draw) -> Launcher:
    @jk.kernel
    def draw_elements(i: Any, key: Any, step: Any, given: Any, x: Any) -> None:
        x[i] = draw(key, i, step, given)

    return Launcher(draw_elements)


def draw_varied(draw: Draw, x: Any, key: np.uint64, step: int, given: tuple[Any, ...]) -> None:
    """Fill a one-dimensional array as `draw_each` does, with an array of each parameter, as long as `x` is."""
    _varied(draw)(x.shape[0], None)(x, key, step, jk.zipped(*given))


@functools.cache
def _varied(draw: Draw) -> Launcher:
    @jk.kernel
    def draw_by_parameters(i: Any, x: Any, key: Any, step: Any, given: Any) -> None:
        x[i] = draw(key, i, step, given[i])

    return Launcher(draw_by_parameters)
