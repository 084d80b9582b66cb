"""Single numbers: those of calls that follow one another are drawn at once, each the one that its call draws by itself."""

from __future__ import annotations

import functools
from collections.abc import Hashable
from typing import Any

import numpy as np

import jitkit as jk
from jitkit.launch import choice
from jitkit.launch.launcher import Launcher
from jitkit.plans import remember
from jitkit.random.elements import Draw
from jitkit.random.streams import STEPS, Seed, Streams

_asked, _environment, _key = choice.context.get, choice.environment, choice.key
AHEAD = 64
"""Numbers drawn at once: a launch takes 2 us, and each of them 0.03 to 0.1."""


class Single:
    """What draws single numbers of a distribution.

    Parameters
    ----------
    draw : callable
        A helper of kernels: ``draw(key, counter, step, given)`` gives the number at a place of the call that has this step.
    dtype : numpy.dtype
        Of the numbers.
    given : tuple
        The parameters.
    """

    __slots__ = ("draw", "dtype", "given", "launcher")

    def __init__(self, draw: Draw, dtype: np.dtype[Any], given: tuple[Any, ...]) -> None:
        self.draw, self.launcher, self.dtype, self.given = draw, _launcher(draw), dtype, given


single = functools.lru_cache(maxsize=256)(Single)


@functools.cache
def _launcher(draw: Draw) -> Launcher:
    # Along the first of two axes: one by one, as what fills an array draws a single number. Lanes of vectors round otherwise.
    @jk.kernel
    def draw_ahead(call: Any, _: Any, x: Any, key: Any, step: Any, given: Any) -> None:
        x[call] = draw(key, 0, step + call * STEPS, given)

    return Launcher(draw_ahead, alone=AHEAD)


class Singles(Streams):
    """What draws single numbers."""

    def __init__(self, seed: Seed = None) -> None:
        super().__init__(seed)
        # Of what was drawn ahead: on which backend, of which call the first is, and the numbers.
        self._ahead: dict[Hashable, tuple[str | None, int, list[Any]]] = {}

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {"_ahead": {}}

    def _one(self, single: Single) -> Any:
        """Return the number of a call; where one was drawn alike not long before, those of the next calls are drawn with it."""
        backend = _asked()
        if backend is None and _key in _environment:
            backend = choice.requested()
        with self._lock:
            call = self._calls
            self._calls = call + 1
        kept = self._ahead.get(single)
        count = 1
        if kept is not None:
            drawn_on, first, numbers = kept
            at = call - first
            if drawn_on == backend and 0 <= at < len(numbers):
                return numbers[at]
            if at <= 2 * AHEAD and backend != "python":
                count = AHEAD
        x = np.empty(count, single.dtype)
        single.launcher.run((count, 1), None, (x, self._key, call * STEPS, single.given))
        numbers = list(x)
        remember(self._ahead, single, (backend, call, numbers))
        return numbers[0]
