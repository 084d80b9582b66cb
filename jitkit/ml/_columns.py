"""Operations along an axis that is not the last: columns side by side are the lanes of vectors, and memory is read as it lies.

Turned into rows first and back afterwards, an array is copied twice. Here a block of neighbouring columns is read several
times from top to bottom: of a thousand float32 rows it takes 256 KB, which the second-level cache keeps between the sweeps.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.launch.launcher import Launcher

BLOCK = 64
"""Columns of a block."""
WIDE = 16
"""Elements behind the axis from which columns are worth vectors: one of AVX-512 (float32)."""
RUN = 64
"""Elements that are added up one after another before they join the total, which keeps rounding errors of long columns small."""


class Columns:
    """The kernel of one operation on the columns of a stack of matrices.

    Parameters
    ----------
    body : callable
        ``body(stack, first, width, n, args)`` works on `width` columns of `n` elements from `first` on, at most `BLOCK`;
        `args` are arrays of three dimensions, of which the last is the result and may be one of the others.
    name : str, optional
        What the kernel is called; as the body is unless given.
    """

    def __init__(self, body: Callable[..., None], name: str | None = None) -> None:
        @jk.kernel(fastmath=True, name=name or body.__name__)
        def by_columns(stack, block, _, n, args):
            first = block * BLOCK
            width = args[0].shape[2] - first
            if width >= BLOCK:
                body(stack, first, BLOCK, n, args)  # a constant: loops over it have no remainder
            else:
                body(stack, first, width, n, args)

        self._kernel = Launcher(by_columns)

    def __call__(self, arrays: tuple[Any, ...], shape: tuple[int, ...], axis: int, backend: str | None) -> None:
        """Run along an axis of contiguous arrays of a shape on the host, of which the last is the result."""
        outer, n, inner = math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])
        args = operands.unfrozen(tuple(a.reshape((outer, n, inner)) for a in arrays))
        self._kernel((outer, -(-inner // BLOCK), 1), backend)(n, args)


def wide(arrays: Sequence[Any], axis: int) -> bool:
    """Return whether arrays on the host have enough elements behind an axis for vectors of columns, and lie so in memory.

    Transposed ones, whose elements along the axis are neighbours, are rows as they lie.
    """
    shape = arrays[0].shape
    if math.prod(shape) == 0 or math.prod(shape[axis + 1 :]) < WIDE:
        return False
    return not all(np.moveaxis(a, axis, -1).flags.c_contiguous for a in arrays)
