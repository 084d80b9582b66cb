"""What is compiled to select elements: for a few on a host one launch, for all others a scan that counts and places them.

A few are looked at by one thread, 64 at a time, and the marked ones found in a word of bits: of a thousand float32 numbers
few marked ones take 0.3 us and half of them 0.8, where a scan takes 0.8 for any. They go where there is room for all,
and are copied from there, so that nothing is counted first.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.primitives import _values
from jitkit.primitives._marks import lowest, without_lowest
from jitkit.primitives._scan_stretches import SERIAL
from jitkit.primitives._scanning import Scan

INT64, _ndarray = np.dtype(np.int64), np.ndarray
FEW = 2 * SERIAL
"""Elements that several threads would share."""
_ALONE = (1, 1)


def few_kernel(marked: Callable, place: Callable) -> Kernel:
    """Return the kernel that writes the marked ones of a few elements, and how many there are.

    Parameters
    ----------
    marked : callable
        ``marked(x, at)`` tells whether an element counts.
    place : callable
        ``place(x, out, at, before)`` writes an element, `before` marked ones being before it.
    """
    one, none = np.uint64(1), np.uint64(0)

    def bits_of(x, first, last):
        word = none
        for k in range(first, last):
            word |= (one if marked(x, (k,)) else none) << np.uint64(k % 64)
        return word

    @jk.kernel
    def select_few(_, __, x, n, out, count):
        found = np.int64(0)
        for first in range(0, n, 64):
            word = none
            if first + 64 <= n:
                for j in range(64):  # of a constant length, which LLVM turns into vectors
                    word |= (one if marked(x, (first + j,)) else none) << np.uint64(j)
            else:
                word = bits_of(x, first, n)
            while word != none:
                place(x, out, (first + lowest(word),), (found,))
                found += 1
                word = without_lowest(word)
        count[0] = found

    return select_few


class Selecting:
    """Everything compiled for a predicate, or for masks, and elements of one dtype.

    Parameters
    ----------
    marked : callable
        ``marked(x, at)`` tells whether an element counts.
    read : callable
        ``read(x, at)`` is the element.
    dtypes : tuple of numpy.dtype
        Of its parts.
    """

    def __init__(self, marked: Callable, read: Callable, dtypes: tuple[np.dtype[Any], ...]) -> None:
        self.dtypes = dtypes
        self._marked, self._read = marked, read
        self._write = _values.writer(len(dtypes))
        # Used again: a new array takes as long as to find the marks of a thousand elements.
        self._spare: list[tuple[int, Any, np.ndarray]] = []

    @functools.cached_property
    def _few(self) -> Launcher:
        read, write = self._read, self._write

        def place(x, out, at, before):
            write(out, before, read(x, at))

        return Launcher(few_kernel(self._marked, place))

    @functools.cached_property
    def _scan(self) -> Scan:
        read, write = self._read, self._write

        def place(x, out, at, before, mark):
            if mark > 0:
                write(out, before, read(x, at))

        def place_on_host(x, out, at, before, end):
            if before < end:
                write(out, before, read(x, at))

        return counting_scan(self._marked, place, place_on_host)

    def among_few(self, x: Any, n: int, backend: str | None, known: bool) -> Any:
        """Return the marked ones of fewer than `FEW` elements on the host.

        Where their types have to be `known`, None for those that were not met before.
        """
        spare = self._spare
        try:  # and not "if spare": another thread may take the last one in between
            used = spare.pop()
        except IndexError:
            used = self._room(n)
        if used[0] < n:
            used = self._room(n)
        _, out, count = used
        args = (x, n, out, count)
        if not self._few.enter(_ALONE, backend, args):
            if known:
                return None
            self._few(_ALONE, backend)(*args)
        found = count.item()
        result = out[:found].copy() if type(out) is _ndarray else tuple([part[:found].copy() for part in out])
        spare.append(used)
        return result

    def _room(self, n: int) -> tuple[int, Any, np.ndarray]:
        return n, operands.made((n,), self.dtypes, None), np.empty(1, INT64)

    def among(self, x: Any, n: int, device: str | None, backend: str | None) -> Any:
        """Return the marked ones of any number of elements."""
        return self._scan.counted(x, n, lambda count: operands.made((count,), self.dtypes, device), backend)[0]


def counting_scan(marked: Callable, place: Callable, place_on_host: Callable) -> Scan:
    """Return the scan that counts marked elements and places each one.

    Parameters
    ----------
    marked : callable
        ``marked(x, at)`` tells whether an element counts.
    place : callable
        ``place(x, out, at, before, mark)`` writes an element, `before` marked ones being before it.
    place_on_host : callable
        ``place_on_host(x, out, at, before, end)`` writes an element whether it is marked or not, unless `before` is `end`:
        all that are marked in the stretch are then written. An element that is not marked is overwritten by the next
        that is. That is no branch to be guessed for each element: half of them were guessed wrong.
    """
    one, zero = np.int64(1), np.int64(0)

    def read(x, at):
        return one if marked(x, at) else zero

    def add(a, b):
        return a + b

    def step(x, out, at, before, end):
        mark = read(x, at)
        place(x, out, at, before, mark)
        return before + mark

    def step_on_host(x, out, at, before, end):
        place_on_host(x, out, at, before, end)
        return before + read(x, at)

    return Scan(read, add, (INT64,), inclusive=False, started=True, step=step, step_on_host=step_on_host)
