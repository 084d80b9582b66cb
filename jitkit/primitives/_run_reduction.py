"""Reducing the runs that words of marks tell apart, on a host: see `_marks`.

Each piece of the array first combines what precedes its first mark, which belongs to a run of an earlier piece, and then
its own runs; at last what the pieces began with joins the runs it belongs to, from the first piece to the last.

A short run is gone over to its eighth element whatever its length, and the result that is wanted is taken from all eight:
loops that ended at an unforeseen element took three times as long.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import jitkit as jk
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.operands import made
from jitkit.primitives import _values
from jitkit.primitives._in_order import in_order
from jitkit.primitives._marks import EACH, lowest, without_lowest

SHORT = 8
"""Elements of a run that is short."""
APART = 2
"""Between its results: neighbours were written as vectors, of which one element is read slowly."""


def runs_kernel(read: Callable, again: Callable, join: Callable, write: Callable) -> Kernel:
    """Return the kernel that reduces the runs that begin in a piece, and what precedes them."""
    stretch = in_order(read, join)

    def run_of(x, first, last, n, held, to):
        if last - first > SHORT or first + SHORT > n:
            return stretch(x, first, last)
        total = read(x, (first,))
        write(held, (to,), total)
        for k in range(1, SHORT):
            total = join(total, read(x, (first + k,)))
            write(held, (to + APART * k,), total)
        return again(held, (to + APART * (last - first - 1),))

    @jk.kernel
    def reduce_runs(p, _, x, n, words, before, held, leads, out):
        w, last, run = p * EACH, min(p * EACH + EACH, words.shape[0]), before[p] - 1
        first = np.int64(64 * EACH * p)  # of the type of `k`: as a Python number, what is called was compiled for both
        end, word = min(64 * last, n), words[w]
        while first < end:
            while word == 0 and w + 1 < last:
                w += 1
                word = words[w]
            k = end
            if word != 0:
                k = 64 * w + lowest(word)
                word = without_lowest(word)
            if k > first:
                total = run_of(x, first, k, n, held, APART * SHORT * p)
                if run < before[p]:
                    write(leads, (p,), total)
                else:
                    write(out, (run,), total)
            first = k
            run += 1

    return reduce_runs


def leads_kernel(again: Callable, join: Callable, write: Callable) -> Kernel:
    """Return the kernel that joins what pieces begin with to the run it belongs to; one point does it all."""

    @jk.kernel
    def join_leads(_, words, before, leads, out):
        for p in range(1, before.shape[0] - 1):
            if words[p * EACH] & np.uint64(1) == 0:
                run = before[p] - 1
                write(out, (run,), join(again(out, (run,)), again(leads, (p,))))

    return join_leads


class RunReduction:
    """Reduces runs by one operator, for one choice of dtypes."""

    def __init__(self, op: Callable, dtypes: tuple[np.dtype[Any], ...]) -> None:
        convert, again = _values.converter(dtypes), _values.reader(len(dtypes))
        write, self.dtypes = _values.writer(len(dtypes)), dtypes

        def read(x, at):
            return convert(again(x, at))

        def join(a, b):
            return convert(op(a, b))

        self._runs, self._leads = (
            Launcher(runs_kernel(read, again, join, write)),
            Launcher(leads_kernel(again, join, write)),
        )

    def of(self, x: Any, n: int, words: Any, before: Any, backend: str | None) -> Any:
        """Reduce the runs of `n` values that the marks of `words` begin."""
        pieces = before.size - 1
        held, leads, out = (
            made((size,), self.dtypes, None) for size in (APART * SHORT * pieces, pieces, int(before[-1]))
        )
        self._runs((pieces, 1), backend)(x, n, words, before, held, leads, out)
        if pieces > 1:
            self._leads(1, backend)(words, before, leads, out)
        return out
