"""Counting elements into bins: a table of its own for each stretch of the elements, and then the tables added in order.

No two work-items write to the same counter, so there are no atomics and weighted counts have the same bits every time.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.primitives import _arrays
from jitkit.primitives.reduce import reduce

STRETCHES = 64
"""The most tables."""
WORTH = 8
"""A table is worth having for this many elements to each of its bins."""
INT64, FLOAT64 = np.dtype(np.int64), np.dtype(np.float64)


def bins_kernel(bin_of: Callable, weighted: bool) -> Kernel:
    """Return the kernel that counts one stretch of the elements into its table.

    Parameters
    ----------
    bin_of : callable
        ``bin_of(value, where, bins)``: the bin of a value, outside 0 to bins - 1 where it belongs to none.
    weighted : bool
        Whether elements count by their weights.
    """
    if weighted:

        @jk.kernel
        def count_weights(s, _, x, n, weights, where, each, counts):
            bins = counts.shape[1]
            for b in range(bins):
                counts[s, b] = 0
            for k in range(s * each, min(s * each + each, n)):
                b = bin_of(x[k], where, bins)
                if 0 <= b < bins:
                    counts[s, b] += weights[k]

        return count_weights

    @jk.kernel
    def count_bins(s, _, x, n, where, each, counts):
        bins = counts.shape[1]
        for b in range(bins):
            counts[s, b] = 0
        for k in range(s * each, min(s * each + each, n)):
            b = bin_of(x[k], where, bins)
            if 0 <= b < bins:
                counts[s, b] += 1

    return count_bins


class Bins:
    """The kernels for one way to find an element's bin."""

    def __init__(self, bin_of: Callable) -> None:
        self.plain, self.weighted = (Launcher(bins_kernel(bin_of, weighted)) for weighted in (False, True))

    def count(self, x: Any, weights: Any, where: Any, bins: int, backend: str | None) -> Any:
        """Return the counts, or the sums of the weights, in each bin; `where` is what the bins are found by."""
        n, dtype = x.shape[0], INT64
        if weights is not None:
            dtype = np.result_type(operands.dtype_of(weights), FLOAT64)
        device = _arrays.device_of(x)
        if n == 0 or bins == 0:
            return _arrays.filled((bins,), 0, dtype, device)
        stretches = max(1, min(STRETCHES, n // (WORTH * bins)))
        each = -(-n // stretches)
        tables = operands.made((stretches, bins), (dtype,), device)
        # Points of a last index would share a vector, whose lanes scatter: a row to each stretch, and one point to a row.
        space = (stretches, 1)
        if weights is None:
            self.plain(space, backend)(x, n, where, each, tables)
        else:
            self.weighted(space, backend)(x, n, weights, where, each, tables)
        return tables.reshape((bins,)) if stretches == 1 else reduce("add", tables, axis=0, backend=backend)
