"""Marked elements on a host: a bit for each, so that elements are looked at once and the marked ones found by counting zeros.

First the bits of 64 elements at a time are gathered into a word, and those of each piece of the array counted; then each
piece knows how many marked elements are before it, and goes over its words from one set bit to the next: about 2 ns for
each marked element and nothing for the others. The words of 16 million elements are 2 MB.
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

EACH = 512
"""Words of a piece: 32768 elements, half a dozen pieces in the second cache."""


def marks_kernel(marked: Callable, origin: int) -> Kernel:
    """Return the kernel that writes the words of a piece, and counts its marks.

    Parameters
    ----------
    marked : callable
        ``marked(x, k)`` tells whether an element is marked, from `origin` on.
    origin : int
        1 where the first element is marked whatever it is, else 0.
    """
    one, none = np.uint64(1), np.uint64(0)

    def bits_of(x, first, last):
        word = none
        for k in range(first, last):
            word |= (one if marked(x, k) else none) << np.uint64(k % 64)
        return word

    @jk.kernel
    def mark_elements(p, _, x, n, words, counts):
        first, last = p * EACH, min(p * EACH + EACH, n // 64)
        total = np.int64(0)
        for w in range(max(first, origin), last):
            word = none
            for j in range(64):  # of a constant length, which LLVM turns into vectors
                word |= (one if marked(x, 64 * w + j) else none) << np.uint64(j)
            words[w] = word
            total += np.int64(np.bitwise_count(word))
        if origin == 1 and p == 0:
            words[0] = one | bits_of(x, 1, min(n, 64))
            total += np.int64(np.bitwise_count(words[0]))
        if p == n // 64 // EACH and n % 64 > 0 and (origin == 0 or n > 64):
            words[n // 64] = bits_of(x, n - n % 64, n)
            total += np.int64(np.bitwise_count(words[n // 64]))
        counts[p] = total

    return mark_elements


def lowest(word):
    """Return the place of the lowest set bit."""
    return np.int64(np.bitwise_count(~word & (word - np.uint64(1))))


def without_lowest(word):
    """Return a word without its lowest set bit."""
    return word & (word - np.uint64(1))


def next_mark(words, w, last, n):
    """Return the first marked element of the words from `w` to `last`, or where these end."""
    while w < last and words[w] == 0:
        w += 1
    return 64 * w + lowest(words[w]) if w < last else min(64 * w, n)


def placing_kernel(place: Callable) -> Kernel:
    """Return the kernel that calls ``place(x, out, at, k)`` for each marked element, `at` of them being before it."""

    @jk.kernel
    def place_marked(p, _, x, words, before, out):
        at = before[p]
        for w in range(p * EACH, min(p * EACH + EACH, words.shape[0])):
            word = words[w]
            while word != 0:
                place(x, out, at, 64 * w + lowest(word))
                at += 1
                word = without_lowest(word)

    return place_marked


class Marks:
    """Finds marked elements; the parameters are those of `marks_kernel`."""

    def __init__(self, marked: Callable, origin: int = 0) -> None:
        self._mark = Launcher(marks_kernel(marked, origin))

    def of(self, x: Any, n: int, backend: str | None) -> tuple[np.ndarray, np.ndarray]:
        """Return the words of the elements, and how many marked ones are before each piece; the last number is of all."""
        words = np.empty(-(-n // 64), np.uint64)
        before = np.zeros(-(-words.size // EACH) + 1, np.int64)
        self._mark((before.size - 1, 1), backend)(x, n, words, before[1:])
        return words, np.cumsum(before, out=before)
