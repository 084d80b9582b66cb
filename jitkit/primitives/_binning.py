"""Counting elements into bins: a table of its own for each share of the elements, and then the tables added in order.

No two work-items write to the same counter, so there are no atomics and weighted counts have the same bits every time. A GPU
counts what has no weights with atomics after all, since integers may be added in any order: in memory of the group's own
where the bins fit.

Reference: V. Podlozhnyuk, "Histogram calculation in CUDA", NVIDIA, 2007.
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

STRETCHES, SHARES = 64, 1 << 13
"""The most tables of a host, each for a stretch of the elements, and of a GPU, whose neighbours read neighbouring elements."""
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
        def count_weights(s, _, x, n, weights, where, each, length, step, counts):
            bins = counts.shape[1]
            for b in range(bins):
                counts[s, b] = 0
            for k in range(s * each, min(s * each + length, n), step):
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


GROUP, ROOM = 256, 4096
"""Work-items of a group, and the most bins that it counts in memory of its own: 16 KiB."""
_MOST_GROUPS, _EACH = 1024, 16


def group_kernel(bin_of: Callable) -> Kernel:
    """Return the kernel that counts elements in groups, by atomic additions."""

    @jk.kernel(group=GROUP)
    def count_in_groups(i, x, n, where, groups, totals):
        local, bins = jk.local_index(), totals.shape[0]
        own = jk.shared(ROOM, np.uint32)
        near = bins if bins <= ROOM else 0
        for b in range(local, near, GROUP):
            own[b] = 0
        jk.barrier()
        for k in range(i, n, groups * GROUP):
            b = bin_of(x[k], where, bins)
            if 0 <= b < near:
                jk.atomic.add(own, b, 1)
            elif 0 <= b < bins:
                jk.atomic.add(totals, b, 1)
        jk.barrier()
        for b in range(local, near, GROUP):
            jk.atomic.add(totals, b, np.int64(own[b]))

    return count_in_groups


class Bins:
    """The kernels for one way to find an element's bin."""

    def __init__(self, bin_of: Callable) -> None:
        self.plain, self.weighted = (Launcher(bins_kernel(bin_of, weighted)) for weighted in (False, True))
        self.grouped = Launcher(group_kernel(bin_of))

    def count(self, x: Any, weights: Any, where: Any, bins: int, backend: str | None) -> Any:
        """Return the counts, or the sums of the weights, in each bin; `where` is what the bins are found by."""
        n, dtype = x.shape[0], INT64
        if weights is not None:
            dtype = np.result_type(operands.dtype_of(weights), FLOAT64)
        device, host = _arrays.device_of(x), _arrays.on_host(x, backend)
        if n == 0 or bins == 0:
            return _arrays.filled((bins,), 0, dtype, device)
        if weights is None and not host:
            totals = _arrays.filled((bins,), 0, dtype, device)
            groups = min(_MOST_GROUPS, -(-n // (_EACH * GROUP)))
            self.grouped(groups * GROUP, backend)(x, n, where, groups, totals)
            return totals
        tables = max(1, min(STRETCHES if host else SHARES, n // (WORTH * bins)))
        each = -(-n // tables)
        counts = operands.made((tables, bins), (dtype,), device)
        # Points of a last index would share a vector, whose lanes scatter: a row to each stretch, and one point to a row.
        if weights is None:
            self.plain((tables, 1), backend)(x, n, where, each, counts)
        else:
            shares = (each, each, 1) if host else (1, n, tables)
            self.weighted((tables, 1), backend)(x, n, weights, where, *shares, counts)
        return counts.reshape((bins,)) if tables == 1 else reduce("add", counts, axis=0, backend=backend)
