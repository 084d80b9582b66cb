"""The curve that a method draws over a step: where events are looked for, and what is written between two steps."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
from collections.abc import Callable


@functools.cache
def state_on(n: int) -> Callable[..., None]:
    """Return ``at(x, h, y, curve, u)``, which writes the state at a fraction x of a step of length h from y to u.

    A curve is four arrays in one: the change over the step, what bends it twice, and what bends it once more, by length.
    """

    def at(x, h, y, curve, u):
        for d in range(n):
            bent = curve[n + d] + x * (curve[2 * n + d] + (1.0 - x) * h * curve[3 * n + d])
            u[d] = y[d] + x * (curve[d] + (1.0 - x) * bent)

    return at
