"""Products of vectors and matrices by columns (CSC), which SciPy's CSR matrices are where they are transposed.

A column adds to rows all over the result. Pieces of the columns do so side by side, each into sums of its own, which are
added up in order at the end: how many there are depends on the matrix alone, and so do the bits of the result.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.launch.launcher import Launcher
from jitkit.sparse._formats import Csc

PIECES = 16
"""The most pieces that the columns are cut into."""
PER_SUM = 2
"""Elements of the matrix for each sum of a piece: clearing and adding up the sums takes at most half the time then."""
WORTHWHILE = 2**15
"""Elements from which pieces are worth their sums and a second launch."""


@jk.kernel
def scatter(piece, one, width, data, indices, indptr, x, sums):
    """Add up a piece of the columns times the elements of a vector; `one` is the only place along its axis."""
    for i in range(sums.shape[1]):
        sums[piece, i] = 0
    last = np.int64(indptr[piece * width])
    for j in range(piece * width, min(piece * width + width, x.shape[0])):
        first, factor = last, x[j]
        last = np.int64(indptr[j + 1])
        for k in range(first, last):
            sums[piece, indices[k]] += data[k] * factor


@jk.kernel
def add_up(i, sums, out):
    """Add up what the pieces found, in order."""
    total = sums[0, i]
    for piece in range(1, sums.shape[0]):
        total += sums[piece, i]
    out[i] = total


_scatter, _add_up = Launcher(scatter), Launcher(add_up)


def multiplied_by_columns(a: Csc, x: Any, out: Any, backend: str | None) -> None:
    """Write the product of a matrix and a vector on the host into an `out` that is not empty."""
    (rows, columns), count = a.shape, len(a.data)
    pieces = min(PIECES, count // (PER_SUM * rows), columns) if count >= WORTHWHILE else 1
    width = max(1, -(-columns // max(1, pieces)))
    pieces = max(1, -(-columns // width))
    sums = out[None] if pieces == 1 else operands.made((pieces, rows), (out.dtype,), None)
    _scatter((pieces, 1), backend)(width, a.data, a.indices, a.indptr, x, sums)
    if pieces > 1:
        _add_up(rows, backend)(sums, out)
