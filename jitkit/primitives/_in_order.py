"""Combining the elements of a stretch in order, four chains at a time: one alone waits for each result before the next."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jitkit.primitives._interleaved import RUN


def in_order(read: Callable, join: Callable) -> Callable[..., Any]:
    """Return ``stretch(x, first, last)``, which combines elements in order: in runs of sixteen, four at a time."""

    def sixty_four(x, first):
        a, b = read(x, (first,)), read(x, (first + RUN,))
        c, d = read(x, (first + 2 * RUN,)), read(x, (first + 3 * RUN,))
        for k in range(first + 1, first + RUN):
            a, b = join(a, read(x, (k,))), join(b, read(x, (k + RUN,)))
            c, d = join(c, read(x, (k + 2 * RUN,))), join(d, read(x, (k + 3 * RUN,)))
        return join(join(a, b), join(c, d))

    def few(x, first, last):
        total = read(x, (first,))
        for run in range(first, last, RUN):
            value = read(x, (run,))
            for k in range(run + 1, min(run + RUN, last)):
                value = join(value, read(x, (k,)))
            if run > first:
                value = join(total, value)
            total = value
        return total

    def stretch(x, first, last):
        whole = first + (last - first) % (4 * RUN)
        total = few(x, first, whole) if whole > first else read(x, (first,))
        for k in range(whole, last, 4 * RUN):
            value = sixty_four(x, k)
            if k > first:
                value = join(total, value)
            total = value
        return total

    return stretch
