"""Four steps of the heat equation out of a library's one."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from jitkit.cases.stencil_tiled import STEPS


def steps_of(heat: Callable[..., Callable[[], Any]]) -> Callable[..., Any]:
    """Return what binds as many steps, from plate to plate; the plates in between have the rim of the first."""

    def bind(u: Any, out: Any, k: Any) -> Callable[[], None]:
        plates = [u, *(u.copy() for _ in range(STEPS - 1)), out]
        steps = [heat(before, after, k) for before, after in itertools.pairwise(plates)]

        def run() -> None:
            for step in steps:
                step()

        return run

    return bind
