"""How the functions of this package see an array: as (outer, length, inner), without a copy where memory allows it."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from jitkit import operands
from jitkit.primitives import _arrays


def along(x: Any, axes: tuple[int, ...]) -> Any:
    """Return an array as (outer, length, inner), contiguous, the axes that are meant joined in the middle.

    An array whose axes only stand in another order is taken as it lies, where the order of the results allows it.
    """
    if type(x) is not np.ndarray:
        return _arrays.split(x, axes) if len(x.shape) else x.reshape((1, 1, 1))
    if not x.ndim:
        return np.ascontiguousarray(x).reshape(1, 1, 1)
    if not x.flags.c_contiguous:
        x, axes = _as_it_lies(x, axes)
    return np.ascontiguousarray(_arrays.split(x, axes))


def _as_it_lies(x: np.ndarray, axes: tuple[int, ...]) -> tuple[np.ndarray, tuple[int, ...]]:
    order = sorted(range(x.ndim), key=lambda k: (-x.strides[k], k))
    turned = x.transpose(order)
    kept = [k for k in order if k not in axes]
    if kept != sorted(kept) or not turned.flags.c_contiguous:
        return np.ascontiguousarray(x), axes
    return turned, tuple(sorted(order.index(k) for k in axes))


class Lying:
    """How the elements of arrays of a shape and strides lie in memory, taken as they are where that is possible.

    Element k of what makes the result at (o, c) is ``elements[o * far + k * near + c]``. Where `pieces` are more than one, the
    results at o, o + outer, ... are of parts of one.

    Attributes
    ----------
    lengths : tuple of int
        How many o, k and c there are. Where there is one c, `near` is 1.
    far, near, pieces : int
        As above.
    """

    __slots__ = ("_copied", "_order", "_turned", "far", "lengths", "near", "pieces")

    def __init__(self, x: np.ndarray, axes: tuple[int, ...]) -> None:
        order = sorted(range(x.ndim), key=lambda k: (-abs(x.strides[k]), k))
        self._copied: list[int] | None = None
        if not self._take([(x.shape[k], x.strides[k], k in axes) for k in order], x.itemsize):
            order = list(range(x.ndim))
            if axes and axes != tuple(range(axes[0], axes[-1] + 1)):
                order = [k for k in order if k not in axes] + list(axes)
            self._copied = order
            strides = np.cumprod([x.itemsize, *(x.shape[k] for k in reversed(order))])[-2::-1].tolist()
            self._take([(x.shape[k], step, k in axes) for k, step in zip(order, strides, strict=True)], x.itemsize)
        kept = [k for k in order if k not in axes]
        self._order, self._turned = [x.shape[k] for k in kept], None if kept == sorted(kept) else np.argsort(kept)

    def _take(self, sides: list[tuple[int, int, bool]], size: int) -> bool:
        """Find all that from the lengths and strides of axes, and whether results are along them; tell whether it can be."""
        sides = [side for side in sides if side[0] > 1]
        runs = [(along, list(run)) for along, run in itertools.groupby(sides, lambda side: side[2])]
        kinds = "".join("k" if along else "o" for along, _ in runs)
        groups = [run for _, run in runs]
        if kinds == "k" and _splits(groups[0]):
            split = _splits(groups[0])
            kinds, groups = "kok", [groups[0][:split], [], groups[0][split:]]
        if kinds not in _PLACES:
            return False
        groups.append([])
        pieces, outer, n, inner = (groups[place] for place in _PLACES[kinds])
        far, near, side = (_step(group, size) for group in (pieces + outer, n, inner))
        if far is None or near is None or side is None or (side if inner else near) != size:
            return False
        self.pieces = _count(pieces)
        self.lengths, self.far, self.near = (_count(outer), _count(n), _count(inner)), far // size, near // size
        return True

    @property
    def straight(self) -> bool:
        """Whether the elements are those of the array itself, and results stand as they are found."""
        return self._copied is None and self._turned is None

    def elements(self, x: np.ndarray) -> np.ndarray:
        """Return the elements of such an array as a vector over its memory, or over that of a copy."""
        if self._copied is not None:
            x = np.ascontiguousarray(x.transpose(self._copied))
        if x.flags.c_contiguous:
            return x.reshape(-1)
        outer, n, inner = self.lengths
        reach = (self.pieces * outer - 1) * self.far + (n - 1) * self.near + inner
        return as_strided(x, (reach,), (x.itemsize,))

    def in_order(self, results: np.ndarray) -> np.ndarray:
        """Return results, one after the other as they were found, along the axes as they stand."""
        return results if self._turned is None else results.reshape(self._order).transpose(self._turned)


_Sides = list[tuple[int, int, bool]]
"""Lengths and strides of axes, and whether results are along them."""
_PLACES = {
    "": (-1, -1, -1, -1),
    "o": (-1, 0, -1, -1),
    "k": (-1, -1, 0, -1),
    "ok": (-1, 0, 1, -1),
    "ko": (-1, -1, 0, 1),
    "oko": (-1, 0, 1, 2),
    "kok": (0, 1, 2, -1),
}
"""Which of the neighbouring axes are pieces, o, k and c, by whether results are along them (k) or not; -1 where none is."""


def _splits(group: _Sides) -> int:
    """Return the place of the last axes that are one in memory: 0 where all are."""
    for k in range(len(group) - 1, 0, -1):
        if group[k - 1][1] != group[k][0] * group[k][1]:
            return k
    return 0


def _count(group: _Sides) -> int:
    return math.prod(length for length, _, _ in group)


def _step(group: _Sides, size: int) -> int | None:
    """Return the bytes from one element to the next along axes, None where steps differ or are not of whole elements ahead."""
    step = group[-1][1] if group else size
    return step if step > 0 and step % size == 0 and not _splits(group) else None


def result_shape(shape: tuple[int, ...], axes: tuple[int, ...], keepdims: bool) -> tuple[int, ...]:
    """Return the shape of a result for each place outside some axes."""
    if keepdims:
        return tuple(1 if k in axes else n for k, n in enumerate(shape))
    return tuple(n for k, n in enumerate(shape) if k not in axes)


def length(shape: tuple[int, ...], axes: tuple[int, ...]) -> int:
    """Return how many elements a result is of."""
    return math.prod(shape[k] for k in axes)


def finished(flat: Any, shape: tuple[int, ...], out: Any, name: str) -> Any:
    """Return results in their shape: in `out`, as an array, or as a number where there is one on the host."""
    if out is not None:
        return operands.store(flat.reshape(shape), out, shape, name)
    if shape == ():
        from jitkit.arrays import to_numpy

        return to_numpy(flat).reshape(())[()]
    return flat.reshape(shape)
